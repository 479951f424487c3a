"""File names of archives in ``dist/``, and which files there belong to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError
from hatch_lambda.runtime.target import ARCHITECTURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatch_lambda.config.options import LambdaConfig


def file_name(config: LambdaConfig, name: str, version: str) -> str:
    """Return the file name of an archive; ``name`` is the project's name as Hatch writes it in file names.

    A project without a version has none in its file names either.

    With ``+`` in the version, pip would mistake the zip for a wheel; with ``-``, other tools for an sdist.
    """
    values = {
        "name": name,
        "version": re.sub(r"[^A-Za-z0-9.]", "_", version),
        "archive": config.archive,
        "runtime": config.target.runtime.name,
        "architecture": config.target.architecture,
    }
    template = config.filename if version else config.filename.replace("-{version}", "")
    return template.format_map(values)


def is_file_of(configs: Sequence[LambdaConfig], file: str, name: str, *, rather_than: Sequence[LambdaConfig]) -> bool:
    """Return whether a file has the name of one of the archives, for any version of the project and any target.

    The parts that distinguish archives of one table must match. A file with exactly another archive's name doesn't
    belong to these.
    """
    ours, theirs = (
        any(re.fullmatch(_pattern(config, name, exact=True), file) for config in each)
        for each in (configs, rather_than)
    )
    return ours or (not theirs and any(re.fullmatch(_pattern(config, name, exact=False), file) for config in configs))


def _pattern(config: LambdaConfig, name: str, *, exact: bool) -> str:
    """Return a regular expression for the file names of an archive.

    It matches any runtime and architecture, unless they distinguish the archive from others, or with ``exact``.
    """
    suffix = config.build_name.removeprefix(config.archive)
    runtime, architecture = config.target.runtime.name, config.target.architecture
    fields = {
        "name": re.escape(name),
        "version": r"[A-Za-z0-9._]+",
        "archive": re.escape(config.archive),
        "runtime": re.escape(runtime) if exact or runtime in suffix else r"[A-Za-z0-9.]+",
        "architecture": architecture if exact or architecture in suffix else "|".join(ARCHITECTURES),
    }
    parts = re.split(r"\{(\w+)\}", config.filename)
    return "".join(f"(?:{fields[part]})" if index % 2 else re.escape(part) for index, part in enumerate(parts))


def check_file_names(configs: Sequence[LambdaConfig], name: str, version: str) -> None:
    """Raise ``ConfigError`` for archives that would have the same path, also on a system that ignores case."""
    taken: dict[str, LambdaConfig] = {}
    problems = []
    for config in configs:
        path = file_name(config, name, version)
        other = taken.setdefault(path.casefold(), config)
        if other is not config:
            problems.append(
                Diagnostic(
                    code="name-conflict",
                    where=config.where("filename"),
                    table=config.where("filename").removesuffix(".filename"),
                    problem=f"{other.build_name} and {config.build_name} would both be written to {path!r}",
                    fix="add {archive}, {runtime}, or {architecture} to the name",
                )
            )
    if problems:
        raise ConfigError(problems)
