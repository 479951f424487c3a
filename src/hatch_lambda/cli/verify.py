"""Verify every byte and RECORD of a zip, and check that it works on Lambda."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.checks import ZIP_CHECKS
from hatch_lambda.cli.output import flush, print_lines, print_messages
from hatch_lambda.cli.target_options import add_target_arguments, inspected
from hatch_lambda.errors import ZipError
from hatch_lambda.inspect.verify import verify_records

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from hatch_lambda.inspect.inspection import Inspection
    from hatch_lambda.inspect.verify import Verification


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("zip", type=Path, metavar="ZIP", help="function zip or layer zip, made by any tool")
    add_target_arguments(parser)


def run(options: Namespace) -> int:
    """Print the result and return 0; raises ``ZipError`` with every problem."""
    inspection = inspected(options)
    verification = verify_records(inspection.archive)
    print_lines(_lines(inspection, verification))
    problems = (*verification.problems, *inspection.problems)
    warnings = (*verification.warnings, *inspection.warnings)
    if not problems and not warnings:
        print_lines(["  no problems found"])
    flush()
    print_messages(warnings=warnings)
    if problems:
        raise ZipError(problems)
    return 0


def _lines(inspection: Inspection, verification: Verification) -> Iterator[str]:
    archive = inspection.archive
    checks = ", ".join(check.__name__.removeprefix("check_").replace("_", " ") for check in ZIP_CHECKS)
    is_known = inspection.runtime and inspection.architecture
    assumed = "" if is_known else " (assumed; pass --runtime and --architecture)"
    yield f"{archive.path.name}: {archive.kind}"
    yield f"  {len(archive.plan.entries):,} files match their checksums"
    yield f"  {verification.hashed:,} files compared with the hashes in {verification.records:,} RECORDs"
    yield f"  checked for {inspection.target}{assumed}: {checks}, zipped"
