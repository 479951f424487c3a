"""Where a requirement's distribution is, if not on an index: a folder, a repository or an archive of one's own.

A name that the project's own configuration sends elsewhere is never looked up on an index, where it may be a
stranger's.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name

from hatch_lambda.errors import ProjectError, masked
from hatch_lambda.resolve.base import file_of, filename_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Kind = Literal["folder", "archive", "repository"]

_VCS = re.compile(r"(git|hg|svn|bzr)\+")


@dataclass(frozen=True)
class Place:
    """Where to build a distribution from: a folder of this machine, an sdist's URL, or a repository's as pip has it."""

    kind: Kind
    url: str

    def __str__(self) -> str:
        return masked(self.url)

    @property
    def folder(self) -> Path:
        """Return the folder; only for that kind."""
        return file_of(self.url)


@dataclass(frozen=True)
class Surroundings:
    """A project's folder and what of its configuration says where distributions are."""

    folder: Path
    uv_sources: Mapping[NormalizedName, Any]
    members: Mapping[NormalizedName, Path]

    def place(self, requirement: Requirement) -> Place | None:
        """Return where the requirement's distribution is built from; ``None`` for a wheel, or for one from an index.

        Raises ``ProjectError`` for a source that cannot be used.
        """
        if requirement.url:
            return _place_of_url(requirement.url)
        name = canonicalize_name(requirement.name)
        source = self.uv_sources.get(name)
        for entry in source if isinstance(source, list) else [source]:
            if isinstance(entry, dict) and not {"workspace", "path", "git", "url"}.isdisjoint(entry):
                return self._place_of_source(requirement.name, entry)
        return Place("folder", self.members[name].as_uri()) if name in self.members else None

    def _place_of_source(self, name: str, entry: Mapping[str, Any]) -> Place | None:
        where = f"tool.uv.sources.{name}"
        if "path" in entry:
            return _place_of_url((self.folder / str(entry["path"])).absolute().as_uri())
        if "url" in entry:
            return _place_of_url(str(entry["url"]))
        if "git" in entry:
            ref = next((f"@{entry[key]}" for key in ("rev", "tag", "branch") if key in entry), "")
            inner = f"#subdirectory={entry['subdirectory']}" if "subdirectory" in entry else ""
            url = str(entry["git"])
            return Place("repository", f"{'' if url.startswith('git+') else 'git+'}{url}{ref}{inner}")
        member = self.members.get(canonicalize_name(name))
        if member is None:
            raise ProjectError(
                f"{where}: no member of the workspace is called {name!r}; see to tool.uv.workspace.members"
            )
        return Place("folder", member.as_uri())


def surroundings(folder: Path) -> Surroundings:
    """Return what the pyproject.toml in a folder, and the workspaces that it is in, say of places."""
    folder = folder.resolve()
    table = _table(folder)
    sources = dict(_dict(table, "tool", "uv", "sources"))
    members: dict[NormalizedName, Path] = {}
    for root in (folder, *folder.parents):
        if not (root / "pyproject.toml").is_file():
            continue
        outer = _table(root)
        found = {name: member for name, member in _members(root, outer) if member != folder}
        if found and folder in {root, *(member for _, member in _members(root, outer))}:
            members = {**found, **members}
            sources = {**_dict(outer, "tool", "uv", "sources"), **sources}
    return Surroundings(folder, {canonicalize_name(name): value for name, value in sources.items()}, members)


def _place_of_url(url: str) -> Place | None:
    if _VCS.match(url):
        return Place("repository", url)
    if filename_of(url).endswith(".whl"):
        return None
    if url.startswith("file:") and not file_of(url).is_file():
        return Place("folder", url)
    return Place("archive", url)


def _members(root: Path, table: Mapping[str, Any]) -> Iterator[tuple[NormalizedName, Path]]:
    """Yield name and folder of each member of uv's and Hatch's workspaces that a pyproject.toml lists."""
    uv = _dict(table, "tool", "uv", "workspace")
    excluded = {path.resolve() for pattern in uv.get("exclude", ()) for path in root.glob(str(pattern))}
    patterns = list(uv.get("members", ()))
    for environment in _dict(table, "tool", "hatch", "envs").values():
        if isinstance(environment, dict):
            listed = _dict(environment, "workspace").get("members", ())
            patterns += [member.get("path", "") if isinstance(member, dict) else member for member in listed]
    if not patterns:
        return
    for path in (root, *(path for pattern in patterns if pattern for path in sorted(root.glob(str(pattern))))):
        name = _dict(_table(path), "project").get("name")
        if isinstance(name, str) and path.resolve() not in excluded:
            yield canonicalize_name(name), path.resolve()


def _table(folder: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _dict(table: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    found: Any = table
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def shown(url: str) -> str:
    """Return a URL for messages: without credentials, and a path where it is one of this machine."""
    return str(file_of(url)) if urlsplit(url).scheme == "file" else masked(url)
