"""A package index on 127.0.0.1 that serves a directory of wheels as the public ones do, so that no network is measured.

``python index.py DIRECTORY`` prints the URL, and serves until it is ended.
"""

from __future__ import annotations

import hashlib
import re
import sys
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE, FILE = "max-age=600, public", "max-age=365000000, immutable, public"
"""How long tools can keep an index page and a file. As the largest public index answers, read 2026-11-27."""


class Index(BaseHTTPRequestHandler):
    """Answers with the simple repository API: pages with hashes and metadata (PEP 503, 658, 714), and wheels."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # as servers do; otherwise, a small body waits until the headers are acknowledged
    directory: Path
    pages: dict[str, bytes]

    def do_GET(self) -> None:  # the name that http.server calls
        """Send a page of ``/simple/NAME/``, or a wheel or its metadata."""
        kind, _, name = self.path.strip("/").partition("/")
        if kind == "simple":
            self._send(self.pages.get(name), PAGE)
        elif name.endswith(".metadata"):
            self._send(metadata(self.directory / name.removesuffix(".metadata")), FILE)
        else:
            self._send((self.directory / name).read_bytes(), FILE)

    def _send(self, body: bytes | None, lasting: str) -> None:
        tag = f'"{hashlib.sha256(body or b"").hexdigest()}"'
        same = self.headers.get("If-None-Match") == tag
        self.send_response(404 if body is None else 304 if same else 200)
        self.send_header("Cache-Control", lasting)
        self.send_header("Content-Type", "text/html" if lasting == PAGE else "application/octet-stream")
        self.send_header("ETag", tag)
        sent = b"" if same else body or b""
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def metadata(wheel: Path) -> bytes:
    """Return the METADATA of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        return archive.read(name)


def pages(directory: Path) -> dict[str, bytes]:
    """Return the page of each package in the directory."""
    links: dict[str, str] = {}
    for wheel in sorted(directory.glob("*.whl")):
        name = re.sub(r"[-_.]+", "-", wheel.name.partition("-")[0]).lower()
        sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
        described = f'data-core-metadata="sha256={hashlib.sha256(metadata(wheel)).hexdigest()}"'
        links[name] = (
            links.get(name, "") + f'<a href="/files/{wheel.name}#sha256={sha256}" {described}>{wheel.name}</a>'
        )
    return {name: f"<!DOCTYPE html><html><body>{text}</body></html>".encode() for name, text in links.items()}


def main() -> None:
    """Serve the directory in the first argument."""
    directory = Path(sys.argv[1])
    handler = type("Handler", (Index,), {"directory": directory, "pages": pages(directory)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}/simple/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
