"""Show the runtime, packages, and sizes of a zip."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.cli.html_page import check_html_file, write_html_file
from hatch_lambda.cli.output import flush, print_json, print_lines, print_messages
from hatch_lambda.cli.target_options import add_target_arguments, inspected
from hatch_lambda.inspect.size_tree import tree_lines
from hatch_lambda.inspect.summary import as_json, lines
from hatch_lambda.inspect.treemap import treemap_page

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("zip", type=Path, metavar="ZIP", help="function zip or layer zip, made by any tool")
    add_target_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--tree", action="store_true", help="print the sizes by directory, the largest first")
    parser.add_argument(
        "--depth", type=_depth, default=2, metavar="N", help="levels of directories that --tree shows (default: 2)"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with a map of the sizes")


def run(options: Namespace) -> int:
    """Print the description of the zip and return 0; raises ``ZipError``."""
    if options.html:
        check_html_file(options.html)
    inspection = inspected(options)
    if options.html:
        write_html_file(options.html, treemap_page(inspection))
        print_lines([str(options.html)])
        return 0
    if options.json:
        print_json(as_json(inspection))
        return 0
    if options.tree:
        print_lines(tree_lines(inspection.archive.plan.entries, options.depth))
        return 0
    print_lines(lines(inspection))
    flush()
    print_messages(inspection.problems, inspection.warnings)
    return 0


def _depth(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"expected a whole number above 0; found {text!r}")
    return int(text)
