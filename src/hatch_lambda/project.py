"""The project as its build backend describes it: its requirements, its files in the zip, and its dist-info."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from hatch_lambda.archive.plan import Entry, FileContent, Origin, TextContent, open_content
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ProjectError
from hatch_lambda.resolve.base import Dependency
from hatch_lambda.resolve.uv_settings import UvSettings
from hatch_lambda.wheels.wheel import LARGEST_SCRIPT, console_script, run_by_lambda, wheel_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName

    from hatch_lambda.archive.plan import Content
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.diagnostics import Message
    from hatch_lambda.resolve.overrides import Overrides
    from hatch_lambda.runtime.target import Target
    from hatch_lambda.wheels.wheel import Wheel

PROJECT_FILE = "pyproject.toml"

LAMBDA_JSON_SCHEMA = 1
"""Version of the format of ``lambda.json``; it increases when a field changes its meaning or is removed."""

DESCRIPTIONS = "hatch-lambda"
"""The directory of ``lambda.json`` in zips without the project's dist-info; Python imports nothing from there."""

_PYTHONS = re.compile(rb"#!.*(?:pythonw?|pypyw?)")
"""The first lines that Hatch replaces with ``#!python`` in a wheel.

Source: https://hatch.pypa.io/latest/plugins/builder/wheel/#options, ``shared-scripts``, read 2026-11-23.
"""


@dataclass(frozen=True)
class SelectedFile:
    """A file that Hatch selected, and its path in the zip. ``size`` is in bytes."""

    source: Path
    path: str
    size: int
    executable: bool


@dataclass(frozen=True, kw_only=True)
class Project:
    """What a build needs to know about the project; nothing here has been checked.

    Either Hatch has selected ``files`` and has described the rest, or ``wheel`` contains all files of the project.
    ``scripts`` have paths in ``bin/``. ``found_by_handler`` is the path that was selected because it contains the
    handler; empty if options select the files.
    """

    name: str
    version: str
    dependencies: tuple[str, ...]
    optional_dependencies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    dependency_groups: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    uv: UvSettings = field(default_factory=UvSettings)
    files: tuple[SelectedFile, ...] = ()
    dist_info: str
    metadata: str
    entry_points: str = ""
    licenses: tuple[SelectedFile, ...] = ()
    console_scripts: Mapping[str, str] = field(default_factory=dict)
    scripts: tuple[SelectedFile, ...] = ()
    found_by_handler: str = ""
    wheel: Wheel | None = None

    @property
    def origin(self) -> Origin:
        """Return the project as the owner of its files."""
        return Origin(self.name, self.version, self.dist_info, project=True)


def is_executable(mode: int, start: bytes, *, has_modes: bool = os.name != "nt") -> bool:
    """Return whether a file is executable: by its mode, or on a host without modes, by its first line, ``#!``."""
    return bool(mode & 0o100) if has_modes else start.startswith(b"#!")


def root_dependencies(project: Project, config: LambdaConfig) -> tuple[Dependency, ...]:
    """Return what the zip must contain: dependencies, the selected extras, and the selected groups.

    Overrides in ``[tool.uv]`` have replaced requirements of their names.

    Raises ``ProjectError`` with every problem: an unknown extra or group, or a group that can't be read.
    """
    own = [Dependency("project.dependencies", Requirement(text)) for text in project.dependencies]
    target = config.target
    found = list(_expanded(project, own, target))
    problems: list[Message] = []
    reads: list[tuple[Callable[[Project, str, str, Target], list[Dependency]], str, str]] = [
        (_feature_dependencies, f"{config.where('features')} #{index}", name)
        for index, name in enumerate(config.features, 1)
    ]
    reads += [
        (_group_dependencies, f"{config.where('dependency-groups')} #{index}", name)
        for index, name in enumerate(config.dependency_groups, 1)
    ]
    for read, where, name in reads:
        try:
            found += _expanded(project, read(project, where, name, target), target)
        except ProjectError as error:
            problems += error.diagnostics
    if problems:
        raise ProjectError(problems)
    return tuple(changed for dependency in found for changed in _overridden(dependency, project.uv.overrides))


def _overridden(dependency: Dependency, overrides: Overrides) -> Iterator[Dependency]:
    for text in overrides.apply([str(dependency.requirement)]):
        yield Dependency(dependency.required_by, Requirement(text))


def _feature_dependencies(project: Project, address: str, feature: str, target: Target) -> list[Dependency]:
    name = canonicalize_name(feature)
    if name not in project.optional_dependencies:
        known = project.optional_dependencies
        raise ProjectError(_unknown("unknown-extra", address, feature, known, "project.optional-dependencies"))
    where = f"project.optional-dependencies.{name}"
    return [Dependency(where, one) for one in _requirements_of(project, name, target)]


def _requirements_of(project: Project, extra: NormalizedName, target: Target) -> list[Requirement]:
    """Return the requirements of an extra; those of a wheel without the marker that limits them to the extra."""
    found = [Requirement(text) for text in project.optional_dependencies.get(extra, ())]
    for requirement in found:
        with suppress(ValueError):  # which is reported with the other markers that can't be evaluated
            if target.holds(requirement.marker, extra) and not target.holds(requirement.marker):
                requirement.marker = None
    return found


def _group_dependencies(project: Project, address: str, group: str, _: Target) -> list[Dependency]:
    known = {canonicalize_name(name) for name in project.dependency_groups}
    if canonicalize_name(group) not in known:
        raise ProjectError(_unknown("unknown-group", address, group, known, "dependency-groups"))
    # here, because most zips have no groups
    from packaging.dependency_groups import DependencyGroupResolver
    from packaging.errors import ExceptionGroup

    where = f"dependency-groups.{group}"
    try:
        requirements = DependencyGroupResolver(project.dependency_groups).resolve(group)
    except (ExceptionGroup, InvalidRequirement) as error:  # packaging 26.1 raises the second one for a requirement
        causes = error.exceptions if isinstance(error, ExceptionGroup) else [error]
        problem = f"can't be resolved, because {' and '.join(map(_cause, causes))}"
        fix = "correct the group"
        raise ProjectError(Diagnostic(code="dependency-group", where=where, problem=problem, fix=fix)) from None
    return [Dependency(where, requirement) for requirement in requirements]


def _cause(error: Exception) -> str:
    """Return why a group can't be resolved; packaging shows the requirement and a caret on further lines."""
    reason, *lines = str(error).splitlines()
    if not lines:
        return reason
    return f"{lines[0].strip()!r} isn't a requirement ({reason[:1].lower()}{reason[1:]})"


def _expanded(
    project: Project, found: Iterable[Dependency], target: Target, seen: frozenset[str] = frozenset()
) -> Iterator[Dependency]:
    """Replace the project's own name, as in ``shop[data]``, by the requirements of those extras.

    The project doesn't come from an index; on one, its name might be another package's.
    """
    for dependency in found:
        requirement = dependency.requirement
        if canonicalize_name(requirement.name) != canonicalize_name(project.name):
            yield dependency
            continue
        for extra in sorted({canonicalize_name(extra) for extra in requirement.extras} - seen):
            inner = [
                Dependency(dependency.required_by, _under(requirement.marker, one))
                for one in _requirements_of(project, extra, target)
            ]
            yield from _expanded(project, inner, target, seen | {extra})


def _under(marker: Marker | None, requirement: Requirement) -> Requirement:
    """Return the requirement, limited to environments where the marker is true too."""
    if marker is not None:
        requirement.marker = Marker(f"({marker}) and ({requirement.marker})") if requirement.marker else marker
    return requirement


def _unknown(
    code: Literal["unknown-extra", "unknown-group"], where: str, name: str, known: Iterable[str], table: str
) -> Diagnostic:
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    choices = f"choose from {', '.join(names)}" if names else f"add it to [{table}], or remove the entry"
    hint = f"did you mean {close[0]!r}? " if close else ""
    problem = f"unknown {code.removeprefix('unknown-')} {name!r}"
    return Diagnostic(code=code, where=where, problem=problem, fix=f"{hint}{choices}", table=where.rpartition(".")[0])


def project_entries(project: Project, config: LambdaConfig, *, whole: bool) -> Iterator[Entry]:
    """Yield the project's files and, if ``whole`` is set, its dist-info."""
    if project.wheel:
        yield from _entries_of_wheel(project, project.wheel, config, whole=whole)
        return
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


def _entries_of_wheel(project: Project, wheel: Wheel, config: LambdaConfig, *, whole: bool) -> Iterator[Entry]:
    origin = project.origin if whole else replace(project.origin, dist_info=None)
    scripts_for = config.target.runtime.python_version if config.scripts and whole else None
    for entry in wheel_entries(wheel, scripts_for=scripts_for):
        if whole or not entry.path.startswith(f"{project.dist_info}/"):
            yield replace(entry, origin=origin)


def _script(file: SelectedFile, origin: Origin, python_version: str) -> Entry:
    """Return a script in ``bin/``; its first line names Lambda's Python instead of any other."""
    content: Content = FileContent(file.source, file.size)
    if file.size <= LARGEST_SCRIPT:
        with open_content(content) as source:
            text = source.read(LARGEST_SCRIPT + 1)
        if _PYTHONS.match(text):
            content = TextContent(run_by_lambda(text, python_version))
    return Entry(f"bin/{file.path}", origin, content, executable=True)


def lambda_json_entry(project: Project, config: LambdaConfig, described: Mapping[str, Any], *, whole: bool) -> Entry:
    """Return ``lambda.json``: in the project's dist-info, or in a zip without that, under a separate name."""
    content = TextContent((json.dumps(described, indent=2) + "\n").encode())
    if whole:
        return Entry(f"{project.dist_info}/lambda.json", project.origin, content)
    path = f"{DESCRIPTIONS}/{canonicalize_name(project.name)}-{config.build_name}.json"
    return Entry(path, replace(project.origin, dist_info=None), content)


def sbom_entry(project: Project, config: LambdaConfig, sbom: str, *, whole: bool) -> Entry:
    """Return the SBOM: in the project's dist-info (PEP 770), or in a zip without that, under a separate name."""
    content = TextContent(sbom.encode())
    if whole:
        return Entry(f"{project.dist_info}/sboms/hatch-lambda.cdx.json", project.origin, content)
    path = f"{DESCRIPTIONS}/sboms/{canonicalize_name(project.name)}-{config.build_name}.cdx.json"
    return Entry(path, replace(project.origin, dist_info=None), content)


def lambda_json(
    project: Project,
    config: LambdaConfig,
    wheels: Sequence[Wheel],
    compatible: Sequence[Target],
    layers: Sequence[str] = (),
    bytecode: str | None = None,
) -> dict[str, Any]:
    """Return the content of ``lambda.json``: the target of the zip, and the wheels in it.

    ``size`` is the size of the wheel in bytes, ``sha256`` its hash in hexadecimal. A wheel that was built here has
    neither, because it can't be downloaded and a rebuild of it might have another hash with the same files;
    ``built-from`` is its sdist or its commit. ``layers`` are all layers that the function needs, in their order. For a
    layer, the targets that it is valid on are included. ``bytecode`` is the exact version of the Python that compiled
    the modules, such as ``3.13.5``; without bytecode, it isn't there.
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
        **({"bytecode": bytecode} if bytecode else {}),
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
    """Return the targets as ``PublishLayerVersion`` accepts them."""
    return {
        "compatible-runtimes": list(dict.fromkeys(target.runtime.name for target in targets)),
        "compatible-architectures": list(dict.fromkeys(target.architecture for target in targets)),
    }
