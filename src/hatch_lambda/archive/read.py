"""A finished zip, ours or another's: what it holds, and whose each file is."""

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

from hatch_lambda.archive.ownership import Distribution, find_distributions, owners, text_line
from hatch_lambda.archive.plan import ArchivePlan, Entry, Origin, WheelContent
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

    from hatch_lambda.zipfiles.members import Member

MAX_READ = 4 << 30
"""Bytes that a zip may claim to unpack to; no function or layer comes near, and a zip bomb goes far beyond."""

MAX_TEXT = 16 << 20
"""Bytes of a text such as METADATA or RECORD that are read into memory; a longer one counts as missing."""

_REFUSED = "the zip is not looked into"
_LAYER_ROOT = re.compile(r"python/lib/python3\.\d+/site-packages/|python/")
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html, read 2026-11-23."""

_LAYER_FOLDERS = frozenset({"python", "lib", "bin"})
_OWN_DESCRIPTION = re.compile(r"(?:python/)?[^/]+\.dist-info/lambda\.json|hatch-lambda/[^/]+\.json")

Kind = Literal["function", "layer"]


@dataclass(frozen=True, kw_only=True)
class LambdaZip:
    """A zip that was read in whole: every member is what its checksum promises.

    ``size`` is the file's, in bytes; ``sha256`` its hash in hexadecimal. ``described`` is the ``lambda.json`` in it,
    ``None`` for a zip that others made. ``import_roots`` are the folders in it that Python imports from, each empty
    or with a slash at its end. Files of no distribution have an origin without a dist-info in ``plan``.
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
        """Return the hash as Lambda's ``CodeSha256`` and Terraform's ``source_code_hash`` spell it, in base64."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode("ascii")

    @property
    def runtimes(self) -> tuple[str, ...]:
        """Return the runtimes that the zip says it was made for; empty for one that others made."""
        return self.declared("compatible-runtimes") or self.declared("runtime")

    @property
    def architectures(self) -> tuple[str, ...]:
        """Return the architectures that the zip says it was made for; empty for one that others made."""
        return self.declared("compatible-architectures") or self.declared("architecture")

    def declared(self, field: str) -> tuple[str, ...]:
        """Return the strings, one or an array, that the zip says of itself; somebody may have written others there."""
        value = (self.described or {}).get(field)
        return tuple(text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str))

    def text(self, path: str) -> str:
        """Return a file's text; empty where there is none, or one of more than ``MAX_TEXT`` bytes."""
        entry = self.plan.paths.get(path)
        if entry is None or entry.content.size > MAX_TEXT:
            return ""
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(path).decode("utf-8", "replace")


def read_zip(path: Path) -> LambdaZip:
    """Return what the zip holds, after reading all of it; raises ``ZipError`` naming every problem.

    Every member is inflated against its checksum, in bounded memory. Refused is what is damaged or encrypted, what
    unpacks to other names than it shows, and what claims to unpack to more than ``MAX_READ`` bytes.
    """
    try:
        mode = path.stat().st_mode  # asked first: a pipe would be waited for, and a device never ends
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise ZipError(f"{path}: is no regular file; give the path of a zip")
        if path.stat().st_size > MAX_READ:
            raise ZipError(f"{path}: takes {path.stat().st_size:,} bytes; expected at most {MAX_READ:,}; {_REFUSED}")
        with path.open("rb") as raw:
            listed = directory_size(raw)
        if listed > LARGEST_DIRECTORY:
            raise ZipError(
                f"{path}: its directory takes {listed:,} bytes; {LARGEST_DIRECTORY:,} are read at most; {_REFUSED}"
            )
        with zipfile.ZipFile(path) as archive, path.open("rb") as raw:
            members = _members(path, archive, raw)
        with path.open("rb") as raw:  # and not the zip, whose description of each member takes the most memory
            sha256, size = _hash(raw)
            found = _Texts(raw, {member.name: member for member in members})
            described = _described(found)
            roots = _import_roots(found.names, described)
            distributions = find_distributions(found.names, found.text, roots)
            origin_of = owners(
                found.names, found.text, distributions, roots, _foreign_distributions(described, distributions)
            )
    except FileNotFoundError:
        raise ZipError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise ZipError(f"{path}: expected a zip; found a folder") from None
    except PermissionError as error:
        raise ZipError(f"{path}: cannot be read; {error.strerror}; see to its permissions") from None
    except UNREADABLE as error:
        raise ZipError(f"{path}: cannot be read as a zip; {error}; make or fetch it anew") from None
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
    """The short texts of an open zip."""

    def __init__(self, raw: BinaryIO, members: Mapping[str, Member]) -> None:
        self._raw = raw
        self._members = members

    @property
    def names(self) -> Collection[str]:
        return self._members.keys()

    def text(self, name: str) -> str:
        """Return a member's text; empty where there is none, or one of more than ``MAX_TEXT`` bytes."""
        member = self._members.get(name)
        if member is None or member.size > MAX_TEXT:
            return ""
        found = pieces(self._raw, member.offset, member.method, member.compressed, member.size)
        return b"".join(found).decode("utf-8", "replace")


def _members(path: Path, archive: zipfile.ZipFile, raw: BinaryIO) -> list[Member]:
    infos = archive.infolist()
    _refuse(path, name_problems([info.orig_filename.removesuffix("/") for info in infos], _REFUSED))
    files = [info.orig_filename for info in infos if not info.orig_filename.endswith("/")]
    both = sorted(name for name, _ in files_as_directories(files))
    _refuse(path, (f"{name!r} is a file and a folder at once; nothing can unpack both; {_REFUSED}" for name in both))
    _refuse(path, encryption_problems(infos, _REFUSED))
    _refuse(path, header_problems(archive, raw, infos))
    claimed = sum(info.file_size for info in infos)
    if claimed > MAX_READ:
        raise ZipError(f"{path}: claims to unpack to {claimed:,} bytes; expected at most {MAX_READ:,}; {_REFUSED}")
    directories = [info for info in infos if info.orig_filename.endswith("/")]
    _refuse(
        path, (f"{info.filename!r} is a folder that holds bytes; {_REFUSED}" for info in directories if info.file_size)
    )
    return [read_member(archive, raw, info) for info in infos if not info.orig_filename.endswith("/")]


def _refuse(path: Path, problems: Iterable[str]) -> None:
    found = [f"{path}: {problem}" for problem in problems]
    if found:
        raise ZipError(found)


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
    """Return whether hatch-lambda describes an archive in a file of that path in it."""
    return _OWN_DESCRIPTION.fullmatch(path) is not None


def _described(texts: _Texts) -> dict[str, Any] | None:
    """Return what hatch-lambda wrote of the archive into it; ``None`` where it did not, or nothing that we know."""
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
    looks_so = bool(tops) and tops <= _LAYER_FOLDERS and all("/" in name for name in names)
    if (described["kind"] == "layer") if described else looks_so:
        found = (_LAYER_ROOT.match(name) for name in names)
        return tuple(sorted({match[0] for match in found if match}, key=len)) or ("python/",)
    return ("",)


def _foreign_distributions(described: Mapping[str, Any] | None, distributions: tuple[Distribution, ...]) -> Origin:
    """Return the owner of files that no distribution owns.

    In a zip that others made of a project and its dependencies, they are the project's; in one of ours, too, if the
    project's dist-info lies in a layer.
    """
    if described is None:
        return Origin("", "", None, project=bool(distributions))
    name, version = (text_line(described.get(key)) for key in ("name", "version"))
    if any(one.project for one in distributions) or not name:
        return Origin("", "", None)
    return Origin(canonicalize_name(name), version, None, project=True)


def _entry(path: Path, member: Member, origin: Origin) -> Entry:
    content = WheelContent(
        path, member.name, member.offset, member.method, member.crc, member.compressed, member.size, member.digest
    )
    return Entry(member.name, origin, content, member.executable)
