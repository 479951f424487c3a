"""Compares hatch-lambda with pip and uv followed by ``zip``: time and memory of the same archive, on this machine.

Runs on Linux and macOS, needs Python 3.13, ``zip``, and a package index, which is used before the measurements only.
README.md in this directory explains the results.
"""

from __future__ import annotations

import argparse
import json
import math
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
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

CHECKOUT = Path(__file__).resolve().parents[1]

MAX_UNZIPPED = 262_144_000 - 1
"""Bytes that Lambda accepts, unpacked. Source: its quotas page, as quoted in ``hatch_lambda.config.options``."""

SETS = ("api", "web", "data", "files")
"""Files in the folder ``sets``; they pin every distribution, so that each tool comes to the same versions."""

STATES = {
    "cold": "caches empty",
    "refresh": "wheels in the cache, nothing built, no remembered resolution",
    "warm": "caches filled, nothing built",
    "changed": "built before, then one line of the project changed",
}

PROJECT = """\
[build-system]
requires = ["hatchling", "hatch-lambda[uv] @ {checkout}"]
build-backend = "hatchling.build"

[project]
name = "shop"
version = "1.0"
requires-python = "==3.13.*"
dependencies = {dependencies}

[tool.hatch.metadata]
allow-direct-references = true

[tool.hatch.build.targets.lambda]
runtime = "python3.13"
architecture = "{architecture}"
handler = "shop.api.handler"
{options}

[tool.uv]
environments = ["sys_platform == 'linux' and platform_machine == 'aarch64' and implementation_name == 'cpython'"]
"""

PLATFORMS = " ".join(
    f"--platform {name}_aarch64" for name in ("manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_34")
)

FOR_TARGET = f"{PLATFORMS} --implementation cp --python-version 3.13 --only-binary=:all:"

PIP_AND_ZIP = f"""\
rm -rf build function.zip
pip install --quiet {FOR_TARGET} --target build --requirement requirements.txt
cp -r shop build
cd build
zip -qr ../function.zip .
"""

UV_AND_ZIP = """\
rm -rf build function.zip
uv pip install --quiet --python-platform aarch64-manylinux_2_34 --python-version 3.13 --no-python-downloads \
--only-binary :all: --target build --requirement requirements.txt
cp -r shop build
cd build
zip -qr ../function.zip .
"""

HATCHLING, HATCH = "python -m hatchling build -t lambda", "hatch --no-color build -t lambda"
UV_LOCK = "uv lock --quiet --python $VIRTUAL_ENV/bin/python --no-python-downloads"
OFFLINE = "HATCH_LAMBDA_OFFLINE=1 PIP_INDEX_URL=http://127.0.0.1:9/ UV_DEFAULT_INDEX=http://127.0.0.1:9/"


@dataclass(frozen=True)
class Tool:
    """A way to make the archive: the shell's words for it, and where it leaves archive, other output and caches.

    ``options`` are lines of our table. ``prepare`` runs once, unmeasured: what it makes is checked in with a project.
    ``states`` are those in which the tool is measured.
    """

    name: str
    script: str
    archive: str = "dist/*.zip"
    output: tuple[str, ...] = ("dist",)
    caches: tuple[str, ...] = ("HATCH_LAMBDA_CACHE_DIR", "PIP_CACHE_DIR", "UV_CACHE_DIR")
    options: str = ""
    prepare: str = ""
    states: tuple[str, ...] = tuple(STATES)


PEER = Tool(
    "uv + zip",
    UV_AND_ZIP,
    "function.zip",
    ("build", "function.zip"),
    ("UV_CACHE_DIR",),
    states=("cold", "warm", "changed"),
)
"""What the goals are measured by; it remembers no resolution, so that ``refresh`` is the same as ``warm``."""

WHOLE = Tool("hatch build", HATCH, prepare=HATCH, states=("cold", "refresh", "warm", "changed"))
WHOLE_LOCKED = Tool("hatch build, uv.lock", f"{OFFLINE} {HATCH}", prepare=f"{UV_LOCK} && {HATCH}", states=("warm",))

FETCHED = """\
import tomllib
lock = tomllib.load(open("pylock.lambda.toml", "rb"))
wheels = [(package["name"], wheel) for package in lock["packages"] for wheel in package["wheels"]]
lines = [f"{name} @ {wheel['url']} --hash=sha256:{wheel['hashes']['sha256']}\\n" for name, wheel in wheels]
open("urls.txt", "w").writelines(lines)
"""
PIP_ALONE = f"pip download --quiet --no-deps {FOR_TARGET} --dest wheels --requirement urls.txt"
LIST_WHEELS = f"{HATCHLING}:lock\npython - <<'END'\n{FETCHED}END\n{PIP_ALONE}"

HATCH_ALONE = Tool(
    "hatch build -t wheel", "hatch --no-color build -t wheel", "dist/*.whl", prepare=HATCH, states=("warm",)
)
DOWNLOAD_ALONE = Tool(
    "pip download", PIP_ALONE, "wheels/*.whl", ("wheels",), ("PIP_CACHE_DIR",), prepare=LIST_WHEELS, states=("cold",)
)
BYTES_ALONE = Tool(
    "sha256sum, cat",
    "sha256sum wheels/* > sums && cat wheels/* > function.zip && sha256sum function.zip > sum",
    "wheels/*.whl",
    ("function.zip",),
    prepare=LIST_WHEELS,
    states=("warm",),
)
PARTS = (HATCH_ALONE, DOWNLOAD_ALONE, BYTES_ALONE)
"""What other programs take for parts of a build: none can be faster than its parts."""

TOOLS = (
    Tool("hatchling", HATCHLING),
    WHOLE,
    Tool("hatchling, resolver pip", HATCHLING, options='resolver = "pip"'),
    Tool("hatchling, resolver uv", HATCHLING, options='resolver = "uv"'),
    Tool("hatchling, pylock", HATCHLING, prepare=f"{HATCHLING}:lock"),
    Tool("hatchling, uv.lock", HATCHLING, prepare=UV_LOCK),
    WHOLE_LOCKED,
    Tool("pip + zip", PIP_AND_ZIP, "function.zip", ("build", "function.zip"), ("PIP_CACHE_DIR",)),
    PEER,
)
"""What is compared; the first is what the others are measured by."""

GOALS = {
    ("refresh", WHOLE): (0.55, 0.20, 0.075, 0.13),
    ("warm", WHOLE): (0.55, 0.20, 0.075, 0.13),
    ("warm", WHOLE_LOCKED): (0.50, 0.18, 0.06, 0.11),
    ("changed", WHOLE): (0.50, 0.18, 0.06, 0.11),
    ("cold", WHOLE): (0.80, 0.50, 0.25, 0.30),
}
"""For each set, the most seconds of a tool in a state, as a part of those of ``PEER``."""

UNLIMITED = {(part.states[0], part): (math.inf,) * len(SETS) for part in PARTS}
"""Rows without goals."""


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
    kept |= {name: str(directory / name.lower()) for name in ("HATCH_DATA_DIR", "HATCH_CACHE_DIR")}
    environ = {**kept, "VIRTUAL_ENV": str(directory), "PATH": f"{directory / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    wanted = ("pip", "hatch", "hatchling", "uv", str(CHECKOUT))
    measured((str(directory / "bin/python"), "-m", "pip", "install", "--upgrade", *wanted), directory, environ)
    return environ


def read_set(name: str) -> list[str]:
    """Return the requirements of a set."""
    lines = (CHECKOUT / "benchmarks/sets" / f"{name}.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


@contextmanager
def local_index(sets: Iterable[str], work: Path, environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Download the wheels of the sets, and serve them; yields the variables with which pip and uv use only these."""
    for name in sets:
        requirements = str(CHECKOUT / "benchmarks/sets" / f"{name}.txt")
        arguments = ("--quiet", "--no-deps", *FOR_TARGET.split(), "--dest", str(work / "wheels"), "-r", requirements)
        measured(("pip", "download", *arguments), work, environ)
    command = (sys.executable, str(CHECKOUT / "benchmarks/index.py"), str(work / "wheels"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        url = server.stdout.readline().strip()
        kept = {name: value for name, value in environ.items() if not name.startswith(("PIP_", "UV_"))}
        try:
            yield {**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url}
        finally:
            server.terminate()


def make_project(
    directory: Path, requirements: Sequence[str], options: str = "", *, architecture: str = "x86_64"
) -> None:
    """Write a project that requires these, once for Hatch and once as people write it for pip."""
    (directory / "shop").mkdir(parents=True)
    values = {"checkout": CHECKOUT.as_uri(), "dependencies": json.dumps(requirements), "options": options}
    (directory / "pyproject.toml").write_text(PROJECT.format(**values, architecture=architecture))
    (directory / "requirements.txt").write_text("".join(f"{requirement}\n" for requirement in requirements))
    (directory / "shop/__init__.py").touch()
    (directory / "shop/api.py").write_text("def handler(event, context):\n    return event\n")


def bring_about(state: str, tool: Tool, project: Path, caches: Mapping[str, str]) -> None:
    """Put the project and the tool's caches into a state; all except ``cold`` follow a build."""
    if state == "changed":
        with (project / "shop/api.py").open("a") as module:
            module.write(f"\nREVISION = {time.time_ns()}\n")
    else:
        for output in tool.output:
            shutil.rmtree(project / output, ignore_errors=True)
            (project / output).unlink(missing_ok=True)
    if state == "cold":
        for directory in caches.values():
            shutil.rmtree(directory, ignore_errors=True)
    if state == "refresh" and "HATCH_LAMBDA_CACHE_DIR" in caches:
        shutil.rmtree(Path(caches["HATCH_LAMBDA_CACHE_DIR"], "memory"), ignore_errors=True)
    os.sync()  # what was written before is not to slow down what comes


@dataclass(frozen=True)
class Place:
    """A tool's project for a set, with the variables for its caches."""

    tool: Tool
    project: Path
    caches: Mapping[str, str]


def prepare(name: str, tool: Tool, work: Path, environ: Mapping[str, str], index: Mapping[str, str]) -> Place:
    """Make a tool's project for a set, and fill its caches.

    Hatch makes its environment with the user's settings of pip and uv, and then everything uses the local index.
    """
    project = work / name / tool.name.replace(" ", "")
    caches = {variable: str(work / "caches" / name / tool.name / variable) for variable in tool.caches}
    make_project(project, read_set(name), tool.options, architecture="arm64")
    if HATCH in tool.prepare:
        measured(("hatch", "build", "-t", "wheel"), project, environ)
    measured(("sh", "-ec", tool.prepare), project, {**index, **caches})
    measured(("sh", "-ec", tool.script), project, {**index, **caches})
    return Place(tool, project, caches)


def runs_of(name: str, turn: int, places: Sequence[Place], index: Mapping[str, str]) -> Iterator[tuple[Run, Path]]:
    """Yield each measurement of one round of a set, with the archive; who begins changes from round to round."""
    start = turn % len(places)
    for state in STATES:
        for place in (*places[start:], *places[:start]):
            if state not in place.tool.states:
                continue
            bring_about(state, place.tool, place.project, place.caches)
            cost = measured(("sh", "-ec", place.tool.script), place.project, {**index, **place.caches})
            archive = next(place.project.glob(place.tool.archive))
            yield Run(name, state, place.tool.name, turn, cost), archive


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
            for tool in (tool for tool in TOOLS if state in tool.states):
                cost = _median(runs, name, state, tool)
                yield (
                    *(name, state, tool.name),
                    *(f"{cost.wall:.2f}", f"{cost.wall / base.wall:.1f}×"),
                    *(f"{cost.cpu:.2f}", f"{cost.cpu / base.cpu:.1f}×"),
                    *(f"{cost.memory / 1e6:.0f}", f"{cost.memory / base.memory:.1f}×"),
                )


def goal_rows(runs: Sequence[Run], sets: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield state, tool, and for each set the seconds in relation to those of ``PEER`` with the goal."""
    for (state, tool), goals in {**GOALS, **UNLIMITED}.items():
        cells = []
        for name in sets:
            goal = goals[SETS.index(name)]
            peer = _median(runs, name, state if state in PEER.states else "warm", PEER)
            ratio = _median(runs, name, state, tool).wall / peer.wall
            judged = "" if goal == math.inf else f" ({'within' if ratio <= goal else 'ABOVE'} {goal})"
            cells.append(f"{ratio:.3f}{judged}")
        yield (state, tool.name, *cells)


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


def compare(tools: Sequence[Tool], sets: Sequence[str], rounds: int, work: Path) -> Outcome:
    """Measure every set in every state with every tool, round by round; shows the progress on standard error."""
    environ = make_environment(work / "venv")
    runs: list[Run] = []
    archives: dict[str, dict[str, Archive]] = {name: {} for name in sets}
    with local_index(sets, work, environ) as index:
        places = {name: [prepare(name, tool, work, environ, index) for tool in tools] for name in sets}
        for turn in range(rounds):
            for name in sets:
                for run, path in runs_of(name, turn, places[name], index):
                    print(f"{turn + 1}/{rounds} {name} {run.state} {run.tool}: {run.cost.wall:.2f} s", file=sys.stderr)
                    runs.append(run)
                    if run.tool not in {part.name for part in PARTS}:
                        archives[name][run.tool] = look_into(path, name, run.tool)
                check_alike([*archives[name].values()])
    ordered = [archives[name][tool.name] for name in sets for tool in tools if tool not in PARTS]
    return Outcome(versions(environ), runs, ordered)


def goals_as_markdown(outcome: Outcome, sets: Sequence[str], rounds: int) -> str:
    """Return the table of the goals."""
    header = ("state", "tool", *sets)
    about = f"Median wall seconds in relation to {PEER.name}, rounds: {rounds}; in parentheses, the goal."
    versions = ", ".join(f"{name} {value}" for name, value in outcome.versions.items())
    return "\n\n".join((versions, about, table(header, [*goal_rows(outcome.runs, sets)])))


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
    parser.add_argument("--goals", action="store_true", help="only hatch build and uv + zip, compared with the goals")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS, help="which sets; all if left out")
    parser.add_argument("--rounds", type=int, default=3, help="how often each thing is measured (default: 3)")
    parser.add_argument("--json", type=Path, help="a file for every single measurement")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hatch-lambda-benchmark-") as work:
        tools = (WHOLE, WHOLE_LOCKED, PEER, *PARTS) if options.goals else TOOLS
        outcome = compare(tools, options.sets, options.rounds, Path(work))
    as_text = goals_as_markdown if options.goals else as_markdown
    print(as_text(outcome, options.sets, options.rounds))
    if options.json:
        options.json.write_text(json.dumps(asdict(outcome), indent=1) + "\n")


if __name__ == "__main__":
    main()
