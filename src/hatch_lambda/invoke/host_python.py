"""What the Python of a runtime consists of on this machine: its directory, and the libraries that it loads."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import InterpreterError
from hatch_lambda.files import json_values
from hatch_lambda.files.programs import program_output
from hatch_lambda.runtime.interpreters import PYTHON_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hatch_lambda.resolve.cache import ResultCache

SECONDS = 60
"""The longest time that the question can take; an emulated Python is slow."""

_PROGRAMS = ("bash", "cat", "env", "ls", "sh", "uname")
"""Programs of Lambda's system that functions and their packages start."""

_UNWANTED = ("_test", "_tkinter", "_xx", "xx", "_dbm", "_gdbm")
"""Starts of the names of extension modules that Lambda's Python doesn't have, or that nothing uses there."""

_QUESTION = """\
import importlib, json, os, platform, sys
prefix = os.path.realpath(sys.base_prefix)
loaded = []
if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
    names, unwanted = json.loads(sys.argv[1]), tuple(json.loads(sys.argv[2]))
    for directory in [path for path in sys.path if path.endswith("lib-dynload")]:
        for name in sorted(os.listdir(directory)):
            if not name.startswith(unwanted):
                try:
                    importlib.import_module(name.partition(".")[0])
                except Exception:
                    pass
    try:
        from ctypes import CDLL
    except ImportError:
        names = []
    for name in names:
        try:
            CDLL(name)
        except OSError:
            pass
    with open("/proc/self/maps") as maps:
        mapped = {line.split(maxsplit=5)[5].strip() for line in maps if "/" in line}
    loaded = sorted(path for path in mapped if ".so" in path and "/lib-dynload/" not in path)
print(json.dumps({
    "prefix": prefix,
    "program": os.path.realpath(sys.executable),
    "machine": platform.machine(),
    "libraries": loaded,
    "glibc": platform.libc_ver()[0] == "glibc",
    "linux": sys.platform == "linux",
}))
"""


@dataclass(frozen=True, kw_only=True)
class HostPython:
    """A Python of this machine. ``libraries`` are the files that it and a few programs load, empty without glibc."""

    prefix: str
    program: str
    machine: str
    linux: bool
    glibc: bool
    libraries: tuple[str, ...]
    programs: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: object) -> HostPython:
        """Return a description from its JSON value; raises ``ValueError`` or ``LookupError`` for any other value."""
        values = json_values.fields(value)
        return cls(
            prefix=json_values.text(values["prefix"]),
            program=json_values.text(values["program"]),
            machine=json_values.text(values["machine"]),
            linux=bool(values["linux"]),
            glibc=bool(values["glibc"]),
            libraries=json_values.texts(values["libraries"]),
            programs=json_values.texts(values.get("programs", [])),
        )


def describe_python(
    path: str, libraries: Collection[str], environ: Mapping[str, str], results: ResultCache
) -> HostPython:
    """Return what a Python consists of; ``libraries`` are names of those that Lambda has in addition to Python's.

    The answer is cached until the file changes. Raises ``InterpreterError`` if the Python doesn't run.
    """
    try:
        key = ("host-python", path, Path(path).stat().st_mtime_ns, sorted(libraries), environ.get("PATH"))
        known = results.get(HostPython.from_json, *key)
        if known is None:
            question = [path, "-I", "-S", "-c", _QUESTION, json.dumps(sorted(libraries)), json.dumps(_UNWANTED)]
            known = HostPython.from_json(json.loads(program_output(question, environ, seconds=SECONDS)))
            known = _with_programs(known, environ) if known.glibc else known
            results.put(asdict(known), *key)
    except (OSError, ValueError, LookupError, subprocess.SubprocessError) as error:
        raise InterpreterError(
            Diagnostic(
                code="no-interpreter",
                where=path,
                problem=f"this Python doesn't work ({error})",
                fix=f"reinstall it, or set {PYTHON_VARIABLE} to the path of another one",
            )
        ) from None
    return known


def _with_programs(python: HostPython, environ: Mapping[str, str]) -> HostPython:
    programs = tuple(filter(None, (shutil.which(name, path=environ.get("PATH")) for name in _PROGRAMS)))
    needed = {path for program in programs for path in _needed_libraries(program, environ)}
    return replace(python, libraries=tuple(dict.fromkeys([*python.libraries, *sorted(needed)])), programs=programs)


def _needed_libraries(program: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the libraries that the loader finds for a program, as ``ldd`` does."""
    try:
        listed = program_output([program, "--version"], {**environ, "LD_TRACE_LOADED_OBJECTS": "1"}, seconds=SECONDS)
    except (OSError, subprocess.SubprocessError):
        return
    for line in listed.splitlines():
        path = next((word for word in line.split() if word.startswith("/")), None)
        if path and line.rstrip().endswith(")"):
            yield path
