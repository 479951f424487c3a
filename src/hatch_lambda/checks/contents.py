"""Whether the archive holds anything of the project itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.checks.base import Finding
from hatch_lambda.layers import LAYER_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.checks.base import Candidate


def check_contents(candidate: Candidate) -> Iterator[Finding]:
    """Yield a warning if Hatch's options, rightly or not, select no files of the project, or a layer holds nothing."""
    own = [entry for entry in candidate.plan.entries if entry.origin.project and entry.origin.dist_info]
    theirs = (entry.origin for layer in candidate.layers for entry in layer.modules.values())
    beneath = any(origin.project and origin.name for origin in theirs)
    if candidate.config.project and not beneath:
        if all(entry.path.removeprefix(LAYER_PREFIX).startswith(f"{entry.origin.dist_info}/") for entry in own):
            yield Finding("warning", "Hatch selects no files of the project; the archive holds its dependencies only.")
    elif candidate.config.kind == "layer" and not any(path.startswith(LAYER_PREFIX) for path in candidate.plan.paths):
        yield Finding("warning", f"Nothing is left to go into {candidate.config.archive}; the archive is empty.")
