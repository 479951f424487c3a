"""Describes an existing zip, as JSON for programs and as lines for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from hatch_lambda.archive.bytecode import is_bytecode
from hatch_lambda.archive.plan import WheelContent
from hatch_lambda.archive.read import described_wheels
from hatch_lambda.checks.limits import MAX_DIRECT_UPLOAD, format_size
from hatch_lambda.config.options import MAX_UNZIPPED, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hatch_lambda.archive.file_owners import Distribution
    from hatch_lambda.archive.plan import Entry, Origin
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.checks.suggestions import Suggestion
    from hatch_lambda.inspect.inspection import Inspection

SUMMARY_SCHEMA = 1
"""Version of the layout of the JSON; it increases when a field is removed or changes its meaning."""

UNOWNED = "(no package)"


@dataclass(frozen=True)
class Share:
    """The zipped and the unzipped size of some files, in bytes, and their number."""

    zipped: int
    unzipped: int
    files: int


def share(entries: Iterable[Entry]) -> Share:
    """Return the sizes of entries of an existing zip."""
    found = [(_zipped(entry), entry.content.size) for entry in entries]
    return Share(sum(zipped for zipped, _ in found), sum(size for _, size in found), len(found))


def shares(archive: LambdaZip) -> dict[Origin, Share]:
    """Return the sizes of each owner of files, the largest first."""
    owned: dict[Origin, list[Entry]] = {origin: [] for origin in archive.plan.sizes}
    for entry in archive.plan.entries:
        owned[entry.origin].append(entry)
    return {origin: share(entries) for origin, entries in owned.items()}


def _zipped(entry: Entry) -> int:
    return entry.content.member.compressed if isinstance(entry.content, WheelContent) else entry.content.size


def as_json(inspection: Inspection) -> dict[str, Any]:
    """Return the zip as a JSON value; docs/reference/report.md explains the fields."""
    archive = inspection.archive
    sizes = shares(archive)
    unowned = share(entry for entry in archive.plan.entries if entry.origin.dist_info is None)
    wheels = described_wheels(archive.described)
    return {
        "schema": SUMMARY_SCHEMA,
        "file": archive.path.name,
        "kind": archive.kind,
        "runtime": inspection.runtime,
        "architecture": inspection.architecture,
        "target-source": inspection.source,
        "handler": inspection.handler,
        "layers": list(archive.declared("layers")),
        "compatible-runtimes": list(archive.declared("compatible-runtimes")),
        "compatible-architectures": list(archive.declared("compatible-architectures")),
        "sha256": archive.sha256,
        "code-sha256": archive.code_sha256,
        "zipped": archive.size,
        "unzipped": archive.plan.unzipped,
        "files": len(archive.plan.entries),
        "limits": {"zipped": MAX_DIRECT_UPLOAD, "unzipped": MAX_UNZIPPED},
        "import-roots": list(archive.import_roots),
        "distributions": [
            _distribution(one, sizes.get(one.origin, Share(0, 0, 0)), wheels.get(canonicalize_name(one.name), {}))
            for one in archive.distributions
        ],
        "bytecode": _bytecode_json(archive),
        "unowned": {"zipped": unowned.zipped, "unzipped": unowned.unzipped, "files": unowned.files},
        "problems": [str(problem) for problem in inspection.problems],
        "warnings": [str(warning) for warning in inspection.warnings],
    }


def _bytecode_json(archive: LambdaZip) -> dict[str, Any]:
    size = _bytecode(archive)
    python = next(iter(archive.declared("bytecode")), None)
    return {"python": python, "zipped": size.zipped, "unzipped": size.unzipped, "files": size.files}


def _bytecode(archive: LambdaZip) -> Share:
    return share(entry for entry in archive.plan.entries if is_bytecode(entry.path))


def _distribution(one: Distribution, size: Share, wheel: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": one.name,
        "version": one.version,
        "project": one.project,
        "dist-info": one.dist_info,
        "tags": list(one.tags),
        "wheel": wheel.get("wheel"),
        "wheel-sha256": wheel.get("sha256"),
        "built-from": wheel.get("built-from"),
        "zipped": size.zipped,
        "unzipped": size.unzipped,
        "files": size.files,
    }


def lines(inspection: Inspection) -> Iterator[str]:
    """Yield the zip for people: its purpose, its sizes and hashes, then its packages, the largest first."""
    archive = inspection.archive
    yield f"{archive.path.name}: {archive.kind}"
    facts = {
        "runtime": _with_origin(inspection.runtime, inspection),
        "architecture": _with_origin(inspection.architecture, inspection),
        "handler": inspection.handler or "unknown",
        "zipped": _of_limit(archive.size, MAX_DIRECT_UPLOAD, "the direct upload limit"),
        "unzipped": _of_limit(archive.plan.unzipped, MAX_UNZIPPED + 1, "Lambda's limit"),
        "sha256": archive.sha256,
        "CodeSha256": archive.code_sha256,
    }
    if archive.kind == "layer":
        del facts["handler"]
    if bytecode := _bytecode(archive).unzipped:
        python = "".join(f" of CPython {version}" for version in archive.declared("bytecode"))
        facts["bytecode"] = f"{format_size(bytecode)} unzipped{python}"
    for field in ("layers", "compatible-runtimes", "compatible-architectures"):
        if found := ", ".join(archive.declared(field)):
            facts[field] = found
    width = max(map(len, facts))
    yield from (f"  {name:<{width}}  {value}" for name, value in facts.items())
    yield ""
    yield from _table(archive)


def suggestion_lines(suggested: Iterable[Suggestion]) -> Iterator[str]:
    """Yield the lines that make a zip smaller, each with the bytes that it saves."""
    for number, suggestion in enumerate(suggested):
        if number == 0:
            yield ""
            yield f"  to make it smaller, add to [{TABLE}]:"
        yield f"  {format_size(suggestion.saved):>10}  {suggestion.line}"


def _with_origin(value: str | None, inspection: Inspection) -> str:
    if value is None:
        return "unknown"
    return f"{value} (from native code)" if inspection.source == "native code" else value


def _of_limit(size: int, limit: int, what: str) -> str:
    return f"{format_size(size)} ({size:,} bytes, {size / limit:.1%} of {what})"


def _table(archive: LambdaZip) -> Iterator[str]:
    rows = [("", "zipped", "unzipped", "files")]
    rows += [_row(str(origin) or UNOWNED, size) for origin, size in shares(archive).items()]
    rows += [_row("all files", share(archive.plan.entries))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *numbers in rows:
        right = "  ".join(f"{number:>{width}}" for number, width in zip(numbers, widths[1:], strict=True))
        yield f"  {name:<{widths[0]}}  {right}"


def _row(name: str, size: Share) -> tuple[str, str, str, str]:
    return name, format_size(size.zipped), format_size(size.unzipped), f"{size.files:,}"
