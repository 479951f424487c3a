"""What our code may tell a user, read from its source."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATTERNS = {"compile", "findall", "finditer", "fullmatch", "match", "search", "split", "sub"}
"""Calls whose texts are patterns."""

_HELP = {"description", "epilog", "help", "metavar"}
"""Arguments that are the help of a command."""

_TOLD = ("Error", "Finding", "Problem")
"""How the names of classes end whose texts are told to the user."""


@dataclass(frozen=True)
class Message:
    """A text of our code, with ``…`` where a value goes in, and where it stands."""

    text: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


def messages(source: Path) -> Iterator[Message]:
    """Yield each text that reads like one of our messages: raised, or with a ``;`` or as a sentence.

    Not constants of modules, which go into other texts, nor docstrings, patterns, and the help of commands.
    """
    for text, raised, constant in _texts(source):
        words = len(re.findall(r"\w+", text.text))
        whole = ("; " in text.text and words > 1) or (words > 2 and (raised or re.search(r"\w \w.*\.$", text.text)))
        if whole and not constant and not text.text.startswith((";", ",")):
            yield text


def parts(source: Path) -> Iterator[Message]:
    """Yield every text that may be told, or may be a part of what is told."""
    yield from (text for text, _, _ in _texts(source))


def _texts(source: Path) -> Iterator[tuple[Message, bool, bool]]:
    """Yield each text, whether it is raised, and whether it is a constant of its module."""
    for path in sorted(source.rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            found = _Texts()
            found.visit(node)
            for text, line, raised in found.texts:
                place = f"{path.relative_to(source).as_posix()}:{line}"
                yield Message(text.strip(), place), raised, isinstance(node, (ast.Assign, ast.AnnAssign))


class _Texts(ast.NodeVisitor):
    """Collects texts with their lines, and whether they stand in a ``raise`` or a ``Finding``."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, int, bool]] = []
        self._raised = False

    def visit_Raise(self, node: ast.Raise) -> None:
        self._inside(node, raised=True)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in _PATTERNS:
            self._inside(node, raised=self._raised or name.endswith(_TOLD))

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in _HELP:
            self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        parts = (str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        self.texts.append(("".join(parts), node.lineno, self._raised))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.texts.append((node.value, node.lineno, self._raised))

    def _inside(self, node: ast.AST, *, raised: bool) -> None:
        before, self._raised = self._raised, raised
        self.generic_visit(node)
        self._raised = before
