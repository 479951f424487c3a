"""Whether a module at the zip's root stands in for one of Python or of the runtime, or never gets there.

Lambda puts the function and its layers before the standard library in ``sys.path``. What the runtime has loaded before
that, and what is built into Python, is never imported from the zip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.checks.base import Finding
from hatch_lambda.runtime.provided import loaded_modules
from hatch_lambda.runtime.stdlib import BUILTIN_MODULES, standard_library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.checks.base import Candidate

_UNUSED = frozenset({"test"})
"""Names of the standard library that nothing on Lambda imports, but under which many projects have their own tests."""

_RUNTIME = "awslambdaric"


def check_root_modules(candidate: Candidate) -> Iterator[Finding]:
    """Yield a warning for each root module that has the name of one of Python's own, or is the runtime's client."""
    python = candidate.config.target.runtime.python
    loaded = loaded_modules(python) | BUILTIN_MODULES
    for directory in candidate.search_path.each:
        for name in sorted((standard_library(python) | {_RUNTIME}) - _UNUSED):
            found = directory.find(name)
            if found and found.entry and candidate.is_own(found.entry):
                path = f"{name}/" if found.is_package else found.path
                yield Finding("warning", _text(name, path, found.entry, is_loaded=name in loaded))


def _text(name: str, path: str, entry: Entry, *, is_loaded: bool) -> str:
    owner = "" if entry.origin.project else f" ({entry.origin})"
    fix = "rename it, or move it into a package"
    if not entry.origin.project:
        fix = f'exclude it with exclude-files = ["/{path}"]'
    if name == _RUNTIME:
        return f"{path}{owner}: Lambda never imports it, because the runtime has loaded its own {name}; {fix}"
    if is_loaded:
        return f"{path}{owner}: Lambda never imports it, because the runtime has loaded Python's {name!r} module; {fix}"
    return f"{path}{owner}: hides the standard library's {name!r} module on Lambda; {fix}"
