"""Errors in local and workspace dependencies: one line each, and no zip."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.make_local_project import builds, make_local_hatch_project, make_local_project

if TYPE_CHECKING:
    from tests.conftest import ProjectDirectory

DIRECT = "\n[tool.hatch.metadata]\nallow-direct-references = true\n"
CYCLE = "remove one of the requirements [dependency-cycle]"


@pytest.fixture(autouse=True)
def other_package(index):
    """Another package on the index, with the name of the local dependency."""
    index.add("lib", "99.0")


@pytest.fixture
def requiring(project):
    """Return a function that gives the project these requirements and tables."""

    def configure(*dependencies, tables=""):
        project.configure(dependencies=list(dependencies), project=DIRECT + tables)
        return project

    return configure


def test_a_missing_directory(requiring, tmp_path):
    lines = requiring("lib @ {root:uri}/../lib").build().error.splitlines()

    assert lines == [
        (
            f"error: project.dependencies: requires lib from {tmp_path / 'lib'}, which doesn't exist; correct the path "
            "[source-not-found]"
        )
    ]


def test_a_directory_without_pyproject(requiring, tmp_path):
    (tmp_path / "lib").mkdir()

    lines = requiring("lib @ {root:uri}/../lib").build().error.splitlines()

    assert lines == [
        (
            f"error: project.dependencies: requires lib from {tmp_path / 'lib'}, which has no build system; add "
            "[build-system] to its pyproject.toml [source-not-found]"
        )
    ]


def test_a_directory_without_build_system(requiring, tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/pyproject.toml").write_text('[project]\nname = "lib"\nversion = "1"\n')

    lines = requiring("lib @ {root:uri}/../lib").build().error.splitlines()

    assert lines == [
        (
            f"error: project.dependencies: requires lib from {tmp_path / 'lib'}, which has no build system; add "
            "[build-system] to its pyproject.toml [source-not-found]"
        )
    ]


def test_a_directory_whose_pyproject_is_not_toml(requiring, tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/pyproject.toml").write_text("build-system = ")

    lines = requiring("lib @ {root:uri}/../lib").build().error.splitlines()

    assert lines == [
        (
            f"error: project.dependencies: requires lib from {tmp_path / 'lib'}, whose pyproject.toml isn't TOML "
            "(Invalid value (at end of document)); fix the file [unreadable-file]"
        )
    ]


def test_a_failed_build_ends_with_its_last_lines_and_without_credentials(requiring, tmp_path):
    fails = "\n".join([*(f"line {number}" for number in range(40)), "see https://user:s3cret@host/why"])
    make_local_project(tmp_path / "lib", "lib", fails=fails)

    lines = requiring("lib @ {root:uri}/../lib").build().error.splitlines()

    assert lines[:2] == [
        (
            f"error: project.dependencies: lib from {tmp_path / 'lib'} can't be built; fix the cause in pip's output "
            "[build-failed]"
        ),
        "",
    ]
    assert [line.strip() for line in lines if "line 39" in line or "see" in line] == [
        "line 39",
        "see https://****@host/why",
    ]
    assert not [line for line in lines if "line 0" in line or "s3cret" in line]


@pytest.mark.parametrize("tag", ["cp313-cp313-linux_x86_64", "cp313-cp313-manylinux_2_17_x86_64"])
def test_a_local_dependency_that_builds_a_wheel_for_this_machine(requiring, tmp_path, tag):
    make_local_project(tmp_path / "lib", "lib", tag=tag)

    lines = requiring("lib @ {root:uri}/../lib").build().error.splitlines()

    assert lines == [
        (
            f"error: project.dependencies: requires lib from {tmp_path / 'lib'}, which builds lib-1.0-{tag}.whl, which "
            f"is only for {tag.rpartition('-')[2]}; build a wheel on Amazon Linux and require that, or make the "
            "package pure Python [native-build]"
        )
    ]


def test_a_local_dependency_whose_pure_wheel_contains_native_code(requiring, tmp_path):
    make_local_project(tmp_path / "lib", "lib", files={"lib/fast.bin": b"\x7fELF\x02\x01\x01" + bytes(57)})

    lines = requiring("lib @ {root:uri}/../lib").build().error.splitlines()

    assert lines == [
        (
            f"error: project.dependencies: requires lib from {tmp_path / 'lib'}, which builds "
            "lib-1.0-py3-none-any.whl, which contains native code for the build machine (lib/fast.bin); build a wheel "
            "on Amazon Linux and require that, or make the package pure Python [native-build]"
        )
    ]


def test_a_directory_with_another_project(requiring, tmp_path):
    make_local_project(tmp_path / "lib", "other")

    lines = requiring("lib @ {root:uri}/../lib").build().error.splitlines()

    assert lines == [
        (
            f"error: project.dependencies: requires lib from {tmp_path / 'lib'}, which is other; correct the name or "
            "the source [source-name]"
        )
    ]


def test_a_directory_with_another_project_that_was_built_before_under_its_name(requiring, tmp_path):
    make_local_project(tmp_path / "lib", "libtwo")
    requiring("libtwo @ {root:uri}/../lib").build().archive.unlink()

    lines = requiring("lib-two @ {root:uri}/../lib").build().error.splitlines()

    assert lines == [
        (
            f"error: project.dependencies: requires lib-two from {tmp_path / 'lib'}, which is libtwo; correct the "
            "name or the source [source-name]"
        )
    ]


def test_a_local_dependency_of_another_version(project, tmp_path):
    make_local_project(tmp_path / "lib", "lib")
    project.configure(dependencies=["lib>=2"], project='\n[tool.uv.sources]\nlib = { path = "../lib" }\n')

    lines = project.build().error.splitlines()

    assert lines == [
        (
            f"error: project.dependencies: requires lib>=2, but {tmp_path / 'lib'} is lib 1.0; change the requirement "
            "or that version [source-version]"
        )
    ]


@pytest.mark.parametrize("other", ["there", "wheels/lib-1.0-py3-none-any.whl"])
def test_two_sources_for_one_name(requiring, tmp_path, other):
    make_local_project(tmp_path / "lib", "lib")
    make_local_project(tmp_path / "middle", "middle", requires=[f"lib @ {(tmp_path / other).as_uri()}"])

    lines = requiring("lib @ {root:uri}/../lib", "middle @ {root:uri}/../middle").build().error.splitlines()

    assert lines == [
        (
            f"error: middle 1.0: gets lib from {tmp_path / other}, but project.dependencies gets it from "
            f"{tmp_path / 'lib'}; use the same source in both [source-conflict]"
        )
    ]


def test_a_cycle_through_the_project_itself(requiring, tmp_path):
    make_local_project(tmp_path / "lib", "lib", requires=["shop"])

    lines = requiring("lib @ {root:uri}/../lib").build().error.splitlines()

    assert lines == [f"error: lib 1.0: requires shop, which is this project; {CYCLE}"]


def test_a_cycle_between_local_dependencies(requiring, tmp_path):
    for name, needed in {"a": "b", "b": "c", "c": "a"}.items():
        make_local_project(tmp_path / name, name, requires=[f"{needed} @ {(tmp_path / needed).as_uri()}"])

    lines = requiring("a @ {root:uri}/../a").build().error.splitlines()

    assert lines == [
        f"error: a: requires b, which requires a; {CYCLE}",
        f"error: b: requires c, which requires b; {CYCLE}",
    ]
    assert sorted(builds(tmp_path)) == ["a-1.0", "b-1.0", "c-1.0"]


def test_a_name_of_ours_that_only_a_package_of_the_index_requires(index, project, tmp_path):
    index.add("framework", requires=["lib"])
    make_local_project(tmp_path / "lib", "lib")
    project.configure(dependencies=["framework"], project='\n[tool.uv.sources]\nlib = { path = "../lib" }\n')

    lines = project.build().error.splitlines()

    assert lines == [
        (
            f"error: framework 1.0: requires lib, which the project gets from {tmp_path / 'lib'} instead of an index; "
            "add lib to project.dependencies [dependency-confusion]"
        )
    ]


def test_a_package_of_the_index_that_requires_the_project_itself(index, project):
    index.add("plugin", requires=["shop"])
    index.add("shop", "99.0")
    project.configure(dependencies=["plugin"])

    lines = project.build().error.splitlines()

    assert lines == [
        (
            "error: plugin 1.0: requires shop, which is this project's name, but on an index it's another package; "
            "remove the dependency that requires it, or rename the project [dependency-confusion]"
        )
    ]


def test_a_name_that_is_to_come_from_one_index_only(index, project):
    index.add("other")
    sources = '\n[tool.uv.sources]\nother = { index = "private" }\n'
    project.configure('resolver = "pip"', dependencies=["other"], project=sources)

    lines = project.build().error.splitlines()

    assert lines == [
        (
            f"error: tool.uv.sources.other in {project.root / 'pyproject.toml'}: other comes from the index 'private', "
            "which needs uv or its lock file; run 'uv lock', or set resolver = \"uv\" [needs-lock]"
        )
    ]


EXPECTED = "isn't a source; set a table with workspace, path, git, url, or index"
OUTSIDE = (
    "{directory} isn't in a workspace with a member 'lib'; list the directory of lib in "
    'tool.uv.workspace.members, or set lib = { path = "../lib" } [unknown-member]'
)
SOURCES = {
    "'nonsense'": f"'nonsense' {EXPECTED} [dependency-source]",
    "3": f"3 {EXPECTED} [dependency-source]",
    "{}": f"{{}} {EXPECTED} [dependency-source]",
    "[3]": f"3 {EXPECTED} [dependency-source]",
    "{ workspce = true }": f"{{'workspce': True}} {EXPECTED} [dependency-source]",
    "{ path = 3 }": "path is 3, not a string; set path to a string [dependency-source]",
    "{ url = [] }": "url is [], not a string; set url to a string [dependency-source]",
    "{ url = 'https://[host/lib.zip' }": "url 'https://[host/lib.zip' isn't a URL; correct it [dependency-source]",
    "{ git = true }": "git is True, not a string; set git to a string [dependency-source]",
    "{ git = 'https://host/lib', tag = 1.0 }": "tag is 1.0, not a string; set tag to a string [dependency-source]",
    "{ path = '../lib', marker = 3 }": "marker is 3, not a string; set marker to a string [dependency-source]",
    "{ path = '../lib', marker = 'windows' }": (
        "'windows' isn't a marker; correct it, for example to sys_platform == 'linux' [dependency-source]"
    ),
    "{ git = 'https://host/lib', tagg = 'v3' }": "unknown key 'tagg'; did you mean 'tag'? [dependency-source]",
    "{ git = 'https://host/lib', tag = 'v3', branch = 'dev' }": (
        "tag and branch exclude each other; keep one of them [dependency-source]"
    ),
    "{ path = '../lib', git = 'https://host/lib' }": (
        "path and git exclude each other; keep one of them [dependency-source]"
    ),
    "{ workspace = true }": OUTSIDE,
    "{ workspace = false }": OUTSIDE,
}


@pytest.mark.parametrize("source", SOURCES)
def test_an_invalid_source(requiring, tmp_path, source):
    expected = SOURCES[source].replace("{directory}", str(tmp_path / "project"))

    lines = requiring("lib", tables=f"\n[tool.uv.sources]\nlib = {source}\n").build().error.splitlines()

    assert lines == [f"error: tool.uv.sources.lib in {tmp_path / 'project/pyproject.toml'}: {expected}"]


def test_unknown_keys_of_a_source_are_left_to_uv(requiring, tmp_path):
    make_local_project(tmp_path / "lib", "lib")

    built = requiring("lib", tables="\n[tool.uv.sources]\nlib = { path = '../lib', quux = 1 }\n").build()

    assert built.code == 0, built.output


@pytest.mark.parametrize("written", ["./lib", "../lib", "lib-1.0-py3-none-any.whl"])
def test_an_invalid_direct_reference(requiring, written):
    lines = requiring(f"lib @ {written}").build().error.splitlines()

    assert lines == [
        (
            f"error: project.dependencies: {written!r} in 'lib @ {written}' isn't a URL; use 'lib @ "
            f"{{root:uri}}/{written.removeprefix('./')}' [dependency-url]"
        )
    ]


UV, HATCH = "tool.uv.workspace", "tool.hatch.envs.default.workspace"
PATHS = 'not an array of paths; set members = ["packages/*"], for example'
TABLES = {
    "tool.uv.sources = 3": ("tool.uv.sources", "is 3, not a table; write it as [tool.uv.sources]"),
    "tool.uv.workspace = []": (UV, f"is [], not a table; write it as [{UV}]"),
    "tool.uv.workspace.members = 3": (UV, f"members is 3, {PATHS}"),
    "tool.uv.workspace.members = [3]": (UV, f"members is [3], {PATHS}"),
    "tool.uv.workspace = { members = [''], exclude = 'x' }": (
        UV,
        "exclude is 'x', not an array of paths; set exclude = [\"packages/*\"], for example",
    ),
    "tool.hatch.envs.default.workspace = 3": (HATCH, f"is 3, not a table; write it as [{HATCH}]"),
    "tool.hatch.envs.default.workspace.members = '../*'": (
        HATCH,
        f"members is '../*', {PATHS}",
    ),
    "tool.hatch.envs.default.workspace.members = [{ features = [] }]": (
        HATCH,
        f"members is [{{'features': []}}], {PATHS}",
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_an_invalid_table_of_sources_or_workspace(project, tmp_path, table):
    project.configure(dependencies=["lib"])
    pyproject = project.root / "pyproject.toml"
    pyproject.write_text(f"{table}\n{pyproject.read_text()}")

    lines = project.build().error.splitlines()

    address, problem = TABLES[table]
    assert lines == [f"error: {address} in {pyproject}: {problem} [dependency-source]"]


# Offline


def test_offline_local_directories_and_archives_are_still_built(requiring, tmp_path):
    make_local_project(tmp_path / "lib", "lib")

    built = requiring("lib @ {root:uri}/../lib").build(HATCH_LAMBDA_OFFLINE="1")

    assert built.code == 0, built.output
    assert builds(tmp_path) == ["lib-1.0"]


def test_offline_a_remote_archive_is_rejected(requiring, index):
    url = f"http://user:s3cret@{index.host}/files/lib-1.0.tar.gz"

    lines = requiring(f"lib @ {url}").build(HATCH_LAMBDA_OFFLINE="1").error.splitlines()

    assert lines == [
        (
            f"error: HATCH_LAMBDA_OFFLINE: no wheel of lib from http://****@{index.host}/files/lib-1.0.tar.gz is in "
            "the cache; build once with network access, or copy the cache [offline]"
        )
    ]


# Locks


def test_a_lock_contains_packages_that_are_not_local_and_a_build_uses_them(index, requiring, tmp_path):
    index.add("base")
    make_local_project(tmp_path / "lib", "lib", requires=["base"])
    project = requiring("lib @ {root:uri}/../lib")
    locked = project.build(target="lambda:lock")
    index.add("base", "2.0")
    index.requests.clear()

    built = project.build()

    assert locked.code == 0, locked.output
    assert built.code == 0, built.output
    assert names_in_lock(project) == ["base", "base-1.0-py3-none-any.whl"]
    assert index.requests == []


def names_in_lock(project: ProjectDirectory) -> list[str]:
    """Return the names of packages and files in the project's lock."""
    lines = (project.root / "pylock.lambda.toml").read_text().splitlines()
    return [line.split('"')[1] for line in lines if line.startswith("name = ")]


def test_a_new_requirement_of_a_local_dependency_makes_the_lock_out_of_date(index, requiring, tmp_path):
    index.add("base")
    index.add("more")
    make_local_project(tmp_path / "lib", "lib", requires=["base"])
    project = requiring("lib @ {root:uri}/../lib")
    project.build(target="lambda:lock")
    make_local_project(tmp_path / "lib", "lib", requires=["base", "more"])

    lines = project.build().error.splitlines()

    assert lines == [
        (
            "error: pylock.lambda.toml: out of date, because it doesn't contain more and lib 1.0 requires more; run "
            "'hatch build -t lambda:lock' [lock-out-of-date]"
        ),
    ]


def test_a_local_dependency_replaces_the_package_of_its_name_in_a_lock(index, requiring, project, tmp_path):
    make_local_project(tmp_path / "lib", "lib")
    project.configure(dependencies=["lib"])
    project.build(target="lambda:lock")
    shutil.rmtree(tmp_path / "store")
    index.requests.clear()

    built = requiring("lib @ {root:uri}/../lib").build()

    assert built.code == 0, built.output
    assert builds(tmp_path) == ["lib-1.0"]
    assert index.requests == []


def test_a_uv_lock_can_contain_a_local_dependency_as_a_directory(index, requiring, project, tmp_path):
    make_local_project(tmp_path / "lib", "lib")
    requiring("lib @ {root:uri}/../lib")
    project.write(
        "pylock.lambda.toml",
        'lock-version = "1.0"\ncreated-by = "uv"\n[[packages]]\nname = "lib"\ndirectory = { path = "../lib" }\n',
    )

    built = project.build()

    assert built.code == 0, built.output
    assert builds(tmp_path) == ["lib-1.0"]


def test_a_local_dependency_that_hatchling_cannot_build_is_reported_with_the_reason(requiring, tmp_path):
    make_local_hatch_project(tmp_path / "lib", "lib", tables="[tool.hatch.build.targets.wheel]\npackages = 3\n")

    lines = requiring("lib @ {root:uri}/../lib").build().error.splitlines()

    assert lines[0] == (
        f"error: project.dependencies: lib from {tmp_path / 'lib'} can't be built; fix the cause in pip's output "
        "[build-failed]"
    )
    assert "TypeError: Field `tool.hatch.build.targets.wheel.packages` must be an array of strings" in "".join(lines)
