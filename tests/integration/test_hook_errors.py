"""What a hook of the project raises is shown with its type and the hook's address, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import ProjectDirectory

FIX = "fix the hook or its options [hook-failed]"

METADATA_HOOK = """\
from hatchling.metadata.plugin.interface import MetadataHookInterface

class Hook(MetadataHookInterface):
    def update(this, metadata):
        {line}
        metadata["description"] = "a shop"
"""

BUILD_HOOK = """\
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

class Hook(BuildHookInterface):
    def {method}(self, *arguments):
        {line}
"""


def with_metadata_hook(project: ProjectDirectory, text: str) -> None:
    """Give the project a metadata hook."""
    project.configure(project="[tool.hatch.metadata.hooks.custom]")
    table = (project.root / "pyproject.toml").read_text("utf-8")
    project.write("pyproject.toml", table.replace("[project]\n", '[project]\ndynamic = ["description"]\n'))
    project.write("hatch_build.py", text)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("metadata['VERSION']", "KeyError: 'VERSION'"),
        ("open('requirements.txt')", "FileNotFoundError: [Errno 2] No such file or directory: 'requirements.txt'"),
        ("raise FileNotFoundError('requirements.txt')", "FileNotFoundError: requirements.txt"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise ValueError('one\\n\\n  two\\x1b')", "ValueError: one two\\x1b"),
        ("raise StopIteration", "StopIteration"),
    ],
)
def test_an_error_of_a_metadata_hook_is_reported_with_its_type_and_the_hook(project, line, told):
    with_metadata_hook(project, METADATA_HOOK.format(line=line))

    built = project.build()

    assert (built.code, built.output) == (1, f"error: tool.hatch.metadata.hooks.custom: {told}; {FIX}\n")


def test_a_metadata_hook_that_cannot_be_imported_is_reported(project):
    with_metadata_hook(project, "import missing_module_of_the_hook\n")

    built = project.build()

    told = "ModuleNotFoundError: No module named 'missing_module_of_the_hook'"
    assert (built.code, built.output) == (1, f"error: tool.hatch.metadata.hooks.custom: {told}; {FIX}\n")


@pytest.mark.parametrize("table", ["tool.hatch.build", "tool.hatch.build.targets.lambda"])
@pytest.mark.parametrize("method", ["initialize", "finalize", "__init__"])
def test_an_error_of_a_build_hook_is_reported_with_its_type_and_the_hook(project, table, method):
    project.configure(project=f"[{table}.hooks.custom]")
    project.write("hatch_build.py", BUILD_HOOK.format(method=method, line="{}['VERSION']"))

    built = project.build()

    assert (built.code, built.output) == (1, f"error: {table}.hooks.custom: KeyError: 'VERSION'; {FIX}\n")


def test_a_build_hook_that_cannot_be_imported_is_reported(project):
    project.configure("hooks = { custom = {} }")
    project.write("hatch_build.py", "def broken(:\n")

    built = project.build()

    told = "SyntaxError: invalid syntax (hatch_build.py, line 1)"
    assert (built.code, built.output) == (1, f"error: tool.hatch.build.targets.lambda.hooks.custom: {told}; {FIX}\n")


def test_a_verbose_build_shows_where_a_hook_failed(project):
    project.configure("hooks = { custom = {} }")
    project.write("hatch_build.py", BUILD_HOOK.format(method="initialize", line="{}['\\x1b']"))

    built = project.build(HATCH_VERBOSE="1")

    assert built.code == 1
    assert "Traceback (most recent call last):\n" in built.output
    assert f'  File "{project.root}/hatch_build.py", line 5, in initialize\n' in built.output
    assert built.output.endswith(
        f"\nKeyError: '\\x1b'\nerror: tool.hatch.build.targets.lambda.hooks.custom: KeyError: '\\x1b'; {FIX}\n"
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{}['VERSION']", "KeyError: \"Error getting the version from source `code`: 'VERSION'\""),
        ("1 / 0", "ZeroDivisionError: Error getting the version from source `code`: division by zero"),
    ],
)
def test_an_error_of_the_version_source_is_reported_with_its_type(project, line, told):
    project.configure(project='[tool.hatch.version]\nsource = "code"\npath = "version.py"')
    table = (project.root / "pyproject.toml").read_text("utf-8")
    project.write("pyproject.toml", table.replace('version = "0.1.0"', 'dynamic = ["version"]'))
    project.write("version.py", line)

    built = project.build()

    assert (built.code, built.output) == (1, f"error: pyproject.toml: {told}; correct it [metadata]\n")


def test_a_readme_that_is_not_utf_8_is_reported_by_its_field(project):
    project.configure()
    table = (project.root / "pyproject.toml").read_text("utf-8")
    project.write("pyproject.toml", table.replace("[project]\n", '[project]\nreadme = "README.md"\n'))
    (project.root / "README.md").write_bytes(b"caf\xe9")

    built = project.build()

    told = "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 3: unexpected end of data"
    assert (built.code, built.output) == (1, f"error: project.readme: {told}; correct it [metadata]\n")
