"""Verifies a wheel: every byte, every name, and its metadata."""

from __future__ import annotations

import base64
import configparser
import csv
import hashlib
import io
import stat
import zipfile
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import WheelError
from hatch_lambda.wheels.member_reader import read_by
from hatch_lambda.wheels.wheel import Wheel, data_path
from hatch_lambda.zipfiles.inflate import pieces
from hatch_lambda.zipfiles.layout import directory_size, overlapping_members
from hatch_lambda.zipfiles.members import (
    LARGEST_DIRECTORY,
    LARGEST_LISTING,
    UNREADABLE,
    encryption_problems,
    name_problems,
    read_member,
)
from hatch_lambda.zipfiles.metadata_headers import MAX_HEADERS, header_block, read_headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName

    from hatch_lambda.wheels.member_reader import MemberReader
    from hatch_lambda.zipfiles.members import Member

_SCHEMES = frozenset({"purelib", "platlib", "headers", "scripts", "data"})
"""Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-data-directory."""

_UNLISTED = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s"})
_STRONG_HASHES = frozenset({"sha256", "sha384", "sha512"})
"""Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file."""

_REPORT = "require another version, or report it to its maintainers"


def verify_wheel(file: Path, sha256: str, readers: Sequence[MemberReader] = ()) -> Wheel:
    """Return the wheel after reading all of it, also by the readers; raises ``WheelError`` with every problem.

    Every member must match its CRC and RECORD. Every name must stay inside the zip and occur once; names that differ
    only in case are different, as on Lambda. The dist-info must match the name and version in the file name.
    """
    try:
        name, version, _, _ = parse_wheel_filename(file.name)
        with file.open("rb") as raw:
            _refuse(file.name, _size_problems([("directory", directory_size(raw), LARGEST_DIRECTORY)]))
        with zipfile.ZipFile(file) as archive, file.open("rb") as raw:
            infos = [info for info in archive.infolist() if not info.orig_filename.endswith("/")]
            names = [info.orig_filename for info in infos]
            _refuse(file.name, name_problems(names))
            _refuse(file.name, (*_link_problems(infos), *encryption_problems(infos)))
            _refuse(file.name, _scheme_problems(info.filename for info in infos))
            dist_info = _dist_info(file.name, infos, name, version)
            members = tuple(
                read_member(archive, raw, info, partial(read_by, readers, info.filename, info.file_size))
                for info in infos
            )
            _refuse(file.name, _size_problems(_listings(members, dist_info)))
            _refuse(file.name, _record_problems(archive, raw, dist_info, members))
            headers = header_block(archive.read(f"{dist_info}/METADATA").decode("utf-8", "replace"))
            _refuse(file.name, _size_problems([("METADATA, without its description,", len(headers), MAX_HEADERS)]))
            scripts = _console_scripts(archive, dist_info)
    except InvalidWheelFilename as error:
        raise WheelError(_bad_wheel(file.name, f"not the file name of a wheel ({error})")) from None
    except UNREADABLE as error:
        problem = f"can't be read as a zip ({error})"
        raise WheelError(_bad_wheel(file.name, problem, "rebuild to download it again")) from None
    metadata = read_headers(headers)
    _refuse(file.name, _metadata_problems(metadata["Name"], metadata["Version"], name, version))
    commands = [f"bin/{script}" for script, _ in scripts]
    _refuse(file.name, name_problems(commands))
    return Wheel(
        path=file,
        filename=file.name,
        sha256=sha256,
        size=file.stat().st_size,
        name=name,
        version=str(version),
        dist_info=dist_info,
        requires_python=metadata["Requires-Python"],
        requires_dist=tuple(metadata.get_all("Requires-Dist", ())),
        provides_extra=tuple(metadata.get_all("Provides-Extra", ())),
        console_scripts=scripts,
        members=members,
    )


def _refuse(filename: str, problems: Iterable[str]) -> None:
    found = [_bad_wheel(filename, problem) for problem in problems]
    if found:
        raise WheelError(found)


def _bad_wheel(filename: str, problem: str, fix: str = _REPORT) -> Diagnostic:
    return Diagnostic(code="bad-wheel", where=filename, problem=problem, fix=fix)


def _size_problems(sizes: Iterable[tuple[str, int, int]]) -> Iterator[str]:
    for name, size, largest in sizes:
        if size > largest:
            yield f"its {name} is larger than {largest >> 20} MiB"


def _listings(members: Iterable[Member], dist_info: str) -> Iterator[tuple[str, int, int]]:
    """Yield the name, the size, and the largest allowed size of each member that is read into memory as a whole."""
    largest = {
        f"{dist_info}/METADATA": LARGEST_LISTING,
        f"{dist_info}/RECORD": LARGEST_LISTING,
        f"{dist_info}/entry_points.txt": MAX_HEADERS,
    }
    return ((member.name, member.size, largest[member.name]) for member in members if member.name in largest)


def _link_problems(infos: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    for info in infos:
        if stat.S_ISLNK(info.external_attr >> 16):
            yield f"{info.filename!r} is a symbolic link"
    for one, other in overlapping_members(infos):
        yield f"{one!r} and {other!r} share bytes"


def _scheme_problems(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        scheme, _, rest = data_path(name) or ("purelib", "", name)
        if scheme not in _SCHEMES or not rest:
            yield f"{name!r} isn't in a directory that the wheel specification allows"


def _dist_info(filename: str, infos: Iterable[zipfile.ZipInfo], name: NormalizedName, version: Version) -> str:
    names = {info.filename for info in infos}
    placed = {data[2] if (data := data_path(path)) else path for path in names}
    directories = sorted({top for top in (path.split("/")[0] for path in names | placed) if top.endswith(".dist-info")})
    fitting = [directory for directory in directories if _is_dist_info_of(directory, name, version)]
    if len(directories) != 1 or not fitting:
        found = ", ".join(directories) or "none"
        raise WheelError(
            _bad_wheel(filename, f"expected one dist-info directory for {name} {version}, but found {found}")
        )
    missing = [
        f"{fitting[0]}/{part}" for part in ("METADATA", "WHEEL", "RECORD") if f"{fitting[0]}/{part}" not in names
    ]
    _refuse(filename, [f"{path} is missing" for path in missing])
    return fitting[0]


def _is_dist_info_of(directory: str, name: NormalizedName, version: Version) -> bool:
    found_name, _, found_version = directory.removesuffix(".dist-info").partition("-")
    try:
        return canonicalize_name(found_name) == name and Version(found_version) == version
    except ValueError:
        return False


def _record_problems(
    archive: zipfile.ZipFile, raw: BinaryIO, dist_info: str, members: Sequence[Member]
) -> Iterator[str]:
    """Yield a problem for each member whose hash in RECORD differs.

    Files that only the zip or only RECORD lists pass: many wheels have them, and the wheel's hash covers them.
    """
    text = archive.read(f"{dist_info}/RECORD").decode("utf-8", "replace")
    names = {member.name for member in members}
    recorded = {row[0]: row[1] for row in csv.reader(io.StringIO(text)) if len(row) > 1 and row[0] in names}
    for member in members:
        algorithm, _, digest = recorded.get(member.name, "").partition("=")
        if algorithm not in _STRONG_HASHES or member.name in {f"{dist_info}/{name}" for name in _UNLISTED}:
            continue
        found = member.digest if algorithm == "sha256" else _digest(raw, member, algorithm)
        if found not in {f"{algorithm}={digest.rstrip('=')}", f"{algorithm}={_from_hexadecimal(digest)}"}:
            yield f"{member.name} doesn't match its hash in RECORD"


def _from_hexadecimal(digest: str) -> str:
    """Return a digest as RECORD has it; empty unless it is in hexadecimal.

    Source: the wheels of uv_build before 0.8.13, https://github.com/astral-sh/uv/issues/15398, read 2026-11-28.
    """
    try:
        return _encoded(bytes.fromhex(digest))
    except ValueError:
        return ""


def _encoded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _digest(raw: BinaryIO, member: Member, algorithm: str) -> str:
    found = hashlib.new(algorithm)
    for piece in pieces(raw, member.offset, member.method, member.compressed, member.size):
        found.update(piece)
    return f"{algorithm}={_encoded(found.digest())}"


def _metadata_problems(
    found_name: str | None, found_version: str | None, name: NormalizedName, version: Version
) -> Iterator[str]:
    try:
        fits = canonicalize_name(found_name or "") == name and Version(found_version or "") == version
    except ValueError:
        fits = False
    if not fits:
        yield f"its METADATA is for {found_name} {found_version}"


def _console_scripts(archive: zipfile.ZipFile, dist_info: str) -> tuple[tuple[str, str], ...]:
    """Return the name and object reference of each console script."""
    try:
        text = archive.read(f"{dist_info}/entry_points.txt").decode("utf-8", "replace")
    except KeyError:
        return ()
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # names are case-sensitive
    try:
        parser.read_string(text)
    except configparser.Error:
        return ()
    return tuple(parser.items("console_scripts")) if parser.has_section("console_scripts") else ()
