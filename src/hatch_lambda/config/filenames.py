"""What archives are called in ``dist/``, and which files there are ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hatch_lambda.errors import ConfigError
from hatch_lambda.runtime.target import ARCHITECTURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatch_lambda.config.options import LambdaConfig


def file_name(config: LambdaConfig, name: str, version: str) -> str:
    """Return the file name of an archive; ``name`` is the project's as Hatch has it in file names.

    A version's ``+`` would have pip take the zip for a wheel, and its ``-`` other tools for an sdist.
    """
    values = {
        "name": name,
        "version": re.sub(r"[^A-Za-z0-9.]", "_", version),
        "archive": config.archive,
        "runtime": config.target.runtime.name,
        "architecture": config.target.architecture,
    }
    return config.filename.format_map(values)


def is_file_of(configs: Sequence[LambdaConfig], file: str, name: str, *, rather_than: Sequence[LambdaConfig]) -> bool:
    """Return whether a file has the name of one of the archives, of any version of the project and for any target.

    What tells the archives of one table apart counts, and what is exactly another archive's is not theirs.
    """
    ours, theirs = (
        any(re.fullmatch(_pattern(config, name, exact=True), file) for config in each)
        for each in (configs, rather_than)
    )
    return ours or (not theirs and any(re.fullmatch(_pattern(config, name, exact=False), file) for config in configs))


def _pattern(config: LambdaConfig, name: str, *, exact: bool) -> str:
    """Return a regular expression for the file names of an archive.

    Runtime and architecture are any, unless they tell the archive from others, or ``exact`` says so.
    """
    told_apart = config.build_name.removeprefix(config.archive)
    runtime, architecture = config.target.runtime.name, config.target.architecture
    fields = {
        "name": re.escape(name),
        "version": r"[A-Za-z0-9._]+",
        "archive": re.escape(config.archive),
        "runtime": re.escape(runtime) if exact or runtime in told_apart else r"[A-Za-z0-9.]+",
        "architecture": architecture if exact or architecture in told_apart else "|".join(ARCHITECTURES),
    }
    parts = re.split(r"\{(\w+)\}", config.filename)
    return "".join(f"(?:{fields[part]})" if index % 2 else re.escape(part) for index, part in enumerate(parts))


def check_file_names(configs: Sequence[LambdaConfig], name: str, version: str) -> None:
    """Raise ``ConfigError`` for archives that would have one path, on a system that ignores case as well."""
    taken: dict[str, LambdaConfig] = {}
    problems = []
    for config in configs:
        path = file_name(config, name, version)
        other = taken.setdefault(path.casefold(), config)
        if other is not config:
            problems.append(
                f"{config.where('filename')}: {path!r} would be the path of {other.build_name} and of "
                f"{config.build_name}; have {{archive}}, {{runtime}} or {{architecture}} in it"
            )
    if problems:
        raise ConfigError(problems)
