"""What is in a function's layers, and so is excluded from the function."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.tags import parse_tag
from packaging.utils import canonicalize_name, canonicalize_version

from hatch_lambda.config.archives import is_path
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError, PlanError
from hatch_lambda.resolve.validate import is_satisfied
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import ARCHITECTURES, Target, wheel_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from packaging.tags import Tag
    from packaging.utils import NormalizedName

    from hatch_lambda.archive.plan import ArchivePlan, Entry, Origin
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.resolve.base import Dependency
    from hatch_lambda.wheels.wheel import Wheel

LAYER_PREFIX = "python/"
"""The directory of modules in a layer that we make.

Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html, read 2026-11-23.
"""

_SITE_PACKAGES = re.compile(r"python/lib/python(3\.\d+)/site-packages/")
"""The other directory of a layer that Python imports from, if it has that version. Source: as above."""


@dataclass(frozen=True)
class Layer:
    """A layer as its function finds it below ``/opt``: its name, and its files.

    ``python`` is the version of the Python that imports from it, for example ``3.13``.
    """

    name: str
    plan: ArchivePlan
    python: str

    @property
    def modules(self) -> dict[str, Entry]:
        """Return the files that Python can import from the layer, by their paths below its search path."""
        first, second = self.directories
        return second | first

    @cached_property
    def directories(self) -> tuple[dict[str, Entry], dict[str, Entry]]:
        """Return the files in ``site-packages`` and those in ``python/``, which Python searches in this order.

        Source of the order: ``set_default_sys_path`` in ``bootstrap.py`` of AWS's images of python3.10 and python3.11,
        read 2026-11-27.
        """
        found: dict[str, Entry] = {}
        first: dict[str, Entry] = {}
        for path, entry in self.plan.paths.items():
            inner = _SITE_PACKAGES.match(path)
            if inner and inner[1] == self.python:
                first[path[inner.end() :]] = entry
            elif not inner and path.startswith(LAYER_PREFIX):
                found[path.removeprefix(LAYER_PREFIX)] = entry
        return first, found

    @cached_property
    def versions(self) -> dict[NormalizedName, str]:
        """Return the version of each distribution in the layer."""
        origins = {entry.origin for entry in self.modules.values()}
        return {canonicalize_name(origin.name): origin.version for origin in origins if origin.dist_info}


def versions_in_layers(layers: Sequence[Layer]) -> dict[NormalizedName, str]:
    """Return the version of each distribution in the layers."""
    return {name: version for layer in layers for name, version in layer.versions.items()}


def check_versions(owners: Iterable[Origin], layers: Sequence[Layer], archive: str) -> None:
    """Raise ``PlanError`` for each distribution that has two versions in an archive and its layers.

    ``owners`` are the distributions that ``archive`` needs, including those that its layers provide.
    """
    places = [(archive, {canonicalize_name(owner.name): owner.version for owner in owners})]
    places += [(f"layer {layer.name}", layer.versions) for layer in layers]
    first: dict[NormalizedName, tuple[str, str]] = {}
    problems = []
    for place, versions in places:
        for name, version in sorted(versions.items()):
            other, there = first.setdefault(name, (version, place))
            if canonicalize_version(other) != canonicalize_version(version):
                problem = f"{other} in {there}, but {version} in {place}, and Lambda would import only one of them"
                fix = "pin the same version for both, or build both together"
                problems.append(Diagnostic(code="layer-conflict", where=name, problem=problem, fix=fix))
    if problems:
        raise PlanError(problems)


def wheels_not_in_layers(wheels: Iterable[Wheel], layers: Sequence[Layer]) -> tuple[Wheel, ...]:
    """Return the wheels that no layer provides."""
    versions = versions_in_layers(layers)
    return tuple(wheel for wheel in wheels if wheel.name not in versions)


@dataclass(frozen=True)
class LayerZips:
    """The zips that archives use as layers, by their paths below ``root``; each is read once."""

    root: Path
    found: dict[str, LambdaZip] = field(default_factory=dict)

    def read(self, path: str) -> LambdaZip:
        """Return the content of a zip; raises ``ZipError``."""
        from hatch_lambda.archive.read import read_zip

        if path not in self.found:
            self.found[path] = read_zip(self.root / path)
        return self.found[path]

    def check(self, archives: Iterable[LambdaConfig]) -> None:
        """Raise ``ConfigError`` for each zip in the option ``layers`` that can't be a layer of its archive."""
        problems: dict[Diagnostic, None] = {}
        for config in archives:
            address = config.where("layers")
            for index, name in enumerate(config.layers, 1):
                problem = self._problem(f"{address} #{index}", name, config.target) if is_path(name) else None
                if problem:
                    problems[replace(problem, table=address.rpartition(".")[0])] = None
        if problems:
            raise ConfigError(problems)

    def _problem(self, where: str, path: str, target: Target) -> Diagnostic | None:
        if not (self.root / path).is_file():
            problem, fix = f"no file {path!r} in the project", "build or download it first, or correct the path"
            return Diagnostic(code="path-not-found", where=where, problem=problem, fix=fix)
        reason = layer_problem(self.read(path), target)
        problem = f"{path!r} isn't a layer for {target}, because it {reason}"
        fix = "set the path of another layer, or build it for this runtime and architecture"
        return Diagnostic(code="layer-mismatch", where=where, problem=problem, fix=fix) if reason else None


def layer_problem(found: LambdaZip, target: Target) -> str | None:
    """Return why a zip isn't a layer for the target; ``None`` if it might be one.

    For a zip of hatch-lambda, what it wrote there counts; for others, their directories and the tags of their wheels.
    """
    if found.described is not None:
        return _described_problem(found, target)
    python = target.runtime.python_version
    versions = {match[1] for path in found.plan.paths if (match := _SITE_PACKAGES.match(path))}
    if versions and python not in versions and not Layer("", found.plan, python).versions:
        others = ", ".join(f"{LAYER_PREFIX}lib/python{version}/site-packages" for version in sorted(versions))
        return f"has its modules in {others}, which {target.runtime.name} doesn't search"
    for distribution in found.distributions:
        tags = [tag for text in distribution.tags for tag in _tags(text)]
        built_there = any(tag.platform == f"linux_{target.machine}" for tag in tags)
        problem = None if built_there or not tags else target.wheel_problem(tags)
        if problem:
            return f"includes {distribution}, {problem}"
    return None


def _described_problem(found: LambdaZip, target: Target) -> str | None:
    if found.kind != "layer":
        return f"is the zip of a {found.kind}"
    if target.runtime.name in found.runtimes and target.architecture in found.architectures:
        return None
    runtimes, architectures = ", ".join(found.runtimes), " and ".join(found.architectures)
    return f"is for {runtimes or 'no runtime'} on {architectures or 'no architecture'}"


def _tags(text: str) -> frozenset[Tag]:
    try:
        return parse_tag(text)
    except ValueError:
        return frozenset()


def compatible_targets(
    roots: Sequence[Dependency], wheels: Sequence[Wheel], config: LambdaConfig
) -> tuple[Target, ...]:
    """Return the targets that these wheels work on: their own, and others only if all are pure.

    On another target they must satisfy all requirements that its markers select, and support its Python. Excluded
    packages count as satisfied. An archive with the project's own files is for its own target only.
    """
    target = config.target
    if config.project or not all(tag.platform == "any" for wheel in wheels for tag in wheel_tags(wheel.filename)):
        return (target,)
    without = {*config.exclude_packages}

    def right(other: Target) -> bool:
        return is_satisfied(roots, wheels, other, without=without)

    architectures = [name for name in ARCHITECTURES if right(replace(target, architecture=name))]
    found: list[Target] = []
    for runtime in dict.fromkeys([*RUNTIMES, target.runtime]):
        patch = target.patch if runtime == target.runtime else None
        each = [Target(runtime, architecture, patch) for architecture in architectures]
        found += each if all(map(right, each)) else []
    return tuple(found)


def project_files(entries: Iterable[Entry], layers: Sequence[Layer]) -> Iterator[Entry]:
    """Yield the project's files, without those that are in a layer with the same content.

    If layers have different files with one path, the last layer's counts.
    """
    in_layers: Mapping[str, Entry] = {path: entry for layer in layers for path, entry in layer.modules.items()}
    for entry in entries:
        other = in_layers.get(entry.path)
        if other is None or not other.origin.project or not entry.same_content(other):
            yield entry
