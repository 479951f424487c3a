"""Show the runtime, packages, and sizes of a zip."""

from __future__ import annotations

import shlex
import tempfile
import zipfile
from argparse import ArgumentTypeError
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hatch_lambda.cli.output import flush, print_json, print_lines, print_messages
from hatch_lambda.cli.target_options import add_target_arguments, inspected
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import OutputError, ZipError
from hatch_lambda.inspect.inspection import zip_suggestions
from hatch_lambda.inspect.size_tree import tree_lines
from hatch_lambda.inspect.summary import as_json, lines, suggestion_lines
from hatch_lambda.inspect.treemap import treemap_page
from hatch_lambda.inspect.why import why_lines

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("zip", type=Path, metavar="ZIP", help="function zip or layer zip, made by any tool")
    add_target_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--tree", action="store_true", help="print the sizes by directory, the largest first")
    parser.add_argument(
        "--depth", type=_depth, default=2, metavar="N", help="levels of directories that --tree shows (default: 2)"
    )
    parser.add_argument("--why", metavar="NAME", help="print what requires a package, up to the project")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with a map of the sizes")


def run(options: Namespace) -> int:
    """Print the description of the zip and return 0; raises ``ZipError``."""
    if options.html:
        _check_page(options.html)
    inspection = inspected(options)
    if options.html:
        _write(options.html, treemap_page(inspection, zip_suggestions(inspection)))
        print_lines([str(options.html)])
        return 0
    if options.why:
        print_lines(why_lines(inspection, options.why))
        return 0
    if options.json:
        print_json(as_json(inspection))
        return 0
    if options.tree:
        print_lines(tree_lines(inspection.archive.plan.entries, options.depth))
        return 0
    print_lines((*lines(inspection), *suggestion_lines(zip_suggestions(inspection))))
    flush()
    print_messages(inspection.problems, inspection.warnings)
    return 0


def _depth(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"expected a whole number above 0; found {text!r}")
    return int(text)


def _check_page(path: Path) -> None:
    """Raise ``ZipError`` for a zip, so that a forgotten FILE doesn't overwrite it."""
    if path.is_file() and zipfile.is_zipfile(path):  # opening a pipe would block
        raise ZipError(
            Diagnostic(
                code="command-line",
                where="--html",
                problem=f"{str(path)!r} is a zip, which isn't overwritten",
                fix=f"pass --html {shlex.quote(f'{path.stem}.html')}",
            )
        )


def _write(path: Path, text: str) -> None:
    """Write the page completely or not at all; a pipe or a device is written to directly."""
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, "utf-8")
            return
        with _replacing(path.resolve()) as file:
            file.write(text.encode())
    except OSError as error:
        raise OutputError(
            Diagnostic(
                code="output-not-written",
                where=str(path),
                problem=f"can't be written ({error.strerror})",
                fix="pass another file to --html",
            )
        ) from None


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that replaces ``path`` at the end of the block, with its permissions."""
    with tempfile.NamedTemporaryFile(prefix=f".{path.name[:200]}.", dir=path.parent, delete=False) as file:
        try:
            yield file
            file.flush()
            Path(file.name).chmod(path.stat().st_mode if path.exists() else 0o644)
            Path(file.name).replace(path)
        finally:
            Path(file.name).unlink(missing_ok=True)
