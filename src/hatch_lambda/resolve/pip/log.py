"""Read pip's log: which files it skipped and why, what it could not download, and where it backtracked."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from hatch_lambda.errors import masked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.utils import NormalizedName
    from packaging.version import Version

Reason = Literal["taken", "tags", "sdist", "python", "yanked", "other"]

_TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\dT\S+ ?")
_SKIPPING, _FOUND = "Skipping link: ", "Found link "
_STATUS = re.compile(r'^\s*(?P<host>\S+://\S+?) "GET (?P<path>\S+) HTTP/[\d.]+" (?P<status>\d{3})')
_UNFETCHED = re.compile(r"^\s*(?:WARNING: )?Could not fetch URL (?P<url>\S+): (?P<reason>.*) - skipping$")
_MISSING = re.compile(
    r"Could not find a (?:final )?version that satisfies the requirement (?P<requirement>.+?)"
    r"(?: \(from (?P<parent>[^)]*)\))? \(from versions: (?P<versions>.*)\)$"
)
_STATUS_IN_REASON = re.compile(r"^(\d{3}) |too many (\d{3}) error responses")
_UNCONNECTED = re.compile(r"\w+ConnectionPool\(.*Failed to establish a new connection: (.*?)['\"]\)\)$")  # pip < 26.2
_YANKED = re.compile(r"Ignored the following yanked versions: (?P<versions>.*)$")
_DOWNLOADING = re.compile(r"^\s*(?:Downloading|Using cached) (?:\S+/)?(?P<file>[^\s/]+\.whl)")
_EXPECTED = re.compile(r"^\s+\S.* from \S+/(?P<file>[^/\s#]+\.whl)")
_BROKEN_OFF = re.compile(r"^ERROR: .*incomplete-download|^\S+\.IncompleteRead: ")  # the latter in pip 26.1
_HASH = re.compile(r"^\s+(?P<word>Expected sha256|Got) +(?P<hash>[0-9a-f]{64})$")
_INCONSISTENT = re.compile(
    r"Discarding .*?/(?P<file>[^/\s#]+\.whl)[#\s].* has inconsistent (?P<field>\w+): "
    r"expected '.*?', but metadata has '(?P<found>.*?)'"
)
_LOCATIONS = re.compile(r"^\s*[1-9]\d* location\(s\) to search for versions of ")
_PAGE = re.compile(r"^\s*\* (?P<index>\S+://\S+/)[^/]+/?$")
_canonical = lru_cache(canonicalize_name)
_REASONS: tuple[tuple[str, Reason], ...] = (
    ("none of the wheel's tags", "tags"),
    ("No sources permitted", "sdist"),
    ("yanked", "yanked"),
)


@dataclass(frozen=True)
class IndexFile:
    """A file on an index, and why pip skipped it.

    ``requires_python`` is what the index lists, and so is ``sha256``, for sdists only.
    """

    filename: str
    version: Version
    reason: Reason
    requires_python: str = ""
    sha256: str = ""

    @property
    def is_wheel(self) -> bool:
        """Return whether the file is a wheel; if not, it is an sdist."""
        return self.filename.endswith(".whl")

    @cached_property
    def pythons(self) -> SpecifierSet:
        """Return the versions of Python that the index lists for the file; none if the value is malformed."""
        try:
            return SpecifierSet(self.requires_python)
        except InvalidSpecifier:
            return SpecifierSet("<0")


@dataclass(frozen=True)
class Missing:
    """A requirement that no release satisfies, what declares it, and the versions that the target can load."""

    requirement: str
    parent: str
    versions: tuple[str, ...]

    @property
    def name(self) -> NormalizedName:
        """Return the required name."""
        return name_in(self.requirement)

    @property
    def specifier(self) -> SpecifierSet:
        """Return the required versions."""
        return specifier_in(self.requirement)


@dataclass(frozen=True)
class FetchFailure:
    """A page or file that pip could not download."""

    url: str
    reason: str

    @property
    def status(self) -> int | None:
        """Return the HTTP status of the answer; ``None`` if there was no answer."""
        return int(self.reason.removeprefix("HTTP ")) if self.reason.startswith("HTTP ") else None


@dataclass(frozen=True)
class FileMismatch:
    """A file whose hash, or a field of whose metadata, isn't what the index lists.

    ``found`` is the hash or the value of the field.
    """

    filename: str
    field: str
    found: str
    expected: str = ""


def name_in(requirement: str) -> NormalizedName:
    """Return the name in what pip calls a requirement, even if it is malformed."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return canonicalize_name(match[0] if match else requirement)


def specifier_in(requirement: str) -> SpecifierSet:
    """Return the versions in what pip calls a requirement; all of them if it is malformed."""
    try:
        return Requirement(requirement).specifier
    except InvalidRequirement:
        return SpecifierSet()


class PipLog:
    """A log that pip wrote with ``--log``; unknown lines are ignored."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    @cached_property
    def lines(self) -> list[str]:
        """Return the log without timestamps, and without its thousands of links."""
        return [_TIMESTAMP.sub("", line, count=1) for line in self._lines if _SKIPPING not in line]

    def files(self, name: NormalizedName) -> tuple[IndexFile, ...]:
        """Return every file of that distribution that pip saw on an index."""
        found = (_offer(*link) for link in self._links.get(name, ()))
        return tuple(offer for offer in found if offer is not None)

    @property
    def names(self) -> tuple[NormalizedName, ...]:
        """Return the name of each distribution whose files pip saw."""
        return tuple(self._links)

    @cached_property
    def _links(self) -> dict[NormalizedName, list[tuple[str | None, str, str, str]]]:
        """Return why pip skipped each file, its name, fragment, and Requires-Python, by distribution."""
        found: dict[NormalizedName, list[tuple[str | None, str, str, str]]] = defaultdict(list)
        for line in self._lines:
            reason: str | None
            if _SKIPPING in line:
                link, pythons = _link(line.partition(_SKIPPING)[2])
                reason, _, url = link.rpartition(": ")
            elif _FOUND in line:
                url, pythons = _link(_before(", version: ", line.partition(_FOUND)[2]))
                reason = None
            else:
                continue
            path, _, fragment = url.partition("#")
            filename = unquote(path.partition("?")[0].rpartition("/")[2])
            found[_distribution(filename)].append((reason, filename, fragment, pythons))
        return found

    @cached_property
    def missing(self) -> tuple[Missing, ...]:
        """Return the requirements that no release satisfies, each once."""
        found: dict[Missing, None] = {}
        for match in filter(None, map(_MISSING.search, self.lines)):
            versions = () if match["versions"] == "none" else tuple(match["versions"].split(", "))
            found[Missing(match["requirement"], match["parent"] or "", versions)] = None
        return tuple(found)

    @cached_property
    def fetch_failures(self) -> tuple[FetchFailure, ...]:
        """Return each page that pip could not download, except for missing ones (404)."""
        found: dict[str, str] = {}
        for line in self.lines:
            match = _UNFETCHED.match(line)
            if match and not match["reason"].startswith("404"):
                found[_bare(match["url"])] = _plain(match["reason"])
            status = _STATUS.match(line)
            if status and status["status"] in {"401", "403"}:
                found[_bare(status["host"] + status["path"])] = f"HTTP {status['status']}"
            elif status:  # a second request, with credentials that pip found
                found.pop(_bare(status["host"] + status["path"]), None)
        return tuple(FetchFailure(url, reason) for url, reason in found.items())

    @cached_property
    def file_mismatches(self) -> FileMismatch | None:
        """Return the file with a wrong hash at which pip stopped."""
        filename, hashes = "", {}
        for line in self.lines:
            expected, digest = _EXPECTED.match(line), _HASH.match(line)
            filename = expected["file"] if expected else filename
            if digest:
                hashes[digest["word"]] = digest["hash"]
        if not filename or hashes.keys() != {"Expected sha256", "Got"}:
            return None
        return FileMismatch(unquote(filename), "sha256", hashes["Got"], hashes["Expected sha256"])

    @cached_property
    def broken_off(self) -> str | None:
        """Return the name of the file whose download was interrupted, at which pip stopped."""
        filename = None
        for line in self.lines:
            started = _DOWNLOADING.match(line)
            filename = started["file"] if started else filename
            if _BROKEN_OFF.match(line):
                return filename
        return None

    @cached_property
    def discarded(self) -> tuple[FileMismatch, ...]:
        """Return each wheel that pip discarded because its metadata is that of another distribution."""
        matches = filter(None, map(_INCONSISTENT.search, self.lines))
        return tuple(FileMismatch(unquote(match["file"]), match["field"], match["found"]) for match in matches)

    @cached_property
    def yanked(self) -> frozenset[str]:
        """Return the versions that pip skipped because they were yanked, where it found no other."""
        matches = filter(None, map(_YANKED.search, self.lines))
        return frozenset(version for match in matches for version in match["versions"].split(", "))

    @cached_property
    def indexes(self) -> tuple[str, ...]:
        """Return the indexes and directories that pip searched.

        pip names its default index only in the list of pages that it downloads.
        """
        indexes, directories, own = [], [], []
        for before, line in zip(["", *self.lines], self.lines, strict=False):
            page = _PAGE.match(line)
            if line.startswith("Looking in indexes: "):
                indexes += line.removeprefix("Looking in indexes: ").split(", ")
            elif line.startswith("Looking in links: "):
                directories += line.removeprefix("Looking in links: ").split(", ")
            elif page and _LOCATIONS.match(before):
                own.append(masked(page["index"]))
        return tuple(dict.fromkeys([*(indexes or own), *directories]))

    @cached_property
    def conflicts(self) -> tuple[tuple[str, ...], ...]:
        """Return, for each time pip backtracked, the conflicting requirements: lines like ``a 2.0 depends on b<2``."""
        return tuple(self._blocks("Will try a different candidate, due to conflict:"))

    @cached_property
    def causes(self) -> tuple[str, ...]:
        """Return the conflicting requirements at which pip stopped."""
        return next(self._blocks("The conflict is caused by:"), ())

    @property
    def prompted(self) -> bool:
        """Return whether an index asked for a user name, which pip can't ask for."""
        return any("No input was expected ($PIP_NO_INPUT set)" in line for line in self.lines)

    def _blocks(self, opening: str) -> Iterator[tuple[str, ...]]:
        block: list[str] | None = None
        for line in [*self.lines, ""]:
            if line.strip() == opening:
                block = []
            elif block is not None and line.startswith("    "):
                block.append(line.strip())
            elif block is not None:
                yield tuple(block)
                block = None


def _bare(url: str) -> str:
    """Return the URL without credentials and default port, which only some lines include."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    host = host.rpartition("@")[2].removesuffix({"http": ":80", "https": ":443"}.get(scheme, ""))
    return f"{scheme}://{host}{slash}{path}"


def _plain(reason: str) -> str:
    """Return ``HTTP`` and the status, or why there was no connection, without the wording of pip and urllib3."""
    match = _STATUS_IN_REASON.search(reason)
    return f"HTTP {match[1] or match[2]}" if match else _UNCONNECTED.sub(r"\1", reason)


def _before(mark: str, text: str) -> str:
    """Return the text before the last ``mark``; all of it if there is no mark."""
    head, found, _ = text.rpartition(mark)
    return head if found else text


def _link(text: str) -> tuple[str, str]:
    """Return a link without the page that it is from, and its Requires-Python."""
    head, found, tail = text.rpartition(" (from ")
    return (head if found else text), tail.partition(" (requires-python:")[2].removesuffix(")")


def _distribution(filename: str) -> NormalizedName:
    """Return the distribution in a file name without parsing the rest: of thousands of files, few matter."""
    stem = filename.split("-", 1)[0] if filename.endswith(".whl") else filename.rpartition("-")[0]
    return _canonical(stem)


def _offer(reason: str | None, filename: str, fragment: str, pythons: str) -> IndexFile | None:
    is_wheel = filename.endswith(".whl")
    sha256 = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") and not is_wheel else ""
    try:
        version = (parse_wheel_filename if is_wheel else parse_sdist_filename)(filename)[1]
        kind, excluded = _reason(reason)
        return IndexFile(filename, version, kind, excluded or pythons, sha256)
    except (InvalidSdistFilename, InvalidWheelFilename):
        return None


def _reason(text: str | None) -> tuple[Reason, str]:
    """Return why pip skipped a file, and the Requires-Python in that text."""
    if text is None:
        return "taken", ""
    _, requires, pythons = text.partition(" Requires-Python ")
    if requires:
        return "python", pythons
    return next((reason for start, reason in _REASONS if text.startswith(start)), "other"), ""
