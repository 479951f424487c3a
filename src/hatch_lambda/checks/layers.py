"""Whether a function and its layers get in each other's way once Lambda has put them side by side.

Layers are unpacked into one folder, in their order, so that a later one overwrites an earlier one. Python looks into
the function first, and takes a package with an ``__init__`` from one place only.
Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html, read 2026-11-23, and "The import system" of
Python's reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.checks.base import Finding
from hatch_lambda.checks.search_path import directories_around, is_shared
from hatch_lambda.files.paths import SortedPaths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hatch_lambda.archive.plan import Entry, Origin
    from hatch_lambda.checks.base import Candidate

_MODULES = (".py", ".so")
_START = "/__init__.py"


def check_layers(candidate: Candidate) -> Iterator[Finding]:
    """Yield a warning for files that another layer overwrites, and for modules that Python will not find.

    If one of these is the handler's, or both are the project's own, it is an error.
    """
    yield from _overwritten(candidate)
    if candidate.config.kind == "function":
        beneath = {path: entry for layer in candidate.layers for path, entry in layer.modules.items()}
        yield from _hidden(candidate.plan.paths, beneath, candidate.config.handler or "")


def _overwritten(candidate: Candidate) -> Iterator[Finding]:
    seen: dict[str, tuple[Entry, str]] = {}
    pairs: dict[tuple[str, Origin, str, Origin], list[str]] = {}
    for layer in candidate.layers:
        for path, entry in layer.plan.paths.items():
            other, name = seen.setdefault(path, (entry, layer.name))
            if not entry.same_content(other):
                pairs.setdefault((name, other.origin, layer.name, entry.origin), []).append(path)
    for (first, one, second, other_one), paths in pairs.items():
        more = f" and {len(paths) - 1} more" if paths[1:] else ""
        yield Finding(
            "warning",
            f"Layers {first} and {second} both have {paths[0]}{more}, of {one} and of {other_one}; the layer that the "
            "function names last overwrites the other. Put both distributions into one layer.",
        )


def _hidden(function: Mapping[str, Entry], beneath: Mapping[str, Entry], handler: str) -> Iterator[Finding]:
    """Yield each package that is in both places with modules of one of them out of reach."""
    module = handler.rpartition(".")[0].replace(".", "/")
    told: set[str] = set()
    both = [(place, SortedPaths(place)) for place in (function, beneath)]
    for package in sorted({path.removesuffix(_START) for path in (*function, *beneath) if path.endswith(_START)}):
        ours, theirs = (
            {(path := paths[index]): place[path] for index in paths.inside(package)} for place, paths in both
        )
        if not ours or not theirs or not told.isdisjoint((package, *directories_around(package))):
            continue
        winner, loser = (ours, theirs) if f"{package}{_START}" in ours else (theirs, ours)
        lost = sorted(path for path in loser.keys() - winner.keys() if path.endswith(_MODULES))
        start = winner.get(f"{package}{_START}")
        if lost and start and not is_shared(start):
            told.add(package)
            own = next((path for path in lost if path in {f"{module}.py", f"{module}/__init__.py"}), None)
            here, there = ("the function", "a layer") if winner is ours else ("a layer", "the function")
            why = (
                f"Python takes the package {package.replace('/', '.')} from {here}, where {start.origin} has it, and "
                f"does not find {own or lost[0]} of {loser[own or lost[0]].origin} in {there}"
            )
            if own:
                yield Finding("error", f"handler {handler!r}: {why}; put both into one archive")
            elif start.origin.project and loser[lost[0]].origin.project:  # what was left out here is out of reach there
                yield Finding("error", f"{package}: {why}; put the whole package into one of the two")
            else:
                yield Finding("warning", f"{why}. Put both into one archive.")
