"""Source builds: wheels that the build machine makes from sdists, if the result is pure Python."""

from __future__ import annotations

import platform
import shutil
import zipfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.utils import parse_wheel_filename

from hatch_lambda.checks.elf import format_of
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError, WheelError
from hatch_lambda.files import json_values
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.resolve.base import OFFLINE_VARIABLE, Host, Pin, Resolution, Resolver
from hatch_lambda.resolve.pip.advice import BUILD_WHEEL
from hatch_lambda.resolve.pip.command import index_files
from hatch_lambda.resolve.pip.sdists import build_wheel, find_sdist, sdists_above_wheels
from hatch_lambda.resolve.validate import transitive_dependencies
from hatch_lambda.wheels.member_reader import HEAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Dependency
    from hatch_lambda.resolve.pip.log import IndexFile
    from hatch_lambda.runtime.target import Target
    from hatch_lambda.wheels.cache import WheelCache
    from hatch_lambda.wheels.wheel import Wheel

_NATIVE_SUFFIXES = (".so", ".pyd", ".dylib", ".dll", ".exe")

_TRIES = 5
"""Releases whose sdists are built, newest first, to find one that admits the runtime's Python."""


def wheel_from_sdist(pin: Pin, wheel_cache: WheelCache, host: Host) -> Wheel:
    """Return the wheel that an sdist builds, from the cache if it was built before.

    An sdist without a hash is built once in each run, because its URL might have another file later. Raises
    ``ResolveError`` if it can't be built, or if the wheel contains native code, which would be for the build machine
    instead of Lambda.
    """
    key = ("built", pin.sha256 or pin.url)
    fresh = (host.rebuild and not host.offline) or not pin.sha256
    known = wheel_cache.results.get(built_wheel, *key, of_this_build=fresh)
    wheel = wheel_cache.find(known) if known else None
    if wheel is not None:
        return replace(wheel, built=True, built_from=pin.filename)
    if host.offline:
        raise ResolveError(
            Diagnostic(
                code="offline",
                where=OFFLINE_VARIABLE,
                problem=f"no wheel of {pin.filename} is in the cache",
                fix="build once with network access, or copy the cache",
            )
        )
    with temporary_directory() as directory:
        file = build_wheel(pin, Path(directory), host)
        reason = native_reason(file)
        if reason:
            raise ResolveError(
                Diagnostic(
                    code="native-build",
                    where=str(pin),
                    problem=f"its sdist builds {file.name}, which {reason}",
                    fix=f"require a release with a wheel for the runtime, or {BUILD_WHEEL}",
                )
            )
        wheel = wheel_cache.add(file, expected=None)
    if (wheel.name, wheel.version) != (pin.name, str(pin.version)):
        raise WheelError(
            Diagnostic(
                code="source-name",
                where=str(pin),
                problem=f"its sdist {pin.filename} builds {wheel.filename}, another package or version",
                fix="pin another version, or report it to the maintainers",
            )
        )
    wheel_cache.results.put({"wheel": wheel.sha256, "python": platform.python_version()}, *key)
    return replace(wheel, built=True, built_from=pin.filename)


def built_wheel(value: object) -> str:
    """Return the hash of the wheel that an earlier build cached; raises ``ValueError`` for another value."""
    return json_values.text(json_values.fields(value).get("wheel"))


def native_reason(file: Path) -> str | None:
    """Return why a wheel is only for the build machine, ``None`` if it is pure Python."""
    with zipfile.ZipFile(file) as archive:
        native = next((info.filename for info in archive.infolist() if _is_native(archive, info)), None)
    if native:
        return f"contains native code for the build machine ({native})"
    platforms = {tag.platform for tag in parse_wheel_filename(file.name)[3]}
    return None if "any" in platforms else f"is only for {', '.join(sorted(platforms))}"


def _is_native(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    if info.filename.endswith(_NATIVE_SUFFIXES):
        return True
    with archive.open(info) as member:
        return format_of(member.read(HEAD)) is not None


@dataclass(frozen=True)
class SdistBuildResolver:
    """A resolver that can also choose wheels built from the newest suitable sdists of some packages.

    ``make`` returns the resolver for a host. A release is built if it is newer than all that have a wheel for the
    target; requirements that the resolver reports on the way can lead to an older one.
    """

    make: Callable[[Host], Resolver]
    names: tuple[NormalizedName, ...]
    host: Host
    wheel_cache: WheelCache

    def resolve(
        self, roots: Sequence[Dependency], target: Target, *, prefer: Mapping[NormalizedName, Version] | None = None
    ) -> Resolution:
        """Return the pins; for packages that were built, those of their sdists. Raises ``ResolveError``."""
        build = partial(
            self._built, {name: index_files(name, target, self.host) for name in self.names}, prefer or {}, target
        )
        offer = partial(self._offered, roots, target, prefer or {})
        built = build(
            dict.fromkeys(self.names, SpecifierSet()) | _specifiers(transitive_dependencies(roots, {}, target))
        )
        while True:
            try:
                resolution = offer(built)
            except ResolveError as error:
                more = built | build(error.missing)
                if more.keys() == built.keys():
                    raise
            else:
                more = built | build(_specifiers(resolution.dependencies))
                if more.keys() == built.keys():
                    return resolution
            built = more

    def _built(
        self,
        offers: Mapping[NormalizedName, tuple[tuple[IndexFile, ...], tuple[str, ...]]],
        prefer: Mapping[NormalizedName, Version],
        target: Target,
        wanted: Mapping[NormalizedName, SpecifierSet],
    ) -> dict[Pin, Wheel]:
        """Return the built wheel of each name's newest release that admits the runtime's Python, if there is one."""
        found = {}
        for name, specifier in wanted.items():
            if name not in offers:
                continue
            kept = SpecifierSet(f"=={prefer[name]}" if name in prefer else "")
            files, indexes = offers[name]
            for offer in sdists_above_wheels(files, specifier & kept)[:_TRIES]:
                pin = self._sdist(name, offer, indexes)
                wheel = wheel_from_sdist(pin, self.wheel_cache, self.host)
                if SpecifierSet(wheel.requires_python or "").contains(target.python_full_version, prereleases=True):
                    found[pin] = wheel
                    break
        return found

    def _sdist(self, name: NormalizedName, offer: IndexFile, indexes: Sequence[str]) -> Pin:
        """Return the URL of an sdist; pip looks up each hash once."""
        key = ("sdist", name, offer.filename, offer.sha256, indexes)
        known = self.wheel_cache.results.get(Pin.from_json, *key) if offer.sha256 else None
        if known:
            return known
        pin = find_sdist(name, offer.version, self.host)
        if offer.sha256:
            self.wheel_cache.results.put(pin.as_json(), *key)
        return pin

    def _offered(
        self,
        roots: Sequence[Dependency],
        target: Target,
        prefer: Mapping[NormalizedName, Version],
        built: Mapping[Pin, Wheel],
    ) -> Resolution:
        """Resolve with the built wheels in a directory, then return the pins of their sdists instead."""
        sdists = {wheel.filename: pin for pin, wheel in built.items()}
        with temporary_directory() as directory:
            for wheel in built.values():
                shutil.copyfile(wheel.path, Path(directory, wheel.filename))
            host = _looking_into(self.host, directory) if built else self.host
            resolution = self.make(host).resolve(roots, target, prefer=prefer)
        return replace(resolution, pins=tuple(sdists.get(pin.filename, pin) for pin in resolution.pins))


def _specifiers(found: Iterable[Dependency]) -> dict[NormalizedName, SpecifierSet]:
    """Return the versions of each name that all its requirements admit."""
    wanted: dict[NormalizedName, SpecifierSet] = {}
    for dependency in found:
        name = dependency.name
        wanted[name] = wanted.get(name, SpecifierSet()) & dependency.requirement.specifier
    return wanted


def _looking_into(host: Host, directory: str) -> Host:
    """Return the host with a directory where pip and uv also look for wheels."""
    environ = dict(host.environ)
    for variable, separator in (("PIP_FIND_LINKS", " "), ("UV_FIND_LINKS", ",")):
        environ[variable] = separator.join(filter(None, (environ.get(variable), directory)))
    return replace(host, environ=environ)
