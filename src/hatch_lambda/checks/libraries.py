"""Whether the libraries that modules open by name when they are imported are in the zip or in the runtime.

No ELF file lists these libraries, so such an import would fail on Lambda only.
"""

from __future__ import annotations

import sys
import zipfile
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING, NamedTuple

from hatch_lambda.archive.plan import WheelContent, open_content
from hatch_lambda.checks.base import warning
from hatch_lambda.checks.dlopen import LAYOUT, Library, Module, Opened, may_open, read_module
from hatch_lambda.checks.known_libraries import KNOWN_MODULES
from hatch_lambda.checks.native_files import native_files
from hatch_lambda.checks.wheel_facts import WheelReader
from hatch_lambda.files import json_values
from hatch_lambda.wheels.wheel import data_path

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.diagnostics import Diagnostic

_IGNORED_DIRECTORIES = frozenset({"benchmarks", "docs", "example", "examples", "test", "tests"})
"""Directories of modules that no function imports."""

_LARGEST = 1 << 20
"""Bytes of a module that is read; what opens a library is far smaller, and its tree needs a hundred times as much."""

_SHOWN = 4
"""Libraries that a message names before it counts."""

_FIX = "use a package that includes it, or a layer that provides it"
_FIX_MANY = "use a package that includes them, or a layer that provides them"


class _Opening(NamedTuple):
    """A module that opens libraries.

    ``loaded_by`` are the modules whose import loads it too; empty if the import of its package does.
    """

    path: str
    opened: tuple[Opened, ...]
    loaded_by: tuple[str, ...]


def check_libraries(candidate: Candidate) -> Iterator[Diagnostic]:
    """Yield a warning for each module that opens a library that is neither in the zip nor in the runtime.

    It counts if the import of its package runs it, or an import of the project does. If the
    user describes the runtime, its libraries are unknown and nothing is reported.
    """
    if candidate.config.target.runtime.system.uncertain is None:
        return
    own = {path: entry for path, entry in candidate.modules.items() if candidate.plan.paths.get(entry.path) is entry}
    rows = [row for row in KNOWN_MODULES if row.path in own]
    known = {row.path for row in rows}
    openings = [opening for opening in _openings_of(own, candidate) if opening.path not in known]
    there = frozenset(_stems(candidate) if rows or openings else ())
    tops = {path.partition("/")[0].partition(".")[0] for path in candidate.modules}
    for row in rows:
        missing = [name for name in row.libraries if not any(stem.startswith(name) for stem in there)]
        if missing and tops.isdisjoint(row.instead):
            yield _diagnostic(own[row.path], "", missing, candidate, fix=row.fix, all_needed=True)
    for opening in openings:
        for found in opening.opened:
            if there.isdisjoint(library.stem for library in found.libraries):
                names = [library.name for library in found.libraries]
                yield _diagnostic(own[opening.path], f":{found.line}", names, candidate)


def _stems(candidate: Candidate) -> Iterator[str]:
    """Yield the starts of the names of all libraries that the function might find."""
    system, machine = candidate.config.target.runtime.system, candidate.config.target.machine
    names = [*system.libraries, *(system.uncertain or ())]
    for plan in (candidate.plan, *(layer.plan for layer in candidate.layers)):
        for file in native_files(plan, candidate.results):
            if file.native.format == "ELF" and file.native.machine == machine:
                names += [file.entry.path.rpartition("/")[2], file.native.soname]
    return (name.partition(".so")[0] for name in names if name)


def _openings_of(entries: Mapping[str, Entry], candidate: Candidate) -> Iterator[_Opening]:
    """Yield the modules of the zip that open libraries, and that are certainly loaded."""
    contents: list[WheelContent] = []
    wheels: dict[Path, dict[str, Entry]] = defaultdict(dict)
    loose: dict[bool, dict[str, Entry]] = {True: {}, False: {}}
    for path, entry in entries.items():
        if isinstance(entry.content, WheelContent) and entry.content.sha256:
            contents.append(entry.content)
            wheels[entry.content.wheel][path] = entry
        elif path.endswith(".py") and entry.content.size <= _LARGEST:
            loose[entry.origin.project][path] = entry
    of_wheels = _OPENINGS.facts(contents, candidate.results)
    found = [opening for wheel, openings in of_wheels.items() for opening in openings if opening.path in wheels[wheel]]
    with _reading(loose[False]) as read:
        found += _openings(loose[False], read)
    with _reading(loose[True]) as read:
        modules = _project_modules(
            loose[True], read, candidate.config.handler, needed=any(one.loaded_by for one in found)
        )
    imported = {part for module in modules.values() for name in module.imports for part in _with_parents(name)}
    yield from (one for one in found if not one.loaded_by or not imported.isdisjoint(one.loaded_by))
    yield from (_Opening(path, module.opened, ()) for path, module in modules.items() if module.opened)


def _project_modules(
    paths: Collection[str], read: Callable[[str], bytes], handler: str | None, *, needed: bool
) -> dict[str, Module]:
    """Return what the project's modules do that the handler loads, or of all of them without a handler."""
    sources = {path: read(path) for path in _importable(paths)}
    if not needed and not any(map(may_open, sources.values())):
        return {}
    modules = {path: read_module(source, path) for path, source in sources.items()}
    names = {_module_name(path): path for path in modules}
    pending = [handler.rpartition(".")[0].replace("/", ".")] if handler else list(names)
    reached: dict[str, Module] = {}
    while pending:
        for name in _with_parents(pending.pop()):
            path = names.get(name)
            if path is not None and path not in reached:
                reached[path] = modules[path]
                pending += modules[path].imports
    return reached


def _in_wheel(path: Path) -> list[_Opening]:
    """Return the modules of a whole wheel that open libraries."""
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        members = {place: info.filename for info in infos if (place := _module_path(info.filename, info.file_size))}
        return _openings(members, lambda place: archive.read(members[place]))


class OpeningReader:
    """Reads whether the modules of a wheel open libraries; almost always, none of them does."""

    def __init__(self) -> None:
        self._opens = False

    def wants(self, name: str, head: bytes, size: int) -> bool:
        """Return whether the member is a module that functions import, as long as none opened a library."""
        del head
        path = _module_path(name, size)
        return path is not None and not self._opens and any(_importable([path]))

    def read(self, name: str, content: IO[bytes]) -> None:
        """Parse the source if it might open a library."""
        source = content.read()
        self._opens = bool(_opened(source, _module_path(name, len(source)) or name))

    def results(self) -> Iterator[tuple[tuple[object, ...], object]]:
        """Yield that nothing is opened; otherwise, the check must find out which modules are loaded."""
        if not self._opens:
            yield _OPENINGS.key, []


def _known_openings(value: object) -> list[_Opening]:
    """Return what an earlier build found in a wheel; raises ``ValueError`` for a value of another shape."""
    text, items = json_values.text, json_values.items
    return [
        _Opening(text(path), tuple(map(_known_opened, items(found))), json_values.texts(loaded_by))
        for path, found, loaded_by in map(items, items(value))
    ]


def _known_opened(value: object) -> Opened:
    line, libraries = json_values.items(value)
    pairs = map(json_values.items, json_values.items(libraries))
    return Opened(
        json_values.number(line), tuple(Library(json_values.text(name), json_values.text(stem)) for name, stem in pairs)
    )


def _module_path(member: str, size: int) -> str | None:
    """Return where Python finds a module of a wheel; ``None`` for what is no module."""
    scheme, _, path = data_path(member) or ("purelib", "", member)
    is_module = scheme in {"purelib", "platlib"} and path.endswith(".py") and size <= _LARGEST
    return path if is_module else None


@contextmanager
def _reading(entries: Mapping[str, Entry]) -> Iterator[Callable[[str], bytes]]:
    """Return a function that reads a file of these; a zip that several are in is opened once."""
    with ExitStack() as stack:
        archives: dict[Path, zipfile.ZipFile] = {}

        def read(path: str) -> bytes:
            content = entries[path].content
            if not isinstance(content, WheelContent):
                with open_content(content) as file:
                    return file.read()
            if content.wheel not in archives:
                archives[content.wheel] = stack.enter_context(zipfile.ZipFile(content.wheel))
            return archives[content.wheel].read(content.member.name)

        yield read


def _openings(paths: Iterable[str], read: Callable[[str], bytes]) -> list[_Opening]:
    """Return those of some modules that open libraries, and which of the others load them."""
    modules = list(_importable(paths))
    found: dict[str, tuple[Opened, ...]] = {}
    for path in modules:
        if needed := _opened(read(path), path):
            found[path] = needed
    tops = {_module_name(path).partition(".")[0].encode() for path in found}
    imports: dict[str, frozenset[str]] = {}
    for path in modules if found else ():
        source = read(path)
        if path.partition("/")[0].encode() in tops or any(top in source for top in tops):
            imports[_module_name(path)] = read_module(source, path).imports
    return [_Opening(path, needed, _loaded_by(_module_name(path), imports)) for path, needed in found.items()]


def _opened(source: bytes, path: str) -> tuple[Opened, ...]:
    return read_module(source, path).opened if may_open(source) else ()


def _importable(paths: Iterable[str]) -> Iterator[str]:
    return (path for path in paths if path.endswith(".py") and _IGNORED_DIRECTORIES.isdisjoint(path.split("/")))


def _loaded_by(module: str, imports: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Return the modules whose import loads a module; none if a package at the root of its files does so."""
    loading: dict[str, set[str]] = defaultdict(set)
    for name, imported in imports.items():
        for other in [name, *imported]:
            for part in _with_parents(other):
                loading[part].add(name)
    pending, found = [module], {module}
    while pending:
        more = loading[pending.pop()] - found
        found |= more
        pending += more
    is_at_root = any(not any(parent in imports for parent in _with_parents(name)[:-1]) for name in found)
    return () if is_at_root else tuple(sorted(found))


def _module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _with_parents(name: str) -> list[str]:
    """Return a module's name after those of the packages that it is in: all that its import loads."""
    parts = name.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]


def _diagnostic(
    entry: Entry, line: str, names: Sequence[str], candidate: Candidate, *, fix: str = "", all_needed: bool = False
) -> Diagnostic:
    system = candidate.config.target.runtime.system.name
    shown = ", ".join(map(repr, names[:_SHOWN])) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    if len(names) == 1:
        problem = f"the library {shown} isn't"
    else:
        problem = f"the libraries {shown} aren't" if all_needed else f"none of the libraries {shown} is"
    owner = f" ({entry.origin})" if str(entry.origin) and not entry.origin.project else ""
    fix = fix or (_FIX_MANY if len(names) > 1 and all_needed else _FIX)
    problem = f"fails on Lambda, because {problem} in the zip or in {system}"
    return warning("missing-library", f"{entry.path}{line}{owner}", problem, fix)


_OPENINGS = WheelReader(("opened", LAYOUT, sys.version_info[:2]), _in_wheel, list, _known_openings)
"""The part of the key that is the version: an older Python can't parse all modules."""
