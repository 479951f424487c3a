"""A look into zips, with the standard library's eyes rather than ours."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def names(path: Path) -> list[str]:
    """Return the archive's paths in their order."""
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
    """Return what the archive says of itself."""
    member = next(name for name in names(path) if name.endswith(".dist-info/lambda.json"))
    found: dict[str, Any] = json.loads(read(path, member))
    return found


def record(path: Path, dist_info: str) -> list[list[str]]:
    """Return the rows of a RECORD."""
    return list(csv.reader(io.StringIO(read(path, f"{dist_info}/RECORD"))))


def wheels(path: Path) -> list[str]:
    """Return the file name of each wheel that went into the archive."""
    return [distribution["wheel"] for distribution in lambda_json(path)["distributions"]]
