"""Read the names and functions of a Python module in the zip, without running it."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_lambda.archive.plan import open_content
from hatch_lambda.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.runtime.target import Target

ANYTHING = "*"
"""Stands for names that only running the module would reveal."""

LARGEST_SOURCE = 16 << 20
"""Bytes of the largest module that is read; the syntax tree of a larger one would need gigabytes."""

_WRITING = frozenset({"exec", "globals", "locals", "setattr", "vars", "global_enum"})
"""Functions through which a module can define names that its source doesn't show."""

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)

_FORMATTED = r"\b(?:{0}[rR]?|[rR]{0})(?:'|\")"
_NEW_SYNTAX = {
    (3, 11): r"\bexcept\s*\*|[\[,]\s*\*|:\s*\*|\basync\s+for\b",  # PEP 654, PEP 646, async comprehensions
    (3, 12): r"\btype\s+\w|\b(?:def|class)\s+\w+\s*\[|" + _FORMATTED.format("[fF]"),  # PEP 695, PEP 701
    (3, 13): r"\b(?:def|class|type)\s+\w+\s*\[",  # PEP 696
    (3, 14): r"\bexcept\b[^:(]*,|" + _FORMATTED.format("[tT]"),  # PEP 758, PEP 750
    (3, 15): r"\blazy\s+(?:import|from)\b|[\[{(]\s*\*|\bcase\b",  # PEP 810, PEP 798, +1 in patterns
}
"""What a line with syntax that is new in a version of Python looks like; other lines might look so too.

They are compiled when they are needed, which is seldom.

Source: "What's New in Python", 3.11 to 3.15, read 2026-11-27.
"""

_LONG_STRING = r"\b(?:[fFtT][rR]?|[rR][fFtT])(?:'''|\"\"\")"


@dataclass(frozen=True)
class SourceProblem:
    """Why a module could not be parsed; if ``is_certain``, the runtime's Python can't parse it either."""

    line: int | None
    problem: str
    fix: str
    is_certain: bool

    def diagnostic(self, path: str) -> Diagnostic:
        """Return what to report about the file at a path of the zip: an error only if the problem is certain."""
        return Diagnostic(
            code="syntax-error" if self.is_certain else "unchecked",
            where=f"{path}:{self.line}" if self.line else path,
            problem=self.problem,
            fix=self.fix,
            severity="error" if self.is_certain else "warning",
        )


def parse_entry(entry: Entry, target: Target) -> ast.Module | SourceProblem:
    """Return the syntax tree of a module, or why it has none."""
    if entry.content.size > LARGEST_SOURCE:
        problem = f"not checked, because it is larger than {LARGEST_SOURCE >> 20} MiB"
        return SourceProblem(None, problem, "move its data to another file", is_certain=False)
    return parse_source(source(entry), target)


def parse_source(content: bytes, target: Target) -> ast.Module | SourceProblem:
    """Return the syntax tree of a module's bytes, or why there is none; what only compiling reveals is not reported."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser's own warnings don't concern the zip
            return ast.parse(content, feature_version=target.runtime.python)
    except (SyntaxError, ValueError) as error:
        return _syntax_problem(content, error, target)
    except (RecursionError, MemoryError):  # limits of the parser, which each Python sets for itself
        own = ".".join(map(str, sys.version_info[:2]))
        problem = f"not checked, because it is nested too deeply for Python {own}, which runs the build"
        return SourceProblem(None, problem, "split its longest expression", is_certain=False)


def compile_problem(content: bytes, target: Target) -> SourceProblem | None:
    """Return why a module that can be parsed can't be compiled, for example a ``return`` outside of a function."""
    try:
        with warnings.catch_warnings(), suppress(RecursionError, MemoryError):  # limits of the compiler, as above
            warnings.simplefilter("ignore")
            compile(content, "<module>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return _syntax_problem(content, error, target)
    return None


def _syntax_problem(content: bytes, error: SyntaxError | ValueError, target: Target) -> SourceProblem:
    own = ".".join(map(str, sys.version_info[:2]))
    version = target.runtime.python_version
    line = error.lineno if isinstance(error, SyntaxError) else None
    reason = error.msg if isinstance(error, SyntaxError) else str(error)
    if _is_new_syntax(content, error, target):
        problem = f"not checked, because Python {own} can't parse it ({reason}), but Python {version} might"
        return SourceProblem(line, problem, f"build with Python {version}", is_certain=False)
    return SourceProblem(line, f"not valid Python {version} ({reason})", "correct the syntax", is_certain=True)


def source(entry: Entry) -> bytes:
    """Return the content of an entry."""
    with open_content(entry.content) as file:
        return file.read()


def _is_new_syntax(content: bytes, error: SyntaxError | ValueError, target: Target) -> bool:
    """Return whether a newer Python than the one that runs the build might accept what it rejects.

    The runtime's Python might, if a line of the error looks like syntax that is new since then.
    """
    newer = [version for version in _NEW_SYNTAX if sys.version_info[:2] < version <= target.runtime.python]
    if target.runtime.python > max(*_NEW_SYNTAX, sys.version_info[:2]):
        return True
    if not newer or not isinstance(error, SyntaxError) or not error.lineno:
        return False
    text = content.decode("utf-8", "replace")
    lines = text.splitlines()[error.lineno - 1 : max(error.lineno, error.end_lineno or 0)]
    new_strings = (3, 12) in newer or (3, 14) in newer
    return any(re.search(_NEW_SYNTAX[version], line) for version in newer for line in lines) or bool(
        new_strings and re.search(_LONG_STRING, text)
    )


def module_names(tree: ast.Module) -> set[str]:
    """Return every name that the module might have once it has run, with ``ANYTHING`` if there might be others."""
    names = {*_names(tree), *_names_from_within(tree)}
    return names | {ANYTHING} if "__getattr__" in names else names


def function_named(name: str, tree: ast.Module) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None:
    """Return the function that the module certainly has under a name; ``None`` if only running it would reveal it.

    That is so of what is decorated, imported, returned by a call, or defined under a condition.
    """
    if not {name, ANYTHING}.isdisjoint(_names_from_within(tree)):
        return None
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        match _last_binding(name, tree):
            case ast.FunctionDef(decorator_list=[]) | ast.AsyncFunctionDef(decorator_list=[]) as function:
                return function
            case ast.Assign(value=ast.Lambda() as function) | ast.AnnAssign(value=ast.Lambda() as function):
                return function
            case ast.Assign(value=ast.Name(id=other)) | ast.AnnAssign(value=ast.Name(id=other)):
                name = other
    return None


def _last_binding(name: str, tree: ast.Module) -> ast.stmt | None:
    """Return the last statement at the top level that might define the name."""
    for statement in reversed(tree.body):
        if not {name, ANYTHING}.isdisjoint(_names(ast.Module([statement], []))):
            is_plain = not isinstance(statement, ast.Assign) or all(
                isinstance(target, ast.Name) for target in statement.targets
            )
            return statement if is_plain else None
    return None


def imports_submodule(name: str, tree: ast.Module, package: str) -> bool:
    """Return whether a package's ``__init__`` has the name because it imports its module of that name."""
    match _last_binding(name, tree):
        case ast.ImportFrom(module=None, level=1, names=aliases):
            return any(alias.name == name and alias.asname in {None, name} for alias in aliases)
        case ast.ImportFrom(module=module, level=0, names=aliases):
            return module == package and any(alias.name == name and alias.asname in {None, name} for alias in aliases)
    return False


def is_generator(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> bool:
    """Return whether calling the function only creates a generator."""
    pending = list(ast.iter_child_nodes(function))
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, _SCOPES):
            pending += ast.iter_child_nodes(node)
    return False


def _names(node: ast.AST) -> Iterator[str]:
    """Yield every name that running this might define; the names in functions and classes belong to those."""
    pending = list(ast.iter_child_nodes(node))
    while pending:  # no recursion: long sums are deep trees
        child = pending.pop()
        name = _own_name(child)
        if name is not None:
            yield name
        if isinstance(child, _COMPREHENSIONS):
            yield from (inner.target.id for inner in ast.walk(child) if isinstance(inner, ast.NamedExpr))
        elif not isinstance(child, _SCOPES):
            pending += ast.iter_child_nodes(child)


def _own_name(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.alias(asname=str(name)):
            return name
        case ast.alias(name=name):
            return name.partition(".")[0]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.MatchAs(name=name) | ast.MatchStar(name=name) | ast.MatchMapping(rest=name):
            return name
    return None


def _names_from_within(tree: ast.Module) -> Iterator[str]:
    """Yield the names of the module that its functions might define."""
    for node in ast.walk(tree):
        match node:
            case ast.Global(names=names):
                yield from names
            case ast.Name(id=name) if name in _WRITING:
                yield ANYTHING
            case ast.Attribute(attr="global_enum"):
                yield ANYTHING
            case ast.Attribute(value=ast.Name(id="sys"), attr="modules"):  # the module might replace itself
                yield ANYTHING
