"""What pip's log tells beside its result: what it passed over and why, what it could not fetch, where it went back."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from packaging.version import InvalidVersion, Version

from hatch_lambda.errors import masked
from hatch_lambda.resolve.base import filename_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.utils import NormalizedName

Reason = Literal["taken", "tags", "sdist", "python", "yanked", "other"]

_LINE = re.compile(r"^\S+T\S+ ?")
_LINK = re.compile(r"^\s*(?:Skipping link: (?P<reason>.*?): |Found link )(?P<url>\S+://\S+)")
_STATUS = re.compile(r'^\s*(?P<host>\S+://\S+?) "GET (?P<path>\S+) HTTP/[\d.]+" (?P<status>\d{3})')
_UNFETCHED = re.compile(r"^\s*(?:WARNING: )?Could not fetch URL (?P<url>\S+): (?P<reason>.*) - skipping$")
_MISSING = re.compile(
    r"Could not find a (?:final )?version that satisfies the requirement (?P<requirement>.+?)"
    r"(?: \(from (?P<parent>[^)]*)\))? \(from versions: (?P<versions>.*)\)$"
)
_REASONS: tuple[tuple[str, Reason], ...] = (
    ("none of the wheel's tags", "tags"),
    ("No sources permitted", "sdist"),
    ("yanked", "yanked"),
)


@dataclass(frozen=True)
class Offer:
    """A file that an index offered, and what pip made of it. ``detail`` is the Requires-Python that did not fit."""

    filename: str
    version: Version
    reason: Reason
    detail: str = ""


@dataclass(frozen=True)
class Missing:
    """A requirement that pip found nothing for, who has it, and the versions that the target could load."""

    requirement: str
    parent: str
    versions: tuple[str, ...]


@dataclass(frozen=True)
class Unfetched:
    """A page or file that pip could not get."""

    url: str
    reason: str

    @property
    def refused(self) -> bool:
        """Return whether it was the credentials that did not do."""
        return self.reason.startswith(("401", "403"))


class PipLog:
    """A log that pip wrote with ``--log``. Lines that it does not know are passed over."""

    def __init__(self, text: str) -> None:
        self._text = masked(text)

    @cached_property
    def lines(self) -> list[str]:
        """Return the log's lines without their timestamps."""
        return [_LINE.sub("", line, count=1) for line in self._text.splitlines()]

    def offers(self, name: NormalizedName) -> tuple[Offer, ...]:
        """Return every file of that distribution that pip saw on an index."""
        return tuple(self._offers[name])

    @cached_property
    def _offers(self) -> dict[NormalizedName, list[Offer]]:
        found: dict[NormalizedName, list[Offer]] = defaultdict(list)
        for line in self.lines:
            match = _LINK.match(line)
            parsed = _parse(filename_of(match["url"].partition("#")[0])) if match else None
            if match and parsed:
                reason, detail = _reason(match["reason"])
                found[parsed[0]].append(Offer(parsed[2], parsed[1], reason, detail))
        return found

    @cached_property
    def missing(self) -> tuple[Missing, ...]:
        """Return the requirements that no release met, each once."""
        found: dict[Missing, None] = {}
        for match in filter(None, map(_MISSING.search, self.lines)):
            versions = () if match["versions"] == "none" else tuple(match["versions"].split(", "))
            found[Missing(match["requirement"], match["parent"] or "", versions)] = None
        return tuple(found)

    @cached_property
    def unfetched(self) -> tuple[Unfetched, ...]:
        """Return each page that pip could not get, but for those that an index simply does not have (404)."""
        found: dict[Unfetched, None] = {}
        for line in self.lines:
            match = _UNFETCHED.match(line)
            if match and not match["reason"].startswith("404"):
                found[Unfetched(match["url"], match["reason"])] = None
            status = _STATUS.match(line)
            if status and status["status"] in {"401", "403"}:
                found.setdefault(Unfetched(status["host"] + status["path"], f"{status['status']} from the index"))
        return tuple({failure.url: failure for failure in found}.values())

    @cached_property
    def indexes(self) -> tuple[str, ...]:
        """Return the indexes and folders that pip looked in."""
        found = []
        for line in self.lines:
            for prefix in ("Looking in indexes: ", "Looking in links: "):
                if line.startswith(prefix):
                    found += line.removeprefix(prefix).split(", ")
        return tuple(dict.fromkeys(found))

    @cached_property
    def conflicts(self) -> tuple[tuple[str, ...], ...]:
        """Return, for each time pip went back, who wanted what: lines like ``a 2.0 depends on b<2``."""
        return tuple(self._blocks("Will try a different candidate, due to conflict:"))

    @cached_property
    def causes(self) -> tuple[str, ...]:
        """Return who wanted what when pip gave up."""
        return next(self._blocks("The conflict is caused by:"), ())

    @property
    def prompted(self) -> bool:
        """Return whether an index asked for a user name that nobody could type."""
        return "No input was expected ($PIP_NO_INPUT set)" in self._text

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


def _parse(filename: str) -> tuple[NormalizedName, Version, str] | None:
    try:
        if not filename.endswith(".whl"):
            return *parse_sdist_filename(filename), filename
        name, version, _ = filename.split("-", 2)  # the tags of thousands of files are looked at only when they matter
        return canonicalize_name(name), Version(version), filename
    except (InvalidSdistFilename, InvalidVersion, ValueError):
        return None


def _reason(text: str | None) -> tuple[Reason, str]:
    if text is None:
        return "taken", ""
    _, requires, pythons = text.partition(" Requires-Python ")
    if requires:
        return "python", pythons
    return next((reason for start, reason in _REASONS if text.startswith(start)), "other"), ""
