"""Resolve and download with pip."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError, last_lines, masked
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.progress import NO_PROGRESS, Status
from hatch_lambda.resolve.base import (
    LOCK_COMMAND,
    OFFLINE_VARIABLE,
    UPGRADE_VARIABLE,
    Dependency,
    Host,
    Pin,
    Resolution,
    escape_variables,
)
from hatch_lambda.resolve.constraints import constraints_file
from hatch_lambda.resolve.overrides import NO_OVERRIDES
from hatch_lambda.resolve.pip.advice import Alternatives
from hatch_lambda.resolve.pip.command import dry_run_options, pip_output, run_pip, target_options
from hatch_lambda.resolve.pip.explain import (
    explain_download,
    explain_failure,
    explain_older,
    explain_sdists,
)
from hatch_lambda.resolve.pip.fallbacks import explain_fallbacks
from hatch_lambda.resolve.pip.substitutes import usable_substitutes
from hatch_lambda.resolve.uv_settings import UvSettings
from hatch_lambda.resolve.validate import transitive_dependencies
from hatch_lambda.runtime.runtimes import RUNTIMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from hatch_lambda.diagnostics import Code
    from hatch_lambda.progress import Progress
    from hatch_lambda.resolve.overrides import Overrides
    from hatch_lambda.resolve.pip.command import PipRun
    from hatch_lambda.resolve.pip.log import PipLog
    from hatch_lambda.runtime.runtimes import Runtime
    from hatch_lambda.runtime.target import Target


@dataclass(frozen=True)
class PipResolver:
    """pip, which resolves for the target on any build machine, with the build Python only.

    ``label`` names it, and why it was chosen.
    """

    host: Host
    constraints: tuple[str, ...] = ()
    runtimes: tuple[Runtime, ...] = RUNTIMES
    uv: UvSettings = field(default_factory=UvSettings)
    label: str = "pip"

    def resolve(
        self, roots: Sequence[Dependency], target: Target, *, prefer: Mapping[NormalizedName, Version] | None = None
    ) -> Resolution:
        """Return the newest or the preferred versions that satisfy all requirements.

        pip can only be forced to use a version. So if something isn't as preferred, the preferred versions that remain
        are those that fit the newest versions of what changed. Raises ``ResolveError`` if there are none.
        """
        kept = self._keeping(roots, target, prefer) if prefer else None
        if prefer and kept and all(prefer.get(pin.name) == pin.version for pin in kept.pins):
            return kept
        newest = self._resolve(roots, target, {})
        if not prefer:
            return newest
        changed = changed_names(newest, [*newest.dependencies, *self.uv.constraint_dependencies], prefer)
        for unlocked in (changed, _reached(newest, changed)):
            kept = self._keeping(roots, target, {name: prefer[name] for name in prefer.keys() - unlocked})
            if kept and _versions(kept, unlocked) == _versions(newest, unlocked):
                return kept
        return newest

    def _keeping(
        self, roots: Sequence[Dependency], target: Target, versions: Mapping[NormalizedName, Version]
    ) -> Resolution | None:
        """Return a resolution with exactly these versions of these names; ``None`` if there is none."""
        try:
            return self._resolve(roots, target, versions)
        except ResolveError:
            return None

    def _resolve(
        self, roots: Sequence[Dependency], target: Target, versions: Mapping[NormalizedName, Version]
    ) -> Resolution:
        if self.host.offline:
            raise ResolveError(offline_problem("pip"))
        pinned = [f"{name}=={version}" for name, version in versions.items()]
        with temporary_directory() as directory, constraints_file([*self.uv.constraints, *pinned]) as constraints:
            listed = _requirements_file(Path(directory), (str(root.requirement) for root in roots))
            options = [f"--constraint={path}" for path in (*self.constraints, *constraints)]
            arguments = [*target_options(target), f"--requirement={listed}", *options]
            report, run = report_of(arguments, target, self.host, self.uv.overrides)
        if run.code:
            raise self._failure(run, target, roots)
        return replace(_resolution(report, roots, target, run, versions), resolver=self.label)

    def _failure(self, run: PipRun, target: Target, roots: Sequence[Dependency]) -> ResolveError:
        where = " and ".join(sorted({root.required_by for root in roots}))
        unknown = Diagnostic(
            code="resolver-failed",
            where=where,
            problem=f"pip can't resolve the requirements for {target}",
            fix="fix the cause in pip's output",
        )
        alternatives = Alternatives(
            target=target,
            log=run.log,
            runtimes=self.runtimes,
            substitutes=usable_substitutes(run.log.names, target, self.host),
        )
        explained = explain_failure(alternatives, roots)
        return ResolveError(
            explained or unknown,
            detail=_detail(run),
            excerpt=_excerpt(run, explained),
            missing={missing.name: missing.specifier for missing in run.log.missing},
        )


def changed_names(
    newest: Resolution, dependencies: Sequence[Dependency], prefer: Mapping[NormalizedName, Version]
) -> frozenset[NormalizedName]:
    """Return the names whose preferred version doesn't exist, or doesn't satisfy a requirement that applies.

    Those of a package apply if its version is the preferred one, or if it is itself a name that changed.
    """
    pinned = {pin.name: pin.version for pin in newest.pins}
    changed = pinned.keys() - prefer.keys()
    while True:
        more = {
            dependency.name
            for dependency in dependencies
            if (name := dependency.required_by.partition(" ")[0]) not in pinned
            or name in changed
            or pinned[canonicalize_name(name)] == prefer[canonicalize_name(name)]
            if dependency.name in prefer and not _fits(dependency.requirement, prefer[dependency.name])
        }
        if more <= changed:
            return frozenset(changed)
        changed |= more


def _fits(requirement: Requirement, version: Version) -> bool:
    return not requirement.url and requirement.specifier.contains(version, prereleases=True)


def _reached(resolution: Resolution, names: frozenset[NormalizedName]) -> frozenset[NormalizedName]:
    """Return the names and all their dependencies."""
    required = {
        dependency.name for dependency in resolution.dependencies if dependency.required_by.partition(" ")[0] in names
    }
    return names if required <= names else _reached(resolution, names | required)


def _versions(resolution: Resolution, names: frozenset[NormalizedName]) -> dict[NormalizedName, Version]:
    return {pin.name: pin.version for pin in resolution.pins if pin.name in names}


def offline_problem(tool: str) -> Diagnostic:
    """Return that a tool can't resolve, because network access is disabled."""
    return Diagnostic(
        code="offline",
        where=OFFLINE_VARIABLE,
        problem=f"{tool} can't resolve offline",
        fix=f"run '{LOCK_COMMAND}' online first",
    )


def report_of(
    arguments: Sequence[str], target: Target, host: Host, overrides: Overrides = NO_OVERRIDES
) -> tuple[dict[str, Any], PipRun]:
    """Return the report of ``pip install``, which resolves and installs nothing; it is empty if pip failed.

    Raises ``ResolveError`` if pip evaluated markers for another environment than the target's.
    """
    with temporary_directory() as directory:
        path = Path(directory, "report.json")
        run = run_pip("install", [*dry_run_options(path), *arguments], target=target, host=host, overrides=overrides)
        if run.code:
            return {}, run
        report: dict[str, Any] = json.loads(path.read_text("utf-8"))
    _check_environment(report, target)
    return report, run


def download(pins: Sequence[Pin], target: Target, into: Path, host: Host, progress: Progress = NO_PROGRESS) -> None:
    """Download the pinned wheels into a directory; raises ``ResolveError`` if that isn't possible.

    pip finds the credentials of each URL, resumes interrupted downloads, and verifies hashes. Wheels without a hash
    need a second run, because pip requires hashes for all or for none.
    """
    hashed = [f"{pin.name} @ {pin.url} --hash=sha256:{pin.sha256}" for pin in pins if pin.sha256]
    plain = [f"{pin.name} @ {pin.url}" for pin in pins if not pin.sha256]
    for lines in filter(None, (hashed, plain)):
        with temporary_directory() as directory:
            progress.watch(partial(download_status, pins, into, Path(directory)))
            _download(lines, target, into, host, Path(directory))


def _download(lines: Sequence[str], target: Target, into: Path, host: Host, temporary: Path) -> None:
    with temporary_directory() as directory:
        listed = _requirements_file(Path(directory), lines)
        arguments = [
            "--no-deps",
            "--ignore-requires-python",
            f"--dest={into}",
            *target_options(target),
            f"--requirement={listed}",
        ]
        run = run_pip("download", arguments, target=target, host=host, temporary=temporary)
    if run.code:
        raise _failed_download(run)


def download_status(pins: Sequence[Pin], into: Path, temporary: Path) -> Status:
    """Return the status of a running ``pip download``: its newest file, and the bytes of that so far.

    pip keeps each file in a separate temporary directory and copies all of them at its end.
    """
    found: dict[str, tuple[float, int]] = {}
    with suppress(OSError):  # pip adds and removes files at the same time
        for file in (*into.glob("*.whl"), *temporary.glob("pip-unpack-*/*.whl")):
            found[file.name] = (file.stat().st_mtime, file.stat().st_size)
    newest = max(found, key=lambda name: found[name], default="")
    names = {pin.filename: str(pin) for pin in pins}
    _, size = found.get(newest, (0.0, 0))
    return Status(name=names.get(newest, ""), count=len(found), total=len(pins), size=size)


def _requirements_file(directory: Path, lines: Iterable[str]) -> Path:
    path = directory / "requirements.txt"
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def _failed_download(run: PipRun) -> ResolveError:
    unknown = Diagnostic(
        code="fetch-failed",
        where="pip",
        problem="can't download the wheels",
        fix="fix the cause in pip's output, then rebuild",
    )
    explained = explain_download(run.log)
    return ResolveError(explained or unknown, detail=_detail(run), excerpt=_excerpt(run, explained))


def _excerpt(run: PipRun, explained: Sequence[Diagnostic]) -> str:
    """Return the end of pip's output, which contains the reason; nothing if the reason is explained."""
    return "" if explained else pip_output(last_lines(run.errors))


def _detail(run: PipRun) -> str:
    """Return pip's output, with all causes of a conflict, which pip writes only to its log.

    If pip can't ask for a password, its output is a useless traceback.
    """
    causes = ["The conflict is caused by:", *run.log.causes] if run.log.causes else []
    return "" if run.log.prompted else pip_output("\n".join([run.errors.rstrip(), *causes]))


def _check_environment(report: dict[str, Any], target: Target) -> None:
    seen = report.get("environment", {})
    wrong = [name for name, value in target.markers.items() if seen.get(name) != value]
    if wrong:
        raise ResolveError(
            Diagnostic(
                code="resolver-failed",
                where=f"pip {report.get('pip_version')}",
                problem=f"evaluated {', '.join(wrong)} for the build machine instead of {target}",
                fix="require another version of pip in build-system.requires",
            )
        )


@dataclass(frozen=True)
class _Reported:
    """A distribution in pip's report."""

    pin: Pin
    requires_dist: tuple[str, ...]
    yanked: bool

    @property
    def name(self) -> NormalizedName:
        return self.pin.name

    @property
    def version(self) -> str:
        return str(self.pin.version)


def _resolution(
    report: dict[str, Any],
    roots: Sequence[Dependency],
    target: Target,
    run: PipRun,
    prefer: Mapping[NormalizedName, Version],
) -> Resolution:
    held = [dependency.requirement for dependency in transitive_dependencies(roots, {}, target)]
    direct = {canonicalize_name(requirement.name): requirement.url for requirement in held if requirement.url}
    reported = [_reported(item, direct) for item in report["install"]]
    pins = tuple(item.pin for item in reported)
    others = [
        Diagnostic(
            code="no-wheel",
            where=str(pin),
            problem=f"{masked(pin.url)} isn't a wheel",
            fix="build a wheel of it, and upload that to an index",
        )
        for pin in pins
        if not pin.is_wheel
    ]
    if others:
        raise ResolveError(others)
    demanded = transitive_dependencies(roots, {item.name: item for item in reported}, target)
    warnings = list(explain_sdists(pins, demanded, run.log))
    warnings += [yanked_warning(item.pin, demanded, prefer) for item in reported if item.yanked]
    warnings += [
        _warning(
            "index-skipped",
            failure.url,
            f"skipped, because it can't be downloaded ({failure.reason})",
            "check the index, or remove it from pip's settings",
        )
        for failure in run.log.fetch_failures
    ]
    notes = tuple(explain_older(pins, demanded, run.log, target, run.log.conflicts))
    fallbacks = explain_fallbacks(pins, unloadable_files(pins, run.log), target)
    return Resolution(pins, notes, tuple(warnings), fallbacks=fallbacks, dependencies=demanded)


def unloadable_files(pins: Iterable[Pin], log: PipLog) -> dict[NormalizedName, list[str]]:
    """Return the names of the files of each pin's release that pip skipped because of their tags."""
    return {
        pin.name: [
            offer.filename for offer in log.files(pin.name) if offer.version == pin.version and offer.reason == "tags"
        ]
        for pin in pins
    }


def yanked_warning(pin: Pin, demanded: Sequence[Dependency], prefer: Mapping[NormalizedName, Version]) -> Diagnostic:
    """Return why a yanked version is used: pip and uv use one only if something pins it."""
    asked = any(
        part.operator in {"==", "==="} and not part.version.endswith(".*")
        for dependency in demanded
        if dependency.name == pin.name
        for part in dependency.requirement.specifier
    )
    if asked or prefer.get(pin.name) != pin.version:
        problem = "was yanked from its index, but a requirement pins it"
        return _warning("yanked", str(pin), problem, "require another version")
    problem, fix = "was yanked from its index, but the lock file pins it", f"run '{LOCK_COMMAND}'"
    return _warning("yanked", str(pin), problem, f"set {UPGRADE_VARIABLE}={pin.name} and {fix}")


def _warning(code: Code, where: str, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code=code, where=where, problem=problem, fix=fix, severity="warning")


def _reported(item: dict[str, Any], direct: Mapping[NormalizedName, str]) -> _Reported:
    """Return an item of the report; a URL that the project declares keeps its credentials."""
    pin = reported_pin(item)
    pin = replace(pin, url=direct.get(pin.name, pin.url))
    return _Reported(pin, tuple(item["metadata"].get("requires_dist", ())), bool(item.get("is_yanked")))


def reported_pin(item: dict[str, Any]) -> Pin:
    """Return the pin in an item of pip's report."""
    metadata, source = item["metadata"], item["download_info"]
    sha256 = source.get("archive_info", {}).get("hashes", {}).get("sha256")
    name, version = canonicalize_name(metadata["name"]), Version(metadata["version"])
    return Pin(name, version, escape_variables(source["url"]), sha256.lower() if sha256 else None)
