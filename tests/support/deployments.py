"""Zips to deploy, and deployments of them through the function, the command and Hatch."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hatch_lambda.deploy import DeployRequest, deploy
from tests.support.existing_zips import our_zip, zip_of
from tests.support.programs import PYTHON, run_module

if TYPE_CHECKING:
    from tests.support.aws import AwsServer

OLD = b"PK\x05\x06" + bytes(18)
"""An empty zip: the code that functions have before a test deploys to them."""


class Ended(NamedTuple):
    """How a program ended."""

    code: int
    out: str
    err: str


def layer_zip(directory: Path, text: Any = "1", **described: Any) -> Path:
    """Write a layer for python3.13 on x86_64 as a build does and return its path; ``text`` makes it differ."""
    about = {
        "schema": 1,
        "kind": "layer",
        "compatible-runtimes": ["python3.13"],
        "compatible-architectures": ["x86_64"],
        **described,
    }
    files = {"hatch-lambda/deps.json": json.dumps(about), "python/dep.py": f"version = {text!r}\n"}
    return zip_of(directory, files, f"deps-{text}.zip")


def function_zip(directory: Path, text: str = "new", **options: Any) -> Path:
    """Write a function's zip as a build does and return its path; ``text`` makes it differ."""
    code = f"def handler(event, context):\n    return {text!r}\n"
    return our_zip(directory, f"shop-{text}.zip", libraries={}, files={"shop/api.py": code}, **options)


def code_sha256(path: Path) -> str:
    """Return the hash in AWS's notation."""
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def deployed(*zips: Path, **options: Any) -> tuple[list[str], tuple[str, ...]]:
    """Deploy in this process; return the reported steps and the warnings."""
    reported: list[str] = []
    outcome = deploy(DeployRequest(zips=zips, **options), lambda step: reported.append(str(step)))
    assert reported == [str(step) for step in outcome.steps]
    return reported, tuple(map(str, outcome.warnings))


def copy_of_checkout(directory: Path) -> Path:
    """Copy the sources of hatch-lambda and return the directory; pip might have cached a wheel of the original."""
    checkout = Path(__file__).parents[2]
    shutil.copytree(checkout / "src", directory / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("hatch_build.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(checkout / name, directory / name)
    return directory


def run(
    *arguments: object,
    program: str = "hatch_lambda",
    python: Path = PYTHON,
    cwd: Path | None = None,
    **environ: str,
) -> Ended:
    """Run a Python module as a program and return how it ended."""
    done = run_module(program, *map(str, arguments), python=python, cwd=cwd, environ={**os.environ, **environ})
    return Ended(done.returncode, done.stdout, done.stderr)


def run_interrupted(aws: AwsServer, operation: str, *arguments: object) -> Ended:
    """Run ``hatch-lambda deploy``, press Ctrl-C once AWS has done the operation for it, and return how it ended."""
    started = threading.Event()
    running: list[subprocess.Popen[str]] = []

    def interrupt() -> None:
        started.wait()
        running[0].send_signal(signal.SIGINT)

    aws.after(operation, interrupt)
    command = [sys.executable, "-m", "hatch_lambda", "deploy", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        running.append(process)
        started.set()
        out, err = process.communicate()
    return Ended(process.returncode, out, err)


def run_killed(aws: AwsServer, operation: str, when: str, *arguments: object) -> None:
    """Run ``hatch-lambda deploy`` and kill it before or after AWS does the operation for it."""
    started = threading.Event()
    running: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        started.wait()
        running[0].kill()
        running[0].wait()

    if when == "before":
        aws.before(operation, kill, drop=True)
    else:
        aws.after(operation, kill)
    command = [sys.executable, "-m", "hatch_lambda", "deploy", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        running.append(process)
        started.set()
    assert process.returncode != 0
