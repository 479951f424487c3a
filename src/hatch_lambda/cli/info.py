"""Shows what a zip was made for, what is in it, and what fills it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.cli.output import say, say_json
from hatch_lambda.finished import read_finished
from hatch_lambda.inspection import inspect
from hatch_lambda.overview import as_json, lines

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("zip", type=Path, metavar="ZIP", help="a function's or a layer's zip, made by any tool")
    parser.add_argument("--json", action="store_true", help="as JSON, see docs/reference/report.md")


def run(options: Namespace) -> int:
    """Write what is known of the zip and return 0; raises ``FinishedError``."""
    inspection = inspect(read_finished(options.zip))
    if options.json:
        say_json(as_json(inspection))
        return 0
    say(lines(inspection))
    warned = [*(f"  problem: {text}" for text in inspection.problems)]
    warned += [f"  warning: {text}" for text in inspection.warnings]
    say(["", *warned] if warned else [])
    return 0
