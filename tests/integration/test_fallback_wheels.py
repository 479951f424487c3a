"""A wheel for any platform that is selected because the runtime can't load the release's other wheels."""

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

RESOLVERS = {"pip": 'resolver = "pip"\n', "uv": 'resolver = "uv"\n'}


def warnings(output: str) -> list[str]:
    """Return the lines that warn."""
    return [line.strip() for line in output.splitlines() if "warning" in line]


@pytest.fixture
def release(index, project):
    """The entry in a lock of a release with a wheel for any platform, and one that needs a newer system."""
    project.configure(dependencies=["snd"])
    return package(index, index.add("snd"), index.add("snd", tag=NEW))


@pytest.mark.parametrize("resolver", RESOLVERS)
@pytest.mark.parametrize(
    ("tag", "reason", "fix"),
    [
        (
            NEW,
            "it needs glibc 2.38 or newer, the runtime's glibc is 2.34",
            "require a version with such a wheel",
        ),
        (
            "cp312-cp312-manylinux_2_17_x86_64",
            "its wheels are for cp312, the runtime is cp313",
            "use runtime python3.12",
        ),
        (
            "cp313-cp313-manylinux_2_17_aarch64",
            "its wheels are for manylinux aarch64",
            "use architecture arm64",
        ),
    ],
    ids=["glibc", "Python", "architecture"],
)
def test_a_fallback_wheel_in_a_resolution_is_reported(index, project, resolver, tag, reason, fix):
    index.add("snd")
    index.add("snd", tag=tag)
    index.add("old", requires_python=">=3.10")
    project.configure(RESOLVERS[resolver], dependencies=["snd", "old"])

    first, second = project.build(), project.build()

    assert first.code == 0, first.output
    assert zips.wheels(first.archive) == ["old-1.0-py3-none-any.whl", "snd-1.0-py3-none-any.whl"]
    expected = (
        "warning: snd 1.0: might lack a library, because none of its Linux wheels fits python3.13 on x86_64 "
        f"({reason}); test it, or {fix} [any-wheel]"
    )
    assert warnings(first.output) == warnings(second.output) == [expected]


@pytest.mark.parametrize("tool", ["pdm", "uv"])
def test_a_fallback_wheel_in_a_lock_with_all_files_is_reported_without_an_index(index, project, release, tool):
    project.configure('lock = "pylock.toml"', dependencies=["snd"])
    project.write("pylock.toml", uv_pylock(index, release) if tool == "uv" else pylock(release))

    built = project.build()

    assert built.code == 0, built.output
    assert warnings(built.output) == [WARNING]
    assert index.requests == ["/files/snd-1.0-py3-none-any.whl"]


def test_a_fallback_wheel_in_a_requirements_file_is_reported_each_time_and_looked_up_once(index, project, release):
    project.configure('lock = "requirements.txt"', dependencies=["snd"])
    project.write("requirements.txt", requirements(release))
    first = project.build()
    index.requests.clear()

    second = project.build()

    assert warnings(first.output) == warnings(second.output) == [WARNING]
    assert index.requests == []


def test_our_lock_reports_a_fallback_wheel_and_contains_only_the_selected_wheels(project, release):
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
    project.configure(tables, dependencies=["snd"])

    loud, still = project.build(target="lambda:loud"), project.build(target="lambda:still")

    assert loud.code == still.code == 0, loud.output + still.output
    assert WARNING in warnings(loud.output)
    assert WARNING not in warnings(still.output)
