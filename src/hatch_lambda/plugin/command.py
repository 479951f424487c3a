"""Builds a project of Hatch as ``hatch build -t lambda`` does, for a command that isn't Hatch's."""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement

from hatch_lambda.config.archives import LOCK_VERSION
from hatch_lambda.config.table_names import value_at
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ProjectError
from hatch_lambda.plugin.builder import LambdaBuilder
from hatch_lambda.run.console import Reporter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hatch_lambda.run.console import Console


def build_with_hatch(
    pyproject: Mapping[str, Any], names: Sequence[str], directory: Path | None, console: Console
) -> None:
    """Build the named zips of the project in the current directory, or the default ones; ends the program on errors."""
    _run(LambdaBuilder, pyproject, names, directory, console)


def lock_with_hatch(pyproject: Mapping[str, Any], console: Console, *, check: bool) -> None:
    """Write the lock file of the project in the current directory, or check it; ends the program on errors."""
    _run(_CheckingBuilder if check else LambdaBuilder, pyproject, [LOCK_VERSION], None, console)


class _CheckingBuilder(LambdaBuilder):
    """Checks lock files instead of writing them."""

    checks_locks = True


def _run(
    kind: type[LambdaBuilder],
    pyproject: Mapping[str, Any],
    names: Sequence[str],
    directory: Path | None,
    console: Console,
) -> None:
    problems = list(_missing_requirements(pyproject))
    if problems:
        raise ProjectError(problems)
    root = Path.cwd()
    builder = kind(str(root), app=console)  # type: ignore[arg-type]  # an application of Hatch's by its methods
    for artifact in builder.build(directory=directory and str(root / directory), versions=list(names)):
        Reporter(console, root, os.environ).print_path(artifact)


def _missing_requirements(pyproject: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Yield a problem for each build requirement that isn't installed next to hatch-lambda."""
    requires = value_at(pyproject, "build-system.requires")
    for text in requires if isinstance(requires, list) else ():
        try:
            requirement = Requirement(str(text))
            applies = requirement.marker is None or requirement.marker.evaluate()
            installed = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            if applies:
                yield _missing(text, "isn't installed")
            continue
        except (InvalidRequirement, ValueError, LookupError):  # which Hatch reports
            continue
        if applies and not requirement.specifier.contains(installed, prereleases=True):
            yield _missing(text, f"doesn't admit {installed}, which is installed")


def _missing(requirement: str, problem: str) -> Diagnostic:
    return Diagnostic(
        code="build-requirement",
        where="build-system.requires",
        problem=f"{requirement!r} {problem} in the environment of this command",
        fix="install it there, or run 'hatch build -t lambda', which does",
    )
