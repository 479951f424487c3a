"""Which Pythons fit a runtime."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hatch_lambda.runtime.interpreters import Interpreter
from hatch_lambda.runtime.runtimes import AMAZON_LINUX_2023, Runtime, runtime_named

PYTHON = Interpreter(
    path="/usr/bin/python3.13", name="cpython", python=(3, 13), version="3.13.5", release="final", magic=3571
)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, None),
        ({"version": "3.13.0"}, None),
        ({"name": "pypy"}, "is pypy, not CPython"),
        ({"python": (3, 12), "version": "3.12.1", "magic": 3531}, "is CPython 3.12.1"),
        ({"version": "3.13.0rc3", "release": "candidate"}, "is the pre-release 3.13.0rc3"),
        ({"debug": True}, "is a debug build"),
        ({"free_threaded": True}, "is a free-threaded build"),
        ({"magic": 3570}, "writes bytecode with the magic number 3570, and the runtime reads 3571"),
    ],
)
def test_a_released_cpython_of_the_minor_version_fits(changed, problem):
    runtime = runtime_named("python3.13")
    assert runtime is not None

    assert replace(PYTHON, **changed).problem(runtime) == problem


def test_any_release_of_a_python_fits_whose_magic_number_is_unknown():
    runtime = Runtime("python3.16", (3, 16), 0, AMAZON_LINUX_2023, "custom")

    assert replace(PYTHON, python=(3, 16), version="3.16.0", magic=3700).problem(runtime) is None
