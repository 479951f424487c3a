"""A runtime on an architecture: which wheels it can load, and the values of its environment markers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from packaging.markers import Marker

    from hatch_lambda.runtime.runtimes import Runtime

Architecture = Literal["x86_64", "arm64"]

ARCHITECTURES: tuple[Architecture, ...] = ("x86_64", "arm64")
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html, read 2026-11-23."""

_MACHINES: dict[Architecture, str] = {"x86_64": "x86_64", "arm64": "aarch64"}
"""The names of the architectures in ``platform.machine()`` and wheel tags. Source: PEP 599 and PEP 600."""

_OLDEST_GLIBC_MINOR = {"x86_64": 5, "aarch64": 17}
"""The first manylinux level of each machine (as ``2.x``). Source: PEP 513 (manylinux1) and PEP 599 (manylinux2014)."""

_LEGACY_LEVELS = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
"""Source: https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/#manylinux."""


@dataclass(frozen=True)
class Target:
    """A runtime on an architecture. ``patch`` overrides the patch level of the runtime's Python."""

    runtime: Runtime
    architecture: Architecture
    patch: int | None = None

    def __str__(self) -> str:
        return f"{self.runtime.name} on {self.architecture}"

    @property
    def machine(self) -> str:
        """Return the architecture as wheel tags and markers spell it."""
        return _MACHINES[self.architecture]

    @property
    def python_full_version(self) -> str:
        """Return the version of the runtime's Python with its patch level, such as ``3.13.11``."""
        return f"{self.runtime.python_version}.{self.runtime.patch if self.patch is None else self.patch}"

    @property
    def abi(self) -> str:
        """Return the ABI tag of the runtime's Python, such as ``cp313``."""
        return "cp" + "".join(map(str, self.runtime.python))

    @cached_property
    def platforms(self) -> tuple[str, ...]:
        """Return every platform tag that the runtime's C library satisfies, newest first.

        pip doesn't expand these tags, so that every level must be listed (PEP 600).
        """
        return tuple(self._platforms())

    def _platforms(self) -> Iterator[str]:
        for minor in range(self.runtime.glibc[1], _OLDEST_GLIBC_MINOR[self.machine] - 1, -1):
            yield f"manylinux_2_{minor}_{self.machine}"
            if minor in _LEGACY_LEVELS:
                yield f"{_LEGACY_LEVELS[minor]}_{self.machine}"

    @cached_property
    def tags(self) -> tuple[Tag, ...]:
        """Return every tag of a wheel that the runtime can load, best first.

        These don't include ``linux_*`` (from an unknown host), musllinux (another C library), or free-threaded ABIs.
        """
        python = self.runtime.python
        return (
            *cpython_tags(python, abis=[self.abi], platforms=self.platforms),
            *compatible_tags(python, interpreter=self.abi, platforms=self.platforms),
        )

    @cached_property
    def _tag_set(self) -> frozenset[Tag]:
        return frozenset(self.tags)

    @property
    def markers(self) -> dict[str, str]:
        """Return the environment in which markers are evaluated, as in the specification of dependency specifiers.

        Lambda's kernel isn't known: its two variables are the version 0, because pip 24.1 to 25.3 fails on anything
        that isn't a version.
        """
        return {
            "implementation_name": "cpython",
            "implementation_version": self.python_full_version,
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "0",
            "platform_system": "Linux",
            "platform_version": "0",
            "python_full_version": self.python_full_version,
            "python_version": self.runtime.python_version,
            "sys_platform": "linux",
        }

    def holds(self, marker: Marker | None, extra: str = "") -> bool:
        """Return whether a marker holds on the target, for an extra; raises ``ValueError`` if it can't be evaluated.

        This can happen with a valid marker: ``~=`` between words, a variable for lock files only, too many digits.
        """
        try:
            return marker is None or marker.evaluate({**self.markers, "extra": extra})
        except LookupError as error:
            raise ValueError(f"{error} has no value here") from None

    def supports(self, tags: Collection[Tag]) -> bool:
        """Return whether one of a wheel's tags is among the target's."""
        return not self._tag_set.isdisjoint(tags)

    def wheel_problem(self, tags: Collection[Tag]) -> str | None:
        """Return why the target can't load a wheel with these tags, or ``None`` if it can.

        The text names the first part of the tags that doesn't match: Python, ABI, or platform.
        """
        if self.supports(tags):
            return None
        version = self.runtime.python_version
        pythons = {tag.interpreter for tag in tags}
        if pythons.isdisjoint(tag.interpreter for tag in self.tags):
            return f"made for {_listed(pythons)}, the runtime's Python is {version}"
        abis = {tag.abi for tag in tags if tag.interpreter == self.abi or tag.abi in {"abi3", "none"}}
        if abis.isdisjoint(tag.abi for tag in self.tags):
            return (
                f"made for {_listed({f'{tag.interpreter}-{tag.abi}' for tag in tags})}, the runtime's ABI is {self.abi}"
            )
        return self._platform_problem({tag.platform for tag in tags})

    def _platform_problem(self, platforms: Collection[str]) -> str:
        too_new = [level for level in map(self._manylinux_level, platforms) if level and level > self.runtime.glibc]
        if too_new:
            needed, given = (".".join(map(str, version)) for version in (min(too_new), self.runtime.glibc))
            return f"needs glibc {needed} or newer, the runtime's glibc is {given}"
        return f"made for {_listed(platforms)}, the runtime is Linux with glibc on {self.architecture}"

    def _manylinux_level(self, platform: str) -> tuple[int, int] | None:
        """Return the glibc version of a manylinux tag of this machine; ``None`` for any other tag."""
        level = re.fullmatch(rf"manylinux_([0-9]{{1,4}})_([0-9]{{1,4}})_{self.machine}", platform)
        return (int(level[1]), int(level[2])) if level else None


def wheel_tags(filename: str) -> frozenset[Tag]:
    """Return the tags in a wheel's file name; raises ``InvalidWheelFilename``."""
    return parse_wheel_filename(filename)[3]


def _listed(words: Collection[str]) -> str:
    return ", ".join(sorted(words))
