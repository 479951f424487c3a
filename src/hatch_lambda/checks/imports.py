"""Whether what the project's files import is in the zip, the standard library, or the runtime, and can be imported.

Only what certainly fails is reported: an import at a module's top level that nothing guards, in a module that the
handler imports in the same way. Of other packages only the top-level name is checked, of the project's own every module
and what is imported from it. Without a handler in the project, every file counts except those that Lambda doesn't
import, for example tests, and those that other files import under a condition only.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hatch_lambda.archive.plan import FileContent
from hatch_lambda.checks.base import warning
from hatch_lambda.checks.import_names import PACKAGES
from hatch_lambda.checks.python_source import (
    ANYTHING,
    LARGEST_SOURCE,
    SourceProblem,
    compile_problem,
    module_names,
    parse_source,
    source,
)
from hatch_lambda.files.paths import SortedPaths
from hatch_lambda.runtime.provided import MODULES
from hatch_lambda.runtime.stdlib import standard_library, was_standard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.checks.search_path import Module, SearchPath
    from hatch_lambda.diagnostics import Diagnostic

_TEST_DIRECTORIES = frozenset({"test", "tests"})
_PASSING_ON = frozenset({"ValueError", "TypeError", "KeyError", "AttributeError", "OSError"})
"""Exceptions that catch neither an ImportError nor a SyntaxError; any other name might."""

_REARRANGING = (b"sys.modules", b"sys.path", b"meta_path", b"addsitedir", b"__path__")
"""What a project contains if it changes where modules are found; then a name anywhere in the zip is enough."""

_MODULE_ATTRIBUTES = frozenset(
    {
        *("__annotations__", "__builtins__", "__cached__", "__class__", "__dict__", "__doc__", "__file__"),
        *("__loader__", "__name__", "__package__", "__path__", "__spec__"),
    }
)
"""What every module has. Source: "The import system" of Python's reference, read 2026-11-27."""

_STATEMENTS = (ast.Import, ast.ImportFrom)


class Import(NamedTuple):
    """A module that a file imports in a line, and the name that it imports from it."""

    importer: str
    line: int
    module: str
    name: str | None


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What a file imports whenever it is imported, what it imports only sometimes, and the names in it.

    ``attributes`` are those that it sets on any object, which might be another module; ``outside`` are imports from
    above the zip's root.
    """

    imports: tuple[Import, ...]
    outside: tuple[Import, ...]
    guarded: frozenset[str]
    names: frozenset[str]
    attributes: frozenset[str]


def check_imports(candidate: Candidate) -> Iterator[Diagnostic]:
    """Yield a warning for each import of the project's files that certainly fails, with the first such line.

    It is an error if the handler certainly imports a module of the project that isn't valid Python.
    """
    files = {path: source(entry) for path, entry in candidate.modules.items() if _is_imported(candidate, path, entry)}
    parsed = {path: _read(path, content, candidate) for path, content in files.items()}
    read = {path: found for path, found in parsed.items() if isinstance(found, _Read)}
    broken = {path: found for path, found in parsed.items() if isinstance(found, SourceProblem)}
    handler = _handler_module(candidate)
    reached = _reached(read, candidate) if handler else None
    for path in sorted(files.keys() & reached - {handler.path}) if handler and reached else ():
        problem = broken.get(path) or compile_problem(files[path], candidate.config.target)
        if problem:
            yield problem.diagnostic(path)
    for found in (found for path in sorted(read.keys() & (reached or ())) for found in read[path].outside):
        outside = f"{found.module!r} is outside of the zip"
        yield warning("missing-import", _where([found]), outside, "write it as an absolute import")
    rearranged = any(word in content for content in files.values() for word in _REARRANGING)
    places = _ModuleIndex(candidate.modules, candidate.search_path, read, anywhere=rearranged)
    imports = list(_certain(read) if reached is None else _imports_of(read, reached))
    yield from _missing_names(imports, places)
    yield from _missing_modules(imports, places, candidate)


def _is_imported(candidate: Candidate, path: str, entry: Entry) -> bool:
    if not (entry.origin.project and candidate.is_own(entry) and path.endswith(".py")):
        return False
    *directories, name = path.split("/")
    return (
        entry.content.size <= LARGEST_SOURCE
        and not (
            _TEST_DIRECTORIES & set(directories) or name.startswith("test_") or name in {"conftest.py", "setup.py"}
        )
        and not (directories and directories[0] in {"bin", entry.origin.dist_info})
    )


def _read(path: str, content: bytes, candidate: Candidate) -> _Read | SourceProblem:
    """Return what a file imports and defines; its tree isn't kept, because many trees at once slow down the build."""
    tree = parse_source(content, candidate.config.target)
    if isinstance(tree, SourceProblem):
        return tree
    guarded = {
        name
        for node in tree.body
        if isinstance(node, (ast.If, ast.Try, ast.With))
        for found in _imports((inner for inner in ast.walk(node) if isinstance(inner, _STATEMENTS)), path)
        for name in _modules(found)
    }
    attributes = {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    return _Read(
        imports=tuple(_imports(tree.body, path)),
        outside=tuple(_outside(tree.body, path)),
        guarded=frozenset(guarded),
        names=frozenset(module_names(tree)),
        attributes=frozenset(attributes),
    )


def _handler_module(candidate: Candidate) -> Module | None:
    """Return the handler's module, if it is one of the project's."""
    name = _handler_name(candidate)
    found = candidate.search_path.find(name) if name else None
    return found if found and found.entry and found.entry.origin.project else None


def _handler_name(candidate: Candidate) -> str:
    return (candidate.config.handler or "").rpartition(".")[0].replace("/", ".")


def _reached(read: Mapping[str, _Read], candidate: Candidate) -> frozenset[str]:
    """Return the paths of the files that the handler's module certainly imports, its own among them."""
    pending, reached = [_handler_name(candidate)], set()
    while pending:
        names = pending.pop().split(".")
        for count in range(1, len(names) + 1):
            found = candidate.search_path.find(".".join(names[:count]))
            if found and found.path not in reached:
                reached.add(found.path)
                pending += _loaded(read[found.path], read, candidate.search_path) if found.path in read else ()
    return frozenset(reached)


def _loaded(file: _Read, read: Mapping[str, _Read], search_path: SearchPath) -> Iterator[str]:
    """Yield the modules that a file certainly imports: a name that a package defines isn't one of its modules."""
    for found in file.imports:
        yield found.module
        package = search_path.find(found.module)
        names = read[package.path].names if package and package.path in read else ()
        if found.name and package and package.is_package and found.name not in names:
            yield f"{found.module}.{found.name}"


def _imports_of(read: Mapping[str, _Read], paths: Iterable[str]) -> Iterator[Import]:
    return (found for path in sorted(paths) if path in read for found in read[path].imports)


def _certain(read: Mapping[str, _Read]) -> Iterator[Import]:
    """Yield the imports of all files but those that other files import under a condition only, or try to."""
    imports = [found for file in read.values() for found in file.imports]
    optional = {name for file in read.values() for name in file.guarded}
    optional -= {name for found in imports for name in _modules(found)}
    for found in imports:
        parts = found.importer.removesuffix(".py").removesuffix("/__init__").split("/")
        if optional.isdisjoint(".".join(parts[: count + 1]) for count in range(len(parts))):
            yield found


def _modules(found: Import) -> set[str]:
    """Return every module that the import might load, packages above it too, but not the one that the file is in."""
    names = f"{found.module}.{found.name}".split(".")
    package = found.importer.rpartition("/")[0].replace("/", ".")
    loaded = {".".join(names[: count + 1]) for count in range(len(names))}
    return {name for name in loaded if not f"{package}.".startswith(f"{name}.")}


def _imports(body: Iterable[ast.stmt], path: str) -> Iterator[Import]:
    """Yield what is imported whenever the module is."""
    for node in body:
        match node:
            case ast.Import(names=names):
                yield from (Import(path, node.lineno, alias.name, None) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = _absolute(path, level, module)
                if base:
                    yield from (Import(path, node.lineno, base, alias.name) for alias in names)
            case ast.ClassDef(body=inner):
                yield from _imports(inner, path)
            case ast.Try(body=inner, handlers=handlers, finalbody=last):
                if not any(map(_may_catch, handlers)):
                    yield from _imports(inner, path)
                yield from _imports(last, path)


def _outside(body: Iterable[ast.stmt], path: str) -> Iterator[Import]:
    """Yield the relative imports that have too many dots, which always fail."""
    for node in body:
        if isinstance(node, ast.ImportFrom) and _absolute(path, node.level, node.module or "") is None:
            yield Import(path, node.lineno, "." * node.level + (node.module or ""), None)


def _absolute(path: str, level: int, module: str | None) -> str | None:
    """Return the module's full name; ``None`` if it is above the zip's root."""
    if level == 0:
        return module
    package = path.split("/")[:-level]
    return ".".join([*package, *([module] if module else [])]) if package else None


def _may_catch(handler: ast.ExceptHandler) -> bool:
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(not isinstance(name, ast.Name) or name.id not in _PASSING_ON for name in names)


@dataclass(frozen=True)
class _ModuleIndex:
    """What can be imported from a zip and its layers. Paths have no suffix; with ``anywhere``, any directory counts."""

    files: Mapping[str, Entry]
    search_path: SearchPath
    read: Mapping[str, _Read]
    anywhere: bool

    @cached_property
    def modules(self) -> frozenset[str]:
        """Return every module's path, whatever machine and Python an extension module is for."""
        return frozenset(
            f"{directory}{slash}{name.partition('.')[0]}"
            for directory, slash, name in (path.rpartition("/") for path in self.files)
            if name.endswith((".py", ".so", ".pyc"))
        )

    @cached_property
    def sorted(self) -> SortedPaths:
        """Return every path, sorted."""
        return SortedPaths(self.files)

    def is_directory(self, path: str) -> bool:
        """Return whether there is a directory at a path; each is a package, if only a namespace."""
        return bool(self.sorted.inside(path))

    @cached_property
    def own(self) -> frozenset[str]:
        """Return the names at the root that only the project has files of."""
        tops = {path.partition("/")[0] for path in (*self.files, *self.modules) if "/" in path or path in self.modules}
        others = {
            path.partition("/")[0].partition(".")[0] for path, entry in self.files.items() if not entry.origin.project
        }
        return frozenset(tops - others)

    @cached_property
    def parts(self) -> frozenset[str]:
        """Return every name of a module or directory, at any depth."""
        names = {path.rpartition("/")[2] for path in self.modules}
        return frozenset(names.union(*(path.split("/")[:-1] for path in self.files)))

    @cached_property
    def attributes(self) -> frozenset[str]:
        """Return the attributes that the project sets on any object, which might be a module."""
        return frozenset(name for file in self.read.values() for name in file.attributes)

    def is_rearranged(self, module: str) -> bool:
        """Return whether the project might find the module in its own way."""
        return self.anywhere and module.partition(".")[0] in self.parts

    def missing_module(self, found: Import) -> str | None:
        """Return the first part of the import that is certainly missing; ``None`` if there is none."""
        names = found.module.split(".")
        for count in range(1, len(names) + 1 if names[0] in self.own else 2):
            path = "/".join(names[:count])
            if path not in self.modules and not self.is_directory(path):
                return ".".join(names[:count])
        inner = f"{'/'.join(names)}/{found.name}"
        is_package = self.is_directory("/".join(names)) and "/".join(names) not in self.modules
        if found.name in {None, "*"} or names[0] not in self.own or not is_package or self._may_have(found, inner):
            return None
        return f"{found.module}.{found.name}"

    def _may_have(self, found: Import, inner: str) -> bool:
        """Return whether a package has a module at a path, or might define its name."""
        start = f"{inner.rpartition('/')[0]}/__init__"
        if inner in self.modules or self.is_directory(inner):
            return True
        if f"{start}.py" not in self.files:
            return start in self.modules  # only running an extension module would reveal its names
        return f"{start}.py" not in self.read or self._may_define(f"{start}.py", str(found.name))

    def file_without(self, found: Import) -> str | None:
        """Return the project's file that certainly lacks the name that is imported from it."""
        module = self.search_path.find(found.module)
        if found.name in {None, "*"} or module is None or module.is_package or module.path not in self.read:
            return None
        return None if self._may_define(module.path, str(found.name)) else module.path

    def _may_define(self, path: str, name: str) -> bool:
        names = self.read[path].names | self.attributes | _MODULE_ATTRIBUTES
        return not names.isdisjoint({name, ANYTHING})


def _missing_names(imports: Iterable[Import], places: _ModuleIndex) -> Iterator[Diagnostic]:
    missing: dict[tuple[str, str], list[Import]] = {}
    for found in imports:
        path = None if places.is_rearranged(found.module) else places.file_without(found)
        if path:
            missing.setdefault((path, str(found.name)), []).append(found)
    for (path, name), found_in in sorted(missing.items()):
        close = get_close_matches(name, sorted(places.read[path].names), n=1)
        fix = f"did you mean {close[0]!r}?" if close else "define it there, or correct the import"
        yield warning("missing-name", _where(found_in), f"{path} doesn't define {name!r}", fix)


def _missing_modules(imports: Iterable[Import], places: _ModuleIndex, candidate: Candidate) -> Iterator[Diagnostic]:
    known = MODULES | standard_library(candidate.config.target.runtime.python)
    missing: dict[str, list[Import]] = {}
    for found in imports:
        top = found.module.partition(".")[0]
        if candidate.config.kind == "layer" and top not in places.own and not was_standard(top):
            continue  # a function that uses the layer might provide it
        if top not in known and (top in places.own or not top.startswith("_")):
            module = None if places.is_rearranged(found.module) else places.missing_module(found)
            if module:
                missing.setdefault(module, []).append(found)
    for module, found_in in sorted(missing.items()):
        yield warning(
            "missing-import", _where(found_in), *_module_problem(candidate, module, found_in[0].importer, places)
        )


def _where(found: Sequence[Import]) -> str:
    """Return the first file and line, and how many other files, or else other lines of the file, there are."""
    first = found[0]
    files = len({one.importer for one in found}) - 1
    lines = len({one.line for one in found}) - 1
    count, kind = (files, "file") if files else (lines, "line")
    more = f" (and {count} more {kind}{'s' if count > 1 else ''})" if count else ""
    return f"{first.importer}:{first.line}{more}"


def _module_problem(candidate: Candidate, module: str, importer: str, places: _ModuleIndex) -> tuple[str, str]:
    """Return why a module that a file imports can't be imported, and the fix."""
    top = module.partition(".")[0]
    runtime = candidate.config.target.runtime
    if top in places.own:
        return f"{module!r} isn't in the zip", "correct its spelling, or include its file with Hatch's options"
    if was_standard(top):
        version = runtime.python_version
        return (
            f"Python {version} doesn't include {module!r} in its standard library",
            "remove it, or require a backport",
        )
    inner = sorted(path for path, entry in places.files.items() if entry.origin.project and path.endswith(f"/{top}.py"))
    if top.lower().replace("_", "-") in candidate.config.exclude_packages:
        fix = "remove it from exclude-packages, or ignore this if a layer provides it"
    elif inner:
        fix = f"did you mean {inner[0].removesuffix('.py').replace('/', '.')!r}?"
    elif unselected := _unselected(places.files[importer], top):
        fix = f"select {unselected} with Hatch's options, such as only-include"
    else:
        named = f"{package} " if (package := PACKAGES.get(top)) else "it "
        fix = f"add {named}to project.dependencies, or ignore this if a layer provides it"
    return f"{module!r} isn't in the zip or in {runtime.name}", fix


def _unselected(importer: Entry, top: str) -> str | None:
    """Return the module or package next to the importing file on disk that the zip doesn't include, if there is one."""
    if not isinstance(importer.content, FileContent):
        return None
    directory = importer.content.source.parent
    if (directory / f"{top}.py").is_file():
        return f"{top}.py"
    return f"{top}/" if (directory / top / "__init__.py").is_file() else None
