"""The resolver that is chosen by default, and messages that don't depend on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support import zips
from tests.support.index_server import IndexServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Built, ProjectDirectory

PIPS = "resolver: uv, with pip's index settings"
UVS = "resolver: uv, with uv's index settings"
TOO_NEW = "cp313-cp313-manylinux_2_36_x86_64"


def resolver_of(built: Built) -> str:
    """Return the line of ``-v`` that names the resolver."""
    assert built.code == 0, built.output
    (line,) = re.findall(r"^  (resolver: .*)$", built.output, re.MULTILINE)
    return str(line)


def no_sdist(index: IndexServer) -> None:
    index.add_sdist("lib")


def other_architecture(index: IndexServer) -> None:
    index.add("lib", tag="cp313-cp313-manylinux_2_28_aarch64")
    index.add_sdist("lib")


def other_systems(index: IndexServer) -> None:
    index.add("lib", tag="cp313-cp313-win_amd64")


def too_new(index: IndexServer) -> None:
    index.add("app", requires=["lib"])
    index.add("lib", tag=TOO_NEW)


def other_python(index: IndexServer) -> None:
    index.add("lib", requires_python="<3.13")


def unknown(index: IndexServer) -> None:
    index.add("app", requires=["nosuch"])


def too_old(index: IndexServer) -> None:
    index.add("lib", "0.9")


def conflict(index: IndexServer) -> None:
    index.add("left", requires=["base<2"])
    index.add("right", requires=["base>=2"])
    index.add("base", "1.0")
    index.add("base", "2.0")


def yanked(index: IndexServer) -> None:
    index.yanked[index.add("lib").name] = "it is broken"


def known_substitute(index: IndexServer) -> None:
    index.add_sdist("psycopg2")
    index.add("psycopg2-binary", tag="cp313-cp313-manylinux_2_28_x86_64")


@pytest.mark.api("pip", "uv")
@pytest.mark.parametrize(
    ("release", "dependencies"),
    [
        (no_sdist, ["lib"]),
        (other_architecture, ["lib"]),
        (other_systems, ["lib"]),
        (too_new, ["app"]),
        (other_python, ["lib"]),
        (unknown, ["app"]),
        (too_old, ["lib>=1"]),
        (conflict, ["left", "right"]),
        (yanked, ["lib<2"]),
        (known_substitute, ["psycopg2"]),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_an_error_is_the_same_with_pip_and_uv(
    index: IndexServer, project: ProjectDirectory, release: Callable[[IndexServer], None], dependencies: list[str]
) -> None:
    release(index)
    outputs = []
    for options in ('resolver = "pip"', ""):
        project.configure(options, dependencies=dependencies)
        built = project.build()
        assert (built.code, built.archives) == (1, ())
        outputs.append(built.output)

    assert outputs[0].startswith("error: ")
    assert outputs[0] == outputs[1]
    assert "pip's output" not in outputs[0]


@pytest.mark.api("pip", "uv")
def test_skipped_releases_are_the_same_with_both_resolvers_and_in_later_builds(index, project):
    names = ["sdist", "native", "glibc", "system", "gave-up", "python", "yanked"]
    for name in names:
        index.add(name)
    index.add_sdist("sdist", "2.0")
    index.add("native", "2.0", tag="cp313-cp313-win_amd64")
    index.add_sdist("native", "3.0")
    index.add("glibc", "2.0", tag=TOO_NEW)
    index.add("system", "2.0", tag="cp313-cp313-macosx_11_0_arm64")
    index.add("gave-up", "2.0", requires=["base>=2"])
    index.add("python", "2.0", requires_python=">=3.14")
    index.yanked["yanked-1.0-py3-none-any.whl"] = "it is broken"
    index.add("base", "1.0")
    index.add("base", "2.0")
    outputs = []
    for options in ('resolver = "pip"', ""):
        project.configure(options, dependencies=[*names[:-1], "base<2", "yanked==1.0"])
        outputs.append(project.build().output)

    again = project.build()
    index.add_sdist("sdist", "3.0")
    later = project.build(UV_NO_CACHE="1")

    notes = [line for line in outputs[0].splitlines() if line.startswith(("  older: ", "warning: "))]
    assert sorted(notes) == [
        "  older: gave-up 1.0 instead of 2.0, because the project requires base<2, gave-up 2.0 requires base>=2",
        (
            "  older: glibc 1.0 instead of 2.0, because 2.0 has no wheel for python3.13 on x86_64 "
            "(it needs glibc 2.36 or newer, the runtime's glibc is 2.34)"
        ),
        (
            "  older: system 1.0 instead of 2.0, because 2.0 has no wheel for python3.13 on x86_64 "
            "(its wheels are for macosx arm64)"
        ),
        (
            "warning: native 1.0: used instead of 3.0, which has only an sdist with native code (native-3.0.tar.gz); "
            "build a wheel on Amazon Linux and add its directory to find-links [sdist-only]"
        ),
        (
            "warning: sdist 1.0: used instead of 2.0, which has only an sdist (sdist-2.0.tar.gz); "
            'set build-from-source = ["sdist"] if it is pure Python [sdist-only]'
        ),
        ("warning: yanked 1.0: was yanked from its index, but a requirement pins it; require another version [yanked]"),
    ]
    assert sorted(outputs[1].splitlines()) == sorted(outputs[0].splitlines())
    assert again.output == outputs[1]
    assert "used instead of 3.0, which has only an sdist (sdist-3.0.tar.gz)" in later.output


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, PIPS),
        ({"UV_DEFAULT_INDEX": "{index}"}, UVS),
        ({"HATCH_LAMBDA_RUNTIME": "python3.11"}, "resolver: pip, because uv doesn't know glibc 2.26"),
        (
            {"PIP_USE_FEATURE": "fast-deps"},
            "resolver: pip, because uv has no counterpart of pip's setting 'use-feature'",
        ),
        (
            {"PIP_EXTRA_INDEX_URL": "http://127.0.0.1:1/simple/"},
            "resolver: pip, because uv can't resolve for python3.13 on x86_64",
        ),
    ],
    ids=["settings of pip", "settings of uv", "Amazon Linux 2", "no counterpart", "no solution"],
)
def test_the_resolver_and_the_reason_are_shown_with_v(index, project, environ, expected):
    index.add("lib")
    project.configure(dependencies=["lib"])

    built = project.build(HATCH_VERBOSE="1", **{name: text.format(index=index.url) for name, text in environ.items()})

    assert resolver_of(built) == expected


def test_uv_for_another_python_is_corrected_by_pip(index, project):
    index.add("lib", "1.0")
    index.add("lib", "2.0", requires_python="<3.13")
    project.configure(dependencies=["lib"])

    built = project.build(HATCH_VERBOSE="1")

    assert resolver_of(built) == "resolver: pip, because uv ignores that lib 2.0 requires Python <3.13"
    assert zips.distributions(built.archive) == ["lib 1.0"]


def test_a_setting_without_a_counterpart_is_an_error_if_uv_must_resolve(project):
    project.configure('resolver = "uv"', dependencies=["lib"])

    built = project.build(PIP_ONLY_FINAL=":all:")

    assert built.code == 1
    assert built.output == (
        "error: tool.hatch.build.targets.lambda.resolver: 'uv' isn't possible, because uv has no counterpart of pip's "
        "setting 'only-final'; set resolver = \"pip\", or name an index in [tool.uv] [option-value]\n"
    )


@pytest.mark.parametrize("place", ["pip.conf", "tool.uv"])
def test_a_password_of_a_private_index_in_one_setting_is_enough(project, private_index, tmp_path, place):
    del project.environ["PIP_INDEX_URL"]
    conf, uv = tmp_path / "secret/pip.conf", ""
    conf.parent.mkdir()
    if place == "pip.conf":
        conf.write_text(f"[global]\nindex-url = {private_index.url_with_credentials}\n")
    else:
        conf.touch()
        uv = f'\n[[tool.uv.index]]\nurl = "{private_index.url_with_credentials}"\ndefault = true\n'
    project.configure(dependencies=["lib"], project=uv)

    built = project.build(PIP_CONFIG_FILE=str(conf), HATCH_VERBOSE="2")

    assert resolver_of(built) == (PIPS if place == "pip.conf" else UVS)
    assert zips.distributions(built.archive) == ["lib 1.0"]
    assert "s3cret" not in built.output
    assert [line for line in private_index.command_lines if "s3cret" in line] == []
    written = [*(tmp_path / "store").rglob("*"), *(project.root / "dist").rglob("*")]
    assert [path for path in written if path.is_file() and b"s3cret" in path.read_bytes()] == []


def test_two_indexes_with_one_release_are_searched_as_pip_does(index, project, tmp_path):
    index.add("lib", "1.0", files={"lib/__init__.py": "first = True\n"})
    with IndexServer(tmp_path / "second") as second:
        second.add("lib", "1.0", files={"lib/__init__.py": "second = True\n"})
        second.add("newer", "2.0")
        index.add("newer", "1.0")
        found = []
        for options in ('resolver = "pip"', ""):
            project.configure(options, dependencies=["lib", "newer"])
            built = project.build(PIP_EXTRA_INDEX_URL=second.url, HATCH_VERBOSE="1")
            found.append(built.archive.read_bytes())

    assert resolver_of(built) == PIPS
    assert found[0] == found[1]
    assert zips.distributions(built.archive) == ["lib 1.0", "newer 2.0"]
