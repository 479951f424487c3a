"""What is known of a finished zip, as JSON for programs and as lines for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from hatch_lambda.archive.plan import WheelContent
from hatch_lambda.checks.limits import MAX_DIRECT_UPLOAD, format_size
from hatch_lambda.config.options import MAX_UNZIPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hatch_lambda.archive.ownership import Distribution
    from hatch_lambda.archive.plan import Entry, Origin
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.inspect.inspection import Inspection

SUMMARY_SCHEMA = 1
"""Version of the layout of the JSON; it rises when a field changes its meaning or goes away."""

UNOWNED = "(no distribution)"


@dataclass(frozen=True)
class Share:
    """What some files take: bytes in the zip, bytes once unpacked, and how many there are."""

    zipped: int
    unzipped: int
    files: int


def share(entries: Iterable[Entry]) -> Share:
    """Return what the entries of a finished zip take."""
    found = [(_zipped(entry), entry.content.size) for entry in entries]
    return Share(sum(zipped for zipped, _ in found), sum(size for _, size in found), len(found))


def shares(archive: LambdaZip) -> dict[Origin, Share]:
    """Return what each owner of files takes, the largest first."""
    owned: dict[Origin, list[Entry]] = {origin: [] for origin in archive.plan.sizes}
    for entry in archive.plan.entries:
        owned[entry.origin].append(entry)
    return {origin: share(entries) for origin, entries in owned.items()}


def _zipped(entry: Entry) -> int:
    return entry.content.compressed if isinstance(entry.content, WheelContent) else entry.content.size


def as_json(inspection: Inspection) -> dict[str, Any]:
    """Return the zip as a value of JSON; docs/reference/report.md says what each field means."""
    archive = inspection.archive
    taken = shares(archive)
    nobody = share(entry for entry in archive.plan.entries if entry.origin.dist_info is None)
    wheels = _wheels(archive)
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
            _distribution(one, taken.get(one.origin, Share(0, 0, 0)), wheels.get(one.name, {}))
            for one in archive.distributions
        ],
        "unowned": {"zipped": nobody.zipped, "unzipped": nobody.unzipped, "files": nobody.files},
        "problems": list(map(str, inspection.problems)),
        "warnings": list(map(str, inspection.warnings)),
    }


def _distribution(one: Distribution, taken: Share, wheel: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": one.name,
        "version": one.version,
        "project": one.project,
        "dist-info": one.dist_info,
        "tags": list(one.tags),
        "wheel": wheel.get("wheel"),
        "wheel-sha256": wheel.get("sha256"),
        "built-from": wheel.get("built-from"),
        "zipped": taken.zipped,
        "unzipped": taken.unzipped,
        "files": taken.files,
    }


def _wheels(archive: LambdaZip) -> dict[str, dict[str, str]]:
    """Return what the zip says of the wheels that it was made of, under their distributions' names.

    Values that are no strings, in a zip that somebody tampered with, are left out.
    """
    listed = (archive.described or {}).get("distributions")
    told = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    texts = [{key: value for key, value in row.items() if isinstance(value, str)} for row in told]
    return {canonicalize_name(row.get("name", "")): row for row in texts}


def lines(inspection: Inspection) -> Iterator[str]:
    """Yield the zip for people: what it is for, its sizes and hashes, its distributions, the largest first."""
    archive = inspection.archive
    yield f"{archive.path.name}: {archive.kind}"
    facts = {
        "runtime": _with_origin(inspection.runtime, inspection),
        "architecture": _with_origin(inspection.architecture, inspection),
        "handler": inspection.handler or "not said",
        "zipped": _of_limit(archive.size, MAX_DIRECT_UPLOAD, "what Lambda takes directly"),
        "unzipped": _of_limit(archive.plan.unzipped, MAX_UNZIPPED + 1, "Lambda's limit"),
        "sha256": archive.sha256,
        "CodeSha256": archive.code_sha256,
    }
    if archive.kind == "layer":
        del facts["handler"]
    for field in ("layers", "compatible-runtimes", "compatible-architectures"):
        if found := ", ".join(archive.declared(field)):
            facts[field] = found
    width = max(map(len, facts))
    yield from (f"  {name:<{width}}  {value}" for name, value in facts.items())
    yield ""
    yield from _table(archive)


def _with_origin(value: str | None, inspection: Inspection) -> str:
    if value is None:
        return "not said"
    return f"{value} (from its native code)" if inspection.source == "native code" else value


def _of_limit(size: int, limit: int, what: str) -> str:
    return f"{format_size(size)} ({size:,} bytes, {size / limit:.1%} of {what})"


def _table(archive: LambdaZip) -> Iterator[str]:
    rows = [("", "zipped", "unzipped", "files")]
    rows += [_row(str(origin) or UNOWNED, taken) for origin, taken in shares(archive).items()]
    rows += [_row("all files", share(archive.plan.entries))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *numbers in rows:
        right = "  ".join(f"{number:>{width}}" for number, width in zip(numbers, widths[1:], strict=True))
        yield f"  {name:<{widths[0]}}  {right}"


def _row(name: str, taken: Share) -> tuple[str, str, str, str]:
    return name, format_size(taken.zipped), format_size(taken.unzipped), f"{taken.files:,}"
