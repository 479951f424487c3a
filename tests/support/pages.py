"""What a page of the documentation contains: code, commands, links, tables, and headings."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SHELL = frozenset({"bash", "console"})
"""Languages of blocks with commands; in ``console``, each command starts with ``$`` and its output follows."""

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)(?: (?P<title>[^\n]*))?\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL
)
_ROW = re.compile(r"^\| (?P<cell>`.*?) \|", re.MULTILINE)
_OURS = re.compile(r"`((?:[A-Z_]+=\S+ )*(?:hatch|hatch-lambda|python -m hatch_lambda) [^`…]+)`")


@dataclass(frozen=True)
class Block:
    """A block of code, with the name of its file if it has a title."""

    language: str
    text: str
    file: str | None


def blocks(page: str) -> Iterator[Block]:
    """Yield each block of code."""
    for found in _FENCE.finditer(page):
        title = re.fullmatch(r'title="(.*)"', found["title"] or "")
        yield Block(found["language"], textwrap.dedent(found["text"]), title[1] if title else None)


def shell_lines(block: Block) -> list[str]:
    """Return the commands of a block, each with its continuation lines."""
    if block.language == "yaml":
        return re.findall(r"^\s*- run: (?!\|)(.*)$", block.text, re.MULTILINE)
    prompt = "" if block.language == "bash" else "$ "
    commands: list[str] = []
    for line in block.text.splitlines():
        if commands and (commands[-1].endswith("\\") or commands[-1].count("'") % 2):
            commands[-1] += f"\n{line}"
        elif line and line.startswith(prompt):
            commands.append(line.removeprefix(prompt))
    return commands


def prose(page: str) -> str:
    """Return the page without its blocks of code."""
    return _FENCE.sub("", page)


def our_commands(page: str) -> list[str]:
    """Return each command of Hatch or ours, in blocks and in the text, that is given in full."""
    shell = [line for block in blocks(page) if block.language in {*SHELL, "yaml"} for line in shell_lines(block)]
    parts = [part.strip() for line in shell for part in line.split("&&")]
    named = re.compile(r"(?:\w+=(?:\"[^\"]*\"|\$\([^)]*\)|\S)* )*(?:hatch|hatch-lambda|python -m hatch_lambda) ")
    return [part for part in (*parts, *_OURS.findall(prose(page))) if named.match(part)]


def links(page: str) -> list[str]:
    """Return the addresses of all links and pictures that are not on the web."""
    return re.findall(r"\]\((?!https?://)([^)\s]+)\)", re.sub(r"`[^`\n]*`", "`", prose(page)))


def anchors(page: str) -> set[str]:
    """Return the anchors of a page: those of its headings, in the site as on GitHub, and earlier ones that it keeps."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    kept = re.findall(r'<a id="([^"]+)"></a>', prose(page))
    return {*kept, *(re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading.strip().lower())) for heading in headings)}


def first_cells(page: str) -> list[str]:
    """Return the first cell of each row of the page's tables, where that begins with code."""
    return _ROW.findall(page)


def code(text: str) -> list[str]:
    """Return the spans of code in a text."""
    return re.findall(r"`([^`]+)`", text)
