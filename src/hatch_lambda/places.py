"""Where a requirement's distribution is, if not on an index: a folder, a repository or an archive of one's own.

A name that the project's own configuration sends elsewhere is never looked up on an index, where it may be a
stranger's.
"""

from __future__ import annotations

import glob
import os
import re
import sys
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from hatch_lambda.errors import ProjectError, masked, shown
from hatch_lambda.paths import check_regular
from hatch_lambda.resolve.base import file_of, filename_of, is_file_url, is_url, split_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from hatch_lambda.target import Target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Kind = Literal["folder", "archive", "repository", "wheel"]

_VCS = re.compile(r"(git|hg|svn|bzr)\+")
_SOURCES = ("workspace", "path", "git", "url", "index")
_REVISIONS = ("rev", "tag", "branch")
_KEYS = frozenset({*_SOURCES, *_REVISIONS, "editable", "extra", "group", "lfs", "marker", "package", "subdirectory"})
"""What says in an entry of ``tool.uv.sources`` where a distribution is, and all keys of one.

Source: https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources, read 2026-11-23.
"""


@dataclass(frozen=True)
class Place:
    """Where a distribution is: a folder of this machine, the URL of an sdist or a wheel, or a repository's as pip has
    it.
    """

    kind: Kind
    url: str

    def __str__(self) -> str:
        """Return the place for messages: a path where it is one of this machine, and never with credentials."""
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

    def at(self, commit: str) -> Place:
        """Return a repository at a commit."""
        address, _, fragment = self.reference
        return replace(self, url=f"{address}@{commit}" + (f"#{fragment}" if fragment else ""))

    @property
    def file(self) -> Path:
        """Return the folder or file; only for a local place."""
        return file_of(self.url)


@dataclass(frozen=True)
class Source:
    """What ``tool.uv.sources`` says of a name, and in which folder's pyproject.toml."""

    folder: Path
    name: str
    value: Any

    @property
    def where(self) -> str:
        """Return the address for messages."""
        return f"tool.uv.sources.{self.name} in {self.folder / 'pyproject.toml'}"

    def entry(self, target: Target) -> dict[str, Any] | None:
        """Return the table that holds on the target; ``None`` if there is none.

        Raises ``ProjectError`` for what is no source.
        """
        for entry in self.value if isinstance(self.value, list) else [self.value]:
            if not isinstance(entry, dict) or set(_SOURCES).isdisjoint(entry):
                expected = f"expected a table with one of {', '.join(_SOURCES)}"
                raise ProjectError(f"{self.where}: {expected}; found {shown(entry)}; see to the source")
            problem = _entry_problem(entry)
            if problem:
                raise ProjectError(f"{self.where}: {problem}")
            if self._holds(entry, target):
                return entry
        return None

    def _holds(self, entry: Mapping[str, Any], target: Target) -> bool:
        try:
            return "marker" not in entry or target.holds(Marker(self.text(entry, "marker")))
        except ValueError:
            raise ProjectError(
                f"{self.where}: expected a marker; found {shown(entry['marker'])}; see to the source"
            ) from None

    def text(self, entry: Mapping[str, Any], key: str) -> str:
        """Return a string of the entry; raises ``ProjectError`` if it is something else."""
        if not isinstance(entry[key], str):
            raise ProjectError(
                f"{self.where}: expected a string as {key}; found {shown(entry[key])}; see to the source"
            )
        return str(entry[key])

    def url(self, entry: Mapping[str, Any], key: str) -> str:
        """Return a URL of the entry; raises ``ProjectError`` if it is something else."""
        text = self.text(entry, key)
        if not is_url(text):
            raise ProjectError(f"{self.where}: expected a URL as {key}; found {shown(text)}; see to the source")
        return text


@dataclass(frozen=True)
class Surroundings:
    """What the configuration of a project, and of the workspaces that it is in, says of where distributions are."""

    sources: Mapping[NormalizedName, Source] = field(default_factory=dict)
    members: Mapping[NormalizedName, Path] = field(default_factory=dict)

    def place(self, requirement: Requirement, target: Target) -> Place | None:
        """Return where the requirement's distribution is; ``None`` if it is on an index.

        Raises ``ProjectError`` for a source that cannot be used.
        """
        if requirement.url:
            return _place_of_url(requirement.url)
        name = canonicalize_name(requirement.name)
        source = self.sources.get(name)
        entry = source.entry(target) if source else None
        if source and entry:
            return None if "index" in entry else self._place_of_source(source, entry)
        return Place("folder", self.members[name].as_uri()) if name in self.members and not source else None

    def index(self, requirement: Requirement, target: Target) -> str | None:
        """Say which index alone the requirement's distribution is to come from, and who says so; ``None`` if any."""
        source = self.sources.get(canonicalize_name(requirement.name))
        entry = source.entry(target) if source and not requirement.url else None
        return f"{source.where}: names the index {entry['index']!r}" if source and entry and "index" in entry else None

    def _place_of_source(self, source: Source, entry: Mapping[str, Any]) -> Place:
        inner = f"#subdirectory={source.text(entry, 'subdirectory')}" if "subdirectory" in entry else ""
        if "path" in entry:
            return _place_of_url((source.folder / source.text(entry, "path")).absolute().as_uri() + inner)
        if "url" in entry:
            return _place_of_url(source.url(entry, "url") + inner)
        if "git" in entry:
            ref = next((f"@{source.text(entry, key)}" for key in _REVISIONS if key in entry), "")
            return Place("repository", f"git+{source.url(entry, 'git').removeprefix('git+')}{ref}{inner}")
        member = self.members.get(canonicalize_name(source.name))
        if member is None or entry["workspace"] is not True:
            raise ProjectError(
                f"{source.where}: no member of the workspace is called {source.name!r}; it has "
                f"{', '.join(sorted(self.members))}; see to tool.uv.workspace.members"
                if self.members
                else f"{source.where}: no workspace with a member {source.name!r} is around {source.folder}; see to "
                "tool.uv.workspace.members, and build in its checkout, as an unpacked sdist is in no workspace"
            )
        return Place("folder", member.as_uri())


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


def surroundings(folder: Path) -> Surroundings:
    """Return what the pyproject.toml in a folder, and the workspaces that it is in, say of places.

    Raises ``ProjectError`` for a workspace's table that cannot be read.
    """
    folder = folder.resolve()
    sources = _sources(folder)
    members: dict[NormalizedName, Path] = {}
    for root in (folder, *folder.parents):
        if (root / "pyproject.toml").is_file():
            found = dict(_members(root))
            if folder in {root, *found.values()}:
                members = {**found, **members}
                sources = {**_sources(root), **sources}
    return Surroundings(sources, {name: member for name, member in members.items() if member != folder})


def _place_of_url(url: str) -> Place:
    if _VCS.match(url):
        return Place("repository", url)
    if is_file_url(url):
        file = file_of(url)
        address, inner = file.as_uri(), split_url(url).fragment
        if not file.is_file() and not filename_of(url).endswith(".whl"):
            folder = file / inner.removeprefix("subdirectory=") if inner.startswith("subdirectory=") else file
            return Place("folder", folder.as_uri())
        url = f"{address}#{inner}" if inner else address
    return Place("wheel" if filename_of(url).endswith(".whl") else "archive", url)


def _sources(folder: Path) -> dict[NormalizedName, Source]:
    where = f"tool.uv.sources in {folder / 'pyproject.toml'}"
    table = _table_at(_pyproject(folder), where, "tool", "uv", "sources")
    return {canonicalize_name(name): Source(folder, name, value) for name, value in table.items()}


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
        raise ProjectError(f"{where}: expected paths as {key}; found {shown(values)}; see to the workspace")
    return paths


def _pyproject(folder: Path) -> dict[str, Any]:
    return read_toml(folder / "pyproject.toml")


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
        raise ProjectError(f"{where}: expected a table; found {shown(found)}; see to it")
    return found
