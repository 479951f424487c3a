"""The directory of a local dependency: whether it can be built, what the build reads, and a hash of its files."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.files.paths import check_regular
from hatch_lambda.files.toml_file import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.diagnostics import Code

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_BACKENDS = ("flit", "hatch", "pdm", "poetry", "setuptools")
_NOT_BUILT = frozenset({"dependencies", "dev-dependencies", "envs", "group", "optional-dependencies", "urls"})
_CODE_FILES = ("setup.py", "pdm_build.py")
_CODE_KEYS = frozenset({"cmdclass", "custom-hook", "hooks"})
_CODE_SOURCES = frozenset({"call", "code", "env"})
"""Files, keys, and version sources by which backends run code or read values from outside the directory.

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
"""Directories of tools, which a build doesn't read."""

_LEFT_BEHIND = re.compile(
    r"build/(lib|bdist\.|temp\.|scripts-)[^/]*/.*|dist/([^/]+\.(whl|zip|json|tar\.gz)|\.gitignore)"
    r"|(.*/)?[^/]+\.egg-info/.*"
)
"""Files that builds leave behind; other files in these directories might be part of the package."""


def build_problem(directory: Path, where: str, requirement: str) -> Diagnostic | None:
    """Return why no wheel can be built from a directory, ``None`` if it has a build system.

    ``where`` has the ``requirement``, such as ``requires lib from ../lib``.
    """

    def problem(code: Code, reason: str, fix: str) -> Diagnostic:
        return Diagnostic(code=code, where=where, problem=f"{requirement}, {reason}", fix=fix)

    if not directory.is_dir():
        return problem("source-not-found", "which doesn't exist", "correct the path")
    try:
        check_regular(directory / "pyproject.toml")
        table = tomllib.loads((directory / "pyproject.toml").read_text("utf-8"))
    except FileNotFoundError:
        table = {}
    except OSError as error:
        return problem("unreadable-file", f"whose pyproject.toml can't be read ({error.strerror})", "fix the file")
    except (ValueError, RecursionError) as error:
        return problem("unreadable-file", f"whose pyproject.toml isn't TOML ({error})", "fix the file")
    if "build-system" in table or (directory / "setup.py").is_file():
        return None
    return problem("source-not-found", "which has no build system", "add [build-system] to its pyproject.toml")


def reads_beyond(directory: Path) -> bool:
    """Return whether a build of the directory might depend on more than its files and its commit.

    It might if it runs code other than the build backend, if the version comes from the environment, or if a path in
    the configuration leads out of the directory.
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
    """Yield all keys and strings in a TOML value, except for requirements and tables that builds don't read."""
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
    """Return a hash of every file that a build of the directory might read, and of its commit."""
    found = hashlib.sha256(_described(directory))
    for file in _source_files(directory):
        executable = os.access(file, os.X_OK)
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        found.update(f"{file.relative_to(directory).as_posix()}\0{executable}{content}\n".encode())
    return found.hexdigest()


def _source_files(directory: Path) -> Iterator[Path]:
    """Yield the files in the directory, except for those of tools and earlier builds; follow links to directories."""
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
    """Return Git's description of the commit, which versions might come from; empty outside a repository."""
    try:
        command = ["git", "-C", str(directory), "describe", "--always", "--tags", "--long", "--dirty"]
        return subprocess.run(command, capture_output=True, check=False).stdout  # noqa: S603  # no shell
    except OSError:
        return b""
