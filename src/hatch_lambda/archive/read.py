"""Reads an existing zip, made by any tool: its files, and the owner of each."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import stat
import zipfile
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from packaging.utils import canonicalize_name

from hatch_lambda.archive.file_owners import Distribution, find_distributions, owners, text_line
from hatch_lambda.archive.plan import ArchivePlan, Entry, Origin, WheelContent
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ZipError
from hatch_lambda.files.paths import files_as_directories
from hatch_lambda.zipfiles.inflate import pieces
from hatch_lambda.zipfiles.layout import directory_size
from hatch_lambda.zipfiles.members import (
    LARGEST_DIRECTORY,
    UNREADABLE,
    encryption_problems,
    header_problems,
    name_problems,
    read_member,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from packaging.utils import NormalizedName

    from hatch_lambda.diagnostics import Code
    from hatch_lambda.zipfiles.members import Member

MAX_READ = 4 << 30
"""The most unzipped bytes that a zip can declare: far more than any function or layer, far less than a zip bomb."""

MAX_TEXT = 16 << 20
"""The most bytes of a text such as METADATA or RECORD that is read into memory; a longer one counts as missing."""

_REBUILD = "rebuild it, or download it again"
_LAYER_ROOT = re.compile(r"python/lib/python3\.\d+/site-packages/|python/")
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html, read 2026-11-23."""

_LAYER_DIRECTORIES = frozenset({"python", "lib", "bin"})
_OWN_DESCRIPTION = re.compile(r"(?:python/)?[^/]+\.dist-info/lambda\.json|hatch-lambda/[^/]+\.json")

Kind = Literal["function", "layer"]


@dataclass(frozen=True, kw_only=True)
class LambdaZip:
    """An existing zip that was read completely; every member matches its checksum.

    ``size`` is the size of the file in bytes, and ``sha256`` its hash in hexadecimal. ``described`` is the value of the
    ``lambda.json`` in it, ``None`` for a zip from another tool. ``import_roots`` are the directories that Python
    imports from, each empty or with a slash at its end. In ``plan``, files of no distribution have an origin without
    dist-info.
    """

    path: Path
    size: int
    sha256: str
    described: Mapping[str, Any] | None
    kind: Kind
    import_roots: tuple[str, ...]
    distributions: tuple[Distribution, ...]
    plan: ArchivePlan

    @cached_property
    def code_sha256(self) -> str:
        """Return the hash in base64, the format of Lambda's ``CodeSha256`` and Terraform's ``source_code_hash``."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode("ascii")

    @property
    def runtimes(self) -> tuple[str, ...]:
        """Return the runtimes that the zip declares; empty for a zip from another tool."""
        return self.declared("compatible-runtimes") or self.declared("runtime")

    @property
    def architectures(self) -> tuple[str, ...]:
        """Return the architectures that the zip declares; empty for a zip from another tool."""
        return self.declared("compatible-architectures") or self.declared("architecture")

    def declared(self, field: str) -> tuple[str, ...]:
        """Return the string or the array of strings in a field of ``lambda.json``; other values are ignored."""
        value = (self.described or {}).get(field)
        return tuple(text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str))

    def text(self, path: str) -> str:
        """Return a file's text; empty if it is missing or larger than ``MAX_TEXT``."""
        entry = self.plan.paths.get(path)
        if entry is None or entry.content.size > MAX_TEXT:
            return ""
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(path).decode("utf-8", "replace")


def described_wheels(described: Mapping[str, Any] | None) -> dict[NormalizedName, dict[str, str]]:
    """Return the rows of ``lambda.json`` about wheels by the name of the distribution.

    Values that aren't strings, in a zip that was tampered with, are ignored.
    """
    listed = (described or {}).get("distributions")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    texts = [{key: value for key, value in row.items() if isinstance(value, str)} for row in rows]
    return {canonicalize_name(row.get("name", "")): row for row in texts}


def read_zip(path: Path) -> LambdaZip:
    """Return the zip after reading all of it; raises ``ZipError`` with every problem.

    Every member must match its checksum, which is checked in limited memory. Damaged and encrypted zips are rejected,
    and so are zips that programs would read differently, and those that declare more than ``MAX_READ`` bytes.
    """
    try:
        mode = path.stat().st_mode  # first, because opening a pipe would block, and a device might never end
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise ZipError(_problem(path, "not a regular file", "pass the path of a zip", code="special-file"))
        if path.stat().st_size > MAX_READ:
            raise ZipError(_problem(path, f"larger than {MAX_READ >> 30} GiB", "pass a smaller zip"))
        with path.open("rb") as raw:
            listed = directory_size(raw)
        if listed > LARGEST_DIRECTORY:
            raise ZipError(
                _problem(path, f"the zip's directory is larger than {LARGEST_DIRECTORY >> 20} MiB", "use fewer files")
            )
        with zipfile.ZipFile(path) as archive, path.open("rb") as raw:
            members = _members(path, archive, raw)
        with path.open("rb") as raw:  # without ZipFile, whose objects need the most memory
            sha256, size = _hash(raw)
            found = _Texts(raw, {member.name: member for member in members})
            described = _described(found)
            roots = _import_roots(found.names, described)
            distributions = find_distributions(found.names, found.text, roots)
            origin_of = owners(found.names, found.text, distributions, roots, _default_origin(described, distributions))
    except FileNotFoundError:
        raise ZipError(
            _problem(path, "file not found", "build it first, or fix the path", code="file-not-found")
        ) from None
    except IsADirectoryError:
        raise ZipError(_problem(path, "a directory, not a zip", "pass the path of a zip")) from None
    except PermissionError as error:
        problem = f"can't be read ({error.strerror})"
        raise ZipError(_problem(path, problem, "fix its permissions", code="unreadable-file")) from None
    except UNREADABLE as error:
        raise ZipError(_problem(path, f"can't be read as a zip ({error})")) from None
    entries = [_entry(path, member, origin_of[member.name]) for member in members]
    plan = ArchivePlan(tuple(sorted(entries, key=lambda entry: entry.path)))
    kind: Kind = "function" if roots == ("",) else "layer"
    return LambdaZip(
        path=path,
        size=size,
        sha256=sha256,
        described=described,
        kind=kind,
        import_roots=roots,
        distributions=distributions,
        plan=plan,
    )


class _Texts:
    """The texts in an open zip."""

    def __init__(self, raw: BinaryIO, members: Mapping[str, Member]) -> None:
        self._raw = raw
        self._members = members

    @property
    def names(self) -> Collection[str]:
        return self._members.keys()

    def text(self, name: str) -> str:
        """Return a member's text; empty if it is missing or larger than ``MAX_TEXT``."""
        member = self._members.get(name)
        if member is None or member.size > MAX_TEXT:
            return ""
        found = pieces(self._raw, member.offset, member.method, member.compressed, member.size)
        return b"".join(found).decode("utf-8", "replace")


def _members(path: Path, archive: zipfile.ZipFile, raw: BinaryIO) -> list[Member]:
    infos = archive.infolist()
    _refuse(path, name_problems([info.orig_filename.removesuffix("/") for info in infos]))
    files = [info.orig_filename for info in infos if not info.orig_filename.endswith("/")]
    both = sorted(name for name, _ in files_as_directories(files))
    _refuse(path, (f"{name!r} is both a file and a directory" for name in both))
    _refuse(path, encryption_problems(infos))
    _refuse(path, header_problems(archive, raw, infos))
    claimed = sum(info.file_size for info in infos)
    if claimed > MAX_READ:
        raise ZipError(_problem(path, f"declares more than {MAX_READ >> 30} GiB unzipped"))
    directories = [info for info in infos if info.orig_filename.endswith("/")]
    _refuse(path, (f"the directory {info.filename!r} has content" for info in directories if info.file_size))
    return [read_member(archive, raw, info) for info in infos if not info.orig_filename.endswith("/")]


def _refuse(path: Path, problems: Iterable[str]) -> None:
    found = [_problem(path, problem) for problem in problems]
    if found:
        raise ZipError(found)


def _problem(path: Path, problem: str, fix: str = _REBUILD, *, code: Code = "bad-zip") -> Diagnostic:
    return Diagnostic(code=code, where=str(path), problem=problem, fix=fix)


def _hash(raw: BinaryIO) -> tuple[str, int]:
    """Return the file's SHA-256 in hexadecimal and its size in bytes."""
    found = hashlib.sha256()
    size = 0
    raw.seek(0)
    while chunk := raw.read(1 << 20):
        found.update(chunk)
        size += len(chunk)
    return found.hexdigest(), size


def is_description(path: str) -> bool:
    """Return whether hatch-lambda writes its description of a zip to this path in the zip."""
    return _OWN_DESCRIPTION.fullmatch(path) is not None


def _described(texts: _Texts) -> dict[str, Any] | None:
    """Return hatch-lambda's description in the zip; ``None`` if it is missing or unknown."""
    for name in sorted(name for name in texts.names if is_description(name)):
        try:
            value = json.loads(texts.text(name))
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and isinstance(value.get("schema"), int) and value.get("kind") in _KINDS:
            return value
    return None


_KINDS = ("function", "layer")


def _import_roots(names: Collection[str], described: Mapping[str, Any] | None) -> tuple[str, ...]:
    tops = {name.partition("/")[0] for name in names if not is_description(name)}
    is_layer_like = bool(tops) and tops <= _LAYER_DIRECTORIES and all("/" in name for name in names)
    if (described["kind"] == "layer") if described else is_layer_like:
        found = (_LAYER_ROOT.match(name) for name in names)
        return tuple(sorted({match[0] for match in found if match}, key=len)) or ("python/",)
    return ("",)


def _default_origin(described: Mapping[str, Any] | None, distributions: tuple[Distribution, ...]) -> Origin:
    """Return the owner of files that no distribution owns.

    In a zip from another tool that contains distributions, it is the project. In a zip from hatch-lambda, it is the
    project if its dist-info is in a layer.
    """
    if described is None:
        return Origin("", "", None, project=bool(distributions))
    name, version = (text_line(described.get(key)) for key in ("name", "version"))
    if any(one.project for one in distributions) or not name:
        return Origin("", "", None)
    return Origin(canonicalize_name(name), version, None, project=True)


def _entry(path: Path, member: Member, origin: Origin) -> Entry:
    return Entry(member.name, origin, WheelContent(path, member), member.executable)
