"""Dependency sources that local and Git dependencies declare for their own requirements."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import zips
from tests.support.git import bare_clone, commit_all
from tests.support.locks import package, pylock
from tests.support.make_local_project import builds, make_local_hatch_project, make_local_project, make_sdist

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import ProjectDirectory

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DIRECT = "\n[tool.hatch.metadata]\nallow-direct-references = true\n"
WORKSPACE = '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
STRANGER = "99.0"
"""A version that an index would win with."""

RESOLVERS = ["pip", "uv"]


@pytest.fixture(autouse=True)
def strangers(index, environ, tmp_path):
    """Packages of others on the index, under the names of our own."""
    for name in ("c", "d", "e"):
        index.add(name, STRANGER)
    environ.update(UV_CACHE_DIR=str(tmp_path / "uv-cache"), UV_DEFAULT_INDEX=index.url)


def sources(text: str) -> str:
    """Return the table of uv's sources."""
    return f"\n[tool.uv.sources]\n{text}\n"


class Repository:
    """A repository of a workspace whose package ``c`` requires ``d``; both are in ``packages``."""

    def __init__(self, directory: Path, c: str = "d = { workspace = true }", *, root: str = WORKSPACE) -> None:
        self.directory = directory
        make_local_project(directory / "packages/c", "c", requires=["d"], tables=sources(c))
        make_local_project(directory / "packages/d", "d")
        (directory / "pyproject.toml").write_text(root)
        self.url = (directory.parent / f"{directory.name}.git").as_uri()
        self.commit()

    def commit(self) -> None:
        """Commit all files of the directory, and serve them."""
        self.head = commit_all(self.directory)
        bare_clone(self.directory, self.directory.parent / f"{self.directory.name}.git")

    def source(self, name: str, *more: str) -> str:
        """Return an entry of uv's sources for one of the packages."""
        entries = (f"git = '{self.url}'", f"subdirectory = 'packages/{name}'", *more)
        return f"{name} = {{ {', '.join(entries)} }}"

    def at(self, name: str) -> str:
        """Return the source of one of the packages in a zip's description."""
        return f"git+{self.url}@{self.head}#subdirectory=packages/{name}"


def built_from(archive: Path) -> dict[str, str | None]:
    """Return the source of each package in the zip's description."""
    return {entry["name"]: entry.get("built-from") for entry in zips.lambda_json(archive)["distributions"]}


def asked(index) -> list[str]:
    """Return the names that the index was asked for."""
    return sorted({path.split("/")[2] for path in index.requests if path.startswith("/simple/")})


def error_lines(project: ProjectDirectory, target: str = "lambda", **environ: str) -> list[str]:
    """Return the lines of a build that fails and writes neither zip nor lock file."""
    lines = project.build(target=target, **environ).error.splitlines()
    assert not (project.root / "pylock.lambda.toml").exists()
    return lines


# Repositories

C = {
    "workspace": ("d = { workspace = true }", WORKSPACE),
    "path": ("D = { path = '../d' }", ""),
    "no source": ("", WORKSPACE),
    "source of the root": ("", WORKSPACE + sources("d = { path = 'packages/d' }")),
}


@pytest.mark.parametrize("resolver", RESOLVERS)
@pytest.mark.parametrize("c", C)
def test_a_member_of_the_repository_of_a_dependency_is_of_the_same_commit(index, project, tmp_path, c, resolver):
    repository = Repository(tmp_path / "mono", C[c][0], root=C[c][1])
    project.configure(f'resolver = "{resolver}"', dependencies=["c"], project=sources(repository.source("c")))

    built = project.build()

    assert built.code == 0, built.output
    assert built_from(built.archive) == {"c": repository.at("c"), "d": repository.at("d")}
    assert asked(index) == []


def test_the_root_of_the_repository_is_a_member_of_its_workspace(project, tmp_path):
    repository = Repository(tmp_path / "mono")
    make_local_project(repository.directory, "d", tables=WORKSPACE)
    shutil.rmtree(repository.directory / "packages/d")
    repository.commit()
    project.configure(dependencies=["c"], project=sources(repository.source("c")))

    built = project.build()

    assert built.code == 0, built.output
    assert built_from(built.archive)["d"] == f"git+{repository.url}@{repository.head}"


def test_sources_are_followed_from_repository_to_repository(index, project, tmp_path):
    other = Repository(tmp_path / "other", "d = { path = '../d' }")
    first = Repository(tmp_path / "first")
    make_local_project(first.directory / "packages/a", "a", requires=["B_b"], tables=sources("b-b = { path = '../b' }"))
    table = sources(other.source("c", "branch = 'main'").replace("c =", "C ="))
    make_local_project(first.directory / "packages/b", "b-b", requires=["c"], tables=table)
    first.commit()
    project.configure(dependencies=["a"], project=sources(first.source("a")))

    built = project.build()

    assert built.code == 0, built.output
    assert built_from(built.archive) == {
        "a": first.at("a"),
        "b-b": first.at("b"),
        "c": other.at("c"),
        "d": other.at("d"),
    }
    assert asked(index) == []


def test_sources_apply_to_requirements_of_dependencies(index, project, tmp_path):
    repository = Repository(tmp_path / "mono", f"d = {{ workspace = true }}\ne = {{ path = '{tmp_path.name}' }}")
    make_local_project(repository.directory / "packages/d", "d", requires=["e"])
    make_local_project(repository.directory / "packages/c" / tmp_path.name, "e")
    repository.commit()
    project.configure(dependencies=["c"], project=sources(repository.source("c")))

    built = project.build()

    assert built.code == 0, built.output
    assert built_from(built.archive)["e"] == f"{repository.at('c')}/{tmp_path.name}"
    assert asked(index) == []


def test_a_directory_that_a_build_names_by_its_path_is_of_the_same_commit(index, project, tmp_path):
    repository = Repository(tmp_path / "mono", root="")
    requires = ["d @ {root:uri}/../d"]
    make_local_hatch_project(repository.directory / "packages/c", "c", requires=requires, tables=DIRECT)
    repository.commit()
    project.configure(dependencies=[f"c @ git+{repository.url}#subdirectory=packages/c"], project=DIRECT)

    built = [project.build() for _ in range(2)]

    assert [one.code for one in built] == [0, 0], built
    assert built_from(built[1].archive) == {"c": repository.at("c"), "d": repository.at("d")}
    assert zips.read(built[1].archive, "c-1.0.dist-info/METADATA").splitlines()[-1] == "Requires-Dist: d"
    assert asked(index) == []


def test_a_repository_that_is_named_twice_is_one_source(project, tmp_path):
    repository = Repository(tmp_path / "mono")
    c = repository.source("c", "branch = 'main'").replace(".git", "")
    table = sources(f"{c}\n{repository.source('d')}")
    project.configure(dependencies=["c", "d"], project=table)

    built = project.build()

    assert built.code == 0, built.output
    assert built_from(built.archive) == {
        "c": repository.at("c").replace(".git", "", 1),
        "d": repository.at("d"),
    }


def test_two_sources_of_the_project_and_a_dependency_are_reported(project, tmp_path):
    repository = Repository(tmp_path / "mono")
    make_local_project(tmp_path / "d", "d")
    table = sources(f"{repository.source('c')}\nd = {{ path = '../d' }}")
    project.configure(dependencies=["c", "d"], project=table)

    lines = error_lines(project)

    assert lines == [
        (
            f"error: c 1.0: gets d from {repository.at('d')}, but project.dependencies gets it from {tmp_path / 'd'}; "
            "use the same source in both [source-conflict]"
        )
    ]


def test_a_dependencys_own_source_is_not_replaced_by_an_index_for_another(index, project, tmp_path):
    index.add("framework", requires=["e"])
    repository = Repository(tmp_path / "mono", "d = { workspace = true }\ne = { git = 'https://host/e' }")
    make_local_project(repository.directory / "packages/d", "d", requires=["framework"])
    repository.commit()
    project.configure(dependencies=["c"], project=sources(repository.source("c")))

    lines = error_lines(project)

    assert lines == [
        (
            "error: framework 1.0: requires e, which tool.uv.sources.e in "
            f"git+{repository.url}@{repository.head}/packages/c/pyproject.toml gets from git+https://host/e instead of "
            "an index; add e to project.dependencies and [tool.uv.sources] [dependency-confusion]"
        )
    ]


def test_sources_of_a_dependency_that_is_not_on_the_way_do_not_count(project, tmp_path):
    repository = Repository(tmp_path / "mono", "d = { workspace = true }\ne = { git = 'https://host/e' }")
    project.configure(dependencies=["c", "e"], project=sources(repository.source("c")))

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["c 1.0", "d 1.0", f"e {STRANGER}"]


def test_with_what_was_built_before_no_repository_is_needed(project, tmp_path):
    repository = Repository(tmp_path / "mono")
    rev = f"rev = '{repository.head}'"
    project.configure(dependencies=["c"], project=sources(repository.source("c", rev)))
    first = project.build()
    shutil.rmtree(tmp_path / "mono.git")

    built = project.build(HATCH_LAMBDA_OFFLINE="1")

    assert first.code == built.code == 0, built.output
    assert built.archive.read_bytes() == first.archive.read_bytes()
    assert builds(repository.directory / "packages") == ["c-1.0", "d-1.0"]


# One index only


@pytest.mark.parametrize("resolver", RESOLVERS)
@pytest.mark.parametrize("kind", ["directory", "repository"])
def test_a_dependencys_package_of_a_named_index_is_not_looked_up_on_others(index, project, tmp_path, kind, resolver):
    repository = Repository(tmp_path / "mono", "d = { index = 'corp' }", root="")
    directory = repository.directory / "packages/c"
    rev = f"rev = '{repository.head}'"
    source = repository.source("c", rev) if kind == "repository" else f"c = {{ path = '{directory}' }}"
    where = directory if kind == "directory" else f"git+{repository.url}@{repository.head}/packages/c"
    for text in ("", 'lock = "pylock.toml"'):  # a lock of ours does not know the index either
        project.configure(f'resolver = "{resolver}"\n{text}', dependencies=["c"], project=sources(source))
        project.write("pylock.toml", pylock(package(index, index.directory / "d-99.0-py3-none-any.whl"), **OURS))

        lines = error_lines(project)

        problem = {
            "pip": "d comes from the index 'corp', which needs uv or its lock file; run 'uv lock', or set "
            'resolver = "uv" [needs-lock]',
            "uv": "the index 'corp' isn't defined; add it to [[tool.uv.index]] with name = 'corp' and its url "
            "[dependency-source]",
        }
        assert lines == [f"error: tool.uv.sources.d in {where}/pyproject.toml: {problem[resolver]}"]
    assert asked(index) == []


OURS = {"created_by": "hatch-lambda"}


def test_a_lock_of_uv_can_contain_packages_of_a_named_index(index, project, tmp_path):
    make_local_project(tmp_path / "c", "c", requires=["d"], tables=sources("d = { index = 'corp' }"))
    project.configure('lock = "pylock.toml"', dependencies=["c"], project=sources("c = { path = '../c' }"))
    index.add("d")
    locked = package(index, index.directory / "d-1.0-py3-none-any.whl")
    project.write("pylock.toml", pylock(locked, created_by="uv"))

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["c 1.0", "d 1.0"]


@pytest.mark.parametrize("locked", [False, True])
def test_transitive_dependencies_are_looked_up_on_their_own_index_only(index, project, locked):
    index.add("framework", requires=["d"])
    lock = 'lock = "pylock.toml"' if locked else ""
    project.configure(lock, dependencies=["framework"], project=sources("d = { index = 'corp' }"))
    wheels = [index.directory / "d-99.0-py3-none-any.whl", index.directory / "framework-1.0-py3-none-any.whl"]
    project.write("pylock.toml", pylock(*(package(index, wheel) for wheel in wheels), created_by="uv"))

    built = project.build()

    assert built.code == (0 if locked else 1), built.output
    assert locked or built.output == (
        "error: framework 1.0: requires d, which the project gets from the index 'corp'; add d to project.dependencies "
        "[dependency-confusion]\n"
    )


# Archives


@pytest.mark.parametrize("where", ["url", "path"])
def test_sources_of_an_sdist_count_and_paths_are_inside_of_it(index, project, tmp_path, where):
    directory = make_local_project(tmp_path / "c", "c", requires=["d"], tables=sources("d = { path = 'libs/d' }"))
    make_local_project(directory / "libs/d", "d", requires=["e"])
    sdist = make_sdist(directory, index.directory if where == "url" else tmp_path, "c")
    index.add("e")
    source = f'url = "{index.file_url(sdist)}"' if where == "url" else f'path = "{sdist}"'
    project.configure(dependencies=["c"], project=sources(f"c = {{ {source} }}"))

    built = [project.build() for _ in range(2)]

    assert [one.code for one in built] == [0, 0], built
    assert zips.distributions(built[1].archive) == ["c 1.0", "d 1.0", f"e {STRANGER}"]
    assert asked(index) == ["e"]


def test_a_member_of_a_workspace_that_an_sdist_does_not_have_is_named(index, project, tmp_path):
    directory = make_local_project(tmp_path / "c", "c", requires=["d"], tables=sources("d = { workspace = true }"))
    url = index.file_url(make_sdist(directory, index.directory, "c"))
    project.configure(dependencies=["c"], project=sources(f'c = {{ url = "{url}" }}'))

    lines = error_lines(project)

    assert lines == [
        (
            f"error: tool.uv.sources.d in {url}/pyproject.toml: {url} isn't in a workspace with a member 'd'; list the "
            'directory of d in tool.uv.workspace.members, or set d = { path = "../d" } [unknown-member]'
        )
    ]
    assert asked(index) == []


def test_a_source_with_a_line_break_is_not_a_url(project, tmp_path):
    make_local_project(tmp_path / "c", "c", requires=["d"], tables=sources(r'd = { url = "https://host/d.zip\n-i x" }'))
    project.configure(dependencies=["c"], project=sources("c = { path = '../c' }"))

    lines = error_lines(project)

    assert lines == [
        (
            f"error: tool.uv.sources.d in {tmp_path / 'c/pyproject.toml'}: 'https://host/d.zip\\n-i x' isn't a URL, "
            "because it contains spaces; remove them, or write %20 [dependency-url]"
        )
    ]


# Extras and groups


def test_the_source_for_an_extra_is_taken_where_the_requirement_is_of_that(project, tmp_path):
    for name, version in {"cpu": "1.0", "gpu": "2.0"}.items():
        make_local_project(tmp_path / name, "d", version)
    entries = [f"{{ path = '../{name}', extra = '{name}' }}" for name in ("cpu", "gpu")]
    tables = sources(f"d = [{', '.join(entries)}]\nc = {{ path = '../c' }}")
    extras = "[project.optional-dependencies]\ngpu = ['d']\nsibling = ['c[gpu]']\n[dependency-groups]\ndev = ['d']\n"
    make_local_project(tmp_path / "c", "c", extras={"gpu": ["d"]}, tables=tables)
    for option in ('features = ["gpu"]', 'features = ["sibling"]'):
        project.configure(option, project=extras + tables)

        built = project.build()

        assert built.code == 0, built.output
        assert "d 2.0" in zips.distributions(built.archive)


# Locks


def locked(project) -> dict[str, Any]:
    """Return what our lock has of each repository."""
    lock = tomllib.loads((project.root / "pylock.lambda.toml").read_text())
    return {entry["name"]: entry["vcs"] for entry in lock["packages"]}


def test_a_lock_has_a_member_at_the_commit_of_the_one_that_requires_it(project, tmp_path):
    repository = Repository(tmp_path / "mono")
    project.configure(dependencies=["c"], project=sources(repository.source("c", "branch = 'main'")))
    made = project.build(target="lambda:lock")
    first = {name: repository.at(name) for name in ("c", "d")}
    head = repository.head
    make_local_project(repository.directory / "packages/d", "d", "2.0")
    repository.commit()

    built = project.build()

    assert made.code == 0, made.output
    bare = {"type": "git", "path": "../mono.git", "commit-id": head}
    assert locked(project) == {
        "c": {**bare, "requested-revision": "main", "subdirectory": "packages/c"},
        "d": {**bare, "requested-revision": head, "subdirectory": "packages/d"},
    }
    assert built.code == 0, built.output
    assert built_from(built.archive) == first


def test_a_lock_of_uv_with_commit_and_subdirectory_builds(index, project, tmp_path):
    repository = Repository(tmp_path / "mono")
    vcs = {"type": "git", "url": repository.url, "commit-id": repository.head}
    entries = [
        {"name": name, "version": "1.0", "vcs": {**vcs, "subdirectory": f"packages/{name}"}} for name in ("c", "d")
    ]
    project.write("pylock.toml", pylock(*entries, created_by="uv"))
    table = sources(repository.source("c"))
    project.configure('lock = "pylock.toml"', dependencies=["c"], project=table)
    first = {name: repository.at(name) for name in ("c", "d")}
    make_local_project(repository.directory / "packages/d", "d", "2.0")
    repository.commit()

    built = project.build()

    assert built.code == 0, built.output
    assert built_from(built.archive) == first
    assert asked(index) == []
