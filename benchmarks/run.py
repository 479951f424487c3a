"""Compares hatch-lambda with pip and uv followed by ``zip``: time and memory of the same archive, on this machine.

Runs on Linux and macOS, needs ``zip`` and a package index. README.md in this directory explains the results.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

CHECKOUT = Path(__file__).resolve().parents[1]

MAX_UNZIPPED = 262_144_000 - 1
"""Bytes that Lambda accepts, unpacked. Source: its quotas page, as quoted in ``hatch_lambda.config.options``."""

SETS = ("small", "web", "data")
"""Files in the folder ``sets``; they pin every distribution, so that each tool comes to the same versions."""

STATES = {
    "cold": "caches empty",
    "warm": "caches filled, nothing built",
    "changed": "built before, then one line of the project changed",
}

PROJECT = """\
[build-system]
requires = ["hatchling", "hatch-lambda"]
build-backend = "hatchling.build"

[project]
name = "shop"
version = "1.0"
dependencies = {dependencies}

[tool.hatch.build.targets.lambda]
runtime = "python3.13"
handler = "shop.api.handler"
{options}
"""

PIP_AND_ZIP = """\
rm -rf build function.zip
pip install --quiet --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux_2_28_x86_64 \
--platform manylinux_2_34_x86_64 --implementation cp --python-version 3.13 --only-binary=:all: --target build \
--requirement requirements.txt
cp -r shop build
cd build
zip -qr ../function.zip .
"""

UV_AND_ZIP = """\
rm -rf build function.zip
uv pip install --quiet --python-platform x86_64-manylinux_2_34 --python-version 3.13 --no-python-downloads \
--only-binary :all: --target build --requirement requirements.txt
cp -r shop build
cd build
zip -qr ../function.zip .
"""


@dataclass(frozen=True)
class Tool:
    """A way to make the archive: the shell's words for it, and where it leaves archive, other output and caches.

    ``options`` are lines of our table. ``prepare`` runs once, unmeasured: what it makes is checked in with a project.
    """

    name: str
    script: str
    archive: str
    output: tuple[str, ...]
    caches: tuple[str, ...]
    options: str = ""
    prepare: str = ""


TOOLS = (
    Tool(
        "hatch-lambda",
        "python -m hatchling build -t lambda",
        "dist/*.zip",
        ("dist",),
        ("HATCH_LAMBDA_CACHE_DIR", "PIP_CACHE_DIR"),
    ),
    Tool(
        "hatch-lambda, locked",
        "python -m hatchling build -t lambda",
        "dist/*.zip",
        ("dist",),
        ("HATCH_LAMBDA_CACHE_DIR", "PIP_CACHE_DIR"),
        prepare="python -m hatchling build -t lambda:lock",
    ),
    Tool(
        "hatch-lambda, uv",
        "python -m hatchling build -t lambda",
        "dist/*.zip",
        ("dist",),
        ("HATCH_LAMBDA_CACHE_DIR", "PIP_CACHE_DIR", "UV_CACHE_DIR"),
        options='resolver = "uv"',
    ),
    Tool("pip + zip", PIP_AND_ZIP, "function.zip", ("build", "function.zip"), ("PIP_CACHE_DIR",)),
    Tool("uv + zip", UV_AND_ZIP, "function.zip", ("build", "function.zip"), ("UV_CACHE_DIR",)),
)
"""What is compared; the first is what the others are measured by."""


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds on the clock, seconds of all its processes, bytes of the largest of them."""

    wall: float
    cpu: float
    memory: int


@dataclass(frozen=True)
class Run:
    """One measurement."""

    set: str
    state: str
    tool: str
    round: int
    cost: Cost


@dataclass(frozen=True)
class Archive:
    """What a tool made of a set: bytes as a zip, bytes unpacked, files, and the distributions in it."""

    set: str
    tool: str
    zipped: int
    unzipped: int
    files: int
    distributions: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """Everything that was found."""

    versions: dict[str, str]
    runs: list[Run]
    archives: list[Archive]


def measured(command: Sequence[str], directory: Path, environ: Mapping[str, str]) -> Cost:
    """Run a command in a directory and return its usage; exits with its output if it fails."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=directory, env=environ, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)}\n{said.read().decode(errors='replace')}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)


def make_environment(directory: Path) -> dict[str, str]:
    """Make a virtual environment with this checkout, hatchling, pip and uv; return the variables to run things in it.

    The user's own settings of pip and uv stay, so that their indexes are used.
    """
    venv.create(directory, with_pip=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HATCH_", "PYTHON"))}
    environ = {**kept, "VIRTUAL_ENV": str(directory), "PATH": f"{directory / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    wanted = ("pip", "hatchling", "uv", str(CHECKOUT))
    measured((str(directory / "bin/python"), "-m", "pip", "install", "--upgrade", *wanted), directory, environ)
    return environ


def read_set(name: str) -> list[str]:
    """Return the requirements of a set."""
    lines = (CHECKOUT / "benchmarks/sets" / f"{name}.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


def make_project(directory: Path, requirements: Sequence[str], options: str = "") -> None:
    """Write a project that requires these, once for Hatch and once as people write it for pip."""
    (directory / "shop").mkdir(parents=True)
    (directory / "pyproject.toml").write_text(PROJECT.format(dependencies=json.dumps(requirements), options=options))
    (directory / "requirements.txt").write_text("".join(f"{requirement}\n" for requirement in requirements))
    (directory / "shop/__init__.py").touch()
    (directory / "shop/api.py").write_text("def handler(event, context):\n    return event\n")


def bring_about(state: str, tool: Tool, project: Path, caches: Mapping[str, str]) -> None:
    """Put the project and the tool's caches into a state; ``warm`` and ``changed`` follow a build."""
    if state == "changed":
        with (project / "shop/api.py").open("a") as module:
            module.write(f"\nREVISION = {time.time_ns()}\n")
    else:
        for output in tool.output:
            shutil.rmtree(project / output, ignore_errors=True)
            (project / output).unlink(missing_ok=True)
    if state == "cold":
        for variable in tool.caches:
            shutil.rmtree(caches[variable], ignore_errors=True)
    os.sync()  # what was written before is not to slow down what comes


def runs_of(name: str, turn: int, work: Path, environ: Mapping[str, str]) -> Iterator[tuple[Run, Path]]:
    """Yield each measurement of one round of a set, with the archive; who begins changes from round to round."""
    tools = TOOLS[turn % len(TOOLS) :] + TOOLS[: turn % len(TOOLS)]
    for state in STATES:
        for tool in tools:
            project = work / f"{name}-{turn}" / tool.name.replace(" ", "")
            caches = {variable: str(work / "caches" / tool.name / variable) for variable in tool.caches}
            if not project.exists():
                make_project(project, read_set(name), tool.options)
                measured(("sh", "-ec", tool.prepare), project, {**environ, **caches})
            bring_about(state, tool, project, caches)
            cost = measured(("sh", "-ec", tool.script), project, {**environ, **caches})
            (archive,) = project.glob(tool.archive)
            yield Run(name, state, tool.name, turn, cost), archive


def look_into(path: Path, name: str, tool: str) -> Archive:
    """Return what the archive holds, but for the project's own distribution."""
    with zipfile.ZipFile(path) as opened:
        infos = [info for info in opened.infolist() if not info.is_dir()]
    tops = (re.fullmatch(r"([^/]+)\.dist-info/METADATA", info.filename) for info in infos)
    found = {re.sub(r"[-_.]+(?=.*-)", "_", top[1]).lower() for top in tops if top} - {"shop-1.0"}
    unzipped = sum(info.file_size for info in infos)
    return Archive(name, tool, path.stat().st_size, unzipped, len(infos), tuple(sorted(found)))


def check_alike(archives: Sequence[Archive]) -> str:
    """Return a sentence on what all archives of a set hold; exits if they differ or Lambda would not take them."""
    ours = archives[0]
    for other in archives[1:]:
        differing = sorted(set(ours.distributions) ^ set(other.distributions))
        if differing:
            raise SystemExit(f"{ours.set}: {ours.tool} and {other.tool} differ in {', '.join(differing)}")
    if ours.unzipped > MAX_UNZIPPED:
        raise SystemExit(f"{ours.set}: {ours.unzipped:,} bytes unzipped, more than Lambda takes; choose a smaller set")
    return f"{ours.set}: all {len(archives)} archives hold the same {len(ours.distributions)} distributions."


def versions(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the version of each tool in the environment, and of what they run on."""
    found = {"python": platform.python_version(), "platform": platform.platform(), "cores": str(os.cpu_count())}
    asked = "from importlib.metadata import version as v; print(*map(v, ['hatch-lambda', 'hatchling', 'pip', 'uv']))"
    command = (f"{environ['VIRTUAL_ENV']}/bin/python", "-c", asked)
    answer = subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout.split()
    return dict(zip(("hatch-lambda", "hatchling", "pip", "uv"), answer, strict=True)) | found


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the columns of figures stand to the right."""
    columns = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    figures = [bool(re.match(r"[\d.]", cell)) for cell in rows[0]]
    rule = ["-" * (width - 1) + (":" if figure else "-") for width, figure in zip(columns, figures, strict=True)]
    lines = []
    for row in (header, rule, *rows):
        cells = zip(row, columns, figures, strict=True)
        lines.append("| " + " | ".join(f"{c:>{w}}" if figure else f"{c:<{w}}" for c, w, figure in cells) + " |")
    return "\n".join(lines)


def cost_rows(runs: Sequence[Run], sets: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield set, state, tool, and the median of each cost with its ratio to that of the first tool."""
    for name in sets:
        for state in STATES:
            base = _median(runs, name, state, TOOLS[0])
            for tool in TOOLS:
                cost = _median(runs, name, state, tool)
                yield (
                    *(name, state, tool.name),
                    *(f"{cost.wall:.2f}", f"{cost.wall / base.wall:.1f}×"),
                    *(f"{cost.cpu:.2f}", f"{cost.cpu / base.cpu:.1f}×"),
                    *(f"{cost.memory / 1e6:.0f}", f"{cost.memory / base.memory:.1f}×"),
                )


def _median(runs: Iterable[Run], name: str, state: str, tool: Tool) -> Cost:
    costs = [run.cost for run in runs if (run.set, run.state, run.tool) == (name, state, tool.name)]
    return median(costs)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure by itself."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        int(statistics.median(cost.memory for cost in costs)),
    )


def archive_rows(archives: Iterable[Archive]) -> Iterator[tuple[str, ...]]:
    """Yield set, tool, MB zipped, MB unzipped and number of files."""
    for archive in archives:
        yield (
            *(archive.set, archive.tool),
            *(f"{archive.zipped / 1e6:.1f}", f"{archive.unzipped / 1e6:.1f}", f"{archive.files:,}"),
        )


def compare(sets: Sequence[str], rounds: int, work: Path) -> Outcome:
    """Measure every set in every state with every tool, round by round; shows the progress on standard error."""
    environ = make_environment(work / "venv")
    runs: list[Run] = []
    archives: dict[str, dict[str, Archive]] = {name: {} for name in sets}
    for turn in range(rounds):
        for name in sets:
            for run, path in runs_of(name, turn, work, environ):
                print(f"{turn + 1}/{rounds} {name} {run.state} {run.tool}: {run.cost.wall:.2f} s", file=sys.stderr)
                runs.append(run)
                archives[name][run.tool] = look_into(path, name, run.tool)
            shutil.rmtree(work / f"{name}-{turn}")
            check_alike([*archives[name].values()])
    ordered = [archives[name][tool.name] for name in sets for tool in TOOLS]
    return Outcome(versions(environ), runs, ordered)


def as_markdown(outcome: Outcome, sets: Sequence[str], rounds: int) -> str:
    """Return the medians, and what the archives hold."""
    costs = ("set", "state", "tool", "wall s", "×", "cpu s", "×", "memory MB", "×")
    sizes = ("set", "tool", "zip MB", "unzipped MB", "files")
    return "\n\n".join(
        (
            ", ".join(f"{name} {value}" for name, value in outcome.versions.items()),
            "\n".join(f"- {state}: {meaning}" for state, meaning in STATES.items()),
            f"Medians, rounds: {rounds}. Memory is that of the largest process. × is relative to {TOOLS[0].name}.",
            table(costs, [*cost_rows(outcome.runs, sets)]),
            table(sizes, [*archive_rows(outcome.archives)]),
            "\n".join(check_alike([archive for archive in outcome.archives if archive.set == name]) for name in sets),
        )
    )


def main() -> None:
    """Compare, and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS, help="which sets; all if left out")
    parser.add_argument("--rounds", type=int, default=3, help="how often each thing is measured (default: 3)")
    parser.add_argument("--json", type=Path, help="a file for every single measurement")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hatch-lambda-benchmark-") as work:
        outcome = compare(options.sets, options.rounds, Path(work))
    print(as_markdown(outcome, options.sets, options.rounds))
    if options.json:
        options.json.write_text(json.dumps(asdict(outcome), indent=1) + "\n")


if __name__ == "__main__":
    main()
