"""Programs for which the modes of files count."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def run_without_root_permissions(
    command: Sequence[str | Path], *, cwd: Path | None = None, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command for which the modes of files count, also if the tests run as root."""
    return subprocess.run(
        [*without_root_permissions(), *command], cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )


def without_root_permissions() -> list[str]:
    """Return what starts a program for which the modes of files count, also if the tests run as root."""
    if os.name != "posix":
        pytest.skip("needs modes that forbid")
    if os.geteuid() != 0:
        return []
    command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if shutil.which("setpriv") is None or subprocess.run([*command, "true"], check=False).returncode:
        pytest.skip("runs as root, needs a setpriv that can drop permissions")
    return command
