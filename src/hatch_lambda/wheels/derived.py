"""Files that are made from a wheel once, such as its bytecode, and kept deflated in a zip next to the wheel.

A plan splices them as it splices the wheel's own members.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hatch_lambda.archive.plan import WheelContent
from hatch_lambda.files import json_values
from hatch_lambda.wheels.entry import (
    UNUSABLE,
    hash_zip,
    is_there,
    make_read_only,
    put_entry,
    read_description,
    write_description,
)
from hatch_lambda.zipfiles.hashing import sha256_of
from hatch_lambda.zipfiles.layout import content_offset
from hatch_lambda.zipfiles.members import Member, members_from_json
from hatch_lambda.zipfiles.record import record_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from hatch_lambda.wheels.wheel import Wheel
    from hatch_lambda.zipfiles.hashing import FileState

LAYOUT = 1
"""Version of the layout of these entries; it is part of their keys."""

Key = tuple[str | int, ...]
"""What the files depend on, in addition to the wheel: for example the version of the program that makes them."""

_ZIP, _DESCRIPTION = "derived.zip", "derived.json"
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class DerivedFiles:
    """Files in a zip of the cache, whose bytes this build has hashed.

    ``sha256`` is hexadecimal. ``state`` is the zip's state when it was hashed, unless it was new then.
    """

    path: Path
    sha256: str
    members: tuple[Member, ...]
    state: FileState | None = field(default=None, compare=False, repr=False)

    @property
    def contents(self) -> dict[str, WheelContent]:
        """Return the content of each file by its name."""
        return {member.name: WheelContent(self.path, member, self.sha256, self.state) for member in self.members}


def derived_place(directory: Path, kind: str, key: Key) -> Path:
    """Return the directory for the files of a kind and key in the entry of their wheel."""
    name = hashlib.sha256(json.dumps([LAYOUT, *key]).encode()).hexdigest()
    return directory / f"{kind}-{name[:32]}"


def read_derived(place: Path, wheel: Wheel, kind: str, key: Key) -> DerivedFiles | None:
    """Return the files at a place after hashing them; ``None`` if they are missing, or were damaged and are removed."""
    if not is_there(place):
        return None
    try:
        return _read(place, wheel, kind, key)
    except UNUSABLE:
        shutil.rmtree(place, ignore_errors=True)
        return None


def _read(place: Path, wheel: Wheel, kind: str, key: Key) -> DerivedFiles:
    values = json_values.fields(read_description(place / _DESCRIPTION))
    if values.get("made-from") != [wheel.sha256, kind, *key]:
        raise ValueError("other files")
    sha256, size = json_values.text(values.get("sha256")), json_values.number(values.get("size"))
    members = members_from_json(values.get("members"))
    path = place / _ZIP
    return DerivedFiles(path=path, sha256=sha256, members=members, state=hash_zip(path, sha256, size))


def put_derived(
    place: Path, root: Path, wheel: Wheel, kind: str, key: Key, files: Iterable[tuple[str, bytes]]
) -> DerivedFiles:
    """Add named files to the cache in one step, and return them; raises ``OSError``."""

    def fill(staging: Path) -> DerivedFiles:
        path = staging / _ZIP
        digests = {}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files:
                archive.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)
                digests[name] = record_digest(hashlib.sha256(data).digest())
        make_read_only(path)
        sha256, members = _sha256(path), _members(path, digests)
        write_description(
            staging / _DESCRIPTION,
            {
                "made-from": [wheel.sha256, kind, *key],
                "sha256": sha256,
                "size": path.stat().st_size,
                "members": members,
            },
        )
        return DerivedFiles(path=place / _ZIP, sha256=sha256, members=tuple(members))

    added = put_entry(place, root, fill, lambda there: read_derived(there, wheel, kind, key))
    return replace(added, state=None)  # it is so new that its times might not show a change


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return sha256_of(file)


def _members(path: Path, digests: Mapping[str, str]) -> list[Member]:
    with zipfile.ZipFile(path) as archive, path.open("rb") as raw:
        return [
            Member(
                name=info.filename,
                offset=content_offset(raw, info),
                method=info.compress_type,
                crc=info.CRC,
                compressed=info.compress_size,
                size=info.file_size,
                executable=False,
                digest=digests[info.filename],
            )
            for info in archive.infolist()
        ]
