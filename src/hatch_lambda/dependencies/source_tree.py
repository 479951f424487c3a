"""A folder that a distribution is built from: whether that can be, what a build may read, and what it holds now."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch_lambda.dependencies.sources import read_toml
from hatch_lambda.files.paths import check_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_BACKENDS = ("flit", "hatch", "pdm", "poetry", "setuptools")
_NOT_BUILT = frozenset({"dependencies", "dev-dependencies", "envs", "group", "optional-dependencies", "urls"})
_CODE_FILES = ("setup.py", "pdm_build.py")
_CODE_KEYS = frozenset({"cmdclass", "custom-hook", "hooks"})
_CODE_SOURCES = frozenset({"call", "code", "env"})
"""Where backends take code or values from that are not the folder's: files, keys and sources of the version.

Sources: https://hatch.pypa.io/latest/plugins/version-source/reference/,
https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html,
https://backend.pdm-project.org/hooks/ and https://python-poetry.org/docs/building-extension-modules/, read 2026-11-23.
"""

_NOT_SOURCE = frozenset(
    {
        ".git",
        ".hg",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        "__pycache__",
        "node_modules",
        "venv",
    }
)
"""Folders of tools, which a build reads nothing from."""

_LEFT_BEHIND = re.compile(
    r"build/(lib|bdist\.|temp\.|scripts-)[^/]*/.*|dist/([^/]+\.(whl|zip|json|tar\.gz)|\.gitignore)"
    r"|(.*/)?[^/]+\.egg-info/.*"
)
"""Files that builds leave at the top; what else lies in such folders may be built, as a web page, and belong in."""


def build_problem(directory: Path) -> str | None:
    """Say why no distribution can be built from a folder; ``None`` if it says how."""
    if not directory.is_dir():
        return "which is not there; see to the path"
    try:
        check_regular(directory / "pyproject.toml")
        table = tomllib.loads((directory / "pyproject.toml").read_text("utf-8"))
    except FileNotFoundError:
        table = {}
    except OSError as error:
        return f"whose pyproject.toml cannot be read; {error.strerror}; mend it"
    except (ValueError, RecursionError) as error:
        return f"whose pyproject.toml cannot be read; {error}; mend it"
    if "build-system" in table or (directory / "setup.py").is_file():
        return None
    return "which has no build system; give it a pyproject.toml with [build-system]"


def reads_beyond(directory: Path) -> bool:
    """Return whether a build of the folder may depend on more than its files and its commit.

    So it is where code takes part that is no build backend, where the version comes from the environment, and where a
    path in the configuration leads out of the folder.
    """
    table, hatch = read_toml(directory / "pyproject.toml"), read_toml(directory / "hatch.toml")
    read = [table.get("project"), hatch, *(_at(table, "tool", backend) for backend in _BACKENDS)]
    words = set(_words(read))
    sources = {
        str(_at(project_sources, "version", "source"))
        for project_sources in (hatch, _at(table, "tool", "hatch"), _at(table, "tool", "pdm"))
    }
    return (
        any((directory / name).is_file() for name in _CODE_FILES)
        or _at(table, "tool", "poetry", "build") is not None
        or not words.isdisjoint(_CODE_KEYS)
        or not sources.isdisjoint(_CODE_SOURCES)
        or any(".." in re.split(r"[/\\]", word) for word in words)
    )


def _words(value: Any) -> Iterator[str]:
    """Yield all keys and strings in a value of TOML, but for requirements and what is not for building."""
    if isinstance(value, str):
        yield value
    for inner in value if isinstance(value, list) else ():
        yield from _words(inner)
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield key
        yield from () if key in _NOT_BUILT else _words(inner)


def _at(table: Any, *keys: str) -> Any:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def fingerprint(directory: Path) -> str:
    """Return a hash of every file that a build of the folder may read, and of the commit that it is at."""
    found = hashlib.sha256(_described(directory))
    for file in _source_files(directory):
        executable = os.access(file, os.X_OK)
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        found.update(f"{file.relative_to(directory).as_posix()}\0{executable}{content}\n".encode())
    return found.hexdigest()


def _source_files(directory: Path) -> Iterator[Path]:
    """Yield the files in the folder, but for those of tools and of earlier builds; links to folders are followed."""
    seen: set[str] = set()
    for root, directories, files in os.walk(directory, followlinks=True):
        real = os.path.realpath(root)
        directories[:] = sorted(name for name in directories if name not in _NOT_SOURCE)
        if real in seen:
            directories.clear()
            continue
        seen.add(real)
        for path in (Path(root, name) for name in sorted(files)):
            relative = path.relative_to(directory).as_posix()
            if path.suffix != ".pyc" and not _LEFT_BEHIND.fullmatch(relative) and path.is_file():
                yield path


def _described(directory: Path) -> bytes:
    """Return what git says of the folder's commit, as versions may come from it; nothing where git does not know it."""
    try:
        command = ["git", "-C", str(directory), "describe", "--always", "--tags", "--long", "--dirty"]
        return subprocess.run(command, capture_output=True, check=False).stdout  # noqa: S603  # no shell
    except OSError:
        return b""
