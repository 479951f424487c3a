"""What ``slim`` removes from the planned files of a zip."""

from __future__ import annotations

import pytest

from hatch_lambda.build.slim import slim_entries
from hatch_lambda.errors import PlanError
from hatch_lambda.resolve.cache import ResultCache
from tests.support.samples import config, entry

ENTRIES = [entry("shop/__init__.py"), entry("shop/api.py"), entry("shop/tests/api.py", "1234")]


def test_without_slim_all_entries_stay(tmp_path):
    found = slim_entries(ENTRIES, config(), ResultCache(tmp_path))

    assert (found.entries, found.saved) == (tuple(ENTRIES), {})


def test_tests_are_removed(tmp_path):
    found = slim_entries(ENTRIES, config(slim=("tests",), handler="shop.api.handler"), ResultCache(tmp_path))

    assert (found.entries, found.saved) == (tuple(ENTRIES[:2]), {"tests": 4})


def test_a_handler_that_slim_removes_is_an_error(tmp_path):
    with pytest.raises(PlanError) as caught:
        slim_entries(ENTRIES, config(slim=("tests",), handler="shop.tests.api.handler"), ResultCache(tmp_path))

    assert str(caught.value) == (
        "error: handler 'shop.tests.api.handler': 'tests' in slim removes shop/tests/api.py; move the handler to "
        "another directory, or remove 'tests' from slim [handler-not-found]"
    )
