"""Measures what bytecode brings: importing three functions with and without it, and building their zips.

Both zips of a function are unpacked and imported alternately by a Python of the runtime, which writes no bytecode, as
on Lambda. So what else the machine does falls on both. Needs a CPython 3.13, in HATCH_LAMBDA_PYTHON or on PATH, and a
package index.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from run import make_environment, make_project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WEB = """\
from fastapi import FastAPI
from mangum import Mangum
import sqlalchemy.orm

handler = Mangum(FastAPI())
"""

DATA = """\
import numpy
import pandas


def handler(event, context):
    return int(pandas.Series([1]).sum())
"""

AWS = """\
import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer

client = boto3.client("s3", region_name="eu-central-1")


def handler(event, context):
    return client.meta.region_name
"""

FUNCTIONS = {
    "web": (["fastapi", "mangum", "sqlalchemy"], WEB),
    "data": (["numpy", "pandas"], DATA),
    "aws": (["aws-lambda-powertools[tracer]", "boto3"], AWS),
}
"""The requirements and the module of each function."""

MOST = 1.15
"""Goal: times the seconds of a warm build without bytecode."""

IMPORT = """\
import sys, time
sys.path.insert(0, sys.argv[1])
wall, cpu = time.perf_counter(), time.process_time()
import shop.api
print(time.perf_counter() - wall, time.process_time() - cpu)
"""

MIB = 1 << 20


def built(project: Path, environ: Mapping[str, str]) -> float:
    """Return the seconds of a build."""
    shutil.rmtree(project / "dist", ignore_errors=True)
    start = time.perf_counter()
    done = subprocess.run(
        ["python", "-m", "hatchling", "build", "-t", "lambda"],
        cwd=project,
        env=dict(environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return time.perf_counter() - start


def unpacked(project: Path) -> tuple[Path, int, int]:
    """Return the directory of the zip's files, its size, and theirs in bytes."""
    (archive,) = (project / "dist").glob("*.zip")
    directory = project / "task"
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(directory)
        size = sum(info.file_size for info in opened.infolist())
    return directory, archive.stat().st_size, size


def imported(directory: Path, python: str) -> tuple[float, float]:
    """Return the seconds and CPU seconds of importing the function; nothing is written, as on Lambda."""
    command = [python, "-B", "-s", "-c", IMPORT, str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    wall, cpu = map(float, done.stdout.split())
    return wall, cpu


def measure(name: str, rounds: int, work: Path, environ: Mapping[str, str], python: str) -> None:
    """Print the row of a function."""
    requirements, module = FUNCTIONS[name]
    projects = {flag: work / f"{name}-{flag}" for flag in ("false", "true")}
    for flag, project in projects.items():
        make_project(project, requirements, f"bytecode = {flag}")
        (project / "shop" / "api.py").write_text(module)
        locked(project, environ)
        built(project, environ)
    builds: dict[str, list[float]] = {flag: [] for flag in projects}
    imports: dict[str, list[tuple[float, float]]] = {flag: [] for flag in projects}
    for _ in range(rounds):
        for flag, project in projects.items():
            builds[flag].append(built(project, environ))
    zips = {flag: unpacked(project) for flag, project in projects.items()}
    for _ in range(rounds):
        for flag, (directory, _, _) in zips.items():
            imports[flag].append(imported(directory, python))
    (wall, cpu), (wall_with, cpu_with) = (
        (statistics.median(one[0] for one in imports[flag]), statistics.median(one[1] for one in imports[flag]))
        for flag in projects
    )
    before, after = (statistics.median(builds[flag]) for flag in projects)
    (_, zipped, unzipped), (_, zipped_with, unzipped_with) = zips.values()
    sizes = f"{zipped / MIB:.1f} -> {zipped_with / MIB:.1f} MiB zipped, "
    sizes += f"{unzipped / MIB:.1f} -> {unzipped_with / MIB:.1f} MiB unzipped"
    print(f"- {name}: import {wall:.2f} -> {wall_with:.2f} s ({wall_with / wall:.2f}), ", end="")
    print(f"CPU {cpu:.2f} -> {cpu_with:.2f} s ({cpu_with / cpu:.2f}); {sizes}; ", end="")
    verdict = "within" if after / before <= MOST else "MORE THAN"
    print(f"warm build {before:.2f} -> {after:.2f} s ({after / before:.2f}, {verdict} {MOST:g})")


def locked(project: Path, environ: Mapping[str, str]) -> None:
    """Write a lock file, so that builds don't resolve."""
    command = ["python", "-m", "hatchling", "build", "-t", "lambda:lock"]
    done = subprocess.run(command, cwd=project, env=dict(environ), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a line for each function."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each thing is measured (default: 5)")
    options = parser.parse_args(arguments)
    python = os.environ.get("HATCH_LAMBDA_PYTHON") or shutil.which("python3.13")
    if python is None:
        sys.exit("needs CPython 3.13; set HATCH_LAMBDA_PYTHON to its path")
    with tempfile.TemporaryDirectory(prefix="hatch-lambda-benchmark-") as name:
        work = Path(name)
        environ = {
            **make_environment(work / "venv"),
            "HATCH_LAMBDA_CACHE_DIR": str(work / "cache"),
            "HATCH_LAMBDA_PYTHON": python,
        }
        for function in FUNCTIONS:
            measure(function, options.rounds, work, environ, python)


if __name__ == "__main__":
    main()
