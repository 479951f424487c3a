"""A requirements file as a lock: every line pinned, every line with hashes (pip's hash-checking mode)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from hatch_lambda.errors import ResolveError
from hatch_lambda.resolve.base import OFFLINE_VARIABLE, Pin, Resolution
from hatch_lambda.resolve.pip import report_of, reported_pin
from hatch_lambda.resolve.pip_command import target_options
from hatch_lambda.resolve.proof import demands, unmet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Demand, Host
    from hatch_lambda.resolve.memory import Memory
    from hatch_lambda.target import Target

_REMEDY = "make it anew with the tool that made it, such as uv pip compile --generate-hashes"


@dataclass(frozen=True)
class HashedResolver:
    """A requirements file with hashes. pip is asked once for each target where the files are; ``memory`` keeps that.

    The hashes leave no choice, so what was found once stays right.
    """

    path: Path
    host: Host
    memory: Memory

    @property
    def name(self) -> str:
        """Return the file's path inside the project."""
        folder = self.host.folder
        return self.path.relative_to(folder).as_posix() if self.path.is_relative_to(folder) else str(self.path)

    def resolve(
        self,
        roots: Sequence[Demand],
        target: Target,
        *,
        prefer: Mapping[NormalizedName, Version] | None = None,  # noqa: ARG002  # a lock has no choice
    ) -> Resolution:
        """Return what the file has for the target; raises ``ResolveError`` if it is stale or not pinned throughout."""
        try:
            lines = list(_lines(self.path))
        except OSError as error:
            raise ResolveError(f"{self.name}: cannot be read ({error.strerror}); make it or remove lock") from None
        problems = [f"{self.name}: {problem}" for problem in map(_line_problem, lines) if problem]
        if problems:
            raise ResolveError(problems)
        key = (lines, target.markers, target.platforms)
        known = self.memory.recall(*key)
        pins = tuple(map(Pin.from_json, known)) if known else self._ask_pip(target)
        self.memory.remember([pin.as_json() for pin in pins], *key)
        resolution = Resolution(pins, source=self.name, remedy=_REMEDY, exact=False)
        found = {pin.name: pin for pin in pins}
        stale = [problem for demand in demands(roots, {}, target) if (problem := unmet(demand, found, resolution))]
        if stale:
            raise ResolveError(stale)
        return resolution

    def _ask_pip(self, target: Target) -> tuple[Pin, ...]:
        if self.host.offline:
            raise ResolveError(
                f"{OFFLINE_VARIABLE}: {self.name} does not say where the wheels are, and was not used for {target} "
                "before; build once with the network, or use a pylock"
            )
        arguments = ["--require-hashes", "--no-deps", *target_options(target), f"--requirement={self.path}"]
        report, run = report_of(arguments, target, self.host)
        if run.code:
            raise ResolveError(f"{self.name}: pip cannot use it for {target}; what it said:", detail=run.errors)
        return tuple(map(reported_pin, report.get("install", ())))


def _lines(path: Path, above: frozenset[Path] = frozenset()) -> Iterator[str]:
    """Yield each line of the file, continued ones as one, and of the files that it includes; none twice in a row."""
    text = path.read_text("utf-8", "replace").replace("\\\n", " ")
    for line in filter(None, (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines())):
        yield line
        included = re.match(r"(?:-r|-c|--requirement|--constraint)[\s=]*(?P<path>\S+)", line)
        inner = path.parent / included["path"] if included else path
        if inner.is_file() and inner.resolve() not in {path.resolve(), *above}:
            yield from _lines(inner, above | {path.resolve()})


def _line_problem(line: str) -> str | None:
    """Say why a line does not pin one version by its hashes; ``None`` for an option, and for what pip will refuse."""
    if line.startswith("-"):
        return None
    text = re.split(r"\s--", line)[0].strip()
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    exact = [version for version in requirement.specifier if version.operator in {"==", "==="}]
    if not requirement.url and (not exact or exact[0].version.endswith(".*")):
        return f"{text!r} is not pinned; every line needs one version (==) and hashes of its wheels; {_REMEDY}"
    if "--hash" not in line:
        return f"{text!r} has no hashes; every line needs one version (==) and hashes of its wheels; {_REMEDY}"
    return None
