"""Removes from the planned files of a zip what ``slim`` selects."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hatch_lambda.archive.slim import Slimmed, slimmed
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import PlanError
from hatch_lambda.wheels.references import module_references

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.resolve.cache import ResultCache


def slim_entries(entries: Sequence[Entry], config: LambdaConfig, results: ResultCache) -> Slimmed:
    """Return the entries without those that ``slim`` removes; raises ``PlanError`` if the handler is one of them."""
    if not config.slim:
        return Slimmed(tuple(entries), ())
    found = slimmed(entries, config.slim, partial(module_references, results=results))
    module = (config.handler or "").rpartition(".")[0].replace(".", "/")
    for entry, name in found.removed:
        if module and entry.path in {f"{module}.py", f"{module}/__init__.py"}:
            raise PlanError(
                Diagnostic(
                    code="handler-not-found",
                    where=f"handler {config.handler!r}",
                    problem=f"{name!r} in slim removes {entry.path}",
                    fix=f"move the handler to another directory, or remove {name!r} from slim",
                )
            )
    return found
