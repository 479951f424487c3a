"""How pip is called: through our runner, in the user's environment less what would redirect it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.files.temporary import check_space, temporary_directory
from hatch_lambda.resolve.pip.log import PipLog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.pip.log import IndexFile
    from hatch_lambda.runtime.target import Target

RUNNER = Path(__file__).with_name("runner.py")

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
"""Variables that say where to install, for what, or how to talk; each stands for an option of ``pip install``.

Source: https://pip.pypa.io/en/stable/cli/pip_install/, read 2026-11-23. What says where to fetch from stays.
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
"""Variables that win over the same setting in a pip.conf. The last keeps ``pip --python`` from leaving our runner."""


@dataclass(frozen=True)
class PipRun:
    """How a run of pip ended: exit code, what it said of errors and warnings, and its whole log."""

    code: int
    errors: str
    log: PipLog


def target_options(target: Target) -> list[str]:
    """Return the options that make pip choose wheels for the target; pip expands none of the platforms by itself."""
    platforms = [option for platform in target.platforms for option in ("--platform", platform)]
    return [
        "--only-binary=:all:",
        *platforms,
        "--implementation=cp",
        f"--abi={target.abi}",
        f"--python-version={target.python_full_version}",
    ]


def pip_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for pip: the user's indexes, credentials, proxies and caches, but no redirection.

    ``PIP_NO_INPUT=0`` lets pip look into a keyring, yet makes it fail rather than wait for a password to be typed.
    """
    kept = {name: value for name, value in environ.items() if name not in REDIRECTING}
    return {"PIP_NO_INPUT": "0", **kept, **FORCED}


def temporary_files_in(directory: str) -> dict[str, str]:
    """Return the variables by which a program puts its temporary files into a folder."""
    return dict.fromkeys(("TMPDIR", "TEMP", "TMP"), directory)


def run_pip(
    command: str, arguments: Sequence[str], *, target: Target, host: Host, temporary: Path | None = None
) -> PipRun:
    """Run ``pip COMMAND ARGUMENT...`` with the target's markers, and return how it went.

    pip puts temporary files into ``temporary``, by default a new directory. It shows its output on standard error if
    the host is verbose. Raises ``TemporaryError`` if pip finds no space for temporary files; it writes no others.
    """
    environ = pip_environment(host.environ)
    if command == "install" and "PIP_CONSTRAINT" in host.environ:
        environ["PIP_CONSTRAINT"] = host.environ["PIP_CONSTRAINT"]
    environ["PIP_PLATFORM"] = target.platforms[0]  # in place of those in a pip.conf; the options add to it
    with temporary_directory() as directory:
        log = Path(directory, "pip.log")
        environ |= temporary_files_in(str(temporary or directory))  # with which goes what an interrupted pip leaves
        quiet = [] if host.verbose else ["--quiet"]
        done = subprocess.run(  # noqa: S603  # no shell, and the program is this Python
            [sys.executable, str(RUNNER), json.dumps(target.markers), command, f"--log={log}", *quiet, *arguments],
            cwd=host.directory,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if host.verbose else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        text = log.read_text("utf-8", "replace") if log.exists() else ""
    if done.returncode:
        check_space(done.stderr)
    return PipRun(done.returncode, _without_traceback(done.stderr), PipLog(text))


def dry_run_options(report: Path) -> list[str]:
    """Return the options that make ``pip install`` write a report and install nothing."""
    return ["--dry-run", "--ignore-installed", f"--report={report}"]


def offered(name: NormalizedName, target: Target, host: Host) -> tuple[tuple[IndexFile, ...], tuple[str, ...]]:
    """Return every file of a distribution on the indexes, as pip judges it for the target, and these indexes."""
    with temporary_directory() as directory:
        options = [*dry_run_options(Path(directory, "report.json")), "--no-deps", *target_options(target)]
        log = run_pip("install", [*options, name], target=target, host=host).log
    return log.files(name), log.indexes


def _without_traceback(text: str) -> str:
    """Return what pip said, and of an exception that stopped it only the type and the text."""
    return re.sub(r"^ERROR: Exception:\nTraceback .*:\n(?:(?:[ \t].*)?\n)*", "ERROR: ", text, flags=re.MULTILINE)
