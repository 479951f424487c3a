"""What a check is given, and what it returns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from hatch_lambda.layers import Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_lambda.config import LambdaConfig
    from hatch_lambda.plan import ArchivePlan, Entry
    from hatch_lambda.resolve.base import Demand
    from hatch_lambda.resolve.memory import Memory


@dataclass(frozen=True)
class Candidate:
    """An archive that is about to be written, by which options, and the layers that it is used with.

    ``memory`` keeps what a check finds out; ``left_out`` is what is required, but is left out by ``exclude-packages``
    and by no layer brought along.
    """

    plan: ArchivePlan
    config: LambdaConfig
    memory: Memory
    layers: tuple[Layer, ...] = ()
    left_out: tuple[Demand, ...] = ()

    @cached_property
    def modules(self) -> Mapping[str, Entry]:
        """Return every file that Python can import from, under its path from there; the layers come after it.

        Source of the order: ``bootstrap.py`` of awslambdaric 4.2.2, which puts the function before its layers. Of
        layers, the last overwrites the others, see https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html.
        """
        python = self.config.target.runtime.python_version
        own = Layer("", self.plan, python).modules if self.config.kind == "layer" else self.plan.paths
        return {path: entry for layer in self.layers for path, entry in layer.modules.items()} | own

    @property
    def unzipped(self) -> int:
        """Return the bytes that the archive and its layers take once Lambda has unpacked them."""
        return self.plan.unzipped + sum(layer.plan.unzipped for layer in self.layers)


@dataclass(frozen=True)
class Finding:
    """Something a check found: an error stops the build, a warning is a full sentence."""

    severity: Literal["error", "warning"]
    text: str
