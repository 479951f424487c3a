"""Projects of six build backends, which real backends from an index build, under Lambda's own runtime client."""

from __future__ import annotations

import os
import sys

import pytest

from tests.support import zips
from tests.support.programs import run_module
from tests.support.runtime_client import add_runtime_client, invoke

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(sys.platform != "linux", reason="archives are for Linux"),
]

BACKENDS = {
    "flit": ("flit_core>=3.11", "flit_core.buildapi", ""),
    "hatchling": ("hatchling", "hatchling.build", ""),
    "pdm": ("pdm-backend", "pdm.backend", ""),
    "poetry": (
        "poetry-core>=2",
        "poetry.core.masonry.api",
        '[tool.poetry]\npackages = [{ include = "shop", from = "src" }]',
    ),
    "setuptools": ("setuptools>=70", "setuptools.build_meta", ""),
    "uv_build": ("uv_build>=0.9", "uv_build", ""),
}

RUNTIME = "python" + ".".join(map(str, sys.version_info[:2]))

PYPROJECT = """\
[build-system]
requires = ["{requires}"]
build-backend = "{backend}"

[project]
name = "shop"
version = "1.2.0"
description = "A shop"
dependencies = ["hatch_lambda_greeting"]

[project.optional-dependencies]
more = ["hatch_lambda_thanks; python_version >= '3.8'"]

[project.scripts]
shop = "shop.api:main"

[tool.hatch-lambda]
runtime = "{runtime}"
handler = "shop.api.handler"
features = ["more"]
scripts = true

{more}
"""

HANDLER = """\
import hatch_lambda_greeting, shop, hatch_lambda_thanks


def handler(event, context):
    return [hatch_lambda_greeting.__name__, shop.__name__, hatch_lambda_thanks.__name__, event]


def main():
    print("hello")
"""


@pytest.mark.parametrize("name", BACKENDS)
def test_a_project_of_each_backend_is_built_locked_and_boots(index, environ, tmp_path, name):
    add_runtime_client(index)
    index.add("hatch_lambda_greeting")
    index.add("hatch_lambda_thanks")
    requires, backend, more = BACKENDS[name]
    root = tmp_path / "shop"
    (root / "src/shop").mkdir(parents=True)
    (root / "src/shop/__init__.py").touch()
    (root / "src/shop/api.py").write_text(HANDLER)
    (root / "pyproject.toml").write_text(
        PYPROJECT.format(requires=requires, backend=backend, runtime=RUNTIME, more=more)
    )
    real = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    environ = {**environ, **real, "PIP_EXTRA_INDEX_URL": index.url}
    environ.pop("PIP_INDEX_URL")

    built = run_module("hatch_lambda", "build", cwd=root, environ=environ)
    locked = run_module("hatch_lambda", "lock", cwd=root, environ=environ)
    checked = run_module("hatch_lambda", "lock", "--check", cwd=root, environ=environ)
    again = run_module("hatch_lambda", "build", "-d", "again", cwd=root, environ=environ)

    assert [done.returncode for done in (built, locked, checked, again)] == [0, 0, 0, 0], built.stderr + locked.stderr
    (archive,) = (root / "dist").glob("*.zip")
    assert archive.read_bytes() == (root / "again" / archive.name).read_bytes()
    assert "bin/shop" in zips.names(archive)
    invoked = invoke(archive, "event", environ)
    assert invoked.answers == [["hatch_lambda_greeting", "shop", "hatch_lambda_thanks", "event"]], invoked.messages
    if name == "hatchling":
        theirs = run_module("hatchling", "build", "-t", "lambda", "-d", "theirs", cwd=root, environ=environ)
        assert theirs.returncode == 0, theirs.stdout + theirs.stderr
        assert archive.read_bytes() == (root / "theirs" / archive.name).read_bytes()
