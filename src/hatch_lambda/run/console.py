"""Prints the steps of a run and a report on each zip, on the console of any front end."""

from __future__ import annotations

import io
import os
import sys
import time
import traceback
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import HatchLambdaError, printable_line
from hatch_lambda.progress import NO_PROGRESS
from hatch_lambda.run.progress_line import progress_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hatch_lambda.build.lock_report import LockReport
    from hatch_lambda.build.report import Report
    from hatch_lambda.diagnostics import Message
    from hatch_lambda.progress import Progress

INTERRUPTED = 130
"""The exit code that shells give to what Ctrl-C ends."""

_STANDARD_ERROR = 2

_RAW_OUTPUT = 2
"""The verbosity, as of ``-vv``, from which on pip's output is shown as it arrives."""


class Console(Protocol):
    """What a front end prints on; Hatch's application is one. ``verbosity`` is 0 by default, less with ``-q``."""

    def abort(self, message: str, code: int = 1) -> None:
        """Print an error and end the program."""

    @property
    def verbosity(self) -> int:
        """The verbosity."""

    def display(self, message: str) -> None:
        """Print a result, whatever the verbosity."""

    def display_info(self, message: str) -> None:
        """Print what ``-q`` hides."""

    def display_warning(self, message: str) -> None:
        """Print what ``-qq`` hides."""

    def display_debug(self, message: str) -> None:
        """Print what only ``-v`` shows."""


class Reporter:
    """Prints on a console what a run does, each message once. ``root`` is the project's directory."""

    def __init__(self, console: Console, root: Path, environ: Mapping[str, str]) -> None:
        self.console = console
        self._root = root
        self._environ = environ
        self._reported: set[Message] = set()

    @property
    def shows_tools(self) -> bool:
        """Return whether the output of pip is shown as it arrives."""
        return self.console.verbosity >= _RAW_OUTPUT

    @property
    def _shows_progress(self) -> bool:
        """Return whether stderr is a terminal that can redraw a line, without ``-q`` and ``-vv``."""
        is_terminal = sys.stderr is not None and sys.stderr.isatty() and self._environ.get("TERM") != "dumb"
        return is_terminal and self.console.verbosity >= 0 and not self.shows_tools

    @contextmanager
    def step(self, name: str) -> Iterator[Progress]:
        """Show the step on a terminal while it runs, and its seconds with ``-v``."""
        start = time.perf_counter()
        with progress_line(name, sys.stderr) if self._shows_progress else nullcontext(NO_PROGRESS) as progress:
            yield progress
        self.console.display_debug(f"  {name}: {time.perf_counter() - start:.2f} s")

    def print_path(self, path: str) -> None:
        """Print the path of a file, unless ``-q`` hides it."""
        self.console.display_info(printable_line(self._shown(path)))

    def print_path_if_quiet(self, path: str) -> None:
        """Print the path of a file with ``-q``, when it isn't printed as information; with ``-qq``, nothing does."""
        if self.console.verbosity == -1:
            self.console.display(printable_line(self._shown(path)))

    def _shown(self, path: str) -> str:
        """Return a path as it is printed: relative to the project if it is inside."""
        return str(Path(path).relative_to(self._root)) if Path(path).is_relative_to(self._root) else path

    def print_report(self, report: Report | LockReport) -> None:
        """Print the summary of a zip or a lock file, and its warnings."""
        for line in report.lines():
            self.console.display_info(printable_line(line))
        for note in self._unreported(report.notes):
            self.console.display_info(printable_line(f"  older: {note}"))
        for line in report.details():
            self.console.display_debug(printable_line(line))
        for warning in self._unreported(report.warnings):
            self.console.display_warning(printable_line(f"warning: {warning}"))

    @contextmanager
    def ending(self) -> Iterator[None]:
        """End the program with a message if the block raises one of our errors, or if Ctrl-C interrupts it."""
        try:
            yield
        except HatchLambdaError as error:
            self._print_cause(error)
            self.console.abort(error.text(verbose=self.console.verbosity > 0))
        except KeyboardInterrupt:
            self.console.abort(f"error: {_interrupted()}", code=INTERRUPTED)

    def _print_cause(self, error: HatchLambdaError) -> None:
        """Print the traceback of an error that wasn't ours, with ``-v``."""
        for line in traceback.format_exception(error.__cause__) if error.__cause__ else ():
            for part in line.splitlines():
                self.console.display_debug(printable_line(part))

    def _unreported(self, messages: Iterable[Message]) -> list[Message]:
        """Return the messages that this run has not reported yet, each once."""
        unreported = [message for message in dict.fromkeys(messages) if message not in self._reported]
        self._reported.update(unreported)
        return unreported


def _interrupted() -> Diagnostic:
    return Diagnostic(
        code="interrupted",
        where="build",
        problem="interrupted, and no zip is incomplete",
        fix="build again, with the downloaded wheels from the cache",
    )


def prepare_streams() -> None:
    """Keep the numbers of closed standard streams from our files, and escape what a stream can't encode."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        pass
    os.close(descriptor)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None if it is closed
            stream.reconfigure(errors="backslashreplace")
