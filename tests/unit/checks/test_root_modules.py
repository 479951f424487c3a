"""Modules at the zip's root that have the name of one of Python's own, or of the runtime's client."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.checks.root_modules import check_root_modules
from hatch_lambda.runtime.provided import loaded_modules
from hatch_lambda.runtime.runtimes import RUNTIMES
from tests.support.samples import candidate, config, entry, origin, plan

if TYPE_CHECKING:
    from hatch_lambda.archive.plan import Entry

LIB = origin("hlr-std", "2.0")


def found(*entries: Entry, runtime: str = "python3.13", kind: str = "function") -> list[str]:
    """Return the text of each warning."""
    diagnostics = list(check_root_modules(candidate(plan(*entries), config(runtime, kind=kind))))
    assert all(diagnostic.severity == "warning" for diagnostic in diagnostics)
    return [str(diagnostic).removesuffix(" [shadows-stdlib]") for diagnostic in diagnostics]


@pytest.mark.parametrize(
    ("path", "shown", "name"),
    [
        ("queue.py", "queue.py", "queue"),
        ("email/__init__.py", "email/", "email"),
        ("typing.py", "typing.py", "typing"),
        ("select.cpython-313-x86_64-linux-gnu.so", "select.cpython-313-x86_64-linux-gnu.so", "select"),
        ("calendar.pyc", "calendar.pyc", "calendar"),
    ],
)
def test_a_module_that_hides_one_of_the_standard_library_is_reported(path, shown, name):
    hides = f"hides the standard library's {name!r} module on Lambda"

    assert found(entry(path)) == [f"{shown}: {hides}; rename it, or move it into a package"]
    assert found(entry(path, "", LIB)) == [
        f'{shown} (hlr-std 2.0): {hides}; exclude it with exclude-files = ["/{shown}"]'
    ]


@pytest.mark.parametrize(
    ("path", "shown", "name"),
    [("types.py", "types.py", "types"), ("time.py", "time.py", "time"), ("enum/__init__.py", "enum/", "enum")],
)
def test_a_module_that_is_never_imported_is_reported(path, shown, name):
    never = f"Lambda never imports it, because the runtime has already loaded Python's {name!r} module"

    assert found(entry(path)) == [f"{shown}: {never}; rename it, or move it into a package"]
    assert found(entry(path, "", LIB)) == [
        f'{shown} (hlr-std 2.0): {never}; exclude it with exclude-files = ["/{shown}"]'
    ]


def test_the_runtimes_client_is_not_imported_from_the_zip():
    client = origin("awslambdaric", "4.2.2")

    assert found(entry("awslambdaric/__init__.py", "", client), entry("runtime_client.abi3.so", "", client)) == [
        (
            "awslambdaric/ (awslambdaric 4.2.2): Lambda never imports it, because the runtime has already loaded "
            'its own awslambdaric; exclude it with exclude-files = ["/awslambdaric/"] [shadows-runtime]'
        )
    ]


@pytest.mark.parametrize(
    ("path", "runtime"),
    [
        ("shop/queue.py", "python3.13"),
        ("queue.json", "python3.13"),
        ("queue/worker.py", "python3.13"),
        ("html/index.html", "python3.13"),
        ("test/__init__.py", "python3.13"),
        ("asyncore.py", "python3.12"),
        ("tomllib.py", "python3.10"),
        ("queue.cpython-312-x86_64-linux-gnu.so", "python3.13"),
        ("boto3/__init__.py", "python3.13"),
        ("simplejson/__init__.py", "python3.13"),
        ("sitecustomize.py", "python3.13"),
    ],
)
def test_a_module_that_hides_nothing_passes(path, runtime):
    assert found(entry(path), runtime=runtime) == []


def test_in_a_layer_both_directories_count():
    paths = ("python/queue.py", "python/lib/python3.13/site-packages/email/__init__.py")

    assert found(*map(entry, paths), kind="layer") == [
        "email/: hides the standard library's 'email' module on Lambda; rename it, or move it into a package",
        "queue.py: hides the standard library's 'queue' module on Lambda; rename it, or move it into a package",
    ]


@pytest.mark.parametrize("runtime", [runtime.name for runtime in RUNTIMES])
def test_every_runtime_has_loaded_what_its_client_needs(runtime):
    python = next(one.python for one in RUNTIMES if one.name == runtime)

    assert {"json", "logging", "os", "types", "simplejson", "awslambdaric"} <= loaded_modules(python)
    assert not {"email", "queue", "typing", "dataclasses", "orders"} & loaded_modules(python)


def test_what_the_table_says_is_loaded_is_loaded_by_this_python():
    imports = "import json, logging, os, site, sys, time, traceback, warnings, awslambdaric.__main__"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"{imports}; print(*sys.modules)"], capture_output=True, text=True, check=True
    )

    assert loaded_modules(sys.version_info[:2]) - set(done.stdout.split()) == set()
