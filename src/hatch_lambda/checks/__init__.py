"""Check a zip before it is written for what Lambda rejects or fails on: one module per check, one signature.

Start with ``check_candidate``, and with ``Candidate`` in ``base.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.checks.contents import check_contents
from hatch_lambda.checks.excluded import check_excluded
from hatch_lambda.checks.handler import check_handler
from hatch_lambda.checks.hidden_modules import check_hidden_modules
from hatch_lambda.checks.imports import check_imports
from hatch_lambda.checks.layers import check_layers
from hatch_lambda.checks.libraries import OpeningReader, check_libraries
from hatch_lambda.checks.limits import check_unzipped
from hatch_lambda.checks.native import check_native
from hatch_lambda.checks.native_files import NativeReader
from hatch_lambda.checks.root_modules import check_root_modules
from hatch_lambda.checks.secrets import check_secrets
from hatch_lambda.checks.startup_files import check_startup_files
from hatch_lambda.checks.wheel_tags import check_wheel_tags
from hatch_lambda.errors import PlanError

if TYPE_CHECKING:
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.diagnostics import Diagnostic

CHECKS = (
    check_contents,
    check_native,
    check_wheel_tags,
    check_libraries,
    check_unzipped,
    check_layers,
    check_hidden_modules,
    check_handler,
    check_root_modules,
    check_startup_files,
    check_secrets,
    check_excluded,
    check_imports,
)

ZIP_CHECKS = tuple(check for check in CHECKS if check not in {check_contents, check_excluded, check_wheel_tags})
"""The checks of an existing zip: all but those that need the options of the build or the wheels."""

MEMBER_READERS = (NativeReader, OpeningReader)
"""What reads a wheel for these checks while the wheel is added to the cache."""


def check_candidate(candidate: Candidate) -> tuple[Diagnostic, ...]:
    """Return the warnings of all checks; raises ``PlanError`` with every error that any of them found."""
    diagnostics = tuple(diagnostic for check in CHECKS for diagnostic in check(candidate))
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity == "error"]
    if errors:
        raise PlanError(errors)
    return diagnostics
