"""Writes to stdout and stderr, and escapes names from a zip so that they can't control the terminal."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hatch_lambda.diagnostics import Diagnostic, message_lines
from hatch_lambda.errors import OutputError, printable_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hatch_lambda.diagnostics import Message
    from hatch_lambda.errors import HatchLambdaError


def print_lines(lines: Iterable[str]) -> None:
    """Write each line to stdout, with unprintable characters escaped."""
    with _to_stdout():
        for line in lines:
            sys.stdout.write(f"{printable_line(line)}\n")


def print_json(value: Any) -> None:
    """Write a value to stdout as JSON in printable ASCII."""
    text = json.dumps(value, indent=2)
    with _to_stdout():
        sys.stdout.write(text.replace("\x7f", "\\u007f").replace("##", "#\\u0023") + "\n")


def print_messages(errors: Iterable[Message] = (), warnings: Iterable[Message] = ()) -> None:
    """Write errors and warnings to stderr, a line each."""
    for line in (*message_lines(errors), *(f"warning: {warning}" for warning in warnings)):
        sys.stderr.write(f"{printable_line(line)}\n")


def print_error(error: HatchLambdaError) -> None:
    """Write an error, whose lines are printable, to stderr."""
    sys.stderr.write(f"{error}\n")


def flush() -> None:
    """Flush stdout; raises ``OutputError`` if it can't be written."""
    with _to_stdout():
        sys.stdout.flush()


def open_closed_streams() -> None:
    """Replace streams that were closed before the program started, as with ``>&-``, by the null device."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  # open until the program ends


def discard_stdout() -> None:
    """Discard unwritten output, which Python would otherwise try to write again when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _to_stdout() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_stdout()
        raise OutputError(
            Diagnostic(
                code="output-not-written",
                where="standard output",
                problem=f"can't be written ({error.strerror})",
                fix="redirect it to another file",
            )
        ) from None
