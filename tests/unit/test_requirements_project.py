"""A directory with a requirements file as a project."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.errors import ProjectError
from hatch_lambda.requirements_project import RequirementsProject

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a directory of this name as a project."""

    def read(name: str = "shop") -> RequirementsProject:
        root: Path = tmp_path / name
        root.mkdir(exist_ok=True)
        (root / "requirements.txt").touch()
        return RequirementsProject(root, root / "requirements.txt", {}, root / "dist")

    return read


@pytest.mark.parametrize(
    ("directory", "name", "dist_info"),
    [
        ("My Function", "my-function", "my_function-0.dist-info"),
        ("_orders.api-", "orders-api", "orders_api-0.dist-info"),
        ("größe", "gr-e", "gr_e-0.dist-info"),
        ("日本", "function", "function-0.dist-info"),
    ],
)
def test_without_a_declared_name_the_project_has_that_of_its_directory(read, directory, name, dist_info):
    project = read(directory).project

    assert (project.name, project.version, project.dist_info) == (name, "0", dist_info)
    assert project.metadata == f"Metadata-Version: 2.1\nName: {name}\nVersion: 0\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names and no pipes in directories")
def test_files_that_cannot_be_in_a_zip_are_rejected(read):
    readable = read()
    (readable.directory / "a\\b.py").touch()
    with pytest.raises(ProjectError) as unsafe:
        readable.project  # noqa: B018  # it is read now
    (readable.directory / "a\\b.py").unlink()
    os.mkfifo(readable.directory / "pipe")
    with pytest.raises(ProjectError) as special:
        readable.project  # noqa: B018

    assert str(unsafe.value) == (
        "error: 'a\\\\b.py': contains a backslash, a drive letter, or a control character; rename the file, or ignore "
        "it in .gitignore [unsafe-path]"
    )
    assert str(special.value).startswith(f"error: {readable.directory / 'pipe'}: ")
    assert str(special.value).endswith("[special-file]")
