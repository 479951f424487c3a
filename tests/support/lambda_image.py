"""AWS's own image of a runtime, run by Docker with an unpacked archive in it.

Its entrypoint starts the runtime interface emulator, which takes events over HTTP. Source:
https://docs.aws.amazon.com/lambda/latest/dg/python-image.html#python-image-instructions.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGE = "public.ecr.aws/lambda/python:{version}"
_PATH = "/2015-03-31/functions/function/invocations"
_ATTEMPTS, _PAUSE = 100, 0.2
"""How often the container is asked before it is given up, and the seconds in between."""


def docker_problem() -> str | None:
    """Say why Docker cannot be used here; ``None`` if it can."""
    docker = shutil.which("docker")
    if docker is None:
        return "needs Docker; there is no program docker"
    done = subprocess.run([docker, "version", "--format={{.Server.Os}}"], capture_output=True, text=True, check=False)
    if done.returncode:
        return "needs Docker; its daemon does not answer"
    return None if done.stdout.strip() == "linux" else "needs Docker with Linux containers"


def invoke_in_image(task_root: Path, handler: str, event: Any, *, version: str, machine: str) -> Any:
    """Return what the handler answers in the image of a Python ``build_name``; raises ``AssertionError`` with its log.

    ``machine`` is the architecture as Docker spells it, ``amd64`` or ``arm64``.
    """
    image = IMAGE.format(version=version)
    subprocess.run(["docker", "pull", "--quiet", f"--platform=linux/{machine}", image], check=True)
    with _container(image, task_root, handler, machine) as (name, port):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{_PATH}", json.dumps(event).encode())
        for _ in range(_ATTEMPTS):
            try:
                with urllib.request.urlopen(request) as answer:
                    return json.load(answer)
            except OSError as error:  # the emulator is not there yet
                problem = error
            time.sleep(_PAUSE)
        message = f"no answer from {image}: {problem}\n{_docker('logs', name)}"
        raise AssertionError(message)


@contextmanager
def _container(image: str, task_root: Path, handler: str, machine: str) -> Iterator[tuple[str, str]]:
    """Run the image with the archive's files; yield the container's name and its port on 127.0.0.1."""
    name = _docker(
        "run",
        "--detach",
        f"--platform=linux/{machine}",
        "--publish=127.0.0.1::8080",
        f"--volume={task_root}:/var/task:ro",
        image,
        handler,
    )
    try:
        yield name, _docker("port", name, "8080/tcp").rpartition(":")[2]
    finally:
        _docker("rm", "--force", name)


def _docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return (done.stdout + done.stderr).strip() if arguments[0] == "logs" else done.stdout.strip()
