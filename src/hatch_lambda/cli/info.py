"""Show the runtime, packages, and sizes of a zip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hatch_lambda.cli.argument_types import whole_number
from hatch_lambda.cli.output import flush, print_json, print_lines, print_messages
from hatch_lambda.cli.output_file import check_file, write_file
from hatch_lambda.cli.target_options import add_target_arguments, inspected
from hatch_lambda.cli.usage import check_exclusive, usage_error
from hatch_lambda.inspect.inspection import zip_suggestions
from hatch_lambda.inspect.sbom import sbom_json
from hatch_lambda.inspect.size_tree import tree_lines
from hatch_lambda.inspect.summary import as_json, lines, suggestion_lines
from hatch_lambda.inspect.treemap import treemap_page
from hatch_lambda.inspect.why import why_lines

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from hatch_lambda.inspect.inspection import Inspection

_DEPTH = 2
"""Levels of directories that ``--tree`` shows by default."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("zip", type=Path, metavar="ZIP", help="function zip or layer zip, made by any tool")
    add_target_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--tree", action="store_true", help="print the sizes by directory, the largest first")
    parser.add_argument(
        "--depth", type=whole_number, metavar="N", help=f"levels of directories that --tree shows (default: {_DEPTH})"
    )
    parser.add_argument("--why", metavar="NAME", help="print what requires a package, up to the project")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with a map of the sizes")
    parser.add_argument("--sbom", type=Path, metavar="FILE", help="write a software bill of materials (CycloneDX)")


def run(options: Namespace) -> int:
    """Print the description of the zip, or write the files that are asked for, and return 0.

    Raises ``UsageError`` or ``ZipError``.
    """
    written = {option: Path(path) for option in _FILES if (path := getattr(options, option))}
    check_exclusive([f"--{name}" for name in (*_VIEWS, *[*written][:1]) if getattr(options, name)])
    if options.depth and not options.tree:
        raise usage_error("--depth", "has no effect without --tree", "add --tree, or remove --depth")
    for option, path in written.items():
        check_file(f"--{option}", path, _FILES[option].suffix)
    inspection = inspected(options)
    for option, path in written.items():
        write_file(f"--{option}", path, _FILES[option].content(inspection))
        print_lines([str(path)])
    if written:
        return 0
    if options.why:
        print_lines(why_lines(inspection, options.why))
        return 0
    if options.json:
        print_json(as_json(inspection))
        return 0
    if options.tree:
        print_lines(tree_lines(inspection.archive.plan.entries, options.depth or _DEPTH))
        return 0
    print_lines((*lines(inspection), *suggestion_lines(zip_suggestions(inspection))))
    flush()
    print_messages(inspection.problems, inspection.warnings)
    return 0


def _map(inspection: Inspection) -> str:
    return treemap_page(inspection, zip_suggestions(inspection))


def _sbom(inspection: Inspection) -> str:
    archive = inspection.archive
    return sbom_json(archive.path.stem, archive.plan.entries, archive.described, inspection.target)


_VIEWS = ("json", "tree", "why")
"""The options that print something else than the description."""


class _File(NamedTuple):
    suffix: str
    content: Callable[[Inspection], str]


_FILES = {"html": _File(".html", _map), "sbom": _File(".cdx.json", _sbom)}
"""The options that name a file to write, the suffix of a good name for it, and what is written to it."""
