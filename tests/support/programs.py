"""Modules run as programs, as ``python -m MODULE`` does, without importing everything again each time.

On Linux a program starts as a fork of a process that has imported what the program will, but run nothing of it; so does
each pip that a build starts. From there on it is the same program, with arguments, folder, environment and files of its
own. What Python itself reads when it starts, such as PYTHONPATH, still gets a new Python.
"""

from __future__ import annotations

import atexit
import os
import shlex
import socket
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING

from tests.support.fork_client import run_fork

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CLIENT, SERVER = (Path(__file__).with_name(f"fork_{side}.py") for side in ("client", "server"))

IMPORTED = {
    "hatch": ("hatch.cli", "hatch_lambda.plugin.publisher", "hatch_lambda.deploy.aws"),
    "hatch_lambda": (
        "hatch_lambda.cli.deploy",
        "hatch_lambda.cli.diff",
        "hatch_lambda.cli.project",
        "hatch_lambda.deploy.aws",
        "hatch_lambda.plugin.command",
    ),
    "hatchling": ("hatchling.cli.build", "hatchling.builders.sdist", "hatch_lambda.plugin.build_hook"),
}
"""What is imported for each program that can be forked; any other gets a new Python."""

IMPORTED_FOR_PIP = (
    "pip._internal.cli.req_command",
    "pip._internal.resolution.resolvelib.resolver",
    "pip._internal.self_outdated_check",
    "pip._internal.wheel_builder",
    "pip._vendor.pyproject_hooks",
    "pip._vendor.rich.logging",
    "pip._vendor.truststore",
)
"""Most of pip, but nothing that has taken the markers of this machine by name before our runner replaces them."""

PYTHON = Path(sys.executable)

_STARTING = threading.Lock()


def run_module(
    module: str, *arguments: str, cwd: Path | None = None, environ: Mapping[str, str], python: Path = PYTHON
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m MODULE ARGUMENT...`` without any input, and return how it ended."""
    command = ["-m", module, *arguments]
    with Path(os.devnull).open() as null, TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        code = None
        if sys.platform == "linux" and python == PYTHON and module in IMPORTED:
            files = [file.fileno() for file in (null, out, err)]
            with _STARTING:
                directory = _server(module)
            code = run_fork(str(directory), command, str(cwd or Path.cwd()), environ, files)
        if code is None:
            done = subprocess.run(
                [python, *command], cwd=cwd, env=environ, stdin=null, stdout=out, stderr=err, check=False
            )
            code = done.returncode
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(command, code, out.read(), err.read())


@cache
def _server(module: str) -> Path:
    """Start the server that forks the module, and return the directory of its socket."""
    directory = _directory("modules")
    _serve(directory / module, IMPORTED[module], python=sys.executable if module == "hatch" else _python())
    return directory


@cache
def _python() -> str:
    """Return a program that does as this Python, but forks pip."""
    directory = _directory("pip")
    _serve(directory / "pip", IMPORTED_FOR_PIP, python=sys.executable, PYTHONIOENCODING="utf-8")
    (directory / "pip_runner.py").symlink_to("pip")
    program = directory / "python"
    command = [sys.executable, "-IS", str(CLIENT), str(directory), sys.executable]
    program.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    program.chmod(0o755)
    return str(program)


def _serve(address: Path, modules: Iterable[str], python: str, **environ: str) -> None:
    """Start a process that imports the modules and forks at the address, until this process ends."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        process = subprocess.Popen(
            [sys.executable, SERVER, str(listener.fileno()), python, *modules],
            env={**kept, **environ},
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )
    atexit.register(process.communicate)


@cache
def _scratch() -> Path:
    directory = TemporaryDirectory(prefix="forks-")
    atexit.register(directory.cleanup)
    return Path(directory.name)


def _directory(name: str) -> Path:
    """Return a directory for sockets; the system allows their paths 100 bytes."""
    directory = _scratch() / name
    directory.mkdir(exist_ok=True)
    return directory
