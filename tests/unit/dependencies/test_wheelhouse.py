"""Which of the wheels that were resolved for several zips are added to one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from packaging.utils import canonicalize_name

from hatch_lambda.dependencies.wheelhouse import ResolvedWheels, SelectedWheels, select_wheels
from hatch_lambda.resolve.base import Resolution
from tests.support.make_wheel import make_wheel
from tests.support.samples import config, dependency, verified

if TYPE_CHECKING:
    from pathlib import Path

API, WORKER = ["api"], ["worker", "base[fast]"]


@pytest.fixture
def resolved(tmp_path: Path) -> ResolvedWheels:
    """The wheels of two zips, one of which requires ``api``, and the other ``worker`` and an extra of ``base``."""
    made = [
        make_wheel(tmp_path, "api", requires=["base", "arm; platform_machine == 'aarch64'"]),
        make_wheel(tmp_path, "base", requires=["speed; extra == 'fast'"], extras=["fast"]),
        make_wheel(tmp_path, "locked"),
        make_wheel(tmp_path, "speed"),
        make_wheel(tmp_path, "worker", requires=["base"]),
    ]
    roots = tuple(dependency(text) for text in (*API, *WORKER))
    return ResolvedWheels(roots, roots, Resolution(()), tuple(map(verified, made)))


def selected(resolved: ResolvedWheels, requirements: list[str], **options: Any) -> SelectedWheels:
    """Return the packages of a zip with these requirements."""
    options = {name: tuple(map(canonicalize_name, value)) for name, value in options.items()}
    return select_wheels(resolved, [dependency(text) for text in requirements], config(**options))


def names(found: SelectedWheels) -> list[str]:
    """Return the names of the wheels."""
    return [wheel.name for wheel in found.wheels]


def test_wheels_are_found_by_their_names(resolved):
    assert list(resolved.by_name) == ["api", "base", "locked", "speed", "worker"]


def test_a_zip_gets_its_requirements_and_transitive_dependencies(resolved):
    assert names(selected(resolved, API)) == ["api", "base"]


def test_an_extra_that_one_zip_asks_for_is_in_that_zip_only(resolved):
    assert names(selected(resolved, WORKER)) == ["base", "speed", "worker"]


def test_a_zip_that_requires_nothing_gets_nothing(resolved):
    assert selected(resolved, []).wheels == ()


def test_what_is_excluded_stays_out_with_what_only_it_needs(resolved):
    found = selected(resolved, [*API, *WORKER], exclude_packages=["base"])

    assert names(found) == ["api", "worker"]
    assert found.ignored == ()


def test_an_unused_exclusion_is_reported(resolved):
    assert selected(resolved, API).superfluous == ("locked 1.0",)


def test_an_exclusion_that_another_zip_uses_is_not_reported(resolved):
    assert selected(resolved, API, exclude_packages=["worker", "speed"]).ignored == ()


def test_an_exclusion_that_no_zip_uses_is_reported(resolved):
    assert selected(resolved, API, exclude_packages=["locked", "arm", "nothing"]).ignored == (
        "locked",
        "arm",
        "nothing",
    )
