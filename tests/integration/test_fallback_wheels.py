"""A wheel for any platform that is taken because the runtime can load none of the release's others."""

from __future__ import annotations

import pytest

from tests.support import zips
from tests.support.locks import package, pylock, requirements, uv_pylock

NEW = "cp313-cp313-manylinux_2_38_x86_64"
WARNING = (
    "warning: snd 1.0: might lack a library, because none of its Linux wheels fits python3.13 on "
    "x86_64 (it needs glibc 2.38 or newer, the runtime's glibc is 2.34); test it, or require a "
    "version with such a wheel [any-wheel]"
)


PIP = 'resolver = "pip"\n'
"""uv doesn't list the wheels of a release that don't fit the runtime."""


def warnings(output: str) -> list[str]:
    """Return the lines that warn."""
    return [line.strip() for line in output.splitlines() if "warning" in line]


@pytest.fixture
def release(index, project):
    """The entry in a lock of a release with a wheel for any platform, and one that needs a newer system."""
    project.configure(PIP, dependencies=["snd"])
    return package(index, index.add("snd"), index.add("snd", tag=NEW))


def test_a_yanked_release_in_a_resolution_is_reported(project, release):
    built = project.build()

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["snd-1.0-py3-none-any.whl"]
    assert warnings(built.output) == [WARNING]


@pytest.mark.parametrize("tool", ["pdm", "uv"])
def test_a_yanked_release_in_a_lock_with_all_files_is_reported_without_an_index(index, project, release, tool):
    project.configure('lock = "pylock.toml"', dependencies=["snd"])
    project.write("pylock.toml", uv_pylock(index, release) if tool == "uv" else pylock(release))

    built = project.build()

    assert built.code == 0, built.output
    assert warnings(built.output) == [WARNING]
    assert index.requests == ["/files/snd-1.0-py3-none-any.whl"]


def test_a_yanked_release_in_a_requirements_file_is_reported_each_time_and_looked_up_once(index, project, release):
    project.configure('lock = "requirements.txt"', dependencies=["snd"])
    project.write("requirements.txt", requirements(release))
    first = project.build()
    index.requests.clear()

    second = project.build()

    assert warnings(first.output) == warnings(second.output) == [WARNING]
    assert index.requests == []


def test_our_lock_reports_a_yanked_release_and_contains_only_the_selected_wheels(project, release):
    locked = project.build(target="lambda:lock")

    built = project.build()

    assert warnings(locked.output) == [WARNING]
    assert warnings(built.output) == []


def test_only_a_zip_that_contains_the_wheel_reports_it(project, release):
    tables = """
[tool.hatch.build.targets.lambda.functions.loud]
[tool.hatch.build.targets.lambda.functions.still]
exclude-packages = ["snd"]
"""
    project.configure(PIP + tables, dependencies=["snd"])

    loud, still = project.build(target="lambda:loud"), project.build(target="lambda:still")

    assert loud.code == still.code == 0, loud.output + still.output
    assert WARNING in warnings(loud.output)
    assert WARNING not in warnings(still.output)
