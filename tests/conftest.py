"""Fixtures: an index, a project, and a build of it."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.index_server import IndexServer
from tests.support.programs import run_module

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLE = """\
[build-system]
requires = ["hatchling", "hatch-lambda"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "{version}"
dependencies = {dependencies}
{project}
[tool.hatch.build.targets.lambda]
runtime = "python3.13"
{options}
"""


def pytest_configure() -> None:
    """Let Ctrl-C end the programs of the tests, even in a run that ignores it, as one in the background of a shell."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexServer]:
    """An empty package index."""
    with IndexServer(tmp_path / "index") as server:
        yield server


@pytest.fixture
def environ(tmp_path: Path, index: IndexServer) -> dict[str, str]:
    """An environment in which pip and uv know that index only, whatever the machine is set up for."""
    ours = ("PIP_", "UV_", "HATCH_", "PYTEST_", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    kept.pop("SOURCE_DATE_EPOCH", None)
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # or each build would compile all its modules again
    directories = [
        path for path in kept["PATH"].split(os.pathsep) if not path.endswith(("/.cargo/bin", "\\.cargo\\bin"))
    ]
    return {
        **kept,
        "PATH": os.pathsep.join(directories),  # each pip would start the rustc there, for the statistics of indexes
        "HATCH_LAMBDA_CACHE_DIR": str(tmp_path / "store"),
        "NETRC": os.devnull,
        "PIP_CACHE_DIR": str(tmp_path / "pip-cache"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": index.url,
        "PIP_RETRIES": "0",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
    }


@dataclass(frozen=True)
class Built:
    """How a build ended."""

    code: int
    output: str
    archives: tuple[Path, ...]

    @property
    def archive(self) -> Path:
        """Return the only zip."""
        (archive,) = self.archives
        return archive

    @property
    def error(self) -> str:
        """Return the output of a build that failed with messages only and made no zip."""
        assert self.code == 1, self.output
        assert "Traceback (most recent call last)" not in self.output
        assert self.archives == ()
        return self.output


@dataclass(frozen=True)
class ProjectDirectory:
    """A project on disk, and the environment that it is built in."""

    root: Path
    environ: dict[str, str]

    def write(self, path: str, text: str = "") -> Path:
        """Write a file of the project."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def configure(
        self,
        options: str = "",
        *,
        name: str = "shop",
        version: str = "0.1.0",
        dependencies: list[str] | None = None,
        project: str = "",
    ) -> None:
        """Write pyproject.toml: lines of our table, and lines of (or after) ``[project]``."""
        values = {"name": name, "version": version, "dependencies": dependencies or [], "project": project}
        self.write("pyproject.toml", TABLE.format(options=options, **values))

    def build(self, *arguments: str, target: str = "lambda", **environ: str) -> Built:
        """Run ``python -m hatchling build``, as Hatch does."""
        done = run_module(
            "hatchling", "build", "-t", target, *arguments, cwd=self.root, environ={**self.environ, **environ}
        )
        found = sorted((self.root / "dist").glob("*.zip")) if (self.root / "dist").is_dir() else []
        return Built(done.returncode, done.stdout + done.stderr, tuple(found))


@pytest.fixture
def project(tmp_path: Path, environ: dict[str, str]) -> ProjectDirectory:
    """A project with one package, ``shop``, which has a handler; it requires nothing."""
    directory = ProjectDirectory(tmp_path / "project", environ)
    directory.configure()
    directory.write("shop/__init__.py")
    directory.write("shop/api.py", "def handler(event, context):\n    return {'echo': event}\n")
    return directory
