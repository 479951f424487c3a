"""Read uv's log: which requirements its resolution satisfies, and which packages have releases that it skipped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.resolve.base import Dependency
from hatch_lambda.resolve.skipped import SkippedReleases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.resolve.base import Pin

LOGGED = "uv_resolver=debug"
"""The value of ``RUST_LOG`` with which uv writes the lines that are read here, and no URLs."""

_LOG_LINE = re.compile(r"(DEBUG|INFO|WARN|TRACE) +(?P<text>.*)")
_NAME = r"(?P<name>[A-Za-z0-9._-]+)(?:\[(?P<extra>[^\]]*)\])?(?:\{[^}]*\})?"
_SEARCHING = re.compile(rf"Searching for a compatible version of {_NAME} \((?P<versions>.*)\)$")
_SELECTING = re.compile(rf"Selecting: {_NAME}==(?P<version>\S+) ")
_NO_PYTHON = "No compatible version found for: Python"
_REQUIRING = re.compile(
    rf"Adding transitive dependency for (?P<by>[A-Za-z0-9._-]+)==(?P<version>[^\s:]+): {_NAME}(?P<versions>.*)$"
)
_YANKED = re.compile(r"warning: `(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^`]+)` is yanked")
_EXACT = re.compile(r">=(?P<version>[^\s,]+), <(?P=version)\+(?!\S)")
_EXCLUDED = re.compile(r"(?:, )?<(?P<version>[^\s,]+) \| >=(?P=version)\+")
"""uv's wording, and its form of ``==1.0`` and ``!=1.5``: ``>=1.0, <1.0+`` and ``<1.5 | >=1.5+``.

Source: ``uv pip compile`` of uv 0.12.11 and 0.13.9, run 2026-11-28.
"""


@dataclass(frozen=True)
class UvLog:
    """What uv wrote to standard error; unknown lines are ignored."""

    text: str

    @property
    def output(self) -> str:
        """Return what uv writes for users: errors and warnings."""
        lines = (line for line in self.text.splitlines() if not _LOG_LINE.match(line))
        return "\n".join(lines).strip()

    def dependencies(self, pins: Iterable[Pin]) -> tuple[Dependency, ...]:
        """Return the requirements of the pinned releases that apply on the target."""
        found = (Dependency(str(pin), one) for pin in pins for one in self._requirements(pin.name, pin.version))
        return tuple({str(one): one for one in found}.values())

    def skipped(self, pins: Sequence[Pin], dependencies: Sequence[Dependency]) -> SkippedReleases:
        """Return the packages of which uv skipped releases newer than the pins, which satisfy the dependencies.

        uv doesn't log why it found no version, so releases without a file count too. Those for other versions of Python
        don't count.
        """
        versions = {pin.name: pin.version for pin in pins}
        abandoned = self._abandoned(versions)
        looked: dict[NormalizedName, list[str]] = {}
        names = {name for name, _ in abandoned}
        lines = [line for line in self._lines if line.startswith(("Searching", "Selecting", "No compatible"))]
        for line, following in zip(lines, [*lines[1:], ""], strict=True):
            match = _SEARCHING.match(line)
            if match is None:
                continue
            name, selecting = canonicalize_name(match["name"]), _SELECTING.match(following)
            looked.setdefault(name, []).append(match["versions"])
            if following != _NO_PYTHON and not (selecting and canonicalize_name(selecting["name"]) == name):
                names.add(name)
        conflicts = tuple(
            block for name, version in abandoned for block in self._conflicts(name, version, versions, dependencies)
        )
        return SkippedReleases({name: tuple(looked[name]) for name in sorted(names & versions.keys())}, conflicts)

    def _conflicts(
        self,
        name: NormalizedName,
        version: Version,
        versions: Mapping[NormalizedName, Version],
        dependencies: Sequence[Dependency],
    ) -> Iterator[tuple[str, ...]]:
        """Yield the requirements that conflict with each requirement of a release, as pip writes them."""
        for own in self._requirements(name, version):
            required = canonicalize_name(own.name)
            if required in versions and not own.specifier.contains(versions[required], prereleases=True):
                others = (one for one in dependencies if one.name == required and _are_disjoint(one.requirement, own))
                yield (*map(_as_pip, others), f"{name} {version} depends on {own}")

    def _abandoned(self, versions: Mapping[NormalizedName, Version]) -> list[tuple[NormalizedName, Version]]:
        """Return the releases that uv selected for some time, if they are newer than those in ``versions``."""
        selected = (
            (canonicalize_name(match["name"]), Version(match["version"]))
            for match in filter(None, map(_SELECTING.match, self._lines))
        )
        return list(dict.fromkeys(one for one in selected if one[0] in versions and one[1] > versions[one[0]]))

    def _requirements(self, name: NormalizedName, version: Version) -> Iterator[Requirement]:
        """Yield the requirements of a release that apply on the target."""
        return map(_requirement, self._requiring.get((name, str(version)), ()))

    @cached_property
    def _requiring(self) -> dict[tuple[NormalizedName, str], list[re.Match[str]]]:
        """Return the lines with requirements by release, except for those of a release with extras or markers."""
        found: dict[tuple[NormalizedName, str], list[re.Match[str]]] = {}
        for match in filter(None, map(_REQUIRING.match, self._lines)):
            if match["name"] != match["by"]:
                found.setdefault((canonicalize_name(match["by"]), match["version"]), []).append(match)
        return found

    def is_yanked(self, pin: Pin) -> bool:
        """Return whether uv warns that the release was yanked."""
        found = filter(None, map(_YANKED.match, self.text.splitlines()))
        return (pin.name, str(pin.version)) in {(canonicalize_name(match["name"]), match["version"]) for match in found}

    @cached_property
    def _lines(self) -> list[str]:
        found = filter(None, map(_LOG_LINE.match, self.text.splitlines()))
        return [match["text"] for match in found]


def _are_disjoint(first: Requirement, second: Requirement) -> bool:
    """Return whether no version that either of them names satisfies both."""
    named = {part.version.removesuffix(".*") for one in (first, second) for part in one.specifier}
    return not any(
        first.specifier.contains(version, prereleases=True) and second.specifier.contains(version, prereleases=True)
        for version in named
    )


def _as_pip(dependency: Dependency) -> str:
    """Return a requirement in pip's words; only releases have a space in ``required_by``."""
    if " " in dependency.required_by:
        return f"{dependency.required_by} depends on {dependency.requirement}"
    return f"The user requested {dependency.requirement}"


def _requirement(match: re.Match[str]) -> Requirement:
    extra = f"[{match['extra']}]" if match["extra"] else ""
    return Requirement(f"{match['name']}{extra}{_specifier(match['versions'])}")


def _specifier(versions: str) -> SpecifierSet:
    """Return the versions in uv's form; all of them if they have gaps that a specifier can't express."""
    text = _EXCLUDED.sub(r", !=\g<version>", _EXACT.sub(r"==\g<version>", versions)).strip("*, ")
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return SpecifierSet()
