"""One source of a dependency: what a URL, or an entry of ``tool.uv.sources``, names."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from posixpath import normpath
from typing import TYPE_CHECKING, Any, Literal

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ProjectError, masked, shorten
from hatch_lambda.resolve.base import file_of, filename_of, is_file_url, is_url, split_url, without_credentials
from hatch_lambda.resolve.lock.commits import without_suffix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName

    from hatch_lambda.dependencies.scope import Scope
    from hatch_lambda.runtime.target import Target

Kind = Literal["directory", "archive", "repository", "wheel", "index"]

_FILES = (".whl", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
"""How the names of wheels and sdists end that pip accepts.

Source: ``pip/_internal/utils/filetypes.py``, read 2026-11-27.
"""

_HASH = re.compile(r"(md5|sha\d+)=")
_INNER = "subdirectory="
_VCS = re.compile(r"(git|hg|svn|bzr)\+")
_SOURCES = ("workspace", "path", "git", "url", "index")
_REVISIONS = ("rev", "tag", "branch")
_KEYS = frozenset({*_SOURCES, *_REVISIONS, "editable", "extra", "group", "lfs", "marker", "package", "subdirectory"})
"""The keys of an entry of ``tool.uv.sources`` that name the source and its revision, and all keys of one.

Source: https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources, read 2026-11-23.
"""


@dataclass(frozen=True)
class DependencySource:
    """Where a dependency comes from: a directory here, an sdist or wheel, a repository, or one of uv's indexes.

    ``url`` is that of the directory, file, or repository (as pip writes it), or the name of the index, whose URL is
    ``index_url`` if a table defines it. ``where`` is the TOML address of the source, if it has one.
    """

    kind: Kind
    url: str
    where: str = field(default="", compare=False)
    index_url: str = ""

    def __str__(self) -> str:
        """Return the source for messages: a path if it is on this machine, and never with credentials."""
        if self.kind == "index":
            return f"the index {self.url!r}"
        return str(self.file) if self.local else masked(self.url)

    @property
    def local(self) -> bool:
        """Return whether it is a directory or a file on this machine."""
        return is_file_url(self.url)

    @property
    def reference(self) -> tuple[str, str | None, str]:
        """Return a repository's URL, its branch, tag, or commit if there is one, and the fragment."""
        address, _, fragment = self.url.partition("#")
        scheme, separator, rest = address.partition("://")
        path, at, revision = rest.rpartition("@")
        if at and "/" in path:
            return f"{scheme}{separator}{path}", revision, fragment
        return address, None, fragment

    def at(self, commit: str) -> DependencySource:
        """Return a repository at a commit."""
        address, _, fragment = self.reference
        return replace(self, url=f"{address}@{commit}" + (f"#{fragment}" if fragment else ""))

    def inside(self, path: str) -> DependencySource:
        """Return a directory of the same repository or archive; the path is relative to its top, ``.`` is the top."""
        address, _, fragment = self.url.partition("#")
        kept = [part for part in fragment.split("&") if _HASH.match(part)]
        kept += [f"{_INNER}{path}"] if path != "." else []
        return replace(self, url="#".join(filter(None, (address, "&".join(kept)))))

    @property
    def identity(self) -> tuple[str, ...]:
        """Return a value that is the same for each way to write one source."""
        if self.kind != "repository":
            return self.kind, self.url, self.index_url
        address, revision, _ = self.reference
        return self.kind, without_suffix(without_credentials(address)), revision or "", normpath(self.subdirectory)

    @property
    def subdirectory(self) -> str:
        """Return the directory in a repository or archive; ``.`` is the top."""
        parts = self.url.partition("#")[2].split("&")
        return next((part.removeprefix(_INNER) for part in parts if part.startswith(_INNER)), ".")

    @property
    def file(self) -> Path:
        """Return the directory or file; only for a local source."""
        return file_of(self.url)


@dataclass(frozen=True)
class UvSource:
    """The value of a name in ``tool.uv.sources``, and the directory of its pyproject.toml."""

    directory: Path
    name: str
    value: Any

    @property
    def where(self) -> str:
        """Return the address for messages."""
        return f"tool.uv.sources.{self.name} in {self.directory / 'pyproject.toml'}"

    def entry(self, target: Target, scope: Scope) -> dict[str, Any] | None:
        """Return the table that applies to the target, preferably one for the requirement's extra or group.

        One for another extra or group is the last choice: the name still isn't looked up on an index. ``None`` if no
        table applies. Raises ``ProjectError`` for a value that isn't a source.
        """
        entries: list[dict[str, Any]] = []
        for entry in self.value if isinstance(self.value, list) else [self.value]:
            if not isinstance(entry, dict) or set(_SOURCES).isdisjoint(entry):
                raise self._error(f"{shorten(entry)} isn't a source", f"set a table with {_or(_SOURCES)}")
            problem = self._entry_problem(entry)
            if problem:
                raise ProjectError(problem)
            if self._holds(entry, target):
                entries.append(entry)
        return min(entries, key=scope.distance, default=None)

    def _holds(self, entry: Mapping[str, Any], target: Target) -> bool:
        try:
            return "marker" not in entry or target.holds(Marker(self.text(entry, "marker")))
        except ValueError:
            raise self._error(
                f"{shorten(entry['marker'])} isn't a marker", "correct it, for example to sys_platform == 'linux'"
            ) from None

    def text(self, entry: Mapping[str, Any], key: str) -> str:
        """Return a string of the entry; raises ``ProjectError`` if it is something else."""
        if not isinstance(entry[key], str):
            raise self._error(f"{key} is {shorten(entry[key])}, not a string", f"set {key} to a string")
        return str(entry[key])

    def url(self, entry: Mapping[str, Any], key: str) -> str:
        """Return a URL of the entry; raises ``ProjectError`` if it is something else."""
        text = self.text(entry, key)
        if not is_url(text):
            raise self._error(f"{key} {shorten(text)} isn't a URL", "correct it")
        return text

    def _entry_problem(self, entry: Mapping[str, Any]) -> Diagnostic | None:
        """Return what uv would reject in an entry; unknown keys are left to later versions of uv."""
        for key in entry.keys() - _KEYS:
            close = get_close_matches(key, sorted(_KEYS), n=1, cutoff=0.75)
            if close:
                return self._problem(f"unknown key {key!r}", f"did you mean {close[0]!r}?")
        for keys in (_SOURCES, _REVISIONS):
            found = [key for key in keys if key in entry]
            if len(found) > 1:
                return self._problem(f"{' and '.join(found)} exclude each other", "keep one of them")
        return None

    def _error(self, problem: str, fix: str) -> ProjectError:
        return ProjectError(self._problem(problem, fix))

    def _problem(self, problem: str, fix: str) -> Diagnostic:
        return Diagnostic(code="dependency-source", where=self.where, problem=problem, fix=fix)


@dataclass(frozen=True)
class Unpacked:
    """A repository at a commit, or an archive, and the directory where pip unpacked it for the build."""

    source: DependencySource
    directory: Path

    def part(self, found: DependencySource, name: str) -> DependencySource:
        """Return a path in the configuration of a repository or an archive as a part of that.

        A file on this machine that has its URL in a requirement stays that. Raises ``ProjectError`` for a path that
        can't be used.
        """
        part = self.source_in(found)
        if part is None and not found.where and found.file.exists():
            return found
        top = self.source.inside(".")
        where, path = self.renamed(found.where) or str(top), os.path.relpath(found.file, self.directory)
        if part is None:
            problem, fix = f"{name} is at {path}, outside {top}", "set a path inside it, or a URL"
            raise ProjectError(Diagnostic(code="dependency-source", where=where, problem=problem, fix=fix))
        if path.endswith(_FILES):
            problem = f"{name} is at {path}, a file in {top}, which pip can't install from there"
            fix = "set the directory that it's built from, or a URL"
            raise ProjectError(Diagnostic(code="dependency-source", where=where, problem=problem, fix=fix))
        return part

    def source_in(self, found: DependencySource) -> DependencySource | None:
        """Return a file or directory of the tree as a part of the repository or archive; ``None`` for any other."""
        if not found.file.is_relative_to(self.directory):
            return None
        return replace(self.source, where=found.where).inside(found.file.relative_to(self.directory).as_posix())

    def renamed(self, text: str) -> str:
        """Return a text with the repository or archive instead of the directory, which is gone after the build."""
        return text.replace(str(self.directory), str(self.source.inside(".")))

    def renamed_error(self, error: ProjectError) -> ProjectError:
        """Return an error whose messages name the repository or archive instead of the directory."""
        return ProjectError(
            replace(one, where=self.renamed(one.where), problem=self.renamed(one.problem), fix=self.renamed(one.fix))
            for one in error.diagnostics
            if isinstance(one, Diagnostic)
        )


def source_of_url(url: str) -> DependencySource:
    """Return the source that a URL names, as in a requirement."""
    if _VCS.match(url):
        return DependencySource("repository", url)
    if is_file_url(url):
        file = file_of(url)
        address, inner = file.as_uri(), split_url(url).fragment
        if not file.is_file() and not filename_of(url).endswith(".whl"):
            directory = file / inner.removeprefix(_INNER) if inner.startswith(_INNER) else file
            return DependencySource("directory", directory.as_uri())
        url = f"{address}#{inner}" if inner else address
    return DependencySource("wheel" if filename_of(url).endswith(".whl") else "archive", url)


def source_of_entry(
    source: UvSource, entry: Mapping[str, Any], members: Mapping[NormalizedName, Path], indexes: Mapping[str, str]
) -> DependencySource:
    """Return the source that an entry names; ``members`` are those of the workspace, ``indexes`` uv's by name.

    Raises ``ProjectError`` for a member that doesn't exist, or a value that isn't a source.
    """
    inner = f"#subdirectory={source.text(entry, 'subdirectory')}" if "subdirectory" in entry else ""
    if "index" in entry:
        name = source.text(entry, "index")
        return DependencySource("index", name, index_url=indexes.get(name, ""))
    if "path" in entry:
        return source_of_url((source.directory / source.text(entry, "path")).absolute().as_uri() + inner)
    if "url" in entry:
        return source_of_url(source.url(entry, "url") + inner)
    if "git" in entry:
        ref = next((f"@{source.text(entry, key)}" for key in _REVISIONS if key in entry), "")
        return DependencySource("repository", f"git+{source.url(entry, 'git').removeprefix('git+')}{ref}{inner}")
    member = members.get(canonicalize_name(source.name))
    if member is None or entry["workspace"] is not True:
        raise ProjectError(_member_problem(source, members))
    return DependencySource("directory", member.as_uri())


def _member_problem(source: UvSource, known: Mapping[NormalizedName, Path]) -> Diagnostic:
    """Return that no workspace has the member that a source names."""
    name, members = source.name, sorted(known)
    add = f"list the directory of {name} in tool.uv.workspace.members"
    if not members:
        problem = f"{source.directory} isn't in a workspace with a member {name!r}"
        fix = f'{add}, or set {name} = {{ path = "../{name}" }}'
    else:
        close = get_close_matches(name, members, n=1)
        problem = f"the workspace has no member {name!r}"
        fix = f"did you mean {close[0]!r}?" if close else f"{add} (it has {', '.join(members)})"
    return Diagnostic(code="unknown-member", where=source.where, problem=problem, fix=fix)


def _or(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])}, or {names[-1]}"
