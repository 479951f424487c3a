"""Errors of a command line that ``argparse`` can't find, with its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatch_lambda.diagnostics import Code


def usage_error(where: str, problem: str, fix: str, code: Code = "command-line") -> UsageError:
    """Return the error of an option or an argument."""
    return UsageError(Diagnostic(code=code, where=where, problem=problem, fix=fix))


def check_exclusive(given: Sequence[str]) -> None:
    """Raise ``UsageError`` if more than one of some options that exclude each other is given."""
    if len(given) > 1:
        raise usage_error(given[0], f"isn't available with {given[1]}", "remove one of them")
