"""What uv's log shows of a resolution."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.resolve.base import Dependency, Pin
from hatch_lambda.resolve.skipped import SkippedReleases
from hatch_lambda.resolve.uv_log import UvLog


def log(*lines: str) -> UvLog:
    return UvLog("".join(f"DEBUG {line}\n" for line in lines))


def pin(name: str, version: str = "1.0") -> Pin:
    return Pin(canonicalize_name(name), Version(version), f"https://a/{name}-{version}-py3-none-any.whl", None)


def dependency(text: str, by: str = "project.dependencies") -> Dependency:
    return Dependency(by, Requirement(text))


@pytest.mark.parametrize(
    ("written", "specifier"),
    [
        ("lib*", "lib"),
        ("lib>=1, <2", "lib<2,>=1"),
        ("lib>=1.0, <1.0+", "lib==1.0"),
        ("lib==1.0", "lib==1.0"),
        ("lib>=1, <1.5 | >=1.5+", "lib!=1.5,>=1"),
        ("lib<1.5 | >=1.5+", "lib!=1.5"),
        ("lib>0.1, <1.1 | >=1.1+, <1.2 | >=1.2+, <3", "lib!=1.1,!=1.2,<3,>0.1"),
        ("lib[x]>=1", "lib[x]>=1"),
        ("lib{python_full_version >= '3.9'}>=1.0a1", "lib>=1.0a1"),
        ("lib<1.dev0 | >=2.dev0", "lib"),
    ],
    ids=["any", "range", "exact", "one", "without one", "all without one", "without two", "extra", "marker", "gap"],
)
def test_requirements_of_the_pinned_releases_are_read(written, specifier):
    lines = [
        "Adding direct dependency: app*",
        "Adding transitive dependency for app==2.0: other",
        f"Adding transitive dependency for app==1.0: {written}",
        "Adding transitive dependency for app==1.0: app[x]==1.0",
    ]

    assert log(*lines).dependencies([pin("app"), pin("lib")]) == (dependency(specifier, "app 1.0"),)


def test_a_package_without_a_suitable_file_in_the_newest_release_is_skipped():
    found = log(
        "Searching for a compatible version of lib (>=1)",
        "Searching for a compatible version of lib (>=1, <=2.0)",
        "Selecting: lib==1.0 [compatible] (lib-1.0-py3-none-any.whl)",
        "Searching for a compatible version of new (*)",
        "No compatible version found for: Python",
        "Searching for a compatible version of new (<=1.0)",
        "Selecting: new==1.0 [compatible] (new-1.0-py3-none-any.whl)",
    )

    skipped = found.skipped([pin("lib"), pin("new")], [])

    assert skipped == SkippedReleases({canonicalize_name("lib"): (">=1", ">=1, <=2.0")})


def test_a_release_that_uv_gave_up_is_skipped_with_the_requirements_that_exclude_it():
    found = log(
        "Searching for a compatible version of top (*)",
        "Selecting: top==2.0 [compatible] (top-2.0-py3-none-any.whl)",
        "Adding transitive dependency for top==2.0: base>=2",
        "Adding transitive dependency for top==2.0: fine",
        "Searching for a compatible version of top (<=1.0)",
        "Selecting: top==1.0 [compatible] (top-1.0-py3-none-any.whl)",
        "Adding transitive dependency for top==1.0: base",
        "Searching for a compatible version of base (<2)",
        "Selecting: base==1.0 [compatible] (base-1.0-py3-none-any.whl)",
    )
    pins = [pin("top"), pin("base"), pin("fine")]
    dependencies = [dependency("base<2", "left 1.0"), dependency("base<3"), dependency("base<1.5"), dependency("top")]

    skipped = found.skipped(pins, dependencies)

    block = ("left 1.0 depends on base<2", "The user requested base<1.5", "top 2.0 depends on base>=2")
    assert skipped == SkippedReleases({canonicalize_name("top"): ("*", "<=1.0")}, (block,))


def test_warnings_of_yanked_releases_are_read():
    found = UvLog('DEBUG x\nResolved 1 package in 5ms\nwarning: `my-lib==1.0` is yanked (reason: "bad")\n')

    assert (found.is_yanked(pin("my-lib")), found.is_yanked(pin("my-lib", "2.0")), found.is_yanked(pin("a"))) == (
        True,
        False,
        False,
    )
    assert found.output == 'Resolved 1 package in 5ms\nwarning: `my-lib==1.0` is yanked (reason: "bad")'
