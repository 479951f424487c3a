"""A pip that is started before its arguments are known, and imports its modules while the build does something else."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RUNNER = Path(__file__).with_name("runner.py")

_READ_LATER = ("PIP_", "TMPDIR", "TEMP", "TMP")
"""How the names of the variables begin that pip reads after its imports, so that they can still change."""


class WaitingPip:
    """A process of our runner that waits for what to run; it runs once."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._environ: Mapping[str, str] = {}

    def start(self, environ: Mapping[str, str], directory: Path) -> None:
        """Start the process in a directory and with environment variables, unless one waits already."""
        if self._process is not None:
            return
        self._environ = environ
        with suppress(OSError):  # then pip is started later, or the build says why it can't be
            self._process = subprocess.Popen(  # noqa: S603  # no shell, and the program is this Python
                [sys.executable, str(RUNNER)],
                cwd=directory,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
            )

    def run(self, arguments: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str] | None:
        """Return the result of the runner with these arguments, without its standard output.

        ``None`` if no process waits, or if it was started with variables that can't change any more.
        """
        has_ended = self._process is not None and self._process.poll() is not None
        if has_ended or _fixed(environ) != _fixed(self._environ):
            self.close()
        process, self._process = self._process, None
        if process is None:
            return None
        with process:
            try:
                _, errors = process.communicate(json.dumps([dict(environ), list(arguments)]))
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(process.args, process.returncode, stderr=errors)

    def close(self) -> None:
        """End the process if it still waits."""
        if self._process is not None:
            with self._process as process:
                process.kill()
            self._process = None


def _fixed(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if not name.startswith(_READ_LATER)}
