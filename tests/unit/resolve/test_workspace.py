"""Where uv keeps the lock file of a project."""

from __future__ import annotations

import pytest

from hatch_lambda.errors import ProjectError
from hatch_lambda.resolve.workspace import workspace_root

WORKSPACE = '[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/old"]\n'
MEMBER = '[project]\nname = "{}"\n'


@pytest.mark.parametrize(
    ("project", "root"),
    [
        (".", "."),
        ("packages/api", "."),
        ("packages/old", "packages/old"),
        ("other", "other"),
        ("packages/inner", "packages/inner"),
        ("packages/inner/packages/deep", "packages/inner"),
    ],
)
def test_the_root_is_that_of_the_nearest_workspace_with_the_project(tmp_path, project, root):
    written = {
        ".": f"{MEMBER.format('shop')}{WORKSPACE}",
        "packages/api": MEMBER.format("api"),
        "packages/old": MEMBER.format("old"),
        "packages/inner": f"{MEMBER.format('inner')}{WORKSPACE}",
        "packages/inner/packages/deep": MEMBER.format("deep"),
        "other": MEMBER.format("other"),
    }
    for directory, text in written.items():
        (tmp_path / directory).mkdir(parents=True, exist_ok=True)
        (tmp_path / directory / "pyproject.toml").write_text(text, "utf-8")

    assert workspace_root(tmp_path / project) == (tmp_path / root).resolve()


def test_a_workspace_of_hatch_has_no_lock_file_of_uv(tmp_path):
    (tmp_path / "api").mkdir()
    (tmp_path / "api/pyproject.toml").write_text(MEMBER.format("api"), "utf-8")
    text = '[tool.hatch.envs.default]\nworkspace.members = ["api"]\n'
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")

    assert workspace_root(tmp_path / "api") == (tmp_path / "api").resolve()


def test_members_that_are_not_an_array_of_paths_are_an_error(tmp_path):
    (tmp_path / "api").mkdir()
    (tmp_path / "api/pyproject.toml").write_text(MEMBER.format("api"), "utf-8")
    (tmp_path / "pyproject.toml").write_text(f"{MEMBER.format('shop')}[tool.uv.workspace]\nmembers = [1]\n", "utf-8")

    with pytest.raises(ProjectError) as caught:
        workspace_root(tmp_path / "api")

    assert str(caught.value).endswith(
        'members is [1], not an array of paths; set members = ["packages/*"], for example [dependency-source]'
    )
