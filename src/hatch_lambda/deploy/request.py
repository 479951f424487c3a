"""Describes a deployment: what to do, and what was done so far."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import DeployError, InterruptedDeploymentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from hatch_lambda.diagnostics import Code, Message

Action = Literal["upload", "layer", "create", "layers", "code", "version", "alias", "prune"]

FUNCTION = re.compile(
    r"(arn:[a-z-]+:lambda:(?P<region>[a-z0-9-]+):\d{12}:function:|(\d{12}:)?function:)?"
    r"(?P<name>[a-zA-Z0-9_-]+)(:(?P<qualifier>[a-zA-Z0-9$_-]+))?"
)
"""A function's name, ARN or partial ARN. Source: botocore 1.44.5, shape ``FunctionName``."""


_ROLE = re.compile(r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+")
_LEAST_MEMORY = 128
"""MiB. Source of both: botocore 1.44.8, shapes ``RoleArn`` and ``MemorySize``."""


@dataclass(frozen=True, kw_only=True)
class DeployRequest:
    """What to deploy and where; ``functions`` are names or ARNs, and ``alias`` moves to the version that is published.

    If ``create`` is set, the functions are new: with ``role``, and with ``memory`` (MiB), ``timeout`` (seconds), and
    ``layer_versions`` (ARNs) unless AWS's defaults are wanted. ``keep`` is how many published versions remain.

    ``in_table`` is whether the options come from TOML or ``-o``, so that messages show them as the user types them.
    """

    zips: tuple[Path, ...]
    functions: tuple[str, ...] = ()
    region: str | None = None
    profile: str | None = None
    alias: str | None = None
    publish: bool = False
    s3_bucket: str | None = None
    s3_prefix: str = ""
    s3_reference: bool = False
    layer: str | None = None
    update_layers: bool = False
    create: bool = False
    role: str | None = None
    memory: int | None = None
    timeout: int | None = None
    layer_versions: tuple[str, ...] = ()
    keep: int | None = None
    wait: bool = True
    dry_run: bool = False
    in_table: bool = False

    @property
    def publishes(self) -> bool:
        """Return whether a version is published; an alias must point to one."""
        return self.publish or self.alias is not None

    @property
    def distinct_functions(self) -> dict[str, str]:
        """Return each function once, as the user wrote it, by its name."""
        return {bare_name(id_): id_ for id_ in self.functions}

    @property
    def where(self) -> str | None:
        """Return the region: the one that is set, else that of the functions' ARNs; ``None`` leaves it to boto3."""
        return self.region or next(iter(self._regions()), None)

    def option(self, name: str, value: str = "") -> str:
        """Return an option as the user types it: ``--layer LAYER``, or ``layer-name = "LAYER"`` in a table."""
        if not self.in_table:
            return f"--{name} {value}".rstrip()
        key = "layer-name" if name == "layer" else name
        return f'{key} = "{value}"' if value else key

    def with_option(self, name: str, value: str) -> str:
        """Return the fix for an option that is missing."""
        return f"{'set' if self.in_table else 'pass'} {self.option(name, value)}"

    def problems(self) -> Iterator[Diagnostic]:
        """Yield what is wrong with the request itself, before it goes to AWS."""
        yield from self._empty_options()
        if self.s3_prefix and self.s3_bucket is None:
            yield self._problem("s3-prefix", "no bucket is set", self.with_option("s3-bucket", "BUCKET"))
        for function in self.functions:
            yield from self._function_problems(function)
        regions = {*self._regions(), *([self.region] if self.region else [])}
        if len(regions) > 1:
            found = f"found {' and '.join(sorted(regions))}, but a deployment has one region"
            yield self._problem("region", found, "deploy to each region separately")
        if self.publishes and not self.wait:
            no_wait = "wait = false" if self.in_table else "--no-wait"
            others = f"{self.option('publish')} and {self.option('alias')}"
            yield _diagnostic(
                "deploy-option",
                no_wait,
                "AWS publishes a version only after the update ends",
                f"remove {no_wait}, or remove {others}",
            )
        if self.s3_reference and self.s3_bucket is None:
            yield self._problem("s3-reference", "no bucket is set", self.with_option("s3-bucket", "BUCKET"))
        if self.keep is not None and not self.functions:
            fix = self.with_option("function", "NAME")
            yield self._problem("keep", "no function is set", fix, "function-not-set")
        yield from self._creation_problems()
        if self.update_layers and not self.layer:
            fix = self.with_option("layer", "LAYER")
            yield self._problem("update-layers", "no layer is set", fix, "layer-not-set")
        if self.update_layers and not self.functions:
            fix = self.with_option("function", "NAME")
            yield self._problem("update-layers", "no function is set", fix, "function-not-set")

    def _creation_problems(self) -> Iterator[Diagnostic]:
        """Yield what is wrong with the options for new functions."""
        options = {
            "role": self.role,
            "memory": self.memory,
            "timeout": self.timeout,
            "layer-version": self.layer_versions or None,
        }
        for name, value in options.items():
            if value is not None and not self.create:
                fix = f"add --create, or remove --{name}"
                yield self._problem(name, "applies only to a function that --create creates", fix)
        if self.create and not self.functions:
            yield self._problem(
                "create", "no function is set", self.with_option("function", "NAME"), "function-not-set"
            )
        if self.create and self.update_layers:
            fix = f"remove {self.option('update-layers')}"
            yield self._problem("update-layers", "moves existing functions, but --create creates new ones", fix)
        if self.create and self.role is None:
            yield self._problem("create", "a function needs a role", "pass --role ARN")
        if self.role is not None and not _ROLE.fullmatch(self.role):
            example = "arn:aws:iam::123456789012:role/orders"
            yield self._problem("role", f"{self.role!r} isn't the ARN of a role", f"pass it like --role {example}")
        if self.memory is not None and self.memory < _LEAST_MEMORY:
            yield self._problem("memory", f"{self.memory} MiB is too little", f"pass at least {_LEAST_MEMORY}")

    def _empty_options(self) -> Iterator[Diagnostic]:
        texts = {"region": self.region, "profile": self.profile, "alias": self.alias, "s3-bucket": self.s3_bucket}
        for name, text in {**texts, "layer": self.layer}.items():
            if text == "":
                fix = f"give it a value, or remove {self.option(name)}"
                yield self._problem(name, "'' isn't a name (an empty variable?)", fix)

    def _function_problems(self, function: str) -> Iterator[Diagnostic]:
        where = f"{self.option('function')} {function!r}"
        parts = FUNCTION.fullmatch(function)
        if not parts:
            problem, fix = "isn't the name or ARN of a function", "use a name such as 'orders', or the whole ARN"
            yield _diagnostic("deploy-option", where, problem, fix)
        elif parts["qualifier"]:
            qualifier = parts["qualifier"]
            fix = f"remove ':{qualifier}', and {self.with_option('alias', qualifier)} to move an alias"
            problem = "names a version or an alias, but only $LATEST can be updated"
            yield _diagnostic("deploy-option", where, problem, fix)

    def _problem(self, option: str, problem: str, fix: str, code: Code = "deploy-option") -> Diagnostic:
        return _diagnostic(code, self.option(option), problem, fix)

    def _regions(self) -> Iterable[str]:
        parts = (FUNCTION.fullmatch(function) for function in self.functions)
        return dict.fromkeys(part["region"] for part in parts if part and part["region"])


def _diagnostic(code: Code, where: str, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code=code, where=where, problem=problem, fix=fix)


def bare_name(function: str) -> str:
    """Return a function's name, without the rest of its ARN."""
    parts = FUNCTION.fullmatch(function)
    return parts["name"] if parts else function


@dataclass(frozen=True)
class Step:
    """One thing that was done, now or before; ``text`` describes it, ``value`` is its result, such as a version."""

    action: Action
    subject: str
    text: str
    value: str
    changed: bool

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}"


@dataclass(frozen=True)
class Outcome:
    """All steps of a deployment, in order, and its warnings."""

    steps: tuple[Step, ...]
    warnings: tuple[Message, ...]


@dataclass
class DeployLog:
    """Records what was done and what is still to do; ``report`` receives each step when it ends."""

    to_do: list[str]
    report: Callable[[Step], None]
    steps: list[Step] = field(default_factory=list)
    warnings: list[Message] = field(default_factory=list)

    def add(self, step: Step, *, completes: bool = True) -> None:
        """Record a step; by default, it completes the next thing to do."""
        if completes:
            self.to_do.pop(0)
        self.steps.append(step)
        self.report(step)

    def add_warning(self, code: Code, where: str, problem: str, fix: str) -> None:
        """Record a warning."""
        self.warnings.append(Diagnostic(code=code, where=where, problem=problem, fix=fix, severity="warning"))

    def outcome(self) -> Outcome:
        """Return all recorded steps and warnings."""
        return Outcome(tuple(self.steps), tuple(self.warnings))

    def failure(self, error: DeployError) -> DeployError:
        """Return the error with what was done before it, and what wasn't."""
        return DeployError((*error.diagnostics, *self._progress()), detail=error.detail, excerpt=error.excerpt)

    def interruption(self) -> InterruptedDeploymentError:
        """Return the error for a deployment that the user interrupted, with what was done and what wasn't."""
        problem = Diagnostic(
            code="interrupted",
            where="deployment",
            problem="interrupted, and AWS might still complete the last request",
            fix="deploy again to complete it",
        )
        return InterruptedDeploymentError((problem, *self._progress()))

    def _progress(self) -> tuple[str, str]:
        done = "; ".join(str(step) for step in self.steps if step.changed) or "nothing"
        return f"done: {done}", f"not done: {'; '.join(self.to_do) or 'nothing'}"
