"""Measures what it costs that every build hashes the wheels in the cache: warm builds with it and without, in turns.

The project requires numpy, pandas and scipy, once with a lock and once without. Runs on Linux and macOS, needs a
package index.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from run import make_environment, make_project, measured, median

if TYPE_CHECKING:
    from collections.abc import Mapping

    from run import Cost

REQUIREMENTS = ("numpy", "pandas", "scipy")

MOST = 0.1
"""Goal: the part of a warm build that hashing adds."""

BUILD = ("build", "-t", "lambda")
COMMANDS = {
    "with": ("python", "-m", "hatchling", *BUILD),
    "without": ("python", str(Path(__file__).with_name("wheel_hash_once.py")), *BUILD),
}


def compare(rounds: int, project: Path, environ: Mapping[str, str]) -> dict[str, Cost]:
    """Return the median cost of a warm build with hashing and without; who begins changes from round to round."""
    costs: dict[str, list[Cost]] = {name: [] for name in COMMANDS}
    for turn in range(rounds + 1):
        for name in sorted(COMMANDS, reverse=bool(turn % 2)):
            cost = measured(COMMANDS[name], project, environ)
            if turn:  # the first round fills the cache
                costs[name].append(cost)
    return {name: median(found) for name, found in costs.items()}


def report(title: str, costs: Mapping[str, Cost]) -> str:
    """Return the figures as lines of Markdown."""
    with_hash, without = costs["with"], costs["without"]
    time, cpu = with_hash.wall / without.wall - 1, with_hash.cpu / without.cpu - 1
    verdict = "within" if time <= MOST else "MORE THAN"
    lines = [f"- {name} the hash: {cost.wall:.3f} s, {cost.cpu:.3f} cpu s" for name, cost in costs.items()]
    added = f"- added: {time:.1%} of the time, {verdict} {MOST:.0%}; {cpu:.1%} of the CPU seconds"
    return "\n".join((f"{title}:", *lines, added, ""))


def main() -> None:
    """Measure, and print a list for each kind of build."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="how often each thing is measured (default: 15)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="hatch-lambda-benchmark-") as name:
        work = Path(name)
        environ = {**make_environment(work / "venv"), "HATCH_LAMBDA_CACHE_DIR": str(work / "cache")}
        project = work / "project"
        make_project(project, REQUIREMENTS)
        measured(COMMANDS["with"], project, environ)
        print(report("Warm build of numpy, pandas and scipy, resolved with pip", compare(rounds, project, environ)))
        measured((*COMMANDS["with"][:-1], "lambda:lock"), project, environ)
        print(report("The same with a lock, which leaves nothing to resolve", compare(rounds, project, environ)))


if __name__ == "__main__":
    main()
