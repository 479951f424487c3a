"""Programs for which the modes of files count."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest


def without_root_permissions() -> list[str]:
    """Return what starts a program for which the modes of files count, also if the tests run as root."""
    if os.name != "posix":
        pytest.skip("needs modes that forbid")
    if os.geteuid() != 0:
        return []
    command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if shutil.which("setpriv") is None or subprocess.run([*command, "true"], check=False).returncode:
        pytest.skip("runs as root, needs a setpriv that can give rights away")
    return command
