"""Whether Lambda will find the handler in the zip and can call it, without running any of it.

The rules are those of ``_get_handler`` and ``handle_event_request`` in awslambdaric 4.2.2, ``bootstrap.py``: the name
is split at its last dot, the first part is imported, the second is an attribute of it, which is called with two
arguments and must return what can be converted to JSON.
"""

from __future__ import annotations

import ast
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hatch_lambda.archive.plan import open_content
from hatch_lambda.checks.base import error
from hatch_lambda.checks.python_source import (
    ANYTHING,
    LARGEST_SOURCE,
    SourceProblem,
    compile_problem,
    function_named,
    imports_submodule,
    is_generator,
    module_names,
    parse_entry,
    source,
)
from hatch_lambda.runtime.provided import loaded_modules
from hatch_lambda.runtime.stdlib import BUILTIN_MODULES, standard_library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.checks.search_path import Module
    from hatch_lambda.diagnostics import Diagnostic

_LINE = 256
"""Bytes of a first line that Linux reads. Source: ``BINPRM_BUF_SIZE`` in ``include/uapi/linux/binfmts.h``."""

_SHOWN = 8
"""Names that a message lists before it stops."""

_CONSOLE_DEFAULT = "lambda_function.lambda_handler"
_HANDLER = re.compile(rb"^def (handler|lambda_handler)\(", re.MULTILINE)
"""The handler of a new function. Source: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html."""

_ARGUMENTS = ("event", "context")
"""What Lambda passes to a handler, by position. Source: ``handle_event_request``, as above."""


def check_handler(candidate: Candidate) -> Iterator[Diagnostic]:
    """Yield an error if Lambda can't load the handler's module, finds no function in it, or can't call that.

    A handler that names an executable in the zip, as for the Lambda Web Adapter, passes.
    """
    handler = candidate.config.handler
    if handler is None:
        return
    where = f"handler {handler!r}"
    file = candidate.plan.paths.get(handler)
    if file is not None and file.executable:
        yield from _check_executable(file, where)
        return
    module, _, function = handler.rpartition(".")
    module = module.replace("/", ".")
    name_problem = _name_problem(candidate, module) if module else None
    found = candidate.search_path.find(module) if module and not name_problem else None
    if name_problem:
        yield name_problem
    elif found and found.entry:
        yield from _check_module(candidate, found.entry, function)
    elif file is not None:
        problem = "the file is in the zip, but isn't executable"
        yield error("handler-not-executable", where, problem, f"run 'chmod +x' on {handler} in your project")
    elif not _is_reported_by_layers(candidate, module):
        yield error("handler-not-found", where, *_no_module_problem(candidate, module, found))


def _check_executable(executable: Entry, where: str) -> Iterator[Diagnostic]:
    """Yield an error for a script with the line ends of Windows, whose first line Linux can't read."""
    with open_content(executable.content) as file:
        first = file.readline(_LINE)
    if first.startswith(b"#!") and first.endswith(b"\r\n"):
        problem = "Linux can't run it, because its first line ends in CR LF"
        fix = f"save it with LF line ends, and add '{executable.path.rpartition('/')[2]} text eol=lf' to .gitattributes"
        yield error("handler-not-executable", where, problem, fix)


def _name_problem(candidate: Candidate, module: str) -> Diagnostic | None:
    """Return why Lambda never imports a module of this name from the zip."""
    top = module.partition(".")[0]
    python = candidate.config.target.runtime.python
    found = candidate.search_path.find(top)
    if top in BUILTIN_MODULES:
        because = f"{top!r} is a built-in Python module"
    elif top in loaded_modules(python):
        because = f"the runtime has already loaded its own {top!r} module"
    elif found and found.entry is None and top in standard_library(python):
        because = f"Python imports its own {top!r} module instead of a directory without __init__.py"
    else:
        return None
    kind = "directory" if found and "/" in found.path else "file"
    fix = f"rename the {kind}" if found else "set handler to a function in a module of your project"
    is_standard = top in BUILTIN_MODULES | standard_library(python)
    return error(
        "shadows-stdlib" if is_standard else "shadows-runtime",
        f"handler {candidate.config.handler!r}",
        f"Lambda can't load {found.path if found else top}, because {because}",
        fix,
    )


def _is_reported_by_layers(candidate: Candidate, module: str) -> bool:
    """Return whether the module is in another zip than its package, which ``check_layers`` reports."""
    path = module.replace(".", "/")
    ends = (f"{path}.py", f"{path}/__init__.py")
    return bool(candidate.layers) and any(end in candidate.modules for end in ends)


def _no_module_problem(candidate: Candidate, module: str, found: Module | None) -> tuple[str, str]:
    """Return why the handler's module can't be imported, and the fix."""
    if found:
        problem = f"{module!r} is a directory without __init__.py, which has no functions"
        fix = "set handler to a function of a module in it"
        return _intended(candidate, module_exists=True) or (problem, fix)
    path = f"{module.replace('.', '/')}.py"
    top = module.partition(".")[0]
    blocking = candidate.search_path.blocking(module)
    if blocking and path in candidate.modules:
        directory = re.sub(r"\.[^/]*$", "/", blocking.path)
        problem = f"Python can't import {path}, because it imports {blocking.path} instead of {directory}"
        return problem, "rename one of them"
    if f"src/{path}" in candidate.plan.paths and top != module:
        return f"the zip has src/{path}, which isn't importable as {module!r}", f'set packages = ["src/{top}"]'
    intended = _intended(candidate, module_exists=False)
    if intended:
        return intended
    if not module:
        return "doesn't name a module", "write it as 'package.module.function', or name an executable in the zip"
    ends = (f"/{path}", f"/{path.rpartition('/')[2]}")
    project = [entry.path for entry in candidate.plan.entries if entry.origin.project]
    inner = next((path for path in project if path.endswith(ends)), "")
    there = f"but it has {inner}" if inner else f"whose top level has {_top_level(candidate)}"
    is_default = candidate.config.handler == _CONSOLE_DEFAULT
    console = " (the default of AWS's console)" if is_default else ""
    handlers = [name for entry in candidate.plan.entries if is_default and (name := _handler_in(entry))]
    fix = f"did you mean {handlers[0]!r}?" if len(handlers) == 1 else "correct the name, or include the module's file"
    return f"no module {module!r} in the zip{console}, {there}", fix


def _intended(candidate: Candidate, *, module_exists: bool) -> tuple[str, str] | None:
    """Return why Python can't import the handler as it is spelled, and the fix, if it is one of the project's."""
    from hatch_lambda.checks.handler_hints import intended_handler  # here, because most handlers are right

    found = intended_handler(candidate, str(candidate.config.handler), module_exists=module_exists)
    return (found.problem, found.fix) if found else None


def _handler_in(entry: Entry) -> str | None:
    """Return the function of a project's module that looks like a handler; ``None`` if there is none."""
    if not entry.origin.project or not entry.path.endswith(".py") or entry.content.size > LARGEST_SOURCE:
        return None
    found = _HANDLER.search(source(entry))
    module = entry.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return f"{module}.{found[1].decode()}" if found else None


def _top_level(candidate: Candidate) -> str:
    entries = candidate.plan.entries
    tops = sorted({_top(entry) for entry in entries if entry.origin.project} - {""})
    tops += sorted({_top(entry) for entry in entries if not entry.origin.project} - {"", *tops})
    return ", ".join(map(repr, tops[:_SHOWN])) + (f", … ({len(tops)} in total)" if tops[_SHOWN:] else "") or "nothing"


def _top(entry: Entry) -> str:
    """Return the module that the entry is, or is in, at the zip's root; empty if there is none."""
    top, slash, _ = entry.path.partition("/")
    if slash:
        return "" if top.endswith((".dist-info", ".libs")) or top == "bin" else top
    return top.removesuffix(".py") if top.endswith(".py") else ""


def _check_module(candidate: Candidate, entry: Entry, function: str) -> Iterator[Diagnostic]:
    """Yield what keeps Lambda from calling a function of the module."""
    handler = str(candidate.config.handler)
    if not entry.path.endswith(".py"):
        return  # only the Python that loads an extension module learns its names
    tree = parse_entry(entry, candidate.config.target)
    broken = tree if isinstance(tree, SourceProblem) else compile_problem(source(entry), candidate.config.target)
    if isinstance(tree, SourceProblem) or broken:
        yield from [broken.diagnostic(entry.path)] if broken else ()
        return
    names = module_names(tree)
    module = handler.rpartition(".")[0].replace("/", ".")
    if (function not in names and ANYTHING not in names) or _is_submodule(candidate, module, function, tree):
        problem, fix = _intended(candidate, module_exists=True) or _no_function_problem(entry.path, function, tree)
        yield error("handler-not-found", f"handler {handler!r}", problem, fix)
        return
    definition = function_named(function, tree)
    call_problem = _call_problem(definition) if definition else None
    if definition and call_problem:
        problem, fix = call_problem
        yield error("handler-signature", f"{entry.path}:{definition.lineno}", f"handler {handler!r} {problem}", fix)


def _is_submodule(candidate: Candidate, module: str, name: str, tree: ast.Module) -> bool:
    """Return whether the name in a package is a module of it that the package imports."""
    found = candidate.search_path.find(f"{module}.{name}")
    return found is not None and found.entry is not None and imports_submodule(name, tree, module)


def _no_function_problem(path: str, function: str, tree: ast.Module) -> tuple[str, str]:
    """Return that a module has no function of a name, and the fix: a close name, or its functions or else its names."""
    public = sorted(name for name in module_names(tree) if not name.startswith("_"))
    functions = [name for name in public if function_named(name, tree)]
    choices = functions or public
    close = get_close_matches(function, public, n=1) or (functions if len(functions) == 1 else [])
    shown = ", ".join(map(repr, choices[:_SHOWN])) + (f", … ({len(choices)} in total)" if choices[_SHOWN:] else "")
    problem = f"{path} doesn't define {function!r}"
    if close:
        return problem, f"did you mean {close[0]!r}?"
    return problem, f"choose from {shown}" if shown else f"define it as def {function}({', '.join(_ARGUMENTS)})"


def _call_problem(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> tuple[str, str] | None:
    """Return why a call with an event and a context fails or returns no value for JSON, and the fix."""
    if isinstance(function, ast.AsyncFunctionDef):
        kind = "an async generator" if is_generator(function) else "an async function"
        return f"is {kind}, which Lambda doesn't await", "define a plain function that calls asyncio.run()"
    if is_generator(function):
        return "is a generator, which Lambda doesn't iterate over", "return a value that can be converted to JSON"
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    required = len(positional) - len(given.defaults)
    named = [name.arg for name, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default is None]
    wanted = f"define it with the arguments ({', '.join(_ARGUMENTS)})"
    if named:
        return f"requires the keyword {named[0]!r}, which Lambda doesn't pass", wanted
    if required > len(_ARGUMENTS):
        return f"requires {required} arguments, but Lambda passes 2", wanted
    if len(positional) < len(_ARGUMENTS) and not given.vararg:
        accepted = "1 argument" if len(positional) == 1 else "no arguments"
        return f"accepts {accepted}, but Lambda passes 2", wanted
    return None
