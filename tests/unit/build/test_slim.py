"""What ``slim`` removes from the planned files of a zip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hatch_lambda.build.slim import slim_entries
from hatch_lambda.errors import PlanError
from hatch_lambda.wheels.cache import WheelCache
from hatch_lambda.wheels.wheel import wheel_entries
from tests.support.make_elf import make_elf, with_sections
from tests.support.make_wheel import make_wheel
from tests.support.samples import config, entry

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES = [entry("shop/__init__.py"), entry("shop/api.py"), entry("shop/tests/api.py", "1234")]
LIBRARY = make_elf(module="fast")
WHOLE = with_sections(LIBRARY, [(".symtab", 0, bytes(range(256)) * 256)])


def test_without_slim_all_entries_stay(tmp_path):
    found = slim_entries(ENTRIES, (), (), config(), WheelCache(tmp_path))

    assert (found.entries, found.saved) == (tuple(ENTRIES), {})


def test_tests_are_removed(tmp_path):
    options = config(slim=("tests",), handler="shop.api.handler")

    found = slim_entries(ENTRIES, (), (), options, WheelCache(tmp_path))

    assert (found.entries, found.saved) == (tuple(ENTRIES[:2]), {"tests": 4})


def test_a_handler_that_slim_removes_is_an_error(tmp_path):
    options = config(slim=("tests",), handler="shop.tests.api.handler")

    with pytest.raises(PlanError) as caught:
        slim_entries(ENTRIES, (), (), options, WheelCache(tmp_path))

    assert str(caught.value) == (
        "error: handler 'shop.tests.api.handler': 'tests' in slim removes shop/tests/api.py; move the handler to "
        "another directory, or remove 'tests' from slim [handler-not-found]"
    )


def test_libraries_of_wheels_are_cut_once_and_those_of_the_project_stay(tmp_path: Path):
    files: dict[str, str | bytes] = {"fast/_fast.so": WHOLE, "fast/__init__.py": "", "fast/small.so": LIBRARY}
    with WheelCache(tmp_path / "cache") as cache:
        wheels = [
            cache.add(make_wheel(tmp_path, "fast", files=files), expected=None),
            cache.add(make_wheel(tmp_path, "pure"), expected=None),
        ]
        entries = [
            *(one for wheel in wheels for one in wheel_entries(wheel, scripts_for=None)),
            entry("shop/own.so", "x"),
        ]

        found = slim_entries(entries, wheels, (), config(slim=("symbols",)), cache)
        again = slim_entries(entries, wheels, (), config(slim=("symbols",)), cache)

        assert [one.path for one, other in zip(entries, found.entries, strict=True) if one != other] == [
            "fast/_fast.so"
        ]
        assert found.saved == {"symbols": len(WHOLE) - len(LIBRARY)}
        assert found.entries == again.entries
