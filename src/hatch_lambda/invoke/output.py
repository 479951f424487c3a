"""Reads what a function writes to its output while it runs, in limited memory."""

from __future__ import annotations

import os
import re
import select
import time
from collections import deque
from threading import Lock, Thread
from typing import TYPE_CHECKING

from hatch_lambda.errors import printable_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

MOST_OUTPUT = 10 << 20
"""The most bytes of a function's output that are shown; the rest is read and dropped, so that it doesn't wait."""

_LONGEST_LINE = 1 << 16
_KEPT_LINES = 20
_LINE_END = re.compile(rb"\r\n|\n|\r")  # the runtime client separates the lines of an error with \r


class OutputReader:
    """Passes each line of a pipe to ``show``, printable, until the pipe ends; ``last_lines`` are the newest of them."""

    def __init__(self, pipe: IO[bytes], show: Callable[[str], None]) -> None:
        self.last_lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._pipe = pipe
        self._show = show
        self._left = MOST_OUTPUT
        self._partial = b""
        self._reading = Lock()
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def catch_up(self, seconds: float) -> None:
        """Wait until everything is shown that is in the pipe now, or for some seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._thread.is_alive() and _has_bytes(self._pipe.fileno()):
            time.sleep(0.001)
        with self._reading:
            self._end_line()

    def close(self, seconds: float) -> None:
        """Wait until the pipe ends, or for some seconds: a process that escaped could keep it open."""
        self._thread.join(seconds)
        if not self._thread.is_alive():
            self._end_line()
            self._pipe.close()

    def _read(self) -> None:
        descriptor = self._pipe.fileno()
        while chunk := os.read(descriptor, _LONGEST_LINE):
            with self._reading:
                self._add(chunk)

    def _add(self, chunk: bytes) -> None:
        if self._left <= 0:
            return
        self._left -= len(chunk)
        *lines, self._partial = _LINE_END.split(self._partial + chunk)
        for line in lines:
            self._add_line(line)
        if len(self._partial) > _LONGEST_LINE:
            self._end_line()
        if self._left <= 0:
            self._end_line()
            self._add_line(f"(output above {MOST_OUTPUT >> 20} MiB isn't shown)".encode())

    def _end_line(self) -> None:
        if self._partial:
            line, self._partial = self._partial, b""
            self._add_line(line)

    def _add_line(self, line: bytes) -> None:
        text = printable_line(line.decode("utf-8", "replace").expandtabs().replace("\xa0", " "))
        self.last_lines.append(text)
        self._show(text)


def _has_bytes(descriptor: int) -> bool:
    if os.name == "nt":  # select is for sockets there
        time.sleep(0.05)
        return False
    return bool(select.select([descriptor], [], [], 0)[0])
