"""Whether a distribution can be built from a directory, what a build of it may read, and when that has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hatch_lambda.dependencies.source_tree import build_problem, fingerprint, reads_beyond

if TYPE_CHECKING:
    from pathlib import Path


def write(directory: Path, text: str = "", path: str = "pyproject.toml") -> Path:
    """Write a file of the directory and return the directory."""
    file = directory / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return directory


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "which has no build system; add [build-system] to its pyproject.toml [source-not-found]"),
        (
            "x =",
            "whose pyproject.toml isn't TOML (Invalid value (at end of document)); fix the file [unreadable-file]",
        ),
    ],
)
def test_a_directory_without_a_usable_build_system_has_a_problem(tmp_path, text, problem):
    found = build_problem(write(tmp_path, text), "project.dependencies", "requires lib from ../lib")

    assert str(found) == f"project.dependencies: requires lib from ../lib, {problem}"


@pytest.mark.parametrize("text", ["[build-system]\nrequires = []\n", "build-system = {}"])
def test_a_directory_with_a_build_system_can_be_built(tmp_path, text):
    assert build_problem(write(tmp_path, text), "", "") is None


def test_an_old_directory_with_a_setup_py_can_be_built(tmp_path):
    assert build_problem(write(tmp_path, path="setup.py"), "", "") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x =",
        'project = { dependencies = ["lib @ {root:uri}/../lib"], optional-dependencies = { a = ["b @ ../b"] } }',
        'tool.uv.sources.lib = { path = "../lib" }',
        'tool.hatch.envs.default.scripts = { test = "pytest ../tests" }',
        'tool.poetry.dependencies.lib = { path = "../lib" }',
        'tool.mypy.mypy_path = "../stubs"',
        'tool.hatch.version.path = "lib/__init__.py"',
        'tool.hatch.version.source = "vcs"',
        'tool.hatch.build.targets.wheel.packages = ["a..b", "..."]',
        "tool = 3",
        "tool.hatch = 3",
    ],
)
def test_metadata_and_requirements_of_a_directory_are_not_outside_of_it(tmp_path, text):
    assert not reads_beyond(write(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        'project.readme = "../README.md"',
        'tool.hatch.build.targets.wheel.force-include = { "../web" = "lib/web" }',
        'tool.hatch.build.targets.wheel.force-include = { "x\\\\..\\\\web" = "lib/web" }',
        "tool.hatch.build.hooks.custom = {}",
        "tool.hatch.build.targets.wheel.hooks.mypyc = {}",
        'tool.hatch.metadata.hooks.requirements_txt.files = ["requirements.txt"]',
        'tool.hatch.version = { source = "env", variable = "VERSION" }',
        'tool.hatch.version = { source = "code", path = "lib/about.py" }',
        'tool.pdm.version = { source = "call", getter = "lib:version" }',
        'tool.pdm.build.custom-hook = "build.py"',
        'tool.poetry.build.script = "build.py"',
        'tool.setuptools.cmdclass = { build = "commands.Build" }',
    ],
)
def test_code_variables_and_outer_paths_are_outside_of_a_directory(tmp_path, text):
    assert reads_beyond(write(tmp_path, text))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("setup.py", ""),
        ("pdm_build.py", ""),
        ("hatch.toml", "build.hooks.custom = {}"),
        ("hatch.toml", 'version.source = "env"'),
    ],
)
def test_setup_cfg_and_setup_py_count_without_pyproject(tmp_path, path, text):
    assert reads_beyond(write(write(tmp_path), text, path))


def test_links_that_lead_to_their_own_directory_are_followed_once(tmp_path):
    write(tmp_path / "lib", path="lib/__init__.py")
    (tmp_path / "lib/lib/again").symlink_to(tmp_path / "lib")
    (tmp_path / "other").mkdir()
    (tmp_path / "lib/linked").symlink_to(tmp_path / "other")
    before = fingerprint(tmp_path / "lib")

    write(tmp_path / "other", "changed", "data.txt")

    assert fingerprint(tmp_path / "lib") != before


def test_without_git_the_files_alone_count(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    before = fingerprint(write(tmp_path))

    unchanged = fingerprint(tmp_path)
    changed = fingerprint(write(tmp_path, "changed"))

    assert unchanged == before != changed


LEFT = [
    "build/lib/lib/old.py",
    "build/lib.linux-x86_64-cpython-313/old.py",
    "build/bdist.linux-x86_64/x",
    "dist/lib-1.0.tar.gz",
    "dist/lib-1.0-py3-none-any.whl",
    "dist/lib-1.0-lambda-python3.13-arm64.zip",
    "dist/.gitignore",
    "lib.egg-info/PKG-INFO",
    "src/lib.egg-info/PKG-INFO",
    "lib/__pycache__/x.pyc",
    "node_modules/x/index.js",
]
SOURCE = ["build/web/index.html", "dist/web/index.html", "dist/main.js", "lib/dist/x.whl", "lib/build/lib/x.py"]


@pytest.mark.parametrize(("path", "counts"), [*((path, False) for path in LEFT), *((path, True) for path in SOURCE)])
def test_files_of_builds_and_tools_do_not_count_and_all_others_do(tmp_path, path, counts):
    before = fingerprint(write(tmp_path))

    after = fingerprint(write(tmp_path, "changed", path))

    assert (after != before) is counts
