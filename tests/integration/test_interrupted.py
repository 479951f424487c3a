"""Builds that are killed, run out of space, or can't write. The existing zip stays."""

from __future__ import annotations

import errno
import importlib.util
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support import zips
from tests.support.permissions import run_without_root_permissions

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import ProjectDirectory
    from tests.support.index_server import IndexServer

NAME = "shop-0.1.0-lambda-python3.13-x86_64.zip"
COMMAND = (sys.executable, "-m", "hatchling", "build", "-t", "lambda")

LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.argv = ["hatchling", "build", "-t", "lambda"]
runpy.run_module("hatchling", run_name="__main__")
"""
"""A build whose files may not grow past a number of bytes, as on a disk that is full."""


@dataclass(frozen=True)
class Scene:
    """A build, as somebody sees it who looks at the disk and at the index."""

    project: ProjectDirectory
    index: IndexServer
    store: Path

    def has_written(self, *, mebibytes: int) -> bool:
        """Return whether a file in the directory for zips has grown to that size."""
        return any(_size(file) >= mebibytes << 20 for file in (self.project.root / "dist").glob("*"))

    def begun(self) -> list[Path]:
        """Return every file in the directory for zips except the zip."""
        return [file for file in (self.project.root / "dist").glob("*") if file.name != NAME]

    def has(self, pattern: str) -> bool:
        """Return whether a path in the cache matches."""
        return any(self.store.glob(pattern))

    def start(self) -> subprocess.Popen[bytes]:
        """Start a build in a process group of its own."""
        return subprocess.Popen(
            COMMAND,
            cwd=self.project.root,
            env=self.project.environ,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait(self, running: subprocess.Popen[bytes], moment: Callable[[Scene], bool]) -> None:
        """Wait for the moment, or for the end of the build where it comes first."""
        while running.poll() is None and not moment(self):
            time.sleep(0.001)


Moment = Callable[[Scene], bool]

WHILE_FETCHING: tuple[Moment, ...] = (
    lambda scene: len(scene.index.requests) > 0,
    lambda scene: len(scene.index.requests) > 2,
    lambda scene: len(scene.index.downloads()) > 0,
    lambda scene: len(scene.index.downloads()) > 1,
    lambda scene: len(scene.index.downloads()) > 3,
    lambda scene: scene.has("wheels/*/staging-*"),
    lambda scene: scene.has("wheels/*/*/*/wheel.json"),
    lambda scene: bool(scene.begun()),
)

WHILE_WRITING: tuple[Moment, ...] = (
    lambda _: True,
    lambda scene: bool(scene.begun()),
    *(partial(Scene.has_written, mebibytes=number) for number in range(1, 11)),
)


@pytest.fixture
def scene(index, project, tmp_path):
    """A project whose build takes a while at each step."""
    for name in ("one", "two"):
        index.add(name, files={f"{name}/model.bin": random.Random(name).randbytes(2 << 20)})
    project.configure(dependencies=["one", "two"])
    project.write("shop/model.bin").write_bytes(random.Random(1).randbytes(11 << 20))
    (tmp_path / "tmp").mkdir()
    environ = {**project.environ, "TMPDIR": str(tmp_path / "tmp")}
    return Scene(replace(project, environ=environ), index, tmp_path / "store")


@pytest.mark.skipif(os.name != "posix", reason="needs process groups")
def test_a_build_killed_while_it_fetches_leaves_the_old_zip_and_a_valid_cache(scene, tmp_path):
    new = scene.project.build(HATCH_LAMBDA_CACHE_DIR=str(tmp_path / "another store")).archive.read_bytes()

    left = [_kill(scene, moment) for moment in WHILE_FETCHING]
    built = scene.project.build()

    assert set(left) <= {b"older", new}
    assert built.code == 0, built.output
    assert zips.directory(scene.project.root / "dist") == {NAME: new}


@pytest.mark.skipif(os.name != "posix", reason="needs process groups")
def test_a_build_killed_while_it_writes_leaves_the_old_zip_or_the_new_one(scene):
    scene.project.configure()
    new = scene.project.build().archive.read_bytes()

    left = [_kill(scene, moment) for moment in WHILE_WRITING]
    built = scene.project.build()

    assert set(left) <= {b"older", new}
    assert built.code == 0, built.output
    assert zips.directory(scene.project.root / "dist") == {NAME: new}


INTERRUPTED = (
    "error: build: interrupted, and no zip is incomplete; build again, with the downloaded wheels from the cache "
    "[interrupted]\n"
)

SLOW_HOOK = """\
import time
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):
    def finalize(self, version, build_data, artifact):
        Path(self.root, "begun").touch()
        time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs process groups")
@pytest.mark.parametrize("resolver", ["pip", "uv"])
def test_an_interrupted_resolution_is_one_line_and_leaves_the_old_zip(project, tmp_path, resolver):
    if resolver == "uv" and shutil.which("uv") is None and importlib.util.find_spec("uv") is None:
        pytest.skip("uv is not installed")
    project.configure(f'resolver = "{resolver}"', dependencies=["lib"])
    project.write(f"dist/{NAME}", "older")
    (tmp_path / "tmp").mkdir()

    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/simple/"
        environ = {"PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url, "TMPDIR": str(tmp_path / "tmp")}
        running = _start(project, **environ)
        with mute.accept()[0]:  # and then nothing is said
            os.killpg(running.pid, signal.SIGINT)
            said = running.communicate()

    assert (running.returncode, *said) == (130, "", INTERRUPTED)
    assert zips.directory(project.root / "dist") == {NAME: b"older"}
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="needs process groups")
def test_a_build_interrupted_in_a_hook_is_one_line_too(project):
    project.configure(project="[tool.hatch.build.hooks.custom]")
    project.write("hatch_build.py", SLOW_HOOK)

    running = _start(project)
    while running.poll() is None and not (project.root / "begun").exists():
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGINT)
    said = running.communicate()

    assert (running.returncode, *said) == (130, "", INTERRUPTED)


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="needs os.waitid")
def test_a_build_that_still_runs_keeps_what_it_has_written(scene):
    scene.project.configure()
    running = scene.start()
    scene.wait(running, partial(Scene.has_written, mebibytes=1))
    running.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, running.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    begun = scene.begun()

    second = scene.project.build()

    kept = [file for file in begun if file.exists()]
    running.send_signal(signal.SIGCONT)
    assert second.code == 0, second.output
    assert kept == begun
    assert running.wait() == 0
    assert list(zips.directory(scene.project.root / "dist")) == [NAME]


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
@pytest.mark.parametrize("limit", [100, 1 << 20])
def test_a_file_that_cannot_grow_is_one_message_and_leaves_the_old_zip(project, limit):
    project.write("shop/model.bin").write_bytes(random.Random(1).randbytes(3 << 20))
    project.write(f"dist/{NAME}", "older")

    done = subprocess.run(
        [sys.executable, "-B", "-c", LIMITED, str(limit)],
        cwd=project.root,
        env=project.environ,
        capture_output=True,
        text=True,
        check=False,
    )

    path = project.root / "dist" / NAME
    reason = os.strerror(errno.EFBIG)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {path}: can't be written ({reason}); fix that, and rebuild [write-failed]\n"
    assert zips.directory(project.root / "dist") == {NAME: b"older"}


@pytest.fixture
def tiny_disk(project):
    """The project's directory for zips on a disk of one MiB."""
    directory = project.write("dist/keep").parent
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(directory)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield directory
    subprocess.run(["umount", str(directory)], check=True)


def test_a_full_disk_is_one_message_and_leaves_the_old_zip(project, tiny_disk):
    project.write("shop/model.bin").write_bytes(random.Random(1).randbytes(3 << 20))
    (tiny_disk / NAME).write_text("older")

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: {tiny_disk / NAME}: can't be written (No space left on device); free some space, and rebuild "
            "[disk-full]\n"
        ),
    )
    assert zips.directory(tiny_disk) == {NAME: b"older"}


@pytest.mark.parametrize("arguments", [[], ["-c"], ["--clean-only"]])
def test_a_file_instead_of_the_directory_is_one_message(project, arguments):
    project.write("dist", "a file")

    built = project.build(*arguments)

    assert (built.code, built.output) == (
        1,
        (
            f"error: {project.root}/dist: can't be created (File exists); remove the file, or set directory "
            "[directory-not-writable]\n"
        ),
    )
    assert (project.root / "dist").read_text() == "a file"


def test_a_directory_instead_of_the_zip_is_one_message(project):
    project.write(f"dist/{NAME}/keep")

    built = project.build()

    path = project.root / "dist" / NAME
    assert (built.code, built.output) == (
        1,
        f"error: {path}: can't be written (Is a directory); fix that, and rebuild [write-failed]\n",
    )
    assert list((project.root / "dist").iterdir()) == [path]


def test_a_directory_that_is_not_writable_is_one_message_and_leaves_the_old_zip(project):
    project.write(f"dist/{NAME}", "older")
    (project.root / "dist").chmod(0o555)

    done = run_without_root_permissions(COMMAND, cwd=project.root, environ=project.environ)

    (project.root / "dist").chmod(0o755)
    assert (done.returncode, done.stderr) == (
        1,
        (
            f"error: {project.root}/dist/{NAME}: can't be written (Permission denied); make the directory writable, or "
            "set another with the option 'directory' [directory-not-writable]\n"
        ),
    )
    assert zips.directory(project.root / "dist") == {NAME: b"older"}


def test_a_zip_that_cannot_be_cleaned_is_one_message(project):
    project.write(f"dist/{NAME}", "older")
    (project.root / "dist").chmod(0o555)

    done = run_without_root_permissions([*COMMAND, "-c"], cwd=project.root, environ=project.environ)

    (project.root / "dist").chmod(0o755)
    assert (done.returncode, done.stderr) == (
        1,
        (
            f"error: {project.root}/dist/{NAME}: can't be removed (Permission denied); make its directory writable "
            "[cannot-remove]\n"
        ),
    )
    assert zips.directory(project.root / "dist") == {NAME: b"older"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other words for it")
def test_clean_reports_a_directory_with_the_name_of_a_zip(project):
    project.write(f"dist/{NAME}/keep")

    cleaned = project.build("--clean-only")

    path = project.root / "dist" / NAME
    assert (cleaned.code, cleaned.output) == (
        1,
        f"error: {path}: can't be removed (Is a directory); remove it [cannot-remove]\n",
    )


def test_a_file_that_is_not_readable_is_one_message_and_leaves_the_old_zip(project):
    project.write(f"dist/{NAME}", "older")
    secret = project.write("shop/secret.py")
    secret.chmod(0)

    done = run_without_root_permissions(COMMAND, cwd=project.root, environ=project.environ)

    assert (done.returncode, done.stderr) == (
        1,
        f"error: {secret}: can't be read (Permission denied); fix it, or exclude it [unreadable-file]\n",
    )
    assert zips.directory(project.root / "dist") == {NAME: b"older"}


def _start(project: ProjectDirectory, **environ: str) -> subprocess.Popen[str]:
    """Start a build in a process group of its own, which can be interrupted as a terminal does it."""
    return subprocess.Popen(
        COMMAND,
        cwd=project.root,
        env={**project.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _kill(scene: Scene, moment: Moment) -> bytes:
    """Start a build over an older zip, kill it when the moment comes, and return the bytes at the path."""
    shutil.rmtree(scene.project.root / "dist")
    scene.project.write(f"dist/{NAME}", "older")
    scene.index.requests.clear()
    running = scene.start()
    scene.wait(running, moment)
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    return (scene.project.root / "dist" / NAME).read_bytes()


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return -1
