"""The whole archive as a list, decided before a byte of it is written."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import IO, TYPE_CHECKING

from packaging.utils import canonicalize_name
from pathspec import GitIgnoreSpec

from hatch_lambda.errors import PlanError, ProjectError, WheelError
from hatch_lambda.files.paths import files_as_directories, path_problem
from hatch_lambda.zipfiles.record import record_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName

    from hatch_lambda.zipfiles.hashing import Checkpoint

_CHUNK = 1 << 20
"""Bytes read at a time."""


@dataclass(frozen=True, slots=True)
class WheelContent:
    """A wheel's member: compressed bytes that stand in the wheel at ``offset``. All numbers but ``crc`` are bytes.

    ``sha256`` is the wheel's, in hexadecimal; empty for a zip that may change. ``checkpoint`` verifies the compressed
    bytes once more when they are copied.
    """

    wheel: Path
    member: str
    offset: int
    method: int
    crc: int
    compressed: int
    size: int
    digest: str
    sha256: str = ""
    checkpoint: Checkpoint | None = field(default=None, compare=False, repr=False)

    def copied(self, wheel: IO[bytes]) -> Iterator[bytes]:
        """Yield the compressed bytes from the open wheel.

        Raises ``WheelError``, at the end, unless they are those that this build has hashed.
        """
        try:
            yield from self.checkpoint.verified(self._read(wheel)) if self.checkpoint else self._read(wheel)
        except (OSError, ValueError):
            raise WheelError(f"{self.wheel}: changed during the build; build again to fetch it again") from None

    def _read(self, wheel: IO[bytes]) -> Iterator[bytes]:
        wheel.seek(self.offset)
        left = self.compressed
        while left:
            data = wheel.read(min(left, _CHUNK))
            if not data:
                raise ValueError("wheel ends")
            yield data
            left -= len(data)


@dataclass(frozen=True)
class FileContent:
    """A file of this machine; ``size`` in bytes, as it was when the archive was planned."""

    source: Path
    size: int

    @cached_property
    def digest(self) -> str:
        """Return the hash that the file has when this is first asked, as RECORD spells it; raises ``ProjectError``."""
        found = hashlib.sha256()
        with open_content(self) as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
        return record_digest(found.digest())


@dataclass(frozen=True, slots=True)
class TextContent:
    """Bytes that were made for the archive."""

    data: bytes

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.data)

    @property
    def digest(self) -> str:
        """Return the bytes' hash, as RECORD spells it."""
        return record_digest(hashlib.sha256(self.data).digest())


Content = WheelContent | FileContent | TextContent


@contextmanager
def opened_wheel(path: Path) -> Iterator[IO[bytes]]:
    """Open a wheel for copying from it; raises ``WheelError`` if it is gone."""
    try:
        wheel = path.open("rb", buffering=0)
    except OSError as error:
        raise WheelError(f"{path}: cannot be read ({error.strerror}); build again to fetch it again") from None
    with wheel:
        yield wheel


@contextmanager
def open_content(content: Content) -> Iterator[IO[bytes]]:
    """Open a content for reading, inflated; it is closed at the end of the block.

    Raises ``ProjectError`` or ``WheelError`` for what cannot be read, also while the block reads it.
    """
    if isinstance(content, TextContent):
        yield io.BytesIO(content.data)
    elif isinstance(content, FileContent):
        try:
            with content.source.open("rb") as file:
                yield file
        except OSError as error:
            raise ProjectError(unreadable(content.source, error)) from None
    else:
        try:
            with zipfile.ZipFile(content.wheel) as archive, archive.open(content.member) as file:
                yield file
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise WheelError(f"{content.wheel}: cannot be read ({error}); build again to fetch it again") from None


def unreadable(source: Path, error: OSError) -> str:
    """Return the problem that a file of the project cannot be read."""
    return f"{source}: cannot be read; {error.strerror}; mend it, or exclude it"


@dataclass(frozen=True, slots=True)
class Origin:
    """A distribution that ships files; ``dist_info`` is the folder of its metadata, where the archive has that."""

    name: str
    version: str
    dist_info: str | None
    project: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the archive: where, from whom, with what in it."""

    path: str
    origin: Origin
    content: Content
    executable: bool = False

    def same_content(self, other: Entry) -> bool:
        """Return whether both files hold the same bytes."""
        return self.content.size == other.content.size and self.content.digest == other.content.digest


@dataclass(frozen=True)
class ArchivePlan:
    """Every file of the archive, sorted by path, each path once."""

    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()

    @cached_property
    def paths(self) -> dict[str, Entry]:
        """Return every entry under its path."""
        return {entry.path: entry for entry in self.entries}

    @cached_property
    def sizes(self) -> dict[Origin, int]:
        """Return the bytes that each distribution takes once unpacked, the largest first."""
        sizes: Counter[Origin] = Counter()
        for entry in self.entries:
            sizes[entry.origin] += entry.content.size
        return dict(sizes.most_common())

    @property
    def unzipped(self) -> int:
        """Return the bytes that the archive takes once Lambda has unpacked it."""
        return sum(self.sizes.values())


@dataclass(frozen=True)
class PlanOptions:
    """What the user decided about single files: patterns to leave out, and the winner where two owners collide."""

    exclude_files: tuple[str, ...] = ()
    collisions: Mapping[str, NormalizedName] = field(default_factory=dict)


def make_plan(
    entries: Iterable[Entry], choices: PlanOptions, *, prefix: str = "", beside: Iterable[Entry] = ()
) -> ArchivePlan:
    """Return the archive that the entries make, put under ``prefix``; what is ``beside`` them is not.

    Files that the choices exclude are gone, a file that several distributions ship alike is kept once, and each
    distribution's RECORD, in place of any that is offered, lists exactly what of it is left. Raises ``PlanError`` with
    every path that two owners claim with different contents, that is both a file and a folder, or that no zip may have.
    """
    offered = list(entries)
    written = {_record_path(entry.origin) for entry in offered if entry.origin.dist_info}
    claims = [claim for claim in _without(offered, choices.exclude_files) if claim.path not in written]
    _check_paths(claims, prefix)
    kept, problems = _one_owner_each(claims, choices.collisions)
    records = list(_records(claims, kept))
    problems += _file_and_folder({**kept, **{record.path: record for record in records}})
    if problems:
        raise PlanError(problems)
    selected = (*kept.values(), *_without(records, choices.exclude_files))
    placed = [replace(entry, path=prefix + entry.path) for entry in selected] if prefix else selected
    ordered = sorted([*placed, *beside], key=lambda entry: entry.path)
    warnings = tuple(
        f"exclude-files has {pattern!r}, which matches nothing; the archive is the same without it."
        for pattern in _unmatched(choices.exclude_files, [*offered, *records])
    )
    return ArchivePlan(tuple(ordered), warnings)


def offered_plan(entries: Iterable[Entry], choices: PlanOptions) -> ArchivePlan:
    """Return the archive as far as it is known before any file is read: without RECORDs, collisions undecided."""
    smallest: dict[str, Entry] = {}
    for entry in _without(entries, choices.exclude_files):
        if entry.content.size <= smallest.setdefault(entry.path, entry).content.size:
            smallest[entry.path] = entry
    return ArchivePlan(tuple(smallest.values()))


def _check_paths(claims: Iterable[Entry], prefix: str) -> None:
    problems = [
        f"{prefix + claim.path!r}: {problem}; it comes from {claim.origin}; leave it out with exclude-files"
        for claim in claims
        if (problem := path_problem(prefix + claim.path))
    ]
    if problems:
        raise PlanError(problems)


def _without(claims: Iterable[Entry], patterns: Sequence[str]) -> list[Entry]:
    if not patterns:
        return list(claims)
    spec = GitIgnoreSpec.from_lines(patterns)
    return [claim for claim in claims if not spec.match_file(claim.path)]


def _unmatched(patterns: Sequence[str], claims: Sequence[Entry]) -> Iterator[str]:
    for pattern in patterns:
        spec = GitIgnoreSpec.from_lines([pattern.removeprefix("!")])
        decides = any(part.include is not None for part in spec.patterns)  # a comment does not
        if decides and not any(spec.match_file(claim.path) for claim in claims):
            yield pattern


def _one_owner_each(
    claims: Iterable[Entry], collisions: Mapping[str, NormalizedName]
) -> tuple[dict[str, Entry], list[str]]:
    claimed: dict[str, list[Entry]] = {}
    for claim in claims:
        claimed.setdefault(claim.path, []).append(claim)
    kept = {path: owners[0] for path, owners in claimed.items()}
    problems = []
    for path, owners in claimed.items():
        if all(owners[0].same_content(other) for other in owners[1:]):
            continue
        winner = next(
            (name for pattern, name in collisions.items() if GitIgnoreSpec.from_lines([pattern]).match_file(path)), None
        )
        won = [owner for owner in owners if canonicalize_name(owner.origin.name) == winner]
        if won:
            kept[path] = won[0]
        else:
            problems.append(_collision(path, owners, winner))
    return kept, problems


def _collision(path: str, owners: Sequence[Entry], winner: str | None) -> str:
    names = " and ".join(sorted({str(owner.origin) for owner in owners}))
    if winner is not None:
        return (
            f"{path}: claimed by {names} with different contents; collisions names {winner!r}, which does not ship it"
        )
    top = path.split("/", maxsplit=1)[0]
    pattern = f"{top}/**" if top != path else path
    example = canonicalize_name(owners[0].origin.name)
    return (
        f"{path}: claimed by {names} with different contents; name the one whose file is right, such as "
        f'collisions = {{ "{pattern}" = "{example}" }}, or leave one of them out with exclude-packages'
    )


def _file_and_folder(kept: Mapping[str, Entry]) -> list[str]:
    return [
        f"{path}: a file of {kept[path].origin} and a folder of {kept[inner].origin}; leave one out with exclude-files"
        for path, inner in sorted(files_as_directories(kept))
    ]


def _records(claims: Iterable[Entry], kept: Mapping[str, Entry]) -> Iterator[Entry]:
    """Yield a RECORD for each distribution, as in "The .dist-info/RECORD file" of the wheel's specification."""
    rows: dict[Origin, set[tuple[str, str, int]]] = {}
    for claim in claims:
        row = (claim.path, claim.content.digest, claim.content.size)  # asked of all, so that later changes show
        if claim.origin.dist_info is None:
            continue
        own = rows.setdefault(claim.origin, set())
        winner = kept[claim.path]
        if winner is claim or winner.same_content(claim):
            own.add(row)
    for origin, listed in rows.items():
        path = _record_path(origin)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([*sorted(listed), (path, "", "")])
        yield Entry(path, origin, TextContent(text.getvalue().encode()))


def _record_path(origin: Origin) -> str:
    return f"{origin.dist_info}/RECORD"
