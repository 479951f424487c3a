"""Reads the header fields of METADATA and WHEEL, without the description after them."""

from __future__ import annotations

import re
from email.parser import HeaderParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import Message

MAX_HEADERS = 1 << 20
"""The most characters of header fields that are read. A parsed field needs up to a hundred times its size in memory."""


def header_block(text: str) -> str:
    """Return the text up to the first empty line, where the description begins."""
    end = re.search(r"\n\r?\n", text)
    return text[: end.start() + 1] if end else text


def read_headers(text: str) -> Message:
    """Return the header fields within the first ``MAX_HEADERS`` characters."""
    return HeaderParser().parsestr(header_block(text)[:MAX_HEADERS])
