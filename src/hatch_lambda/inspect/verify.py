"""Whether a finished zip is what its RECORDs and its own description say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from hatch_lambda.archive.ownership import record_rows
from hatch_lambda.archive.read import is_description

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_lambda.archive.ownership import Distribution
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.diagnostics import Message


_TOLD = 100
"""Files that RECORDs list in vain and that are named; the others are counted."""


@dataclass(frozen=True)
class Verification:
    """What was compared: RECORDs, the files that they have a hash for, and what is wrong."""

    records: int
    hashed: int
    problems: tuple[Message, ...]
    warnings: tuple[Message, ...]


def verify_records(archive: LambdaZip) -> Verification:
    """Return what RECORDs and contents say of each other.

    A file that is not what RECORD says is a problem in every zip. A missing or an unlisted file is one in ours, whose
    RECORDs are exact; others leave files out of what pip installed, which is no more than a warning. Lambda refuses a
    zip without files: "Uploaded file must be a non-empty zip", as in https://github.com/pulumi/pulumi-aws/issues/3622.
    """
    problems: list[Message] = []
    if not archive.plan.entries:
        problems.append(f"{archive.path}: holds no files; Lambda takes no empty zip; make it anew")
    missing: list[str] = []
    left_out = 0
    listed: set[str] = set()
    hashed = records = 0
    for one in archive.distributions:
        text = archive.text(f"{one.dist_info}/RECORD")
        records += bool(text.strip())
        for row, path, digest in record_rows(text, one.root, archive.plan.paths):
            if path is None:
                left_out += bool(digest)
                if digest and len(missing) < _TOLD:
                    missing.append(f"{one.dist_info}/RECORD: lists {row!r}, which is not in the zip")
                continue
            listed.add(path)
            if digest.startswith("sha256="):
                hashed += 1
                if archive.plan.paths[path].content.digest != digest.rstrip("="):
                    problems.append(f"{path}: is not what {one.dist_info}/RECORD says; make or fetch the zip anew")
    if archive.described is not None:
        problems += _missing_problems(missing, left_out)
        if records == len(archive.distributions) and any(one.project for one in archive.distributions):
            problems += _unlisted(archive, listed)
        problems += _described_problems(archive)
        return Verification(records, hashed, tuple(problems), tuple(_without_record(archive)))
    warnings = [*_without_record(archive), *_left_out(left_out)]
    return Verification(records, hashed, tuple(problems), tuple(warnings))


def _missing_problems(missing: Sequence[str], count: int) -> Iterator[str]:
    yield from (f"{text}; make or fetch the zip anew" for text in missing)
    if count > len(missing):
        yield f"RECORDs: list {count - len(missing):,} more files that are not in the zip; make or fetch the zip anew"


def _unlisted(archive: LambdaZip, listed: set[str]) -> Iterator[str]:
    for path in archive.plan.paths:
        if path not in listed and not is_description(path):
            yield f"{path}: no RECORD lists it; make or fetch the zip anew"


def _without_record(archive: LambdaZip) -> Iterator[str]:
    for one in archive.distributions:
        if f"{one.dist_info}/RECORD" not in archive.plan.paths:
            yield f"{one} has no RECORD; its files could be compared with nothing."


def _left_out(count: int) -> Iterator[str]:
    if count:
        what = "file that a RECORD lists is" if count == 1 else "files that RECORDs list are"
        yield f"{count:,} {what} not in the zip; whoever made it left something out."


def _described_problems(archive: LambdaZip) -> Iterator[str]:
    """Yield each distribution that is there in another version than the zip says of itself."""
    found = {one.name: one for one in archive.distributions}
    for name, version in _described_versions((archive.described or {}).get("distributions")):
        one: Distribution | None = found.get(canonicalize_name(name))
        if one is not None and one.version != version:
            yield f"{one.dist_info}: is {one}; the zip's own description says {version}; make or fetch the zip anew"


def _described_versions(listed: Any) -> Iterator[tuple[str, str]]:
    for row in listed if isinstance(listed, list) else ():
        name, version = (row.get("name"), row.get("version")) if isinstance(row, dict) else (None, None)
        if isinstance(name, str) and isinstance(version, str):
            yield name, version
