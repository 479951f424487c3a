"""``smoke-test``: the handler is loaded before the new zip replaces the existing one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pages import blocks
from tests.support.runtime_client import add_runtime_client

RUNTIME = "python" + ".".join(map(str, sys.version_info[:2]))
HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "test-locally.md"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="zips are for Linux")

LAYERS = """\
smoke-test = true
smoke-test-env = { TABLE_NAME = "orders" }

[tool.hatch.build.targets.lambda.layers.base]
features = ["base"]

[tool.hatch.build.targets.lambda.functions.api]
handler = "shop.api.handler"
features = ["base"]
layers = ["base"]
"""


def test_a_handler_that_cannot_be_loaded_fails_the_build_and_keeps_the_zip(index, project):
    add_runtime_client(index)
    project.configure('handler = "shop.api.handler"')
    kept = project.build(HATCH_LAMBDA_RUNTIME=RUNTIME).archive
    before = kept.read_bytes()
    project.write(
        "shop/api.py", "import ctypes\nctypes.CDLL(name := 'libhlx.so.9')\ndef handler(event, context): ...\n"
    )

    failed = project.build(HATCH_LAMBDA_RUNTIME=RUNTIME, HATCH_LAMBDA_SMOKE_TEST="1")

    assert failed.code == 1
    assert failed.output.splitlines()[:4] == [
        (
            "error: handler 'shop.api.handler': can't be loaded, because shop 0.1.0 needs "
            "libhlx.so.9, which isn't in the zip "
            "or on Lambda; add it to lib/ in the zip with force-include, or use a layer that "
            "includes it [function-failed]"
        ),
        "",
        "Traceback (most recent call last):",
        '  File "/var/task/shop/api.py", line 2, in <module>',
    ]
    assert failed.output.splitlines()[-1].startswith("OSError: libhlx.so.9: cannot open shared object file")
    assert failed.archives == (kept,)
    assert kept.read_bytes() == before


def test_a_function_is_loaded_with_its_layers_and_variables(index, project):
    add_runtime_client(index)
    index.add("lib-of-shop")
    extras = '[project.optional-dependencies]\nbase = ["lib-of-shop"]\n'
    project.configure(LAYERS, project=extras)
    project.write(
        "shop/api.py",
        "import os, lib_of_shop\nos.environ['TABLE_NAME']\nassert 'HOME' not in os.environ\n"
        "assert lib_of_shop.__file__.startswith('/opt/python/')\ndef handler(event, context): ...\n",
    )

    built = project.build(HATCH_LAMBDA_RUNTIME=RUNTIME)

    assert built.code == 0, built.output
    assert len(built.archives) == 2


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("", "no handler is set); set handler"),
        (
            'handler = "run.sh"',
            "the handler is a program, and only Python functions can be loaded); set smoke-test = false",
        ),
        (
            'handler = "shop.api.handler"\nruntime = { name = "python3.99", python = "3.99", glibc = "2.34" }',
            (
                "needs CPython 3.99, which isn't on this machine); run 'uv python install 3.99', "
                "or set HATCH_LAMBDA_PYTHON to the path of a python3.99"
            ),
        ),
    ],
)
def test_a_machine_that_cannot_run_the_function_is_reported(project, options, problem):
    project.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    text = 'force-include = { "run.sh" = "run.sh" }\n' + options

    def build(value: str):
        project.configure(f"smoke-test = {value}\n{text}")
        file = project.root / "pyproject.toml"
        lines = file.read_text("utf-8").splitlines()
        if "python3.99" in options:
            lines.remove('runtime = "python3.13"')
        file.write_text("\n".join(lines), "utf-8")
        return project.build()

    warned, failed = build("true"), build('"required"')

    message = f"tool.hatch.build.targets.lambda.smoke-test: not run ({problem} [smoke-test-skipped]\n"
    assert (warned.code, failed.code) == (0, 1)
    assert f"warning: {message}" in warned.output
    assert failed.output == f"error: {message}"


def test_the_recipe_for_pytest_works(index, project):
    add_runtime_client(index)
    (recipe,) = (block.text for block in blocks(HOW_TO.read_text("utf-8")) if block.language == "python")
    project.configure('handler = "shop.api.handler"', name="orders")
    project.write("shop/api.py", "def handler(event, context):\n    return {'statusCode': 200}\n")
    (project.root / "shop").rename(project.root / "orders")
    project.configure('handler = "orders.api.handler"', name="orders")
    project.write("tests/test_zip.py", recipe)
    built = project.build(HATCH_LAMBDA_RUNTIME=RUNTIME)

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(
        command, cwd=project.root, env={**os.environ, **project.environ}, capture_output=True, text=True, check=False
    )

    assert built.code == 0, built.output
    assert done.returncode == 0, done.stdout + done.stderr
