"""Small values that unit tests start from: a target, an entry, a wheel that came through verification."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement

from hatch_lambda.archive.plan import ArchivePlan, Content, Entry, FileContent, Origin, TextContent
from hatch_lambda.checks.base import Candidate
from hatch_lambda.config.archives import read_archives
from hatch_lambda.config.options import LambdaConfig
from hatch_lambda.resolve.base import Dependency
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.runtime.runtimes import runtime_named
from hatch_lambda.runtime.target import Architecture, Target
from hatch_lambda.wheels.verify import verify_wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.specifiers import SpecifierSet

    from hatch_lambda.diagnostics import Diagnostic
    from hatch_lambda.wheels.wheel import Wheel

SHOP = Origin("shop", "0.1.0", "shop-0.1.0.dist-info", project=True)
"""The project as an owner of files."""

TOO_DEEP = [
    pytest.param("-" * 200_000 + "1", id="signs"),
    *([pytest.param("a" + ".a" * 100_000, id="attributes")] if sys.version_info >= (3, 11) else []),
]
"""Expressions that are too deep for the parser; Python 3.10 follows any number of attributes."""


def target(runtime: str = "python3.13", architecture: Architecture = "x86_64", patch: int | None = None) -> Target:
    """Return a runtime of the table on an architecture."""
    found = runtime_named(runtime)
    assert found is not None
    return Target(found, architecture, patch)


def config(runtime: str = "python3.13", architecture: Architecture = "x86_64", **options: Any) -> LambdaConfig:
    """Return a configuration with everything but these options left out."""
    return LambdaConfig(target=target(runtime, architecture), **options)


def read_config(
    values: Mapping[str, Any], *, requires_python: SpecifierSet, overrides: Mapping[str, str]
) -> LambdaConfig:
    """Return the configuration of the one function that our table declares."""
    archives = read_archives(values, requires_python=requires_python, overrides=overrides)
    (config,) = archives.named("function")
    return config


def origin(name: str, version: str = "1.0") -> Origin:
    """Return a distribution as an owner of files."""
    return Origin(name, version, f"{name.lower().replace('-', '_')}-{version}.dist-info")


def entry(path: str, text: str | Path = "", owner: Origin = SHOP, *, executable: bool = False) -> Entry:
    """Return an entry with a text, or with the file at a path, in it."""
    content: Content
    content = TextContent(text.encode()) if isinstance(text, str) else FileContent(text, text.stat().st_size)
    return Entry(path, owner, content, executable)


def plan(*entries: Entry) -> ArchivePlan:
    """Return a plan of just these entries, in the order that a zip has."""
    return ArchivePlan(tuple(sorted(entries, key=lambda found: found.path)))


def candidate(
    made: ArchivePlan, options: LambdaConfig | None = None, excluded: tuple[Dependency, ...] = ()
) -> Candidate:
    """Return a zip before it is written, with a cache that keeps nothing."""
    return Candidate(
        filename="shop.zip",
        plan=made,
        config=options or config(),
        results=ResultCache(Path(os.devnull)),
        excluded=excluded,
    )


def reported(diagnostics: Iterable[Diagnostic]) -> list[tuple[str, str]]:
    """Return the severity and the whole text of each error and warning."""
    return [(diagnostic.severity, str(diagnostic)) for diagnostic in diagnostics]


def dependency(text: str, by: str = "project.dependencies") -> Dependency:
    """Return a requirement and who has it."""
    return Dependency(by, Requirement(text))


def verified(path: Path) -> Wheel:
    """Return the wheel at a path as the cache has it."""
    return verify_wheel(path, hashlib.sha256(path.read_bytes()).hexdigest())
