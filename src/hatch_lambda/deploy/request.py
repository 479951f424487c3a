"""What a deployment shall do, and what it has done so far."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from hatch_lambda.errors import DeployError, InterruptedDeploymentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from hatch_lambda.diagnostics import Message

Action = Literal["upload", "layer", "layers", "code", "version", "alias"]

FUNCTION = re.compile(
    r"(arn:[a-z-]+:lambda:(?P<region>[a-z0-9-]+):\d{12}:function:|(\d{12}:)?function:)?"
    r"(?P<name>[a-zA-Z0-9_-]+)(:(?P<qualifier>[a-zA-Z0-9$_-]+))?"
)
"""A function's name, ARN or partial ARN. Source: botocore 1.44.5, shape ``FunctionName``."""


@dataclass(frozen=True, kw_only=True)
class DeployRequest:
    """What to deploy and where; ``functions`` are names or ARNs, an ``alias`` moves to a version that is published."""

    zips: tuple[Path, ...]
    functions: tuple[str, ...] = ()
    region: str | None = None
    profile: str | None = None
    alias: str | None = None
    publish: bool = False
    s3_bucket: str | None = None
    s3_prefix: str = ""
    layer: str | None = None
    update_layers: bool = False
    wait: bool = True
    dry_run: bool = False

    @property
    def publishes(self) -> bool:
        """Return whether a version is published; an alias needs one to point to."""
        return self.publish or self.alias is not None

    @property
    def where(self) -> str | None:
        """Return the region: the one that is named, else that of the functions' ARNs; ``None`` leaves it to boto3."""
        return self.region or next(iter(self._regions()), None)

    def problems(self) -> list[str]:
        """Return what is wrong with the wish itself, before AWS is asked."""
        texts = {"region": self.region, "profile": self.profile, "alias": self.alias, "s3-bucket": self.s3_bucket}
        found = [
            f"{option}: expected a name; found ''; a variable may be empty; give it a value, or leave out {option}"
            for option, text in {**texts, "layer": self.layer}.items()
            if text == ""
        ]
        if self.s3_prefix and self.s3_bucket is None:
            found.append("s3-prefix: no bucket is named; name it with s3-bucket")
        for function in self.functions:
            parts = FUNCTION.fullmatch(function)
            if not parts:
                found.append(f"function {function!r}: expected a name or an ARN of a function")
            elif parts["qualifier"]:
                found.append(
                    f"function {function!r}: names a version or an alias; code is updated in $LATEST only; leave out "
                    f"':{parts['qualifier']}', and say alias {parts['qualifier']!r} to move that alias"
                )
        regions = {*self._regions(), *([self.region] if self.region else [])}
        if len(regions) > 1:
            found.append(f"region: found {' and '.join(sorted(regions))}; deploy to one region at a time")
        if self.publishes and not self.wait:
            found.append(
                "wait: a version is published only once the update is over; leave it on, or leave out publish and alias"
            )
        if self.update_layers and not self.layer:
            found.append("update-layers: no layer is named; name it with layer")
        if self.update_layers and not self.functions:
            found.append("update-layers: no function is named; name it with function")
        return found

    def _regions(self) -> Iterable[str]:
        parts = (FUNCTION.fullmatch(function) for function in self.functions)
        return dict.fromkeys(part["region"] for part in parts if part and part["region"])


def bare_name(function: str) -> str:
    """Return a function's name without what an ARN has around it."""
    parts = FUNCTION.fullmatch(function)
    return parts["name"] if parts else function


@dataclass(frozen=True)
class Step:
    """One thing that was done, or was found done; ``text`` says it, ``value`` is what it led to, such as a version."""

    action: Action
    subject: str
    text: str
    value: str
    changed: bool

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}"


@dataclass(frozen=True)
class Outcome:
    """All that a deployment did, in order, with what to know about it."""

    steps: tuple[Step, ...]
    warnings: tuple[Message, ...]


@dataclass
class DeployLog:
    """Keeps what has been done and what is still to do; ``report`` hears of each step as it ends."""

    to_do: list[str]
    report: Callable[[Step], None]
    steps: list[Step] = field(default_factory=list)
    warnings: list[Message] = field(default_factory=list)

    def add(self, step: Step) -> None:
        """Note that the next thing to do is done; an upload is only the way to it."""
        if step.action != "upload":
            self.to_do.pop(0)
        self.steps.append(step)
        self.report(step)

    def outcome(self) -> Outcome:
        """Return all that was noted."""
        return Outcome(tuple(self.steps), tuple(self.warnings))

    def failure(self, error: DeployError) -> DeployError:
        """Return the error with what has been done before it, and what has not."""
        return DeployError((*error.diagnostics, *self._progress()), detail=error.detail, excerpt=error.excerpt)

    def interruption(self) -> InterruptedDeploymentError:
        """Return what to say where a person ended it, with what has been done, and what has not."""
        text = "interrupted; what was asked of AWS last may be under way; deploy again to complete it"
        return InterruptedDeploymentError((text, *self._progress()))

    def _progress(self) -> tuple[str, str]:
        done = "; ".join(str(step) for step in self.steps if step.changed) or "nothing"
        return f"done: {done}", f"not done: {'; '.join(self.to_do) or 'nothing'}"
