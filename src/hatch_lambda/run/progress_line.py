"""Shows one line on a terminal while a step runs."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from hatch_lambda.checks.limits import format_size
from hatch_lambda.errors import printable_line
from hatch_lambda.progress import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

INTERVAL = 0.1
"""Seconds between two redraws, at least."""

PATIENCE = 2.0
"""Seconds after which a step without a count shows how long it has been running."""


class ProgressLine:
    """The line of one step; it is written only where it changes, and ``clear`` removes it.

    It uses no escape codes, because not every terminal knows them: spaces cover the rest of a longer line. ``clock``
    returns seconds, and ``columns`` the terminal's width.
    """

    def __init__(self, step: str, stream: TextIO, *, clock: Callable[[], float], columns: Callable[[], int]) -> None:
        self._step = step
        self._stream = stream
        self._clock = clock
        self._columns = columns
        self._start = clock()
        self._last_redraw = self._start - INTERVAL
        self._look: Callable[[], Status] = Status
        self._shown = ""
        self._lock = Lock()

    def advance(self, status: Status) -> None:
        """Set the status; the next redraw shows it."""
        self._look = lambda: status

    def watch(self, look: Callable[[], Status]) -> None:
        """Get the status from ``look`` at each redraw, until it is set."""
        self._look = look

    def redraw(self) -> None:
        """Write the line if it has changed, unless the last redraw was less than ``INTERVAL`` ago."""
        with self._lock:
            now = self._clock()
            if now - self._last_redraw < INTERVAL:
                return
            line = self._text(now - self._start)
            if line != self._shown:
                self._last_redraw = now
                self._write(line)

    def clear(self) -> None:
        """Remove the line."""
        with self._lock:
            if self._shown:
                self._write("")

    def _write(self, line: str) -> None:
        with suppress(OSError):  # a build goes on without its terminal
            self._stream.write(f"\r{line.ljust(len(self._shown))}\r")
            self._stream.flush()
        self._shown = line

    def _text(self, seconds: float) -> str:
        status = self._look()
        step = f"{self._step} {status.count}/{status.total}" if status.total else self._step
        size = format_size(status.size) if status.size else ""
        lasting = f"{seconds:.0f} s" if seconds >= PATIENCE and not status.total else ""
        line = printable_line("  " + "  ".join(filter(None, (step, status.name, size, lasting))))
        width = self._columns() - 1  # in the last column, some terminals wrap
        return line if len(line) <= width else f"{line[: width - 1]}…"


@contextmanager
def progress_line(step: str, stream: TextIO) -> Iterator[ProgressLine]:
    """Show a line for the step on a terminal, and remove it at the end."""
    line = ProgressLine(step, stream, clock=time.monotonic, columns=lambda: shutil.get_terminal_size().columns)
    ended = Event()

    def redraw() -> None:
        while not ended.wait(INTERVAL):
            line.redraw()

    thread = Thread(target=redraw, name="hatch-lambda progress", daemon=True)
    thread.start()
    try:
        yield line
    finally:
        ended.set()
        thread.join()
        line.clear()
