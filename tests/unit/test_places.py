"""Where a requirement's distribution is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from hatch_lambda.errors import ProjectError
from hatch_lambda.places import Place, surroundings
from tests.support.samples import target

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, text: str = "", *, name: str | None = None) -> Path:
    """Write a folder's pyproject.toml and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text + (f'\n[project]\nname = "{name}"\n' if name else ""))
    return folder


def place(folder: Path, requirement: str) -> Place | None:
    """Return the place of a requirement of the project in a folder."""
    return surroundings(folder).place(Requirement(requirement), target())


def folder_place(folder: Path) -> Place:
    """Return a folder as a place."""
    return Place("folder", folder.as_uri())


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
        ("file:///nothing/lib", "folder"),
        ("file:///nothing/lib-1.0-py3-none-any.whl", "wheel"),
    ],
)
def test_a_url_says_where(tmp_path, url, kind):
    assert place(tmp_path, f"lib @ {url}") == Place(kind, url)


def test_a_url_of_a_file_or_folder_is_written_in_one_way(tmp_path):
    (tmp_path / "my libs").mkdir()
    (tmp_path / "my libs/lib.zip").touch()
    url = f"{tmp_path.as_uri()}/x/../my%20libs"

    assert place(tmp_path, f"lib @ {url}") == folder_place(tmp_path / "my libs")
    assert place(tmp_path, f"lib @ {url}/lib.zip#sha256=ab") == Place(
        "archive", f"{(tmp_path / 'my libs/lib.zip').as_uri()}#sha256=ab"
    )
    assert place(tmp_path, f"lib @ {url}#subdirectory=in") == folder_place(tmp_path / "my libs/in")


def test_a_name_is_on_an_index_where_nothing_says_otherwise(tmp_path):
    assert place(tmp_path, "lib") is None
    assert place(write(tmp_path / "project", "[tool.uv.sources]\nother = { path = 'x' }"), "lib") is None


GIT = "git+https://host/lib"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{ git = 'https://host/lib' }", Place("repository", GIT)),
        ("{ git = 'git+https://host/lib', tag = 'v1' }", Place("repository", f"{GIT}@v1")),
        ("{ git = 'https://host/lib', branch = 'a/b' }", Place("repository", f"{GIT}@a/b")),
        (
            "{ git = 'https://host/lib', rev = 'abc', subdirectory = 'in' }",
            Place("repository", f"{GIT}@abc#subdirectory=in"),
        ),
        ("{ url = 'https://host/lib.zip' }", Place("archive", "https://host/lib.zip")),
        (
            "{ url = 'https://host/lib.zip', subdirectory = 'in' }",
            Place("archive", "https://host/lib.zip#subdirectory=in"),
        ),
        ("{ url = 'https://host/lib-1-py3-none-any.whl' }", Place("wheel", "https://host/lib-1-py3-none-any.whl")),
        ("{ index = 'private' }", None),
        ("[]", None),
        ("[{ url = 'https://host/a.zip', marker = \"os_name == 'nt'\" }]", None),
        (
            "[{ index = 'x', marker = \"os_name == 'nt'\" }, { url = 'https://host/b.zip' }]",
            Place("archive", "https://host/b.zip"),
        ),
        ("[{ index = 'x', marker = \"os_name == 'posix'\" }, { url = 'https://host/b.zip' }]", None),
    ],
)
def test_uvs_sources_say_where(tmp_path, source, expected):
    folder = write(tmp_path, f"[tool.uv.sources]\nMy_Lib = {source}")

    assert place(folder, "my.lib>=1") == expected


def test_a_path_starts_from_the_pyproject_that_has_it(tmp_path):
    write(tmp_path, "[tool.uv]\nworkspace.members = ['app']\nsources = { lib = { path = 'libs/lib' } }")
    folder = write(tmp_path / "app", "[tool.uv.sources]\nother = { path = '../other' }", name="app")

    assert place(folder, "lib") == folder_place(tmp_path / "libs/lib")
    assert place(folder, "other") == folder_place(tmp_path / "other")


def test_a_source_of_the_member_wins_over_that_of_the_root(tmp_path):
    write(tmp_path, "[tool.uv]\nworkspace.members = ['*']\nsources = { my-lib = { path = 'root' } }")
    folder = write(tmp_path / "app", "[tool.uv.sources]\nMy_Lib = { path = 'member' }", name="app")

    assert place(folder, "my-lib") == folder_place(folder / "member")


def test_a_root_that_does_not_have_the_project_as_a_member_says_nothing(tmp_path):
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

    assert [place(folder, "lib") for folder in (root, app)] == [folder_place(lib)] * 2
    assert place(lib, "app") == folder_place(app)
    assert place(lib, "root") == folder_place(root)


@pytest.mark.parametrize("pattern", ["../lib", "../*", "{tmp_path}/lib"])
def test_members_may_be_beside_or_be_named_by_whole_paths(tmp_path, pattern):
    text = f"[tool.hatch.envs.default.workspace]\nmembers = ['{pattern.format(tmp_path=tmp_path)}']"
    lib = write(tmp_path / "lib", name="lib")

    assert place(write(tmp_path / "app", text, name="app"), "lib") == folder_place(lib)


def test_a_pyproject_that_cannot_be_read_has_no_workspace(tmp_path):
    write(tmp_path, "[tool.uv.workspace")

    assert place(write(tmp_path / "app", name="app"), "lib") is None


def test_a_member_that_the_workspace_lacks_is_refused(tmp_path):
    write(tmp_path, "[tool.uv.workspace]\nmembers = ['*']")
    write(tmp_path / "other", name="other")
    folder = write(tmp_path / "app", "[tool.uv.sources]\nlib = { workspace = true }", name="app")

    with pytest.raises(ProjectError) as caught:
        place(folder, "lib")

    assert str(caught.value) == (
        f"tool.uv.sources.lib in {folder / 'pyproject.toml'}: no member of the workspace is called 'lib'; it has "
        "other; see to tool.uv.workspace.members"
    )


def test_places_are_shown_as_paths_or_without_credentials(tmp_path):
    assert str(folder_place(tmp_path)) == str(tmp_path)
    assert str(Place("repository", "git+https://me:s3cret@host/lib@v1")) == "git+https://****@host/lib@v1"
