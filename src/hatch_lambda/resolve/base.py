"""What every way of resolving ends in: pins."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import basename
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.target import Target


@dataclass(frozen=True)
class Demand:
    """A requirement, and who has it: an address in pyproject.toml or a distribution."""

    by: str
    requirement: Requirement


@dataclass(frozen=True)
class Pin:
    """A wheel to take: whose, which version, from where. ``sha256`` in hexadecimal, where the index gives one."""

    name: NormalizedName
    version: Version
    url: str
    sha256: str | None

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def filename(self) -> str:
        """Return the last part of the URL's path."""
        return filename_of(self.url)


@dataclass(frozen=True)
class Resolution:
    """The pins that meet the requirements; ``notes`` say where an older release was taken, and why."""

    pins: tuple[Pin, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Host:
    """What of this machine a tool that we start may see: environment, folder, and whether a person watches."""

    environ: Mapping[str, str]
    folder: Path
    terminal: bool = False


class Resolver(Protocol):
    """A tool that resolves for a target that is not the machine it runs on."""

    def resolve(self, roots: Sequence[Demand], target: Target) -> Resolution:
        """Return the pins; raises ``ResolveError`` where there are none, saying why."""


def filename_of(url: str) -> str:
    """Return the file name at the end of a URL."""
    return unquote(basename(urlsplit(url).path))
