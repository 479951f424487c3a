"""How uv is called, and which of its settings pip gets."""

from __future__ import annotations

import sys
from textwrap import indent

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.errors import ResolveError
from hatch_lambda.resolve.base import Host
from hatch_lambda.resolve.uv import UvResolver, failure, knows_glibc, preferences, python_platform
from hatch_lambda.runtime.runtimes import RUNTIMES, Runtime, System, runtime_named
from hatch_lambda.runtime.target import Target
from tests.support.samples import target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PLATFORMS = {
    "python3.9": "manylinux_2_17",
    "python3.10": "manylinux_2_17",
    "python3.11": "manylinux_2_17",
    "python3.12": "manylinux_2_34",
    "python3.13": "manylinux_2_34",
    "python3.14": "manylinux_2_34",
    "python3.15": "manylinux_2_34",
}


def test_the_command_line_names_the_target_and_builds_nothing(tmp_path):
    runtime = runtime_named("python3.13")
    assert runtime is not None
    resolver = UvResolver(Host({}, tmp_path), ("constraints.txt",), options=("--no-index",), program="/hatch/uv")

    command = resolver.command(Target(runtime, "arm64"))

    assert command == [
        "/hatch/uv",
        "pip",
        "compile",
        "-",
        "--format=pylock.toml",
        "--no-universal",
        "--python-platform=aarch64-manylinux_2_34",
        "--python-version=3.13.11",
        f"--python={sys.executable}",
        "--no-python-downloads",
        "--only-binary=:all:",
        "--no-header",
        "--no-annotate",
        "--color=never",
        "--no-progress",
        "--no-index",
    ]


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime.name)
def test_every_runtime_has_a_platform_that_uv_knows_and_that_is_not_too_new(runtime):
    platforms = [python_platform(Target(runtime, "x86_64")), python_platform(Target(runtime, "arm64"))]

    level = PLATFORMS[runtime.name]
    assert platforms == [f"x86_64-{level}", f"aarch64-{level}"]


@pytest.mark.parametrize(("glibc", "level"), [((2, 17), 17), ((2, 27), 17), ((2, 28), 28), ((2, 99), 40)])
def test_a_platform_is_the_newest_that_uv_knows_up_to_the_glibc_of_the_runtime(glibc, level):
    runtime = Runtime("python3.16", (3, 16), 0, System("another", glibc), "custom")

    assert python_platform(Target(runtime, "x86_64")) == f"x86_64-manylinux_2_{level}"


def test_uv_knows_exactly_the_glibc_of_amazon_linux_2023():
    known = [runtime.name for runtime in RUNTIMES if knows_glibc(Target(runtime, "x86_64"))]

    assert known == ["python3.12", "python3.13", "python3.14", "python3.15"]


def test_uv_is_not_asked_without_the_network(tmp_path):
    resolver = UvResolver(Host({}, tmp_path, offline=True))

    with pytest.raises(ResolveError) as caught:
        resolver.resolve([], Target(RUNTIMES[-1], "x86_64"))

    assert str(caught.value) == (
        "error: HATCH_LAMBDA_OFFLINE: uv can't resolve offline; run 'hatch build -t lambda:lock' online first [offline]"
    )


def test_uv_prefers_the_versions_in_a_lock_file():
    versions = {canonicalize_name("lib"): Version("1.0"), canonicalize_name("base"): Version("2")}

    assert tomllib.loads(preferences(versions)) == {
        "lock-version": "1.0",
        "created-by": "hatch-lambda",
        "packages": [{"name": "lib", "version": "1.0"}, {"name": "base", "version": "2"}],
    }


def test_rejected_files_and_conflicting_requirements_are_read_from_uvs_output():
    said = (
        "error: No solution found\n  cause: Because only lib==2.0 is available and all versions of app\n"
        "         depend on lib<2 and you require app, we can conclude that\n"
        "hint: Wheels are required for `My.Base` because building from source is disabled for all packages\n"
    )

    error = failure(said, target())

    problem = "uv: found no wheels for python3.13 on x86_64; fix the cause in uv's output [resolver-failed]"
    assert error.problems == (problem,)
    assert error.detail == error.excerpt == f"uv's output:\n{indent(said.strip(), '  ')}"
    assert {name: str(specifier) for name, specifier in error.missing.items()} == {
        "my-base": "",
        "lib": "<2",
        "app": "",
    }


def test_a_uv_that_is_too_old_is_reported_with_the_version_that_helps():
    error = failure("error: invalid value 'pylock.toml' for '--format <FORMAT>'\n", target())

    assert error.problems == ("uv: is too old to write a pylock; upgrade uv to 0.7 or newer [resolver-failed]",)


def test_of_a_long_account_of_uv_the_beginning_is_shown():
    said = "error: No solution found\n" + "".join(f"  because of {number}\n" for number in range(30))

    error = failure(said, target())

    assert error.problems == (
        "uv: found no wheels for python3.13 on x86_64; fix the cause in uv's output [resolver-failed]",
    )
    shown = [f"  {line}" for line in (*said.splitlines()[:8], "… (23 more lines; -v shows them)")]
    assert str(error).splitlines() == [f"error: {error.problems[0]}", "", "uv's output:", *shown]
    assert len(str(error).splitlines()) == 12
