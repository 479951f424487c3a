"""The sizes in a zip as a tree of directories, the largest first."""

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
"""The most children of a directory that have lines of their own."""


@dataclass(frozen=True)
class Node:
    """A directory, whose name ends with a slash, or a file, with its size; the largest children are first."""

    name: str
    share: Share
    children: tuple[Node, ...] = ()


def directory_tree(name: str, entries: Iterable[Entry]) -> Node:
    """Return the directory of the entries; a directory that contains only another directory is merged with it.

    A path can be thousands of directories deep, so nothing here is recursive, and memory grows only with the names.
    """
    ordered = sorted(entries, key=lambda entry: directory_order(entry.path))
    if not ordered:
        return Node(name, share(()))
    root = _Directory(common_directory(ordered[0].path, ordered[-1].path))
    opened = [root]
    for entry, after in zip_longest(ordered, ordered[1:]):
        path, common = entry.path, common_directory(entry.path, after.path) if after else root.end
        if common > opened[-1].end:
            opened.append(_Directory(common))
        opened[-1].children.append(_leaf(path[opened[-1].end :], entry))
        while opened[-1].end > common:
            closed = opened.pop()
            if opened[-1].end < common:
                opened.append(_Directory(common))
            opened[-1].children.append(_node(path[opened[-1].end : closed.end], closed.children))
    return _node(name + ordered[0].path[: root.end], root.children)


@dataclass(frozen=True)
class _Directory:
    """A directory to which entries are still added; ``end`` is the length of its path."""

    end: int
    children: list[Node] = field(default_factory=list)


def _leaf(rest: str, entry: Entry) -> Node:
    """Return a file, in its directory if it is alone there."""
    directory, slash, name = rest.rpartition("/")
    file = Node(name, share([entry]))
    return Node(directory + slash, file.share, (file,)) if slash else file


def _node(name: str, children: Iterable[Node]) -> Node:
    ordered = sorted(children, key=lambda node: (-node.share.unzipped, node.name))
    shares = [node.share for node in ordered]
    total = Share(*(sum(numbers) for numbers in zip(*map(astuple, shares), strict=True)))
    return Node(name, total, tuple(ordered))


def tree_lines(entries: Iterable[Entry], depth: int) -> Iterator[str]:
    """Yield the unzipped sizes in the zip, down to a depth; the smallest files and directories share a line."""
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
    """Yield the line of each child, the child, and the indent of its children's lines."""
    shown = node.children if len(node.children) <= _SHOWN + 1 else node.children[:_SHOWN]
    others = node.children[len(shown) :]
    for index, child in enumerate(shown):
        last = index == len(shown) - 1 and not others
        line = f"  {format_size(child.share.unzipped):>10}  {indent}{'└─' if last else '├─'} {child.name}"
        yield line, child, indent + ("   " if last else "│  ")
    if others:
        size = format_size(sum(child.share.unzipped for child in others))
        yield f"  {size:>10}  {indent}└─ ({len(others):,} more)", None, ""
