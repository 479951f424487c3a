"""Real wheels with native code: no false alarm, and no real one missed. ``benchmarks/native_check.py`` takes more."""

from __future__ import annotations

import os

import pytest

from tests.conftest import ProjectFolder

pytestmark = pytest.mark.network

NAMES = ["bcrypt", "cffi", "debugpy", "markupsafe", "msgpack", "orjson", "pip", "pyyaml", "rpds-py", "uvloop"]


@pytest.fixture
def real(project: ProjectFolder, environ: dict[str, str]) -> ProjectFolder:
    """The project, built with wheels from the index that this machine uses."""
    kept = {name: value for name, value in environ.items() if not name.startswith("PIP_")}
    kept |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    return ProjectFolder(project.root, kept)


@pytest.mark.parametrize(("runtime", "architecture"), [("python3.11", "arm64"), ("python3.13", "x86_64")])
def test_wheels_that_are_known_to_work_pass_without_a_word(real, runtime, architecture):
    real.configure(dependencies=NAMES)

    built = real.build(HATCH_LAMBDA_RUNTIME=runtime, HATCH_LAMBDA_ARCHITECTURE=architecture)

    assert built.code == 0, built.output
    assert "native" not in built.output
    assert "needs" not in built.output


def test_a_wheel_that_needs_what_lambda_lacks_is_refused(real):
    real.configure(dependencies=["pyodbc==5.2.0"])

    built = real.build()

    assert (built.code, built.output.splitlines()) == (
        1,
        [
            (
                "pyodbc.cpython-313-x86_64-linux-gnu.so: needs libodbc.so.2 (pyodbc 5.2.0); neither the archive nor "
                "Amazon Linux 2023 has it; put it into the archive's lib/ folder, or use a distribution that brings it "
                "along"
            )
        ],
    )
