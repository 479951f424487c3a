"""Sdists through pip: which an index has, where they are, and the wheels that they build on this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.errors import ResolveError
from hatch_lambda.resolve.pip import dry_run_options, reported_pin
from hatch_lambda.resolve.pip_command import pip_environment, run_pip, target_options, temporary_files_in
from hatch_lambda.temporary import check_space, temporary_directory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Host, Pin
    from hatch_lambda.resolve.pip_log import Offer
    from hatch_lambda.target import Target

BUILD_DATE = "1580601600"
"""Seconds since 1970, for ``SOURCE_DATE_EPOCH`` of the builds: Hatchling's own date of files that can be reproduced.

Source: ``get_reproducible_timestamp`` in ``hatchling/builders/utils.py``.
"""

_SETUPTOOLS = """\
[build]
build_base = {folder}
[egg_info]
egg_base = {folder}
"""
"""Has setuptools make what it makes on the way outside of the source, and so take nothing of earlier builds from there.

Source: https://setuptools.pypa.io/en/latest/deprecated/distutils/configfile.html.
"""

_SHOWN_LINES = 20
"""Lines of a failed build that a message shows; the reason stands at the end."""


def offered(name: NormalizedName, target: Target, host: Host) -> tuple[tuple[Offer, ...], tuple[str, ...]]:
    """Return every file of a distribution on the indexes, as pip judges it for the target, and these indexes."""
    with temporary_directory() as folder:
        options = [*dry_run_options(Path(folder, "report.json")), "--no-deps", *target_options(target)]
        log = run_pip("install", [*options, name], target=target, host=host).log
    return log.offers(name), log.indexes


def sdists_above_wheels(offers: Sequence[Offer], specifier: SpecifierSet) -> list[Offer]:
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
    with temporary_directory() as folder:
        report = Path(folder, "report.json")
        options = [*dry_run_options(report), f"--no-binary={name}"]
        code, errors = _plain_pip("install", [*options, f"{name}=={version}"], host)
        if code:
            raise _not_built(f"{name} {version}: its sdist", errors)
        (found,) = json.loads(report.read_text("utf-8"))["install"]
    return reported_pin(found)


def build_wheel(pin: Pin, into: Path, host: Host) -> Path:
    """Return the wheel that an sdist builds with plain pip; raises ``ResolveError`` with the end of what that said."""
    line = f"{pin.name} @ {pin.url}" + (f" --hash=sha256:{pin.sha256}" if pin.sha256 else "")
    listed = into / "requirements.txt"
    listed.write_text(f"{line}\n", "utf-8")
    return build_from(f"--requirement={listed}", f"{pin}: its sdist {pin.filename}", into, host)


def build_from(source: str, what: str, into: Path, host: Host, *, remedy: str = "") -> Path:
    """Return the wheel that plain pip builds from a folder, a requirement or a file of one.

    ``what`` names it, and ``remedy`` says what to do if it cannot be built, where that is known. Neither pip's cache,
    which knows a file by its name, has a part in it, nor what earlier builds have left in a folder. Raises
    ``ResolveError`` with the end of what pip said.
    """
    with temporary_directory() as aside:
        settings = Path(aside, "setuptools.cfg")
        settings.write_text(_SETUPTOOLS.format(folder=aside), "utf-8")
        environ = {"SOURCE_DATE_EPOCH": BUILD_DATE, "DIST_EXTRA_CONFIG": str(settings), **host.environ}
        environ |= temporary_files_in(aside)
        arguments = ["--no-cache-dir", f"--wheel-dir={into}", source]
        code, errors = _plain_pip("wheel", arguments, replace(host, environ=environ))
    wheels = list(into.glob("*.whl"))
    if code or len(wheels) != 1:
        raise _not_built(what, errors, remedy)
    return wheels[0]


def commit_of(requirement: str, what: str, host: Host) -> str:
    """Return the commit that a repository's branch or tag stands for; raises ``ResolveError`` if it cannot be had."""
    with temporary_directory() as folder:
        report = Path(folder, "report.json")
        code, errors = _plain_pip("install", [*dry_run_options(report), requirement], host)
        if code:
            raise _not_built(what, errors)
        (found,) = json.loads(report.read_text("utf-8"))["install"]
    commit: str = found["download_info"]["vcs_info"]["commit_id"]
    return commit


def _plain_pip(command: str, arguments: Sequence[str], host: Host) -> tuple[int, str]:
    """Run pip as a user would, for this machine; return its exit code and what it said of errors."""
    spec = importlib.util.find_spec("pip")
    folder = os.fspath(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else "pip"
    done = subprocess.run(  # noqa: S603  # no shell, and the program is this Python
        [sys.executable, folder, command, "--quiet", "--no-deps", "--ignore-requires-python", *arguments],
        cwd=host.folder,
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
    return done.returncode, done.stdout + done.stderr


def _not_built(what: str, errors: str, remedy: str = "") -> ResolveError:
    end = "\n".join(errors.strip().splitlines()[-_SHOWN_LINES:])
    if remedy:
        return ResolveError(f"{what} cannot be built; {remedy}; the end of what pip said follows", detail=end)
    return ResolveError(f"{what} cannot be built; the end of what pip said follows", detail=end)
