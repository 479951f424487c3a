"""Pythons of the build machine, found for a runtime."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.config.options import LambdaConfig
from hatch_lambda.errors import InterpreterError
from hatch_lambda.resolve.base import Host
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.runtime import interpreters
from hatch_lambda.runtime.interpreters import Interpreter, find_interpreter
from hatch_lambda.runtime.runtimes import AMAZON_LINUX_2023, RUNTIMES, Runtime
from hatch_lambda.runtime.target import Target
from hatch_lambda.wheels.bytecode import Compiler, find_compiler

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the programs are shell scripts")

OURS = Runtime("ours", (sys.version_info[0], sys.version_info[1]), 0, AMAZON_LINUX_2023, "custom")
OTHER = Runtime("python3.99", (3, 99), 0, AMAZON_LINUX_2023, "custom")
DESCRIPTION = {
    "path": "/opt/python3.99",
    "name": "cpython",
    "python": [3, 99],
    "version": "3.99.1",
    "release": "final",
    "magic": 9000,
    "debug": False,
    "free_threaded": False,
}


@pytest.fixture
def path(tmp_path):
    directory = tmp_path / "bin"
    directory.mkdir()
    return directory


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def python(program_path: Path, **changed: object) -> Path:
    return program(program_path, f"echo '{json.dumps({**DESCRIPTION, **changed})}'")


def environ(path: Path, **variables: str) -> dict[str, str]:
    return {"PATH": f"{path}{os.pathsep}/usr/bin{os.pathsep}/bin", "HATCH_UV": str(path / "uv"), **variables}


def message(runtime: Runtime, variables: dict[str, str]) -> str:
    with pytest.raises(InterpreterError) as caught:
        find_interpreter(runtime, variables, where="bytecode")
    return str(caught.value)


def test_the_build_python_is_used_if_it_fits(path):
    found = find_interpreter(OURS, environ(path), where="bytecode")

    assert (found.path, found.version) == (sys.executable, sys.version.split()[0])


def test_this_python_writes_bytecode_with_the_number_of_its_runtime(path):
    (runtime,) = (runtime for runtime in RUNTIMES if runtime.python == OURS.python)

    assert find_interpreter(runtime, environ(path), where="bytecode").magic == runtime.magic


def test_the_python_of_the_variable_is_preferred(path, tmp_path):
    wanted = python(tmp_path / "mine", path="/mine")
    python(path / "python3.99")

    found = find_interpreter(OTHER, environ(path, HATCH_LAMBDA_PYTHON=str(wanted)), where="bytecode")

    assert found.path == "/mine"


def test_a_python_of_the_variable_for_another_runtime_is_skipped(path):
    python(path / "python3.99")

    found = find_interpreter(OTHER, environ(path, HATCH_LAMBDA_PYTHON=sys.executable), where="bytecode")

    assert found.path == "/opt/python3.99"


def test_uv_is_asked_before_path_is_searched(path, tmp_path):
    managed = python(tmp_path / "managed", path="/managed")
    program(path / "uv", f'[ "$*" = "python find --no-python-downloads cpython@3.99" ] && echo {managed}')
    python(path / "python3.99")

    assert find_interpreter(OTHER, environ(path), where="bytecode").path == "/managed"


def test_a_shim_that_fails_is_replaced_by_its_versions(tmp_path):
    shims = tmp_path / "shims"
    program(shims / "python3.99", "exit 127")
    python(tmp_path / "versions" / "3.99.1" / "bin" / "python", path="/versions/3.99.1")

    assert find_interpreter(OTHER, environ(shims), where="bytecode").path == "/versions/3.99.1"


def test_the_launcher_of_windows_is_asked_last(path):
    program(path / "py", f"""[ "$1" = -3.99 ] && echo '{json.dumps({**DESCRIPTION, "path": "/launched"})}'""")

    assert find_interpreter(OTHER, environ(path), where="bytecode").path == "/launched"


def test_without_a_python_the_ways_to_get_one_are_named(path):
    assert message(OTHER, environ(path)) == (
        "error: bytecode: needs CPython 3.99, which isn't on this machine; run 'uv python install 3.99', or set "
        "HATCH_LAMBDA_PYTHON to the path of a python3.99 [no-interpreter]"
    )


def test_pythons_that_do_not_fit_are_named(path, tmp_path):
    later = tmp_path / "later"
    later.mkdir()
    python(path / "python3.99", release="candidate", version="3.99.0rc1")
    python(later / "python3.99", path="/debug", debug=True)
    variables = environ(path)
    variables["PATH"] += f"{os.pathsep}{later}"

    assert message(OTHER, variables) == (
        "error: bytecode: needs CPython 3.99, which isn't on this machine (/opt/python3.99 is the pre-release "
        "3.99.0rc1, /debug is a debug build); run 'uv python install 3.99', or set HATCH_LAMBDA_PYTHON to the path of "
        "a python3.99 [no-interpreter]"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("exit 1", "isn't a Python 3 that works"),
        ("echo Python 2.7.18", "isn't a Python 3 that works"),
        ("echo '{\"python\": [3, 99]}'", "isn't a Python 3 that works"),
        ("exec sleep 60", "doesn't answer within 0.5 s"),
    ],
)
def test_a_python_of_the_variable_must_run(path, tmp_path, monkeypatch, text, problem):
    monkeypatch.setattr(interpreters, "SECONDS", 0.5)
    wrong = program(tmp_path / "wrong", text)

    assert message(OTHER, environ(path, HATCH_LAMBDA_PYTHON=str(wrong))) == (
        f"error: HATCH_LAMBDA_PYTHON: '{wrong}' {problem}; set it to the path of a CPython of the runtime's version, "
        "or unset it [no-interpreter]"
    )


def test_a_path_in_the_variable_must_exist(path, tmp_path):
    assert message(OTHER, environ(path, HATCH_LAMBDA_PYTHON=str(tmp_path / "none"))) == (
        f"error: HATCH_LAMBDA_PYTHON: can't run '{tmp_path / 'none'}' (No such file or directory); set it to the path "
        "of a CPython of the runtime's version, or unset it [no-interpreter]"
    )


def test_a_machine_without_uv_is_searched_too(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "uv", None)
    python(path / "python3.99")

    found = find_interpreter(OTHER, {"PATH": str(path)}, where="bytecode")

    assert found.path == "/opt/python3.99"


# The Python that compiles


def compiler_version(path: Path, results: ResultCache, **variables: str) -> str:
    options = LambdaConfig(target=Target(OTHER, "x86_64"), bytecode=True)
    found = find_compiler(options, Host(environ(path, **variables), path), results)
    assert found is not None
    return found.interpreter.version


def test_a_python_is_asked_once_until_it_changes(path, tmp_path):
    results = ResultCache(tmp_path / "memory")
    there = path / "python3.99"
    python(there, path=str(there))

    first = compiler_version(path, results)
    (path / "uv").symlink_to("/bin/true")  # which would have been asked first, and finds nothing
    again = compiler_version(path, results)
    python(there, path=str(there), version="3.99.22")
    changed = compiler_version(path, results)
    there.rename(path / "elsewhere")
    python(there, path=str(there), version="3.99.3")

    assert (first, again, changed, compiler_version(path, results)) == ("3.99.1", "3.99.1", "3.99.22", "3.99.3")


def test_a_python_that_does_not_fit_any_more_is_not_used(path, tmp_path):
    results = ResultCache(tmp_path / "memory")
    there = path / "python3.99"
    python(there, path=str(there))
    known = [{**DESCRIPTION, "path": str(there), "version": "3.99.0", "release": "beta"}, [0, 0, 0]]
    key = ("interpreter", sys.executable, "python3.99", None, str(path / "uv"), environ(path)["PATH"], None)
    status = there.stat()
    known[1] = [status.st_ino, status.st_size, status.st_mtime_ns]
    results.put(known, *key)

    assert compiler_version(path, results) == "3.99.1"


def test_without_the_option_no_python_is_asked(path):
    options = LambdaConfig(target=Target(OTHER, "x86_64"))

    assert find_compiler(options, Host({}, path), ResultCache(path)) is None


def test_a_python_that_has_gone_cannot_be_run(path):
    missing = Compiler(replace(Interpreter.from_json(DESCRIPTION), path=str(path / "gone")), "/var/task")

    with pytest.raises(InterpreterError) as caught:
        missing.compile({"a.py": b""}, "the project")

    assert str(caught.value) == (
        f"error: {path / 'gone'}: can't be run (No such file or directory); set HATCH_LAMBDA_PYTHON to another one, or "
        "remove bytecode = true [bytecode-failed]"
    )


def test_the_environment_of_the_compiler_is_fixed(path):
    given = {"PATH": "/bin", "PYTHONHASHSEED": "7", "PYTHONPATH": "/x", "PYTHONOPTIMIZE": "2"}
    compiler = Compiler(Interpreter.from_json(DESCRIPTION), "/var/task", given)

    assert compiler.variables() == {"PATH": "/bin", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
    assert compiler.command()[:3] == ["/opt/python3.99", "-s", "-S"]
