"""Asks a fork server to run a program: ``fork_client.py DIRECTORY PYTHON ARGUMENT...``, in place of that Python.

FOLDER has a socket for each program that can be forked. For any other, and where the server declines, this process
becomes that Python. Starts in ten milliseconds, as it needs only what is built into Python.
"""

from __future__ import annotations

import _socket as socket
import marshal
import os
import sys
from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def run_fork(
    directory: str, command: Sequence[str], cwd: str, environ: Mapping[str, str], files: Sequence[int]
) -> int | None:
    """Run what ``python COMMAND...`` would; return its exit code as ``subprocess`` has it, ``None`` if it did not run.

    ``files`` are its standard input, output and error.
    """
    address = f"{directory}/{_program(command)}"
    if not os.path.exists(address):  # noqa: PTH110  # pathlib takes as long to import as all the rest
        return None
    umask = os.umask(0o77)
    os.umask(umask)
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.connect(address)
        request = marshal.dumps((list(command), cwd, dict(environ), umask))
        link.sendmsg([len(request).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", files))])
        link.sendall(request)
        answer = link.recv(8)
    finally:
        link.close()
    return int(answer) if answer else None


def _program(command: Sequence[str]) -> str:
    """Return the module or the file that runs."""
    return command[1] if command[0] == "-m" else command[0].rpartition("/")[2]


def main(directory: str, python: str, *command: str) -> int:
    """Run the command and return its exit code; a signal that ended it ends this process too."""
    code = run_fork(directory, command, os.getcwd(), os.environ, (0, 1, 2))  # noqa: PTH109
    if code is None:
        os.execv(python, [python, *command])
    if code < 0:
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
