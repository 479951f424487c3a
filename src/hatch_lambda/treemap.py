"""A page that shows what fills a zip, by distribution, folder and file; it needs nothing but itself."""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hatch_lambda.checks.limits import mebibytes
from hatch_lambda.folders import folder_tree
from hatch_lambda.overview import NOBODY, shares

if TYPE_CHECKING:
    from hatch_lambda.finished import FinishedArchive
    from hatch_lambda.folders import Node
    from hatch_lambda.inspection import Inspection
    from hatch_lambda.plan import Entry, Origin


def treemap_page(inspection: Inspection) -> str:
    """Return the page as HTML. Names from the zip are text in it, whatever they look like."""
    archive = inspection.archive
    title = f"What fills {archive.path.name}"
    facts = [archive.kind, inspection.runtime, inspection.architecture, inspection.handler]
    values = {
        "title": escape(title),
        "facts": escape(", ".join(fact for fact in facts if fact)),
        "sizes": escape(
            f"{mebibytes(archive.size)} zipped, {mebibytes(archive.plan.unzipped)} unzipped, "
            f"{len(archive.plan.entries):,} files"
        ),
        "rows": "\n".join(_rows(archive)),
        "nodes": _script_text(_nodes(archive)),
    }
    page = files("hatch_lambda").joinpath("treemap.html").read_text("utf-8")
    return re.sub(r"\{\{ (\w+) \}\}", lambda place: values[place[1]], page)


def _rows(archive: FinishedArchive) -> list[str]:
    return [
        f"<tr><th scope=row>{escape(_name(origin))}</th><td>{mebibytes(taken.zipped)}</td>"
        f"<td>{mebibytes(taken.unzipped)}</td><td>{taken.files:,}</td></tr>"
        for origin, taken in shares(archive).items()
    ]


def _nodes(archive: FinishedArchive) -> list[list[Any]]:
    owned: dict[Origin, list[Entry]] = {origin: [] for origin in archive.plan.sizes}
    for entry in archive.plan.entries:
        owned[entry.origin].append(entry)
    return [_node(folder_tree("", entries), name=_name(origin)) for origin, entries in owned.items()]


def _name(origin: Origin) -> str:
    return str(origin) or NOBODY


def _node(node: Node, name: str | None = None) -> list[Any]:
    """Return name, bytes zipped, bytes unzipped, and the children of a folder."""
    if name is not None and node.name:  # all that a distribution has stands in one folder
        node = type(node)(name, node.share, (node,))
    own = [name or node.name, node.share.zipped, node.share.unzipped]
    return [*own, [_node(child) for child in node.children]] if node.children else own


def _script_text(value: Any) -> str:
    """Return JSON in which nothing ends or begins an element."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
