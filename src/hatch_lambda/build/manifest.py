"""A description of an archive as JSON, written beside it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from hatch_lambda.archive.read import read_zip
from hatch_lambda.archive.write import whole_file
from hatch_lambda.inspect.inspection import Inspection
from hatch_lambda.inspect.summary import as_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.diagnostics import Message


def manifest_path(archive: Path) -> Path:
    """Return where the description of an archive stands."""
    return archive.with_suffix(".json")


def write_manifest(archive: Path, config: LambdaConfig, warnings: Sequence[Message]) -> None:
    """Read the archive that was just written, and describe it beside it; ``warnings`` are those of the checks.

    All or nothing; raises ``ArchiveError`` or ``ZipError``, and then no description is left of an older archive.
    """
    path = manifest_path(archive)
    inspection = Inspection(
        read_zip(archive),
        runtime=config.target.runtime.name,
        architecture=config.target.architecture,
        source="lambda.json",
        handler=config.handler,
        target=config.target,
        problems=(),
        warnings=tuple(warnings),
    )
    try:
        with whole_file(path) as file:
            file.write((json.dumps(as_json(inspection), indent=2) + "\n").encode("ascii"))
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
