"""The docs, and the strings and docstrings of the source, use plain words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

INSTEAD = {
    r"anew": "again, or a verb with re-",
    r"at work": "running",
    r"beside the": "next to, or in addition to",
    r"carries|carried": "include, provide, contain",
    r"in vain": "unused, without effect",
    r"it said|what it says": "output, response",
    r"lest": "so that … doesn't",
    r"licences?": "license",
    r"mend(?:s|ed)?": "fix, correct",
    r"nobody's": "unknown, unused",
    r"of its own|(?:of )?one's own": "separate, your own, local",
    r"out of bounds": "disabled",
    r"see to": "check, fix",
    r"settled?": "resolve, pin, wait until",
    r"strangers?(?:'s)?": "another package with the same name",
    r"tells|told": "report, print, list, show",
    r"whoever": "you, the maintainers, the index owner",
}
"""A pattern of words to avoid, and what to write instead."""

PAGES = sorted(
    path.relative_to(ROOT)
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "benchmarks/*.md",
        "example_project/*.md",
        ".github/**/*.md",
        ".github/**/*.yml",
    )
    for path in ROOT.glob(pattern)
)
MODULES = sorted(
    path.relative_to(ROOT)
    for pattern in ("src/**/*.py", "docs/*.py", "benchmarks/*.py", "example_project/**/*.py")
    for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_a_page_has_plain_words(path):
    assert words_to_avoid((ROOT / path).read_text("utf-8")) == {}


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_strings_and_docstrings_of_a_module_have_plain_words(path):
    assert words_to_avoid("\n".join(strings((ROOT / path).read_text("utf-8")))) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Written anew, lest it differ.", ["anew", "lest"]),
        ("It was TOLD beside\nthe zip", ["beside\nthe", "TOLD"]),
        ("The build retells nothing and unsettles no amendment; the cache is beside you.", []),
        ("The licence of its own is nobody's", ["licence", "nobody's", "of its own"]),
    ],
)
def test_words_to_avoid_are_found(text, words):
    assert [*words_to_avoid(text)] == words


def test_strings_are_docstrings_messages_and_parts_of_messages():
    source = (
        '"""Module."""\ndef f(x):\n    """Function."""\n    raise ValueError(f"{x!r} is told", b"bytes")  # comment\n'
    )

    assert strings(source) == ["Module.", "Function.", " is told"]


def words_to_avoid(text: str) -> dict[str, str]:
    """Return each word to avoid in a text, even across a line break, with what to write instead."""
    return {
        found: instead
        for pattern, instead in INSTEAD.items()
        for found in re.findall(rf"\b(?:{pattern})\b".replace(" ", r"\s+"), text, re.IGNORECASE)
    }


def strings(source: str) -> list[str]:
    """Return all strings of a module: docstrings, messages, and the constant parts of f-strings."""
    nodes = ast.walk(ast.parse(source))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
