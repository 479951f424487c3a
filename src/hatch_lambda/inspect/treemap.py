"""Makes self-contained HTML pages with a map, such as one of the sizes in a zip by package, directory, and file."""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hatch_lambda.checks.limits import format_size
from hatch_lambda.errors import printable_line
from hatch_lambda.inspect.size_tree import Node, directory_tree
from hatch_lambda.inspect.summary import UNOWNED, shares

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hatch_lambda.archive.plan import Entry, Origin
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.inspect.inspection import Inspection


def treemap_page(inspection: Inspection) -> str:
    """Return the page as HTML, with all names from the zip escaped."""
    archive = inspection.archive
    facts = [archive.kind, inspection.runtime, inspection.architecture, inspection.handler]
    sizes = (
        f"{format_size(archive.size)} zipped, {format_size(archive.plan.unzipped)} unzipped, "
        f"{len(archive.plan.entries):,} files"
    )
    return map_page(
        title=f"Sizes in {archive.path.name}",
        facts=(", ".join(fact for fact in facts if fact), sizes),
        measures=(("zipped", "bytes zipped"), ("unzipped", "bytes unzipped")),
        head=("package", "zipped", "unzipped", "files"),
        rows=_rows(archive),
        nodes=_nodes(archive),
    )


def map_page(
    *,
    title: str,
    facts: tuple[str, str],
    measures: tuple[tuple[str, str], tuple[str, str]],
    head: Sequence[str],
    rows: Iterable[str],
    nodes: Sequence[Sequence[Any]],
) -> str:
    """Return a page with a map of nodes, each of which has a depth, a name, and a value for each of two measures.

    A measure has a name and a unit, as the page describes units. Only ``rows`` are HTML; everything else is escaped.
    """
    values = {
        "title": escape(printable_line(title)),
        "facts": escape(printable_line(facts[0])),
        "sizes": escape(printable_line(facts[1])),
        "first": escape(measures[0][0]),
        "second": escape(measures[1][0]),
        "head": "".join(f"<th scope=col>{escape(name)}</th>" for name in head),
        "rows": "\n".join(rows),
        "nodes": _script_text(nodes),
        "units": _script_text([unit for _, unit in measures]),
    }
    page = files("hatch_lambda.inspect").joinpath("treemap.html").read_text("utf-8")
    return re.sub(r"\{\{ (\w+) \}\}", lambda place: values[place[1]], page)


def _rows(archive: LambdaZip) -> list[str]:
    return [
        f"<tr><th scope=row>{escape(_name(origin))}</th><td>{format_size(taken.zipped)}</td>"
        f"<td>{format_size(taken.unzipped)}</td><td>{taken.files:,}</td></tr>"
        for origin, taken in shares(archive).items()
    ]


def _nodes(archive: LambdaZip) -> list[list[Any]]:
    """Return depth, name, and both sizes of each distribution, directory, and file, in depth-first order.

    Nested lists would be as deep as the paths, which JSON can't represent.
    """
    owned: dict[Origin, list[Entry]] = {origin: [] for origin in archive.plan.sizes}
    for entry in archive.plan.entries:
        owned[entry.origin].append(entry)
    rows: list[list[Any]] = []
    for origin, entries in owned.items():
        tree = directory_tree("", entries)
        inner = (tree,) if tree.name else tree.children  # merge the only directory of a distribution into it
        pending = [(0, Node(_name(origin), tree.share, inner))]
        while pending:
            depth, node = pending.pop()
            rows.append([depth, printable_line(node.name), node.share.zipped, node.share.unzipped])
            pending += ((depth + 1, child) for child in reversed(node.children))
    return rows


def _name(origin: Origin) -> str:
    return printable_line(str(origin)) or UNOWNED


def _script_text(value: Any) -> str:
    """Return JSON that can't start or end an HTML element."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
