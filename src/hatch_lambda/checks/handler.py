"""Whether Lambda will find the handler in the archive, without running any of it.

The rules are those of ``_get_handler`` in awslambdaric 4.2.2, ``bootstrap.py``: the name is split at its last dot, the
first part is imported, the second is an attribute of it.
"""

from __future__ import annotations

import ast
import sys
import warnings
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hatch_lambda.checks.base import Finding
from hatch_lambda.plan import opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.plan import Entry
    from hatch_lambda.target import Target

ANYTHING = "*"
"""Stands for names that only running the module would tell."""

_WRITING = frozenset({"exec", "globals", "locals", "setattr", "vars"})
"""Functions through which a module may define names that stand nowhere in it."""

BUILTIN_MODULES = frozenset(
    {
        *("_abc", "_ast", "_codecs", "_collections", "_functools", "_imp", "_io", "_locale", "_operator", "_signal"),
        *("_sre", "_stat", "_string", "_symtable", "_thread", "_tracemalloc", "_warnings", "_weakref", "atexit"),
        *("builtins", "errno", "faulthandler", "gc", "itertools", "marshal", "posix", "pwd", "sys", "time"),
    }
)
"""Modules that are part of the interpreter on Linux; that of the machine that builds may have others.

Source: ``Modules/Setup.bootstrap.in`` and ``Modules/config.c.in`` of CPython, 3.11 to 3.14.
"""

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)

_LINE = 256
"""Bytes of a first line that Linux looks at. Source: ``BINPRM_BUF_SIZE`` in ``include/uapi/linux/binfmts.h``."""

LARGEST_SOURCE = 16 << 20
"""Bytes of a module that is read; the trees of larger ones, which nobody writes, would take gigabytes."""

_SHOWN = 8
"""Names that a message lists before it stops."""


def check_handler(candidate: Candidate) -> Iterator[Finding]:
    """Yield an error if the handler's module or function is not in the archive, or the module is not Python.

    A handler that names an executable file of the archive, as the Lambda Web Adapter wants it, is fine as it is.
    """
    handler = candidate.config.handler
    if handler is None:
        return
    where = f"handler {handler!r}"
    program = candidate.plan.paths.get(handler)
    if program is not None and program.executable:
        yield from _check_program(program, where)
        return
    module, _, function = handler.rpartition(".")
    module = module.replace("/", ".")
    if not module:
        yield Finding(
            "error",
            f"{where}: no module before the last dot; expected package.module.function or a program of the archive",
        )
    elif module.split(".")[0] in BUILTIN_MODULES:
        yield Finding(
            "error",
            f"{where}: {module.split('.')[0]!r} is a module built into Python, which Lambda refuses; rename yours",
        )
    else:
        yield from _check_module(candidate, where, module, function)


def _check_program(program: Entry, where: str) -> Iterator[Finding]:
    """Yield an error for a script whose first line Linux cannot read, as a checkout on Windows may have it."""
    with opened(program.content) as file:
        first = file.readline(_LINE)
    if first.startswith(b"#!") and first.endswith(b"\r\n"):
        yield Finding(
            "error",
            f"{where}: its first line ends in CR LF; Linux takes the CR for a part of the program's name; save it with "
            "LF, and keep it so with a line in .gitattributes, such as *.sh eol=lf",
        )


def _check_module(candidate: Candidate, where: str, module: str, function: str) -> Iterator[Finding]:
    target = candidate.config.target
    path = module.replace(".", "/")
    entry = _module_entry(candidate.modules, path, target)
    if entry is None and candidate.config.handler in candidate.plan.paths:
        yield Finding("error", f"{where}: the file is in the archive, but may not be run; make it executable")
        return
    if entry is None:
        yield Finding("error", _no_module(candidate, where, module, path))
        return
    if not entry.path.endswith(".py"):
        return  # an extension module tells its names to nobody but the Python that loads it
    if entry.content.size > LARGEST_SOURCE:
        text = f"The {where} could not be checked: {entry.path} has more than {LARGEST_SOURCE:,} bytes."
        yield Finding("warning", text)
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python would only warn of is not ours to say
            tree = ast.parse(source(entry), entry.path, feature_version=target.runtime.python)
    except (SyntaxError, ValueError) as error:
        yield _unparsable(entry, target, where, error)
        return
    except (RecursionError, MemoryError):  # the parser's, whose limits each Python has for itself
        text = f"The {where} could not be checked: {entry.path} is nested too deeply for the Python that builds."
        yield Finding("warning", text)
        return
    names = module_names(tree)
    if function not in names and ANYTHING not in names:
        yield Finding("error", _no_function(where, entry, function, names))


def _module_entry(modules: Mapping[str, Entry], path: str, target: Target) -> Entry | None:
    """Return the file that Python would import: package, extension module, then source."""
    extension = f".cpython-{''.join(map(str, target.runtime.python))}-{target.machine}-linux-gnu.so"
    for suffix in ("/__init__" + extension, "/__init__.abi3.so", "/__init__.py", extension, ".abi3.so", ".so", ".py"):
        if path + suffix in modules:
            return modules[path + suffix]
    return None


def _no_module(candidate: Candidate, where: str, module: str, path: str) -> str:
    plan = candidate.plan
    if any(found.startswith(f"{path}/") for found in candidate.modules):
        return f"{where}: {module!r} is a namespace package, which has no functions; name a module in it"
    tops = sorted({_top(entry) for entry in plan.entries if entry.origin.project} - {""})
    tops += sorted({_top(entry) for entry in plan.entries if not entry.origin.project} - {"", *tops})
    shown = ", ".join(repr(top) for top in tops[:_SHOWN]) + (", …" if len(tops) > _SHOWN else "")
    rest = f"{path.rpartition('/')[2]}.py"
    inner = next((found for found in plan.paths if found.endswith((f"/{path}.py", f"/{rest}"))), None)
    hint = f"; there is {inner}" if inner else ""
    return (
        f"{where}: no module {module!r} in the archive; its top level has {shown or 'nothing'}{hint}; the handler's "
        "module must be importable from the zip's root"
    )


def _top(entry: Entry) -> str:
    """Return the name that the entry makes importable at the archive's root; empty if none."""
    top, slash, _ = entry.path.partition("/")
    if slash:
        return "" if top.endswith((".dist-info", ".libs")) or top == "bin" else top
    return top.removesuffix(".py") if top.endswith(".py") else ""


def _no_function(where: str, entry: Entry, function: str, names: Iterable[str]) -> str:
    public = sorted(name for name in names if not name.startswith("_"))
    close = get_close_matches(function, public, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(map(repr, public[:_SHOWN])) or 'no names'}"
    return f"{where}: {entry.path} defines no {function!r}; {hint}"


def _unparsable(entry: Entry, target: Target, where: str, error: SyntaxError | ValueError) -> Finding:
    version = target.runtime.python_version
    line = f" line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    if target.runtime.python > sys.version_info[:2]:
        own = ".".join(map(str, sys.version_info[:2]))
        return Finding(
            "warning",
            f"The {where} could not be checked: {entry.path}{line} may be right for Python {version}, but not for the "
            f"Python {own} that builds ({said}); build with Python {version} to have it checked.",
        )
    return Finding("error", f"{where}: {entry.path}{line} is not Python {version}; {said}; mend it")


def module_names(tree: ast.Module) -> set[str]:
    """Return every name that the module may have once it has run; ``ANYTHING`` is among them if others may be."""
    names = {*_names(tree), *_names_from_within(tree)}
    return names | {ANYTHING} if "__getattr__" in names else names


def source(entry: Entry) -> bytes:
    """Return what is in an entry."""
    with opened(entry.content) as file:
        return file.read()


def _names(node: ast.AST) -> Iterator[str]:
    """Yield every name that running this may define; what stands in functions and classes is theirs."""
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
    """Yield the names of the module that its functions may define."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, ast.Name) and node.id in _WRITING:
            yield ANYTHING
