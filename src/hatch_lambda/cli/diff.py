"""Shows what changed from one zip to another: versions, and files and bytes by distribution."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.archive.read import read_finished
from hatch_lambda.cli.output import say, say_json
from hatch_lambda.inspect.diff import Difference, difference_json, difference_lines
from hatch_lambda.inspect.inspection import inspect

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("old", type=Path, metavar="OLD", help="the zip as it was")
    parser.add_argument("new", type=Path, metavar="NEW", help="the zip as it is")
    parser.add_argument("--json", action="store_true", help="as JSON, see docs/reference/report.md")
    parser.add_argument("--exit-code", action="store_true", help="end with 1 unless both are the same byte for byte")


def run(options: Namespace) -> int:
    """Write what differs and return 0, or with ``--exit-code`` 1 if anything does; raises ``FinishedError``."""
    difference = Difference(inspect(read_finished(options.old)), inspect(read_finished(options.new)))
    if options.json:
        say_json(difference_json(difference))
    else:
        say(difference_lines(difference))
    return int(options.exit_code and not difference.same)
