"""Measures what hatch-lambda itself costs, resolution apart, against the least that anybody has to do.

First: finding the wheels in the store, proving, planning, checking and writing a large archive, in a fresh Python,
against hashing the same wheels once (``sha256sum``), reading them once (``cat``) and starting Python. Second: ``-t
lambda`` against ``-t wheel`` for a project that requires nothing. Runs on Linux, needs a package index.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from run import MAX_UNZIPPED, Cost, look_into, make_environment, make_project, measured, median, read_set

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_CPU = 3.0
"""Goal: times the CPU seconds of hashing and reading the wheels and starting Python."""

MOST_MEMORY = 100_000_000
"""Goal: bytes of memory while the archive is made."""

MOST_OVERHEAD = 0.3
"""Goal: seconds that ``-t lambda`` takes longer than ``-t wheel`` where nothing is required."""

Commands = dict[str, tuple[str, ...]]


def interleaved(commands: Commands, rounds: int, directory: Path, environ: Mapping[str, str]) -> dict[str, Cost]:
    """Return the median cost of each command, after one run of each that does not count."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            cost = measured(command, directory, environ)
            if turn:
                costs[name].append(cost)
    return {name: median(found) for name, found in costs.items()}


def splice(rounds: int, work: Path, environ: Mapping[str, str]) -> None:
    """Print what making the archive of the largest set costs."""
    project, store = work / "data", work / "store"
    make_project(project, read_set("data"))
    environ = {**environ, "HATCH_LAMBDA_CACHE_DIR": str(store)}
    measured(("python", "-m", "hatchling", "build", "-t", "lambda"), project, environ)
    (archive,) = project.glob("dist/*.zip")
    wheels = sorted(map(str, store.rglob("*.whl")))
    once = str(Path(__file__).with_name("splice_once.py"))
    commands: Commands = {
        "making the archive": ("python", once, str(store), str(archive), str(work / "again.zip")),
        "sha256sum": ("sha256sum", *wheels),
        "cat": ("sh", "-c", 'cat "$@" > /dev/null', "sh", *wheels),
        "python -c pass": ("python", "-c", "pass"),
    }
    costs = interleaved(commands, rounds, work, environ)
    for name, cost in costs.items():
        print(f"- {name}: {cost.cpu:.3f} cpu s, {cost.wall:.3f} s, {cost.memory / 1e6:.0f} MB")
    ours, *least = costs.values()
    ratio = ours.cpu / sum(cost.cpu for cost in least)
    unzipped = look_into(archive, "data", "hatch-lambda").unzipped
    print(f"\nAn archive of {unzipped / 1e6:.0f} MB unzipped (Lambda takes {MAX_UNZIPPED / 1e6:.0f}):")
    print(f"- CPU, times the least: {ratio:.2f}, {_verdict(ratio, MOST_CPU)} {MOST_CPU:g}")
    print(f"- memory: {ours.memory / 1e6:.0f} MB, {_verdict(ours.memory, MOST_MEMORY)} {MOST_MEMORY / 1e6:g}")


def overhead(rounds: int, work: Path, environ: Mapping[str, str]) -> None:
    """Print what ``-t lambda`` takes more than ``-t wheel``."""
    project = work / "plain"
    make_project(project, [])
    commands: Commands = {
        f"-t {target}": ("python", "-m", "hatchling", "build", "-t", target) for target in ("lambda", "wheel")
    }
    ours, theirs = interleaved(commands, rounds, project, environ).values()
    more = ours.wall - theirs.wall
    print("\nA project that requires nothing:")
    print(f"- -t lambda {ours.wall:.3f} s, -t wheel {theirs.wall:.3f} s")
    print(f"- difference: {more:.3f} s, {_verdict(more, MOST_OVERHEAD)} {MOST_OVERHEAD:g}")


def _verdict(found: float, most: float) -> str:
    return "within" if found <= most else "MORE THAN"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both, and print a list for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="how often each thing is measured (default: 10)")
    rounds = parser.parse_args(arguments).rounds
    with tempfile.TemporaryDirectory(prefix="hatch-lambda-benchmark-") as name:
        work = Path(name)
        environ = make_environment(work / "venv")
        splice(rounds, work, environ)
        overhead(rounds, work, environ)


if __name__ == "__main__":
    main()
