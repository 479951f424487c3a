"""Shows what a zip was made for, what is in it, and what fills it."""

from __future__ import annotations

import tempfile
import zipfile
from argparse import ArgumentTypeError
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hatch_lambda.cli.output import print_json, print_lines
from hatch_lambda.cli.target_options import add_target_arguments, inspected
from hatch_lambda.errors import ZipError
from hatch_lambda.inspect.size_tree import tree_lines
from hatch_lambda.inspect.summary import as_json, lines
from hatch_lambda.inspect.treemap import treemap_page

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator


def add_arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("zip", type=Path, metavar="ZIP", help="a function's or a layer's zip, made by any tool")
    add_target_arguments(parser)
    parser.add_argument("--json", action="store_true", help="as JSON, see docs/reference/report.md")
    parser.add_argument("--tree", action="store_true", help="what fills it, folder by folder, the biggest first")
    parser.add_argument("--depth", type=_depth, default=2, metavar="N", help="folders that --tree descends (default 2)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with a map of what fills it")


def run(options: Namespace) -> int:
    """Write what is known of the zip and return 0; raises ``ZipError``."""
    if options.html:
        _check_page(options.html)
    inspection = inspected(options)
    if options.html:
        _write(options.html, treemap_page(inspection))
        print_lines([str(options.html)])
        return 0
    if options.json:
        print_json(as_json(inspection))
        return 0
    if options.tree:
        print_lines(tree_lines(inspection.archive.plan.entries, options.depth))
        return 0
    print_lines(lines(inspection))
    warned = [*(f"  problem: {text}" for text in inspection.problems)]
    warned += [f"  warning: {text}" for text in inspection.warnings]
    print_lines(["", *warned] if warned else [])
    return 0


def _depth(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"expected a whole number above 0; found {text!r}")
    return int(text)


def _check_page(path: Path) -> None:
    """Raise ``ZipError`` for a zip, as where FILE was forgotten and the next word was taken for it."""
    if path.is_file() and zipfile.is_zipfile(path):  # a pipe would be waited for
        raise ZipError(
            f"{path}: is a zip, and not overwritten; give --html the name of a page, such as {path.stem}.html"
        )


def _write(path: Path, text: str) -> None:
    """Write the page in one step, so that no half of it is ever there; a pipe or a device is written to as it is."""
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, "utf-8")
            return
        with _replacing(path.resolve()) as file:
            file.write(text.encode())
    except OSError as error:
        raise ZipError(f"{path}: cannot be written; {error.strerror}; choose another file") from None


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of ``path`` at the end of the block, with its rights."""
    with tempfile.NamedTemporaryFile(prefix=f".{path.name[:200]}.", dir=path.parent, delete=False) as file:
        try:
            yield file
            file.flush()
            Path(file.name).chmod(path.stat().st_mode if path.exists() else 0o644)
            Path(file.name).replace(path)
        finally:
            Path(file.name).unlink(missing_ok=True)
