"""Distributions without a wheel: built from their sdist on this machine, where that yields a pure wheel."""

from __future__ import annotations

import platform
import shutil
import tempfile
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename

from hatch_lambda.errors import ResolveError, WheelError
from hatch_lambda.resolve.base import OFFLINE_VARIABLE, Host, Pin, Resolution, Resolver
from hatch_lambda.resolve.sdists import build_wheel, find_sdist, sdists_above_wheels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Demand
    from hatch_lambda.store import Store
    from hatch_lambda.target import Target
    from hatch_lambda.wheels import Wheel

_NATIVE_STARTS = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
)
"""First bytes of programs and libraries: ELF, and Mach-O in both byte orders, both sizes, and universal.

Source: the ELF specification; ``mach-o/loader.h`` and ``mach-o/fat.h`` of Apple's SDK.
"""

_NATIVE_SUFFIXES = (".so", ".pyd", ".dylib", ".dll", ".exe")

_TRIES = 5
"""Releases whose sdists are built, newest first, before the runtime's Python is found to suit none of them."""


def wheel_from_sdist(pin: Pin, store: Store, host: Host) -> Wheel:
    """Return the wheel that an sdist builds, from the store if it was built before.

    Raises ``ResolveError`` if it cannot be built, or if what it builds is not pure: that would be code for this
    machine, and never goes into an archive.
    """
    known = store.memory.recall("built", pin.sha256) if pin.sha256 else None
    wheel = store.find(known["wheel"]) if known else None
    if wheel is not None:
        return replace(wheel, built_from=pin.filename)
    if host.offline:
        raise ResolveError(
            f"{OFFLINE_VARIABLE}: {pin.filename} was not built before; build once with the network, or bring the store "
            "along"
        )
    with tempfile.TemporaryDirectory(prefix="hatch-lambda-") as folder:
        file = build_wheel(pin, Path(folder), host)
        problem = impurity(file)
        if problem:
            raise ResolveError(
                f"{pin}: its sdist builds {file.name}, {problem}; take it out of build-from-source, and use a release "
                "that has a wheel for the runtime, or build a wheel of it on Amazon Linux and name its folder in pip's "
                "find-links"
            )
        wheel = store.add(file, expected=None)
    if (wheel.name, wheel.version) != (pin.name, str(pin.version)):
        raise WheelError(f"{pin}: its sdist {pin.filename} builds {wheel.filename}; it is refused; ask its maintainers")
    if pin.sha256:
        store.memory.remember({"wheel": wheel.sha256, "python": platform.python_version()}, "built", pin.sha256)
    return replace(wheel, built_from=pin.filename)


def impurity(file: Path) -> str | None:
    """Say what makes a wheel one for this machine only; ``None`` for a pure wheel."""
    with zipfile.ZipFile(file) as archive:
        native = next((info.filename for info in archive.infolist() if _is_native(archive, info)), None)
    if native:
        return f"in which {native} is native code for this machine"
    platforms = {tag.platform for tag in parse_wheel_filename(file.name)[3]}
    return None if "any" in platforms else f"which is for {', '.join(sorted(platforms))} only"


def _is_native(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    if info.filename.endswith(_NATIVE_SUFFIXES):
        return True
    with archive.open(info) as member:
        return member.read(4) in _NATIVE_STARTS


@dataclass(frozen=True)
class FromSource:
    """A resolver that is offered wheels of some distributions, built here from the newest sdists that will do.

    ``make`` returns the resolver for a host. A release is built where it is newer than all that have a wheel for the
    target.
    """

    make: Callable[[Host], Resolver]
    names: tuple[NormalizedName, ...]
    host: Host
    store: Store

    def resolve(
        self, roots: Sequence[Demand], target: Target, *, prefer: Mapping[NormalizedName, Version] | None = None
    ) -> Resolution:
        """Return the pins; those of distributions that were built name their sdists. Raises ``ResolveError``."""
        wanted = self._wanted(roots, prefer or {})
        built: dict[NormalizedName, dict[Pin, Wheel]] = {name: {} for name in self.names}
        for _ in range(_TRIES):
            for name, specifier in wanted.items():
                built[name] |= self._built(name, specifier, target)
            try:
                return self._offered(built, roots, target, prefer or {})
            except ResolveError as error:
                narrower = {name: specifier for name, specifier in error.missing.items() if name in built}
                if not narrower or narrower == {name: wanted.get(name) for name in narrower}:
                    raise
                wanted = narrower
        return self._offered(built, roots, target, prefer or {})

    def _wanted(
        self, roots: Sequence[Demand], prefer: Mapping[NormalizedName, Version]
    ) -> dict[NormalizedName, SpecifierSet]:
        wanted = {name: SpecifierSet(f"=={prefer[name]}" if name in prefer else "") for name in self.names}
        for root in roots:
            name = canonicalize_name(root.requirement.name)
            if name in wanted:
                wanted[name] &= root.requirement.specifier
        return wanted

    def _built(self, name: NormalizedName, specifier: SpecifierSet, target: Target) -> Iterator[tuple[Pin, Wheel]]:
        """Yield the newest release that is to be built and suits the runtime's Python, if there is one."""
        versions, indexes = sdists_above_wheels(name, specifier, target, self.host)
        for version in versions[:_TRIES]:
            known = self.store.memory.recall("sdist", name, str(version), indexes)
            pin = Pin.from_json(known) if known else find_sdist(name, version, self.host)
            self.store.memory.remember(pin.as_json(), "sdist", name, str(version), indexes)
            wheel = wheel_from_sdist(pin, self.store, self.host)
            if SpecifierSet(wheel.requires_python or "").contains(target.python_full_version, prereleases=True):
                yield pin, wheel
                return

    def _offered(
        self,
        built: Mapping[NormalizedName, Mapping[Pin, Wheel]],
        roots: Sequence[Demand],
        target: Target,
        prefer: Mapping[NormalizedName, Version],
    ) -> Resolution:
        """Resolve with the built wheels in a folder; put the sdists in their place afterwards."""
        sdists = {wheel.filename: (pin, wheel) for wheels in built.values() for pin, wheel in wheels.items()}
        with tempfile.TemporaryDirectory(prefix="hatch-lambda-") as folder:
            for filename, (_, wheel) in sdists.items():
                shutil.copyfile(wheel.path, Path(folder, filename))
            resolution = self.make(_looking_into(self.host, folder)).resolve(roots, target, prefer=prefer)
        pins = tuple(sdists[pin.filename][0] if pin.filename in sdists else pin for pin in resolution.pins)
        return replace(resolution, pins=pins)


def _looking_into(host: Host, folder: str) -> Host:
    """Return the host on which pip and uv also look for wheels in a folder."""
    environ = dict(host.environ)
    for variable, separator in (("PIP_FIND_LINKS", " "), ("UV_FIND_LINKS", ",")):
        environ[variable] = separator.join(filter(None, (environ.get(variable), folder)))
    return replace(host, environ=environ)
