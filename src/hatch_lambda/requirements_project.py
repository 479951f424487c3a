"""A directory with a requirements file as a project: its files, and what the file requires."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from pathspec import GitIgnoreSpec

from hatch_lambda.archive.plan import unreadable
from hatch_lambda.config.options import LOCK_FILE
from hatch_lambda.config.table_names import value_at
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ProjectError, masked
from hatch_lambda.files.paths import check_regular, path_problem
from hatch_lambda.project import PROJECT_FILE, Project, SelectedFile, is_executable
from hatch_lambda.project_wheel import specifiers
from hatch_lambda.resolve.uv_settings import read_uv_settings
from hatch_lambda.resolve.workspace import workspace_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.specifiers import SpecifierSet

DEFAULT_HANDLER = "lambda_function.lambda_handler"
"""The handler of a function that AWS's console creates.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html, read 2026-11-28.
"""

NO_VERSION = "0"
"""The version of a project that declares none."""

_NOT_SOURCE = frozenset({"__pycache__", "node_modules"})
_INDEX_OPTION = re.compile(r"-i\b|--(index-url|extra-index-url|no-index|trusted-host|find-links)\b|-f\b")
_INCLUDE = re.compile(r"(?P<option>-r|-c|--requirement|--constraint)[\s=]*(?P<path>\S+)$")


@dataclass(frozen=True)
class RequirementsFile:
    """The content of a requirements file: requirements, constraints files, and whether it has hashes."""

    requirements: tuple[str, ...]
    constraints: tuple[str, ...]
    hashed: bool


@dataclass(frozen=True)
class RequirementsProject:
    """A directory whose files are the project, and its requirements file; ``pyproject`` is empty without one.

    ``output`` is the directory of zips, which aren't part of the project.
    """

    directory: Path
    file: Path
    pyproject: Mapping[str, Any]
    output: Path

    @property
    def requires_python(self) -> SpecifierSet:
        """Return which Pythons the project supports; raises ``ProjectError``."""
        return specifiers(str(value_at(self.pyproject, "project.requires-python") or ""))

    @property
    def version(self) -> str:
        """Return the version in pyproject.toml, empty without one."""
        version = value_at(self.pyproject, "project.version")
        return version if isinstance(version, str) else ""

    @property
    def name(self) -> str:
        """Return the name in pyproject.toml, or else that of the directory."""
        declared = value_at(self.pyproject, "project.name")
        name = declared if isinstance(declared, str) else self.directory.name
        return canonicalize_name(re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-_.") or "function")

    @cached_property
    def read(self) -> RequirementsFile:
        """Return the requirements file; raises ``ProjectError`` with every problem."""
        if self.is_project_file:
            return RequirementsFile(declared_requirements(self.pyproject), (), hashed=False)
        return read_requirements(self.file, self.directory)

    @property
    def is_project_file(self) -> bool:
        """Return whether the requirements are those of ``[project]`` in pyproject.toml."""
        return self.file == self.directory / PROJECT_FILE

    def implied_options(self, *, locking: bool = False) -> dict[str, Any]:
        """Return the options of our table that follow from the files, for a build or for ``locking``.

        Raises ``ProjectError``.
        """
        implied: dict[str, Any] = {}
        if self.read.hashed:
            implied["lock"] = _shown(self.file, self.directory)
        elif self.read.constraints:
            implied["constraints"] = list(self.read.constraints)
        if not (self.read.hashed or self.is_project_file):  # a uv.lock is for pyproject.toml
            is_locked = locking or (self.directory / LOCK_FILE).exists()
            implied["lock"] = LOCK_FILE if is_locked else False
        module, _, function = DEFAULT_HANDLER.partition(".")
        with suppress(OSError):
            if function in (self.directory / f"{module}.py").read_text("utf-8", "replace"):
                implied["handler"] = DEFAULT_HANDLER
        return implied

    @cached_property
    def project(self) -> Project:
        """Return the project; raises ``ProjectError`` for a file that can't be in a zip."""
        version = self.version or NO_VERSION
        return Project(
            name=self.name,
            version=version,
            dependencies=self.read.requirements,
            dependency_groups=groups if isinstance(groups := self.pyproject.get("dependency-groups"), dict) else {},
            uv=read_uv_settings(self.directory, workspace_root(self.directory)),
            files=tuple(self._files()),
            dist_info=f"{self.name.replace('-', '_')}-{version}.dist-info",
            metadata=f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {version}\n",
        )

    def _files(self) -> Iterator[SelectedFile]:
        """Yield the files of the project, except for hidden and ignored ones, and those of tools."""
        ignored = _ignored(self.directory / ".gitignore")
        for root, directories, names in os.walk(self.directory, followlinks=True):
            here = Path(root)
            directories[:] = sorted(name for name in directories if not self._is_foreign(here / name, ignored))
            for path in (here / name for name in sorted(names)):
                relative = path.relative_to(self.directory).as_posix()
                if not (path.name.startswith(".") or ignored.match_file(relative) or self._is_ours(path)):
                    yield _selected(path, relative)

    def _is_foreign(self, directory: Path, ignored: GitIgnoreSpec) -> bool:
        relative = f"{directory.relative_to(self.directory).as_posix()}/"
        return (
            directory.name.startswith(".")
            or directory.name in _NOT_SOURCE
            or ignored.match_file(relative)
            or directory == self.output
            or (directory / "pyvenv.cfg").is_file()
        )

    def _is_ours(self, path: Path) -> bool:
        """Return whether a file is only for the build."""
        at_root = path.parent == self.directory
        return path == self.file or (at_root and path.suffix in {".lock", ".toml", ".zip"}) or path.suffix == ".pyc"


def _ignored(path: Path) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(path.read_text("utf-8", "replace").splitlines())
    except (OSError, ValueError):
        return GitIgnoreSpec.from_lines([])


def _selected(source: Path, path: str) -> SelectedFile:
    problem = path_problem(path)
    if problem:
        fix = "rename the file, or ignore it in .gitignore"
        raise ProjectError(Diagnostic(code="unsafe-path", where=repr(path), problem=problem, fix=fix))
    try:
        check_regular(source)
        with source.open("rb") as opened:
            stat, start = os.fstat(opened.fileno()), opened.read(2)
    except OSError as error:
        raise ProjectError(unreadable(source, error)) from None
    return SelectedFile(source, path, stat.st_size, executable=is_executable(stat.st_mode, start))


def read_requirements(file: Path, root: Path) -> RequirementsFile:
    """Return the content of a requirements file in pip's format; names in it are relative to ``root``.

    Raises ``ProjectError`` with every line that isn't a requirement, and if the file can't be read.
    """
    requirements: dict[str, None] = {}
    constraints: dict[str, None] = {}
    problems: list[Diagnostic] = []
    lines = list(_lines(file, root, ()))
    for path, line in lines:
        include = _INCLUDE.match(line)
        if include:
            if include["option"].lstrip("-").startswith("c"):
                constraints[str(path.parent / include["path"])] = None
            continue
        found = _line_problem(_shown(path, root), line)
        if found:
            problems.append(found)
        else:
            requirements[_text(line)] = None
    if problems:
        raise ProjectError(problems)
    return RequirementsFile(tuple(requirements), tuple(constraints), any("--hash" in line for _, line in lines))


def declared_requirements(pyproject: Mapping[str, Any]) -> tuple[str, ...]:
    """Return ``project.dependencies``; raises ``ProjectError`` naming each that isn't a requirement."""
    listed = value_at(pyproject, "project.dependencies")
    texts = list(map(str, listed)) if isinstance(listed, list) else []
    found = (_line_problem(f"project.dependencies #{number}", text) for number, text in enumerate(texts, 1))
    problems = [problem for problem in found if problem]
    if problems:
        raise ProjectError(problems)
    return tuple(texts)


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _text(line: str) -> str:
    return re.split(r"\s--", line)[0].strip()


def _lines(file: Path, root: Path, above: tuple[Path, ...]) -> Iterator[tuple[Path, str]]:
    """Yield each line of the file, and of the files that it includes, with the file that it is in."""
    try:
        check_regular(file)
        text = file.read_text("utf-8-sig", "replace")
    except OSError as error:
        by = f" (included by {_shown(above[-1], root)})" if above else ""
        raise ProjectError(
            Diagnostic(
                code="unreadable-file",
                where=_shown(file, root),
                problem=f"can't be read ({error.strerror}){by}",
                fix="correct the line" if above else "pass an existing file to --requirements",
            )
        ) from None
    text = re.sub(r"^[ \t]*#.*", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines())):
        yield file, line
        include = _INCLUDE.match(line)
        if include and not include["option"].lstrip("-").startswith("c"):
            inner = file.parent / include["path"]
            if inner.resolve() not in {path.resolve() for path in (file, *above)}:
                yield from _lines(inner, root, (*above, file))


def _line_problem(where: str, line: str) -> Diagnostic | None:
    """Return why a line isn't a requirement; ``None`` if it is one."""

    def problem(reason: str, fix: str) -> Diagnostic:
        return Diagnostic(code="metadata", where=where, problem=f"{masked(line)!r} {reason}", fix=fix)

    if _INDEX_OPTION.match(line):
        fix = "remove it, and set PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, or PIP_FIND_LINKS"
        return problem("is a setting of pip, which the build reads from variables and pip's configuration", fix)
    if line.startswith("-"):
        return problem("is an option of pip, which the build doesn't have", "write the line as a requirement")
    try:
        Requirement(_text(line))
    except InvalidRequirement:
        return problem("isn't a requirement", "write it as NAME>=VERSION or NAME @ URL")
    return None
