"""A function in one warm environment, as on Lambda: loaded once, then called with one event after another."""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import HatchLambdaError, HostError
from hatch_lambda.files import json_values
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.invoke.host_python import HostPython, describe_python
from hatch_lambda.invoke.output import OutputReader
from hatch_lambda.invoke.runtime_api import Event, Message, RuntimeApi, error_body
from hatch_lambda.invoke.runtime_packages import CLIENT, add_runtime_packages
from hatch_lambda.invoke.sandbox import Files, start
from hatch_lambda.invoke.unpack import UnpackedCode, make_removable, unpack
from hatch_lambda.invoke.variables import lambda_variables
from hatch_lambda.runtime.target import ARCHITECTURES, Target
from hatch_lambda.wheels.bytecode import cached_interpreter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hatch_lambda.invoke.sandbox import Started
    from hatch_lambda.resolve.base import Host
    from hatch_lambda.runtime.target import Architecture
    from hatch_lambda.wheels.cache import WheelCache

INIT_SECONDS = 10.0
"""The least time that a function has to be loaded.

Source: "Init phase", https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, read 2026-11-27.
"""

_FAILURES = frozenset({"error", "too-large", "ended", "timeout"})
"""The kinds of messages that are failures; after all but the first, the environment can't be used again."""

_PATIENCE = 2.0
"""The longest wait for output of processes that have ended, in seconds."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function to run: its zip, its layers in their order, its handler, and its variables.

    ``name`` is what messages call it. ``seconds`` is the longest time for an event.
    """

    name: str
    path: Path
    layers: tuple[Path, ...]
    target: Target
    handler: str
    variables: Mapping[str, str]
    seconds: float


@dataclass(frozen=True)
class ImportFailure:
    """Why the handler's module couldn't be imported: ``module`` if one was missing, and the traceback.

    ``frames`` are path on Lambda, line, function, and code.
    """

    kind: str
    message: str
    module: str | None
    frames: tuple[tuple[str, int, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an event, or of loading the function: JSON, which is an error unless ``ok``.

    ``seconds`` is the duration, ``memory`` the highest number of bytes so far, ``None`` if unknown. ``ended`` is
    whether the environment can't get another event.
    """

    ok: bool
    body: str
    seconds: float
    request_id: str = ""
    memory: int | None = None
    ended: bool = False
    failure: ImportFailure | None = None


class Session:
    """A function that was started. ``difference`` is why Lambda's paths aren't real ones, or ``None`` if they are."""

    def __init__(self, api: RuntimeApi, started: Started, output: OutputReader, function: Function) -> None:
        self.difference = started.difference
        self.output = output
        self._api = api
        self._started = started
        self._function = function
        self._start = perf_counter()
        Thread(target=self._watch, daemon=True).start()

    def load(self) -> Outcome:
        """Wait until the function is loaded, and return how that ended."""
        seconds = max(INIT_SECONDS, self._function.seconds)
        return self._outcome(self._start, seconds, f"Init phase timed out after {seconds:.2f} seconds", "ready")

    def invoke(self, body: bytes) -> Outcome:
        """Call the function with an event, and return its answer."""
        event = Event(body, self._function.seconds)
        self._api.events.put(event)
        seconds = self._function.seconds
        text = f"RequestId: {event.request_id} Error: Task timed out after {seconds:.2f} seconds"
        return self._outcome(perf_counter(), seconds, text, "answer", event)

    def _outcome(self, start: float, seconds: float, timeout: str, awaited: str, event: Event | None = None) -> Outcome:
        request = event.request_id if event else ""
        failure = None
        while True:
            try:
                message = self._api.messages.get(timeout=max(0.0, start + seconds - perf_counter()))
            except Empty:
                message = Message("timeout", error_body("Sandbox.Timedout", timeout))
            if message.kind == "sent":
                start = message.time
            elif message.kind == "import-error":
                failure = _import_failure(message.body, self._started.lambda_path)
            elif message.kind in {awaited, *_FAILURES}:
                break
        self.output.catch_up(_PATIENCE)
        return Outcome(
            ok=message.kind == awaited,
            body=message.body.decode("utf-8", "replace") if message.kind != "ended" else self._exit_error(request),
            seconds=message.time - start,
            request_id=request,
            memory=self._started.max_memory(),
            ended=message.kind in _FAILURES and (event is None or message.kind != "error"),
            failure=failure,
        )

    def _exit_error(self, request: str) -> str:
        """Return the error of a process that has ended without an answer, as Lambda words it."""
        code = self._started.process.returncode
        status = f"signal: {(signal.strsignal(-code) or str(-code)).lower()}" if code < 0 else f"exit status {code}"
        start = f"RequestId: {request} Error: " if request else ""
        text = f"{start}Runtime exited " + (f"with error: {status}" if code else "without providing a reason")
        return error_body("Runtime.ExitError", text).decode()

    def _watch(self) -> None:
        self._started.process.wait()
        self._api.messages.put(Message("ended"))


@contextmanager
def started_function(
    function: Function, wheel_cache: WheelCache, host: Host, show: Callable[[str], None], options: tuple[str, ...] = ()
) -> Iterator[Session]:
    """Start a function, and end it and every process that it has started at the end of the block.

    ``show`` gets each line of its output. Raises ``HostError`` if this machine can't run it.
    """
    with temporary_directory() as directory:
        files = Files(Path(directory))
        try:
            python = _prepare(function, files, wheel_cache, host)
            with RuntimeApi() as api:
                variables = lambda_variables(function.target.runtime, function.handler, api.address, function.variables)
                started = start(files, python, variables, host, options)
                output = OutputReader(started.output, show)
                try:
                    yield Session(api, started, output, function)
                finally:
                    started.kill()
                    output.close(_PATIENCE)
        finally:
            make_removable(Path(directory))


def _prepare(function: Function, files: Files, wheel_cache: WheelCache, host: Host) -> HostPython:
    """Unpack the function and what it runs on, and return the Python that runs it; raises ``HostError``."""
    runtime = function.target.runtime
    try:
        interpreter = cached_interpreter(runtime, host, wheel_cache.results, where=function.name)
        python = describe_python(interpreter.path, runtime.system.libraries, host.environ, wheel_cache.results)
    except HatchLambdaError as error:
        raise HostError(error.diagnostics) from None
    directories = [files.task, *([files.layers] * len(function.layers))]
    for directory in (files.task, files.layers, files.packages, files.temporary):
        directory.mkdir()
    code = unpack([function.path, *function.layers], directories)
    machine = next((name for name in ARCHITECTURES if Target(runtime, name).machine == _machine(python)), None)
    problem = _native_problem(function, code, python, machine)
    if problem:
        raise HostError(problem)
    target = Target(runtime, machine or "x86_64")  # on other processors, only the Python modules of its wheel count
    try:
        add_runtime_packages(target, wheel_cache, host, files.packages, sdk=code.needs_sdk)
    except HatchLambdaError as error:
        where = f"{CLIENT}, which runs {function.name}"
        note = Diagnostic(
            code="cannot-run",
            where=where,
            problem="not available",
            fix="run it once with access to a package index",
        )
        raise HostError([note, *error.diagnostics], detail=error.detail, excerpt=error.excerpt) from None
    return python


def _machine(python: HostPython) -> str:
    return {"AMD64": "x86_64", "arm64": "aarch64"}.get(python.machine, python.machine)


def _native_problem(
    function: Function, code: UnpackedCode, python: HostPython, machine: Architecture | None
) -> Diagnostic | None:
    """Return why this machine can't load the native code of a function, or ``None`` if it can."""
    if not code.native or (python.linux and python.glibc and machine in code.native):
        return None
    needed = " and ".join(sorted(code.native))
    system = machine or python.machine if python.linux else "another system"
    return Diagnostic(
        code="cannot-run",
        where=function.name,
        problem=f"its native code is for Linux with glibc on {needed}, and this machine's Python is for {system}",
        fix="run it with 'hatch-lambda invoke --docker', or build it for this machine",
    )


def _import_failure(body: bytes, lambda_path: Callable[[str], str]) -> ImportFailure | None:
    """Return the report of ``bootstrap.py``; ``None`` for anything else that a function has sent."""
    try:
        values = json_values.fields(json.loads(body))
        frames = [json_values.items(frame) for frame in json_values.items(values["frames"])]
        return ImportFailure(
            json_values.text(values["type"]),
            json_values.text(values["message"]),
            json_values.text_or_none(values["module"]),
            tuple(
                (lambda_path(str(file)), int(line or 0), str(name), str(code or ""))
                for file, line, name, code in frames
            ),
        )
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
