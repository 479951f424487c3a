"""Whether a file is a sound wheel: every byte, every name, and what it says of itself."""

from __future__ import annotations

import base64
import configparser
import csv
import hashlib
import io
import stat
import zipfile
from typing import TYPE_CHECKING, BinaryIO

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from hatch_lambda.errors import WheelError
from hatch_lambda.wheels.wheel import Wheel, data_path
from hatch_lambda.zipfiles.headers import MAX_HEADERS, header_block, read_headers
from hatch_lambda.zipfiles.inflate import pieces
from hatch_lambda.zipfiles.layout import directory_size, sharing
from hatch_lambda.zipfiles.members import (
    LARGEST_DIRECTORY,
    LARGEST_LISTING,
    UNREADABLE,
    encryption_problems,
    name_problems,
    read_member,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName

    from hatch_lambda.zipfiles.members import Member

_SCHEMES = frozenset({"purelib", "platlib", "headers", "scripts", "data"})
"""Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-data-directory."""

_UNLISTED = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s"})
_STRONG_HASHES = frozenset({"sha256", "sha384", "sha512"})
"""Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file."""

_REFUSED = "the wheel is refused"


def verify_wheel(file: Path, sha256: str) -> Wheel:
    """Return what the wheel holds, after reading all of it; raises ``WheelError`` naming every problem.

    Every member is inflated against its CRC and against RECORD; every name must stay inside the archive and be there
    once (Lambda's file system tells apart what differs in case only); the dist-info must be of the distribution and
    version that the file name says.
    """
    try:
        name, version, _, _ = parse_wheel_filename(file.name)
        with file.open("rb") as raw:
            _refuse(file.name, _size_problems([("directory", directory_size(raw), LARGEST_DIRECTORY)]))
        with zipfile.ZipFile(file) as archive, file.open("rb") as raw:
            infos = [info for info in archive.infolist() if not info.orig_filename.endswith("/")]
            names = [info.orig_filename for info in infos]
            _refuse(file.name, name_problems(names, _REFUSED))
            _refuse(file.name, (*_link_problems(infos), *encryption_problems(infos, _REFUSED)))
            _refuse(file.name, _scheme_problems(info.filename for info in infos))
            dist_info = _dist_info(file.name, infos, name, version)
            members = tuple(read_member(archive, raw, info) for info in infos)
            _refuse(file.name, _size_problems(_listings(members, dist_info)))
            _refuse(file.name, _record_problems(archive, raw, dist_info, members))
            headers = header_block(archive.read(f"{dist_info}/METADATA").decode("utf-8", "replace"))
            _refuse(file.name, _size_problems([("METADATA without its description", len(headers), MAX_HEADERS)]))
            scripts = _console_scripts(archive, dist_info)
    except InvalidWheelFilename as error:
        raise WheelError(f"{file.name}: not the file name of a wheel; {error}") from None
    except UNREADABLE as error:
        raise WheelError(f"{file.name}: cannot be read as a zip; {error}; build again to fetch it anew") from None
    metadata = read_headers(headers)
    _refuse(file.name, _metadata_problems(metadata["Name"], metadata["Version"], name, version))
    commands = [f"bin/{script}" for script, _ in scripts]
    _refuse(file.name, name_problems(commands, _REFUSED))
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
    found = [f"{filename}: {problem}" for problem in problems]
    if found:
        raise WheelError(found)


def _size_problems(sizes: Iterable[tuple[str, int, int]]) -> Iterator[str]:
    for name, size, largest in sizes:
        if size > largest:
            yield f"its {name} takes {size:,} bytes; {largest:,} are read at most; {_REFUSED}"


def _listings(members: Iterable[Member], dist_info: str) -> Iterator[tuple[str, int, int]]:
    """Yield the members that are held in memory as a whole, each with its size and the largest that it may have."""
    largest = {
        f"{dist_info}/METADATA": LARGEST_LISTING,
        f"{dist_info}/RECORD": LARGEST_LISTING,
        f"{dist_info}/entry_points.txt": MAX_HEADERS,
    }
    return ((member.name, member.size, largest[member.name]) for member in members if member.name in largest)


def _link_problems(infos: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    for info in infos:
        if stat.S_ISLNK(info.external_attr >> 16):
            yield f"{info.filename!r} is a symbolic link; {_REFUSED}"
    for one, other in sharing(infos):
        yield f"{one!r} and {other!r} share bytes; {_REFUSED}"


def _scheme_problems(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        scheme, _, rest = data_path(name) or ("purelib", "", name)
        if scheme not in _SCHEMES or not rest:
            yield f"{name!r} is in no folder that a wheel's data may have; the wheel is refused"


def _dist_info(filename: str, infos: Iterable[zipfile.ZipInfo], name: NormalizedName, version: Version) -> str:
    names = {info.filename for info in infos}
    placed = {data[2] if (data := data_path(path)) else path for path in names}
    directories = sorted({top for top in (path.split("/")[0] for path in names | placed) if top.endswith(".dist-info")})
    fitting = [directory for directory in directories if _is_dist_info_of(directory, name, version)]
    if len(directories) != 1 or not fitting:
        found = ", ".join(directories) or "none"
        raise WheelError(f"{filename}: expected one dist-info folder, of {name} {version}; found {found}")
    missing = [
        f"{fitting[0]}/{part}" for part in ("METADATA", "WHEEL", "RECORD") if f"{fitting[0]}/{part}" not in names
    ]
    _refuse(filename, [f"{path} is missing; the wheel is refused" for path in missing])
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
    """Yield each member that RECORD has another hash for. Files that only one of the two knows are let pass: they are
    common in the wild and covered by the wheel's own hash.
    """
    text = archive.read(f"{dist_info}/RECORD").decode("utf-8", "replace")
    names = {member.name for member in members}
    promised = {row[0]: row[1] for row in csv.reader(io.StringIO(text)) if len(row) > 1 and row[0] in names}
    for member in members:
        algorithm, _, digest = promised.get(member.name, "").partition("=")
        if algorithm not in _STRONG_HASHES or member.name in {f"{dist_info}/{name}" for name in _UNLISTED}:
            continue
        found = member.digest if algorithm == "sha256" else _digest(raw, member, algorithm)
        if found != f"{algorithm}={digest.rstrip('=')}":
            yield f"{member.name} is not what RECORD promises; the wheel is refused"


def _digest(raw: BinaryIO, member: Member, algorithm: str) -> str:
    found = hashlib.new(algorithm)
    for piece in pieces(raw, member.offset, member.method, member.compressed, member.size):
        found.update(piece)
    return f"{algorithm}=" + base64.urlsafe_b64encode(found.digest()).rstrip(b"=").decode("ascii")


def _metadata_problems(
    found_name: str | None, found_version: str | None, name: NormalizedName, version: Version
) -> Iterator[str]:
    try:
        fits = canonicalize_name(found_name or "") == name and Version(found_version or "") == version
    except ValueError:
        fits = False
    if not fits:
        yield f"its METADATA is of {found_name} {found_version}; the wheel is refused"


def _console_scripts(archive: zipfile.ZipFile, dist_info: str) -> tuple[tuple[str, str], ...]:
    """Return name and reference of each console script, as in the entry points' specification."""
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
