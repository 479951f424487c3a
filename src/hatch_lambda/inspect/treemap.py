"""Makes a self-contained HTML page with a map of the sizes in a zip, by package, directory, and file."""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hatch_lambda.checks.limits import format_size
from hatch_lambda.config.options import MAX_UNZIPPED
from hatch_lambda.errors import printable_line
from hatch_lambda.inspect.size_tree import Node, directory_tree
from hatch_lambda.inspect.summary import UNOWNED, shares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hatch_lambda.archive.plan import Entry, Origin
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.checks.suggestions import Suggestion
    from hatch_lambda.inspect.inspection import Inspection


def treemap_page(inspection: Inspection, suggested: Sequence[Suggestion]) -> str:
    """Return the page as HTML, with all names from the zip escaped; ``suggested`` is what could be removed from it."""
    archive = inspection.archive
    nodes, places = _nodes(archive)
    title = printable_line(f"Sizes in {archive.path.name}")
    facts = [archive.kind, inspection.runtime, inspection.architecture, inspection.handler]
    values = {
        "title": escape(title),
        "facts": escape(printable_line(", ".join(fact for fact in facts if fact))),
        "sizes": escape(
            f"{format_size(archive.size)} zipped, {format_size(archive.plan.unzipped)} unzipped, "
            f"{len(archive.plan.entries):,} files"
        ),
        "rows": "\n".join(_rows(archive)),
        "suggestions": _suggestions(suggested, places),
        "limit": str(MAX_UNZIPPED + 1),
        "nodes": _script_text(nodes),
    }
    page = files("hatch_lambda.inspect").joinpath("treemap.html").read_text("utf-8")
    return re.sub(r"\{\{ (\w+) \}\}", lambda place: values[place[1]], page)


def _rows(archive: LambdaZip) -> list[str]:
    return [
        f"<tr><th scope=row>{escape(_name(origin))}</th><td>{format_size(taken.zipped)}</td>"
        f"<td>{format_size(taken.unzipped)}</td><td>{taken.files:,}</td></tr>"
        for origin, taken in shares(archive).items()
    ]


def _suggestions(suggested: Sequence[Suggestion], places: Mapping[str, int]) -> str:
    """Return the list of lines; each has the rows that it makes smaller, and by how many bytes."""
    items = [
        f"<li data-files='{json.dumps([[places[path], size] for path, size in suggestion.files.items()])}'>"
        f"<code>{escape(suggestion.line)}</code> saves {format_size(suggestion.saved)}</li>"
        for suggestion in suggested
    ]
    return "\n".join(["<h2>To make it smaller</h2>", '<ul class="ideas">', *items, "</ul>"]) if items else ""


def _nodes(archive: LambdaZip) -> tuple[list[list[Any]], dict[str, int]]:
    """Return depth, name, and both sizes of each distribution, directory, and file, in depth-first order.

    Nested lists would be as deep as the paths, which JSON can't represent. The second value is the row of each file.
    """
    owned: dict[Origin, list[Entry]] = {origin: [] for origin in archive.plan.sizes}
    for entry in archive.plan.entries:
        owned[entry.origin].append(entry)
    rows: list[list[Any]] = []
    places: dict[str, int] = {}
    for origin, entries in owned.items():
        tree = directory_tree("", entries)
        inner = (tree,) if tree.name else tree.children  # merge the only directory of a distribution into it
        pending = [(0, "", Node(_name(origin), tree.share, inner))]
        while pending:
            depth, around, node = pending.pop()
            path = around + node.name if depth else ""
            if not node.children:
                places[path] = len(rows)
            rows.append([depth, printable_line(node.name), node.share.zipped, node.share.unzipped])
            pending += ((depth + 1, path, child) for child in reversed(node.children))
    return rows, places


def _name(origin: Origin) -> str:
    return printable_line(str(origin)) or UNOWNED


def _script_text(value: Any) -> str:
    """Return JSON that can't start or end an HTML element."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
