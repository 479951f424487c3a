"""What of the wheels that were gathered for several archives goes into one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from packaging.utils import canonicalize_name

from hatch_lambda.dependencies.wheelhouse import Chosen, Gathered, choose
from hatch_lambda.resolve.base import Resolution
from tests.support.make_wheel import make_wheel
from tests.support.samples import config, demand, verified

if TYPE_CHECKING:
    from pathlib import Path

API, WORKER = ["api"], ["worker", "base[fast]"]


@pytest.fixture
def gathered(tmp_path: Path) -> Gathered:
    """The wheels of two archives, one of which requires ``api``, and the other ``worker`` and an extra of ``base``."""
    made = [
        make_wheel(tmp_path, "api", requires=["base", "arm; platform_machine == 'aarch64'"]),
        make_wheel(tmp_path, "base", requires=["speed; extra == 'fast'"], extras=["fast"]),
        make_wheel(tmp_path, "locked"),
        make_wheel(tmp_path, "speed"),
        make_wheel(tmp_path, "worker", requires=["base"]),
    ]
    roots = tuple(demand(text) for text in (*API, *WORKER))
    return Gathered(roots, roots, Resolution(()), tuple(map(verified, made)))


def chosen(gathered: Gathered, requirements: list[str], **options: Any) -> Chosen:
    """Return what goes into an archive with these requirements."""
    options = {name: tuple(map(canonicalize_name, value)) for name, value in options.items()}
    return choose(gathered, [demand(text) for text in requirements], config(**options))


def names(found: Chosen) -> list[str]:
    """Return the names of the wheels."""
    return [wheel.name for wheel in found.wheels]


def test_wheels_are_found_by_their_names(gathered):
    assert list(gathered.found) == ["api", "base", "locked", "speed", "worker"]


def test_an_archive_gets_what_it_requires_and_all_that_follows_from_it(gathered):
    assert names(chosen(gathered, API)) == ["api", "base"]


def test_an_extra_that_one_archive_asks_for_is_in_that_archive_only(gathered):
    assert names(chosen(gathered, WORKER)) == ["base", "speed", "worker"]


def test_an_archive_that_requires_nothing_gets_nothing(gathered):
    assert chosen(gathered, []).wheels == ()


def test_what_is_excluded_stays_out_with_what_only_it_needs(gathered):
    found = chosen(gathered, [*API, *WORKER], exclude_packages=["base"])

    assert names(found) == ["api", "worker"]
    assert found.ignored == ()


def test_what_no_archive_requires_is_told(gathered):
    assert chosen(gathered, API).left_out == ("locked 1.0",)


def test_an_exclusion_of_what_another_archive_requires_is_not_in_vain(gathered):
    assert chosen(gathered, API, exclude_packages=["worker", "speed"]).ignored == ()


def test_an_exclusion_of_what_no_archive_requires_is_told(gathered):
    assert chosen(gathered, API, exclude_packages=["locked", "arm", "nothing"]).ignored == ("locked", "arm", "nothing")
