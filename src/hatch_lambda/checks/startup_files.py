"""Whether a file at the zip's root makes Python run code before the handler is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.archive.plan import open_content
from hatch_lambda.checks.base import warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.diagnostics import Diagnostic

_CUSTOMIZATIONS = ("sitecustomize", "usercustomize")
"""Modules that Python imports at startup if they are on its path.

Source: https://docs.python.org/3/library/site.html, read 2026-11-27.
"""

_LARGEST = 1 << 20
"""Bytes of a startup file that are read."""

_START_FILES = (3, 15)
"""The first Python with ``.start`` files. Source: PEP 829, read 2026-11-27."""


def check_startup_files(candidate: Candidate) -> Iterator[Diagnostic]:
    """Yield a warning for each startup file that runs code, and for each module that Python imports at startup.

    Source: ``add_default_site_directories`` in ``bootstrap.py`` of AWS's images of python3.10 and python3.11, which
    calls ``site.addsitedir`` for the function and its layers, and ``addpackage`` in ``Lib/site.py`` of CPython.
    """
    for directory in candidate.search_path.each:
        for path, entry in directory.directories[0].items():
            line = _first_code(path, entry, candidate) if "/" not in path and candidate.is_own(entry) else None
            if line:
                fix = f'exclude it with exclude-files = ["/{path}"] unless the function needs it'
                where = f"{path}:{line}{_owner(entry)}"
                yield warning("startup-code", where, "runs code at every cold start, before the handler", fix)
        for name in _CUSTOMIZATIONS:
            found = directory.find(name)
            if found and found.entry and candidate.is_own(found.entry):
                fix = f'exclude it with exclude-files = ["/{found.path}"]'
                fix = "rename it" if found.entry.origin.project else fix
                problem = "Python imports it before the handler if PYTHONPATH includes its directory"
                yield warning("startup-code", found.path + _owner(found.entry), problem, fix)


def _owner(entry: Entry) -> str:
    return "" if entry.origin.project or not entry.origin.name else f" ({entry.origin})"


def _first_code(path: str, entry: Entry, candidate: Candidate) -> int | None:
    """Return the number of the first line that runs code; ``None`` if none does."""
    has_start_files = candidate.config.target.runtime.python >= _START_FILES
    is_start = has_start_files and path.endswith(".start")
    is_replaced = has_start_files and f"{path.removesuffix('.pth')}.start" in candidate.modules
    if path.startswith(".") or is_replaced or not (is_start or path.endswith(".pth")):
        return None
    with open_content(entry.content) as file:
        lines = file.read(_LARGEST).decode("utf-8-sig", "replace").splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith(("import ", "import\t")) if not is_start else line.strip() and not line.startswith("#"):
            return number
    return None
