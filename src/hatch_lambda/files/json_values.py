"""Reads JSON that an earlier build wrote.

Each function returns its argument if it has the expected type, and raises ``ValueError`` otherwise.
"""

from __future__ import annotations

from typing import Any


def text(value: object) -> str:
    """Return a string that can be written as UTF-8."""
    if not isinstance(value, str):
        raise ValueError("no string")  # noqa: TRY004  # one error for all
    value.encode()  # whose error is a ValueError, too
    return value


def text_or_none(value: object) -> str | None:
    """Return a string, or ``None``."""
    return None if value is None else text(value)


def number(value: object) -> int:
    """Return a whole number, zero or above."""
    if type(value) is not int or value < 0:
        raise ValueError("no number")
    return value


def items(value: object) -> list[Any]:
    """Return an array."""
    if not isinstance(value, list):
        raise ValueError("no array")  # noqa: TRY004  # one error for all
    return value


def texts(value: object) -> tuple[str, ...]:
    """Return an array of strings."""
    return tuple(map(text, items(value)))


def fields(value: object) -> dict[str, Any]:
    """Return an object."""
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004  # one error for all
    return value
