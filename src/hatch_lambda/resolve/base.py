"""The result of each way to resolve: pins."""

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
    from subprocess import CompletedProcess

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from hatch_lambda.diagnostics import Message
    from hatch_lambda.resolve.skipped import SkippedReleases
    from hatch_lambda.runtime.target import Target


SHA256 = re.compile(r"[0-9a-f]{64}")
"""A SHA-256 in lower-case hexadecimal."""

BUILD_DATE = "1580601600"
"""``SOURCE_DATE_EPOCH`` of builds, in seconds since 1970: Hatchling's date of files in reproducible builds.

Source: ``get_reproducible_timestamp`` in ``hatchling/builders/utils.py``.
"""

COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
"""The full hash of a Git or Mercurial commit."""


@dataclass(frozen=True)
class Dependency:
    """A requirement and what requires it: an address in pyproject.toml, or a distribution."""

    required_by: str
    requirement: Requirement

    @property
    def name(self) -> NormalizedName:
        """Return the normalized name of the required distribution."""
        return canonicalize_name(self.requirement.name)

    def __str__(self) -> str:
        return f"{self.required_by}: requires {self.requirement}"


@dataclass(frozen=True)
class Pin:
    """A file to download: its distribution, version, and URL.

    ``sha256`` is hexadecimal and ``size`` is in bytes; both are ``None`` if the index or the lock doesn't list them.
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
        """Return whether the file is a wheel; otherwise, it is an sdist to build from source."""
        return self.filename.endswith(".whl")

    def as_json(self) -> list[str | None]:
        """Return the value that ``from_json`` reads."""
        return [self.name, str(self.version), self.url, self.sha256]

    @classmethod
    def from_json(cls, value: object) -> Pin:
        """Return a pin; raises ``ValueError`` for any other value."""
        name, version, url, sha256 = json_values.items(value)
        found = json_values.text_or_none(sha256)
        if found is not None and not SHA256.fullmatch(found):
            raise ValueError("no SHA256")
        return cls(
            canonicalize_name(json_values.text(name)), Version(json_values.text(version)), json_values.text(url), found
        )


@dataclass(frozen=True)
class Resolution:
    """The pins that satisfy the requirements.

    ``notes`` explain why an older release is used. ``source`` names where the pins come from: a lock file, or the
    resolver. ``fix`` is what to do if they don't satisfy the requirements. ``unfit`` explains why a distribution has no
    pin, as a text like ``problem; fix``. ``fallbacks`` are warnings about wheels for any platform whose release also
    has wheels for Linux. ``exact`` is whether every pin must be required; a lock file can contain more than this build
    needs. ``dependencies`` are the requirements that the resolver reports. ``bytecode`` is the version of the Python
    whose bytecode the lock file records. ``resolver`` names the tool, and why it was chosen. ``ignores_python``
    is whether it ignores upper bounds of Requires-Python. ``skipped`` are newer releases that it skipped and that
    ``notes`` and ``warnings`` don't explain.
    """

    pins: tuple[Pin, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[Message, ...] = ()
    source: str = "the resolution"
    fix: str = "report it to the index owner, because the index and the wheel disagree"
    unfit: Mapping[NormalizedName, str] = field(default_factory=dict)
    fallbacks: Mapping[NormalizedName, Message] = field(default_factory=dict)
    exact: bool = True
    dependencies: tuple[Dependency, ...] = ()
    bytecode: str | None = None
    resolver: str = ""
    ignores_python: bool = False
    skipped: SkippedReleases | None = None

    @property
    def is_lock(self) -> bool:
        """Return whether the pins come from a lock file."""
        return not self.exact


class WaitingProgram(Protocol):
    """A program that might have been started, and waits for its arguments."""

    def run(self, arguments: Sequence[str], environ: Mapping[str, str]) -> CompletedProcess[str] | None:
        """Return its result with these arguments and environment variables; ``None`` if it can't be used."""


@dataclass(frozen=True)
class Host:
    """The environment variables and the directory of the tools that hatch-lambda runs, and how it runs them.

    ``raw_output`` shows pip's output as it arrives, ``offline`` disables network access, and ``rebuild`` ignores wheels
    that earlier builds built from source. ``build_constraints`` are requirements that build requirements must satisfy.
    ``waiting_pip`` is a pip that might have been started already.
    """

    environ: Mapping[str, str]
    directory: Path
    raw_output: bool = False
    offline: bool = False
    rebuild: bool = False
    build_constraints: tuple[str, ...] = ()
    waiting_pip: WaitingProgram | None = field(default=None, compare=False, repr=False)


OFFLINE_VARIABLE = "HATCH_LAMBDA_OFFLINE"
REBUILD_VARIABLE = "HATCH_LAMBDA_REBUILD"
UPGRADE_VARIABLE = "HATCH_LAMBDA_UPGRADE"

LOCK_COMMAND = "hatch build -t lambda:lock"
"""The command that writes our lock file."""


class Resolver(Protocol):
    """A tool that resolves for a target other than the build machine."""

    def resolve(
        self, roots: Sequence[Dependency], target: Target, *, prefer: Mapping[NormalizedName, Version] | None = None
    ) -> Resolution:
        """Return pins, of the preferred versions if possible; raises ``ResolveError`` if there are none."""


def file_of(url: str) -> Path:
    """Return the path of a ``file:`` URL, without symbolic links."""
    from urllib.request import url2pathname  # rarely needed, and slow to import

    return Path(url2pathname(split_url(url).path)).resolve()


def split_url(url: str) -> SplitResult:
    """Return the parts of a URL; for a malformed one, such as half an IPv6 address, all of it is the path."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def is_url(url: str) -> bool:
    """Return whether Python, and therefore pip, can parse a URL."""
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


def is_file_url(url: str) -> bool:
    """Return whether a URL is a local file or directory; the scheme can have capital letters."""
    return url[:5].lower() == "file:"


def filename_of(url: str) -> str:
    """Return the file name at the end of a URL."""
    return unquote(basename(split_url(url).path))


def escape_variables(url: str) -> str:
    """Return the URL in a form in which pip expands no environment variables, as it does in requirements files.

    Otherwise, an index or a lock file could make pip send the value of a variable to a server.
    """
    return url.replace("${", "$%7B")


def portable(requirement: str) -> str:
    """Return a requirement without credentials and without a URL that exists only on this machine."""
    return re.sub(r" ?@ ?(?i:file:)[^\s;]+(?: (?=;))?", "", masked(requirement))


def without_credentials(url: str) -> str:
    """Return the URL without user name, password, and fragment."""
    parts = split_url(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
