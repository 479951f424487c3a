"""Git repositories made of directories, with no setting of the machine's git."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def git(directory: Path, *arguments: str) -> str:
    """Run git in the directory and return its output."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        **{f"GIT_{who}_{what}": f"{what}@test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    return subprocess.check_output(["git", *arguments], cwd=directory, env=environ, text=True, stderr=subprocess.PIPE)


def commit_all(directory: Path) -> str:
    """Commit all files of the directory as a separate repository, and return that commit."""
    git(directory, "init", "-q", "-b", "main")
    git(directory, "add", ".")
    git(directory, "commit", "-qm", "All of it")
    return git(directory, "rev-parse", "HEAD").strip()


def bare_clone(directory: Path, into: Path) -> Path:
    """Put all branches and tags of the directory into a bare repository, new or not, and return that."""
    if not into.exists():
        into.mkdir(parents=True)
        git(into, "init", "-q", "--bare", "-b", "main")
    git(directory, "push", "-q", "--force", "--tags", str(into), "main")
    return into
