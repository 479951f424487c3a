"""Whether a module at the zip's root hides one of Python or of the runtime, or is never imported.

Lambda puts the function and its layers before the standard library in ``sys.path``. What the runtime has loaded before
that, and what is built into Python, is never imported from the zip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.checks.base import warning
from hatch_lambda.runtime.provided import loaded_modules
from hatch_lambda.runtime.stdlib import BUILTIN_MODULES, standard_library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.diagnostics import Diagnostic

_UNUSED = frozenset({"test"})
"""Names of the standard library that nothing on Lambda imports, but under which many projects have their own tests."""

_RUNTIME = "awslambdaric"


def check_root_modules(candidate: Candidate) -> Iterator[Diagnostic]:
    """Yield a warning for each root module that has the name of one of Python's own, or is the runtime's client."""
    python = candidate.config.target.runtime.python
    loaded = loaded_modules(python) | BUILTIN_MODULES
    for directory in candidate.search_path.each:
        for name in sorted((standard_library(python) | {_RUNTIME}) - _UNUSED):
            found = directory.find(name)
            if found and found.entry and candidate.is_own(found.entry):
                path = f"{name}/" if found.is_package else found.path
                yield _diagnostic(name, path, found.entry, is_loaded=name in loaded)


def _diagnostic(name: str, path: str, entry: Entry, *, is_loaded: bool) -> Diagnostic:
    where = path if entry.origin.project or not entry.origin.name else f"{path} ({entry.origin})"
    fix = "rename it, or move it into a package"
    if not entry.origin.project:
        fix = f'exclude it with exclude-files = ["/{path}"]'
    if name == _RUNTIME:
        problem = f"Lambda never imports it, because the runtime has already loaded its own {name}"
        return warning("shadows-runtime", where, problem, fix)
    problem = f"hides the standard library's {name!r} module on Lambda"
    if is_loaded:
        problem = f"Lambda never imports it, because the runtime has already loaded Python's {name!r} module"
    return warning("shadows-stdlib", where, problem, fix)
