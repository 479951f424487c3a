"""`hatch build -t lambda` as a person runs it: Hatch makes the build environment and installs the plugin into it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PLUGIN_FILES = ("src", "hatch_build.py", "pyproject.toml", "README.md", "LICENSE")

pytestmark = pytest.mark.network


@dataclass(frozen=True)
class Hatch:
    """The example project in a fresh copy of the checkout, with a Hatch that has built nothing yet."""

    example: Path
    environ: dict[str, str]

    def __call__(self, *arguments: str, **environ: str) -> tuple[int, str]:
        """Run hatch; return its exit code and all it wrote."""
        done = subprocess.run(
            [sys.executable, "-m", "hatch", "--no-color", *arguments],
            cwd=self.example,
            env={**self.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def hatch(tmp_path_factory: pytest.TempPathFactory) -> Hatch:
    """Hatch in a copy of this checkout; its environments are shared by the tests of this file only."""
    root = tmp_path_factory.mktemp("checkout")
    for name in PLUGIN_FILES:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    ignored = shutil.ignore_patterns("dist", "__pycache__")
    shutil.copytree(CHECKOUT / "example_project", root / "example_project", ignore=ignored)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("HATCH_", "PYTEST_"))}
    scratch = tmp_path_factory.mktemp("hatch")
    for name in ("HATCH_DATA_DIR", "HATCH_CACHE_DIR", "HATCH_LAMBDA_CACHE_DIR"):
        environ[name] = str(scratch / name.lower())
    return Hatch(root / "example_project", environ)


def test_the_example_is_built_next_to_sdist_and_wheel(hatch):
    code, output = hatch("build", "-t", "sdist", "-t", "wheel", "-t", "lambda")

    assert code == 0, output
    assert sorted(path.name for path in (hatch.example / "dist").iterdir()) == [
        "orders-1.0.0-lambda-python3.13-arm64.zip",
        "orders-1.0.0-py3-none-any.whl",
        "orders-1.0.0.tar.gz",
    ]
    assert re.search(
        r"^dist/orders-1\.0\.0-lambda-python3\.13-arm64\.zip\n"
        r"  python3\.13 on arm64, handler orders\.api\.handler\n"
        r"  \d+ packages, [\d.]+ MiB zipped, [\d.]+ MiB unzipped \([\d.]+% of 250 MiB\)\n"
        r"  largest: pydantic-core [\w.]+ \([\d.]+ MiB\), .*\n",
        output,
        re.MULTILINE,
    )


def test_an_error_is_one_line_without_a_traceback(hatch):
    code, output = hatch("build", "-t", "lambda", HATCH_LAMBDA_ARCHITECTURE="aarch64")

    assert code == 1
    assert output.splitlines()[-1] == (
        "error: HATCH_LAMBDA_ARCHITECTURE: unknown architecture 'aarch64'; did you mean 'arm64'? [unknown-architecture]"
    )
    assert "Traceback" not in output


def test_verbose_prints_each_step_with_its_seconds(hatch):
    code, output = hatch("-v", "build", "-t", "lambda", HATCH_LAMBDA_ARCHITECTURE="x86_64")

    steps = re.findall(r"^  (\w+): \d+\.\d\d s$", output, re.MULTILINE)
    assert (code, steps) == (0, ["resolve", "fetch", "validate", "plan", "check", "write"])


def test_clean_removes_our_zips_and_nothing_else(hatch):
    hatch("build", "-t", "wheel", "-t", "lambda")

    hatch("build", "-t", "lambda", "--clean", HATCH_LAMBDA_ARCHITECTURE="x86_64")

    zips = sorted(path.name for path in (hatch.example / "dist").iterdir() if path.suffix in {".zip", ".whl"})
    assert zips == ["orders-1.0.0-lambda-python3.13-x86_64.zip", "orders-1.0.0-py3-none-any.whl"]
