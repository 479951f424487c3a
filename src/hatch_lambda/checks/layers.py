"""Whether a function and its layers overwrite or hide each other's files on Lambda.

Lambda unpacks all layers into one directory, in their order, so that a later one overwrites an earlier one. Python
searches the function first, and imports a package with an ``__init__`` from one directory only.
Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html, read 2026-11-23, and "The import system" of
Python's reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.checks.base import error, warning
from hatch_lambda.checks.search_path import directories_around, is_shared
from hatch_lambda.files.paths import SortedPaths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hatch_lambda.archive.plan import Entry, Origin
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.diagnostics import Diagnostic

_MODULES = (".py", ".so")
_START = "/__init__.py"
_ONE_ZIP = "put the whole package into one zip"


def check_layers(candidate: Candidate) -> Iterator[Diagnostic]:
    """Yield a warning for files that another layer overwrites, and for modules that Python doesn't find.

    It is an error if one of these is the handler's, or if both are the project's own.
    """
    yield from _overwritten(candidate)
    if candidate.layers and candidate.config.kind == "function":
        in_layers = {path: entry for layer in candidate.layers for path, entry in layer.modules.items()}
        yield from _hidden(candidate.plan.paths, in_layers, candidate.config.handler or "")


def _overwritten(candidate: Candidate) -> Iterator[Diagnostic]:
    seen: dict[str, tuple[Entry, str]] = {}
    pairs: dict[tuple[str, Origin, str, Origin], list[str]] = {}
    for layer in candidate.layers:
        for path, entry in layer.plan.paths.items():
            other, name = seen.setdefault(path, (entry, layer.name))
            if not entry.same_content(other):
                pairs.setdefault((name, other.origin, layer.name, entry.origin), []).append(path)
    for (first, one, second, other_one), paths in pairs.items():
        count = len(paths) - 1
        more = f" (and {count} more file{'s' if count > 1 else ''})" if count else ""
        problem = (
            f"in layer {first} ({one}) and, with other content, in layer {second} ({other_one}), which overwrites it"
        )
        yield warning("layer-overwrites", f"{paths[0]}{more}", problem, "put both packages into one layer")


def _hidden(in_function: Mapping[str, Entry], in_layers: Mapping[str, Entry], handler: str) -> Iterator[Diagnostic]:
    """Yield each package that is in both, if Python can't find its modules in one of them."""
    module = handler.rpartition(".")[0].replace(".", "/")
    reported: set[str] = set()
    both = [(files, SortedPaths(files)) for files in (in_function, in_layers)]
    for package in sorted({path.removesuffix(_START) for path in (*in_function, *in_layers) if path.endswith(_START)}):
        function_files, layer_files = (
            {(path := paths[index]): files[path] for index in paths.inside(package)} for files, paths in both
        )
        if not function_files or not layer_files or not reported.isdisjoint((package, *directories_around(package))):
            continue
        is_function = f"{package}{_START}" in function_files
        winner, loser = (function_files, layer_files) if is_function else (layer_files, function_files)
        lost = sorted(path for path in loser.keys() - winner.keys() if path.endswith(_MODULES))
        start = winner.get(f"{package}{_START}")
        if lost and start and not is_shared(start):
            reported.add(package)
            own = next((path for path in lost if path in {f"{module}.py", f"{module}/__init__.py"}), None)
            here, there = ("the function", "a layer") if is_function else ("a layer", "the function")
            path = own or lost[0]
            problem = (
                f"Python doesn't find {path} ({loser[path].origin}) in {there}, because it imports "
                f"{package.replace('/', '.')} ({start.origin}) from {here}"
            )
            if own:
                yield error("split-package", f"handler {handler!r}", problem, _ONE_ZIP)
            elif start.origin.project and loser[path].origin.project:  # excluded here, but hidden there
                yield error("split-package", f"{package}/", problem, _ONE_ZIP)
            else:
                yield warning("split-package", f"{package}/", problem, _ONE_ZIP)
