"""Tells whether a zip is sound: every byte, every RECORD, and whether Lambda could run it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.checks import ZIP_CHECKS
from hatch_lambda.cli.output import print_lines
from hatch_lambda.cli.target_options import add_target_arguments, inspected
from hatch_lambda.errors import ZipError
from hatch_lambda.inspect.verify import verify_records

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from hatch_lambda.inspect.inspection import Inspection
    from hatch_lambda.inspect.verify import Verification


def add_arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("zip", type=Path, metavar="ZIP", help="a function's or a layer's zip, made by any tool")
    add_target_arguments(parser)


def run(options: Namespace) -> int:
    """Write what was verified and return 0; raises ``ZipError`` with every problem."""
    inspection = inspected(options)
    verification = verify_records(inspection.archive)
    print_lines(_lines(inspection, verification))
    problems = (*verification.problems, *inspection.problems)
    if problems:
        raise ZipError(problems)
    print_lines(["  all is well"])
    return 0


def _lines(inspection: Inspection, verification: Verification) -> Iterator[str]:
    archive = inspection.archive
    checks = ", ".join(check.__name__.removeprefix("check_").replace("_", " ") for check in ZIP_CHECKS)
    guessed = "" if inspection.runtime and inspection.architecture else ", because the zip does not say all of it"
    yield f"{archive.path.name}: {archive.kind}"
    yield f"  {len(archive.plan.entries):,} files inflated against their checksums"
    yield f"  {verification.hashed:,} files compared with the hashes in {verification.records:,} RECORDs"
    yield f"  checked for {inspection.target}{guessed}: {checks}, zipped"
    for warning in (*verification.warnings, *inspection.warnings):
        yield f"  warning: {warning}"
