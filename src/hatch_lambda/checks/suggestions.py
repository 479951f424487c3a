"""What could be removed from a zip: ready lines for the table of a zip, with the bytes that each saves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from pathspec import GitIgnoreSpec

from hatch_lambda.archive.aws_services import known_services, required_services, service_of
from hatch_lambda.archive.bytecode import is_bytecode
from hatch_lambda.archive.slim import SLIM_NAMES, slimmed
from hatch_lambda.checks.aws_clients import client_calls
from hatch_lambda.checks.native_files import library_tails
from hatch_lambda.layers import Layer
from hatch_lambda.runtime.provided import SDK_CORE
from hatch_lambda.wheels.references import module_references

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.checks.base import Candidate

SMALLEST = 100 << 10
"""Bytes that a suggestion saves, at least."""

NEEDLESS_PACKAGES = frozenset({"pip", "wheel"})
"""Packages that install others, which a function doesn't do; they come from careless requirements."""

OPTIONAL_FILES = {"pyarrow": ("pyarrow/*flight*",)}
"""Files of packages that only one of their modules needs, as patterns of ``exclude-files``.

Source: the libraries that the modules of pyarrow 26.0.1 are linked with; only ``pyarrow.flight`` needs these, read
2026-11-28.
"""


@dataclass(frozen=True)
class Suggestion:
    """A line for the table of the zip, and the unzipped bytes that it saves of each file, by its path in the zip."""

    line: str
    files: Mapping[str, int]

    @property
    def saved(self) -> int:
        """Return the unzipped bytes that the line saves."""
        return sum(self.files.values())


def suggestions(candidate: Candidate) -> tuple[Suggestion, ...]:
    """Return what could be removed from the zip, what saves most first; each line includes what its option has now.

    Lines can save bytes of the same files.
    """
    config = candidate.config
    if config.kind == "layer":
        python = config.target.runtime.python_version
        modules = Layer("", candidate.plan, python).modules
    else:
        modules = candidate.plan.paths
    places = {path: entry.path for path, entry in modules.items()}
    entries = [replace(entry, path=path) for path, entry in modules.items()]
    found = [
        make(candidate, entries, places) for make in (_slim, _services, _exclude_files, _exclude_packages, _bytecode)
    ]
    kept = [suggestion for suggestion in found if suggestion.saved >= SMALLEST]
    return tuple(sorted(kept, key=lambda suggestion: (-suggestion.saved, suggestion.line)))


def _line(option: str, *groups: Iterable[str]) -> str:
    values = ", ".join(f'"{value}"' for value in dict.fromkeys(value for group in groups for value in group))
    return f"{option} = [{values}]"


def _slim(candidate: Candidate, entries: Sequence[Entry], places: Mapping[str, str]) -> Suggestion:
    references = partial(module_references, results=candidate.results)
    removed = slimmed(entries, SLIM_NAMES, references).removed
    saved: dict[str, dict[str, int]] = {name: {} for name in SLIM_NAMES}
    for entry, name in removed:
        saved[name][places[entry.path]] = entry.content.size
    gone = {places[entry.path] for entry, _ in removed}
    kept = (entry for entry in candidate.plan.entries if not entry.origin.project and entry.path not in gone)
    saved["symbols"] |= {entry.path: size for entry, size in library_tails(kept, candidate.results)}
    worthwhile = [name for name in SLIM_NAMES if sum(saved[name].values()) >= SMALLEST]
    files = {path: size for name in worthwhile for path, size in saved[name].items()}
    return Suggestion(_line("slim", candidate.config.slim, worthwhile), files)


def _services(candidate: Candidate, entries: Sequence[Entry], places: Mapping[str, str]) -> Suggestion:
    known = known_services(entries)
    called = sorted({call.service for call in client_calls(entries, known, candidate.config.target)})
    required = required_services(entries, called)
    sizes = {
        places[entry.path]: entry.content.size
        for entry in entries
        if known and not candidate.config.aws_services and (service_of(entry.path) or "sts") not in required
    }
    return Suggestion(_line("aws-services", called or ["SERVICE"]), sizes)


def _exclude_files(candidate: Candidate, entries: Sequence[Entry], places: Mapping[str, str]) -> Suggestion:
    names = {entry.origin.name for entry in entries}
    patterns = [pattern for name, listed in OPTIONAL_FILES.items() if name in names for pattern in listed]
    spec = GitIgnoreSpec.from_lines(patterns)
    files = {places[entry.path]: entry.content.size for entry in entries if spec.match_file(entry.path)}
    return Suggestion(_line("exclude-files", candidate.config.exclude_files, patterns), files)


def _exclude_packages(candidate: Candidate, entries: Sequence[Entry], places: Mapping[str, str]) -> Suggestion:
    """Return what the runtime includes, all parts of AWS's SDK or none, and what no function needs."""
    names = sorted({str(canonicalize_name(entry.origin.name)) for entry in entries if not entry.origin.project})
    sdk = SDK_CORE if not candidate.config.aws_services else frozenset()
    needless = [name for name in names if name in sdk | NEEDLESS_PACKAGES]
    files = {places[entry.path]: entry.content.size for entry in entries if entry.origin.name in needless}
    return Suggestion(_line("exclude-packages", candidate.config.exclude_packages, needless), files)


def _bytecode(candidate: Candidate, entries: Sequence[Entry], places: Mapping[str, str]) -> Suggestion:
    compiled = [entry for entry in entries if candidate.config.bytecode and is_bytecode(entry.path)]
    return Suggestion("bytecode = false", {places[entry.path]: entry.content.size for entry in compiled})
