"""The JSON report on a zip, written next to it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from hatch_lambda.archive.write import whole_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.diagnostics import Message


def manifest_path(archive: Path) -> Path:
    """Return the path of the JSON report on a zip."""
    return archive.with_suffix(".json")


def write_manifest(archive: Path, config: LambdaConfig, warnings: Sequence[Message]) -> None:
    """Read the zip that was just written and write the JSON report next to it; ``warnings`` are those of the checks.

    Raises ``ArchiveError`` or ``ZipError``; the report on an older zip is then removed.
    """
    from hatch_lambda.archive.read import read_zip
    from hatch_lambda.inspect.inspection import Inspection
    from hatch_lambda.inspect.summary import as_json

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
