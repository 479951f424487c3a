"""What replaces and removes requirements: ``override-dependencies`` and the like in ``[tool.uv]``.

pip's process runs this file too, without the rest of hatch_lambda, so it imports nothing from there.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, canonicalize_version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

_EXTRA = re.compile(r"""\bextra == "([^"]+)"|"([^"]+)" == extra\b""")
"""An extra in a marker as ``packaging`` writes it."""


@dataclass(frozen=True, kw_only=True)
class RequirementChange:
    """What changes in the requirements of a release, of each release of a package, or of everything.

    ``overrides`` replace every requirement of their names; those of one package are also added if it has no such
    requirement. ``excluded`` are names. ``metadata`` replaces all of its requirements first.
    """

    package: str = ""
    version: str = ""
    overrides: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    metadata: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Overrides:
    """Everything that replaces or removes requirements, with uv's meaning.

    Source: ``uv-configuration/src/overrides.rs`` and ``excludes.rs`` of uv, read 2026-11-28. Of the changes of a
    package, those for its version come before those for all its versions.
    """

    changes: tuple[RequirementChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def as_json(self) -> list[dict[str, Any]]:
        """Return the value that ``from_json`` reads."""
        return [asdict(change) for change in self.changes]

    @classmethod
    def from_json(cls, value: Iterable[Mapping[str, Any]]) -> Overrides:
        """Return the overrides from their JSON value."""
        return cls(tuple(RequirementChange(**_with_tuples(change)) for change in value))

    def without_urls(self, names: Collection[str]) -> Overrides:
        """Return the overrides without the URLs of these names, for a resolver that gets them from elsewhere."""
        return Overrides(
            tuple(
                replace(change, overrides=tuple(_without_url(text, names) for text in change.overrides))
                for change in self.changes
            )
        )

    def apply(self, requirements: Iterable[str], package: str = "", version: str = "") -> tuple[str, ...]:
        """Return the requirements of a release after all changes; without a package, those of the project."""
        if not self.changes:
            return tuple(requirements)
        return tuple(self._changed(requirements, canonicalize_name(package), canonicalize_version(version)))

    def _changed(self, requirements: Iterable[str], package: str, version: str) -> Iterator[str]:
        metadata = self._nearest("metadata", package, version)
        own = _by_name(self._nearest("overrides", package, version) or ())
        replaced = {**_by_name(self._global("overrides")), **own}
        excluded = {*self._global("excluded"), *(self._nearest("excluded", package, version) or ())}
        seen = set()
        for text in requirements if metadata is None else metadata:
            requirement = _parsed(text)
            name = canonicalize_name(requirement.name) if requirement else ""
            seen.add(name)
            if requirement is None or name not in {*replaced, *excluded}:
                yield text
            elif name not in excluded:
                yield from (_for_extra_of(requirement, override) for override in replaced[name])
        for name in sorted(own.keys() - seen - excluded):
            yield from map(str, own[name])

    def _global(self, field: str) -> list[str]:
        return [text for change in self.changes if not change.package for text in getattr(change, field) or ()]

    def _nearest(self, field: str, package: str, version: str) -> tuple[str, ...] | None:
        """Return a field of the changes for the release, or else of those for all releases of the package."""
        for wanted in (version, ""):
            found = [
                getattr(change, field)
                for change in self.changes
                if package
                and (change.package, canonicalize_version(change.version)) == (package, wanted)
                and getattr(change, field) != getattr(_NO_CHANGE, field)
            ]
            if found:
                return tuple(text for texts in found for text in texts)
        return None


NO_OVERRIDES = Overrides()

_NO_CHANGE = RequirementChange()


def _with_tuples(change: Mapping[str, Any]) -> dict[str, Any]:
    return {field: tuple(value) if isinstance(value, list) else value for field, value in change.items()}


def _without_url(text: str, names: Collection[str]) -> str:
    requirement = Requirement(text)
    if requirement.url and canonicalize_name(requirement.name) in names:
        requirement.url = None
        return str(requirement)
    return text


def _parsed(text: str) -> Requirement | None:
    """Return a requirement, ``None`` if it isn't one, which the validation reports."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _by_name(texts: Iterable[str]) -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for requirement in map(Requirement, texts):
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def _for_extra_of(replaced: Requirement, override: Requirement) -> str:
    """Return an override, limited to the extras that the replaced requirement belongs to, if there are any."""
    extras = [one or other for one, other in _EXTRA.findall(str(replaced.marker or ""))]
    if not extras:
        return str(override)
    limited = Requirement(str(override))
    condition = " or ".join(f'extra == "{extra}"' for extra in extras)
    limited.marker = Marker(f"({limited.marker}) and ({condition})" if limited.marker else condition)
    return str(limited)
