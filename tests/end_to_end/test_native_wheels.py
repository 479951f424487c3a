"""Real wheels with native code: no false alarm, and no real one missed. ``benchmarks/native_check.py`` takes more."""

from __future__ import annotations

import os
import re

import pytest

from tests.conftest import ProjectDirectory

pytestmark = pytest.mark.network

NAMES = ["bcrypt", "cffi", "lxml", "markupsafe", "msgpack", "orjson", "pip", "pyyaml", "rpds-py", "uvloop"]


@pytest.fixture
def real(project: ProjectDirectory, environ: dict[str, str]) -> ProjectDirectory:
    """The project, built with wheels from the index that this machine uses."""
    kept = {name: value for name, value in environ.items() if not name.startswith("PIP_")}
    kept |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    return ProjectDirectory(project.root, kept)


@pytest.mark.parametrize(("runtime", "architecture"), [("python3.11", "arm64"), ("python3.13", "x86_64")])
def test_wheels_that_are_known_to_work_pass_without_a_message(real, runtime, architecture):
    real.configure(dependencies=NAMES)

    built = real.build(HATCH_LAMBDA_RUNTIME=runtime, HATCH_LAMBDA_ARCHITECTURE=architecture)

    assert built.code == 0, built.output
    assert "warning" not in built.output


def test_a_wheel_that_needs_what_lambda_lacks_is_rejected(real):
    real.configure(dependencies=["pyodbc==5.2.0"])

    built = real.build()

    assert (built.code, built.output.splitlines()) == (
        1,
        [
            (
                "error: pyodbc.cpython-313-x86_64-linux-gnu.so (pyodbc 5.2.0): needs libodbc.so.2, which isn't "
                "in the zip or in Amazon Linux 2023; add it to lib/ in the zip with force-include, or require a "
                "package that includes it [missing-library]"
            )
        ],
    )


def test_a_known_failure_is_reported(real):
    real.configure(dependencies=["cairosvg", "psycopg", "soundfile==0.14.0"])

    built = real.build(HATCH_LAMBDA_RUNTIME="python3.11", HATCH_LAMBDA_ARCHITECTURE="x86_64")

    assert built.code == 0, built.output
    told = [line.strip() for line in built.output.splitlines() if "warning: " in line]
    assert [re.sub(r"^warning: | \(.*?\)(?=: fails)|, because .*", "", line) for line in told] == [
        "soundfile 0.14.0: might lack a library",
        "cairocffi/__init__.py: fails on Lambda",
        "psycopg/pq/_pq_ctypes.py: fails on Lambda",
        "soundfile.py: fails on Lambda",
    ]
