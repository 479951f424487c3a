"""Imports modules, and runs programs in forks: ``fork_server.py SOCKET PYTHON MODULE...``.

SOCKET is the number of a listening socket, and PYTHON what the programs take for their ``sys.executable``. Ends when
its input does. Requests come from ``fork_client.py``.
"""

from __future__ import annotations

import os
import sys

sys.path[:] = sys.path[1:]  # nothing is imported from this file's directory

import gc  # noqa: E402
import importlib  # noqa: E402
import marshal  # noqa: E402
import runpy  # noqa: E402
import select  # noqa: E402
import socket  # noqa: E402
from contextlib import suppress  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any, NamedTuple  # noqa: E402

READ_AT_START = ("PYTHON", "LANG", "LC_", "LD_", "TZ", "OPENSSL_", "HOME", "XDG_")
"""How the names of variables begin that are read once, when Python starts or imports what it needs."""

CODE_ONLY = "PYTHONDONTWRITEBYTECODE"
"""The variable among them that changes nothing of what a program does."""


class Request(NamedTuple):
    """What to run: the command after ``python``, its directory, environment and umask, and its standard files."""

    command: list[str]
    directory: str
    environ: dict[str, str]
    umask: int
    files: list[int]


def main(listening: str, python: str, *modules: str) -> None:
    """Serve until the input ends. Each fork returns, or raises what ends the program that it has become."""
    for module in modules:
        with suppress(ImportError):  # of another version of pip; the program imports what it needs
            importlib.import_module(module)
    gc.freeze()  # or each fork would copy all of it to look for what it can free
    with socket.socket(fileno=int(listening)) as listener:
        link = _accepted(listener)
    if link is None:
        return
    request = _received(link)
    if _read_at_start(request.environ) != _read_at_start(os.environ):
        return
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        link.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    link.close()
    sys.executable = python
    become(request)


def _accepted(listener: socket.socket) -> socket.socket | None:
    """Return each connection in a fork, and ``None`` in this process, once its input has ended."""
    unfinished: set[int] = set()
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        link, _ = listener.accept()
        fork = os.fork()
        if not fork:
            return link
        link.close()
        unfinished.add(fork)
        unfinished -= {done for one in unfinished if (done := os.waitpid(one, os.WNOHANG)[0])}
    for one in unfinished:
        os.waitpid(one, 0)
    return None


def become(request: Request) -> None:
    """Go on as ``python COMMAND...``, where this process has started nothing yet."""
    for number, file in enumerate(request.files):
        os.dup2(file, number)
        os.close(file)
    os.umask(request.umask)
    os.chdir(request.directory)
    os.environ.clear()
    os.environ.update(request.environ)
    program, *arguments = request.command
    if program == "-m":
        sys.path.insert(0, request.directory)
        sys.argv = arguments
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    else:
        path = Path(program).absolute()
        sys.path[:0] = [] if path.is_dir() else [str(path.parent)]
        sys.argv = request.command
        runpy.run_path(program, run_name="__main__")


def _received(link: socket.socket) -> Request:
    size, files, _, _ = socket.recv_fds(link, 4, 3)
    with link.makefile("rb") as stream:
        command, directory, environ, umask = marshal.loads(stream.read(int.from_bytes(size, "big")))
    return Request(command, directory, environ, umask, files)


def _read_at_start(environ: Any) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(READ_AT_START) and name != CODE_ONLY}


if __name__ == "__main__":
    main(*sys.argv[1:])
