"""Reads the values of command-line options."""

from __future__ import annotations

from argparse import ArgumentTypeError


def whole_number(text: str) -> int:
    """Return the number in an argument; raises ``ArgumentTypeError`` unless it is a whole number above 0."""
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"expected a whole number above 0; found {text!r}")
    return int(text)
