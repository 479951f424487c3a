"""Whether a module that one package ships hides a module of the same name, but of another form, that another ships.

Two files with one path are a collision, which the plan rejects. Here the paths differ, for example ``orders.py`` and
``orders/__init__.py``, but Python imports only one of them.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from hatch_lambda.checks.base import error
from hatch_lambda.files.paths import files_as_directories

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hatch_lambda.archive.plan import Entry, Origin
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.diagnostics import Diagnostic
    from hatch_lambda.files.paths import SortedPaths

_PACKAGE, _EXTENSION, _SOURCE, _NAMESPACE = range(4)
_KINDS = ("a package", "an extension module", "a .py file", "a directory without __init__.py")
"""The forms of a module in the order in which Python looks for them. Source: ``SearchPath``."""


class _Form(NamedTuple):
    """A form in which a module is there; ``path`` is a file of it."""

    directory: int
    kind: int
    path: str
    name: str

    @property
    def order(self) -> tuple[bool, int, int, str]:
        """Return a key that is the least for the form that Python imports."""
        return self.kind == _NAMESPACE, self.directory, self.kind, self.path

    @property
    def is_directory(self) -> bool:
        return self.kind in {_PACKAGE, _NAMESPACE}

    @property
    def shown(self) -> str:
        return f"{self.name}/" if self.is_directory else self.path


def check_hidden_modules(candidate: Candidate) -> Iterator[Diagnostic]:
    """Yield an error for each module that Python never imports because another package has one of that name."""
    directories, suffixes = candidate.search_path.directories, candidate.search_path.suffixes
    modules: dict[str, list[_Form]] = {}
    for index, files in enumerate(directories):
        for path in files:
            form = _form(index, path, suffixes)
            if form:
                modules.setdefault(form.name, []).append(form)
    for name, _ in files_as_directories(modules):
        for index, paths in enumerate(candidate.search_path.paths):
            if not any(form.kind == _PACKAGE and form.directory == index for form in modules[name]):
                modules[name].extend(_namespaces(index, directories[index], paths, name, suffixes))
    for _, forms in sorted((name, forms) for name, forms in modules.items() if len(forms) > 1):
        winner, *others = sorted(forms, key=attrgetter("order"))
        owner = directories[winner.directory][winner.path].origin
        for form in others:
            origin = directories[form.directory][form.path].origin
            differs = form.kind != winner.kind and not (form.is_directory and winner.is_directory)
            if differs and canonicalize_name(origin.name) != canonicalize_name(owner.name):
                yield _diagnostic(form, origin, winner, owner)
                break


def _form(index: int, path: str, suffixes: Sequence[str]) -> _Form | None:
    """Return the form of a module that a file is; ``None`` if Python can't import the file under a name."""
    name, dot, rest = path.partition(".")  # no name of a module or package contains a dot
    suffix = dot + rest
    if suffix not in suffixes or name == "__init__" or not all(map(str.isidentifier, name.split("/"))):
        return None
    kind = _EXTENSION if suffix.endswith(".so") else _SOURCE
    if name.endswith("/__init__"):
        name, kind = name.removesuffix("/__init__"), _PACKAGE
    return _Form(index, kind, path, name)


def _namespaces(
    index: int, files: Mapping[str, Entry], paths: SortedPaths, name: str, suffixes: Sequence[str]
) -> Iterator[_Form]:
    """Yield the directory of that name without ``__init__``, once for each owner of modules in it."""
    owners: dict[Origin, str] = {}
    for path in (paths[place] for place in paths.inside(name)):
        if _form(index, path, suffixes):
            owners.setdefault(files[path].origin, path)
    for path in owners.values():
        yield _Form(index, _NAMESPACE, path, name)


def _diagnostic(hidden: _Form, owner: Origin, winner: _Form, other: Origin) -> Diagnostic:
    if hidden.directory == winner.directory or hidden.kind == _NAMESPACE:
        because = f"Python imports {_KINDS[winner.kind]} before {_KINDS[hidden.kind]}"
    else:
        because = "Python searches the function before its layers"
    own = next((form.shown for form, origin in ((hidden, owner), (winner, other)) if origin.project), None)
    fix = f"rename {own}" if own else f'exclude one of them, for example with exclude-files = ["/{hidden.shown}"]'
    problem = f"hidden by {winner.shown} ({other}), because {because}"
    return error("module-collision", f"{hidden.shown} ({owner})", problem, fix)
