"""Lambda's runtime API on 127.0.0.1, enough for the real awslambdaric to boot a handler and answer events.

The paths and headers are those of https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_PREFIX = "/2018-06-01/runtime/"


class _Handler(BaseHTTPRequestHandler):
    event: Any
    answer: dict[str, Any]
    answered: threading.Event
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.answered.is_set():  # one event is all there is; the runtime is stopped while it waits
            threading.Event().wait(30)
            return
        body = json.dumps(self.event).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "request-1")
        self.send_header("Lambda-Runtime-Deadline-Ms", "4102444800000")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:test")
        self.send_header("Lambda-Runtime-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer[self.path.removeprefix(_PREFIX)] = json.loads(body)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.answered.set()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Say nothing."""


def invoke(
    task_root: Path, handler: str, event: Any, environ: dict[str, str], *, layers: Path | None = None
) -> dict[str, Any]:
    """Boot ``handler`` from an unpacked archive under the real awslambdaric and return what it posted, by path.

    ``layers`` is the folder that layers were unpacked into, Lambda's ``/opt``; Python looks there after the function.
    """
    answer: dict[str, Any] = {}
    answered = threading.Event()
    kind = type("Handler", (_Handler,), {"event": event, "answer": answer, "answered": answered})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    version = ".".join(map(str, sys.version_info[:2]))
    directories = [layers / f"python/lib/python{version}/site-packages", layers / "python"] if layers else []
    path = os.pathsep.join(filter(None, [*map(str, directories), environ.get("PYTHONPATH")]))
    runtime = subprocess.Popen(
        [sys.executable, "-m", "awslambdaric", handler],
        cwd=task_root,
        env={
            **environ,
            "PYTHONPATH": path,
            "PYTHONDONTWRITEBYTECODE": "1",  # the folders are read-only on Lambda
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_address[1]}",
            "LAMBDA_TASK_ROOT": str(task_root),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        while runtime.poll() is None and not answered.wait(0.05):
            pass
    finally:
        runtime.kill()
        output = runtime.communicate()[0]
        server.shutdown()
        server.server_close()
    if not answer:
        raise AssertionError(f"the runtime answered nothing; it said:\n{output}")
    return answer
