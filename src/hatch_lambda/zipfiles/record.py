"""Formats hashes for RECORD files."""

from __future__ import annotations

import base64


def record_digest(digest: bytes) -> str:
    """Return a SHA-256 digest in the format of RECORD: the algorithm's name, then URL-safe base64 without padding."""
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
