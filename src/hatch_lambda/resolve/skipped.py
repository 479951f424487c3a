"""Newer releases that a resolver skipped, for the explanation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.utils import NormalizedName


@dataclass(frozen=True)
class SkippedReleases:
    """Packages of which a resolver skipped releases that are newer than the pins, without saying why.

    ``versions`` are those that it looked for, in its own words. ``conflicts`` are the conflicting requirements of each
    release that it gave up, in pip's words.
    """

    versions: Mapping[NormalizedName, tuple[str, ...]]
    conflicts: tuple[tuple[str, ...], ...] = ()
