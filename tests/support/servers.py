"""Servers on 127.0.0.1 that run in a thread of the tests."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


class ThreadServer:
    """A server on a free port, until the block ends; its requests are answered by a handler class."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], **values: object) -> None:
        """``values`` become attributes of the handler."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (handler,), values))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def host(self) -> str:
        """Return host and port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
