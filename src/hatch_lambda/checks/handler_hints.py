"""Which handler is meant if the option names a file, a module, or a module with the directories around it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_lambda.checks.python_source import function_named, module_names, parse_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.checks.base import Candidate

_COMMON = ("handler", "lambda_handler", "main")
"""Names of handlers in AWS's examples and console, the likeliest first."""

_PYTHON_FILE = re.compile(r"\.py(?=\.|$)")


@dataclass(frozen=True)
class IntendedHandler:
    """A handler that the zip has, and what is wrong with the one in the option."""

    handler: str
    problem: str

    @property
    def fix(self) -> str:
        """Return the hint."""
        return f"did you mean {self.handler!r}?"


def intended_handler(candidate: Candidate, handler: str, *, module_exists: bool) -> IntendedHandler | None:
    """Return the handler that is meant, if one of the project's modules has it.

    If the module in the option exists, only a name that is a module too counts.
    """
    plain = _PYTHON_FILE.sub("", handler.replace("/", ".")).strip(".")
    names = plain.split(".")
    for count in range(1 if module_exists else len(names)):
        for module, function in _readings(names[count:]):
            found = _function_in(candidate, module, function)
            if found and found != handler.replace("/", "."):
                return IntendedHandler(found, _problem(handler, plain, names[:count], is_module=function is None))
    inner = [] if module_exists else _ending_with(candidate, names[:-1])
    elsewhere = [found for module in inner if (found := _function_in(candidate, module, names[-1]))]
    if len(elsewhere) == 1:
        return IntendedHandler(elsewhere[0], f"no module {'.'.join(names[:-1])!r} in the zip")
    return None


def _readings(names: list[str]) -> Iterator[tuple[str, str | None]]:
    """Yield each module, and function if any, that dotted names can mean."""
    if names[1:]:
        yield ".".join(names[:-1]), names[-1]
    yield ".".join(names), None


def _problem(handler: str, plain: str, prefix: list[str], *, is_module: bool) -> str:
    if _PYTHON_FILE.search(handler):
        return "a handler has no .py"
    if prefix:
        return f"{'/'.join(prefix)}/ isn't part of the module name"
    return "names a module, not a function" if is_module else f"no module {plain.rpartition('.')[0]!r} in the zip"


def _ending_with(candidate: Candidate, names: list[str]) -> list[str]:
    """Return the project's modules whose last name is the last of these."""
    paths = [path for path, entry in candidate.modules.items() if entry.origin.project and path.endswith(".py")]
    modules = [path.removesuffix(".py").split("/") for path in paths]
    return [".".join(module) for module in modules if module[-1:] == names[-1:]]


def _function_in(candidate: Candidate, module: str, function: str | None) -> str | None:
    """Return the handler for a function of one of the project's modules, or for its likeliest one if none is named."""
    found = candidate.search_path.find(module)
    if not found or not found.entry or not found.entry.origin.project or not found.path.endswith(".py"):
        return None
    tree = parse_entry(found.entry, candidate.config.target)
    if not isinstance(tree, ast.Module):
        return None
    names = module_names(tree)
    if function is None:
        functions = [name for name in sorted(names) if not name.startswith("_") and function_named(name, tree)]
        common = [name for name in _COMMON if name in names]
        function = next(iter([*common, *functions]), None)
    return f"{module}.{function}" if function in names else None
