"""Compiles the modules of wheels and of the project with a Python of the runtime's minor version."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.archive.bytecode import bytecode_path
from hatch_lambda.archive.plan import Entry, FileContent, TextContent, WheelContent, open_content
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import InterpreterError
from hatch_lambda.files import json_values
from hatch_lambda.progress import Status
from hatch_lambda.runtime.interpreters import PYTHON_VARIABLE, Interpreter, find_interpreter
from hatch_lambda.wheels import compiler
from hatch_lambda.wheels.wheel import read_members, wheel_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hatch_lambda.archive.plan import Content, Origin
    from hatch_lambda.config.options import Kind, LambdaConfig
    from hatch_lambda.progress import Progress
    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.cache import ResultCache
    from hatch_lambda.runtime.runtimes import Runtime
    from hatch_lambda.wheels.cache import WheelCache
    from hatch_lambda.wheels.wheel import Wheel

_KIND = "bytecode"
"""The kind of these files in the wheel cache."""


_DIRECTORIES: Mapping[Kind, str] = {"function": "/var/task", "layer": "/opt/python"}
"""Where Lambda unpacks the modules of a zip.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (``LAMBDA_TASK_ROOT``) and
packaging-layers.html, read 2026-11-27.
"""

_SELECTING = (PYTHON_VARIABLE, "HATCH_UV", "PATH", "PYENV_VERSION")
"""Variables that select a Python."""


@dataclass(frozen=True)
class Compiler:
    """A Python that compiles modules, and the directory that they are in on Lambda.

    ``environ`` are the variables that it starts with. If ``fresh`` is set, results of earlier builds aren't used.
    """

    interpreter: Interpreter
    directory: str
    environ: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    fresh: bool = False

    def compile(self, sources: Mapping[str, bytes], what: str) -> dict[str, bytes]:
        """Return the bytecode of modules by the paths of their sources in the zip, for those that compile.

        They are compiled in one new process, sorted by path, because the bytes depend on what a process has compiled
        before. Raises ``InterpreterError`` if the process fails; ``what`` is what it compiled.
        """
        paths = sorted(sources)
        given = b"".join(_framed(f"{self.directory}/{path}".encode()) + _framed(sources[path]) for path in paths)
        try:
            done = subprocess.run(  # noqa: S603  # no shell, and the program is ours
                self.command(),
                env=self.variables(),
                input=given,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise InterpreterError(self._failure(f"can't be run ({error.strerror})")) from None
        results = list(_frames(done.stdout))
        if done.returncode or len(results) != len(paths):
            output = done.stderr.decode("utf-8", "replace")
            problem = f"ended with exit code {done.returncode} when it compiled {what}"
            raise InterpreterError(self._failure(problem), detail=output)
        return {path: result for path, result in zip(paths, results, strict=True) if result}

    def command(self) -> list[str]:
        """Return the command that starts the compiling program, without the modules of any environment."""
        return [self.interpreter.path, "-s", "-S", compiler.__file__]

    def variables(self) -> dict[str, str]:
        """Return the environment of the program; ``-I`` would ignore the hash seed, which changes bytecode before 3.11.

        Source of the latter: https://github.com/python/cpython/issues/81762, read 2026-11-27.
        """
        others = {name: value for name, value in self.environ.items() if not name.startswith("PYTHON")}
        return {**others, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}

    def _failure(self, problem: str) -> Diagnostic:
        return Diagnostic(
            code="bytecode-failed",
            where=self.interpreter.path,
            problem=problem,
            fix="set HATCH_LAMBDA_PYTHON to another one, or remove bytecode = true",
        )


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(8, "little") + data


def _frames(data: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(data):
        start = position + 8
        position = start + int.from_bytes(data[position:start], "little")
        yield data[start:position]


def find_compiler(config: LambdaConfig, host: Host, results: ResultCache) -> Compiler | None:
    """Return the Python that compiles the modules of a zip; ``None`` without the option ``bytecode``.

    Raises ``InterpreterError`` if none fits.
    """
    if not config.bytecode:
        return None
    found = cached_interpreter(config.target.runtime, host, results, where=config.where("bytecode"))
    return Compiler(found, _DIRECTORIES[config.kind], host.environ, fresh=host.rebuild)


def cached_interpreter(runtime: Runtime, host: Host, results: ResultCache, *, where: str) -> Interpreter:
    """Return what ``find_interpreter`` finds.

    Asking Pythons takes longer than the rest of some builds, so the answer is kept until that Python changes.
    """
    key = ("interpreter", sys.executable, runtime.name, *(host.environ.get(name) for name in _SELECTING))
    found = results.get(_unchanged, *key)
    if found is None or found.problem(runtime):
        found = find_interpreter(runtime, host.environ, where=where)
        results.put([found.as_json(), _state(found)], *key)
    return found


def _unchanged(value: object) -> Interpreter:
    """Return an interpreter from an earlier build; raises ``ValueError`` or ``OSError`` if it has changed since."""
    described, state = json_values.items(value)
    found = Interpreter.from_json(described)
    if state != _state(found):
        raise ValueError("another file")
    return found


def _state(interpreter: Interpreter) -> list[int]:
    status = Path(interpreter.path).stat()
    return [status.st_ino, status.st_size, status.st_mtime_ns]


def with_bytecode(
    entries: Sequence[Entry],
    wheels: Sequence[Wheel],
    compiled_by: Compiler,
    cache: WheelCache,
    progress: Progress,
) -> Sequence[Entry]:
    """Return the entries, those of modules with their bytecode.

    The bytecode of a wheel is in the cache, made once for each version of the Python and each directory on Lambda; that
    of the project is made for each build. A module that doesn't compile has none, and neither has a script.
    """
    entries = list(map(_in_memory, entries))
    groups = [(origin, list(group)) for origin, group in groupby(entries, key=attrgetter("origin"))]
    owners = {origin for origin, group in groups if any(_is_module(entry.path) for entry in group)}
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        jobs = {
            wheel.origin: threads.submit(_wheel_bytecode, wheel, compiled_by, cache)
            for wheel in wheels
            if wheel.origin in owners
        }
        own = _project_bytecode(entries, compiled_by)
        found: dict[Origin, Mapping[str, Content]] = {origin: own for origin in owners if origin.project}
        for count, (origin, job) in enumerate(jobs.items(), 1):
            progress.advance(Status(name=f"compile {origin}", count=count, total=len(jobs)))
            found[origin] = job.result()
    return [entry for origin, group in groups for entry in _compiled(group, found.get(origin, {}), compiled_by)]


def _in_memory(entry: Entry) -> Entry:
    """Return an entry of the zip; the project's modules are read once, so that what is compiled is what is written."""
    if not isinstance(entry.content, FileContent) or not _is_module(entry.path):
        return entry
    with open_content(entry.content) as file:
        return replace(entry, content=TextContent(file.read()))


def _is_module(path: str) -> bool:
    """Return whether Python could import a file of a zip: a script in ``bin/`` is run, and not imported."""
    return path.endswith(".py") and not path.startswith("bin/")


def _compiled(entries: Iterable[Entry], contents: Mapping[str, Content], compiled_by: Compiler) -> Iterator[Entry]:
    """Yield the entries of one owner, those of modules with their bytecode."""
    for entry in entries:
        path = bytecode_path(entry.path, compiled_by.interpreter.python) if _is_module(entry.path) else ""
        if path in contents:
            bytecode = Entry(path, entry.origin, contents[path])
            yield Entry(entry.path, entry.origin, entry.content, entry.executable, bytecode)
        else:
            yield entry


def _wheel_bytecode(wheel: Wheel, compiled_by: Compiler, cache: WheelCache) -> Mapping[str, Content]:
    """Return the bytecode of all modules of a wheel, also of those that the zip excludes, by its path in the zip."""

    def make() -> list[tuple[str, bytes]]:
        contents = {
            entry.path: entry.content
            for entry in wheel_entries(wheel, scripts_for=None)
            if _is_module(entry.path) and isinstance(entry.content, WheelContent)
        }
        sources = dict(zip(contents, read_members(wheel, contents.values()), strict=True))
        return list(_by_path(compiled_by.compile(sources, str(wheel)), compiled_by))

    interpreter = compiled_by.interpreter
    key = (interpreter.version, interpreter.magic, compiled_by.directory)
    return cache.derived(wheel, _KIND, key, make, fresh=compiled_by.fresh).contents


def _project_bytecode(entries: Sequence[Entry], compiled_by: Compiler) -> Mapping[str, Content]:
    sources = {
        entry.path: entry.content.data
        for entry in entries
        if entry.origin.project and _is_module(entry.path) and isinstance(entry.content, TextContent)
    }
    made = compiled_by.compile(sources, "the project") if sources else {}
    return {path: TextContent(data) for path, data in _by_path(made, compiled_by)}


def _by_path(made: Mapping[str, bytes], compiled_by: Compiler) -> Iterator[tuple[str, bytes]]:
    return ((bytecode_path(path, compiled_by.interpreter.python), data) for path, data in made.items())
