"""Packages without a wheel, built from their sdists."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.files.programs import uv_program
from tests.support import zips
from tests.support.locks import pylock, sha256
from tests.support.make_sdist import NATIVE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Built

LISTED = 'build-from-source = ["Lib"]\n'
HELPS = (
    "require a release with a wheel for the runtime, or build a wheel on Amazon Linux and add its directory to "
    "find-links [native-build]\n"
)


@pytest.fixture(params=["pip", "uv"])
def resolver(request, project, index, tmp_path):
    """The line of our table that chooses the resolver: each in turn."""
    if request.param == "uv":
        uv = uv_program(os.environ)
        if uv is None:
            pytest.skip("uv is not installed")
        project.environ.update(HATCH_UV=uv, UV_CACHE_DIR=str(tmp_path / "uv-cache"), UV_DEFAULT_INDEX=index.url)
    return f'resolver = "{request.param}"\n'


@pytest.fixture
def trace(project, tmp_path):
    """A file to which each build of a wheel adds a line; pip does not keep the wheels that it has built."""
    project.environ["PIP_NO_CACHE_DIR"] = "1"
    return tmp_path / "trace"


def wheels(built: Built) -> list[str]:
    """Return the wheels that a zip was made of, and check that it contains no native code."""
    assert built.code == 0, built.output
    with zipfile.ZipFile(built.archive) as archive:
        native = [name for name in archive.namelist() if archive.read(name)[:4] == NATIVE[:4]]
    assert native == []
    return zips.wheels(built.archive)


def builds(trace: Path) -> list[str]:
    """Return the wheels that were built so far."""
    return trace.read_text().splitlines() if trace.exists() else []


# What is built


@pytest.mark.api("pip", "uv")
def test_a_distribution_that_has_only_an_sdist_is_built(index, project, resolver):
    index.add_sdist("lib")
    project.configure(resolver + LISTED, dependencies=["lib"])

    built = project.build()

    assert wheels(built) == ["lib-1.0-py3-none-any.whl"]
    assert zips.read(built.archive, "lib/__init__.py") == "name = 'lib'\n"
    assert zips.lambda_json(built.archive)["distributions"][0]["built-from"] == "lib-1.0.tar.gz"


def test_an_sdist_deep_in_the_graph_is_built_once_for_all_builds_and_architectures(index, project, resolver, trace):
    index.add("app", requires=["middle"])
    index.add("middle", requires=["lib"])
    index.add_sdist("lib", requires=["base"], trace=trace)
    index.add("base")
    project.configure(resolver + LISTED, dependencies=["app"])

    first = wheels(project.build("-c"))
    second = wheels(project.build("-c"))
    other = wheels(project.build("-c", HATCH_LAMBDA_ARCHITECTURE="arm64", HATCH_LAMBDA_RUNTIME="python3.12"))

    assert first == second == other == [f"{name}-1.0-py3-none-any.whl" for name in ("app", "base", "lib", "middle")]
    assert builds(trace) == ["lib-1.0-py3-none-any.whl"]


@pytest.mark.parametrize(("offline", "times"), [("", 2), ("1", 1)])
def test_an_sdist_is_rebuilt_where_that_is_asked_for_and_there_is_a_network(index, project, trace, offline, times):
    index.add_sdist("lib", trace=trace)
    project.configure(LISTED, dependencies=["lib"])
    project.build(target="lambda:lock")

    built = project.build(HATCH_LAMBDA_REBUILD="1", HATCH_LAMBDA_OFFLINE=offline)

    assert wheels(built) == ["lib-1.0-py3-none-any.whl"]
    assert builds(trace) == ["lib-1.0-py3-none-any.whl"] * times


def test_sdists_can_require_each_other(index, project, resolver):
    index.add_sdist("lib", requires=["base"])
    index.add_sdist("base")
    project.configure(resolver + 'build-from-source = ["lib", "base"]\n', dependencies=["lib"])

    built = project.build()

    assert wheels(built) == ["base-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"]


def test_an_sdist_of_an_index_without_hashes_is_built(index, project, resolver):
    index.hashes = False
    index.add_sdist("lib")
    project.configure(resolver + LISTED, dependencies=["lib"])

    built = project.build()

    assert wheels(built) == ["lib-1.0-py3-none-any.whl"]


def test_an_sdist_whose_sha256_the_index_lacks_is_built_once_in_each_run(index, project, trace):
    index.hash_name = "md5"
    index.add_sdist("lib", trace=trace)
    project.configure(LISTED, dependencies=["lib"])

    first, second = (wheels(project.build("-c")) for _ in range(2))

    assert first == second == ["lib-1.0-py3-none-any.whl"]
    assert builds(trace) == ["lib-1.0-py3-none-any.whl"] * 2


def test_what_is_built_can_be_excluded(index, project, trace):
    index.add("app", requires=["lib"])
    index.add_sdist("lib", trace=trace)
    project.configure(LISTED + 'exclude-packages = ["lib"]\n', dependencies=["app"])

    built = project.build()

    assert wheels(built) == ["app-1.0-py3-none-any.whl"]


def test_a_list_that_nothing_needs_changes_nothing(project):
    project.configure(LISTED)

    built = project.build()

    assert wheels(built) == []
    assert "warning" not in built.output


# Which version


@pytest.mark.parametrize(
    ("requirement", "taken"),
    [("lib", "3.0"), ("lib>=4.0rc1", "4.0rc1")],
)
def test_the_newest_allowed_release_that_is_not_yanked_is_built(index, project, trace, requirement, taken):
    for version in ("1.0", "2.0", "3.0", "4.0rc1", "5.0"):
        index.add_sdist("lib", version, trace=trace)
    index.yanked["lib-5.0.tar.gz"] = "bad"
    project.configure(LISTED, dependencies=[requirement])

    built = project.build()

    assert wheels(built) == [f"lib-{taken}-py3-none-any.whl"]
    assert builds(trace) == [f"lib-{taken}-py3-none-any.whl"]


def test_a_prerelease_is_built_where_there_is_nothing_else(index, project):
    index.add_sdist("lib", "1.0rc1")
    project.configure(LISTED, dependencies=["lib"])

    built = project.build()

    assert wheels(built) == ["lib-1.0rc1-py3-none-any.whl"]


def test_requirements_of_other_targets_do_not_count(index, project):
    index.add_sdist("lib", "1.0")
    index.add_sdist("lib", "2.0")
    project.configure(LISTED, dependencies=["lib<2; python_version < '3.10'", "lib>=2; python_version >= '3.10'"])

    built = project.build()

    assert wheels(built) == ["lib-2.0-py3-none-any.whl"]


@pytest.mark.parametrize("silent", [False, True])
def test_a_release_for_other_pythons_is_not_selected(index, project, resolver, trace, silent):
    index.silent = silent
    index.add_sdist("lib", "1.0", trace=trace)
    index.add_sdist("lib", "2.0", requires_python=">=3.14", trace=trace)
    project.configure(resolver + LISTED, dependencies=["lib"])

    built = project.build()

    assert wheels(built) == ["lib-1.0-py3-none-any.whl"]
    assert ("lib-2.0-py3-none-any.whl" in builds(trace)) == silent


def test_a_narrower_requirement_deep_in_the_graph_counts(index, project, resolver):
    index.add("app", requires=["lib<2"])
    index.add_sdist("lib", "1.0")
    index.add_sdist("lib", "2.0")
    project.configure(resolver + LISTED, dependencies=["app"])

    built = project.build()

    assert wheels(built) == ["app-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"]


def test_a_narrower_requirement_deep_in_the_graph_counts_where_an_older_wheel_would_do(index, project):
    index.add("app", requires=["lib<2"])
    index.add("lib", "1.0")
    index.add_sdist("lib", "1.5")
    index.add_sdist("lib", "2.0")
    project.configure(LISTED, dependencies=["app"])

    built = project.build()

    assert wheels(built) == ["app-1.0-py3-none-any.whl", "lib-1.5-py3-none-any.whl"]
    assert "warning" not in built.output


@pytest.mark.parametrize("version", ["2.0", "3.0"])
def test_a_wheel_of_the_same_or_a_newer_release_wins(index, project, resolver, trace, version):
    index.add_sdist("lib", "2.0", trace=trace)
    index.add("lib", version)
    project.configure(resolver + LISTED, dependencies=["lib"])

    built = project.build()

    assert wheels(built) == [f"lib-{version}-py3-none-any.whl"]
    assert builds(trace) == []


def test_an_sdist_newer_than_the_wheels_is_built(index, project, resolver):
    index.add("lib", "1.0")
    index.add("lib", "3.0", tag="cp313-cp313-win_amd64")
    index.add_sdist("lib", "2.0")
    project.configure(resolver + LISTED, dependencies=["lib"])

    built = project.build()

    assert wheels(built) == ["lib-2.0-py3-none-any.whl"]


def test_an_older_wheel_instead_of_an_sdist_that_is_not_listed_is_a_warning(index, project, trace):
    index.add("lib", "1.0")
    index.add_sdist("lib", "2.0", trace=trace)
    index.add_sdist("lib", "3.0", requires_python=">=3.14", trace=trace)
    project.configure(dependencies=["lib"])

    built = project.build()

    assert wheels(built) == ["lib-1.0-py3-none-any.whl"]
    assert [line for line in built.output.splitlines() if "warning" in line] == [
        (
            "warning: lib 1.0: used instead of 2.0, which has only an sdist (lib-2.0.tar.gz); set "
            'build-from-source = ["lib"] if it is pure Python [sdist-only]'
        )
    ]
    assert builds(trace) == []


# What is rejected


@pytest.mark.parametrize(("requires", "by"), [(["lib"], ""), (["app"], " (required by app)")])
def test_without_the_option_pip_names_the_sdist_who_needs_it_and_the_line_to_add(index, project, trace, requires, by):
    index.add("app", requires=["lib"])
    index.add_sdist("lib", trace=trace)
    project.configure(dependencies=requires)

    built = project.build()

    assert built.error.startswith(
        f"error: lib 1.0{by}: no wheel for python3.13 on x86_64, because it has only an sdist "
        '(lib-1.0.tar.gz); set build-from-source = ["lib"] if it is pure Python [no-wheel]\n'
    )
    assert builds(trace) == []


@pytest.mark.api("uv")
@pytest.mark.parametrize("resolver", ["uv"], indirect=True)
def test_without_the_option_the_line_is_that_of_pip(index, project, resolver, trace):
    index.add("app", requires=["lib"])
    index.add_sdist("lib", trace=trace)
    project.configure(resolver, dependencies=["app"])

    said = project.build().error

    assert said == (
        "error: lib 1.0 (required by app): no wheel for python3.13 on x86_64, because it has only an sdist "
        '(lib-1.0.tar.gz); set build-from-source = ["lib"] if it is pure Python [no-wheel]\n'
    )
    assert builds(trace) == []


def test_a_listed_sdist_for_other_pythons_is_rejected_with_its_pythons(index, project):
    index.add_sdist("lib", requires_python=">=3.14")
    project.configure(LISTED, dependencies=["lib"])

    built = project.build()

    assert built.error.startswith(
        "error: lib 1.0: no wheel for python3.13 on x86_64, because it requires Python >=3.14, the "
        'runtime has 3.13.11; use runtime python3.14 or newer and set build-from-source = ["lib"] if '
        "it is pure Python [no-wheel]\n"
    )


@pytest.mark.parametrize("pure", ["tag", "member", "neither"])
def test_a_native_sdist_is_rejected_with_the_reason_and_the_fix(index, project, resolver, pure):
    tag = "py3-none-linux_x86_64" if pure != "tag" else "py3-none-any"
    files = {"lib/data.bin": NATIVE} if pure != "member" else {"lib/__init__.py": ""}
    index.add_sdist("lib", tag=tag, files=files)
    project.configure(resolver + LISTED, dependencies=["lib"])

    built = project.build()

    problem = (
        "is only for linux_x86_64" if pure == "member" else "contains native code for the build machine (lib/data.bin)"
    )
    assert built.error == f"error: lib 1.0: its sdist builds lib-1.0-{tag}.whl, which {problem}; {HELPS}"
    assert list((project.root.parent / "store").rglob("*.whl")) == []


def test_a_failed_build_is_reported_with_its_last_lines_and_without_credentials(index, project, resolver):
    index.add_sdist("lib", failure="cannot get https://user:s3cret@host/x")
    project.configure(resolver + LISTED, dependencies=["lib"])

    built = project.build()

    assert (built.code, built.archives) == (1, ())
    first, blank, *rest = built.output.splitlines()
    assert (first, blank) == (
        ("error: lib 1.0: its sdist lib-1.0.tar.gz can't be built; fix the cause in pip's output [build-failed]"),
        "",
    )
    assert rest[0] == "pip's output:"
    assert "        RuntimeError: cannot get https://****@host/x" in rest
    assert len(rest) <= 21
    assert "s3cret" not in built.output
    assert "hatch_lambda/" not in built.output


@pytest.mark.parametrize("builds", [("other", "1.0"), ("lib", "1.1")])
def test_an_sdist_that_builds_another_package_is_rejected(index, project, builds):
    index.add_sdist("lib", builds=builds)
    project.configure(LISTED, dependencies=["lib"])

    said = project.build().error

    assert (
        said.splitlines()[0]
        == "error: lib 1.0: its sdist can't be downloaded; fix the cause in pip's output [fetch-failed]"
    )
    assert "hatch_lambda/" not in said


def test_a_file_that_is_not_an_sdist_is_rejected(index, project):
    index.add_sdist("lib").write_bytes(b"nothing")
    project.configure(LISTED, dependencies=["lib"])

    said = project.build().error

    assert (
        said.splitlines()[0]
        == "error: lib 1.0: its sdist can't be downloaded; fix the cause in pip's output [fetch-failed]"
    )
    assert "hatch_lambda/" not in said


# The lock


def test_the_lock_names_the_sdist_and_builds_from_it(index, project, resolver, trace):
    sdist = index.add_sdist("lib", trace=trace)
    project.configure(resolver + LISTED, dependencies=["lib"])
    project.build(target="lambda:lock")
    index.add_sdist("lib", "2.0", trace=trace)
    shutil.rmtree(project.root.parent / "store")

    built = project.build()

    assert wheels(built) == ["lib-1.0-py3-none-any.whl"]
    assert (project.root / "pylock.lambda.toml").read_text().partition("[[packages]]")[2].partition("[tool")[0] == (
        '\nname = "lib"\nversion = "1.0"\n\n[packages.sdist]\nname = "lib-1.0.tar.gz"\n'
        f'url = "{index.file_url(sdist)}"\n\n'
        f'[packages.sdist.hashes]\nsha256 = "{sha256(sdist)}"\n\n'
    )
    assert builds(trace) == ["lib-1.0-py3-none-any.whl"] * 2


def test_an_sdist_of_the_lock_that_is_not_listed_is_rejected(index, project, trace):
    index.add_sdist("lib", trace=trace)
    project.configure(LISTED, dependencies=["lib"])
    project.build(target="lambda:lock")
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.error == (
        "error: project.dependencies: requires lib, and pylock.lambda.toml has lib 1.0, but no wheel for python3.13 on "
        'x86_64 (it has only an sdist (lib-1.0.tar.gz)); set build-from-source = ["lib"] if it is pure Python, then '
        "run 'hatch build -t lambda:lock' [no-wheel]\n"
    )


def test_an_sdist_with_another_hash_than_the_locks_is_rejected(index, project, trace):
    sdist = index.add_sdist("lib")
    project.configure(LISTED, dependencies=["lib"])
    project.build(target="lambda:lock")
    expected = sha256(sdist)
    index.add_sdist("lib", trace=trace)
    shutil.rmtree(project.root.parent / "store")

    said = project.build().error

    assert said.splitlines()[0] == (
        "error: lib 1.0: its sdist lib-1.0.tar.gz can't be built; fix the cause in pip's output [build-failed]"
    )
    assert expected in said
    assert builds(trace) == []


def test_an_sdist_of_the_lock_that_builds_another_version_is_rejected(index, project):
    sdist = index.add_sdist("lib", builds=("lib", "1.1"))
    file = {"name": sdist.name, "url": index.file_url(sdist), "hashes": {"sha256": sha256(sdist)}}
    project.configure(LISTED + 'lock = "pylock.toml"\n', dependencies=["lib"])
    project.write("pylock.toml", pylock({"name": "lib", "version": "1.0", "sdist": file}))

    built = project.build()

    assert built.error == (
        "error: lib 1.0: its sdist lib-1.0.tar.gz builds lib-1.1-py3-none-any.whl, another package or version; pin "
        "another version, or report it to the maintainers [source-name]\n"
    )


def test_without_network_a_locked_sdist_needs_the_wheel_that_was_built(index, project):
    index.add_sdist("lib")
    project.configure(LISTED, dependencies=["lib"])
    project.build(target="lambda:lock")
    index.requests.clear()

    empty = project.build(HATCH_LAMBDA_OFFLINE="1", HATCH_LAMBDA_CACHE_DIR=str(project.root.parent / "empty"))
    filled = project.build(HATCH_LAMBDA_OFFLINE="1")

    assert empty.error == (
        "error: HATCH_LAMBDA_OFFLINE: no wheel of lib-1.0.tar.gz is in the cache; build once with network access, or "
        "copy the cache [offline]\n"
    )
    assert wheels(filled) == ["lib-1.0-py3-none-any.whl"]
    assert index.requests == []


# The cache


def test_the_build_requirements_of_an_sdist_are_cached(index, project):
    index.add_sdist("lib")
    project.configure(LISTED, dependencies=["lib"])
    project.build()

    texts = [file.read_text().partition("\n")[2] for file in (project.root.parent / "store/memory").iterdir()]
    remembered = [value for value in map(json.loads, texts) if isinstance(value, dict)]

    (wheel,) = (project.root.parent / "store").rglob("*.whl")
    assert [sorted(value) for value in remembered] == [["python", "wheel"]]
    assert remembered[0]["wheel"] == sha256(wheel)


@pytest.mark.parametrize("part", ["wheels", "memory"])
def test_a_damaged_wheel_in_the_cache_is_rebuilt(index, project, trace, part):
    index.add_sdist("lib", trace=trace)
    project.configure(LISTED, dependencies=["lib"])
    before = project.build("-c").archive.read_bytes()
    for file in (project.root.parent / "store" / part).rglob("*.*"):
        if file.is_file():
            file.chmod(0o644)
            file.write_text("[]")

    built = project.build("-c")

    assert wheels(built) == ["lib-1.0-py3-none-any.whl"]
    assert built.archive.read_bytes() == before
    assert builds(trace) == ["lib-1.0-py3-none-any.whl"] * 2


def test_a_cache_that_cannot_be_written_to_builds_once_for_each_build(index, project, trace, tmp_path):
    index.add_sdist("lib", trace=trace)
    project.configure(LISTED, dependencies=["lib"])
    file = tmp_path / "file"
    file.write_text("no folder")

    built = project.build(HATCH_LAMBDA_CACHE_DIR=str(file))

    assert wheels(built) == ["lib-1.0-py3-none-any.whl"]
    assert builds(trace) == ["lib-1.0-py3-none-any.whl"]


def test_an_sdist_that_was_replaced_on_the_index_is_rebuilt(index, project):
    index.add_sdist("lib", files={"lib.py": "first = True\n"})
    project.configure(LISTED, dependencies=["lib"])
    project.build("-c")
    index.add_sdist("lib", files={"lib.py": "second = True\n"})

    built = project.build("-c")

    assert wheels(built) == ["lib-1.0-py3-none-any.whl"]
    assert zips.read(built.archive, "lib.py") == "second = True\n"
