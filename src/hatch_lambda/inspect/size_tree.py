"""What fills a zip, folder by folder, the biggest first."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

from hatch_lambda.checks.limits import format_size
from hatch_lambda.files.paths import common_directory, directory_order
from hatch_lambda.inspect.summary import Share, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hatch_lambda.archive.plan import Entry

_SHOWN = 8
"""Children of a folder that are told one by one."""


@dataclass(frozen=True)
class Node:
    """A folder, whose name ends in a slash, or a file, with what it takes; children biggest first."""

    name: str
    share: Share
    children: tuple[Node, ...] = ()


def directory_tree(name: str, entries: Iterable[Entry]) -> Node:
    """Return the folder that holds the entries; one that holds nothing but a folder is one with it.

    A path may be thousands of folders deep, so nothing here calls itself for each, and memory grows with the names.
    """
    ordered = sorted(entries, key=lambda entry: directory_order(entry.path))
    if not ordered:
        return Node(name, share(()))
    root = _Folder(common_directory(ordered[0].path, ordered[-1].path))
    opened = [root]
    for entry, after in zip_longest(ordered, ordered[1:]):
        path, common = entry.path, common_directory(entry.path, after.path) if after else root.end
        if common > opened[-1].end:
            opened.append(_Folder(common))
        opened[-1].children.append(_leaf(path[opened[-1].end :], entry))
        while opened[-1].end > common:
            closed = opened.pop()
            if opened[-1].end < common:
                opened.append(_Folder(common))
            opened[-1].children.append(_node(path[opened[-1].end : closed.end], closed.children))
    return _node(name + ordered[0].path[: root.end], root.children)


@dataclass(frozen=True)
class _Folder:
    """A folder that more entries may follow in; ``end`` is where its path ends in theirs."""

    end: int
    children: list[Node] = field(default_factory=list)


def _leaf(rest: str, entry: Entry) -> Node:
    """Return a file, in a folder if it is alone in one."""
    directory, slash, name = rest.rpartition("/")
    file = Node(name, share([entry]))
    return Node(directory + slash, file.share, (file,)) if slash else file


def _node(name: str, children: Iterable[Node]) -> Node:
    ordered = sorted(children, key=lambda node: (-node.share.unzipped, node.name))
    shares = [node.share for node in ordered]
    total = Share(*(sum(numbers) for numbers in zip(*map(astuple, shares), strict=True)))
    return Node(name, total, tuple(ordered))


def tree_lines(entries: Iterable[Entry], depth: int) -> Iterator[str]:
    """Yield what fills the zip, unpacked, down to a depth; the smallest files and folders are told together."""
    root = directory_tree("", entries)
    yield f"  {format_size(root.share.unzipped):>10}  {root.name or '/'}"
    opened = [_lines(root, "")]
    while opened:
        line, child, indent = next(opened[-1], ("", None, ""))
        if line:
            yield line
            if child and len(opened) < depth:
                opened.append(_lines(child, indent))
        else:
            opened.pop()


def _lines(node: Node, indent: str) -> Iterator[tuple[str, Node | None, str]]:
    """Yield the line of each child, the child, and what stands before the lines of its own children."""
    shown = node.children if len(node.children) <= _SHOWN + 1 else node.children[:_SHOWN]
    left = node.children[len(shown) :]
    for index, child in enumerate(shown):
        last = index == len(shown) - 1 and not left
        line = f"  {format_size(child.share.unzipped):>10}  {indent}{'└─' if last else '├─'} {child.name}"
        yield line, child, indent + ("   " if last else "│  ")
    if left:
        size = format_size(sum(child.share.unzipped for child in left))
        yield f"  {size:>10}  {indent}└─ ({len(left):,} more)", None, ""
