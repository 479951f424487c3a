"""The zip in AWS's own image of the runtime, on this machine's architecture."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

import pytest

from hatch_lambda.runtime.runtimes import RUNTIMES
from tests.conftest import ProjectDirectory
from tests.support.lambda_image import docker_problem
from tests.support.runtime_client import invoke

EXAMPLE = Path(__file__).parents[2] / "example_project"
ARCHITECTURES = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
"""Lambda's architecture for each value of ``platform.machine()``."""

pytestmark = [pytest.mark.image, pytest.mark.network]


@pytest.fixture
def example(tmp_path: Path, environ: dict[str, str]) -> ProjectDirectory:
    """A copy of the example project, built with wheels from the index that this machine uses."""
    problem = docker_problem()
    if problem:
        pytest.skip(problem)
    real = {name: value for name, value in environ.items() if not name.startswith("PIP_")}
    real |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns("dist", "__pycache__"))
    return ProjectDirectory(tmp_path / "example", real)


@pytest.mark.parametrize(
    "runtime", [runtime for runtime in RUNTIMES if runtime.state == "supported"], ids=lambda runtime: runtime.name
)
def test_the_example_answers_in_the_image_of_its_runtime(example, runtime):
    architecture = ARCHITECTURES[platform.machine()]
    built = example.build(HATCH_LAMBDA_RUNTIME=runtime.name, HATCH_LAMBDA_ARCHITECTURE=architecture)

    event = {"body": '{"item": "tea", "price": "2.50", "quantity": 3}'}
    (answer,) = invoke(built.archive, event, example.environ, "--docker").answers

    assert answer["body"] == '{"item":"tea","total":"7.50"}'
