"""Constraint files: those of the user, and those with lines of ours."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError
from hatch_lambda.files.temporary import temporary_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def constraint_files(paths: Sequence[str], directory: Path, where: str) -> tuple[str, ...]:
    """Return the constraint files of the option ``where``; raises ``ConfigError`` with each one that is missing."""
    missing = [
        Diagnostic(
            code="path-not-found",
            where=f"{where} #{index}",
            problem=f"no file {path!r} in the project",
            fix="create it, or remove the entry",
            table=where.rpartition(".")[0],
        )
        for index, path in enumerate(paths, 1)
        if "://" not in path and not (directory / path).is_file()
    ]
    if missing:
        raise ConfigError(missing)
    return tuple(paths)


@contextmanager
def constraints_file(lines: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the path of a constraint file with these lines, if there are any."""
    if not lines:
        yield ()
        return
    with temporary_directory() as directory:
        path = Path(directory, "constraints.txt")
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        yield (str(path),)
