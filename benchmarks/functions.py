"""Measures what ten functions of one project cost, against one function built ten times.

Counted are the resolutions; the seconds are those that hatch-lambda reports for its steps. Each round builds the
one and the ten after each other, so that what else the machine does falls on both. Needs a package index.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from run import make_environment, make_project, read_set

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FUNCTIONS = 10

MOST = 1.3
"""Goal: times the seconds that as many builds of one function splice."""

SPLICING = ("plan", "check", "write")
"""Steps that each archive costs; the others are for all together."""

TABLE = "tool.hatch.build.targets.lambda"


@dataclass(frozen=True)
class Steps:
    """What a build reported: how often it resolved, seconds of splicing, and seconds on the clock of all of it."""

    resolutions: int
    splicing: float
    wall: float


def tables(functions: int, *, layered: bool) -> str:
    """Return the tables of so many functions, of which a layer has the dependencies, or which have them themselves."""
    layer = f"[{TABLE}.layers.base]\n" if layered else ""
    options = 'layers = ["base"]\n' if layered else ""
    return layer + "".join(f"[{TABLE}.functions.f{number}]\n{options}" for number in range(functions))


def built(project: Path, environ: Mapping[str, str]) -> Steps:
    """Build all archives of a project and return what that took; exits with all that was said if it fails."""
    shutil.rmtree(project / "dist", ignore_errors=True)
    os.sync()
    command = ("python", "-m", "hatchling", "build", "-t", "lambda")
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=project, env={**environ, "HATCH_VERBOSE": "1"}, capture_output=True, text=True, check=False
    )
    wall = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    steps = re.findall(r"^  (\w+): (\d+\.\d+) s$", done.stdout + done.stderr, re.MULTILINE)
    splicing = sum(float(seconds) for name, seconds in steps if name in SPLICING)
    return Steps(sum(name == "resolve" for name, _ in steps), splicing, wall)


def compare(name: str, rounds: int, work: Path, environ: Mapping[str, str], *, layered: bool) -> None:
    """Print what many functions of a set of requirements cost, against one."""
    projects = {number: work / f"{name}-{number}-{layered}" for number in (1, FUNCTIONS)}
    for number, project in projects.items():
        make_project(project, read_set(name), tables(number, layered=layered))
        built(project, environ)  # fills the store, and does not count
    found: dict[int, list[Steps]] = {1: [], FUNCTIONS: []}
    for _ in range(rounds):
        for number, project in projects.items():
            found[number].append(built(project, environ))
    one, ten = (
        Steps(
            max(steps.resolutions for steps in each),
            statistics.median(steps.splicing for steps in each),
            statistics.median(steps.wall for steps in each),
        )
        for each in (found[1], found[FUNCTIONS])
    )
    print(f"\n{name}, {'dependencies in a layer' if layered else 'dependencies in each function'}:")
    print(
        f"- {FUNCTIONS} functions: resolutions {ten.resolutions}, splicing {ten.splicing:.2f} s, all {ten.wall:.2f} s"
    )
    print(f"- one function: resolutions {one.resolutions}, splicing {one.splicing:.2f} s, all {one.wall:.2f} s")
    if layered:
        more = (ten.splicing - one.splicing) / (FUNCTIONS - 1)
        print(f"- splicing, each function more: {more:.3f} s, {more / one.splicing:.2f} times layer and first function")
    else:
        ratio = ten.splicing / one.splicing / FUNCTIONS
        verdict = "within" if ratio <= MOST and ten.resolutions == 1 else "MORE THAN"
        print(f"- splicing, times {FUNCTIONS} builds of one: {ratio:.2f}, {verdict} {MOST:g} and one resolution")
    print(f"- all, times {FUNCTIONS} builds of one: {ten.wall / one.wall / FUNCTIONS:.2f}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a list for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each thing is measured (default: 5)")
    parser.add_argument("--set", default="web", help="which of the sets of requirements (default: web)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hatch-lambda-benchmark-") as name:
        work = Path(name)
        environ = {**make_environment(work / "venv"), "HATCH_LAMBDA_CACHE_DIR": str(work / "store")}
        for layered in (False, True):
            compare(options.set, options.rounds, work, environ, layered=layered)


if __name__ == "__main__":
    main()
