"""Hashes as RECORD files write them."""

from __future__ import annotations

import base64


def record_digest(digest: bytes) -> str:
    """Return a SHA-256 digest as RECORD spells it: urlsafe base64 without padding, after the algorithm's name."""
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
