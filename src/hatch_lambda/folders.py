"""What fills a zip, folder by folder, the biggest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_lambda.checks.limits import mebibytes
from hatch_lambda.overview import Share, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hatch_lambda.plan import Entry

_SHOWN = 8
"""Children of a folder that are told one by one."""


@dataclass(frozen=True)
class Node:
    """A folder, whose name ends in a slash, or a file, with what it takes; children biggest first."""

    name: str
    share: Share
    children: tuple[Node, ...] = ()


def folder_tree(name: str, entries: Iterable[Entry]) -> Node:
    """Return the folder that holds the entries."""
    return _folder(name, [(entry.path.split("/"), entry) for entry in entries])


def _folder(name: str, found: Sequence[tuple[list[str], Entry]], depth: int = 0) -> Node:
    while found and all(len(parts) > depth + 1 and parts[depth] == found[0][0][depth] for parts, _ in found):
        name += f"{found[0][0][depth]}/"  # a folder that holds nothing but a folder is one with it
        depth += 1
    files = [Node(parts[-1], share([entry])) for parts, entry in found if len(parts) == depth + 1]
    inner: dict[str, list[tuple[list[str], Entry]]] = {}
    for parts, entry in found:
        if len(parts) > depth + 1:
            inner.setdefault(parts[depth], []).append((parts, entry))
    folders = [_folder(f"{top}/", own, depth + 1) for top, own in inner.items()]
    children = sorted([*files, *folders], key=lambda node: (-node.share.unzipped, node.name))
    return Node(name, share(entry for _, entry in found), tuple(children))


def tree_lines(entries: Iterable[Entry], depth: int) -> Iterator[str]:
    """Yield what fills the zip, unpacked, down to a depth; the smallest files and folders are told together."""
    root = folder_tree("", entries)
    yield f"  {mebibytes(root.share.unzipped):>10}  {root.name or '/'}"
    yield from _lines(root, depth, "")


def _lines(node: Node, depth: int, indent: str) -> Iterator[str]:
    if depth == 0:
        return
    shown = node.children if len(node.children) <= _SHOWN + 1 else node.children[:_SHOWN]
    left = node.children[len(shown) :]
    for index, child in enumerate(shown):
        last = index == len(shown) - 1 and not left
        yield f"  {mebibytes(child.share.unzipped):>10}  {indent}{'└─' if last else '├─'} {child.name}"
        yield from _lines(child, depth - 1, indent + ("   " if last else "│  "))
    if left:
        size = mebibytes(sum(child.share.unzipped for child in left))
        yield f"  {size:>10}  {indent}└─ ({len(left):,} more)"
