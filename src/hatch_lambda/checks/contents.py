"""Whether the archive holds anything of the project itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.checks.base import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.checks.base import Candidate


def check_contents(candidate: Candidate) -> Iterator[Finding]:
    """Yield a warning if Hatch's options, rightly or not, select no files of the project."""
    own = (entry for entry in candidate.plan.entries if entry.origin.project)
    if all(entry.path.startswith(f"{entry.origin.dist_info}/") for entry in own):
        yield Finding("warning", "Hatch selects no files of the project; the archive holds its dependencies only.")
