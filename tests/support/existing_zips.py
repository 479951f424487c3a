"""Existing zips: one of ours, written by our real code, and zips of other tools."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

from hatch_lambda.archive.plan import Entry, PlanOptions, make_plan
from hatch_lambda.archive.write import write_archive
from hatch_lambda.project import Project, lambda_json, lambda_json_entry, project_entries
from hatch_lambda.wheels.wheel import wheel_entries
from tests.support.make_wheel import make_wheel, metadata
from tests.support.samples import config, entry, verified

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hatch_lambda.runtime.target import Architecture

HANDLER = "def handler(event, context):\n    return event\n"


def our_zip(
    directory: Path,
    name: str = "shop.zip",
    *,
    libraries: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    handler: str | None = "shop.api.handler",
    runtime: str = "python3.13",
    architecture: Architecture = "x86_64",
    archive: str | None = None,
    **options: Any,
) -> Path:
    """Write a deployment package as a build does and return its path.

    ``libraries`` are the distributions in it, each with its version (by default ``lib 1.0``), ``files`` those of the
    project, ``shop 0.1.0``.
    """
    selected = config(runtime, architecture, name=archive, handler=handler, **options)
    versions = {"lib": "1.0"} if libraries is None else libraries
    made = [make_wheel(directory / "wheels", library, version) for library, version in versions.items()]
    wheels = [verified(path) for path in made]
    project = Project(
        name="shop",
        version="0.1.0",
        dependencies=(),
        dist_info="shop-0.1.0.dist-info",
        metadata=metadata("shop", "0.1.0"),
    )

    def entries() -> Iterator[Entry]:
        yield from (entry(path, text) for path, text in (files or {"shop/api.py": HANDLER}).items())
        yield from project_entries(project, selected, whole=True)
        yield lambda_json_entry(
            project, selected, lambda_json(project, selected, wheels, (), selected.layers), whole=True
        )
        for wheel in wheels:
            yield from wheel_entries(wheel, scripts_for=None)

    return write_archive(make_plan(entries(), PlanOptions()), directory / name, timestamp=1_580_601_600).path


def zip_of(directory: Path, files: Mapping[str, str | bytes], name: str = "other.zip") -> Path:
    """Write a zip of these members, deflated, in this order, and return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(directory / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return directory / name


def installed(
    name: str,
    version: str = "1.0",
    files: Mapping[str, str] | None = None,
    *,
    root: str = "",
    tag: str = "py3-none-any",
    record: str | None = "",
) -> dict[str, str]:
    """Return the files of a distribution as pip installs it under ``root``.

    ``record`` adds rows to RECORD; ``None`` leaves RECORD out.
    """
    contents = {f"{name}/__init__.py": f"name = {name!r}\n"} if files is None else dict(files)
    dist_info = f"{name}-{version}.dist-info"
    contents[f"{dist_info}/METADATA"] = metadata(name, version)
    contents[f"{dist_info}/WHEEL"] = f"Wheel-Version: 1.0\nTag: {tag}\n"
    if record is not None:
        rows = "".join(f"{path},,\n" for path in contents)
        contents[f"{dist_info}/RECORD"] = f"{rows}{record}{dist_info}/RECORD,,\n"
    return {root + path: text for path, text in contents.items()}
