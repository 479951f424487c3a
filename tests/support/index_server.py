"""A package index (PEP 503) on 127.0.0.1, serving a directory."""

from __future__ import annotations

import base64
import hashlib
import html
import tarfile
import zipfile
from email.parser import HeaderParser
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from tests.support.command_lines import command_lines
from tests.support.make_sdist import make_sdist
from tests.support.make_wheel import make_wheel
from tests.support.servers import ThreadServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class IndexServer(ThreadServer):
    """Serves ``directory`` at ``url`` until the block ends; ``requests`` lists the paths that were fetched.

    ``credentials`` (user and password) are required if given, ``hashes`` says whether links have a hash, which is that
    of ``hash_name``, and ``spoiled`` maps a file's name to bytes that are served in its place, under the right hash.
    ``truncated`` names files whose second half is never sent, ``yanked`` maps a file's name to why it was withdrawn
    (PEP 592), ``metadata`` to a text that is served as its METADATA. ``described`` says whether METADATA is served next
    to wheels (PEP 658), ``silent`` whether links omit Requires-Python, and ``status``, if set, is the answer to every
    page. ``query`` ends every link, and ``command_lines`` are those of all processes at each request. ``on_request`` is
    called with the path of each request before the answer.
    """

    def __init__(self, directory: Path, *, credentials: tuple[str, str] | None = None, hashes: bool = True) -> None:
        self.directory = directory
        self.credentials = credentials
        self.hashes = hashes
        self.hash_name = "sha256"
        self.requests: list[str] = []
        self.spoiled: dict[str, bytes] = {}
        self.truncated: set[str] = set()
        self.yanked: dict[str, str] = {}
        self.metadata: dict[str, str] = {}
        self.described = False
        self.silent = False
        self.status: int | None = None
        self.query = ""
        self.command_lines: list[str] = []
        self.on_request: Callable[[str], object] = lambda _: None
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(_Handler, index=self)

    @property
    def url(self) -> str:
        """Return the index's URL, without credentials."""
        return f"http://{self.host}/simple/"

    @property
    def url_with_credentials(self) -> str:
        """Return the index's URL as a user would configure it."""
        user, password = self.credentials or ("", "")
        return f"http://{user}:{password}@{self.host}/simple/"

    def add(self, name: str, version: str = "1.0", **details: Any) -> Path:
        """Put a wheel on the index; the arguments are those of ``make_wheel``."""
        return make_wheel(self.directory, name, version, **details)

    def add_sdist(self, name: str, version: str = "1.0", **details: Any) -> Path:
        """Put an sdist on the index; the arguments are those of ``make_sdist``."""
        return make_sdist(self.directory, name, version, **details)

    def downloads(self) -> list[str]:
        """Return the names of the files that were fetched, but not of metadata next to them."""
        files = [path.removeprefix("/files/") for path in self.requests if path.startswith("/files/")]
        return [name for name in files if not name.endswith(".metadata")]

    def file_url(self, path: Path) -> str:
        """Return the URL of a file on the index."""
        return f"http://{self.host}/files/{path.name}"


class _Handler(BaseHTTPRequestHandler):
    index: IndexServer

    def do_GET(self) -> None:
        self.index.requests.append(self.path)
        self.index.command_lines += command_lines()
        self.index.on_request(self.path)
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def _serve(self) -> None:
        if self.index.credentials:
            expected = base64.b64encode(":".join(self.index.credentials).encode()).decode()
            if self.headers.get("Authorization") != f"Basic {expected}":
                self._answer(401, b"", {"WWW-Authenticate": 'Basic realm="index"'})
                return
        if self.path.startswith("/simple/") and self.index.status:
            self._answer(self.index.status, b"")
        elif self.path.startswith("/simple/"):
            self._page(self.path.split("/")[2])
        else:
            self._file(self.path.removeprefix("/files/").partition("?")[0])

    def _page(self, project: str) -> None:
        files = [
            path for path in sorted(self.index.directory.iterdir()) if _project(path.name) == canonicalize_name(project)
        ]
        if not files:
            self._answer(404, b"")
            return
        links = "".join(f"<a href='{self._link(path)}'{self._attributes(path)}>{path.name}</a><br>\n" for path in files)
        self._answer(200, f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), {"Content-Type": "text/html"})

    def _link(self, path: Path) -> str:
        link = f"/files/{path.name}{self.index.query}"
        if not self.index.hashes:
            return link
        return f"{link}#{self.index.hash_name}={hashlib.new(self.index.hash_name, path.read_bytes()).hexdigest()}"

    def _attributes(self, path: Path) -> str:
        """Return a link's attributes for its file, as in the specification of the simple repository API."""
        found = "" if self.index.silent else _requires_python(path)
        if path.name in self.index.yanked:
            found += f" data-yanked='{html.escape(self.index.yanked[path.name])}'"
        if path.name in self.index.metadata or (self.index.described and path.suffix == ".whl"):
            found += " data-core-metadata='true' data-dist-info-metadata='true'"
        return found

    def _file(self, name: str) -> None:
        path = self.index.directory / unquote(name)
        if name in self.index.spoiled:
            self._answer(200, self.index.spoiled[name])
        elif name in self.index.truncated:
            content = path.read_bytes()
            self._answer(200, content[: len(content) // 2], {"Content-Length": str(len(content))})
        elif name.endswith(".metadata"):
            wheel = name.removesuffix(".metadata")
            self._answer(200, (self.index.metadata.get(wheel) or _metadata(self.index.directory / wheel)).encode())
        elif path.is_file():
            self._answer(200, path.read_bytes())
        else:
            self._answer(404, b"")

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Say nothing."""


def _project(filename: str) -> str:
    stem = filename.split("-", maxsplit=1)[0] if filename.endswith(".whl") else filename.rpartition("-")[0]
    return canonicalize_name(stem)


def _requires_python(path: Path) -> str:
    if path.suffix == ".gz":
        text = _pkg_info(path)
    elif path.suffix == ".whl" and zipfile.is_zipfile(path):
        text = _metadata(path)
    else:
        return ""
    found = HeaderParser().parsestr(text)["Requires-Python"]
    return f" data-requires-python='{html.escape(found)}'" if found else ""


def _pkg_info(path: Path) -> str:
    if not tarfile.is_tarfile(path):
        return ""
    with tarfile.open(path) as sdist:
        file = sdist.extractfile(f"{path.name.removesuffix('.tar.gz')}/PKG-INFO")
        return file.read().decode() if file else ""


def _metadata(path: Path) -> str:
    with zipfile.ZipFile(path) as wheel:
        name = next((name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")), None)
        return wheel.read(name).decode() if name else ""
