"""The plan of a zip: all its files, decided before it is written."""

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
from itertools import groupby
from operator import attrgetter
from typing import IO, TYPE_CHECKING

from packaging.utils import canonicalize_name
from pathspec import GitIgnoreSpec

from hatch_lambda.archive.bytecode import is_bytecode
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import PlanError, ProjectError, WheelError
from hatch_lambda.files.paths import SpecialFileError, files_as_directories, path_problem
from hatch_lambda.zipfiles.inflate import pieces
from hatch_lambda.zipfiles.members import UNREADABLE
from hatch_lambda.zipfiles.record import record_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from io import FileIO
    from pathlib import Path

    from packaging.utils import NormalizedName

    from hatch_lambda.diagnostics import Code, Message
    from hatch_lambda.zipfiles.hashing import FileState
    from hatch_lambda.zipfiles.members import Member

_CHUNK = 1 << 20
"""Bytes read at a time."""


@dataclass(frozen=True, slots=True)
class WheelContent:
    """A member of the wheel or zip at ``wheel``, whose compressed bytes are copied.

    ``sha256`` is the wheel's hash in hexadecimal; empty for a zip that can change. ``state`` is the wheel's state when
    it was hashed; ``None`` if it was new then.
    """

    wheel: Path
    member: Member
    sha256: str = ""
    state: FileState | None = field(default=None, compare=False, repr=False)

    @property
    def size(self) -> int:
        """Return the number of bytes, inflated."""
        return self.member.size

    @property
    def digest(self) -> str:
        """Return the hash of the inflated bytes in the format of RECORD."""
        return self.member.digest

    def read_into(self, buffer: memoryview, wheel: FileIO, start: int) -> int:
        """Read compressed bytes from ``start`` on from the open wheel; return how many fit into the buffer.

        Raises ``WheelError`` if the wheel has become shorter.
        """
        try:
            wheel.seek(self.member.offset + start)
            count = wheel.readinto(buffer[: self.member.compressed - start])
        except OSError:
            count = 0
        if not count:
            raise changed_wheel(self.wheel)
        return count

    def inflated(self, wheel: IO[bytes]) -> Iterator[bytes]:
        """Yield the content from the open wheel; raises ``WheelError`` for bytes that can't be inflated."""
        member = self.member
        try:
            yield from pieces(wheel, member.offset, member.method, member.compressed, member.size)
        except UNREADABLE:
            raise changed_wheel(self.wheel) from None


@dataclass(frozen=True)
class FileContent:
    """A file of this machine; ``size`` is in bytes, from when the zip was planned."""

    source: Path
    size: int

    @cached_property
    def digest(self) -> str:
        """Return the file's hash in the format of RECORD, computed once; raises ``ProjectError``."""
        found = hashlib.sha256()
        with open_content(self) as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
        return record_digest(found.digest())


@dataclass(frozen=True, slots=True)
class TextContent:
    """Bytes that were generated for the zip."""

    data: bytes

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.data)

    @property
    def digest(self) -> str:
        """Return the hash of the bytes in the format of RECORD."""
        return record_digest(hashlib.sha256(self.data).digest())


Content = WheelContent | FileContent | TextContent


@contextmanager
def opened_wheel(path: Path) -> Iterator[FileIO]:
    """Open a wheel to copy from it; raises ``WheelError`` if it can't be opened."""
    try:
        wheel = path.open("rb", buffering=0)
    except OSError as error:
        raise WheelError(_bad_wheel(path, f"can't be read ({error.strerror})")) from None
    with wheel:
        yield wheel


@contextmanager
def open_content(content: Content) -> Iterator[IO[bytes]]:
    """Open a content for reading, inflated, until the end of the block.

    Raises ``ProjectError`` or ``WheelError`` if it can't be read, also while the block reads it.
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
            with zipfile.ZipFile(content.wheel) as archive, archive.open(content.member.name) as file:
                yield file
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise WheelError(_bad_wheel(content.wheel, f"can't be read ({error})")) from None


def changed_wheel(path: Path) -> WheelError:
    """Return the error that a wheel isn't the file that this build has hashed."""
    return WheelError(_bad_wheel(path, "changed during the build"))


def _bad_wheel(path: Path, problem: str) -> Diagnostic:
    return Diagnostic(code="bad-wheel", where=str(path), problem=problem, fix="rebuild to download it again")


def unreadable(source: Path, error: OSError) -> Diagnostic:
    """Return the problem that a file of the project can't be read."""
    code: Code = "special-file" if isinstance(error, SpecialFileError) else "unreadable-file"
    problem = f"can't be read ({error.strerror})"
    return Diagnostic(code=code, where=str(source), problem=problem, fix="fix it, or exclude it")


@dataclass(frozen=True, slots=True)
class Origin:
    """A distribution that owns files; ``dist_info`` is the directory of its metadata, if the zip contains it."""

    name: str
    version: str
    dist_info: str | None
    project: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the zip: its path, its owner, and its content.

    ``bytecode`` is the compiled module, which is in the zip if the file is.
    """

    path: str
    origin: Origin
    content: Content
    executable: bool = False
    bytecode: Entry | None = None

    def same_content(self, other: Entry) -> bool:
        """Return whether both files have the same bytes."""
        return self.content.size == other.content.size and self.content.digest == other.content.digest


@dataclass(frozen=True)
class ArchivePlan:
    """Every file in the zip, sorted by path; each path occurs once."""

    entries: tuple[Entry, ...]
    warnings: tuple[Message, ...] = ()

    @cached_property
    def paths(self) -> dict[str, Entry]:
        """Return every entry by its path."""
        return {entry.path: entry for entry in self.entries}

    @cached_property
    def sizes(self) -> dict[Origin, int]:
        """Return the unzipped size of each distribution in bytes, the largest first."""
        sizes: Counter[Origin] = Counter()
        for origin, entries in groupby(self.entries, key=attrgetter("origin")):
            sizes[origin] += sum(entry.content.size for entry in entries)
        return dict(sizes.most_common())

    @property
    def unzipped(self) -> int:
        """Return the unzipped size in bytes."""
        return sum(self.sizes.values())

    @property
    def bytecode(self) -> int:
        """Return the unzipped size of the bytecode of modules in bytes."""
        return sum(entry.content.size for entry in self.entries if is_bytecode(entry.path))


@dataclass(frozen=True)
class PlanOptions:
    """The options for files: the patterns to exclude, and the owner whose file is used for a collision.

    ``where`` returns the address of an option for messages.
    """

    exclude_files: tuple[str, ...] = ()
    collisions: Mapping[str, NormalizedName] = field(default_factory=dict)
    where: Callable[[str], str] = str


def make_plan(
    entries: Iterable[Entry], choices: PlanOptions, *, prefix: str = "", beside: Iterable[Entry] = ()
) -> ArchivePlan:
    """Return the zip of the entries, whose paths get the ``prefix``, and of those in ``beside``, whose paths don't.

    The options exclude files. A file that several distributions provide with the same content is added once. A new
    RECORD lists exactly the remaining files of each distribution. Raises ``PlanError`` with every collision, every path
    that is both a file and a directory, and every path that a zip can't have.
    """
    offered = list(entries)
    written = {_record_path(entry.origin) for entry in offered if entry.origin.dist_info}
    claims = [claim for claim in _without(offered, choices.exclude_files) if claim.path not in written]
    _check_paths(claims, prefix)
    kept, problems = _one_owner_each(claims, choices)
    modules = _without(_bytecode(claims, kept), choices.exclude_files)
    kept = {**{module.path: module for module in modules}, **kept}
    claims += modules
    records = list(_records(claims, kept))
    problems += _path_conflicts({**kept, **{record.path: record for record in records}})
    if problems:
        raise PlanError(problems)
    selected = (*kept.values(), *_without(records, choices.exclude_files))
    placed = [replace(entry, path=prefix + entry.path) for entry in selected] if prefix else selected
    ordered = sorted([*placed, *beside], key=lambda entry: entry.path)
    unmatched = _unmatched(
        choices.exclude_files, [*offered, *(entry.bytecode for entry in offered if entry.bytecode), *records]
    )
    warnings = tuple(_unused_exclusion(pattern, choices) for pattern in unmatched)
    return ArchivePlan(tuple(ordered), warnings)


def offered_plan(entries: Iterable[Entry], choices: PlanOptions) -> ArchivePlan:
    """Return the zip without the parts that need reading: RECORDs are missing, and collisions are unresolved."""
    smallest: dict[str, Entry] = {}
    for entry in _without(entries, choices.exclude_files):
        if entry.content.size <= smallest.setdefault(entry.path, entry).content.size:
            smallest[entry.path] = entry
    return ArchivePlan(tuple(smallest.values()))


def _check_paths(claims: Iterable[Entry], prefix: str) -> None:
    problems = [
        Diagnostic(
            code="unsafe-path",
            where=str(claim.origin),
            problem=f"the path {prefix + claim.path!r} {problem}",
            fix="exclude it with exclude-files",
        )
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
        decides = any(part.include is not None for part in spec.patterns)  # a comment doesn't match or exclude
        if decides and not any(spec.match_file(claim.path) for claim in claims):
            yield pattern


def _unused_exclusion(pattern: str, choices: PlanOptions) -> Diagnostic:
    return Diagnostic(
        code="unused-exclusion",
        where=choices.where("exclude-files"),
        problem=f"no file matches {pattern!r}",
        fix="remove the entry",
        severity="warning",
    )


def _one_owner_each(claims: Iterable[Entry], choices: PlanOptions) -> tuple[dict[str, Entry], list[Diagnostic]]:
    kept: dict[str, Entry] = {}
    shared: dict[str, list[Entry]] = {}
    for claim in claims:
        first = kept.setdefault(claim.path, claim)
        if first is not claim:
            shared.setdefault(claim.path, [first]).append(claim)
    problems = []
    for path, owners in shared.items():
        if all(owners[0].same_content(other) for other in owners[1:]):
            continue
        winner = next(
            (name for pattern, name in choices.collisions.items() if _matches(pattern, path)),
            None,
        )
        won = [owner for owner in owners if canonicalize_name(owner.origin.name) == winner]
        if won:
            kept[path] = won[0]
        else:
            problems.append(_collision(path, owners, winner, choices))
    return kept, problems


def _bytecode(claims: Iterable[Entry], kept: Mapping[str, Entry]) -> Iterator[Entry]:
    """Yield the bytecode of each module in the zip, for each of its owners."""
    for claim in claims:
        module = kept[claim.path]
        if module.bytecode and (claim is module or claim.same_content(module)):
            yield replace(module.bytecode, origin=claim.origin)


def _matches(pattern: str, path: str) -> bool:
    return GitIgnoreSpec.from_lines([pattern]).match_file(path)


def _collision(path: str, owners: Sequence[Entry], winner: str | None, choices: PlanOptions) -> Diagnostic:
    names = " and ".join(sorted({str(owner.origin) for owner in owners}))
    problem = f"{names} provide different files"
    if winner is not None:
        option = choices.where("collisions")
        problem += f", and {winner!r} from {option} isn't one of them"
        return Diagnostic(code="collision", where=path, problem=problem, fix=f"name one of them in {option}")
    top = path.split("/", maxsplit=1)[0]
    pattern = f"{top}/**" if top != path else path
    example = canonicalize_name(owners[0].origin.name)
    fix = f'name the one to use, as in collisions = {{ "{pattern}" = "{example}" }}, or exclude a package'
    return Diagnostic(code="collision", where=path, problem=problem, fix=fix)


def _path_conflicts(kept: Mapping[str, Entry]) -> list[Diagnostic]:
    return [
        Diagnostic(
            code="path-conflict",
            where=path,
            problem=f"a file of {kept[path].origin} and a directory of {kept[inner].origin}",
            fix="exclude one of them with exclude-files",
        )
        for path, inner in sorted(files_as_directories(kept))
    ]


def _records(claims: Iterable[Entry], kept: Mapping[str, Entry]) -> Iterator[Entry]:
    """Yield the RECORD of each distribution, as in "The .dist-info/RECORD file" of the wheel specification."""
    rows: dict[Origin, dict[str, tuple[str, str, int]]] = {}
    for origin, own in groupby(claims, key=attrgetter("origin")):
        listed = {
            claim.path: (claim.path, claim.content.digest, claim.content.size)  # of every file, to detect later changes
            for claim in own
            if (winner := kept[claim.path]) is claim or winner.same_content(claim)
        }
        if origin.dist_info is not None:
            rows.setdefault(origin, {}).update(listed)
    for origin, files in rows.items():
        path = _record_path(origin)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([*sorted(files.values()), (path, "", "")])
        yield Entry(path, origin, TextContent(text.getvalue().encode()))


def _record_path(origin: Origin) -> str:
    return f"{origin.dist_info}/RECORD"
