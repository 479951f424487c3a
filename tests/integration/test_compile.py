"""Modules are compiled by this Python, in separate processes, and the result of a wheel is cached."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.archive.plan import Entry, Origin, TextContent, open_content
from hatch_lambda.errors import InterpreterError
from hatch_lambda.progress import NO_PROGRESS
from hatch_lambda.runtime.interpreters import Interpreter
from hatch_lambda.wheels.bytecode import Compiler, with_bytecode
from hatch_lambda.wheels.cache import WheelCache
from hatch_lambda.wheels.compiler import compiled
from hatch_lambda.wheels.wheel import wheel_entries
from tests.support.make_wheel import make_wheel
from tests.support.samples import SHOP, entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hatch_lambda.wheels.wheel import Wheel

TAG = f"cpython-{sys.version_info[0]}{sys.version_info[1]}"
FILES = {"lib/__init__.py": "x = 1\n", "lib/ü.py": "y = 2\n", "lib/template.py": "{{ x }} = 1\n", "lib/data.txt": ""}
THIS = Interpreter(
    path=sys.executable,
    name="cpython",
    python=(sys.version_info[0], sys.version_info[1]),
    version=sys.version.split()[0],
    release="final",
    magic=int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little"),
)
COMPILER = Compiler(THIS, "/var/task")


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[WheelCache]:
    with WheelCache(tmp_path / "cache") as cache:
        yield cache


@pytest.fixture
def lib(tmp_path: Path, cache: WheelCache) -> Wheel:
    """A wheel in the cache."""
    return cache.add(make_wheel(tmp_path, "lib", files=FILES), expected=None)


def bytecode(entries: Sequence[Entry]) -> dict[str, bytes]:
    """Return the bytecode of the entries by its path."""
    found = {}
    for each in entries:
        if each.bytecode:
            with open_content(each.bytecode.content) as file:
                found[each.bytecode.path] = file.read()
    return found


def test_the_modules_of_a_wheel_are_compiled_once(cache, lib):
    entries = list(wheel_entries(lib, scripts_for=None))

    first = with_bytecode(entries, [lib], COMPILER, cache, NO_PROGRESS)
    second = with_bytecode(entries, [lib], Compiler(THIS, "/var/task", {"PATH": "/none"}), cache, NO_PROGRESS)

    expected = {
        f"lib/__pycache__/__init__.{TAG}.pyc": compiled("/var/task/lib/__init__.py", b"x = 1\n"),
        f"lib/__pycache__/ü.{TAG}.pyc": compiled("/var/task/lib/ü.py", b"y = 2\n"),
    }
    assert {path: data[:16] for path, data in bytecode(first).items()} == {
        path: data[:16] for path, data in expected.items()
    }
    assert first == second
    assert [each.path for each in first] == [each.path for each in entries]


def test_a_layer_and_a_fresh_build_are_compiled_separately(cache, lib):
    entries = list(wheel_entries(lib, scripts_for=None))

    function = with_bytecode(entries, [lib], COMPILER, cache, NO_PROGRESS)
    layer = with_bytecode(entries, [lib], Compiler(THIS, "/opt/python"), cache, NO_PROGRESS)
    fresh = with_bytecode(entries, [lib], Compiler(THIS, "/var/task", fresh=True), cache, NO_PROGRESS)

    assert bytecode(function) == bytecode(fresh) != bytecode(layer)
    assert [b"/var/task/lib/" in data for data in bytecode(function).values()] == [True, True]
    assert [b"/opt/python/lib/" in data for data in bytecode(layer).values()] == [True, True]


def test_the_modules_of_the_project_are_read_once(cache, tmp_path):
    module, data = tmp_path / "api.py", tmp_path / "data.txt"
    module.write_text("a = 1\n")
    data.write_text("text")
    script = Entry("bin/run.py", SHOP, TextContent(b"print(1)\n"), executable=True)
    entries = [entry("shop/api.py", module), entry("shop/data.txt", data), script]

    found = with_bytecode(entries, [], COMPILER, cache, NO_PROGRESS)
    module.write_text("b = 2\n")

    assert [each.content for each in found] == [TextContent(b"a = 1\n"), entries[1].content, script.content]
    assert list(bytecode(found)) == [f"shop/__pycache__/api.{TAG}.pyc"]


def test_a_zip_without_modules_needs_no_python(cache, tmp_path):
    wheel = cache.add(make_wheel(tmp_path, "fonts", files={"fonts/a.ttf": ""}), expected=None)
    entries = [*wheel_entries(wheel, scripts_for=None), entry("data.txt", "")]
    nothing = Compiler(THIS, "/var/task")

    assert with_bytecode(entries, [wheel], nothing, cache, NO_PROGRESS) == entries


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script")
@pytest.mark.parametrize(("end", "code"), [("echo 'Fatal error' >&2; exit 3", 3), ("exit 0", 0)])
def test_a_python_that_fails_is_an_error_with_its_output(tmp_path, end, code):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{end}\n")
    python.chmod(0o755)
    broken = Compiler(Interpreter.from_json({**THIS.as_json(), "path": str(python)}), "/var/task")

    with pytest.raises(InterpreterError) as caught:
        broken.compile({"a.py": b""}, "lib 1.0")

    assert str(caught.value) == (
        f"error: {python}: ended with exit code {code} when it compiled lib 1.0; set HATCH_LAMBDA_PYTHON to another "
        "one, or remove bytecode = true [bytecode-failed]"
    ) + ("\n\nFatal error" if code else "")


def test_the_owner_of_a_module_owns_its_bytecode(cache, lib):
    (found, *_) = with_bytecode(list(wheel_entries(lib, scripts_for=None)), [lib], COMPILER, cache, NO_PROGRESS)

    assert found.bytecode is not None
    assert found.bytecode.origin == Origin("lib", "1.0", "lib-1.0.dist-info")
