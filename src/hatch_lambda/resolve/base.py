"""What every way of resolving ends in: pins."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import basename
from typing import TYPE_CHECKING, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.errors import masked
from hatch_lambda.files import json_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from hatch_lambda.diagnostics import Message
    from hatch_lambda.runtime.target import Target


SHA256 = re.compile(r"[0-9a-f]{64}")
"""A SHA-256 as we write it."""

COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
"""The whole hash of a commit, as git and Mercurial have it."""


@dataclass(frozen=True)
class Dependency:
    """A requirement, and who has it: an address in pyproject.toml or a distribution."""

    required_by: str
    requirement: Requirement

    def __str__(self) -> str:
        return f"{self.required_by}: requires {self.requirement}"


@dataclass(frozen=True)
class Pin:
    """A wheel to take: whose, which version, from where.

    ``sha256`` in hexadecimal and ``size`` in bytes, where they are known beforehand.
    """

    name: NormalizedName
    version: Version
    url: str
    sha256: str | None
    size: int | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def filename(self) -> str:
        """Return the last part of the URL's path."""
        return filename_of(self.url)

    @property
    def is_wheel(self) -> bool:
        """Return whether the file is a wheel; if not, it is an sdist, to be built."""
        return self.filename.endswith(".whl")

    def as_json(self) -> list[str | None]:
        """Return the pin as ``from_json`` reads it."""
        return [self.name, str(self.version), self.url, self.sha256]

    @classmethod
    def from_json(cls, value: object) -> Pin:
        """Return a pin; raises ``ValueError`` for a value that is none."""
        name, version, url, sha256 = json_values.items(value)
        found = json_values.text_or_none(sha256)
        if found is not None and not SHA256.fullmatch(found):
            raise ValueError("no SHA256")
        return cls(
            canonicalize_name(json_values.text(name)), Version(json_values.text(version)), json_values.text(url), found
        )


@dataclass(frozen=True)
class Commit:
    """A distribution that comes from a repository: whose, which version, from where, and at which commit.

    ``url`` is without credentials, ``revision`` the branch or tag that was asked for, if any, and ``vcs`` such as
    ``git``.
    """

    name: NormalizedName
    version: Version
    vcs: str
    url: str
    revision: str | None
    commit: str
    subdirectory: str | None

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def filename(self) -> str:
        """Return the commit, as there is no file."""
        return self.commit


@dataclass(frozen=True)
class Resolution:
    """The pins that meet the requirements.

    ``notes`` say where an older release was taken, and why. ``source`` names what the pins come from and ``fix``
    what to do if they turn out not to be right. ``unfit`` says of distributions without a pin why they have none, and
    what to do;
    ``fallbacks`` of those with a wheel for any platform which wheels for Linux their release has.
    ``exact`` is whether every pin has to be needed: a lock may hold more than this project asks for. ``dependencies``
    is     all that was required on the way, as far as the resolver tells.
    """

    pins: tuple[Pin, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[Message, ...] = ()
    source: str = "the resolution"
    fix: str = "the index tells something else of it than its wheel does; ask whoever runs the index"
    unfit: Mapping[NormalizedName, str] = field(default_factory=dict)
    fallbacks: Mapping[NormalizedName, Message] = field(default_factory=dict)
    exact: bool = True
    dependencies: tuple[Dependency, ...] = ()


@dataclass(frozen=True)
class Host:
    """What the tools that we start can use of this machine: environment and directory, whether they show their output,
    whether the build is offline, and whether it rebuilds wheels that earlier builds have built from source.
    """

    environ: Mapping[str, str]
    directory: Path
    verbose: bool = False
    offline: bool = False
    rebuild: bool = False


OFFLINE_VARIABLE = "HATCH_LAMBDA_OFFLINE"
REBUILD_VARIABLE = "HATCH_LAMBDA_REBUILD"
UPGRADE_VARIABLE = "HATCH_LAMBDA_UPGRADE"


class Resolver(Protocol):
    """A tool that resolves for a target that is not the machine it runs on."""

    def resolve(
        self, roots: Sequence[Dependency], target: Target, *, prefer: Mapping[NormalizedName, Version] | None = None
    ) -> Resolution:
        """Return the pins, of the preferred versions where there are any; raises ``ResolveError`` saying why not."""


def file_of(url: str) -> Path:
    """Return the path that a ``file:`` URL names, without symbolic links."""
    from urllib.request import url2pathname  # only for a few, and slow to import

    return Path(url2pathname(split_url(url).path)).resolve()


def split_url(url: str) -> SplitResult:
    """Return the parts of a URL; of what is none, such as one with half an IPv6 address, all is the path."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def is_url(url: str) -> bool:
    """Return whether Python, and so pip, can read a URL."""
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


def is_file_url(url: str) -> bool:
    """Return whether a URL is of a file or a folder of this machine; a scheme may have capital letters."""
    return url[:5].lower() == "file:"


def filename_of(url: str) -> str:
    """Return the file name at the end of a URL."""
    return unquote(basename(split_url(url).path))


def literal(url: str) -> str:
    """Return the URL so that pip takes nothing in it for a variable of the environment, as in requirements files.

    What an index or somebody's lock says must not have pip send the value of a variable somewhere.
    """
    return url.replace("${", "$%7B")


def portable(requirement: str) -> str:
    """Return a requirement without credentials, and without the URL of a file or folder that only this machine has."""
    return re.sub(r" ?@ ?(?i:file:)[^\s;]+(?: (?=;))?", "", masked(requirement))


def without_credentials(url: str) -> str:
    """Return the URL without user name, password and fragment."""
    parts = split_url(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
