"""What our code may tell a user, read from its source."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NOT_TOLD = {"compile", "fullmatch", "match", "search", "sub", "split", "add_argument", "add_parser", "ArgumentParser"}
"""Calls whose texts are patterns, or the help of a command."""


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
    for path in sorted(source.rglob("*.py")):
        found = _Texts()
        for node in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(node, (ast.Assign, ast.AnnAssign)):
                found.visit(node)
        for text, line, raised in found.texts:
            whole = raised or "; " in text or re.search(r"\w \w.*\.$", text)
            if whole and len(re.findall(r"\w+", text)) > 2 and not text.startswith((";", ",")):
                yield Message(text, f"{path.relative_to(source).as_posix()}:{line}")


class _Texts(ast.NodeVisitor):
    """Collects texts with their lines, and whether they stand in a ``raise`` or a ``Finding``."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, int, bool]] = []
        self._raised = False

    def visit_Raise(self, node: ast.Raise) -> None:
        self._inside(node, raised=True)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in _NOT_TOLD:
            self._inside(node, raised=self._raised or name == "Finding" or name.endswith("Error"))

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
