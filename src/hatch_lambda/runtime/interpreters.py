"""Finds a CPython of a runtime's minor version on this machine; hatch-lambda downloads none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import InterpreterError
from hatch_lambda.files import json_values
from hatch_lambda.files.programs import program_output, uv_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hatch_lambda.runtime.runtimes import Runtime

PYTHON_VARIABLE = "HATCH_LAMBDA_PYTHON"

SECONDS = 30
"""The longest time that a Python needs to say what it is: a virus scanner can delay its first start."""

_MOST_REASONS = 3
_UNUSABLE = (OSError, subprocess.SubprocessError, ValueError)
"""The exceptions of a program that doesn't run, or isn't a Python 3."""

_QUESTION = """\
import sys, sysconfig
from importlib.util import MAGIC_NUMBER
from json import dumps
print(dumps({
    "path": sys.executable,
    "name": sys.implementation.name,
    "python": list(sys.version_info[:2]),
    "version": sys.version.split()[0],
    "release": sys.version_info.releaselevel,
    "magic": int.from_bytes(MAGIC_NUMBER[:2], "little"),
    "debug": hasattr(sys, "gettotalrefcount"),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
}))
"""


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A Python of this machine, as it describes itself.

    ``version`` has its patch level, such as ``3.13.5``. ``magic`` is the number at the start of its bytecode files.
    """

    path: str
    name: str
    python: tuple[int, int]
    version: str
    release: str
    magic: int
    debug: bool = False
    free_threaded: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the value that ``from_json`` reads."""
        return {**vars(self), "python": list(self.python)}

    @classmethod
    def from_json(cls, value: object) -> Interpreter:
        """Return an interpreter from the answer to the question; raises ``ValueError`` for any other value."""
        values = json_values.fields(value)
        try:
            major, minor = json_values.items(values["python"])
            return cls(
                path=json_values.text(values["path"]),
                name=json_values.text(values["name"]),
                python=(json_values.number(major), json_values.number(minor)),
                version=json_values.text(values["version"]),
                release=json_values.text(values["release"]),
                magic=json_values.number(values["magic"]),
                debug=bool(values["debug"]),
                free_threaded=bool(values["free_threaded"]),
            )
        except KeyError:
            raise ValueError("no description") from None

    def problem(self, runtime: Runtime) -> str | None:
        """Return why its bytecode and its extension modules aren't those of the runtime, or ``None`` if they are."""
        if self.name != "cpython":
            return f"is {self.name}, not CPython"
        if self.python != runtime.python:
            return f"is CPython {self.version}"
        if self.release != "final":
            return f"is the pre-release {self.version}"
        if self.debug or self.free_threaded:
            return f"is a {'debug' if self.debug else 'free-threaded'} build"
        if runtime.magic not in {None, self.magic}:
            return f"writes bytecode with the magic number {self.magic}, and the runtime reads {runtime.magic}"
        return None


def find_interpreter(runtime: Runtime, environ: Mapping[str, str], *, where: str) -> Interpreter:
    """Return a CPython of the runtime's minor version, at any patch level.

    The first of these that fits: those of ``HATCH_LAMBDA_PYTHON``, the Python that runs this, the one that uv finds,
    and those on PATH. Raises ``InterpreterError`` if none fits, or if one of the variable doesn't run; ``where`` is
    what needs it. PyPy, pre-releases, debug builds, and free-threaded builds don't fit.
    """
    rejected = []
    for found in _interpreters(runtime, environ):
        problem = found.problem(runtime)
        if problem is None:
            return found
        rejected.append(f"{found.path} {problem}")
    version = runtime.python_version
    reasons = ", ".join(list(dict.fromkeys(rejected))[:_MOST_REASONS])
    raise InterpreterError(
        Diagnostic(
            code="no-interpreter",
            where=where,
            problem=f"needs CPython {version}, which isn't on this machine" + (f" ({reasons})" if reasons else ""),
            fix=f"run 'uv python install {version}', or set {PYTHON_VARIABLE} to the path of a python{version}",
        )
    )


def _interpreters(runtime: Runtime, environ: Mapping[str, str]) -> Iterator[Interpreter]:
    """Yield each Python that might fit, in the order of preference; a program that doesn't run is skipped."""
    for path in filter(None, environ.get(PYTHON_VARIABLE, "").split(os.pathsep)):
        yield _named_interpreter(path, environ)
    if sys.version_info[:2] == runtime.python:
        yield from _described([sys.executable], environ)
    for command in _commands(runtime.python_version, environ):
        yield from _described(command, environ)


def _commands(version: str, environ: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield the command of each other Python of a version that this machine might have."""
    uv = uv_program(environ)
    if uv:
        with suppress(OSError, subprocess.SubprocessError):
            command = [uv, "python", "find", "--no-python-downloads", f"cpython@{version}"]
            yield [program_output(command, environ, seconds=SECONDS).strip()]
    for directory in environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which(f"python{version}", path=directory)
        if found:
            yield [found]
        if Path(directory).name == "shims":  # of pyenv: they fail for all versions but the selected ones
            versions = Path(directory).parent.glob(f"versions/{version}.*/bin/python")
            yield from ([str(python)] for python in sorted(versions, reverse=True))
    launcher = shutil.which("py", path=environ.get("PATH"))  # of Windows
    if launcher:
        yield [launcher, f"-{version}"]


def _described(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[Interpreter]:
    """Yield the Python that a command starts, if it runs and describes itself."""
    with suppress(*_UNUSABLE):
        yield _ask(command, environ)


def _named_interpreter(path: str, environ: Mapping[str, str]) -> Interpreter:
    """Return the Python at a path of the variable; raises ``InterpreterError`` if it doesn't run."""
    try:
        return _ask([path], environ)
    except OSError as error:
        problem = f"can't run {path!r} ({error.strerror})"
    except subprocess.TimeoutExpired:
        problem = f"{path!r} doesn't answer within {SECONDS} s"
    except _UNUSABLE:
        problem = f"{path!r} isn't a Python 3 that works"
    raise InterpreterError(
        Diagnostic(
            code="no-interpreter",
            where=PYTHON_VARIABLE,
            problem=problem,
            fix="set it to the path of a CPython of the runtime's version, or unset it",
        )
    )


def _ask(command: Sequence[str], environ: Mapping[str, str]) -> Interpreter:
    """Return how a Python describes itself; raises one of ``_UNUSABLE``."""
    answer = program_output([*command, "-I", "-S", "-c", _QUESTION], environ, seconds=SECONDS)
    return Interpreter.from_json(json.loads(answer))
