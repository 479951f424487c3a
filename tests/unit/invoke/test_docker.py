"""AWS's image, run by a container engine."""

from __future__ import annotations

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.cli import main
from hatch_lambda.errors import HostError
from hatch_lambda.invoke.docker import Container, find_engine, image_of, read_answer, run_arguments, started_container
from hatch_lambda.invoke.output import OutputReader
from hatch_lambda.invoke.sandbox import Files
from hatch_lambda.invoke.session import Function
from hatch_lambda.resolve.base import Host
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import Target
from tests.unit.invoke.test_unpack import make_zip

if TYPE_CHECKING:
    from collections.abc import Iterator


def function(path: Path = Path("a.zip")) -> Function:
    return Function(
        name="a.zip",
        path=path,
        layers=(),
        target=Target(RUNTIMES[4], "arm64"),
        handler="app.handler",
        variables={"TOKEN": "s3cret", "A": "b"},
        seconds=2.5,
    )


def test_the_command_names_the_image_and_platform_and_no_value_of_a_variable(tmp_path):
    docker, podman = (run_arguments(engine, "hl-1", function(), Files(tmp_path)) for engine in ("docker", "podman"))

    assert docker == [
        *("run", "--detach", "--name=hl-1", "--platform=linux/arm64", "--publish=127.0.0.1::8080"),
        f"--volume={tmp_path}/task:/var/task:ro",
        f"--volume={tmp_path}/layers:/opt:ro",
        *("--env=AWS_LAMBDA_FUNCTION_TIMEOUT=3", "--env=A", "--env=TOKEN"),
        *("public.ecr.aws/lambda/python:3.13", "app.handler"),
    ]
    assert podman[5] == f"--volume={tmp_path}/task:/var/task:ro,z"
    assert image_of(RUNTIMES[-1]) == "public.ecr.aws/lambda/python:3.15-preview"


@pytest.mark.parametrize(
    ("text", "ok", "answer"),
    [
        ('{"a": 1}', True, '{"a": 1}'),
        ("[1]", True, "[1]"),
        ('{"errorType": "X", "errorMessage": "m"}', False, '{"errorType": "X", "errorMessage": "m"}'),
        (
            "Task timed out after 3.00 seconds",
            False,
            '{"errorMessage": "Task timed out after 3.00 seconds", "errorType": "Sandbox.Timedout"}',
        ),
        ("x", False, '{"errorMessage": "x", "errorType": "Runtime.ExitError"}'),
    ],
)
def test_errors_are_recognized_by_their_content(text, ok, answer):
    assert read_answer(text) == (ok, answer)


def program(directory: Path, name: str, script: str) -> dict[str, str]:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(f"#!/bin/sh\n{script}\n")
    (directory / name).chmod(0o755)
    return {"PATH": f"{directory}:/usr/bin:/bin"}


def test_an_engine_that_is_missing_or_not_running_is_reported(tmp_path):
    with pytest.raises(HostError) as missing:
        find_engine({"PATH": str(tmp_path)})
    with pytest.raises(HostError) as stopped:
        find_engine(program(tmp_path / "bin", "docker", "echo Cannot connect to the Docker daemon >&2; exit 1"))

    assert str(missing.value) == (
        "error: --docker: none of docker, podman, finch is installed; install one of them [cannot-run]"
    )
    assert str(stopped.value) == (
        "error: --docker: docker isn't running; start docker [cannot-run]\n\nCannot connect to the Docker daemon"
    )
    assert stopped.value.exit_code == 3


def test_a_container_that_does_not_start_is_removed(tmp_path):
    log = tmp_path / "log"
    environ = program(
        tmp_path / "bin", "podman", f'echo "$1" >> {log}; [ "$1" != run ] || {{ echo no >&2; exit 125; }}'
    )
    archive = make_zip(tmp_path / "a.zip", {"app.py": b""})

    with pytest.raises(HostError) as caught, started_container(function(archive), Host(environ, tmp_path), print):
        pass

    assert str(caught.value) == ("error: --docker: 'podman run' failed; fix the cause in its output [cannot-run]\n\nno")
    assert log.read_text().split() == ["ps", "run", "rm"]


def test_an_engine_that_is_removed_while_it_is_used_is_reported(tmp_path):
    environ = program(tmp_path / "bin", "podman", 'rm -f "$0"')
    archive = make_zip(tmp_path / "a.zip", {"app.py": b""})

    with pytest.raises(HostError) as caught, started_container(function(archive), Host(environ, tmp_path), print):
        pass

    assert str(caught.value) == (
        f"error: --docker: {tmp_path}/bin/podman can't be started (No such file or directory); reinstall it "
        "[cannot-run]"
    )


class Emulator(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment with an engine that logs its commands, and whose containers answer with the event."""
    server = HTTPServer(("127.0.0.1", 0), Emulator)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    port = f"127.0.0.1:{server.server_port}"
    script = f'echo "$1" >> {tmp_path / "log"}; case $1 in port) echo {port};; logs) echo started;; esac'
    yield program(tmp_path / "bin", "finch", script)
    server.shutdown()
    server.server_close()


def test_a_container_is_started_called_and_removed(engine, tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"app.py": b""})
    shown: SimpleQueue[str] = SimpleQueue()

    with started_container(function(archive), Host(engine, tmp_path), shown.put) as container:
        outcome = container.invoke(b'{"a": 1}')
        assert shown.get(timeout=60) == "started"

    assert (outcome.ok, outcome.body) == (True, '{"a": 1}')
    assert sorted((tmp_path / "log").read_text().split()) == ["logs", "port", "ps", "rm", "run"]


def test_the_command_sends_each_event_to_the_container(engine, tmp_path, monkeypatch, capfd):
    archive = make_zip(tmp_path / "a.zip", {"app.py": b"def handler(event, context): ...\n"})
    monkeypatch.setenv("PATH", engine["PATH"])
    arguments = ["--runtime=python3.13", "--handler=app.handler", "--event=1", '--event={"a": 2}']

    code = main(["invoke", str(archive), "--docker", *arguments])

    assert (code, capfd.readouterr().out) == (0, '1\n{"a": 2}\n')


class StartingServer(HTTPServer):
    """A server that closes its first connection, as an engine's proxy does while the container starts."""

    is_ready = False

    def verify_request(self, *_: object) -> bool:
        self.is_ready, was_ready = True, self.is_ready
        return was_ready


def test_an_emulator_that_is_still_starting_is_called_again(tmp_path):
    server = StartingServer(("127.0.0.1", 0), Emulator)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    with (tmp_path / "empty").open("w+b") as empty:
        outcome = Container(function(), server.server_port, OutputReader(empty, print)).invoke(b'"again"')
    server.shutdown()
    server.server_close()

    assert (server.is_ready, outcome.ok, outcome.body) == (True, True, '"again"')


def test_an_emulator_that_does_not_answer_is_reported(tmp_path):
    with (tmp_path / "empty").open("w+b") as empty:
        output = OutputReader(empty, print)
        server = HTTPServer(("127.0.0.1", 0), Emulator)
        server.timeout = 0.1

        with pytest.raises(HostError) as caught:
            Container(replace(function(), seconds=-39.9), server.server_port, output).invoke(b"1")
        server.server_close()

    assert str(caught.value).startswith("error: --docker: the emulator doesn't answer (timed out); fix the cause")
