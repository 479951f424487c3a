"""Where a requirement's distribution is, if not on an index: a folder, a repository or an archive of one's own.

A name that the project's own configuration sends elsewhere is never looked up on an index, where it may be a
stranger's.
"""

from __future__ import annotations

import glob
import json
import os
import re
import sys
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from posixpath import normpath
from typing import TYPE_CHECKING, Any, Literal

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from hatch_lambda.errors import ProjectError, masked, shorten
from hatch_lambda.files import json_values
from hatch_lambda.files.paths import check_regular
from hatch_lambda.resolve.base import file_of, filename_of, is_file_url, is_url, split_url, without_credentials
from hatch_lambda.resolve.lock.commits import without_suffix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from hatch_lambda.runtime.target import Target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Kind = Literal["folder", "archive", "repository", "wheel", "index"]

_FILES = (".whl", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
"""How the names of wheels and sdists end, as pip takes them.

Source: ``pip/_internal/utils/filetypes.py``, read 2026-11-27.
"""

_HASH = re.compile(r"(md5|sha\d+)=")
_INNER = "subdirectory="
_VCS = re.compile(r"(git|hg|svn|bzr)\+")
_REPOSITORIES = (".git", ".hg")
_SOURCES = ("workspace", "path", "git", "url", "index")
_REVISIONS = ("rev", "tag", "branch")
_KEYS = frozenset({*_SOURCES, *_REVISIONS, "editable", "extra", "group", "lfs", "marker", "package", "subdirectory"})
"""What says in an entry of ``tool.uv.sources`` where a distribution is, and all keys of one.

Source: https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources, read 2026-11-23.
"""


@dataclass(frozen=True)
class DependencySource:
    """Where a distribution is: a folder of this machine, the URL of an sdist or a wheel, a repository's as pip has it,
    or with its name in place of the URL, one of uv's indexes.

    ``where`` is the address of the source that names it, if one does.
    """

    kind: Kind
    url: str
    where: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Return the place for messages: a path where it is one of this machine, and never with credentials."""
        if self.kind == "index":
            return f"the index {self.url!r}"
        return str(self.file) if self.local else masked(self.url)

    @property
    def local(self) -> bool:
        """Return whether it is a folder or a file of this machine."""
        return is_file_url(self.url)

    @property
    def reference(self) -> tuple[str, str | None, str]:
        """Return a repository's URL, its branch, tag or commit if there is one, and the fragment of it all."""
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
        """Return a folder of the same repository or archive; the path is relative to its top, which ``.`` is."""
        address, _, fragment = self.url.partition("#")
        kept = [part for part in fragment.split("&") if _HASH.match(part)]
        kept += [f"{_INNER}{path}"] if path != "." else []
        return replace(self, url="#".join(filter(None, (address, "&".join(kept)))))

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what two places have in common that are one, however they are written."""
        if self.kind != "repository":
            return self.kind, self.url
        address, revision, _ = self.reference
        return self.kind, without_suffix(without_credentials(address)), revision or "", normpath(self.subdirectory)

    @property
    def subdirectory(self) -> str:
        """Return the folder in a repository or archive; ``.`` is all of it."""
        parts = self.url.partition("#")[2].split("&")
        return next((part.removeprefix(_INNER) for part in parts if part.startswith(_INNER)), ".")

    @property
    def file(self) -> Path:
        """Return the folder or file; only for a local place."""
        return file_of(self.url)


@dataclass(frozen=True)
class Scope:
    """Which extra, or which dependency group, a requirement is of; neither for one that always holds."""

    extra: NormalizedName | None = None
    group: NormalizedName | None = None

    def distance(self, entry: Mapping[str, Any]) -> int:
        """Return 0 for an entry of this extra or group, 1 for one of none, and 2 for one of another."""
        named = {key: canonicalize_name(str(entry[key])) for key in ("extra", "group") if key in entry}
        if not named:
            return 1
        return 0 if named in ({"extra": self.extra}, {"group": self.group}) else 2


@dataclass(frozen=True)
class UvSource:
    """What ``tool.uv.sources`` says of a name, and in which folder's pyproject.toml."""

    directory: Path
    name: str
    value: Any

    @property
    def where(self) -> str:
        """Return the address for messages."""
        return f"tool.uv.sources.{self.name} in {self.directory / 'pyproject.toml'}"

    def entry(self, target: Target, scope: Scope) -> dict[str, Any] | None:
        """Return the table that holds on the target, one for the requirement's extra or group first of all.

        One that is for another extra or group comes last: the name is a local one all the same, and never looked up on
        an index. ``None`` if there is no table. Raises ``ProjectError`` for what is no source.
        """
        entries: list[dict[str, Any]] = []
        for entry in self.value if isinstance(self.value, list) else [self.value]:
            if not isinstance(entry, dict) or set(_SOURCES).isdisjoint(entry):
                expected = f"expected a table with one of {', '.join(_SOURCES)}"
                raise ProjectError(f"{self.where}: {expected}; found {shorten(entry)}; see to the source")
            problem = _entry_problem(entry)
            if problem:
                raise ProjectError(f"{self.where}: {problem}")
            if self._holds(entry, target):
                entries.append(entry)
        return min(entries, key=scope.distance, default=None)

    def _holds(self, entry: Mapping[str, Any], target: Target) -> bool:
        try:
            return "marker" not in entry or target.holds(Marker(self.text(entry, "marker")))
        except ValueError:
            raise ProjectError(
                f"{self.where}: expected a marker; found {shorten(entry['marker'])}; see to the source"
            ) from None

    def text(self, entry: Mapping[str, Any], key: str) -> str:
        """Return a string of the entry; raises ``ProjectError`` if it is something else."""
        if not isinstance(entry[key], str):
            raise ProjectError(
                f"{self.where}: expected a string as {key}; found {shorten(entry[key])}; see to the source"
            )
        return str(entry[key])

    def url(self, entry: Mapping[str, Any], key: str) -> str:
        """Return a URL of the entry; raises ``ProjectError`` if it is something else."""
        text = self.text(entry, key)
        if not is_url(text):
            raise ProjectError(f"{self.where}: expected a URL as {key}; found {shorten(text)}; see to the source")
        return text


@dataclass(frozen=True)
class Unpacked:
    """A repository at a commit, or an archive, and the folder where pip had it while it built it."""

    place: DependencySource
    directory: Path

    def source_in(self, found: DependencySource) -> DependencySource | None:
        """Return a file or folder of the tree as a part of the repository or archive; ``None`` for any other."""
        if not found.file.is_relative_to(self.directory):
            return None
        return replace(self.place, where=found.where).inside(found.file.relative_to(self.directory).as_posix())

    def renamed(self, text: str) -> str:
        """Return a text with the repository or archive in place of the folder, which only this machine had."""
        return text.replace(str(self.directory), str(self.place.inside(".")))


@dataclass(frozen=True)
class ProjectSources:
    """What the configuration of a project, and of the workspaces that it is in, says of where distributions are.

    ``unpacked`` is set for a project that comes from a repository or an archive.
    """

    sources: Mapping[NormalizedName, UvSource] = field(default_factory=dict)
    members: Mapping[NormalizedName, Path] = field(default_factory=dict)
    unpacked: Unpacked | None = None

    def source_of(
        self, requirement: Requirement, target: Target, scope: Scope | None = None
    ) -> DependencySource | None:
        """Return where the requirement's distribution is; ``None`` if nothing here says so.

        Raises ``ProjectError`` for a source that cannot be used.
        """
        if self.unpacked is None:
            return self._place(requirement, target, scope or Scope())
        try:
            found = self._place(requirement, target, scope or Scope())
        except ProjectError as error:
            raise ProjectError(map(self.unpacked.renamed, error.problems)) from None
        if found and found.local:
            found = _part_of(self.unpacked, found, requirement.name)
        return replace(found, where=self.unpacked.renamed(found.where)) if found else None

    def _place(self, requirement: Requirement, target: Target, scope: Scope) -> DependencySource | None:
        if requirement.url:
            return _source_of_url(requirement.url)
        name = canonicalize_name(requirement.name)
        source = self.sources.get(name)
        entry = source.entry(target, scope) if source else None
        if source and entry:
            return replace(self._source_of_entry(source, entry), where=source.where)
        return DependencySource("folder", self.members[name].as_uri()) if name in self.members and not source else None

    def as_json(self) -> dict[str, Any]:
        """Return what ``from_json`` reads; only for what was unpacked."""
        sources = [[str(source.directory), source.name, source.value] for source in self.sources.values()]
        found = {
            "folder": str(self.unpacked.directory) if self.unpacked else None,
            "sources": sources,
            "members": {name: str(path) for name, path in self.members.items()},
        }
        return dict(json.loads(json.dumps(found, default=str)))  # a date of TOML is no source, and none of JSON

    @classmethod
    def from_json(cls, value: object, place: DependencySource) -> ProjectSources:
        """Return what was read in a repository at a commit, or in an archive, when it was built.

        Raises ``ValueError`` for a value of another shape.
        """
        fields, text = json_values.fields(value), json_values.text
        found = [json_values.items(source) for source in json_values.items(fields.get("sources"))]
        sources = {
            canonicalize_name(text(name)): UvSource(Path(text(path)), name, entry) for path, name, entry in found
        }
        members = {
            canonicalize_name(name): Path(text(path))
            for name, path in json_values.fields(fields.get("members")).items()
        }
        return cls(sources, members, Unpacked(place, Path(text(fields.get("folder")))))

    def _source_of_entry(self, source: UvSource, entry: Mapping[str, Any]) -> DependencySource:
        inner = f"#subdirectory={source.text(entry, 'subdirectory')}" if "subdirectory" in entry else ""
        if "index" in entry:
            return DependencySource("index", source.text(entry, "index"))
        if "path" in entry:
            return _source_of_url((source.directory / source.text(entry, "path")).absolute().as_uri() + inner)
        if "url" in entry:
            return _source_of_url(source.url(entry, "url") + inner)
        if "git" in entry:
            ref = next((f"@{source.text(entry, key)}" for key in _REVISIONS if key in entry), "")
            return DependencySource("repository", f"git+{source.url(entry, 'git').removeprefix('git+')}{ref}{inner}")
        member = self.members.get(canonicalize_name(source.name))
        if member is None or entry["workspace"] is not True:
            raise ProjectError(
                f"{source.where}: no member of the workspace is called {source.name!r}; it has "
                f"{', '.join(sorted(self.members))}; see to tool.uv.workspace.members"
                if self.members
                else f"{source.where}: no workspace with a member {source.name!r} is around {source.directory}; see to "
                "tool.uv.workspace.members, and build in its checkout, as an unpacked sdist is in no workspace"
            )
        return DependencySource("folder", member.as_uri())


def _entry_problem(entry: Mapping[str, Any]) -> str | None:
    """Say what uv would refuse in an entry, lest it be taken for another; keys of later versions of uv are let pass."""
    for key in entry.keys() - _KEYS:
        close = get_close_matches(key, sorted(_KEYS), n=1, cutoff=0.75)
        if close:
            return f"unknown key {key!r}; did you mean {close[0]!r}?"
    for keys, expected in ((_SOURCES, "one of"), (_REVISIONS, "at most one of")):
        found = [key for key in keys if key in entry]
        if len(found) > 1:
            return f"expected {expected} {', '.join(keys)}; found {' and '.join(found)}; see to the source"
    return None


def _part_of(unpacked: Unpacked, found: DependencySource, name: str) -> DependencySource:
    """Return what a project of a repository or an archive says of a path, as a part of that.

    What is a file of this machine, named by its URL, stays that. Raises ``ProjectError`` for what cannot be had.
    """
    part = unpacked.source_in(found)
    if part is None and not found.where and found.file.exists():
        return found
    top = unpacked.place.inside(".")
    where, path = unpacked.renamed(found.where) or str(top), os.path.relpath(found.file, unpacked.directory)
    if part is None:
        raise ProjectError(
            f"{where}: takes {name} from {path}, which is outside of {top}; name a folder inside, or a URL"
        )
    if path.endswith(_FILES):
        raise ProjectError(
            f"{where}: takes {name} from {path}, a file inside of {top}, which pip does not take from there; name the "
            "folder that it is made of, or a URL"
        )
    return part


def read_project_sources(directory: Path, *, unpacked: Unpacked | None = None) -> ProjectSources:
    """Return what the pyproject.toml in a folder, and the workspaces that it is in, say of places.

    What pip has ``unpacked`` is in no workspace around it. Raises ``ProjectError`` for a workspace's table that cannot
    be read.
    """
    directory = directory.resolve()
    sources = _sources(directory)
    members: dict[NormalizedName, Path] = {}
    for root in (directory, *directory.parents):
        if unpacked and not root.is_relative_to(unpacked.directory):
            break
        if (root / "pyproject.toml").is_file():
            found = dict(_members(root))
            if directory in {root, *found.values()}:
                members = {**found, **members}
                sources = {**_sources(root), **sources}
    others = {
        name: member
        for name, member in members.items()
        if member != directory and (unpacked is None or member.is_relative_to(unpacked.directory))
    }
    return ProjectSources(sources, others, unpacked)


def unpacked_surroundings(place: DependencySource, directory: Path) -> ProjectSources:
    """Return what a repository at a commit, or an archive, says of places; ``directory`` is where pip has unpacked it.

    Raises ``ProjectError`` for a table that cannot be read.
    """
    unpacked = Unpacked(place, directory.resolve())
    try:
        return read_project_sources(unpacked.directory / place.subdirectory, unpacked=unpacked)
    except ProjectError as error:
        raise ProjectError(map(unpacked.renamed, error.problems)) from None


def shared_directory(directory: Path) -> Path:
    """Return the outermost folder that whoever has the project has too: its own, its workspace's or its repository's.

    Raises ``ProjectError`` for a workspace's table that cannot be read.
    """
    directory = directory.resolve()
    around = (directory, *directory.parents)
    repository = next((root for root in around if any((root / name).exists() for name in _REPOSITORIES)), directory)
    workspaces = (root for root in around if directory in dict(_members(root)).values())
    return min(directory, repository, *workspaces, key=lambda root: len(root.parts))


def _source_of_url(url: str) -> DependencySource:
    if _VCS.match(url):
        return DependencySource("repository", url)
    if is_file_url(url):
        file = file_of(url)
        address, inner = file.as_uri(), split_url(url).fragment
        if not file.is_file() and not filename_of(url).endswith(".whl"):
            directory = file / inner.removeprefix(_INNER) if inner.startswith(_INNER) else file
            return DependencySource("folder", directory.as_uri())
        url = f"{address}#{inner}" if inner else address
    return DependencySource("wheel" if filename_of(url).endswith(".whl") else "archive", url)


def _sources(directory: Path) -> dict[NormalizedName, UvSource]:
    where = f"tool.uv.sources in {directory / 'pyproject.toml'}"
    table = _table_at(_pyproject(directory), where, "tool", "uv", "sources")
    return {canonicalize_name(name): UvSource(directory, name, value) for name, value in table.items()}


def _members(root: Path) -> Iterator[tuple[NormalizedName, Path]]:
    """Yield name and folder of each member of uv's and Hatch's workspaces that a folder's pyproject.toml lists."""
    for where, workspace in _workspaces(root):
        excluded = {path for pattern in _strings(workspace, "exclude", where) for path in _matches(root, pattern)}
        for pattern in _strings(workspace, "members", where):
            for path in (root, *_matches(root, pattern)):
                project = _pyproject(path).get("project")
                name = project.get("name") if isinstance(project, dict) else None
                if isinstance(name, str) and path not in excluded:
                    yield canonicalize_name(name), path


def _workspaces(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield address and content of each table of a workspace."""
    table, end = _pyproject(root), f" in {root / 'pyproject.toml'}"
    where = f"tool.uv.workspace{end}"
    yield where, _table_at(table, where, "tool", "uv", "workspace")
    where = f"tool.hatch.envs{end}"
    for name in _table_at(table, where, "tool", "hatch", "envs"):
        where = f"tool.hatch.envs.{name}.workspace{end}"
        yield where, _table_at(table, where, "tool", "hatch", "envs", name, "workspace")


def _matches(root: Path, pattern: str) -> list[Path]:
    found = glob.glob(os.path.join(glob.escape(str(root)), pattern), recursive=True)  # noqa: PTH118, PTH207  # takes ..
    return [Path(path).resolve() for path in sorted(found)]


def _strings(workspace: Mapping[str, Any], key: str, where: str) -> list[str]:
    """Return the strings of an array; Hatch's members may also be tables with a path."""
    values = workspace.get(key, [])
    listed = values if isinstance(values, list) else [None]
    found = [value.get("path") if isinstance(value, dict) else value for value in listed]
    paths = [path for path in found if isinstance(path, str)]
    if len(paths) < len(found):
        raise ProjectError(f"{where}: expected paths as {key}; found {shorten(values)}; see to the workspace")
    return paths


def _pyproject(directory: Path) -> dict[str, Any]:
    return read_toml(directory / "pyproject.toml")


def read_toml(path: Path) -> dict[str, Any]:
    """Return what is in a file of TOML; nothing if it is not there, or none."""
    try:
        check_regular(path)
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}


def _table_at(table: Mapping[str, Any], where: str, *keys: str) -> dict[str, Any]:
    """Return the table under the keys, empty if there is none; raises ``ProjectError`` if it is something else."""
    found: Any = table
    for key in keys:
        found = found.get(key, {}) if isinstance(found, dict) else {}
    if not isinstance(found, dict):
        raise ProjectError(f"{where}: expected a table; found {shorten(found)}; see to it")
    return found
