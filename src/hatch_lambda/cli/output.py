"""Writes to stdout and stderr; names from a zip cannot steer the terminal."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hatch_lambda.errors import OutputError, printable_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hatch_lambda.errors import HatchLambdaError


def print_lines(lines: Iterable[str]) -> None:
    """Write each line, with what is not printable in it escaped."""
    with _to_stdout():
        for line in lines:
            sys.stdout.write(f"{printable_line(line)}\n")


def print_json(value: Any) -> None:
    """Write a value as JSON in printable ASCII, which every console can show and none obeys."""
    text = json.dumps(value, indent=2)
    with _to_stdout():
        sys.stdout.write(text.replace("\x7f", "\\u007f").replace("##", "#\\u0023") + "\n")


def say_error(error: HatchLambdaError) -> None:
    """Write what went wrong to stderr; the lines of an error are printable."""
    sys.stderr.write(f"{error}\n")


def flush() -> None:
    """Write what waits to be written; raises ``OutputError`` if that cannot be."""
    with _to_stdout():
        sys.stdout.flush()


def open_closed_streams() -> None:
    """Give the streams that were closed before the program began, as with ``>&-``, a place where nothing arrives."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  # until the end


def discard_stdout() -> None:
    """Have what still waits to be written go nowhere; Python would try again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _to_stdout() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_stdout()
        raise OutputError(f"standard output: cannot be written; {error.strerror}; send it elsewhere") from None
