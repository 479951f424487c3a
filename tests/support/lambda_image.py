"""Whether this machine can run AWS's images of the runtimes."""

from __future__ import annotations

import shutil
import subprocess


def docker_problem() -> str | None:
    """Return why Docker can't be used on this machine; ``None`` if it can."""
    docker = shutil.which("docker")
    if docker is None:
        return "needs Docker; there is no program docker"
    done = subprocess.run([docker, "version", "--format={{.Server.Os}}"], capture_output=True, text=True, check=False)
    if done.returncode:
        return "needs Docker; its daemon does not answer"
    return None if done.stdout.strip() == "linux" else "needs Docker with Linux containers"
