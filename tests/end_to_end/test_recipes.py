"""Each recipe, followed literally: its files are written, its commands run, and they print what it shows."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.support.git import bare_clone, commit_all, git
from tests.support.pages import Block, blocks
from tests.support.runtime_client import add_runtime_client

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="zips with native code run on Linux only")

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
LOCAL = ("hatch-workspace", "scheduled-job", "shared-code")
GIT = "private-git"
PYTHON = ".".join(map(str, sys.version_info[:2]))


def recipe(name: str) -> list[Block]:
    """Return the blocks of a recipe, for the Python that runs the tests."""
    return list(blocks((RECIPES / f"{name}.md").read_text("utf-8").replace("3.13", PYTHON)))


def follow(name: str, directory: Path, environ: dict[str, str]) -> tuple[list[str], str]:
    """Return each line that a recipe shows and that its commands don't print, and what they print."""
    found = recipe(name)
    for block in found:
        if block.file:
            file = directory / block.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")
    script = "\n".join(["set -e", *(block.text for block in found if block.language == "bash")])

    done = subprocess.run(
        ["bash"], cwd=directory, env=environ, input=script, capture_output=True, text=True, check=False
    )

    printed = done.stdout + done.stderr
    shown = "".join(block.text for block in found[first_command(found) :] if block.language == "text")
    lacking = [line for line in shown.splitlines() if line not in printed.splitlines()]
    return lacking, f"{printed}exit code {done.returncode}"


def first_command(found: list[Block]) -> int:
    """Return the place of the first block with commands; a text above it is no output."""
    return next(number for number, block in enumerate(found) if block.language == "bash")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with ``hatch`` that builds with this Python, as it would in Hatch's build environment."""
    directory = tmp_path_factory.mktemp("programs")
    for name, module in (("hatch", "hatchling"), ("hatch-lambda", "hatch_lambda"), ("uv", "uv"), ("python", "")):
        program = directory / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module and "-m " + module} "$@"\n')
        program.chmod(0o755)
    return directory


@pytest.fixture
def offline(environ, index, programs):
    """The environment of a build that finds the build backend and the runtime client on the index of the tests."""
    add_runtime_client(index)
    index.add("hatchling", files={"installed_hatchling.pth": sysconfig.get_path("purelib")})
    return {**environ, "PATH": f"{programs}{os.pathsep}{environ['PATH']}"}


@pytest.mark.parametrize("name", LOCAL)
def test_a_recipe_without_packages_of_an_index_does_what_it_shows(name, tmp_path, offline):
    lacking, printed = follow(name, tmp_path, offline)

    assert lacking == [], printed


def test_the_recipe_with_a_private_repository_does_what_it_shows(tmp_path, offline):
    work = tmp_path / "work"
    for block in recipe("hatch-workspace"):
        if block.file and block.file.startswith("libs/money/"):
            file = work / block.file.removeprefix("libs/money/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")
    commit_all(work)
    git(work, "tag", "v1.0.0")
    bare_clone(work, tmp_path / "served" / "team" / "money.git")
    replaced = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{(tmp_path / 'served').as_uri()}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://git.example.com/",
    }
    directory = tmp_path / "project"
    directory.mkdir()

    lacking, printed = follow(GIT, directory, {**offline, **replaced})

    assert lacking == [], printed


@pytest.fixture(scope="module")
def machine(programs, tmp_path_factory):
    """The environment of this machine, with its index and a cache that is empty at first."""
    ours = ("HATCH_", "PYTEST_", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    cache = str(tmp_path_factory.mktemp("cache"))
    return {**kept, "HATCH_LAMBDA_CACHE_DIR": cache, "PATH": f"{programs}{os.pathsep}{kept['PATH']}"}


@pytest.mark.network
@pytest.mark.parametrize("name", sorted({path.stem for path in RECIPES.glob("*.md")} - {*LOCAL, GIT}))
def test_a_recipe_with_packages_of_an_index_does_what_it_shows(name, tmp_path, machine):
    lacking, printed = follow(name, tmp_path, machine)

    assert lacking == [], printed
