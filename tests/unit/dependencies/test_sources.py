"""Where a requirement's distribution is."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hatch_lambda.dependencies.scope import Scope
from hatch_lambda.dependencies.source import DependencySource
from hatch_lambda.dependencies.sources import ProjectSources, read_project_sources, shared_directory, unpacked_sources
from hatch_lambda.errors import ProjectError
from hatch_lambda.resolve.workspace import workspace_root
from tests.support.samples import target

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_lambda.dependencies.source import Kind


def write(directory: Path, text: str = "", *, name: str | None = None) -> Path:
    """Write a directory's pyproject.toml and return the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "pyproject.toml").write_text(text + (f'\n[project]\nname = "{name}"\n' if name else ""))
    return directory


def place(directory: Path, requirement: str) -> DependencySource | None:
    """Return the source of a requirement of the project in a directory."""
    return read_project_sources(directory).source_of(Requirement(requirement), target())


def directory_source(directory: Path) -> DependencySource:
    """Return a directory as a source."""
    return DependencySource("directory", directory.as_uri())


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://host/lib-1.0.tar.gz", "archive"),
        ("https://host/lib-1.0-py3-none-any.whl", "wheel"),
        ("https://host/lib-1.0-py3-none-any.whl?token=x#sha256=ab", "wheel"),
        ("https://host/?file=lib-1.0-py3-none-any.whl", "archive"),
        ("git+https://host/lib.git@v1", "repository"),
        ("git+https://host/lib.whl", "repository"),
        ("hg+https://host/lib", "repository"),
        ("file:///nothing/lib", "directory"),
        ("file:///nothing/lib-1.0-py3-none-any.whl", "wheel"),
    ],
)
def test_a_url_is_a_source(tmp_path, url, kind):
    assert place(tmp_path, f"lib @ {url}") == DependencySource(kind, url)


def test_a_url_of_a_file_or_directory_is_written_in_one_way(tmp_path):
    (tmp_path / "my libs").mkdir()
    (tmp_path / "my libs/lib.zip").touch()
    url = f"{tmp_path.as_uri()}/x/../my%20libs"

    assert place(tmp_path, f"lib @ {url}") == directory_source(tmp_path / "my libs")
    assert place(tmp_path, f"lib @ {url}/lib.zip#sha256=ab") == DependencySource(
        "archive", f"{(tmp_path / 'my libs/lib.zip').as_uri()}#sha256=ab"
    )
    assert place(tmp_path, f"lib @ {url}#subdirectory=in") == directory_source(tmp_path / "my libs/in")


def test_a_name_without_a_source_is_on_an_index(tmp_path):
    assert place(tmp_path, "lib") is None
    assert place(write(tmp_path / "project", "[tool.uv.sources]\nother = { path = 'x' }"), "lib") is None


GIT = "git+https://host/lib"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{ git = 'https://host/lib' }", DependencySource("repository", GIT)),
        ("{ git = 'git+https://host/lib', tag = 'v1' }", DependencySource("repository", f"{GIT}@v1")),
        ("{ git = 'https://host/lib', branch = 'a/b' }", DependencySource("repository", f"{GIT}@a/b")),
        (
            "{ git = 'https://host/lib', rev = 'abc', subdirectory = 'in' }",
            DependencySource("repository", f"{GIT}@abc#subdirectory=in"),
        ),
        ("{ url = 'https://host/lib.zip' }", DependencySource("archive", "https://host/lib.zip")),
        (
            "{ url = 'https://host/lib.zip', subdirectory = 'in' }",
            DependencySource("archive", "https://host/lib.zip#subdirectory=in"),
        ),
        (
            "{ url = 'https://host/lib-1-py3-none-any.whl' }",
            DependencySource("wheel", "https://host/lib-1-py3-none-any.whl"),
        ),
        ("{ index = 'private' }", DependencySource("index", "private")),
        ("[]", None),
        ("[{ url = 'https://host/a.zip', marker = \"os_name == 'nt'\" }]", None),
        (
            "[{ index = 'x', marker = \"os_name == 'nt'\" }, { url = 'https://host/b.zip' }]",
            DependencySource("archive", "https://host/b.zip"),
        ),
        (
            "[{ index = 'x', marker = \"os_name == 'posix'\" }, { url = 'https://host/b.zip' }]",
            DependencySource("index", "x"),
        ),
    ],
)
def test_uvs_sources_are_read(tmp_path, source, expected):
    directory = write(tmp_path, f"[tool.uv.sources]\nMy_Lib = {source}")

    assert place(directory, "my.lib>=1") == expected


def test_a_path_starts_from_the_pyproject_that_has_it(tmp_path):
    write(tmp_path, "[tool.uv]\nworkspace.members = ['app']\nsources = { lib = { path = 'libs/lib' } }")
    directory = write(tmp_path / "app", "[tool.uv.sources]\nother = { path = '../other' }", name="app")

    assert place(directory, "lib") == directory_source(tmp_path / "libs/lib")
    assert place(directory, "other") == directory_source(tmp_path / "other")


def test_a_source_of_the_member_wins_over_that_of_the_root(tmp_path):
    write(tmp_path, "[tool.uv]\nworkspace.members = ['*']\nsources = { my-lib = { path = 'root' } }")
    directory = write(tmp_path / "app", "[tool.uv.sources]\nMy_Lib = { path = 'member' }", name="app")

    assert place(directory, "my-lib") == directory_source(directory / "member")


def test_a_root_without_the_project_as_a_member_is_ignored(tmp_path):
    text = "[tool.uv]\nworkspace = { members = ['*'], exclude = ['app'] }\nsources = { lib = { path = 'lib' } }"
    write(tmp_path, text)
    write(tmp_path / "lib", name="lib")

    assert place(write(tmp_path / "app", name="app"), "lib") is None


@pytest.mark.parametrize(
    "text",
    [
        "[tool.uv.workspace]\nmembers = ['packages/*']",
        "[tool.uv.workspace]\nmembers = ['packages/app', 'packages/lib']",
        "[tool.hatch.envs.default.workspace]\nmembers = ['packages/*']",
        "[tool.hatch.envs.other.workspace]\nmembers = [{ path = 'packages/*', features = ['x'] }]",
    ],
)
def test_members_of_the_workspace_are_found_from_root_and_members(tmp_path, text):
    root = write(tmp_path, text, name="root")
    app, lib = (write(tmp_path / "packages" / name, name=name) for name in ("app", "lib"))
    (tmp_path / "packages/notes.txt").touch()

    assert [place(directory, "lib") for directory in (root, app)] == [directory_source(lib)] * 2
    assert place(lib, "app") == directory_source(app)
    assert place(lib, "root") == directory_source(root)


@pytest.mark.parametrize("pattern", ["../lib", "../*", "{tmp_path}/lib"])
def test_members_can_be_next_to_the_root_or_absolute_paths(tmp_path, pattern):
    text = f"[tool.hatch.envs.default.workspace]\nmembers = ['{pattern.format(tmp_path=tmp_path)}']"
    lib = write(tmp_path / "lib", name="lib")

    assert place(write(tmp_path / "app", text, name="app"), "lib") == directory_source(lib)


def test_a_pyproject_that_cannot_be_read_has_no_workspace(tmp_path):
    write(tmp_path, "[tool.uv.workspace")

    assert place(write(tmp_path / "app", name="app"), "lib") is None


def test_a_member_that_the_workspace_lacks_is_rejected(tmp_path):
    write(tmp_path, "[tool.uv.workspace]\nmembers = ['*']")
    write(tmp_path / "other", name="other")
    directory = write(tmp_path / "app", "[tool.uv.sources]\nlib = { workspace = true }", name="app")

    with pytest.raises(ProjectError) as caught:
        place(directory, "lib")

    assert str(caught.value) == (
        f"error: tool.uv.sources.lib in {directory / 'pyproject.toml'}: the workspace has no member 'lib'; list the "
        "directory of lib in tool.uv.workspace.members (it has other) [unknown-member]"
    )


def test_a_member_whose_name_is_close_to_another_gets_a_hint(tmp_path):
    write(tmp_path, "[tool.uv.workspace]\nmembers = ['*']")
    write(tmp_path / "lib", name="shop-lib")
    directory = write(tmp_path / "app", "[tool.uv.sources]\nshoplib = { workspace = true }", name="app")

    with pytest.raises(ProjectError) as caught:
        place(directory, "shoplib")

    assert str(caught.value) == (
        f"error: tool.uv.sources.shoplib in {directory / 'pyproject.toml'}: the workspace has no member 'shoplib'; did "
        "you mean 'shop-lib'? [unknown-member]"
    )


def test_places_are_shown_as_paths_or_without_credentials(tmp_path):
    assert str(directory_source(tmp_path)) == str(tmp_path)
    assert str(DependencySource("repository", "git+https://me:s3cret@host/lib@v1")) == "git+https://****@host/lib@v1"
    assert str(DependencySource("index", "private")) == "the index 'private'"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("git+https://host/lib@v1", "git+https://host/lib.git@v1"),
        ("git+https://host/lib@v1", "git+https://me:s3cret@host/lib/@v1#egg=lib"),
        ("git+https://host/lib#subdirectory=in/lib", "git+https://host/lib#egg=x&subdirectory=./in/lib/"),
    ],
)
def test_a_repository_is_one_source_in_every_spelling(one, other):
    assert DependencySource("repository", one).identity == DependencySource("repository", other).identity


@pytest.mark.parametrize(
    "other", ["git+https://host/lib@v2", "git+https://host/lib@v1#subdirectory=in", "git+https://x/lib"]
)
def test_other_commits_directories_and_repositories_are_other_sources(other):
    assert (
        DependencySource("repository", "git+https://host/lib@v1").identity
        != DependencySource("repository", other).identity
    )


# Paths inside the project


@pytest.mark.parametrize(
    ("around", "shared"),
    [
        ({}, "a/b/project"),
        ({"a/.git/HEAD": "", "a/b/project/.hg/store": ""}, "a/b/project"),
        ({"a/b/.git": "gitdir: x"}, "a/b"),
        ({".git/HEAD": "", "a/b/.hg/store": ""}, "a/b"),
        ({"a/pyproject.toml": "[tool.uv.workspace]\nmembers = ['b/*']"}, "a"),
        ({"a/pyproject.toml": "[tool.uv.workspace]\nmembers = ['c/*']"}, "a/b/project"),
        ({"a/b/.git/HEAD": "", "a/pyproject.toml": "[tool.uv.workspace]\nmembers = ['b/*']"}, "a"),
        ({"a/.git/HEAD": "", "a/b/pyproject.toml": "[tool.uv.workspace]\nmembers = ['*']"}, "a"),
    ],
)
def test_a_project_is_shared_with_its_repository_and_its_workspace(tmp_path, around, shared):
    project = write(tmp_path / "a/b/project", name="project")
    for path, text in around.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    assert shared_directory(project) == tmp_path / shared


# Extras and groups of sources

SCOPED = """[
    { path = 'cpu', extra = 'CPU' }, { path = 'gpu', extra = 'gpu' }, { path = 'dev', group = 'dev' }, { path = 'any' }
]"""


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(), "any"),
        (Scope(extra=canonicalize_name("cpu")), "cpu"),
        (Scope(extra=canonicalize_name("gpu")), "gpu"),
        (Scope(extra=canonicalize_name("dev")), "any"),
        (Scope(group=canonicalize_name("dev")), "dev"),
    ],
)
def test_a_source_for_the_extra_or_group_of_the_requirement_comes_first(tmp_path, scope, expected):
    directory = write(tmp_path, f"[tool.uv]\nsources.lib = {' '.join(SCOPED.split())}")

    assert read_project_sources(directory).source_of(Requirement("lib"), target(), scope) == directory_source(
        tmp_path / expected
    )


def test_a_source_for_another_extra_also_prevents_a_lookup_on_an_index(tmp_path):
    directory = write(tmp_path, "[tool.uv.sources]\nlib = { path = 'gpu', extra = 'gpu' }")

    assert place(directory, "lib") == directory_source(tmp_path / "gpu")


# What pip has unpacked

COMMIT = f"git+https://host/mono@{'ab' * 20}"
ARCHIVE = f"https://host/mono-1.tar.gz#sha256={'cd' * 32}"


def unpacked(directory: Path, url: str = f"{COMMIT}#subdirectory=packages/c") -> ProjectSources:
    """Return the sources in a repository or archive whose temporary directory is gone."""
    kind: Kind = "repository" if url.startswith("git+") else "archive"
    here = DependencySource(kind, url)
    found = unpacked_sources(here, directory)
    shutil.rmtree(directory)
    return ProjectSources.from_json(json.loads(json.dumps(found.as_json())), here)


def mono(directory: Path, text: str = "", root: str = "") -> Path:
    """Write a monorepo whose package ``c`` has a table of sources."""
    write(directory, f"[tool.uv.workspace]\nmembers = ['packages/*']\n{root}", name="root")
    for name in ("c", "My_D"):
        write(directory / "packages" / name, f"[tool.uv.sources]\n{text}" if name == "c" else "", name=name)
    return directory


INDEX = "[[tool.uv.index]]\nname = 'corp'\nurl = 'https://{}/simple'\n"


@pytest.mark.parametrize(
    ("member", "root", "url"),
    [("", "", ""), ("", "root", "https://root/simple"), ("member", "root", "https://member/simple")],
)
def test_an_index_has_the_url_in_the_nearest_table(tmp_path, member, root, url):
    table = "[tool.uv.sources]\nd = { index = 'corp' }\n"
    project = write(tmp_path / "app", table + (INDEX.format(member) if member else ""), name="app")
    write(tmp_path, "[tool.uv.workspace]\nmembers = ['*']\n" + (INDEX.format(root) if root else ""), name="root")

    found = read_project_sources(project).source_of(Requirement("d"), target())

    assert found == DependencySource("index", "corp", index_url=url)


def test_an_index_of_a_repository_has_its_url(tmp_path):
    sources = unpacked(mono(tmp_path / "unpacked", "d = { index = 'corp' }", INDEX.format("root")))

    found = sources.source_of(Requirement("d"), target())

    assert found == DependencySource("index", "corp", index_url="https://root/simple")


@pytest.mark.parametrize(
    ("tables", "root"),
    [
        ("[tool.uv.workspace]\nmembers = ['app']\n", "."),
        ("[tool.uv.workspace]\nmembers = ['*']\nexclude = ['app']\n", "app"),
        ("[tool.hatch.envs.default.workspace]\nmembers = ['app']\n", "app"),
    ],
)
def test_the_root_of_a_workspace_is_that_of_uv(tmp_path, tables, root):
    project = write(tmp_path / "app", name="app")
    write(tmp_path, tables)

    assert workspace_root(project) == (tmp_path / root).resolve()


@pytest.mark.parametrize(
    ("source", "requirement", "inner"),
    [
        ("my-d = { workspace = true }", "My.D", "#subdirectory=packages/My_D"),
        ("", "my-d", "#subdirectory=packages/My_D"),
        ("root = { workspace = true }", "root", ""),
        ("d = { path = '../My_D', editable = true }", "d", "#subdirectory=packages/My_D"),
        ("d = { path = '../../libs/d' }", "d", "#subdirectory=libs/d"),
        ("d = { path = '../..', subdirectory = 'in' }", "d", "#subdirectory=in"),
    ],
)
def test_paths_and_members_of_a_repository_are_of_the_same_commit(tmp_path, source, requirement, inner):
    found = unpacked(mono(tmp_path / "unpacked", source)).source_of(Requirement(requirement), target())

    assert found == DependencySource("repository", f"{COMMIT}{inner}")


def test_paths_of_a_zip_are_of_that_zip(tmp_path):
    directory = write(tmp_path / "unpacked", "[tool.uv.sources]\nd = { path = 'libs/d' }")

    found = unpacked(directory, ARCHIVE).source_of(Requirement("d"), target())

    assert found == DependencySource("archive", f"{ARCHIVE}&subdirectory=libs/d")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("d = { git = 'https://host/d', tag = 'v1' }", DependencySource("repository", "git+https://host/d@v1")),
        ("d = { url = 'https://host/d.zip' }", DependencySource("archive", "https://host/d.zip")),
        ("d = { index = 'private' }", DependencySource("index", "private")),
        ("other = { workspace = true }", None),
    ],
)
def test_dependency_sources_of_a_repository_are_resolved(tmp_path, source, expected):
    assert unpacked(mono(tmp_path / "unpacked", source)).source_of(Requirement("d"), target()) == expected


def test_sources_of_the_repositorys_root_are_read(tmp_path):
    found = unpacked(mono(tmp_path / "unpacked", root="[tool.uv.sources]\nd = { path = 'libs/d' }"))

    assert found.source_of(Requirement("d"), target()) == DependencySource(
        "repository", f"{COMMIT}#subdirectory=libs/d"
    )


def test_a_directory_that_a_build_names_by_its_url_is_of_the_same_commit(tmp_path):
    url = (tmp_path / "unpacked/packages/c/../My_D").as_uri()

    found = unpacked(mono(tmp_path / "unpacked")).source_of(Requirement(f"my-d @ {url}"), target())

    assert found == DependencySource("repository", f"{COMMIT}#subdirectory=packages/My_D")


def test_a_file_of_this_machine_that_a_repository_names_by_its_url_stays_that(tmp_path):
    wheel = tmp_path / "d-1-py3-none-any.whl"
    wheel.touch()

    found = unpacked(mono(tmp_path / "unpacked")).source_of(Requirement(f"d @ {wheel.as_uri()}"), target())

    assert found == DependencySource("wheel", wheel.as_uri())


def test_a_workspace_around_pips_temporary_directory_does_not_belong_to_the_repository(tmp_path):
    write(tmp_path, "[tool.uv.workspace]\nmembers = ['unpacked', 'd']", name="around")
    write(tmp_path / "d", name="d")
    root = write(tmp_path / "unpacked", "[tool.uv.workspace]\nmembers = ['../d']", name="c")

    assert unpacked(root, COMMIT).source_of(Requirement("d"), target()) is None


SOURCE = f"error: tool.uv.sources.d in {COMMIT}/packages/c/pyproject.toml"
REFUSED = {
    "d = { path = '../../../d' }": (
        f"{SOURCE}: d is at ../d, outside {COMMIT}; set a path inside it, or a URL [dependency-source]"
    ),
    "d = { path = '../../x/d-1-py3-none-any.whl' }": (
        f"{SOURCE}: d is at x/d-1-py3-none-any.whl, a file in {COMMIT}, which pip can't install from there; set the "
        "directory that it's built from, or a URL [dependency-source]"
    ),
    "d = { path = '../../x/d-1.tar.gz' }": (
        f"{SOURCE}: d is at x/d-1.tar.gz, a file in {COMMIT}, which pip can't install from there; set the directory "
        "that it's built from, or a URL [dependency-source]"
    ),
    "d = { workspace = true }": (
        f"{SOURCE}: the workspace has no member 'd'; list the directory of d in tool.uv.workspace.members (it has "
        "my-d, root) [unknown-member]"
    ),
    "d = 2026-11-27": (
        f"{SOURCE}: '2026-11-27' isn't a source; set a table with workspace, path, git, url, or index "
        "[dependency-source]"
    ),
}


@pytest.mark.parametrize("source", REFUSED)
def test_an_unsupported_source_in_a_repository_is_rejected_with_its_address(tmp_path, source):
    found = unpacked(mono(tmp_path / "unpacked", source))

    with pytest.raises(ProjectError) as caught:
        found.source_of(Requirement("d"), target())

    assert str(caught.value) == REFUSED[source]


def test_a_missing_directory_outside_of_the_repository_is_rejected(tmp_path):
    found = unpacked(mono(tmp_path / "unpacked"))

    with pytest.raises(ProjectError) as caught:
        found.source_of(Requirement(f"d @ {(tmp_path / 'd').as_uri()}"), target())

    assert str(caught.value) == (
        f"error: {COMMIT}: d is at ../d, outside {COMMIT}; set a path inside it, or a URL [dependency-source]"
    )


def test_an_invalid_table_of_a_repository_is_reported_with_its_address(tmp_path):
    with pytest.raises(ProjectError) as caught:
        unpacked(write(tmp_path / "unpacked", "[tool.uv]\nsources = 3"), COMMIT)

    assert str(caught.value) == (
        f"error: tool.uv.sources in {COMMIT}/pyproject.toml: is 3, not a table; write it as [tool.uv.sources] "
        "[dependency-source]"
    )
