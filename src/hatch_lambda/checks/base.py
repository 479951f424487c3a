"""What a check receives, and how it makes the errors and warnings that it yields."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hatch_lambda.checks.search_path import SearchPath, module_suffixes
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.layers import Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_lambda.archive.plan import ArchivePlan, Entry
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.diagnostics import Code, WarningCode
    from hatch_lambda.resolve.base import Dependency
    from hatch_lambda.resolve.cache import ResultCache


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An archive that is about to be written, with its file name, its options, and the layers that it is used with.

    ``results`` caches what a check finds in a wheel. ``excluded`` are the requirements on packages that
    ``exclude-packages`` excludes and that no layer provides.
    """

    filename: str
    plan: ArchivePlan
    config: LambdaConfig
    results: ResultCache
    layers: tuple[Layer, ...] = ()
    excluded: tuple[Dependency, ...] = ()

    @cached_property
    def modules(self) -> Mapping[str, Entry]:
        """Return every file on Python's search path by its path there; the first directory wins."""
        found: dict[str, Entry] = {}
        for directory in reversed(self.search_path.directories):
            found |= directory
        return found

    @cached_property
    def search_path(self) -> SearchPath:
        """Return the directories that Python imports from, if they have files: the function, then its layers.

        Source of the order: ``set_default_sys_path`` in ``bootstrap.py`` of AWS's images of python3.10 and python3.11,
        read 2026-11-27. All layers are unpacked into one directory, in which the last overwrites the others, see
        https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html.
        """
        target = self.config.target
        is_layer = self.config.kind == "layer"
        layers = [*self.layers, *([Layer("", self.plan, target.runtime.python_version)] if is_layer else [])]
        merged: list[dict[str, Entry]] = [{}, {}]
        for layer in layers:
            merged = [files | more for files, more in zip(merged, layer.directories, strict=True)]
        own = [] if is_layer else [self.plan.paths]
        return SearchPath(tuple(filter(None, (*own, *merged))), module_suffixes(target))

    def is_own(self, entry: Entry) -> bool:
        """Return whether the entry is in the zip itself, not in one of its layers."""
        return self.plan.paths.get(entry.path) is entry

    @property
    def unzipped(self) -> int:
        """Return the unzipped size of the archive and its layers in bytes."""
        return self.plan.unzipped + sum(layer.plan.unzipped for layer in self.layers)


def error(code: Code, where: str, problem: str, fix: str) -> Diagnostic:
    """Return an error, which stops the build."""
    return Diagnostic(code=code, where=where, problem=problem, fix=fix)


def warning(code: WarningCode, where: str, problem: str, fix: str) -> Diagnostic:
    """Return a warning: the zip is written, but might not work."""
    return Diagnostic(code=code, where=where, problem=problem, fix=fix, severity="warning")
