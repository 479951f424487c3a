"""Does work that mostly reads, inflates, or hashes bytes, for several files at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST = 8
"""Threads at a time. Each can hold a few MiB of a file in memory."""


def largest_first(
    work: Callable[[Item], Result], items: Sequence[Item], size: Callable[[Item], int]
) -> Generator[Result, None, None]:
    """Yield the result of each item, in the order of the items; the largest is started first, to end with the others.

    An exception of ``work`` is raised in place of its result. Items that aren't started yet are left out if the caller
    stops before the end, for example when the user interrupts it.
    """
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST)) as threads:
        order = sorted(range(len(items)), key=lambda index: size(items[index]), reverse=True)
        started = {index: threads.submit(work, items[index]) for index in order}
        try:
            for index in range(len(items)):
                yield started[index].result()
        finally:
            for future in started.values():
                future.cancel()
