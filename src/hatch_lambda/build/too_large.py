"""Keeps a zip that is too large for Lambda, so that ``hatch-lambda info`` can show what is in it."""

from __future__ import annotations

import shlex
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from hatch_lambda.archive.write import write_archive
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ArchiveError, PlanError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hatch_lambda.archive.plan import ArchivePlan
    from hatch_lambda.diagnostics import Message

TOO_LARGE = ".too-large"
"""Added to the name of a zip that is kept; ``*.zip`` doesn't match it, so that no tool deploys it."""


@contextmanager
def kept_if_too_large(plan: ArchivePlan, path: Path, *, timestamp: int) -> Iterator[None]:
    """Write the planned zip next to ``path`` if the block raises ``PlanError`` because it is too large.

    The error then has the command that shows the sizes in the zip. A zip of an earlier build is removed first.
    """
    kept = path.with_name(path.name + TOO_LARGE)
    with suppress(OSError):
        kept.unlink()
    try:
        yield
    except PlanError as error:
        from hatch_lambda.archive.read import MAX_READ

        if not any(map(_is_too_large, error.diagnostics)) or plan.unzipped > MAX_READ:
            raise
        try:
            write_archive(plan, kept, timestamp=timestamp)
        except ArchiveError:  # the disk is full, for example
            raise error from None
        raise PlanError(_with_command(problem, kept) for problem in error.diagnostics) from None


def _is_too_large(problem: Message) -> bool:
    return isinstance(problem, Diagnostic) and problem.code == "too-large"


def _with_command(problem: Message, kept: Path) -> Message:
    if not isinstance(problem, Diagnostic) or not _is_too_large(problem):
        return problem
    return replace(problem, fix=f"{problem.fix}, and see the sizes with '{_info_command(kept)}'")


def _info_command(kept: Path) -> str:
    """Return the command, with double quotes, because the message has it in single ones."""
    path = str(kept)
    return f"hatch-lambda info --tree {path}" if shlex.quote(path) == path else f'hatch-lambda info --tree "{path}"'
