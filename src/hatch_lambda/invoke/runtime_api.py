"""Lambda's Runtime API on 127.0.0.1, from which a runtime client gets its events and to which it sends its answers.

Source of paths and headers: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, read 2026-11-27.
"""

from __future__ import annotations

import io
import json
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

MAX_PAYLOAD = 6 << 20
"""The most bytes of an event, and of an answer.

Source: "Invocation payload", 6 MB, in https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read
2026-11-27.
"""

FUNCTION_NAME = "function"
FUNCTION_ARN = f"arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION_NAME}"
"""The account is the one of AWS's examples."""

IMPORT_ERROR_PATH = "/hatch-lambda/import-error"
"""Where ``bootstrap.py`` reports the traceback of a failed import; not a path of Lambda."""

_PREFIX = "/2018-06-01/runtime/"
_LONGEST_HEADER = 2 << 20
"""More bytes than ``awslambdaric`` sends in a header, a traceback for X-Ray: 1 MiB.

Source: ``awslambdaric/lambda_runtime_client.py`` of awslambdaric 4.2.2, read 2026-11-28.
"""

_CHUNK = 1 << 16


@dataclass(frozen=True)
class Event:
    """An event as JSON, and the seconds that the function has for it."""

    body: bytes
    seconds: float
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class Message:
    """What a runtime client has sent. ``time`` is on the clock of ``time.perf_counter``, in seconds.

    ``ready`` asks for an event, and ``sent`` has got one. ``answer``, ``error``, and ``too-large`` have the answer to
    it, or the error of loading the function. ``import-error`` has the traceback of that error.
    """

    kind: str
    body: bytes = b""
    time: float = field(default_factory=time.perf_counter)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Write nothing: a client that is stopped, or that sends anything else, isn't an error of the server."""


class RuntimeApi:
    """A server for one runtime client, until the block ends; ``messages`` are what the client sends, in order."""

    def __init__(self) -> None:
        self.messages: SimpleQueue[Message] = SimpleQueue()
        self.events: SimpleQueue[Event | None] = SimpleQueue()
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def address(self) -> str:
        """Return the value of ``AWS_LAMBDA_RUNTIME_API``."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.events.put(None)  # a client might be waiting
        self._server.shutdown()
        self._server.server_close()


class _ShortenedLines(io.BufferedReader):
    """A request whose headers are cut at the length that ``http.server`` accepts, instead of refused."""

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(_LONGEST_HEADER)
        return line if size is None or size < 0 or len(line) < size else line[: size - 3] + b"\r\n"


class _Handler(BaseHTTPRequestHandler):
    api: RuntimeApi
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet a reply: a second one would wait for the client to acknowledge the first, for 40 ms

    def setup(self) -> None:
        """Open the connection."""
        super().setup()
        self.rfile = _ShortenedLines(self.connection.makefile("rb", 0))

    def do_GET(self) -> None:  # of http.server
        if self.path != f"{_PREFIX}invocation/next":
            self._reply(404)
            return
        self.api.messages.put(Message("ready"))
        event = self.api.events.get()
        if event is None:
            self.close_connection = True
            return
        self.api.messages.put(Message("sent"))
        self._reply(200, event.body, _headers(event))

    def do_POST(self) -> None:  # as above
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True
            self._reply(411)
            return
        body = self._body(int(length))
        kind = _kind(self.path)
        if kind is None:
            self._reply(404)
        elif body is None:
            self.api.messages.put(Message("too-large", _too_large()))
            self._reply(413)
        else:
            self.api.messages.put(Message(kind, body))  # first, so that a later message can't overtake it
            self._reply(202)

    def _body(self, length: int) -> bytes | None:
        """Return the body; ``None`` for one that Lambda wouldn't accept, which is read and dropped."""
        if length <= MAX_PAYLOAD:
            return self.rfile.read(length)
        while length > 0 and (chunk := self.rfile.read(min(length, _CHUNK))):
            length -= len(chunk)
        return None

    def _reply(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # of http.server
        """Write nothing."""


def _kind(path: str) -> str | None:
    if path == IMPORT_ERROR_PATH:
        return "import-error"
    if path == f"{_PREFIX}init/error":
        return "error"
    parts = path.removeprefix(_PREFIX).split("/")
    if not path.startswith(f"{_PREFIX}invocation/"):
        return None
    return {"response": "answer", "error": "error"}.get(parts[-1])


def _headers(event: Event) -> dict[str, str]:
    deadline = time.time() + event.seconds
    return {
        "Lambda-Runtime-Aws-Request-Id": event.request_id,
        "Lambda-Runtime-Deadline-Ms": str(round(deadline * 1000)),
        "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
        "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
    }


def error_body(kind: str, message: str) -> bytes:
    """Return an error as Lambda's ``Invoke`` shows it, of one that the function didn't send by itself."""
    return json.dumps({"errorMessage": message, "errorType": kind}).encode()


def _too_large() -> bytes:
    # the text is that of AWS, read 2026-11-27 in https://github.com/aws/aws-lambda-runtime-interface-emulator
    limit = MAX_PAYLOAD + 100
    return error_body(
        "Function.ResponseSizeTooLarge", f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
    )
