"""The requirements in a conflict, as pip reports them: lines like ``a 2.0 depends on b<2``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from hatch_lambda.resolve.pip.log import name_in, specifier_in

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

MOST_REQUIRERS = 8
"""Requirements in one message."""

_DEPENDS = re.compile(r"(?P<by>\S+) (?P<version>\S+) depends on (?P<requirement>.+)")
_REQUESTED = re.compile(r"The user requested (?P<constraint>\(constraint\) )?(?P<requirement>.+)")


@dataclass(frozen=True)
class Requirer:
    """A requirement and the release that declares it; ``by`` is empty for the project and for a constraint."""

    by: str
    version: Version | None
    requirement: str
    is_constraint: bool = False

    @property
    def name(self) -> NormalizedName:
        """Return the required name."""
        return name_in(self.requirement)

    @cached_property
    def specifier(self) -> SpecifierSet:
        """Return the required versions."""
        return specifier_in(self.requirement)

    def admits(self, version: Version) -> bool:
        """Return whether a version satisfies the requirement."""
        return self.specifier.contains(version, prereleases=True)

    def is_release(self, name: NormalizedName, version: Version) -> bool:
        """Return whether this release declares the requirement."""
        return bool(self.by) and (name_in(self.by), self.version) == (name, version)


def read_requirer(line: str) -> Requirer | None:
    """Return the requirement in a line of pip's output; ``None`` if there is none."""
    requested, depends = _REQUESTED.match(line), _DEPENDS.match(line)
    if requested:
        requirement = _as_written(requested["requirement"])
        return Requirer("", None, requirement, is_constraint=bool(requested["constraint"]))
    if depends is None:
        return None
    try:
        return Requirer(depends["by"], Version(depends["version"]), _as_written(depends["requirement"]))
    except InvalidVersion:
        return None


def _as_written(requirement: str) -> str:
    """Return a requirement as packages write it: pip prints ``lib<2, !=1.5 and >=1`` for ``lib<2,!=1.5,>=1``.

    Source: ``SpecifierRequirement.format_for_error`` of pip 26.3.
    """
    versions, semicolon, marker = requirement.partition(";")
    return re.sub(r", | and ", ",", versions) + semicolon + marker


def requirers_text(requirers: Iterable[Requirer]) -> str:
    """Return who requires what; releases with the same requirement, or with many similar ones, share a clause."""
    requirers = list(requirers)
    groups = _grouped(requirers, lambda one: (one.by, one.requirement, one.is_constraint))
    if len(groups) > MOST_REQUIRERS:
        groups = _grouped(requirers, lambda one: (one.by, one.name, one.is_constraint))
    clauses = [_clause(group) for group in groups]
    if len(clauses) > MOST_REQUIRERS:
        clauses = [*clauses[:MOST_REQUIRERS], f"… ({len(clauses)} in total)"]
    return ", ".join(clauses)


def _grouped(requirers: Iterable[Requirer], key: Callable[[Requirer], Hashable]) -> list[list[Requirer]]:
    groups: dict[Hashable, list[Requirer]] = {}
    for one in requirers:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def _clause(group: Sequence[Requirer]) -> str:
    first, requirements = group[0], list(dict.fromkeys(one.requirement for one in group))
    what = requirements[0] if len(requirements) == 1 else f"{first.name}, for example {requirements[0]}"
    if not first.by:
        return f"{'a constraint requires' if first.is_constraint else 'the project requires'} {what}"
    versions = sorted({one.version for one in group if one.version})
    if len(versions) == 1:
        return f"{first.by} {versions[0]} requires {what}"
    return f"{first.by} {versions[0]} to {versions[-1]} require {what}"
