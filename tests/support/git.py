"""A git repository made of a folder, whatever git is set up for on the machine."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def commit_all(folder: Path) -> str:
    """Make a repository of the folder with all of it in one commit, and return that commit."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        **{f"GIT_{who}_{what}": f"{what}@test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "All of it"]):
        subprocess.run(["git", *arguments], cwd=folder, env=environ, check=True, capture_output=True)
    return subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=folder, env=environ, text=True).strip()
