"""What lies in a function's layers, and so stays out of the function."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.tags import Tag, parse_tag
from packaging.utils import canonicalize_name, canonicalize_version

from hatch_lambda.errors import FinishedError, PlanError
from hatch_lambda.finished import read_finished
from hatch_lambda.resolve.proof import suits
from hatch_lambda.runtimes import RUNTIMES
from hatch_lambda.target import ARCHITECTURES, Target, wheel_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName

    from hatch_lambda.config import LambdaConfig
    from hatch_lambda.plan import ArchivePlan, Entry
    from hatch_lambda.resolve.base import Demand
    from hatch_lambda.wheels import Wheel

LAYER_PREFIX = "python/"
"""Where modules lie in a layer that we make.

Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html, read 2026-11-23.
"""

_IMPORTED = re.compile(r"python/(?:lib/python3\.\d+/site-packages/)?")
"""Folders of a layer that Python imports from. Source: as above."""


@dataclass(frozen=True)
class Layer:
    """A layer as its function finds it below ``/opt``: what it is called, and every file of it."""

    name: str
    plan: ArchivePlan

    @cached_property
    def modules(self) -> dict[str, Entry]:
        """Return what Python can import from the layer, each file under its path from there."""
        found = ((_IMPORTED.match(path), path, entry) for path, entry in self.plan.paths.items())
        return {path[match.end() :]: entry for match, path, entry in found if match}

    @cached_property
    def versions(self) -> dict[NormalizedName, str]:
        """Return the version of each distribution in the layer."""
        origins = {entry.origin for entry in self.plan.entries}
        return {canonicalize_name(origin.name): origin.version for origin in origins if origin.dist_info}


def layer_in_zip(path: Path, target: Target) -> Layer:
    """Return a layer that is there already; raises ``FinishedError`` for a zip that is none, or not for the target."""
    found = read_finished(path)
    if found.kind != "layer":
        raise FinishedError(f"{path}: a function's archive, with nothing under python/; name a layer")
    described = found.described or {}
    runtimes = described.get("compatible-runtimes", [described.get("runtime", target.runtime.name)])
    architectures = described.get("compatible-architectures", [described.get("architecture", target.architecture)])
    if target.runtime.name not in runtimes or target.architecture not in architectures:
        made_for = f"{', '.join(runtimes)} on {', '.join(architectures)}"
        raise FinishedError(f"{path}: made for {made_for}; needed for {target}; build it for that")
    problems = [
        f"{path}: {one}: {objection}; build it for {target}"
        for one in found.distributions
        if one.tags and (objection := target.objection(_parsed(one.tags)))
    ]
    if problems:
        raise FinishedError(problems)
    return Layer(path.name, found.plan)


def _parsed(tags: Iterable[str]) -> set[Tag]:
    """Return the tags in a WHEEL file, as far as they are some."""
    return {single for tag in tags if tag.count("-") == 2 for single in parse_tag(tag)}  # noqa: PLR2004  # three parts


def carried(layers: Sequence[Layer]) -> dict[NormalizedName, str]:
    """Return the version of each distribution in the layers; raises ``PlanError`` for one that is there in two."""
    found: dict[NormalizedName, tuple[str, str]] = {}
    problems = []
    for layer in layers:
        for name, version in layer.versions.items():
            other, there = found.setdefault(name, (version, layer.name))
            if not _same(other, version):
                problems.append(f"{name}: {version} in layer {layer.name}, but {other} in layer {there}; {_REMEDY}")
    if problems:
        raise PlanError(problems)
    return {name: version for name, (version, _) in found.items()}


_REMEDY = "one of the two would win at run time; give both the same version, or build both in one go"


def without_carried(wheels: Iterable[Wheel], layers: Sequence[Layer], archive: str) -> tuple[Wheel, ...]:
    """Return the wheels that no layer carries; raises ``PlanError`` for each that one carries in another version.

    ``archive`` names what the wheels are for.
    """
    versions = carried(layers)
    problems = [
        f"{wheel.name}: {wheel.version} for {archive}, but {versions[wheel.name]} in layer "
        f"{_holder(wheel.name, layers)}; {_REMEDY}"
        for wheel in wheels
        if not _same(versions.get(wheel.name, wheel.version), wheel.version)
    ]
    if problems:
        raise PlanError(problems)
    return tuple(wheel for wheel in wheels if wheel.name not in versions)


def _same(one: str, other: str) -> bool:
    """Return whether two versions are one, however they are written."""
    return one == other or canonicalize_version(one) == canonicalize_version(other)


def _holder(name: NormalizedName, layers: Iterable[Layer]) -> str:
    return next(layer.name for layer in layers if name in layer.versions)


def valid_on(roots: Sequence[Demand], wheels: Sequence[Wheel], config: LambdaConfig) -> tuple[Target, ...]:
    """Return the targets that these wheels are right for as they are: their own, and others only if all are pure.

    On another target they must be all that its markers ask for, and suit its Python. What the archive excludes counts
    as met, and with the project's own files in it, nothing is known of other targets.
    """
    target = config.target
    if config.project or not all(tag.platform == "any" for wheel in wheels for tag in wheel_tags(wheel.filename)):
        return (target,)
    without = {*config.exclude_packages}

    def right(other: Target) -> bool:
        return suits(roots, wheels, other, without=without)

    architectures = [name for name in ARCHITECTURES if right(replace(target, architecture=name))]
    found: list[Target] = []
    for runtime in dict.fromkeys([*RUNTIMES, target.runtime]):
        patch = target.patch if runtime == target.runtime else None
        each = [Target(runtime, architecture, patch) for architecture in architectures]
        found += each if all(map(right, each)) else []
    return tuple(found)


def project_files(entries: Iterable[Entry], layers: Sequence[Layer]) -> Iterator[Entry]:
    """Yield the project's files, without those that lie in a layer with the same content."""
    beneath: Mapping[str, Entry] = {path: entry for layer in reversed(layers) for path, entry in layer.modules.items()}
    for entry in entries:
        there = beneath.get(entry.path)
        if there is None or not there.origin.project or not entry.same_content(there):
            yield entry
