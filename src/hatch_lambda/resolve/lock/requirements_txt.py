"""Reads a requirements file as a lock file: every line is pinned and has hashes (pip's hash-checking mode).

Git dependencies are the exception: pip can't hash them, so they are built separately.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.pylock import PackageVcs
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError, last_lines
from hatch_lambda.files import json_values
from hatch_lambda.files.paths import check_regular
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.resolve.base import COMMIT, OFFLINE_VARIABLE, Dependency, Pin, Resolution
from hatch_lambda.resolve.lock.commits import LockedCommits
from hatch_lambda.resolve.pip.command import pip_output, target_options
from hatch_lambda.resolve.pip.fallbacks import explain_fallbacks
from hatch_lambda.resolve.pip.resolver import report_of, reported_pin, unloadable_files
from hatch_lambda.resolve.validate import check_requirements, unmet_roots

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.cache import ResultCache
    from hatch_lambda.runtime.target import Target

_FIX = (
    "lock again with the tool that wrote it, for example 'uv pip compile --universal --generate-hashes pyproject.toml "
    "-o requirements.txt'"
)


@dataclass(frozen=True)
class RequirementsTxtResolver:
    """A requirements file with hashes. pip looks up the files once for each target, and ``results`` caches them.

    The hashes determine the files, so a cached result stays right.
    """

    path: Path
    host: Host
    results: ResultCache

    @property
    def name(self) -> str:
        """Return the file's path inside the project."""
        directory = self.host.directory
        return self.path.relative_to(directory).as_posix() if self.path.is_relative_to(directory) else str(self.path)

    def commits(self, target: Target) -> LockedCommits:
        """Return the commits that the file has for the target; raises ``ResolveError`` if it can't be read.

        Missing commits are looked up, because not every tool writes them into such a file.
        """
        found = {}
        for name, requirement in _repositories(self._read(target), target).items():
            address, _, commit = (requirement.url or "").partition("#")[0].rpartition("@")
            if COMMIT.fullmatch(commit):
                vcs, _, url = address.partition("+")
                found[name] = PackageVcs(type=vcs, url=url, commit_id=commit)
        return LockedCommits(self.name, _FIX, found, binding=False)

    def resolve(
        self,
        roots: Sequence[Dependency],
        target: Target,
        *,
        prefer: Mapping[NormalizedName, Version] | None = None,  # noqa: ARG002  # a lock has no choice
    ) -> Resolution:
        """Return the pins for the target; raises ``ResolveError`` if the file is out of date or not fully pinned."""
        lines = self._read(target)
        problems = [problem for line in lines if (problem := _line_problem(line, self.name))]
        if problems:
            raise ResolveError(problems)
        key = ("hashed", lines, target.markers, target.platforms)
        known = self.results.get(partial(_known_pins, lines), *key)
        if known is None:
            answer = self._ask_pip(lines, target)
            self.results.put(answer, *key)
            known = _known_pins(lines, answer)
        pins, unloadable = known
        why = f"but only from Git; require it from there in the project, or {_FIX}"
        unfit = {name: f"{self.name} has {name}, {why}" for name in _repositories(lines, target)}
        fallbacks = explain_fallbacks(pins, unloadable, target)
        resolution = Resolution(pins, source=self.name, fix=_FIX, unfit=unfit, fallbacks=fallbacks, exact=False)
        outdated = unmet_roots(roots, resolution, target)
        if outdated:
            raise ResolveError(outdated)
        return resolution

    def _read(self, target: Target) -> list[str]:
        """Return the lines; raises ``ResolveError`` if the file can't be read, or a marker can't be evaluated."""
        try:
            lines = list(_lines(self.path))
        except PermissionError as error:
            problem = f"can't be read ({error.strerror})"
            raise ResolveError(
                Diagnostic(code="unreadable-file", where=self.name, problem=problem, fix="fix its permissions")
            ) from None
        except OSError as error:
            problem, fix = f"can't be read ({error.strerror})", "create it, or remove the option lock"
            raise ResolveError(Diagnostic(code="lock-not-found", where=self.name, problem=problem, fix=fix)) from None
        check_requirements((Dependency(self.name, one) for one in map(_requirement, lines) if one), target)
        return lines

    def _ask_pip(self, lines: Sequence[str], target: Target) -> dict[str, Any]:
        """Return the pins as JSON, and the other files of their releases that the target can't load."""
        if self.host.offline:
            raise ResolveError(
                Diagnostic(
                    code="offline",
                    where=OFFLINE_VARIABLE,
                    problem=f"{self.name} has no URLs, and no build for {target} is in the cache",
                    fix="build once with network access, or use a pylock.toml",
                )
            )
        with temporary_directory() as directory:
            path = _without_repositories(self.path, Path(directory), {}) if any(map(_repository, lines)) else self.path
            arguments = ["--require-hashes", "--no-deps", *target_options(target), f"--requirement={path}"]
            report, run = report_of(arguments, target, self.host)
        if run.code:
            raise ResolveError(
                Diagnostic(
                    code="resolver-failed",
                    where=self.name,
                    problem=f"pip can't use it for {target}",
                    fix="fix the cause in pip's output",
                ),
                detail=pip_output(run.errors),
                excerpt=pip_output(last_lines(run.errors)),
            )
        pins = tuple(map(reported_pin, report.get("install", ())))
        return {"pins": [pin.as_json() for pin in pins], "unloadable": unloadable_files(pins, run.log)}


def _known_pins(lines: Sequence[str], value: object) -> tuple[tuple[Pin, ...], dict[NormalizedName, tuple[str, ...]]]:
    """Return the pins that pip found for these lines, and the other files of their releases.

    Raises ``ValueError`` for a hash that isn't in the lines, and for values of another shape.
    """
    found = json_values.fields(value)
    pins = tuple(map(Pin.from_json, json_values.items(found.get("pins"))))
    files = json_values.fields(found.get("unloadable")).items()
    unloadable = {canonicalize_name(name): json_values.texts(names) for name, names in files}
    hashes = {found.lower() for line in lines for found in re.findall(r"sha256:([0-9a-fA-F]{64})", line)}
    if any(pin.sha256 and pin.sha256 not in hashes for pin in pins):
        raise ValueError("other hashes")
    return pins, unloadable


def _lines(path: Path, above: frozenset[Path] = frozenset()) -> Iterator[str]:
    """Yield each line of the file, and of the files that it includes; none twice in a row."""
    for line in _lines_of(path):
        yield line
        inner = _included(line, path)
        if inner and inner.resolve() not in {path.resolve(), *above}:
            yield from _lines(inner, above | {path.resolve()})


def _lines_of(path: Path) -> Iterator[str]:
    """Yield each line of one file as pip reads it: continued lines joined, and without comments."""
    check_regular(path)
    text = re.sub(r"^[ \t]*#.*", "", path.read_text("utf-8", "replace"), flags=re.MULTILINE).replace("\\\n", " ")
    yield from filter(None, (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines()))


def _included(line: str, path: Path) -> Path | None:
    """Return the file on this machine that a line of the file ``path`` includes."""
    included = re.match(r"(?:-r|-c|--requirement|--constraint)[\s=]*(?P<path>\S+)", line)
    inner = path.parent / included["path"] if included else path
    return inner if included and inner.is_file() else None


def _without_repositories(path: Path, directory: Path, written: dict[Path, str]) -> Path:
    """Write the file, and those that it includes, into a directory without the lines of repositories; return its path.

    ``written`` maps the files that were written to their new names. Relative paths in the lines become absolute.
    """
    name = written[path.resolve()] = f"{len(written)}.txt"
    lines = []
    for line in _lines_of(path):
        inner = _included(line, path)
        found = re.match(r"(?:-f|--find-links)[\s=]*(?P<path>\S+)", line)
        if inner:
            if inner.resolve() not in written:
                _without_repositories(inner, directory, written)
            option = "-r" if line.startswith(("-r", "--r")) else "-c"
            lines.append(f"{option} {written[inner.resolve()]}")
        elif found and (path.parent / found["path"]).exists():
            lines.append(f"--find-links={(path.parent / found['path']).resolve().as_uri()}")
        elif _repository(line) is None:
            lines.append(line)
    (directory / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return directory / name


def _repositories(lines: Sequence[str], target: Target) -> dict[NormalizedName, Requirement]:
    """Return the requirements of repositories that apply to the target."""
    found = filter(None, map(_repository, lines))
    return {canonicalize_name(one.name): one for one in found if target.holds(one.marker)}


def _repository(line: str) -> Requirement | None:
    """Return the requirement of a line if it is for a repository."""
    requirement = _requirement(line)
    return requirement if requirement and re.match(r"(?:git|hg|svn|bzr)\+", requirement.url or "") else None


def _requirement(line: str) -> Requirement | None:
    """Return the requirement of a line; ``None`` for an option, and for a line that pip rejects."""
    try:
        return Requirement(_text(line))
    except InvalidRequirement:
        return None


def _text(line: str) -> str:
    return re.split(r"\s--", line)[0].strip()


def _line_problem(line: str, name: str) -> Diagnostic | None:
    """Return why a line of the file ``name`` doesn't pin one version by its hashes.

    ``None`` for an option, for a line that pip rejects, and for a repository.
    """

    def problem(reason: str, fix: str) -> Diagnostic:
        return Diagnostic(code="unsupported-lock", where=name, problem=reason, fix=fix)

    if re.match(r"-e\b|--editable\b", line) or line == ".":
        return problem(
            f"{line!r} is a local directory, which has no hash",
            "export without it, for example with uv export --no-emit-project or --no-emit-workspace",
        )
    text, requirement = _text(line), _requirement(line)
    if requirement is None or _repository(line):
        return None
    exact = [version for version in requirement.specifier if version.operator in {"==", "==="}]
    if not requirement.url and (not exact or exact[0].version.endswith(".*")):
        return problem(f"{text!r} isn't pinned, but every line of a lock file needs == and hashes", _FIX)
    if "--hash" not in line:
        return problem(f"{text!r} has no hashes, but every line of a lock file needs == and hashes", _FIX)
    return None
