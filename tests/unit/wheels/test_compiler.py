"""The program that compiles modules; here, this Python runs it."""

from __future__ import annotations

import importlib.util
import io
import marshal
import runpy
import sys
from types import CodeType, SimpleNamespace

import pytest

from hatch_lambda.wheels import compiler
from hatch_lambda.wheels.compiler import compiled


def framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)


def code(pyc: bytes) -> CodeType:
    found = marshal.loads(pyc[16:])
    assert isinstance(found, CodeType)
    return found


def test_bytecode_has_the_number_of_this_python_and_the_hash_of_its_source():
    source = b"x = 1\n"

    pyc = compiled("/var/task/a.py", source)

    assert pyc[:16] == importlib.util.MAGIC_NUMBER + b"\3\0\0\0" + importlib.util.source_hash(source)
    assert code(pyc).co_filename == "/var/task/a.py"


def test_assertions_stay():
    with pytest.raises(AssertionError):
        exec(code(compiled("/var/task/a.py", b"assert not 1\n")), {})


@pytest.mark.parametrize("source", [b"print 'Python 2'\n", b"{{ cookiecutter }} = 1 +\n", b"x\0y\n", b"\xff\n"])
def test_a_module_that_does_not_compile_has_no_bytecode(source):
    assert compiled("/var/task/a.py", source) == b""


def test_a_source_in_another_encoding_compiles():
    assert code(compiled("/var/task/a.py", b"# coding: latin-1\nx = '\xe9'\n")).co_consts[0] == "é"


def test_the_program_answers_each_module_in_turn(monkeypatch):
    given = framed("/var/task/ü.py".encode(), b"x = 1\n", b"/var/task/b.py", b"x = \n", b"/var/task/c.py", b"")
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(given)))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=out))

    runpy.run_path(compiler.__file__, run_name="__main__")

    assert out.getvalue() == framed(compiled("/var/task/ü.py", b"x = 1\n"), b"", compiled("/var/task/c.py", b""))
