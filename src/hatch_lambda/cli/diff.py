"""Compare two zips: versions, files, and sizes by package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.archive.read import read_zip
from hatch_lambda.cli.output import print_json, print_lines
from hatch_lambda.inspect.diff import Difference, difference_json, difference_lines
from hatch_lambda.inspect.inspection import inspect

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("old", type=Path, metavar="OLD", help="the zip before the change")
    parser.add_argument("new", type=Path, metavar="NEW", help="the zip after the change")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--exit-code", action="store_true", help="exit with code 1 if the zips have different bytes")


def run(options: Namespace) -> int:
    """Print the difference and return 0, or with ``--exit-code`` 1 if there is one; raises ``ZipError``."""
    difference = Difference(inspect(read_zip(options.old)), inspect(read_zip(options.new)))
    if options.json:
        print_json(difference_json(difference))
    else:
        print_lines(difference_lines(difference))
    return int(options.exit_code and not difference.same)
