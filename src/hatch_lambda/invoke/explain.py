"""Explains why a function failed: what is missing, which package needs it, and what to do about it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_lambda.checks.known_libraries import KNOWN_MODULES
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import shorten
from hatch_lambda.files import json_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_lambda.archive.plan import ArchivePlan
    from hatch_lambda.invoke.session import ImportFailure, Outcome

_LIBRARY = re.compile(r"(?<![\w/.])lib(?!rar)[a-zA-Z][\w+-]*(?:\.so)?(?:[.-]\d+)*")
"""The name of a library in a message, such as ``libpq.so.5``, ``libgobject-2.0-0``, or ``libmagic``."""

_LIBRARY_HINTS = re.compile(r"librar|shared object|\.so\b|find|load", re.IGNORECASE)
_LOADERS = frozenset({"cffi"})
"""Packages that load libraries for others."""

_FROZEN = "<frozen "
"""What the paths of Python's own import system start with."""

_VARIABLE_READ = re.compile(r"\benviron\b|\bgetenv\b")
_MOST_FRAMES = 4
_MOST_TEXT = 3
"""Lines of an error's own text in an excerpt, at most; psycopg's, for example, has four."""


@dataclass(frozen=True)
class Setting:
    """What to do about a variable that isn't set (with a place for its name), a layer, a timeout, and the rest."""

    add_variable: str
    add_layer: str
    more_time: str
    other: str


def explained_failure(
    where: str, outcome: Outcome, roots: Sequence[tuple[str, ArchivePlan]], setting: Setting
) -> tuple[Diagnostic, str]:
    """Return why a function failed, and the last lines of its traceback.

    ``roots`` are Lambda's directories, such as ``/var/task``, and what they contain.
    """
    kind, text = _error(outcome)
    failure = outcome.failure
    start = "failed with" if outcome.request_id else "can't be loaded, because of"
    problem, fix = f"{start} {kind}: {text}" if text else f"{start} {kind}", setting.other
    if kind == "Sandbox.Timedout":
        fix = setting.more_time
    if failure:
        known = _missing_module(failure, roots, setting) or _missing_library(failure, roots)
        known = known or _missing_variable(failure, setting)
        if known:
            problem, fix = f"can't be loaded, because {known[0]}", known[1]
    return Diagnostic(code="function-failed", where=where, problem=problem, fix=fix), "\n".join(_excerpt(failure))


def _error(outcome: Outcome) -> tuple[str, str]:
    """Return the type and the first line of the text of an error as Lambda shows it, or of the import that failed."""
    if outcome.failure:
        return outcome.failure.kind, _first_line(outcome.failure.message)
    try:
        values = json_values.fields(json.loads(outcome.body))
        kind = json_values.text(values["errorType"])
        return kind, _first_line(json_values.text(values["errorMessage"]).rpartition(" Error: ")[2])
    except (ValueError, LookupError, RecursionError):
        return "an error that isn't JSON", shorten(outcome.body[:80])


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].rstrip(".").strip()


def _missing_module(
    failure: ImportFailure, roots: Sequence[tuple[str, ArchivePlan]], setting: Setting
) -> tuple[str, str] | None:
    """Return the reason and the fix if a module is missing, or else ``None``; so do the next two functions."""
    if failure.kind != "ModuleNotFoundError" or not failure.module:
        return None
    if all(file.startswith(_FROZEN) for file, *_ in failure.frames):
        fix = f"fix the handler, or {setting.add_layer}"
        return f"neither the zip nor a layer contains the module {failure.module!r}", fix
    owner = _owner(failure, roots) or "it"
    top = failure.module.partition(".")[0]
    if any(f"{top}/__init__.py" in plan.paths for _, plan in roots):  # the package is there, but not all of it
        fix = "fix the import, or select the file"
    else:
        fix = f"add the package that includes {top!r} to project.dependencies, or {setting.add_layer}"
    return f"{owner} imports {failure.module!r}, which isn't in the zip or on Lambda", fix


def _missing_library(failure: ImportFailure, roots: Sequence[tuple[str, ArchivePlan]]) -> tuple[str, str] | None:
    found = _LIBRARY.search(failure.message)
    if found is None or not _LIBRARY_HINTS.search(failure.message):
        return None
    owner = _owner(failure, roots) or "it"
    return f"{owner} needs {found[0]}, which isn't in the zip or on Lambda", _library_fix(failure)


def _missing_variable(failure: ImportFailure, setting: Setting) -> tuple[str, str] | None:
    is_read = any(_VARIABLE_READ.search(frame[3]) for frame in failure.frames)
    if failure.kind != "KeyError" or not is_read:
        return None
    name = failure.message.strip("'\"")
    return f"the environment variable {name!r} isn't set", setting.add_variable.format(name)


def _owner(failure: ImportFailure, roots: Sequence[tuple[str, ArchivePlan]]) -> str:
    """Return the package whose file failed last: the innermost one of the traceback."""
    for file, *_ in reversed(failure.frames):
        for root, plan in roots:
            path = file.removeprefix(f"{root}/")
            entry = plan.paths.get(path) if path != file else None
            if entry and entry.origin.name not in _LOADERS:
                return str(entry.origin) or path
    return ""


def _library_fix(failure: ImportFailure) -> str:
    """Return what to do about a missing library: a package that includes it, if one is known."""
    for known in KNOWN_MODULES:
        package = known.path.partition("/")[0]
        if known.fix and any(f"/{package}/" in file or file.endswith(f"/{package}") for file, *_ in failure.frames):
            return known.fix
    return "add it to lib/ in the zip with force-include, or use a layer that includes it"


def _excerpt(failure: ImportFailure | None) -> Iterator[str]:
    """Yield the end of the traceback, as Python writes it."""
    if failure is None:
        return
    yield "Traceback (most recent call last):"
    frames = [frame for frame in failure.frames if not frame[0].startswith(_FROZEN)]
    for file, line, name, code in frames[-_MOST_FRAMES:]:
        yield f'  File "{file}", line {line}, in {name}'
        if code:
            yield f"    {code}"
    first, *rest = failure.message.strip().splitlines()[:_MOST_TEXT] or [""]
    yield f"{failure.kind}: {first}"
    yield from (f"  {line}" for line in rest)
