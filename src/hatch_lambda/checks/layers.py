"""Whether a function and its layers get in each other's way once Lambda has put them side by side.

Layers are unpacked into one folder, in their order, so that a later one overwrites an earlier one. Python looks into
the function first, and takes a package with an ``__init__`` from one place only.
Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html, read 2026-11-23, and "The import system" of
Python's reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.checks.base import Finding
from hatch_lambda.plan import opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.plan import Entry

_SHARING = (b"extend_path", b"declare_namespace")
"""What an ``__init__`` says that looks for more of its package elsewhere. Source: ``pkgutil`` and ``pkg_resources``."""

_MODULES = (".py", ".so")


def check_layers(candidate: Candidate) -> Iterator[Finding]:
    """Yield a warning for files that another layer overwrites, and for modules that Python will not find."""
    yield from _overwritten(candidate)
    if candidate.config.kind == "function":
        beneath = {path: entry for layer in candidate.layers for path, entry in layer.modules.items()}
        yield from _hidden(candidate.plan.paths, beneath)


def _overwritten(candidate: Candidate) -> Iterator[Finding]:
    seen: dict[str, tuple[Entry, str]] = {}
    for layer in candidate.layers:
        for path, entry in layer.plan.paths.items():
            other, name = seen.setdefault(path, (entry, layer.name))
            if not entry.same_content(other):
                yield Finding(
                    "warning",
                    f"Layers {name} and {layer.name} both have {path}, of {other.origin} and of {entry.origin}; the "
                    "one that the function names last overwrites the other. Put both distributions into one layer.",
                )


def _hidden(function: Mapping[str, Entry], beneath: Mapping[str, Entry]) -> Iterator[Finding]:
    """Yield a warning for each package that is in both places with modules of one of them out of reach."""
    told: set[str] = set()
    for package in sorted(_folders(function) & _folders(beneath)):
        if told & {*_around(package)}:
            continue
        ours, theirs = (_below(package, place) for place in (function, beneath))
        winner, loser = (ours, theirs) if f"{package}/__init__.py" in ours else (theirs, ours)
        lost = sorted(path for path in loser.keys() - winner.keys() if path.endswith(_MODULES))
        start = winner.get(f"{package}/__init__.py")
        if lost and start and not _shares(start):
            told.add(package)
            here, there = ("the function", "a layer") if winner is ours else ("a layer", "the function")
            yield Finding(
                "warning",
                f"Python takes the package {package.replace('/', '.')} from {here}, where {start.origin} has it, and "
                f"does not find {lost[0]} of {loser[lost[0]].origin} in {there}. Put both into one archive.",
            )


def _folders(place: Mapping[str, Entry]) -> set[str]:
    return {folder for path in place for folder in _around(path)}


def _around(path: str) -> Iterator[str]:
    """Yield the folders that a path lies in."""
    return (path[:index] for index, letter in enumerate(path) if letter == "/")


def _shares(start: Entry) -> bool:
    with opened(start.content) as file:
        text = file.read()
    return any(word in text for word in _SHARING)


def _below(package: str, place: Mapping[str, Entry]) -> dict[str, Entry]:
    return {path: entry for path, entry in place.items() if path.startswith(f"{package}/")}
