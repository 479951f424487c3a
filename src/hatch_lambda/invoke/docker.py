"""Runs a function in AWS's image of its runtime, for machines that can't run it themselves.

The image's emulator answers over HTTP. Sources: https://docs.aws.amazon.com/lambda/latest/dg/python-image.html and
https://github.com/aws/aws-lambda-runtime-interface-emulator, read 2026-11-27.
"""

from __future__ import annotations

import http.client
import json
import math
import shutil
import subprocess
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import HostError, last_lines
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.invoke.output import OutputReader
from hatch_lambda.invoke.runtime_api import error_body
from hatch_lambda.invoke.sandbox import LAYERS, TASK_ROOT, Files
from hatch_lambda.invoke.session import INIT_SECONDS, Function, Outcome
from hatch_lambda.invoke.unpack import make_read_only, make_removable, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hatch_lambda.resolve.base import Host
    from hatch_lambda.runtime.runtimes import Runtime

ENGINES = ("docker", "podman", "finch")
"""Programs that run containers with the same command line, in the order in which they are tried."""

_IMAGE = "public.ecr.aws/lambda/python"
_PORT = "8080/tcp"
_PATH = "/2015-03-31/functions/function/invocations"
_PLATFORMS = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}
_START_SECONDS, _PAUSE = 60.0, 0.1
_MARGIN = 30.0
"""Seconds in addition to the function's own, for the emulator, and for the emulation of another processor."""


@dataclass(frozen=True)
class Container:
    """A running container of a function, and the port of its emulator on 127.0.0.1."""

    function: Function
    port: int
    output: OutputReader

    def invoke(self, body: bytes) -> Outcome:
        """Call the function with an event, and return its answer; raises ``HostError`` if the emulator doesn't answer.

        The first call also loads the function.
        """
        start = time.perf_counter()
        seconds = self.function.seconds + INIT_SECONDS + _MARGIN
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
            try:
                connection.request("POST", _PATH, body, {"Content-Type": "application/json"})
                answer = connection.getresponse().read().decode("utf-8", "replace")
                break
            except (OSError, http.client.HTTPException) as error:
                is_starting = isinstance(error, ConnectionError) and time.perf_counter() < start + _START_SECONDS
                if not is_starting:
                    detail = "\n".join(self.output.last_lines)
                    problem = f"the emulator doesn't answer ({error})"
                    raise HostError(_problem(problem, _SEE_OUTPUT), detail=detail) from None
            finally:
                connection.close()
            time.sleep(_PAUSE)
        self.output.catch_up(_PAUSE)
        ok, text = read_answer(answer)
        return Outcome(ok=ok, body=text, seconds=time.perf_counter() - start, request_id="local")


_SEE_OUTPUT = "fix the cause in its output"


@contextmanager
def started_container(function: Function, host: Host, show: Callable[[str], None]) -> Iterator[Container]:
    """Start a function in a container, and remove the container at the end of the block; raises ``HostError``."""
    engine = find_engine(host.environ)
    name = f"hatch-lambda-{uuid.uuid4().hex[:12]}"
    with temporary_directory() as directory:
        files = Files(Path(directory))
        for path in (files.task, files.layers):
            path.mkdir()
        unpack([function.path, *function.layers], [files.task, *([files.layers] * len(function.layers))])
        make_read_only([files.task, files.layers])
        try:
            environ = {**host.environ, **function.variables}
            _call(engine, run_arguments(engine, name, function, files), environ)
            port = int(_call(engine, ["port", name, _PORT], host.environ).splitlines()[0].rpartition(":")[2])
            command = [engine, "logs", "--follow", name]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as logs:  # noqa: S603
                output = OutputReader(logs.stdout, show)  # type: ignore[arg-type]  # it was started with a pipe
                try:
                    yield Container(function, port, output)
                finally:
                    logs.kill()
                    output.close(_PAUSE)
        finally:
            with suppress(HostError):
                _call(engine, ["rm", "--force", name], host.environ)
            make_removable(Path(directory))


def find_engine(environ: Mapping[str, str]) -> str:
    """Return the program that runs containers; raises ``HostError`` if none is installed, or none is running."""
    problem = _problem(f"none of {', '.join(ENGINES)} is installed", "install one of them")
    detail = ""
    for engine in ENGINES:
        program = shutil.which(engine, path=environ.get("PATH"))
        if program is None:
            continue
        try:
            _call(program, ["ps", "--quiet"], environ)
        except HostError as error:
            problem, detail = _problem(f"{engine} isn't running", f"start {engine}"), error.detail
        else:
            return program
    raise HostError(problem, detail=detail)


def run_arguments(engine: str, name: str, function: Function, files: Files) -> list[str]:
    """Return the arguments that start a function in AWS's image; the values of its variables aren't among them."""
    options = "ro,z" if Path(engine).stem == "podman" else "ro"  # z: for SELinux, with which podman usually runs
    timeout = f"AWS_LAMBDA_FUNCTION_TIMEOUT={max(1, math.ceil(function.seconds))}"
    return [
        *("run", "--detach", f"--name={name}", f"--platform={_PLATFORMS[function.target.architecture]}"),
        "--publish=127.0.0.1::8080",
        f"--volume={files.task}:{TASK_ROOT}:{options}",
        f"--volume={files.layers}:{LAYERS}:{options}",
        f"--env={timeout}",
        *(f"--env={variable}" for variable in sorted(function.variables)),
        image_of(function.target.runtime),
        function.handler,
    ]


def image_of(runtime: Runtime) -> str:
    """Return the name of AWS's image of a runtime."""
    return f"{_IMAGE}:{runtime.python_version}{'-preview' if runtime.state == 'preview' else ''}"


def read_answer(text: str) -> tuple[bool, str]:
    """Return whether the emulator's answer is the function's, and the answer, or the error as JSON.

    The emulator marks errors by their content only, and reports a timeout as plain text.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False, error_body(
            "Sandbox.Timedout" if "timed out" in text else "Runtime.ExitError", text.strip()
        ).decode()
    return not (isinstance(value, dict) and {"errorType", "errorMessage"} <= value.keys()), text


def _call(engine: str, arguments: list[str], environ: Mapping[str, str]) -> str:
    """Return what the program prints; raises ``HostError`` with its output if it fails."""
    try:
        done = subprocess.run(  # noqa: S603  # no shell, and the program is the user's
            [engine, *arguments],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise HostError(_problem(f"{engine} can't be started ({error.strerror})", "reinstall it")) from None
    if done.returncode:
        problem = _problem(f"'{Path(engine).stem} {arguments[0]}' failed", _SEE_OUTPUT)
        raise HostError(problem, detail=last_lines(done.stderr or done.stdout))
    return done.stdout.strip()


def _problem(problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code="cannot-run", where="--docker", problem=problem, fix=fix)
