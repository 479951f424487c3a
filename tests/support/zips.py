"""What zips contain, read with the standard library instead of our code."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import stat
import zipfile
from pathlib import Path
from typing import Any


def names(path: Path) -> list[str]:
    """Return the zip's paths in their order."""
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def read(path: Path, member: str) -> str:
    """Return a member's text."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(member).decode()


def mode(path: Path, member: str) -> int:
    """Return a member's permission bits."""
    with zipfile.ZipFile(path) as archive:
        return archive.getinfo(member).external_attr >> 16 & 0o7777


def lambda_json(path: Path) -> dict[str, Any]:
    """Return the zip's description, ``lambda.json``."""
    member = next(name for name in names(path) if name.endswith(".dist-info/lambda.json"))
    found: dict[str, Any] = json.loads(read(path, member))
    return found


def distributions(path: Path) -> list[str]:
    """Return name and version of each distribution in the zip, sorted."""
    return [f"{found['name']} {found['version']}" for found in lambda_json(path)["distributions"]]


def wheels(path: Path) -> list[str]:
    """Return the file names of the wheels that the zip was made of."""
    return [found["wheel"] for found in lambda_json(path)["distributions"]]


def sha256(content: bytes) -> str:
    """Return the hash in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def record(path: Path, dist_info: str) -> list[list[str]]:
    """Return the rows of a RECORD."""
    return list(csv.reader(io.StringIO(read(path, f"{dist_info}/RECORD"))))


def contents(path: Path) -> dict[str, bytes]:
    """Return every member's bytes."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def files(path: Path) -> list[str]:
    """Return the zip's paths outside of every dist-info."""
    return [name for name in names(path) if not name.partition("/")[0].endswith(".dist-info")]


def directory(path: Path) -> dict[str, bytes]:
    """Return the bytes of every file in a directory of this machine, hidden ones too."""
    return {file.name: file.read_bytes() for file in path.iterdir()}


def dist_infos(path: Path) -> list[str]:
    """Return the zip's dist-info directories in their order."""
    tops = dict.fromkeys(name.partition("/")[0] for name in names(path))
    return [top for top in tops if top.endswith(".dist-info")]


def unpack(path: Path, into: Path) -> Path:
    """Unpack the zip with its modes, as Lambda does, and return the directory."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            Path(archive.extract(info, into)).chmod(info.external_attr >> 16 & 0o7777)
    return into


def kind(path: Path, member: str) -> int:
    """Return a member's file type, such as ``stat.S_IFREG``."""
    with zipfile.ZipFile(path) as archive:
        return stat.S_IFMT(archive.getinfo(member).external_attr >> 16)


def dates(path: Path) -> set[tuple[int, int, int, int, int, int]]:
    """Return every date that a member has."""
    with zipfile.ZipFile(path) as archive:
        return {info.date_time for info in archive.infolist()}
