"""Programs that are forked: they see, write and end as those do that are started."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.programs import run_module

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """\
[project]
name = "shop"
dynamic = ["version"]

[tool.hatch.metadata.hooks.custom]
path = "seen.py"
"""

SEEN = """\
import os
import sys
import time

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Hook(MetadataHookInterface):
    def update(self, metadata):
        print(os.getcwd(), sorted(os.environ.items()), os.umask(0o22), sys.argv, sys.path, sys.stdin.read())
        print(hash("seen") if "PYTHONHASHSEED" in os.environ else "any hash", file=sys.stderr)
        print(time.strftime("%H %z", time.localtime(0)), os.isatty(1), file=sys.stderr)
        metadata["version"] = "1"
        {end}
"""

COMMAND = ("hatchling", "metadata", "version")


def started(directory: Path, environ: dict[str, str]) -> tuple[int, str, str]:
    """Return how the program ends in a Python of its own."""
    command = [sys.executable, "-m", *COMMAND]
    done = subprocess.run(
        command, cwd=directory, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("", 0),
        ("sys.exit(3)", 3),
        ("raise SystemExit('no')", 1),
        ("os._exit(4)", 4),
        pytest.param(
            "os.kill(os.getpid(), 15)", -15, marks=pytest.mark.skipif(os.name != "posix", reason="needs signals")
        ),
    ],
)
def test_a_program_is_the_same_however_it_comes_to_be(tmp_path, end, code):
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "seen.py").write_text(SEEN.format(end=end))
    environ = {**os.environ, "ONLY_HERE": "given"}

    done = run_module(*COMMAND, cwd=tmp_path, environ=environ)

    assert done.returncode == code
    assert (done.returncode, done.stdout, done.stderr) == started(tmp_path, environ)


@pytest.mark.parametrize("variables", [{"PYTHONHASHSEED": "7"}, {"TZ": "Pacific/Kiritimati"}])
def test_what_python_reads_at_its_start_counts(tmp_path, variables):
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "seen.py").write_text(SEEN.format(end=""))
    environ = {**os.environ, **variables}

    done = run_module(*COMMAND, cwd=tmp_path, environ=environ)

    assert (done.returncode, done.stdout, done.stderr) == started(tmp_path, environ)
