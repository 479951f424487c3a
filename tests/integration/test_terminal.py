"""What a build shows on a terminal while it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Event
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.progress import Status
from hatch_lambda.resolve.base import Host, Pin
from hatch_lambda.resolve.pip.resolver import download
from tests.support.samples import target

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import ProjectDirectory
    from tests.support.index_server import IndexServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudoterminals")

_LONGEST_WAIT = 30
"""Seconds after which the index answers anyway, and the test fails."""

NAME = "shop-0.1.0-lambda-python3.13-x86_64.zip"


def on_terminal(project: ProjectDirectory, index: IndexServer, awaited: str = "", **environ: str) -> str:
    """Run a build on a terminal of 80 columns and return all that it writes.

    The index answers once the terminal shows the awaited text, so that a step isn't too short to be shown.
    """
    import pty  # not on Windows

    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "lambda"]
    shown = Event()
    index.on_request = lambda _: shown.wait(_LONGEST_WAIT)
    env = {**project.environ, "TERM": "xterm", "COLUMNS": "80", **environ}
    with subprocess.Popen(
        command, cwd=project.root, env=env, stdin=follower, stdout=follower, stderr=follower, start_new_session=True
    ):
        os.close(follower)
        written, piece = b"", b"."
        while piece:
            if awaited.encode() in written:
                shown.set()
            piece = _read(leader)
            written += piece
    os.close(leader)
    return written.decode().replace("\r\n", "\n")


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 1 << 16)
    except OSError:  # Linux's sign that the last program has closed the terminal
        return b""


def test_a_build_shows_its_step_and_only_the_result_stays(index, project):
    index.add("six")
    project.configure(dependencies=["six"])

    shown = on_terminal(project, index, "resolve")

    assert "\r  resolve\r" in shown
    assert "Collecting" not in shown
    assert "\x1b[" not in shown
    assert shown.rpartition("\r")[2].splitlines()[0] == f"dist/{NAME}"


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"HATCH_QUIET": "1"}])
def test_nothing_is_redrawn_on_a_terminal_that_cannot_or_if_quiet(index, project, environ):
    index.add("six")
    project.configure(dependencies=["six"])

    shown = on_terminal(project, index, **environ)

    assert "\r" not in shown
    assert "resolve" not in shown


@pytest.mark.parametrize(("verbosity", "is_shown"), [("1", False), ("2", True)])
def test_the_output_of_pip_is_shown_only_with_two_v(index, project, verbosity, is_shown):
    index.add("six")
    project.configure(dependencies=["six"])

    shown = on_terminal(project, index, "" if is_shown else "resolve", HATCH_VERBOSE=verbosity)

    assert ("Collecting six" in shown, "\r  resolve" in shown) == (is_shown, not is_shown)


class Watched:
    """Keeps the way to look up the status of a download."""

    look: Callable[[], Status]

    def advance(self, status: Status) -> None:
        raise AssertionError(status)

    def watch(self, look: Callable[[], Status]) -> None:
        self.look = look


def test_a_running_download_knows_how_many_files_pip_has(index, environ, tmp_path):
    names = ("first", "second")
    pins = [Pin(canonicalize_name(name), Version("1.0"), index.file_url(index.add(name)), None) for name in names]
    watched, seen = Watched(), list[Status]()
    index.on_request = lambda _: seen.append(watched.look())

    download(pins, target(), tmp_path, Host(environ, tmp_path), watched)

    size = (tmp_path / pins[0].filename).stat().st_size
    assert (seen[0], seen[-1]) == (Status(total=2), Status(name="first 1.0", count=1, total=2, size=size))
