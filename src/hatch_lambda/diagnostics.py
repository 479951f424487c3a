"""Errors and warnings as values: where, what is wrong, what to do, and a code that never changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ErrorCode = Literal[
    "access-denied",
    "alias-not-found",
    "aws-connection",
    "aws-credentials",
    "aws-rejected",
    "bad-event",
    "bad-metadata",
    "bad-wheel",
    "bad-zip",
    "boto3-missing",
    "boto3-outdated",
    "bucket-not-found",
    "bucket-not-versioned",
    "bucket-region",
    "build-failed",
    "build-requirement",
    "bytecode-failed",
    "cannot-remove",
    "cannot-run",
    "code-mismatch",
    "collision",
    "command-line",
    "conflict",
    "credentials-in-lock",
    "damaged-lock",
    "dependency-confusion",
    "dependency-cycle",
    "dependency-group",
    "dependency-source",
    "dependency-url",
    "deploy-option",
    "directory-not-writable",
    "disk-full",
    "duplicate-entry",
    "fetch-failed",
    "file-changed",
    "file-not-found",
    "function-busy",
    "function-failed",
    "function-mismatch",
    "function-exists",
    "function-not-found",
    "function-not-set",
    "handler-not-executable",
    "handler-not-found",
    "handler-not-set",
    "handler-signature",
    "hash-mismatch",
    "hook-failed",
    "image-function",
    "index-access",
    "index-failed",
    "index-mismatch",
    "interrupted",
    "layer-conflict",
    "layer-cycle",
    "layer-not-set",
    "lock-conflict",
    "lock-export",
    "lock-mismatch",
    "lock-not-found",
    "lock-not-written",
    "lock-out-of-date",
    "metadata",
    "misplaced-option",
    "module-collision",
    "missing-service",
    "name-conflict",
    "native-build",
    "needs-lock",
    "no-build-backend",
    "no-interpreter",
    "no-release",
    "no-wheel",
    "not-creatable",
    "not-reproducible",
    "offline",
    "option-type",
    "option-value",
    "output-not-written",
    "path-conflict",
    "path-not-found",
    "python-mismatch",
    "record-mismatch",
    "region-not-set",
    "resolver-failed",
    "resolver-missing",
    "role-not-assumed",
    "runtime-not-set",
    "sbom-extra-missing",
    "source-conflict",
    "source-name",
    "source-not-found",
    "source-version",
    "special-file",
    "stale-bytecode",
    "table-conflict",
    "throttled",
    "too-large",
    "too-many-layers",
    "unknown-architecture",
    "unknown-build-name",
    "unknown-code",
    "unknown-group",
    "unknown-layer",
    "unknown-member",
    "unknown-option",
    "unknown-package",
    "unknown-runtime",
    "unknown-service",
    "unknown-table",
    "unlockable",
    "unreadable-file",
    "unsafe-cache",
    "unsafe-path",
    "unsupported-lock",
    "unsupported-setting",
    "unused-services",
    "update-failed",
    "variable-value",
    "write-failed",
    "zip-count",
]
"""Codes of errors."""

WarningCode = Literal[
    "any-wheel",
    "bytecode-version",
    "cache-not-writable",
    "damaged-library",
    "deprecated-runtime",
    "empty-archive",
    "excluded-package",
    "excluded-version",
    "glibc-too-old",
    "index-skipped",
    "large-zip",
    "layer-mismatch",
    "layer-overwrites",
    "missing-files",
    "missing-import",
    "missing-library",
    "missing-name",
    "no-files-selected",
    "no-record",
    "no-sandbox",
    "preview-runtime",
    "sdist-only",
    "sdk-mixture",
    "secret-file",
    "shadows-runtime",
    "shadows-stdlib",
    "signed-code",
    "smoke-test-skipped",
    "split-package",
    "startup-code",
    "syntax-error",
    "tag-mismatch",
    "unchecked",
    "undeclared-layers",
    "unknown-extra",
    "unused-bytecode",
    "unused-exclusion",
    "unused-upgrade",
    "version-not-deleted",
    "weighted-alias",
    "wrong-platform",
    "yanked",
]
"""Codes of warnings; where a case is certain, an error has the code too."""

Code = ErrorCode | WarningCode

CODES: tuple[Code, ...] = (*get_args(ErrorCode), *get_args(WarningCode))
"""Every code; each is a heading in docs/reference/messages.md, and its place in the address of that page."""

WARNINGS: frozenset[Code] = frozenset(get_args(WarningCode))
"""The codes that ``ignore-warnings`` accepts."""


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """An error, or a warning: the zip was built but might not work.

    ``where`` is what the user can open or change. ``table`` is the address of the TOML table that ``where`` is in, if
    it is in one, so that several problems of a table share one heading.
    """

    code: Code
    where: str
    problem: str
    fix: str
    severity: Literal["error", "warning"] = "error"
    table: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self._rest}"

    @property
    def in_table(self) -> str:
        """Return the message for use below the heading of its table."""
        return f"{self.where.removeprefix(self.table).removeprefix('.')}: {self._rest}"

    @property
    def _rest(self) -> str:
        return f"{self.problem}; {self.fix} [{self.code}]"


Message = Diagnostic | str
"""An error or a warning."""


def message_lines(problems: Iterable[Message]) -> Iterator[str]:
    """Yield the lines of some errors; those of one table follow its address, one line each."""
    found = list(problems)
    shared = {one.table for one in found if isinstance(one, Diagnostic) and one.table}
    grouped = {table: [one for one in found if isinstance(one, Diagnostic) and one.table == table] for table in shared}
    for one in found:
        group = grouped.get(one.table, []) if isinstance(one, Diagnostic) else []
        if len(group) < 2 or not isinstance(one, Diagnostic):  # noqa: PLR2004  # one problem needs no heading
            yield f"error: {one}" if isinstance(one, Diagnostic) else one
        elif one is group[0]:
            yield f"error: pyproject.toml [{one.table}] has {len(group)} problems:"
            yield from (f"  {other.in_table}" for other in group)
