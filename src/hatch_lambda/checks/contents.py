"""Whether the archive includes anything of the project itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.checks.base import warning
from hatch_lambda.layers import LAYER_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.diagnostics import Diagnostic


def check_contents(candidate: Candidate) -> Iterator[Diagnostic]:
    """Yield a warning if Hatch selects no files of the project, or if a layer is empty."""
    own = [entry for entry in candidate.plan.entries if entry.origin.project and entry.origin.dist_info]
    in_layers = (entry.origin for layer in candidate.layers for entry in layer.modules.values())
    is_in_layer = any(origin.project and origin.name for origin in in_layers)
    if candidate.config.project and not is_in_layer:
        if all(entry.path.removeprefix(LAYER_PREFIX).startswith(f"{entry.origin.dist_info}/") for entry in own):
            problem = "includes no files of the project, because Hatch selects none"
            fix = "select them with packages or only-include, or ignore this if it is meant to have dependencies only"
            yield warning("no-files-selected", candidate.filename, problem, fix)
    elif candidate.config.kind == "layer" and not any(path.startswith(LAYER_PREFIX) for path in candidate.plan.paths):
        problem = "the layer is empty, because nothing that it needs is left to include"
        yield warning("empty-archive", candidate.filename, problem, "add dependencies, or remove the layer")
