"""Run pip through our runner, in the user's environment without variables that would redirect it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from threading import Thread
from typing import TYPE_CHECKING

from hatch_lambda.errors import printable_line
from hatch_lambda.files.temporary import check_space, temporary_directory
from hatch_lambda.resolve.overrides import NO_OVERRIDES
from hatch_lambda.resolve.pip.waiting import RUNNER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.overrides import Overrides
    from hatch_lambda.resolve.pip.log import IndexFile, PipLog
    from hatch_lambda.runtime.target import Target

REDIRECTING = frozenset(
    f"PIP_{option}"
    for option in (
        *("ABI", "IMPLEMENTATION", "PLATFORM", "PYTHON_VERSION", "NO_BINARY", "ONLY_BINARY"),
        *(
            "CONSTRAINT",
            "EDITABLE",
            "GROUP",
            "ONLY_DEPENDENCIES",
            "ONLY_DEPS",
            "REQUIREMENT",
            "REQUIREMENTS_FROM_SCRIPT",
        ),
        *("DEST", "DESTINATION_DIR", "DESTINATION_DIRECTORY", "PREFIX", "ROOT", "SOURCE", "SRC", "TARGET"),
        *("DEBUG", "LOCAL_LOG", "LOG", "LOG_FILE", "QUIET", "REPORT", "VERBOSE"),
        *("DRY_RUN", "FORCE_REINSTALL", "PYTHON", "UPGRADE"),
    )
)
"""Variables for where to install, for which target, or what to print; each sets an option of ``pip install``.

Source: https://pip.pypa.io/en/stable/cli/pip_install/, read 2026-11-23. Variables for where to download from stay.
"""

FORCED = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_IGNORE_REQUIRES_PYTHON": "0",
    "PIP_NO_DEPENDENCIES": "0",
    "PIP_NO_DEPS": "0",
    "PIP_ONLY_DEPS": "0",
    "PIP_REQUIRE_HASHES": "0",
    "PIP_REQUIRE_VENV": "0",
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_REQUIREMENT": os.devnull,
    "PIP_USER": "0",
    "PYTHONIOENCODING": "utf-8",
    "_PIP_RUNNING_IN_SUBPROCESS": "1",
}
"""Variables that override the same setting in a pip.conf. The last keeps ``pip --python`` in our runner."""


@dataclass(frozen=True)
class PipRun:
    """The result of a run of pip: exit code, errors and warnings, and the complete log."""

    code: int
    errors: str
    log: PipLog


def target_options(target: Target) -> list[str]:
    """Return the options that make pip select wheels for the target; pip doesn't expand platforms itself."""
    platforms = [option for platform in target.platforms for option in ("--platform", platform)]
    return [
        "--only-binary=:all:",
        *platforms,
        "--implementation=cp",
        f"--abi={target.abi}",
        f"--python-version={target.python_full_version}",
    ]


def pip_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for pip: the user's indexes, credentials, proxies, and caches, but no redirection.

    ``PIP_NO_INPUT=0`` lets pip read a keyring; without standard input, pip fails instead of waiting for a password.
    """
    kept = {name: value for name, value in environ.items() if name not in REDIRECTING}
    return {"PIP_NO_INPUT": "0", **kept, **FORCED}


def temporary_files_in(directory: str) -> dict[str, str]:
    """Return the variables that make a program write its temporary files to a directory."""
    return dict.fromkeys(("TMPDIR", "TEMP", "TMP"), directory)


def run_pip(
    command: str,
    arguments: Sequence[str],
    *,
    target: Target,
    host: Host,
    overrides: Overrides = NO_OVERRIDES,
    temporary: Path | None = None,
) -> PipRun:
    """Return the result of ``pip COMMAND ARGUMENT...`` with the target's markers, and with overrides of requirements.

    pip puts temporary files into ``temporary``, by default a new directory. It prints nothing, except on standard error
    with ``raw_output``. Raises ``TemporaryError`` if pip found no space for temporary files; it writes no other files.
    """
    from hatch_lambda.resolve.pip.log import PipLog

    environ = pip_environment(host.environ)
    if command == "install" and "PIP_CONSTRAINT" in host.environ:
        environ["PIP_CONSTRAINT"] = host.environ["PIP_CONSTRAINT"]
    environ["PIP_PLATFORM"] = target.platforms[0]  # replaces those in a pip.conf; the options add to it
    with temporary_directory() as directory, _standard_output(raw=host.raw_output) as output:
        log = Path(directory, "pip.log")
        environ |= temporary_files_in(str(temporary or directory))  # removes what an interrupted pip leaves behind
        quiet = [] if host.raw_output else ["--quiet"]
        changes = Path(directory, "overrides.json") if overrides else None
        if changes:
            changes.write_text(json.dumps(overrides.as_json()), "utf-8")  # a command line would show their passwords
        run = [json.dumps(target.markers), str(changes or ""), command, f"--log={log}", *quiet, *arguments]
        waited = host.waiting_pip.run(run, environ) if host.waiting_pip else None
        done = waited or subprocess.run(  # noqa: S603  # no shell, and the program is this Python
            [sys.executable, str(RUNNER), *run],
            cwd=host.directory,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        text = log.read_text("utf-8", "replace") if log.exists() else ""
    if done.returncode:
        check_space(done.stderr)
    return PipRun(done.returncode, _without_traceback(done.stderr), PipLog(text))


@contextmanager
def _standard_output(*, raw: bool) -> Iterator[int]:
    """Yield the file descriptor for pip's standard output; if ``raw``, its lines are printed on standard error."""
    if not raw:
        yield subprocess.DEVNULL
        return
    reader, writer = os.pipe()
    thread = Thread(target=_print_lines, args=(reader,))
    thread.start()
    try:
        yield writer
    finally:
        os.close(writer)
        thread.join()


def _print_lines(reader: int) -> None:
    with open(reader, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            sys.stderr.write(f"{printable_line(line.rstrip())}\n")
            sys.stderr.flush()


def pip_output(text: str) -> str:
    """Return pip's output as it appears below a message; empty if pip printed nothing."""
    return f"pip's output:\n{indent(text.strip(), '  ')}" if text.strip() else ""


def dry_run_options(report: Path) -> list[str]:
    """Return the options that make ``pip install`` write a report and install nothing."""
    return ["--dry-run", "--ignore-installed", f"--report={report}"]


def index_files(name: NormalizedName, target: Target, host: Host) -> tuple[tuple[IndexFile, ...], tuple[str, ...]]:
    """Return every file of a distribution that pip finds on the indexes, and these indexes."""
    log = index_log([name], target, host)
    return log.files(name), log.indexes


def index_log(requirements: Sequence[str], target: Target, host: Host) -> PipLog:
    """Return the log of pip looking for the requirements on the indexes, without their dependencies."""
    with temporary_directory() as directory:
        options = [*dry_run_options(Path(directory, "report.json")), "--no-deps", *target_options(target)]
        return run_pip("install", [*options, *requirements], target=target, host=host).log


def _without_traceback(text: str) -> str:
    """Return pip's output with only the type and the text of an exception that stopped it."""
    return re.sub(r"^ERROR: Exception:\nTraceback .*:\n(?:(?:[ \t].*)?\n)*", "ERROR: ", text, flags=re.MULTILINE)
