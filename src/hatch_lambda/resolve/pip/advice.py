"""Fixes for a release without a wheel for the target, checked against the files on the index."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.resolve.known_packages import LIBRARIES, NATIVE, SUBSTITUTES
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import ARCHITECTURES, Target, wheel_tags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.pip.log import IndexFile, PipLog
    from hatch_lambda.runtime.runtimes import Runtime

BUILD_WHEEL = "build a wheel on Amazon Linux and add its directory to find-links"

_MOST_FIXES = 2
"""Fixes in one message; readers skip longer lists."""

_tags = lru_cache(maxsize=None)(wheel_tags)


@dataclass(frozen=True, kw_only=True)
class Alternatives:
    """What can replace a missing wheel, as far as the index shows it.

    ``runtimes`` are those that the project admits, oldest first. ``substitutes`` are packages with wheels, by the name
    of the package without.
    """

    target: Target
    log: PipLog
    runtimes: tuple[Runtime, ...] = RUNTIMES
    substitutes: Mapping[NormalizedName, str] = field(default_factory=dict)

    def fits(self, target: Target, name: NormalizedName) -> bool:
        """Return whether another target loads a release of each package that this one loads, except ``name``."""
        return all(
            any(is_loadable(offer, target) for offer in offers)
            for offers in (self.log.files(other) for other in self.log.names if other != name)
            if any(offer.reason == "taken" for offer in offers)
        )


@dataclass(frozen=True, kw_only=True)
class Release:
    """A release that has no wheel for the target.

    ``files`` are its own, ``offers`` those of all releases, ``loadable`` the versions with a wheel for the target that
    only the project's own requirements exclude, and ``parent`` the distribution that requires it, if it isn't the
    project.
    """

    name: NormalizedName
    version: Version
    files: tuple[IndexFile, ...]
    offers: tuple[IndexFile, ...]
    loadable: tuple[Version, ...] = ()
    parent: str = ""

    @property
    def wheels(self) -> list[IndexFile]:
        """Return its wheels."""
        return [offer for offer in self.files if offer.is_wheel]

    def can_be_built(self, target: Target) -> bool:
        """Return whether it has an sdist for the target's Python, according to the index."""
        return any(not offer.is_wheel and _suits(offer, target) for offer in self.files)

    @cached_property
    def is_native(self) -> bool:
        """Return whether it certainly contains native code: it is known to, or its wheels are for single systems only.

        If it has no wheels, those of the newest release with wheels count.
        """
        wheels = self.wheels or [offer for offer in self.offers if offer.is_wheel]
        newest = max((offer.version for offer in wheels), default=None)
        return self.name in NATIVE or is_native([offer.filename for offer in wheels if offer.version == newest])

    @cached_property
    def is_pure(self) -> bool:
        """Return whether it has wheels and all of them are pure Python."""
        return _are_pure([offer.filename for offer in self.wheels])

    @cached_property
    def runs_on_linux(self) -> bool:
        """Return whether any release has a file for Linux or an sdist."""
        return any(not offer.is_wheel or _is_for_linux(offer.filename) for offer in self.offers)

    @property
    def has_linux_wheel(self) -> bool:
        """Return whether it has a wheel for Linux on any machine."""
        return any(_is_for_linux(offer.filename) for offer in self.wheels)

    def is_loadable(self, target: Target) -> bool:
        """Return whether a target loads one of its wheels."""
        return any(is_loadable(offer, target) for offer in self.files)

    def suits_python(self, target: Target) -> bool:
        """Return whether any of its files is for the target's Python, according to the index."""
        return any(_suits(offer, target) for offer in self.files)


def fixes(release: Release, alternatives: Alternatives) -> str:
    """Return the likeliest fixes, two at most."""
    if not release.runs_on_linux:
        return _without_linux(release)
    target = alternatives.target
    found = []
    substitute = alternatives.substitutes.get(release.name)
    if substitute and not release.parent:
        found.append(f"require {substitute} instead")
    if release.can_be_built(target) and not release.is_native:
        found.append(from_source(release.name, is_pure=release.is_pure))
    found += _other_targets(release, alternatives)
    if release.loadable:
        newest = f"{release.name} {max(release.loadable)}"
        found.append(f"allow {newest}, the newest with such a wheel{_libraries(release.name)}")
    if not release.suits_python(target):
        return ", or ".join(found[:_MOST_FIXES]) or "require another version or another package"
    if found and release.can_be_built(target) and release.is_native and not release.has_linux_wheel:
        found.append("build a wheel on Amazon Linux")
    if not found and release.can_be_built(target) and _only_system(release) == "darwin":
        return f"{BUILD_WHEEL}, or add the marker sys_platform == 'darwin' if it is for macOS only"
    return ", or ".join(found[:_MOST_FIXES]) or BUILD_WHEEL


def _without_linux(release: Release) -> str:
    if release.parent:
        return f"use another version of {release.parent}"
    system = _only_system(release)
    marker = f"sys_platform == {system!r}" if system else "sys_platform != 'linux'"
    return f"add the marker {marker} to the requirement"


def _only_system(release: Release) -> str:
    """Return the value of ``sys_platform`` that all wheels are for; empty if they are for several systems."""
    platforms = {tag.platform for offer in release.wheels for tag in _tags(offer.filename)}
    for system, prefix in (("win32", "win"), ("darwin", "macosx")):
        if platforms and all(platform.startswith(prefix) for platform in platforms):
            return system
    return ""


def _other_targets(release: Release, alternatives: Alternatives) -> list[str]:
    """Return the runtimes and the other architecture that load a wheel of the release and of the other packages."""
    target, found = alternatives.target, []
    others = [
        Target(runtime, target.architecture)
        for runtime in alternatives.runtimes
        if runtime != target.runtime and runtime.state != "deprecated"
    ]
    others = [other for other in others if release.suits_python(other) and alternatives.fits(other, release.name)]
    loading = [other.runtime for other in others if release.is_loadable(other)]
    if loading:
        found.append(f"use runtime {best_runtime(loading)}{_libraries(release.name)}")
    elif others and not release.suits_python(target) and not release.wheels and not release.is_native:
        runtime = best_runtime([other.runtime for other in others])
        found.append(f"use runtime {runtime} and {from_source(release.name)}")
    (architecture,) = (name for name in ARCHITECTURES if name != target.architecture)
    other = Target(target.runtime, architecture, target.patch)
    if release.is_loadable(other) and alternatives.fits(other, release.name):
        found.append(f"use architecture {architecture}{_libraries(release.name)}")
    return found


def _libraries(name: NormalizedName) -> str:
    """Return which libraries a wheel of this name needs, if that is known."""
    libraries = LIBRARIES.get(name)
    return f" and add {' and '.join(libraries)} to lib/ in the zip" if libraries else ""


def from_source(name: str, *, is_pure: bool = False) -> str:
    """Return how to build a distribution from its sdist, on the condition that it is pure Python."""
    condition = "" if is_pure else " if it is pure Python"
    return f'set build-from-source = ["{canonicalize_name(name)}"]{condition}'


def sdist_fix(name: NormalizedName, wheels: Sequence[str]) -> str:
    """Return the fix for a release with only an sdist for the target, given the names of its other wheels."""
    if name in SUBSTITUTES:
        return f"require {SUBSTITUTES[name]} instead, or build a wheel on Amazon Linux"
    if name in NATIVE or is_native(wheels):
        return BUILD_WHEEL
    return from_source(name, is_pure=_are_pure(wheels))


def is_native(wheels: Sequence[str]) -> bool:
    """Return whether all wheels with these names are for single systems, like those with native code."""
    return bool(wheels) and not any(_is_for_any(name) for name in wheels)


def _are_pure(wheels: Sequence[str]) -> bool:
    return bool(wheels) and all(map(_is_for_any, wheels))


def is_loadable(offer: IndexFile, target: Target) -> bool:
    """Return whether a file is a wheel that the target and its Python load."""
    return offer.is_wheel and target.supports(_tags(offer.filename)) and _suits(offer, target)


def _suits(offer: IndexFile, target: Target) -> bool:
    return offer.pythons.contains(target.python_full_version, prereleases=True)


def _is_for_any(filename: str) -> bool:
    return any(tag.platform == "any" for tag in _tags(filename))


def _is_for_linux(filename: str) -> bool:
    return any("linux" in tag.platform or tag.platform == "any" for tag in _tags(filename))


def best_runtime(runtimes: Sequence[Runtime]) -> str:
    """Return the runtime to use: one "or newer" if all newer ones fit; otherwise, the last supported one."""
    newest = list(takewhile(runtimes.__contains__, reversed(RUNTIMES)))
    if len(newest) > 1:
        return f"{newest[-1].name} or newer"
    best = max(runtimes, key=lambda runtime: (runtime.state == "supported", runtime.python))
    return f"{best.name} (a preview)" if best.state == "preview" else best.name
