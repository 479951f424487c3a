"""Find sdists on an index with pip, and build wheels from source on the build machine."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError, masked
from hatch_lambda.files.temporary import check_space, temporary_directory
from hatch_lambda.resolve.base import BUILD_DATE, escape_variables
from hatch_lambda.resolve.pip.command import dry_run_options, pip_environment, pip_output, temporary_files_in
from hatch_lambda.resolve.pip.git_credentials import without_git_credentials
from hatch_lambda.resolve.pip.resolver import reported_pin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from hatch_lambda.diagnostics import Code
    from hatch_lambda.resolve.base import Host, Pin
    from hatch_lambda.resolve.pip.log import IndexFile

_SETUPTOOLS = """\
[build]
build_base = {directory}
[egg_info]
egg_base = {directory}
"""
"""Makes setuptools write intermediate files outside the source, so that earlier builds have no effect.

Source: https://setuptools.pypa.io/en/latest/deprecated/distutils/configfile.html.
"""

_OWN_PROCESS = Version("26.0")
"""The first pip with ``--use-feature=inprocess-build-deps``.

Source: https://pip.pypa.io/en/stable/news/#v26-0, read 2026-11-27.
"""

_SHOWN_LINES = 20
"""Lines of a failed build in a message; the reason is at the end."""


def sdists_above_wheels(offers: Sequence[IndexFile], specifier: SpecifierSet) -> list[IndexFile]:
    """Return the sdists of admitted releases newer than all with a wheel for the target, newest first.

    As with pip, prereleases count if the specifier names one or there is nothing else, and a yanked release counts if
    the specifier pins it.
    """
    pinned = any(part.operator in {"==", "==="} and not part.version.endswith(".*") for part in specifier)
    usable = [offer for offer in offers if offer.reason in {"taken", "sdist"} or (pinned and offer.reason == "yanked")]
    admitted = set(specifier.filter({offer.version for offer in usable}))
    usable = [offer for offer in usable if offer.version in admitted]
    wheels = {offer.version for offer in usable if offer.filename.endswith(".whl")}
    sdists = {offer.version: offer for offer in usable if not wheels or offer.version > max(wheels)}
    return [sdists[version] for version in sorted(sdists, reverse=True)]


def find_sdist(name: NormalizedName, version: Version, host: Host) -> Pin:
    """Return the URL and the hash of a release's sdist; raises ``ResolveError`` if pip doesn't find it."""
    with temporary_directory() as directory:
        report = Path(directory, "report.json")
        options = [*dry_run_options(report), f"--no-binary={name}"]
        code, errors = _plain_pip("install", [*options, f"{name}=={version}"], host)
        if code:
            raise _pip_failed("fetch-failed", f"{name} {version}: its sdist can't be downloaded", errors)
        (found,) = json.loads(report.read_text("utf-8"))["install"]
    return reported_pin(found)


def build_wheel(pin: Pin, directory: Path, host: Host) -> Path:
    """Return the wheel that plain pip builds from an sdist; raises ``ResolveError`` with the end of pip's output."""
    line = f"{pin.name} @ {escape_variables(pin.url)}" + (f" --hash=sha256:{pin.sha256}" if pin.sha256 else "")
    return build_from(line, f"{pin}: its sdist {pin.filename}", directory, host)


def build_from(source: str | Path, what: str, directory: Path, host: Host, *, fix: str = "") -> Path:
    """Return the wheel that plain pip builds from the directory ``source``, or from a line of a requirements file.

    ``directory`` receives the wheel, and what ``unpacked_in`` finds. If the build fails, ``what`` is the subject of the
    message, like ``where: subject``, and ``fix`` the fix, if one is known. pip's cache, which identifies a file by its
    name, isn't used, and neither is what earlier builds left in a directory. Raises ``ResolveError`` with the end of
    pip's output.
    """
    made, aside = directory / "wheels", directory / "aside"
    aside.mkdir()
    settings = directory / "setuptools.cfg"
    settings.write_text(_SETUPTOOLS.format(directory=directory), "utf-8")
    environ = {"SOURCE_DATE_EPOCH": BUILD_DATE, "DIST_EXTRA_CONFIG": str(settings), **host.environ}
    environ |= temporary_files_in(str(aside))
    if host.offline:
        environ["PIP_NO_INDEX"] = "1"  # or pip would download build requirements
    if host.build_constraints:
        environ["PIP_BUILD_CONSTRAINT"] = str(_requirements_file(directory / "constraints.txt", host.build_constraints))
    if isinstance(source, Path):
        asked = [str(source)]
    else:
        asked, git = _asked_for(source, directory, environ)
        asked, environ = ["--no-clean", *asked], {**environ, **git}
    arguments = ["--no-cache-dir", f"--wheel-dir={made}", *asked]
    code, errors = _plain_pip("wheel", arguments, replace(host, environ=environ))
    wheels = list(made.glob("*.whl"))
    if code or len(wheels) != 1:
        raise _pip_failed("build-failed", f"{what} can't be built", errors, fix)
    return wheels[0]


def unpacked_in(directory: Path) -> Path:
    """Return the directory in ``directory`` with the source that pip built; raises ``ResolveError``.

    With ``--no-clean`` and our ``TMPDIR``, pip leaves the source in a subdirectory there.
    Sources: https://pip.pypa.io/en/stable/news/#v20-2, and ``ensure_build_location`` in
    ``pip/_internal/req/req_install.py``, read 2026-11-27.
    """
    found = [path for path in directory.glob("aside/pip-wheel-*/*") if path.is_dir()]
    if len(found) != 1:
        raise ResolveError(
            Diagnostic(
                code="resolver-failed",
                where=f"pip {importlib.metadata.version('pip')}",
                problem="doesn't keep the source that it built where older versions do",
                fix="require an older version of pip in build-system.requires",
            )
        )
    return found[0]


def commit_of(requirement: str, what: str, host: Host) -> str:
    """Return the commit of a repository's branch or tag; raises ``ResolveError`` if pip can't get it."""
    with temporary_directory() as directory:
        report = Path(directory, "report.json")
        asked, git = _asked_for(requirement, Path(directory), host.environ)
        environ = {**host.environ, **git}
        code, errors = _plain_pip("install", [*dry_run_options(report), *asked], replace(host, environ=environ))
        if code:
            raise _pip_failed("fetch-failed", f"{what} can't be downloaded", errors)
        (found,) = json.loads(report.read_text("utf-8"))["install"]
    commit: str = found["download_info"]["vcs_info"]["commit_id"]
    return commit


def _asked_for(line: str, directory: Path, environ: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the arguments for a requirement and the variables for Git, so that no command line has a password.

    All users of a machine can read command lines, but not files and variables.
    """
    line, git = without_git_credentials(escape_variables(line), environ)
    return [f"--requirement={_requirements_file(directory / 'requirements.txt', [line])}"], git


def _requirements_file(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def _plain_pip(command: str, arguments: Sequence[str], host: Host) -> tuple[int, str]:
    """Return the exit code and the output of pip, run for the build machine."""
    options = ["--quiet", "--no-deps", "--ignore-requires-python", *_options_for_passwords(host)]
    done = _run([command, *options, *arguments], host)
    return done.returncode, done.stdout + done.stderr


def _options_for_passwords(host: Host) -> list[str]:
    """Return the option that installs build requirements without a second pip, if the settings have a password.

    The second pip would have the indexes, with their passwords, on its command line. Versions before ``_OWN_PROCESS``
    don't have the option.
    """
    can = Version(importlib.metadata.version("pip")) >= _OWN_PROCESS
    return ["--use-feature=inprocess-build-deps"] if can and _has_passwords(host) else []


def _has_passwords(host: Host) -> bool:
    """Return whether pip's variables or configuration files contain a URL with credentials."""
    settings = " ".join(value for name, value in host.environ.items() if name.startswith("PIP_"))
    if masked(settings) == settings and host.environ.get("PIP_CONFIG_FILE") != os.devnull:
        settings = _run(["config", "list"], host).stdout
    return masked(settings) != settings


def _run(arguments: Sequence[str], host: Host) -> subprocess.CompletedProcess[str]:
    spec = importlib.util.find_spec("pip")
    directory = os.fspath(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else "pip"
    done = subprocess.run(  # noqa: S603  # no shell, and the program is this Python
        [sys.executable, directory, *arguments],
        cwd=host.directory,
        env=pip_environment(host.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        check_space(done.stdout + done.stderr)
    return done


def _pip_failed(code: Code, what: str, output: str, fix: str = "") -> ResolveError:
    where, _, problem = what.partition(": ")
    found = Diagnostic(code=code, where=where, problem=problem, fix=fix or "fix the cause in pip's output")
    return ResolveError(found, detail=pip_output("\n".join(output.strip().splitlines()[-_SHOWN_LINES:])))
