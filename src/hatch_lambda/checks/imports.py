"""Whether what the project's files import is in the archive, the target's standard library or the runtime.

Only what is sure to fail is told: an import at a module's top level that nothing guards, of a module that is nowhere.
Of other distributions' packages only the name at the top is looked at, of the project's own packages every module.
Files that Lambda does not import, those of tests, are left alone; so are, where a project has several functions, those
that a function's handler never loads.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hatch_lambda.checks.base import Finding
from hatch_lambda.checks.handler import ANYTHING, LARGEST_SOURCE, module_names, source
from hatch_lambda.paths import SortedPaths
from hatch_lambda.provided import MODULES
from hatch_lambda.stdlib import standard_library, was_standard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.plan import Entry

_TEST_FOLDERS = frozenset({"test", "tests"})
_PASSING_ON = frozenset({"ValueError", "TypeError", "KeyError", "AttributeError", "OSError", "SyntaxError"})
"""Exceptions that are no ImportError; any other name might be one."""

_REARRANGING = (b"sys.modules", b"sys.path", b"meta_path", b"addsitedir", b"__path__")
"""What a project says that finds modules in its own way; then a name anywhere in the archive will do."""


_STATEMENTS = (ast.Import, ast.ImportFrom)


class Import(NamedTuple):
    """A module that a file imports in a line, and the name that it takes from it; ``by`` is the file's path."""

    by: str
    line: int
    module: str
    name: str | None


@dataclass(frozen=True)
class _Read:
    """What a file imports whenever it is imported, what it imports only sometimes, and the names of a package.

    ``anywhere`` is every module that it may import at some time, in a function, say.
    """

    imports: tuple[Import, ...]
    guarded: frozenset[str]
    anywhere: frozenset[str]
    names: frozenset[str]


def check_imports(candidate: Candidate) -> Iterator[Finding]:
    """Yield a warning for each module that the project's files import and that is nowhere, with the first such line."""
    read: dict[str, _Read] = {}
    rearranged = False
    for path, entry in candidate.modules.items():
        if _is_imported(path, entry) and candidate.plan.paths.get(entry.path) is entry:
            content = source(entry)
            rearranged = rearranged or any(word in content for word in _REARRANGING)
            read.update(_read(path, content))
    if candidate.config.name and candidate.config.handler:
        read = _reached(read, candidate.config.handler)
    places = _Places(candidate.modules, read, anywhere=rearranged)
    known = MODULES | standard_library(candidate.config.target.runtime.python)
    missing: dict[str, list[Import]] = {}
    for found in _certain(read):
        top = found.module.partition(".")[0]
        if candidate.config.kind == "layer" and top not in places.own and not was_standard(top):
            continue  # a function that uses the layer may bring it
        if top not in known and (top in places.own or not top.startswith("_")):
            module = places.missing(found)
            if module:
                missing.setdefault(module, []).append(found)
    for module, found_in in sorted(missing.items()):
        yield Finding("warning", _text(candidate, module, found_in, places))


def _is_imported(path: str, entry: Entry) -> bool:
    *folders, name = path.split("/")
    return (
        entry.origin.project
        and name.endswith(".py")
        and entry.content.size <= LARGEST_SOURCE
        and not (_TEST_FOLDERS & set(folders) or name.startswith("test_") or name in {"conftest.py", "setup.py"})
        and not (folders and folders[0] in {"bin", entry.origin.dist_info})
    )


def _read(path: str, content: bytes) -> Iterator[tuple[str, _Read]]:
    """Yield the file under its path; nothing if it is no module for the Python that builds, perhaps an older one.

    The tree is not kept: many of them at once make everything slow.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    guarded = {
        name
        for node in tree.body
        if isinstance(node, (ast.If, ast.Try, ast.With))
        for found in _imports((inner for inner in ast.walk(node) if isinstance(inner, _STATEMENTS)), path)
        for name in _modules(found)
    }
    names = module_names(tree) if path.endswith("/__init__.py") else set()
    nodes = (node for node in ast.walk(tree) if isinstance(node, _STATEMENTS))
    anywhere = {name for found in _imports(nodes, path) for name in _modules(found)}
    yield path, _Read(tuple(_imports(tree.body, path)), frozenset(guarded), frozenset(anywhere), frozenset(names))


def _reached(read: Mapping[str, _Read], handler: str) -> dict[str, _Read]:
    """Return the files that the handler may load: of several functions of a project, each uses some of its files.

    All of them are returned if the handler is in none.
    """
    pending = [handler.rpartition(".")[0].replace("/", ".")]
    found: dict[str, _Read] = {}
    while pending:
        module = pending.pop()
        parts = module.split(".")
        for path in ("/".join(parts) + ".py", "/".join([*parts, "__init__.py"])):
            if path in read and path not in found:
                found[path] = read[path]
                pending += [*read[path].anywhere, *(".".join(parts[:count]) for count in range(1, len(parts)))]
    return found or dict(read)


def _certain(read: Mapping[str, _Read]) -> Iterator[Import]:
    """Yield the imports of all files but those that other files import under a condition only, or try to."""
    imports = [found for file in read.values() for found in file.imports]
    optional = {name for file in read.values() for name in file.guarded}
    optional -= {name for found in imports for name in _modules(found)}
    for found in imports:
        parts = found.by.removesuffix(".py").removesuffix("/__init__").split("/")
        if optional.isdisjoint(".".join(parts[: count + 1]) for count in range(len(parts))):
            yield found


def _modules(found: Import) -> set[str]:
    """Return every module that the import may load, packages above it too, but not the one that the file is in."""
    names = f"{found.module}.{found.name}".split(".")
    package = found.by.rpartition("/")[0].replace("/", ".")
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


def _absolute(path: str, level: int, module: str | None) -> str | None:
    """Return the module's full name; ``None`` if it lies above the archive's root."""
    if level == 0:
        return module
    package = path.split("/")[:-level]
    return ".".join([*package, *([module] if module else [])]) if package else None


def _may_catch(handler: ast.ExceptHandler) -> bool:
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(not isinstance(name, ast.Name) or name.id not in _PASSING_ON for name in names)


@dataclass(frozen=True)
class _Places:
    """What can be imported from an archive and its layers. Paths have no suffix; ``anywhere`` admits any folder."""

    files: Mapping[str, Entry]
    read: Mapping[str, _Read]
    anywhere: bool

    @cached_property
    def modules(self) -> frozenset[str]:
        """Return every module's path."""
        return frozenset(
            f"{folder}{slash}{name.partition('.')[0]}"
            for folder, slash, name in (path.rpartition("/") for path in self.files)
            if name.endswith((".py", ".so"))
        )

    @cached_property
    def sorted(self) -> SortedPaths:
        """Return every path, sorted."""
        return SortedPaths(self.files)

    def is_folder(self, path: str) -> bool:
        """Return whether there is such a folder, each of which is a package, if only a namespace."""
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
        """Return every name that a module or folder has, wherever it lies."""
        names = {path.rpartition("/")[2] for path in self.modules}
        return frozenset(names.union(*(path.split("/")[:-1] for path in self.files)))

    def missing(self, found: Import) -> str | None:
        """Return the first part of the import that is surely nowhere; ``None`` if there is none such."""
        names = found.module.split(".")
        if self.anywhere and names[0] in self.parts:
            return None
        for count in range(1, len(names) + 1 if names[0] in self.own else 2):
            path = "/".join(names[:count])
            if path not in self.modules and not self.is_folder(path):
                return ".".join(names[:count])
        path = "/".join(names)
        if found.name in {None, "*"} or names[0] not in self.own or path in self.modules or not self.is_folder(path):
            return None
        inner = f"{path}/{found.name}"
        if inner in self.modules or self.is_folder(inner) or self._may_define(path, str(found.name)):
            return None
        return f"{found.module}.{found.name}"

    def _may_define(self, package: str, name: str) -> bool:
        path = f"{package}/__init__.py"
        if path not in self.files:
            return f"{package}/__init__" in self.modules  # an extension module, which tells nobody its names
        return path not in self.read or not self.read[path].names.isdisjoint({name, ANYTHING})


def _text(candidate: Candidate, module: str, found: list[Import], places: _Places) -> str:
    first = found[0]
    others = f", as {'does' if len(found) == 2 else 'do'} {len(found) - 1} more" if len(found) > 1 else ""  # noqa: PLR2004
    top = module.partition(".")[0]
    python = candidate.config.target.runtime.python_version
    excluded = candidate.config.exclude_packages
    where = f"{first.by}:{first.line} imports {module!r}{others}, "
    if top in places.own:
        return (
            f"{where}which is not in the archive; the import fails on Lambda with ModuleNotFoundError, so see to its "
            "spelling and to what Hatch's options include."
        )
    if was_standard(top):
        return (
            f"{where}which Python {python} does not have in its standard library; the import fails on Lambda with "
            "ModuleNotFoundError, so do without it or require a backport."
        )
    if top.lower().replace("_", "-") in excluded:
        remedy = "take it out of exclude-packages, unless a layer brings it."
    elif inner := next((path for path in sorted(places.modules) if path.endswith(f"/{top}")), None):
        remedy = f"import {inner.replace('/', '.')!r}, or have the file at the archive's root."
    else:
        remedy = "add the distribution that has it to project.dependencies, unless a layer brings it."
    return (
        f"{where}which is neither in the archive nor in {candidate.config.target.runtime.name}; the import fails there "
        f"with ModuleNotFoundError, so {remedy}"
    )
