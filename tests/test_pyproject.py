"""What pyproject.toml says of modules, Pythons and dependencies agrees with itself and with the code."""

from __future__ import annotations

import ast
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
from packaging.requirements import Requirement

from tests.support.pages import links

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "hatch_lambda"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_layers_of_imports_are_the_modules_that_exist():
    modules = {path.stem for path in SOURCES.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}

    (path,) = (contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"] if contract["id"] == "path")
    assert modules - {"__init__"} == {name for level in path["layers"] for name in level.split(" | ")}


def test_pytest_collects_all_directories_of_tests(pytestconfig):
    skipped = pytestconfig.getini("norecursedirs")

    directories = [path for path in (ROOT / "tests").rglob("*") if path.is_dir()]
    assert [path for path in directories if any(fnmatch(path.name, pattern) for pattern in skipped)] == []


def test_the_oldest_tested_dependencies_are_the_oldest_allowed_ones():
    project = PYPROJECT["project"]
    optional = [line for lines in project["optional-dependencies"].values() for line in lines]
    admitted = [Requirement(line) for line in [*project["dependencies"], *optional]]

    tested = PYPROJECT["tool"]["hatch"]["envs"]["oldest"]["extra-dependencies"]

    lowest = {str(requirement).replace(">=", "==") for requirement in admitted}
    assert {str(Requirement(line)) for line in tested} == lowest


def test_the_short_pass_with_the_oldest_dependencies_touches_each_of_them():
    oldest = PYPROJECT["tool"]["hatch"]["envs"]["oldest"]["extra-dependencies"]
    marks = [
        name
        for path in (ROOT / "tests" / "integration").glob("test_*.py")
        for names in re.findall(r"^@pytest\.mark\.api\((.+)\)$", path.read_text("utf-8"), re.MULTILINE)
        for name in ast.literal_eval(f"[{names}]")
    ]

    assert set(marks) == {Requirement(line).name for line in oldest}


def test_the_classifiers_name_the_pythons_that_are_tested():
    (matrix,) = PYPROJECT["tool"]["hatch"]["envs"]["hatch-test"]["matrix"]

    named = [line.rpartition(" ")[2] for line in PYPROJECT["project"]["classifiers"] if ":: Python :: 3." in line]

    assert named == matrix["python"]


def test_a_workflow_of_the_repository_adds_its_address_to_the_metadata(monkeypatch):
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://git.example")
    monkeypatch.setenv("GITHUB_REPOSITORY", "team/hatch-lambda")
    monkeypatch.delenv("SITE_URL", raising=False)

    core = ProjectMetadata(str(ROOT), PluginManager()).core

    tag = f"https://git.example/team/hatch-lambda/blob/v{core.version}"
    assert f"]({tag}/docs/tutorial.md)" in core.readme
    assert [link for link in links(core.readme) if not link.startswith("#")] == []
    assert core.urls == {
        "Documentation": "https://git.example/team/hatch-lambda/tree/main/docs",
        "Source": "https://git.example/team/hatch-lambda",
        "Issues": "https://git.example/team/hatch-lambda/issues",
        "Changelog": "https://git.example/team/hatch-lambda/blob/main/CHANGELOG.md",
    }


def test_without_an_address_the_metadata_has_the_readme_as_it_is(monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)

    core = ProjectMetadata(str(ROOT), PluginManager()).core

    assert (core.readme, core.readme_content_type) == ((ROOT / "README.md").read_text("utf-8"), "text/markdown")
    assert core.urls == {}
