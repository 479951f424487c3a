"""Constraint files: those of the user, and one with the versions that a new resolution prefers."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError
from hatch_lambda.files.temporary import temporary_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version


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
def preferences_file(prefer: Mapping[NormalizedName, Version]) -> Iterator[tuple[str, ...]]:
    """Yield the path of a constraint file with the preferred versions, if there are any."""
    if not prefer:
        yield ()
        return
    with temporary_directory() as directory:
        path = Path(directory, "preferred.txt")
        path.write_text("".join(f"{name}=={version}\n" for name, version in prefer.items()), "utf-8")
        yield (str(path),)
