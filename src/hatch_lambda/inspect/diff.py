"""Compares two zips, by the owner of their files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from hatch_lambda.inspect.summary import UNOWNED, Share, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.inspect.inspection import Inspection

DIFFERENCE_SCHEMA = 1
"""Version of the layout of the JSON; it increases when a field is removed or changes its meaning."""

_MARKS = {"added": "+", "removed": "-", "version": "~", "files": " "}


@dataclass(frozen=True)
class Change:
    """The change of one owner of files; a version is ``None`` if the zip lacks the owner."""

    name: str
    old_version: str | None
    new_version: str | None
    old: Share
    new: Share
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def kind(self) -> Literal["added", "removed", "version", "files"]:
        """Return the change of the distribution as a whole."""
        if self.old_version is None:
            return "added"
        if self.new_version is None:
            return "removed"
        return "files" if self.old_version == self.new_version else "version"


@dataclass(frozen=True)
class Difference:
    """Two zips, and every owner whose version or files differ, sorted by name."""

    old: Inspection
    new: Inspection

    @property
    def same(self) -> bool:
        """Return whether the zips have the same bytes."""
        return self.old.archive.sha256 == self.new.archive.sha256

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Return the changes by owner."""
        before, after = _by_owner(self.old.archive), _by_owner(self.new.archive)
        found = (_change(name, before.get(name), after.get(name)) for name in sorted({*before, *after}))
        return tuple(one for one in found if one.kind != "files" or one.added or one.removed or one.changed)


def _by_owner(archive: LambdaZip) -> dict[str, list[Entry]]:
    owned: dict[str, list[Entry]] = {}
    for entry in archive.plan.entries:
        owned.setdefault(entry.origin.name, []).append(entry)
    return owned


def _change(name: str, before: list[Entry] | None, after: list[Entry] | None) -> Change:
    old = {entry.path: (entry.content.digest, entry.executable) for entry in before or ()}
    new = {entry.path: (entry.content.digest, entry.executable) for entry in after or ()}
    return Change(
        name,
        None if before is None else _version(before),
        None if after is None else _version(after),
        share(before or ()),
        share(after or ()),
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(path for path in old.keys() & new.keys() if old[path] != new[path])),
    )


def _version(entries: list[Entry]) -> str:
    return ", ".join(sorted({entry.origin.version for entry in entries}))


def difference_json(difference: Difference) -> dict[str, Any]:
    """Return the difference as a JSON value; docs/reference/report.md explains the fields."""
    return {
        "schema": DIFFERENCE_SCHEMA,
        "same": difference.same,
        "old": _side(difference.old),
        "new": _side(difference.new),
        "changes": [
            {
                "name": one.name,
                "change": one.kind,
                "old-version": one.old_version,
                "new-version": one.new_version,
                "zipped": one.new.zipped - one.old.zipped,
                "unzipped": one.new.unzipped - one.old.unzipped,
                "added": list(one.added),
                "removed": list(one.removed),
                "changed": list(one.changed),
            }
            for one in difference.changes
        ],
    }


def _side(inspection: Inspection) -> dict[str, Any]:
    archive = inspection.archive
    return {
        "file": archive.path.name,
        "kind": archive.kind,
        "runtime": inspection.runtime,
        "architecture": inspection.architecture,
        "handler": inspection.handler,
        "sha256": archive.sha256,
        "code-sha256": archive.code_sha256,
        "zipped": archive.size,
        "unzipped": archive.plan.unzipped,
        "files": len(archive.plan.entries),
    }


def difference_lines(difference: Difference) -> Iterator[str]:
    """Yield the difference for people: its purpose, its sizes, then each owner."""
    old, new = _side(difference.old), _side(difference.new)
    yield f"{old['file']} -> {new['file']}"
    if difference.same:
        yield "  the same bytes"
        return
    for name in ("kind", "runtime", "architecture", "handler"):
        if old[name] != new[name]:
            yield f"  {name:<12}  {old[name] or 'unknown'} -> {new[name] or 'unknown'}"
    for name in ("zipped", "unzipped", "files"):
        yield f"  {name:<12}  {old[name]:,} -> {new[name]:,} ({new[name] - old[name]:+,})"
    if not difference.changes:
        yield "  the same files; order, dates, or compression differ"
        return
    yield ""
    rows = [_row(one) for one in difference.changes]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, versions, size, files in rows:
        yield f"  {name:<{widths[0]}}  {versions:<{widths[1]}}  {size:>{widths[2]}}  {files}"


def _row(one: Change) -> tuple[str, str, str, str]:
    versions = {
        "added": one.new_version or "",
        "removed": one.old_version or "",
        "version": f"{one.old_version} -> {one.new_version}",
        "files": one.new_version or "",
    }[one.kind]
    counts = {"added": one.added, "removed": one.removed, "changed": one.changed}
    files = ", ".join(f"{len(paths):,} {what}" for what, paths in counts.items() if paths)
    size = f"{one.new.unzipped - one.old.unzipped:+,} bytes"
    return f"{_MARKS[one.kind]} {one.name or UNOWNED}", versions, size, f"files: {files or 'the same'}"
