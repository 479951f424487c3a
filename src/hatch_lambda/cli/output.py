"""Writes to stdout; names from a zip cannot steer the terminal."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def say(lines: Iterable[str]) -> None:
    """Write each line, with what is not printable in it escaped."""
    for line in lines:
        sys.stdout.write(f"{plain(line)}\n")


def say_json(value: Any) -> None:
    """Write a value as JSON in ASCII, which every console can show."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def plain(text: str) -> str:
    """Return the text with what is not printable in it escaped, as Python does in a string's ``repr``."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
