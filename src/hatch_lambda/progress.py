"""Defines how a step reports its progress, without knowing whether and where it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class Status:
    """What a step does now: the item's name, its number of a total, and its size in bytes, as far as they are known."""

    name: str = ""
    count: int = 0
    total: int = 0
    size: int = 0


class Progress(Protocol):
    """Receives the status of a running step."""

    def advance(self, status: Status) -> None:
        """Set the status."""

    def watch(self, look: Callable[[], Status]) -> None:
        """Get the status from ``look`` whenever it is shown, until it is set; another thread calls it."""


class NoProgress:
    """Ignores the status of a step."""

    def advance(self, status: Status) -> None:
        """Do nothing."""

    def watch(self, look: Callable[[], Status]) -> None:
        """Do nothing."""


NO_PROGRESS = NoProgress()
