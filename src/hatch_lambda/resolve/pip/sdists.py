"""Sdists through pip: which an index has, where they are, and the wheels that they build on this machine."""

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

from hatch_lambda.errors import ResolveError, masked
from hatch_lambda.files.temporary import check_space, temporary_directory
from hatch_lambda.resolve.base import literal
from hatch_lambda.resolve.pip.command import dry_run_options, pip_environment, temporary_files_in
from hatch_lambda.resolve.pip.git_credentials import without_git_credentials
from hatch_lambda.resolve.pip.resolver import reported_pin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from hatch_lambda.resolve.base import Host, Pin
    from hatch_lambda.resolve.pip.log import IndexFile

BUILD_DATE = "1580601600"
"""Seconds since 1970, for ``SOURCE_DATE_EPOCH`` of the builds: Hatchling's own date of files that can be reproduced.

Source: ``get_reproducible_timestamp`` in ``hatchling/builders/utils.py``.
"""

_SETUPTOOLS = """\
[build]
build_base = {directory}
[egg_info]
egg_base = {directory}
"""
"""Has setuptools make what it makes on the way outside of the source, and so take nothing of earlier builds from there.

Source: https://setuptools.pypa.io/en/latest/deprecated/distutils/configfile.html.
"""

_OWN_PROCESS = Version("26.0")
"""The first pip with ``--use-feature=inprocess-build-deps``.

Source: https://pip.pypa.io/en/stable/news/#v26-0, read 2026-11-27.
"""

_SHOWN_LINES = 20
"""Lines of a failed build that a message shows; the reason stands at the end."""


def sdists_above_wheels(offers: Sequence[IndexFile], specifier: SpecifierSet) -> list[IndexFile]:
    """Return the sdists of the admitted releases that are newer than all with a wheel for the target, newest first.

    As with pip, prereleases count where the specifier names one or nothing else is there, and what was yanked counts
    where the specifier pins it.
    """
    pinned = any(part.operator in {"==", "==="} and not part.version.endswith(".*") for part in specifier)
    usable = [offer for offer in offers if offer.reason in {"taken", "sdist"} or (pinned and offer.reason == "yanked")]
    admitted = set(specifier.filter({offer.version for offer in usable}))
    usable = [offer for offer in usable if offer.version in admitted]
    wheels = {offer.version for offer in usable if offer.filename.endswith(".whl")}
    sdists = {offer.version: offer for offer in usable if not wheels or offer.version > max(wheels)}
    return [sdists[version] for version in sorted(sdists, reverse=True)]


def find_sdist(name: NormalizedName, version: Version, host: Host) -> Pin:
    """Return where the sdist of a release is, and its hash; raises ``ResolveError`` if it cannot be had."""
    with temporary_directory() as directory:
        report = Path(directory, "report.json")
        options = [*dry_run_options(report), f"--no-binary={name}"]
        code, errors = _plain_pip("install", [*options, f"{name}=={version}"], host)
        if code:
            raise _not_built(f"{name} {version}: its sdist", errors)
        (found,) = json.loads(report.read_text("utf-8"))["install"]
    return reported_pin(found)


def build_wheel(pin: Pin, directory: Path, host: Host) -> Path:
    """Return the wheel that an sdist builds with plain pip; raises ``ResolveError`` with the end of what that said."""
    line = f"{pin.name} @ {literal(pin.url)}" + (f" --hash=sha256:{pin.sha256}" if pin.sha256 else "")
    return build_from(line, f"{pin}: its sdist {pin.filename}", directory, host)


def build_from(source: str | Path, what: str, directory: Path, host: Host, *, fix: str = "") -> Path:
    """Return the wheel that plain pip builds from the folder ``source``, or from a line of a requirements file.

    What comes of it goes into ``directory``: the wheel, and what ``unpacked_in`` finds. ``what`` names it, and ``fix``
    says what to do if it cannot be built, where that is known. Neither pip's cache, which knows a file by its name, has
    a part in it, nor what earlier builds have left in a folder. Raises ``ResolveError`` with the end of what pip said.
    """
    made, aside = directory / "wheels", directory / "aside"
    aside.mkdir()
    settings = directory / "setuptools.cfg"
    settings.write_text(_SETUPTOOLS.format(directory=directory), "utf-8")
    environ = {"SOURCE_DATE_EPOCH": BUILD_DATE, "DIST_EXTRA_CONFIG": str(settings), **host.environ}
    environ |= temporary_files_in(str(aside))
    if isinstance(source, Path):
        asked = [str(source)]
    else:
        asked, git = _asked_for(source, directory, environ)
        asked, environ = ["--no-clean", *asked], {**environ, **git}
    arguments = ["--no-cache-dir", f"--wheel-dir={made}", *asked]
    code, errors = _plain_pip("wheel", arguments, replace(host, environ=environ))
    wheels = list(made.glob("*.whl"))
    if code or len(wheels) != 1:
        raise _not_built(what, errors, fix)
    return wheels[0]


def unpacked_in(directory: Path) -> Path:
    """Return where pip has left the repository or archive that it has built in ``directory``; raises ``ResolveError``.

    With ``--no-clean`` and a ``TMPDIR`` of ours it stays there, in a folder of its own below that of pip's run.
    Sources: https://pip.pypa.io/en/stable/news/#v20-2, and ``ensure_build_location`` in
    ``pip/_internal/req/req_install.py``, read 2026-11-27.
    """
    found = [path for path in directory.glob("aside/pip-wheel-*/*") if path.is_dir()]
    if len(found) != 1:
        raise ResolveError(
            f"pip {importlib.metadata.version('pip')}: leaves what it has built elsewhere than older ones; name one of "
            "these in build-system.requires"
        )
    return found[0]


def commit_of(requirement: str, what: str, host: Host) -> str:
    """Return the commit that a repository's branch or tag stands for; raises ``ResolveError`` if it cannot be had."""
    with temporary_directory() as directory:
        report = Path(directory, "report.json")
        asked, git = _asked_for(requirement, Path(directory), host.environ)
        environ = {**host.environ, **git}
        code, errors = _plain_pip("install", [*dry_run_options(report), *asked], replace(host, environ=environ))
        if code:
            raise _not_built(what, errors)
        (found,) = json.loads(report.read_text("utf-8"))["install"]
    commit: str = found["download_info"]["vcs_info"]["commit_id"]
    return commit


def _asked_for(line: str, directory: Path, environ: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return how pip is asked for a requirement, and the variables for git, so that no command line has a password.

    Command lines are for all users of a machine to read; files and variables are not.
    """
    listed = directory / "requirements.txt"
    line, git = without_git_credentials(literal(line), environ)
    listed.write_text(f"{line}\n", "utf-8")
    return [f"--requirement={listed}"], git


def _plain_pip(command: str, arguments: Sequence[str], host: Host) -> tuple[int, str]:
    """Run pip as a user would, for this machine; return its exit code and what it said of errors."""
    options = ["--quiet", "--no-deps", "--ignore-requires-python", *_options_for_passwords(host)]
    done = _run([command, *options, *arguments], host)
    return done.returncode, done.stdout + done.stderr


def _options_for_passwords(host: Host) -> list[str]:
    """Return what keeps pip from starting another pip for what a build requires, if the settings have a password.

    The other one would have the indexes, with their passwords, in its command line. Older ones than ``_OWN_PROCESS``
    know no other way.
    """
    can = Version(importlib.metadata.version("pip")) >= _OWN_PROCESS
    return ["--use-feature=inprocess-build-deps"] if can and _has_passwords(host) else []


def _has_passwords(host: Host) -> bool:
    """Return whether pip's variables or its configuration files have a URL with credentials."""
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


def _not_built(what: str, errors: str, fix: str = "") -> ResolveError:
    end = "\n".join(errors.strip().splitlines()[-_SHOWN_LINES:])
    if fix:
        return ResolveError(f"{what} cannot be built; {fix}; the end of what pip said follows", detail=end)
    return ResolveError(f"{what} cannot be built; the end of what pip said follows", detail=end)
