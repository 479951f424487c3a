"""What a build selects from a lock file, who created the file, and its bytes."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError
from hatch_lambda.files.paths import check_regular

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.utils import NormalizedName

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CREATED_BY = "hatch-lambda"

UV_LOCK_FIX = "run 'uv lock'"

_MADE_BY = re.compile(r"""^created-by\s*=\s*["'](?P<tool>[^"']+)["']""", re.MULTILINE)


@dataclass(frozen=True)
class LockSelection:
    """The extras and groups to select from a lock file, and the packages that can be built from sdists.

    ``overridden`` are the options of the table that an environment variable overrides.
    """

    features: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    from_source: tuple[NormalizedName, ...] = ()
    overridden: frozenset[str] = frozenset()


def read_bytes(path: Path, name: str, fix: str) -> bytes:
    """Return the bytes of a lock file; raises ``ResolveError`` if it can't be read.

    ``fix`` is what to do if it doesn't exist.
    """
    try:
        check_regular(path)
        return path.read_bytes()
    except PermissionError as error:
        raise ResolveError(_unreadable(name, error)) from None
    except OSError as error:
        problem = f"can't be read ({error.strerror})"
        raise ResolveError(Diagnostic(code="lock-not-found", where=name, problem=problem, fix=fix)) from None


def _unreadable(name: str, error: OSError) -> Diagnostic:
    problem = f"can't be read ({error.strerror})"
    return Diagnostic(code="unreadable-file", where=name, problem=problem, fix="fix its permissions")


def lock_creator(path: Path) -> str | None:
    """Return the tool that created a lock file, even if it is damaged; ``None`` if it has no ``created-by``.

    Raises ``ResolveError`` for a file that can't be opened.
    """
    try:
        check_regular(path)
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise ResolveError(_unreadable(path.name, error)) from None
    try:
        found = tomllib.loads(text).get("created-by")
    except (ValueError, RecursionError):
        line = _MADE_BY.search(text)
        found = line["tool"] if line else None
    return found if isinstance(found, str) else None
