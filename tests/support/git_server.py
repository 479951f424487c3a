"""Git repositories over HTTP on 127.0.0.1 that require a password."""

from __future__ import annotations

import base64
import os
import subprocess
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from tests.support.command_lines import command_lines
from tests.support.servers import ThreadServer

if TYPE_CHECKING:
    from pathlib import Path


class GitServer(ThreadServer):
    """Serves the repositories in ``directory`` at ``host`` until the block ends.

    ``credentials`` are user and password; ``command_lines`` are those of all processes at each request.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.credentials = ("user", "s3cret")
        self.command_lines: list[str] = []
        super().__init__(_Handler, git=self)


class _Handler(BaseHTTPRequestHandler):
    """Hands requests with the right password to ``git http-backend``."""

    git: GitServer

    def do_GET(self) -> None:
        self.git.command_lines += command_lines()
        expected = base64.b64encode(":".join(self.git.credentials).encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        environ = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.git.directory),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        done = subprocess.run(["git", "http-backend"], env=environ, input=body, stdout=subprocess.PIPE, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200 OK").split()[0]))
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815  # the name that http.server calls

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Say nothing."""
