"""A requirements file as a lock: every line pinned, every line with hashes (pip's hash-checking mode).

But for repositories: of those pip can make no hash, and they are built beside the lock.
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

from hatch_lambda.errors import ResolveError, last_lines
from hatch_lambda.files import json_values
from hatch_lambda.files.paths import check_regular
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.resolve.base import COMMIT, OFFLINE_VARIABLE, Dependency, Pin, Resolution
from hatch_lambda.resolve.lock.commits import LockedCommits
from hatch_lambda.resolve.pip.command import target_options
from hatch_lambda.resolve.pip.explain import explain_fallbacks
from hatch_lambda.resolve.pip.resolver import report_of, reported_pin, unloadable_files
from hatch_lambda.resolve.validate import check_requirements, requirement_problem, transitive_dependencies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.cache import ResultCache
    from hatch_lambda.runtime.target import Target

_FIX = "make it anew with the tool that made it, such as uv pip compile --generate-hashes"


@dataclass(frozen=True)
class RequirementsTxtResolver:
    """A requirements file with hashes. pip is asked once for each target where the files are; ``results`` keeps that.

    The hashes leave no choice, so what was found once stays right.
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
        """Return the commits that the file has for the target; raises ``ResolveError`` if it cannot be read.

        What it lacks is looked up: not every tool that makes such files writes commits.
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
        """Return what the file has for the target; raises ``ResolveError`` if it is stale or not pinned throughout."""
        lines = self._read(target)
        problems = [f"{self.name}: {problem}" for problem in map(_line_problem, lines) if problem]
        if problems:
            raise ResolveError(problems)
        key = ("hashed", lines, target.markers, target.platforms)
        known = self.results.get(partial(_known_pins, lines), *key)
        if known is None:
            answer = self._ask_pip(lines, target)
            self.results.put(answer, *key)
            known = _known_pins(lines, answer)
        pins, unloadable = known
        why = f"only as a repository, and nothing is compiled on this machine; {_FIX}"
        unfit = {name: f"{self.name} has {name}, but {why}" for name in _repositories(lines, target)}
        fallbacks = explain_fallbacks(pins, unloadable, target)
        resolution = Resolution(pins, source=self.name, fix=_FIX, unfit=unfit, fallbacks=fallbacks, exact=False)
        found = {pin.name: pin for pin in pins}
        stale = [
            problem
            for dependency in transitive_dependencies(roots, {}, target)
            if (problem := requirement_problem(dependency, found, resolution))
        ]
        if stale:
            raise ResolveError(stale)
        return resolution

    def _read(self, target: Target) -> list[str]:
        """Return the lines; raises ``ResolveError`` if they cannot be read, or held against the target."""
        try:
            lines = list(_lines(self.path))
        except PermissionError as error:
            raise ResolveError(f"{self.name}: cannot be read ({error.strerror}); see to its permissions") from None
        except OSError as error:
            raise ResolveError(f"{self.name}: cannot be read ({error.strerror}); make it or remove lock") from None
        check_requirements((Dependency(self.name, one) for one in map(_requirement, lines) if one), target)
        return lines

    def _ask_pip(self, lines: Sequence[str], target: Target) -> dict[str, Any]:
        """Return the pins as JSON, and the other files of their releases that the target cannot load."""
        if self.host.offline:
            raise ResolveError(
                f"{OFFLINE_VARIABLE}: {self.name} does not say where the wheels are, and was not used for {target} "
                "before; build once with the network, or use a pylock"
            )
        with temporary_directory() as directory:
            path = _without_repositories(self.path, Path(directory), {}) if any(map(_repository, lines)) else self.path
            arguments = ["--require-hashes", "--no-deps", *target_options(target), f"--requirement={path}"]
            report, run = report_of(arguments, target, self.host)
        if run.code:
            raise ResolveError(
                f"{self.name}: pip cannot use it for {target}; what it said:",
                detail=run.errors,
                excerpt=last_lines(run.errors),
            )
        pins = tuple(map(reported_pin, report.get("install", ())))
        return {"pins": [pin.as_json() for pin in pins], "unloadable": unloadable_files(pins, run.log)}


def _known_pins(lines: Sequence[str], value: object) -> tuple[tuple[Pin, ...], dict[NormalizedName, tuple[str, ...]]]:
    """Return the pins that pip has found for these lines, and the other files of their releases.

    Raises ``ValueError`` for a hash that is not in the lines, and for values of another shape.
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
    """Yield each line of one file as pip has it: continued ones as one, without comments, which continue nothing."""
    check_regular(path)
    text = re.sub(r"^[ \t]*#.*", "", path.read_text("utf-8", "replace"), flags=re.MULTILINE).replace("\\\n", " ")
    yield from filter(None, (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines()))


def _included(line: str, path: Path) -> Path | None:
    """Return the file of this machine that a line of the file ``path`` includes."""
    included = re.match(r"(?:-r|-c|--requirement|--constraint)[\s=]*(?P<path>\S+)", line)
    inner = path.parent / included["path"] if included else path
    return inner if included and inner.is_file() else None


def _without_repositories(path: Path, directory: Path, written: dict[Path, str]) -> Path:
    """Write the file, and those that it includes, into a folder, without the lines of repositories; return its path.

    ``written`` are the names of those that are there. What lines name relative to their file, they name in full then.
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
    """Return the requirements of repositories that hold for the target."""
    found = filter(None, map(_repository, lines))
    return {canonicalize_name(one.name): one for one in found if target.holds(one.marker)}


def _repository(line: str) -> Requirement | None:
    """Return the requirement of a line if it is for a repository."""
    requirement = _requirement(line)
    return requirement if requirement and re.match(r"(?:git|hg|svn|bzr)\+", requirement.url or "") else None


def _requirement(line: str) -> Requirement | None:
    """Return the requirement of a line; ``None`` for an option, and for what pip will refuse."""
    try:
        return Requirement(_text(line))
    except InvalidRequirement:
        return None


def _text(line: str) -> str:
    return re.split(r"\s--", line)[0].strip()


def _line_problem(line: str) -> str | None:
    """Say why a line does not pin one version by its hashes.

    ``None`` for an option, for what pip will refuse, and for a repository.
    """
    if re.match(r"-e\b|--editable\b", line) or line == ".":
        return (
            f"{line!r} is the project or another folder, of which there are no hashes; what the project names is built "
            "beside; export without it, such as with uv export --no-emit-project, or for all of a workspace "
            "--no-emit-workspace"
        )
    text, requirement = _text(line), _requirement(line)
    if requirement is None or _repository(line):
        return None
    exact = [version for version in requirement.specifier if version.operator in {"==", "==="}]
    if not requirement.url and (not exact or exact[0].version.endswith(".*")):
        return f"{text!r} is not pinned; every line needs one version (==) and hashes of its wheels; {_FIX}"
    if "--hash" not in line:
        return f"{text!r} has no hashes; every line needs one version (==) and hashes of its wheels; {_FIX}"
    return None
