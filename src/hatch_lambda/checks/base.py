"""What a check returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """Something a check found: an error stops the build, a warning is a full sentence."""

    severity: Literal["error", "warning"]
    text: str
