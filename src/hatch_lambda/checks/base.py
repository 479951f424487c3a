"""What a check is given, and what it returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hatch_lambda.config import LambdaConfig
    from hatch_lambda.plan import ArchivePlan
    from hatch_lambda.resolve.base import Demand
    from hatch_lambda.resolve.memory import Memory


@dataclass(frozen=True)
class Candidate:
    """An archive that is about to be written, and by which options; ``memory`` keeps what a check finds out.

    ``left_out`` is what is required, but is left out by ``exclude-packages``.
    """

    plan: ArchivePlan
    config: LambdaConfig
    memory: Memory
    left_out: tuple[Demand, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something a check found: an error stops the build, a warning is a full sentence."""

    severity: Literal["error", "warning"]
    text: str
