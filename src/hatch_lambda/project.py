"""The project as Hatch describes it: what it requires, which files it gives to the archive, and its own dist-info."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from packaging.dependency_groups import DependencyGroupResolver
from packaging.errors import ExceptionGroup
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hatch_lambda.archive.plan import Entry, FileContent, Origin, TextContent, open_content
from hatch_lambda.errors import ProjectError
from hatch_lambda.resolve.base import Dependency
from hatch_lambda.wheels.wheel import LARGEST_SCRIPT, console_script, run_by_lambda

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hatch_lambda.archive.plan import Content
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.diagnostics import Message
    from hatch_lambda.runtime.target import Target
    from hatch_lambda.wheels.wheel import Wheel

LAMBDA_JSON_SCHEMA = 1
"""Version of the layout of ``lambda.json``; it rises when a field changes its meaning or goes away."""

DESCRIPTIONS = "hatch-lambda"
"""The folder of ``lambda.json`` in archives without the project's dist-info; Python imports nothing from there."""

_PYTHONS = re.compile(rb"#!.*(?:pythonw?|pypyw?)")
"""The first lines that a wheel of Hatch has as ``#!python``.

Source: https://hatch.pypa.io/latest/plugins/builder/wheel/#options, ``shared-scripts``, read 2026-11-23.
"""


@dataclass(frozen=True)
class SelectedFile:
    """A file that Hatch selected, and where it goes in the archive. ``size`` is in bytes."""

    source: Path
    path: str
    size: int
    executable: bool


@dataclass(frozen=True, kw_only=True)
class Project:
    """All that the path needs to know of the project; Hatch has read it, nothing here has been judged.

    ``scripts`` have paths in the folder of programs.
    """

    name: str
    version: str
    dependencies: tuple[str, ...]
    optional_dependencies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    dependency_groups: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    uv_tables: tuple[Mapping[str, Any], ...] = ()
    files: tuple[SelectedFile, ...] = ()
    dist_info: str
    metadata: str
    entry_points: str = ""
    licenses: tuple[SelectedFile, ...] = ()
    console_scripts: Mapping[str, str] = field(default_factory=dict)
    scripts: tuple[SelectedFile, ...] = ()

    @property
    def origin(self) -> Origin:
        """Return the project as the owner of its files."""
        return Origin(self.name, self.version, self.dist_info, project=True)


def is_executable(mode: int, start: bytes, *, has_modes: bool = os.name != "nt") -> bool:
    """Return whether a file is to be run: by its mode, or where the host has no modes, by its first line, ``#!``."""
    return bool(mode & 0o100) if has_modes else start.startswith(b"#!")


def root_dependencies(project: Project, config: LambdaConfig) -> tuple[Dependency, ...]:
    """Return what the archive must hold: dependencies, the chosen features and the chosen groups.

    Raises ``ProjectError`` with every problem: a feature or group that the project lacks, a group that cannot be read.
    """
    own = [Dependency("project.dependencies", Requirement(text)) for text in project.dependencies]
    found = list(_expanded(project, own))
    problems: list[Message] = []
    reads: list[tuple[Callable[[Project, str, str], list[Dependency]], str, str]] = [
        (_feature_dependencies, f"{config.where('features')}[{index}]", name)
        for index, name in enumerate(config.features, 1)
    ]
    reads += [
        (_group_dependencies, f"{config.where('dependency-groups')}[{index}]", name)
        for index, name in enumerate(config.dependency_groups, 1)
    ]
    for read, where, name in reads:
        try:
            found += _expanded(project, read(project, where, name))
        except ProjectError as error:
            problems += error.diagnostics
    if problems:
        raise ProjectError(problems)
    return tuple(found)


def _feature_dependencies(project: Project, address: str, feature: str) -> list[Dependency]:
    name = canonicalize_name(feature)
    if name not in project.optional_dependencies:
        known = project.optional_dependencies
        raise ProjectError(_missing(address, "feature", feature, known))
    where = f"project.optional-dependencies.{name}"
    return [Dependency(where, Requirement(text)) for text in project.optional_dependencies[name]]


def _group_dependencies(project: Project, address: str, group: str) -> list[Dependency]:
    known = {canonicalize_name(name) for name in project.dependency_groups}
    if canonicalize_name(group) not in known:
        raise ProjectError(_missing(address, "group", group, known))
    where = f"dependency-groups.{group}"
    try:
        requirements = DependencyGroupResolver(project.dependency_groups).resolve(group)
    except ExceptionGroup as errors:
        causes = "; ".join(" ".join(str(error).split()) for error in errors.exceptions)
        raise ProjectError(f"{where}: cannot be read; {causes}; see to the group") from None
    return [Dependency(where, requirement) for requirement in requirements]


def _expanded(
    project: Project, found: Iterable[Dependency], seen: frozenset[str] = frozenset()
) -> Iterator[Dependency]:
    """Replace the project's own name, as in ``shop[data]``, by the requirements of those extras.

    The project is no package of an index; on one, its name may be a stranger's.
    """
    for dependency in found:
        requirement = dependency.requirement
        if canonicalize_name(requirement.name) != canonicalize_name(project.name):
            yield dependency
            continue
        for extra in sorted({canonicalize_name(extra) for extra in requirement.extras} - seen):
            texts = project.optional_dependencies.get(extra, ())
            inner = [
                Dependency(dependency.required_by, _under(requirement.marker, Requirement(text))) for text in texts
            ]
            yield from _expanded(project, inner, seen | {extra})


def _under(marker: Marker | None, requirement: Requirement) -> Requirement:
    """Return the requirement, to be met only where the marker holds as well."""
    if marker is not None:
        requirement.marker = Marker(f"({marker}) and ({requirement.marker})") if requirement.marker else marker
    return requirement


def _missing(where: str, kind: str, name: str, known: Iterable[str]) -> str:
    return f"{where}: the project has no {kind} {name!r}; it has {', '.join(sorted(known)) or 'none'}"


def project_entries(project: Project, config: LambdaConfig, *, whole: bool) -> Iterator[Entry]:
    """Yield the project's files and its dist-info, or with ``whole`` not set, its files only."""
    origin = project.origin if whole else replace(project.origin, dist_info=None)
    for file in project.files:
        yield Entry(file.path, origin, FileContent(file.source, file.size), file.executable)
    if not whole:
        return
    for name, text in {"METADATA": project.metadata, "entry_points.txt": project.entry_points}.items():
        if text:
            yield Entry(f"{project.dist_info}/{name}", origin, TextContent(text.encode()))
    for file in project.licenses:
        yield Entry(f"{project.dist_info}/{file.path}", origin, FileContent(file.source, file.size))
    if config.scripts:
        for name, reference in project.console_scripts.items():
            yield console_script(name, reference, origin, config.target.runtime.python_version)
        for file in project.scripts:
            yield _script(file, origin, config.target.runtime.python_version)


def _script(file: SelectedFile, origin: Origin, python_version: str) -> Entry:
    """Return a program in ``bin/``, with Lambda's Python in place of any other that its first line names."""
    content: Content = FileContent(file.source, file.size)
    if file.size <= LARGEST_SCRIPT:
        with open_content(content) as source:
            text = source.read(LARGEST_SCRIPT + 1)
        if _PYTHONS.match(text):
            content = TextContent(run_by_lambda(text, python_version))
    return Entry(f"bin/{file.path}", origin, content, executable=True)


def lambda_json_entry(project: Project, config: LambdaConfig, described: Mapping[str, Any], *, whole: bool) -> Entry:
    """Return ``lambda.json``: in the project's dist-info, or where the archive has none, under a name of its own."""
    content = TextContent((json.dumps(described, indent=2) + "\n").encode())
    if whole:
        return Entry(f"{project.dist_info}/lambda.json", project.origin, content)
    path = f"{DESCRIPTIONS}/{canonicalize_name(project.name)}-{config.build_name}.json"
    return Entry(path, replace(project.origin, dist_info=None), content)


def lambda_json(
    project: Project,
    config: LambdaConfig,
    wheels: Sequence[Wheel],
    compatible: Sequence[Target],
    layers: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what ``lambda.json`` says: for which target the archive was made, and of which wheels.

    ``size`` is the wheel's own size in bytes, ``sha256`` its hash, in hexadecimal. A wheel that was built here has
    neither, as nobody can fetch it and it may be another next time with the same files; ``built-from`` is its sdist or
    its commit. ``layers`` are all that have to be there, in their order. Of a
    layer it says on which targets it is valid as well.
    """
    return {
        "schema": LAMBDA_JSON_SCHEMA,
        "kind": config.kind,
        "archive": config.name,
        "name": project.name,
        "version": project.version,
        "runtime": config.target.runtime.name,
        "architecture": config.target.architecture,
        **(_compatible(compatible) if config.kind == "layer" else {"handler": config.handler}),
        "layers": list(layers),
        "distributions": [
            {
                "name": wheel.name,
                "version": wheel.version,
                "wheel": wheel.filename,
                **({} if wheel.built else {"sha256": wheel.sha256, "size": wheel.size}),
                **({"built-from": wheel.built_from} if wheel.built_from else {}),
            }
            for wheel in wheels
        ],
    }


def _compatible(targets: Sequence[Target]) -> dict[str, list[str]]:
    """Return the targets as ``PublishLayerVersion`` takes them."""
    return {
        "compatible-runtimes": list(dict.fromkeys(target.runtime.name for target in targets)),
        "compatible-architectures": list(dict.fromkeys(target.architecture for target in targets)),
    }
