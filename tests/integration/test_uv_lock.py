"""The lock file of uv."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from hatch_lambda.errors import ResolveError
from hatch_lambda.files.programs import uv_program
from hatch_lambda.resolve.base import Dependency, Host
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.resolve.lock.file import LockSelection
from hatch_lambda.resolve.lock.uv_lock import UvLock, UvLockResolver
from tests.conftest import ProjectDirectory
from tests.support import zips
from tests.support.make_local_project import make_local_hatch_project
from tests.support.samples import target

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.index_server import IndexServer

TABLE = "error: tool.hatch.build.targets.lambda"
CONFLICTS = """\
requires-python = ">=3.10"
optional-dependencies = { old = ["lib<2"], new = ["lib>=2"] }
[tool.uv]
conflicts = [[{ extra = "old" }, { extra = "new" }]]
[dependency-groups]
dev = ["checker"]
jobs = ["job"]
"""
FUNCTIONS = """\
architecture = "arm64"
functions.old.features = ["old"]
functions.new.features = ["new"]
functions.new.dependency-groups = ["jobs"]
"""


@pytest.fixture
def project(project: ProjectDirectory, index: IndexServer, tmp_path: Path) -> ProjectDirectory:
    """The project, with uv, which has a separate cache and knows the same index as pip."""
    uv = uv_program(os.environ)
    if uv is None:
        pytest.skip("uv is not installed")
    project.environ.update(HATCH_UV=uv, UV_CACHE_DIR=str(tmp_path / "uv-cache"), UV_DEFAULT_INDEX=index.url)
    return project


def lock(project: ProjectDirectory, directory: str = ".") -> None:
    """Let uv lock; its index is the same as the project's."""
    command = [project.environ["HATCH_UV"], "lock", "--quiet", f"--python={sys.executable}", "--no-python-downloads"]
    subprocess.run(command, cwd=project.root / directory, env=project.environ, check=True)


def test_each_zip_gets_its_extras_and_groups_from_uv_lock_without_network(index, project):
    for version in ("1.0", "2.0"):
        index.add("lib", version, tag="cp313-cp313-manylinux_2_17_aarch64")
    index.add("base", requires=["dep; platform_machine == 'aarch64'", "no; sys_platform == 'win32'"])
    for name in ("dep", "no", "job", "checker"):
        index.add(name)
    project.configure(FUNCTIONS, dependencies=["base"], project=CONFLICTS)
    lock(project)
    index.requests.clear()

    built = project.build()
    again = project.build(HATCH_LAMBDA_OFFLINE="1", PIP_INDEX_URL="http://127.0.0.1:1/")

    assert built.code == 0, built.output
    assert {archive.name.split("-")[3]: zips.distributions(archive) for archive in built.archives} == {
        "new": ["base 1.0", "dep 1.0", "job 1.0", "lib 2.0"],
        "old": ["base 1.0", "dep 1.0", "lib 1.0"],
    }
    assert [line for line in built.output.splitlines() if "lock" in line] == ["  locked by uv.lock"] * 2
    assert [path for path in index.requests if path.startswith("/simple/")] == []
    assert again.output == built.output
    assert {path.name for path in project.root.iterdir()} == {"dist", "pyproject.toml", "shop", "uv.lock"}


def test_a_member_of_a_workspace_uses_the_lock_file_in_the_root(index, project):
    index.add("lib")
    index.add("deep")
    root = ProjectDirectory(project.root.parent, project.environ)
    workspace = '[tool.uv.workspace]\nmembers = ["project", "core"]\n'
    root.write("pyproject.toml", f'[project]\nname = "all"\nversion = "1"\nrequires-python = ">=3.10"\n{workspace}')
    make_local_hatch_project(root.root / "core", "core", requires=["lib"])
    make_local_hatch_project(root.root / "path", "path", requires=["deep"])
    sources = '[tool.uv.sources]\ncore = { workspace = true }\npath = { path = "../path", editable = true }\n'
    project.configure(dependencies=["core", "path"], project=f'requires-python = ">=3.10"\n{sources}')
    lock(root)

    built = project.build()

    assert built.code == 0, built.output
    assert "  locked by ../uv.lock\n" in built.output
    assert zips.distributions(built.archive) == ["core 1.0", "deep 1.0", "lib 1.0", "path 1.0"]


def test_a_requirement_that_uv_lock_lacks_is_reported_until_uv_locks_again(index, project):
    index.add("lib")
    index.add("base")
    project.configure(dependencies=["lib"], project='requires-python = ">=3.10"')
    lock(project)
    project.configure(dependencies=["lib>=2", "base"], project='requires-python = ">=3.10"')
    end = "run 'uv lock' [lock-out-of-date]"

    stale = project.build()
    project.configure("lock = false", dependencies=["lib", "base"], project='requires-python = ">=3.10"')
    resolved = project.build()

    assert stale.code == 1
    assert stale.output == (
        f"error: uv.lock: out of date, because it doesn't contain base and project.dependencies requires base; {end}\n"
        f"error: uv.lock: out of date, because it pins lib 1.0 and project.dependencies requires lib>=2; {end}\n"
    )
    assert zips.distributions(resolved.archive) == ["base 1.0", "lib 1.0"]
    assert "locked by" not in resolved.output


def test_a_wheel_that_the_index_lacks_is_reported_with_what_to_do(index, project):
    index.add("lib", tag="cp313-cp313-win_amd64")
    project.configure(dependencies=["lib"], project='requires-python = ">=3.10"')
    lock(project)

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: project.dependencies: requires lib, and uv.lock has lib 1.0, but no wheel for python3.13 on x86_64 "
        "(its wheels are for win_amd64); run 'uv lock' [no-wheel]\n"
    )


@pytest.fixture
def uv_lock(project: ProjectDirectory, index: IndexServer, tmp_path: Path) -> UvLock:
    """Uv's lock file of a project with an extra and a group."""
    index.add("lib")
    project.configure(dependencies=["lib"], project=CONFLICTS.replace("checker", "lib").replace("job", "lib"))
    index.add("lib", "2.0")
    lock(project)
    host = Host(project.environ, project.root)
    return UvLock(project.root / "uv.lock", host, LockSelection(), ResultCache(tmp_path / "results"))


def error(lock: UvLock) -> str:
    """Return the text of the error, with uv's own output below it."""
    with pytest.raises(ResolveError) as caught:
        lock.read()
    return str(caught.value)


def test_uv_runs_once_for_each_state_of_the_project(uv_lock, project):
    first = uv_lock.read()
    unusable = replace(uv_lock, host=replace(uv_lock.host, environ={**project.environ, "UV_CACHE_DIR": "/dev/null/x"}))

    assert (unusable.read(), first.created_by) == (first, "uv.lock")

    project.write("pyproject.toml", (project.root / "pyproject.toml").read_text("utf-8") + "\n# changed\n")

    assert error(unusable).startswith("error: uv.lock: uv can't export it; fix the cause, or set lock = false to ")


def test_a_damaged_result_of_an_earlier_build_does_not_count(uv_lock, tmp_path):
    first = uv_lock.read()
    (stored,) = (tmp_path / "results").glob("*.json")
    value = json.dumps({"lock-version": "1.0"})
    stored.write_text(f"{hashlib.sha256(value.encode()).hexdigest()}\n{value}", "utf-8")

    assert replace(uv_lock, results=ResultCache(tmp_path / "results")).read() == first


UNUSABLE_UV = {"HATCH_UV": "/nowhere/uv"}


def requires(*requirements: str) -> list[Dependency]:
    """Return requirements of the project."""
    return [Dependency("project.dependencies", Requirement(text)) for text in requirements]


@pytest.fixture
def resolver(uv_lock: UvLock) -> UvLockResolver:
    """Uv's lock file as the resolver; it has the sizes of files, as from most indexes."""
    text = uv_lock.path.read_text("utf-8")
    uv_lock.path.write_text(text.replace(", hash =", ", size = 700, hash ="), "utf-8")
    return UvLockResolver(uv_lock, uv_lock.directory)


def in_next_build(resolver: UvLockResolver) -> UvLockResolver:
    """Return the resolver of another build, which has a uv that can't run, and the pins of the earlier one only."""
    for stored in resolver.file.results.directory.glob("*.json"):
        if "packages" in stored.read_text("utf-8"):
            stored.unlink()  # what uv exported
    host, results = replace(resolver.file.host, environ=UNUSABLE_UV), ResultCache(resolver.file.results.directory)
    return replace(resolver, file=replace(resolver.file, host=host, results=results))


def test_the_pins_of_a_target_stay_known(resolver):
    commits = resolver.commits(target()).found
    first = resolver.resolve(requires("lib"), target())

    later = in_next_build(resolver)

    assert (first.source, first.is_lock, [pin.size for pin in first.pins]) == ("uv.lock", True, [700])
    assert later.resolve(requires("lib"), target()) == first
    assert later.commits(target()).found == commits == {}
    with pytest.raises(ResolveError, match="can't run /nowhere/uv"):
        later.resolve(requires("lib"), target(architecture="arm64"))


@pytest.mark.parametrize("file", ["pyproject.toml", "uv.lock", "uv.toml"])
def test_pins_are_read_again_when_a_file_that_uv_reads_has_changed(resolver, project, file):
    resolver.resolve(requires("lib"), target())
    path = project.root / file
    path.write_text((path.read_text("utf-8") if path.exists() else "") + "\n# changed\n", "utf-8")

    with pytest.raises(ResolveError, match="can't run /nowhere/uv"):
        in_next_build(resolver).resolve(requires("lib"), target())


def test_known_pins_are_compared_with_the_requirements(resolver):
    resolver.resolve(requires("lib"), target())

    with pytest.raises(ResolveError) as caught:
        resolver.resolve(requires("lib<1"), target())

    assert str(caught.value) == (
        "error: uv.lock: out of date, because it pins lib 2.0 and project.dependencies requires lib<1; run 'uv lock' "
        "[lock-out-of-date]"
    )


def test_pins_with_the_url_of_a_requirement_are_not_kept(resolver):
    (pin,) = resolver.resolve(requires("lib"), target()).pins
    url = pin.url.replace("://", "://user:password@")

    (direct,) = resolver.resolve(requires(f"lib @ {url}"), target()).pins

    assert direct.url == url
    assert in_next_build(resolver).resolve(requires("lib"), target()).pins == (pin,)


def test_damaged_pins_of_an_earlier_build_do_not_count(resolver):
    first = resolver.resolve(requires("lib"), target())
    for stored in resolver.file.results.directory.glob("*.json"):
        text = stored.read_text("utf-8").partition("\n")[2].replace("], 700]", "], -1]")
        stored.write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}", "utf-8")
    damaged = replace(resolver.file, results=ResultCache(resolver.file.results.directory))

    assert replace(resolver, file=damaged).resolve(requires("lib"), target()) == first


@pytest.mark.skipif(os.name == "nt", reason="its uv is a script of a shell")
def test_nothing_is_kept_of_a_lock_file_that_changes_while_uv_exports_it(resolver, tmp_path):
    before = resolver.file.path.read_bytes()
    uv = tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\n{shlex.quote(resolver.file.host.environ["HATCH_UV"])} "$@"\necho "#" >> uv.lock\n')
    uv.chmod(0o755)
    host = replace(resolver.file.host, environ={**resolver.file.host.environ, "HATCH_UV": str(uv)})

    replace(resolver, file=replace(resolver.file, host=host)).resolve(requires("lib"), target())

    changed = resolver.file.path.read_bytes()
    assert changed == before + b"#\n"
    for content in (changed, before):
        resolver.file.path.write_bytes(content)
        with pytest.raises(ResolveError, match="can't run /nowhere/uv"):
            in_next_build(resolver).resolve(requires("lib"), target())


def test_a_second_build_loads_neither_uv_nor_what_only_other_builds_need(index, project):
    index.add("lib", tag="cp313-cp313-manylinux_2_17_x86_64")
    project.configure(dependencies=["lib"], project='requires-python = ">=3.10"')
    lock(project)
    first = project.build()
    code = (
        "import atexit, runpy, sys\n"
        "sys.argv = ['hatchling', 'build', '-t', 'lambda']\n"
        "atexit.register(lambda: print(*sys.modules))\n"
        "runpy.run_module('hatchling', run_name='__main__')\n"
    )
    environ = {**project.environ, **UNUSABLE_UV}

    second = subprocess.run(
        [sys.executable, "-c", code], cwd=project.root, env=environ, capture_output=True, text=True, check=True
    )

    modules = set(second.stdout.split())
    assert second.stderr == first.output
    assert "hatch_lambda.resolve.lock.uv_lock" in modules
    assert not modules & {
        "hatch_lambda.archive.slim",
        "hatch_lambda.build.lock_report",
        "hatch_lambda.checks.handler_hints",
        "hatch_lambda.dependencies.local_wheel",
        "hatch_lambda.dependencies.source",
        "hatch_lambda.resolve.index_settings",
        "hatch_lambda.resolve.lock.read",
        "hatch_lambda.resolve.lock.uv_export",
        "hatch_lambda.resolve.pip.command",
        "hatch_lambda.resolve.strategy",
        "hatch_lambda.runtime.interpreters",
        "hatch_lambda.wheels.bytecode",
        "hatchling.builders.hooks.custom",
        "packaging.dependency_groups",
        "packaging.pylock",
        "uv",
    }


@pytest.mark.parametrize("variable", ["UV_LOCKED", "UV_NO_SOURCES", "UV_NO_BINARY", "UV_NO_BUILD", "UV_ISOLATED"])
def test_variables_do_not_change_what_uv_exports(uv_lock, project, variable):
    host = replace(uv_lock.host, environ={**project.environ, variable: "1"})

    assert replace(uv_lock, host=host, results=ResultCache(project.root / "other")).read() == uv_lock.read()


@pytest.mark.parametrize(
    ("selection", "line"),
    [
        (
            LockSelection(("later",)),
            "out of date, because it was locked before the extra 'later' was added; run 'uv lock' [lock-out-of-date]",
        ),
        (
            LockSelection((), ("later",)),
            (
                "out of date, because it was locked before the dependency group 'later' was added; run 'uv lock' "
                "[lock-out-of-date]"
            ),
        ),
        (
            LockSelection(("new", "old")),
            (
                "extras 'new' and 'old' exclude each other in tool.uv.conflicts; select one of them for each zip "
                "[conflict]"
            ),
        ),
    ],
    ids=["extra", "group", "conflict"],
)
def test_requirements_that_uv_cannot_resolve_are_explained(uv_lock, selection, line):
    assert error(replace(uv_lock, selection=selection)) == f"error: uv.lock: {line}"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "^version = 1",
            "version = 9",
            "its format v9 is newer than {uv} supports; upgrade uv [unsupported-lock]",
        ),
        (
            'name = "shop"',
            'name = "other"',
            (
                "out of date, because it doesn't contain shop, which is in the project's uv workspace; run 'uv lock' "
                "[lock-out-of-date]"
            ),
        ),
    ],
    ids=["newer", "of another project"],
)
def test_a_lock_file_that_is_not_for_this_uv_or_project_is_explained(uv_lock, old, new, line):
    text = uv_lock.path.read_text("utf-8")
    uv_lock.path.write_text(re.sub(old, new, text, flags=re.MULTILINE), "utf-8")

    assert error(uv_lock) == f"error: uv.lock: {line.format(uv=uv_lock.host.environ['HATCH_UV'])}"


@pytest.mark.parametrize("content", [b"version = ", b"", b"\xff\xfe", b"a = 1\n"])
def test_a_damaged_lock_file_is_reported_with_uvs_error(uv_lock, content):
    uv_lock.path.write_bytes(content)

    first, blank, heading, *words = error(uv_lock).splitlines()

    assert first == "error: uv.lock: uv can't read it; restore it, or remove it and run 'uv lock' [damaged-lock]"
    assert (blank, heading) == ("", "uv's output:")
    assert 1 <= len(words) <= 9


def test_a_newer_revision_of_the_format_is_read(uv_lock):
    text = uv_lock.path.read_text("utf-8")
    uv_lock.path.write_text(re.sub("^revision = .*$", "revision = 99", text, flags=re.MULTILINE), "utf-8")

    assert [package.name for package in uv_lock.read().packages] == ["lib"]


def test_a_setting_that_uv_rejects_is_reported_with_uvs_error(uv_lock, project):
    project.write("uv.toml", 'required-version = "<0.1"\n')

    assert error(uv_lock).replace(subprocess_version(project), "N") == (
        "error: uv.lock: uv can't export it; fix the cause, or set lock = false to resolve without it [lock-export]\n\n"
        "uv's output:\n  error: Required uv version `<0.1` does not match the running version `N`"
    )


def subprocess_version(project: ProjectDirectory) -> str:
    """Return the version of uv."""
    done = subprocess.run([project.environ["HATCH_UV"], "--version"], capture_output=True, text=True, check=True)
    return done.stdout.split()[1]


def test_a_lock_file_that_is_missing_is_reported(uv_lock):
    uv_lock.path.unlink()

    assert error(uv_lock) == "error: uv.lock: can't be read (No such file or directory); run 'uv lock' [lock-not-found]"


def test_without_uv_the_error_names_the_extra_to_install(uv_lock, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "uv", None)

    without = replace(uv_lock, host=Host({"PATH": str(tmp_path)}, uv_lock.host.directory))
    missing = replace(uv_lock, host=Host({"HATCH_UV": str(tmp_path / "uv")}, uv_lock.host.directory))

    assert error(without) == (
        "error: uv.lock: can't be read, because uv isn't installed; use \"hatch-lambda[uv]\" in build-system.requires, "
        "or set lock = false to resolve without it [resolver-missing]"
    )
    assert error(missing) == (
        f"error: HATCH_UV: can't run {tmp_path / 'uv'} (No such file or directory); set HATCH_UV to the path of uv, or "
        "set lock = false to resolve without it [resolver-missing]"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a script isn't a program on Windows")
def test_a_uv_that_is_too_old_to_export_is_named(uv_lock, tmp_path):
    script = tmp_path / "old-uv"
    script.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{OLD_UV}END\nexit 2\n", "utf-8")
    script.chmod(0o755)
    host = replace(uv_lock.host, environ={**uv_lock.host.environ, "HATCH_UV": str(script)})

    assert error(replace(uv_lock, host=host)) == (
        f"error: uv.lock: {script} is too old to export it as a pylock; upgrade uv to 0.7 or newer [unsupported-lock]"
    )


OLD_UV = """\
error: invalid value 'pylock.toml' for '--format <FORMAT>'
  [possible values: requirements-txt]

For more information, try '--help'.
"""
"""The output of uv 0.6.9."""
