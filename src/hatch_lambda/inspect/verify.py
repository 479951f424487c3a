"""Verifies an existing zip against its RECORDs and its description of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from hatch_lambda.archive.file_owners import record_rows
from hatch_lambda.archive.read import is_description
from hatch_lambda.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_lambda.archive.file_owners import Distribution
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.diagnostics import Message

_LISTED = 100
"""The most missing files that are listed; the others are counted."""

_REBUILD = "rebuild the zip, or download it again"


@dataclass(frozen=True)
class Verification:
    """The numbers of RECORDs and of compared files, and the errors and warnings."""

    records: int
    hashed: int
    problems: tuple[Message, ...]
    warnings: tuple[Message, ...]


def verify_records(archive: LambdaZip) -> Verification:
    """Return the result of comparing RECORDs and files.

    A file that doesn't match RECORD is an error in every zip. A missing or an unlisted file is an error in a zip from
    hatch-lambda, whose RECORDs are exact. Other tools remove files that pip installed, so it is only a warning there.
    Lambda rejects a zip without files: "Uploaded file must be a non-empty zip", as in
    https://github.com/pulumi/pulumi-aws/issues/3622.
    """
    problems: list[Message] = []
    if not archive.plan.entries:
        fix = "check which files are selected, and rebuild it"
        problem = "contains no files, and Lambda rejects an empty zip"
        problems.append(Diagnostic(code="empty-archive", where=str(archive.path), problem=problem, fix=fix))
    missing: list[Diagnostic] = []
    excluded = 0
    listed: set[str] = set()
    hashed = records = 0
    for one in archive.distributions:
        text = archive.text(f"{one.dist_info}/RECORD")
        records += bool(text.strip())
        for row, path, digest in record_rows(text, one.root, archive.plan.paths):
            if path is None:
                excluded += bool(digest)
                if digest and len(missing) < _LISTED:
                    missing.append(_mismatch(f"{one.dist_info}/RECORD", f"lists {row!r}, which isn't in the zip"))
                continue
            listed.add(path)
            if digest.startswith("sha256="):
                hashed += 1
                if archive.plan.paths[path].content.digest != digest.rstrip("="):
                    problems.append(_mismatch(path, f"doesn't match its hash in {one.dist_info}/RECORD"))
    if archive.described is not None:
        problems += _missing_problems(missing, excluded)
        if records == len(archive.distributions) and any(one.project for one in archive.distributions):
            problems += _unlisted(archive, listed)
        problems += _described_problems(archive)
        return Verification(records, hashed, tuple(problems), tuple(_without_record(archive)))
    warnings = [*_without_record(archive), *_excluded(archive, excluded)]
    return Verification(records, hashed, tuple(problems), tuple(warnings))


def _mismatch(where: str, problem: str) -> Diagnostic:
    return Diagnostic(code="record-mismatch", where=where, problem=problem, fix=_REBUILD)


def _missing_problems(missing: Sequence[Diagnostic], count: int) -> Iterator[Diagnostic]:
    yield from missing
    if count > len(missing):
        yield _mismatch("RECORD", f"{count - len(missing):,} more listed files aren't in the zip")


def _unlisted(archive: LambdaZip, listed: set[str]) -> Iterator[Diagnostic]:
    for path in archive.plan.paths:
        if path not in listed and not is_description(path):
            yield _mismatch(path, "no RECORD lists it")


def _without_record(archive: LambdaZip) -> Iterator[Diagnostic]:
    for one in archive.distributions:
        if f"{one.dist_info}/RECORD" not in archive.plan.paths:
            problem = "has no RECORD, so its files can't be verified"
            yield Diagnostic(
                code="no-record",
                where=str(one),
                problem=problem,
                fix="keep its dist-info directory when you build the zip",
                severity="warning",
            )


def _excluded(archive: LambdaZip, count: int) -> Iterator[Diagnostic]:
    if count:
        what = "1 file in a RECORD isn't" if count == 1 else f"{count:,} files in RECORDs aren't"
        yield Diagnostic(
            code="missing-files",
            where=archive.path.name,
            problem=f"{what} in the zip",
            fix="ignore this if you excluded files on purpose",
            severity="warning",
        )


def _described_problems(archive: LambdaZip) -> Iterator[Diagnostic]:
    """Yield an error for each distribution whose version differs from the one in the zip's description."""
    found = {one.name: one for one in archive.distributions}
    for name, version in _described_versions((archive.described or {}).get("distributions")):
        one: Distribution | None = found.get(canonicalize_name(name))
        if one is not None and one.version != version:
            yield _mismatch(one.dist_info, f"is {one}, but the zip's lambda.json declares {version}")


def _described_versions(listed: Any) -> Iterator[tuple[str, str]]:
    for row in listed if isinstance(listed, list) else ():
        name, version = (row.get("name"), row.get("version")) if isinstance(row, dict) else (None, None)
        if isinstance(name, str) and isinstance(version, str):
            yield name, version
