"""Whether a set of distributions is right for the target, under the target's markers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from packaging.utils import NormalizedName, canonicalize_name

from hatch_lambda.errors import ResolveError, WheelError
from hatch_lambda.resolve.base import Resolution
from hatch_lambda.resolve.validate import (
    missing_extras,
    required_names,
    requirement_problem,
    transitive_dependencies,
    validate,
)
from tests.support.samples import dependency, target

if TYPE_CHECKING:
    from hatch_lambda.resolve.base import Dependency
    from hatch_lambda.runtime.target import Target

FAULT = Resolution(()).fix


@dataclass(frozen=True)
class Distribution:
    """What the proof looks at."""

    name: NormalizedName
    version: str = "1.0"
    requires_dist: tuple[str, ...] = ()
    requires_python: str | None = None
    tag: str = "py3-none-any"
    provides_extra: tuple[str, ...] = ()

    @property
    def filename(self) -> str:
        return f"{self.name.replace('-', '_')}-{self.version}-{self.tag}.whl"


def dist(
    name: str,
    *requires: str,
    version: str = "1.0",
    python: str | None = None,
    tag: str = "py3-none-any",
    extras: tuple[str, ...] = (),
) -> Distribution:
    """Return a distribution."""
    return Distribution(canonicalize_name(name), version, requires, python, tag, extras)


def names(found: tuple[Dependency, ...]) -> list[str]:
    """Return the requirements and who has them, in the order of the search."""
    return [f"{each.required_by}: {each.requirement}" for each in found]


def reached(
    roots: list[str], *distributions: Distribution, selected: Target | None = None, without: str = ""
) -> list[str]:
    """Return every requirement that applies."""
    known = {distribution.name: distribution for distribution in distributions}
    excluded = tuple(map(canonicalize_name, without.split()))
    return names(transitive_dependencies(map(dependency, roots), known, selected or target(), without=excluded))


def problems(roots: list[str], *distributions: Distribution, selected: Target | None = None) -> list[str]:
    """Return the lines of the message that the proof ends in; none if the set is proved."""
    try:
        validate([dependency(root) for root in roots], distributions, selected or target(), Resolution(()))
    except ResolveError as error:
        return list(error.problems)
    return []


# Requirements


def test_requirements_are_followed_to_the_end():
    found = reached(["A"], dist("a", "b>=1", "c"), dist("b", "d"), dist("c"), dist("d"))

    assert found == ["project.dependencies: A", "a 1.0: b>=1", "a 1.0: c", "b 1.0: d"]


def test_a_cycle_of_requirements_ends():
    assert reached(["a"], dist("a", "b"), dist("b", "a")) == ["project.dependencies: a", "a 1.0: b", "b 1.0: a"]


@pytest.mark.parametrize(
    ("marker", "runtime", "architecture"),
    [
        ("platform_machine == 'aarch64'", "python3.13", "arm64"),
        ("platform_machine == 'x86_64'", "python3.13", "x86_64"),
        ("python_version >= '3.13'", "python3.13", "x86_64"),
        ("python_version < '3.10'", "python3.9", "x86_64"),
        ("python_full_version == '3.13.11'", "python3.13", "x86_64"),
        ("implementation_name == 'cpython' and platform_python_implementation == 'CPython'", "python3.13", "arm64"),
        ("os_name == 'posix' and sys_platform == 'linux' and platform_system == 'Linux'", "python3.13", "arm64"),
        ("platform_release >= '0' and platform_version == '0'", "python3.13", "arm64"),
        ("implementation_version == '3.12.9'", "python3.12", "arm64"),
    ],
)
def test_markers_are_the_targets(marker, runtime, architecture):
    selected = target(runtime, architecture)

    found = reached([f"a; {marker}"], dist("a", f"b; {marker}"), selected=selected)

    assert [line.partition(";")[0] for line in found] == ["project.dependencies: a", "a 1.0: b"]


@pytest.mark.parametrize(
    "marker",
    [
        "platform_machine == 'arm64'",
        "platform_machine == 'x86_64'",
        "python_version < '3.13'",
        "python_version >= '3.14'",
        "sys_platform == 'win32'",
        "sys_platform == 'darwin'",
        "os_name == 'nt'",
        "implementation_name == 'pypy'",
        "python_full_version >= '3.13.12'",
        "extra == 'more'",
    ],
)
def test_a_requirement_whose_marker_is_false_does_not_count(marker):
    found = reached(["a", f"b; {marker}"], dist("a", f"b; {marker}"), selected=target("python3.13", "arm64"))

    assert found == ["project.dependencies: a"]


def test_extras_add_their_requirements():
    lib = dist("lib", "base", "x; extra == 'one'", "y; extra == 'two-three'", "z; extra == 'four'")

    found = reached(["lib", "lib[Two_Three]", "other"], lib, dist("other", "lib[one]"))

    assert [line.partition(";")[0] for line in found] == [
        "project.dependencies: lib",
        "project.dependencies: lib[Two_Three]",
        "project.dependencies: other",
        "lib 1.0: base",
        "lib 1.0: y",
        "other 1.0: lib[one]",
        "lib 1.0: x",
    ]


def test_an_extra_that_asks_for_its_own_distribution_is_followed():
    lib = dist("lib", "lib[one]; extra == 'all'", "x; extra == 'one'")

    found = reached(["lib[all]"], lib)

    assert [line.partition(";")[0] for line in found] == [
        "project.dependencies: lib[all]",
        "lib 1.0: lib[one]",
        "lib 1.0: x",
    ]


def test_excluded_packages_require_nothing():
    found = reached(["a", "b"], dist("a", "c"), dist("b", "d"), without="a")

    assert found == ["project.dependencies: a", "project.dependencies: b", "b 1.0: d"]


def test_an_invalid_requirement_is_reported():
    with pytest.raises(WheelError) as caught:
        reached(["a"], dist("a", "b (>>1)"))

    assert str(caught.value) == (
        "error: a 1.0: its metadata requires 'b (>>1)', which isn't a valid requirement; require another "
        "version [bad-metadata]"
    )


# What is needed once something is left out


@pytest.mark.parametrize(
    ("without", "expected"),
    [
        ("", {"a", "b", "c", "d"}),
        ("a", {"b", "d"}),
        ("b", {"a", "c", "d"}),
        ("d", {"a", "b", "c"}),
        ("a b", set()),
        ("stranger", {"a", "b", "c", "d"}),
    ],
)
def test_packages_that_only_excluded_ones_require_are_excluded_too(without, expected):
    known = {each.name: each for each in (dist("a", "c", "d"), dist("b", "d"), dist("c"), dist("d"))}
    excluded = tuple(map(canonicalize_name, without.split()))

    found = required_names([dependency("a"), dependency("b")], known, target(), without=excluded)

    assert found == expected


# The proof


def test_a_set_of_exactly_the_required_packages_is_valid():
    a = dist("a", "B.C>=1,<2", "gone; sys_platform == 'win32'", python=">=3.9")

    assert problems(["a[x]~=1.0"], a, dist("b-c", tag="cp313-cp313-manylinux_2_34_x86_64")) == []


def test_nothing_is_exactly_what_nothing_needs():
    assert problems([]) == []


def test_a_requirement_that_nothing_satisfies_is_reported():
    assert problems(["a"], dist("a", "b>=1; python_version > '3'")) == [
        (
            f'a 1.0: requires b>=1; python_version > "3", but the resolution doesn\'t contain it; {FAULT} '
            "[index-mismatch]"
        )
    ]


def test_a_requirement_that_the_version_does_not_satisfy_is_reported():
    assert problems(["a>1"], dist("a")) == [
        (f"project.dependencies: requires a>1, but the resolution contains a 1.0; {FAULT} [index-mismatch]")
    ]


@pytest.mark.parametrize("version", ["2.0rc1", "2.0.dev1"])
def test_a_prerelease_that_was_selected_satisfies_requirements(version):
    assert problems(["a>1"], dist("a", version=version)) == []


def test_a_distribution_that_nothing_requires_is_reported():
    assert problems(["a"], dist("a", "b; platform_machine == 'aarch64'"), dist("b")) == [
        f"b 1.0: nothing requires it on python3.13 on x86_64; {FAULT} [index-mismatch]"
    ]


def test_distributions_that_require_only_each_other_are_reported():
    assert problems([], dist("a", "b"), dist("b", "a")) == [
        f"{name} 1.0: nothing requires it on python3.13 on x86_64; {FAULT} [index-mismatch]" for name in ("a", "b")
    ]


def test_a_wheel_that_the_target_cannot_load_is_reported():
    selected = target("python3.11", "arm64")

    assert problems(["a"], dist("a", tag="cp311-cp311-manylinux_2_28_aarch64"), selected=selected) == [
        (
            "a-1.0-cp311-cp311-manylinux_2_28_aarch64.whl: doesn't run on python3.11 on arm64 (needs "
            "glibc 2.28 or newer, the runtime's glibc is 2.26); require another version, or change "
            "runtime or architecture [wrong-platform]"
        )
    ]


@pytest.mark.parametrize("pythons", ["<3.13", ">=3.13.12", ">=3.14", "==3.12.*"])
def test_a_wheel_that_is_for_other_pythons_is_reported(pythons):
    assert problems(["a"], dist("a", python=pythons)) == [
        (
            f"a-1.0-py3-none-any.whl: requires Python {pythons}, but python3.13 has 3.13.11; require "
            "another version, or change runtime or architecture [wrong-platform]"
        )
    ]


@pytest.mark.parametrize("pythons", [None, "", ">=3.9", ">=3.13.11", "nonsense", ">=3.6.*"])
def test_a_wheel_that_requires_this_python_or_none_passes(pythons):
    assert problems(["a"], dist("a", python=pythons)) == []


def test_a_preview_of_python_satisfies_a_requirement_on_its_release():
    assert problems(["a"], dist("a", python=">=3.15"), selected=target("python3.15")) == []


def test_all_problems_are_reported_at_once():
    lines = problems(["a>=2", "b"], dist("a", python="<3"), dist("c", tag="cp27-cp27mu-manylinux1_x86_64"))

    assert lines == [
        (
            "a-1.0-py3-none-any.whl: requires Python <3, but python3.13 has 3.13.11; require another "
            "version, or change runtime or architecture [wrong-platform]"
        ),
        (
            "c-1.0-cp27-cp27mu-manylinux1_x86_64.whl: doesn't run on python3.13 on x86_64 (made for "
            "cp27, the runtime's Python is 3.13); require another version, or change runtime or "
            "architecture [wrong-platform]"
        ),
        (f"project.dependencies: requires a>=2, but the resolution contains a 1.0; {FAULT} [index-mismatch]"),
        (f"project.dependencies: requires b, but the resolution doesn't contain it; {FAULT} [index-mismatch]"),
        f"c 1.0: nothing requires it on python3.13 on x86_64; {FAULT} [index-mismatch]",
    ]


# Extras that there are none of


def lacking(roots: list[str], *distributions: Distribution) -> list[str]:
    """Return the warnings of extras."""
    return list(map(str, missing_extras([dependency(root) for root in roots], distributions, target())))


def test_unknown_extras_are_reported_with_their_requirers_and_the_known_extras():
    server = dist("Server", extras=("Standard", "http_2"))

    assert lacking(["server[standart]", "bare[x]", "server[quic]"], server, dist("bare")) == [
        ("project.dependencies: server 1.0 has no extra 'standart'; did you mean 'standard'? [unknown-extra]"),
        (
            "project.dependencies: bare 1.0 has no extra 'x'; remove [x], because the package has no "
            "extras [unknown-extra]"
        ),
        ("project.dependencies: server 1.0 has no extra 'quic'; choose from 'http-2', 'standard' [unknown-extra]"),
    ]


def test_unknown_extras_between_dependencies_are_not_reported():
    assert lacking(["a"], dist("a", "server[secure]"), dist("server")) == []


@pytest.mark.parametrize("asked", ["lib[two-three]", "lib[Two_Three]", "lib", "lib[typo]; sys_platform == 'win32'"])
def test_extras_that_a_distribution_has_are_not_reported_however_they_are_written(asked):
    assert lacking([asked], dist("lib", extras=("Two.Three",))) == []


@pytest.mark.parametrize("marker", ["extra == 'old'", "'old' == extra", 'python_version > "3" and (extra=="Old")'])
def test_old_metadata_that_names_extras_in_markers_only_has_them(marker):
    assert lacking(["lib[old]"], dist("lib", f"x; {marker}"), dist("x")) == []


# A lock file that does not satisfy the project


LOCK = Resolution((), source="pylock.lambda.toml", fix="run 'hatch build -t lambda:lock'", exact=False)


@pytest.mark.parametrize(
    ("required", "found", "problem"),
    [
        ("pydantic>=3", [dist("pydantic", version="2.14.3")], "pins pydantic 2.14.3"),
        ("pydantic>=3", [], "doesn't contain pydantic"),
        ("a @ https://host/a-1.0-1-py3-none-any.whl", [dist("a")], "pins a-1.0-py3-none-any.whl"),
    ],
)
def test_a_lock_file_that_does_not_satisfy_a_requirement_is_out_of_date(required, found, problem):
    found = requirement_problem(dependency(required), {one.name: one for one in found}, LOCK)

    assert str(found) == (
        f"pylock.lambda.toml: out of date, because it {problem} and project.dependencies requires {required}; "
        "run 'hatch build -t lambda:lock' [lock-out-of-date]"
    )


def test_a_distribution_without_a_usable_wheel_is_reported_with_its_reason():
    resolution = Resolution(
        (), unfit={canonicalize_name("lib"): "pylock.toml has lib 1.0, but no wheel; do this; or that"}
    )

    assert str(requirement_problem(dependency("lib>=1"), {}, resolution)) == (
        "project.dependencies: requires lib>=1, and pylock.toml has lib 1.0, but no wheel; do this; or that [no-wheel]"
    )
