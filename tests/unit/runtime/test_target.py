"""A target: its tags agree with packaging's, and it says why a wheel does not fit."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from packaging.markers import Marker, default_environment
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename

from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import ARCHITECTURES, Target, wheel_tags
from tests.support.samples import target

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGETS = [Target(runtime, architecture) for runtime in RUNTIMES for architecture in ARCHITECTURES]


@pytest.mark.parametrize("marker", ["python_version ~= 'three'", "'x' in dependency_groups"])
def test_a_marker_that_cannot_be_evaluated_raises_value_error(marker):
    with pytest.raises(ValueError, match=r"\S"):
        target().holds(Marker(marker))


def levels(newest: int, oldest: int, machine: str, legacy: dict[int, str]) -> Iterator[str]:
    """Return the platforms that PEP 600 and its predecessors name, from one level of glibc 2 down to another."""
    for minor in range(newest, oldest - 1, -1):
        yield f"manylinux_2_{minor}_{machine}"
        if minor in legacy:
            yield f"{legacy[minor]}_{machine}"


@pytest.mark.parametrize(("runtime", "newest"), [("python3.11", 26), ("python3.12", 34)])
def test_x86_64_loads_every_level_from_the_runtimes_glibc_down_to_2_5(runtime, newest):
    legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}

    assert target(runtime).platforms == tuple(levels(newest, 5, "x86_64", legacy))


@pytest.mark.parametrize(("runtime", "newest"), [("python3.11", 26), ("python3.12", 34)])
def test_arm64_loads_every_level_from_the_runtimes_glibc_down_to_2_17(runtime, newest):
    assert target(runtime, "arm64").platforms == tuple(levels(newest, 17, "aarch64", {17: "manylinux2014"}))


@pytest.mark.parametrize("selected", TARGETS, ids=str)
def test_tags_are_those_of_packaging_in_its_order(selected):
    python, abi, platforms = selected.runtime.python, selected.abi, selected.platforms
    expected = [*cpython_tags(python, [abi], platforms), *compatible_tags(python, abi, platforms)]

    assert list(selected.tags) == expected
    assert str(selected.tags[0]) == f"{abi}-{abi}-manylinux_2_{selected.runtime.glibc[1]}_{selected.machine}"
    assert str(selected.tags[-1]) == "py30-none-any"


@pytest.mark.parametrize("selected", TARGETS, ids=str)
def test_wheels_built_on_a_host_or_for_another_c_library_or_abi_are_not_among_the_tags(selected):
    platforms = {tag.platform for tag in selected.tags}
    abis = {tag.abi for tag in selected.tags}

    assert [found for found in platforms if not found.startswith("manylinux")] == ["any"]
    assert abis == {selected.abi, "abi3", "none"}


@pytest.mark.parametrize("selected", TARGETS, ids=str)
def test_all_markers_are_those_of_the_target(selected):
    version = f"{selected.runtime.python_version}.{selected.runtime.patch}"

    assert selected.markers == {
        "implementation_name": "cpython",
        "implementation_version": version,
        "os_name": "posix",
        "platform_machine": {"x86_64": "x86_64", "arm64": "aarch64"}[selected.architecture],
        "platform_python_implementation": "CPython",
        "platform_release": "0",
        "platform_system": "Linux",
        "platform_version": "0",
        "python_full_version": version,
        "python_version": selected.runtime.python_version,
        "sys_platform": "linux",
    }
    assert selected.markers.keys() == default_environment().keys()


def test_the_patch_level_can_be_set():
    selected = target("python3.13", patch=0)

    assert selected.python_full_version == "3.13.0"
    assert Marker("python_full_version == '3.13.0' and implementation_version == '3.13.0'").evaluate(
        {**selected.markers, "extra": ""}
    )


def test_a_target_names_itself():
    assert str(target("python3.12", "arm64")) == "python3.12 on arm64"


AL2, AL2023 = "python3.11", "python3.13"


@pytest.mark.parametrize(
    ("runtime", "architecture", "tag"),
    [
        *itertools.product(
            [AL2, AL2023],
            ["x86_64", "arm64"],
            ["py3-none-any", "py2.py3-none-any", "py39-none-any", "py30-none-any"],
        ),
        (AL2, "x86_64", "cp311-none-any"),
        (AL2023, "x86_64", "cp313-none-any"),
        (AL2023, "x86_64", "cp313-cp313-manylinux_2_34_x86_64"),
        (AL2023, "x86_64", "cp313-cp313-manylinux_2_33_x86_64"),
        (AL2023, "x86_64", "cp313-cp313-manylinux1_x86_64"),
        (AL2023, "x86_64", "cp36-abi3-manylinux_2_5_x86_64.manylinux1_x86_64"),
        (AL2023, "x86_64", "cp313-cp313-manylinux_2_39_x86_64.manylinux_2_17_x86_64"),
        (AL2023, "x86_64", "py3-none-manylinux2010_x86_64"),
        (AL2023, "arm64", "cp313-cp313-manylinux2014_aarch64"),
        (AL2023, "arm64", "cp37-abi3-manylinux_2_28_aarch64"),
        (AL2, "x86_64", "cp311-cp311-manylinux_2_26_x86_64"),
        (AL2, "arm64", "cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64"),
    ],
)
def test_a_wheel_that_the_runtime_loads_has_no_problem(runtime, architecture, tag):
    selected = target(runtime, architecture)
    tags = wheel_tags(f"lib-1.0-{tag}.whl")

    problem = selected.wheel_problem(tags)

    assert (problem, selected.supports(tags)) == (None, True)


@pytest.mark.parametrize(
    ("runtime", "architecture", "tag", "problem"),
    [
        (AL2023, "x86_64", "cp312-cp312-manylinux_2_17_x86_64", "made for cp312-cp312, the runtime's ABI is cp313"),
        (AL2023, "x86_64", "cp314-cp314-manylinux_2_17_x86_64", "made for cp314, the runtime's Python is 3.13"),
        (AL2023, "x86_64", "cp314-abi3-manylinux_2_17_x86_64", "made for cp314, the runtime's Python is 3.13"),
        (AL2023, "x86_64", "py2-none-any", "made for py2, the runtime's Python is 3.13"),
        (
            AL2023,
            "x86_64",
            "pp310-pypy310_pp73-manylinux_2_17_x86_64",
            "made for pp310, the runtime's Python is 3.13",
        ),
        (
            AL2023,
            "x86_64",
            "cp313-cp313t-manylinux_2_17_x86_64",
            "made for cp313-cp313t, the runtime's ABI is cp313",
        ),
        (
            AL2023,
            "x86_64",
            "cp313-cp313-manylinux_2_35_x86_64",
            "needs glibc 2.35 or newer, the runtime's glibc is 2.34",
        ),
        (
            AL2023,
            "x86_64",
            "cp313-cp313-manylinux_2_39_x86_64.manylinux_2_100_x86_64",
            "needs glibc 2.39 or newer, the runtime's glibc is 2.34",
        ),
        (
            AL2,
            "arm64",
            "cp311-cp311-manylinux_2_28_aarch64",
            "needs glibc 2.28 or newer, the runtime's glibc is 2.26",
        ),
        (
            AL2,
            "x86_64",
            "cp38-abi3-manylinux_2_28_x86_64",
            "needs glibc 2.28 or newer, the runtime's glibc is 2.26",
        ),
        (
            AL2023,
            "arm64",
            "cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64",
            "made for manylinux2014_x86_64, manylinux_2_17_x86_64, the runtime is Linux with glibc on arm64",
        ),
        (
            AL2023,
            "x86_64",
            "cp313-cp313-manylinux_2_17_aarch64",
            "made for manylinux_2_17_aarch64, the runtime is Linux with glibc on x86_64",
        ),
        (
            AL2023,
            "x86_64",
            "cp313-cp313-musllinux_1_2_x86_64",
            "made for musllinux_1_2_x86_64, the runtime is Linux with glibc on x86_64",
        ),
        (
            AL2023,
            "x86_64",
            "cp313-cp313-linux_x86_64",
            "made for linux_x86_64, the runtime is Linux with glibc on x86_64",
        ),
        (
            AL2023,
            "x86_64",
            "cp313-cp313-win_amd64",
            "made for win_amd64, the runtime is Linux with glibc on x86_64",
        ),
        (
            AL2023,
            "arm64",
            "cp313-cp313-macosx_11_0_arm64",
            "made for macosx_11_0_arm64, the runtime is Linux with glibc on arm64",
        ),
        (
            AL2023,
            "arm64",
            "py3-none-manylinux_2_12_aarch64",
            "made for manylinux_2_12_aarch64, the runtime is Linux with glibc on arm64",
        ),
    ],
)
def test_a_problem_names_the_first_part_that_does_not_fit(runtime, architecture, tag, problem):
    selected = target(runtime, architecture)
    tags = wheel_tags(f"lib-1.0-{tag}.whl")

    found = selected.wheel_problem(tags)

    assert (found, selected.supports(tags)) == (problem, False)


def test_a_name_that_is_not_a_wheels_has_no_tags():
    with pytest.raises(InvalidWheelFilename):
        wheel_tags("lib-1.0.tar.gz")
