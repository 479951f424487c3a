"""Who requires a package of an existing zip, as far as the metadata in the zip says so."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from hatch_lambda.config.table import list_names
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ZipError
from hatch_lambda.resolve.base import Dependency
from hatch_lambda.resolve.validate import transitive_dependencies
from hatch_lambda.zipfiles.metadata_headers import read_headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hatch_lambda.archive.file_owners import Distribution
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.inspect.inspection import Inspection
    from hatch_lambda.runtime.target import Target

_NOBODY = "required by nothing in the zip; perhaps by a dependency group of the project, or by a layer"


@dataclass(frozen=True)
class _Metadata:
    """A distribution of the zip and its requirements."""

    name: NormalizedName
    version: str
    requires_dist: tuple[str, ...]
    extras: tuple[str, ...]
    project: bool

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def why_lines(inspection: Inspection, name: str) -> Iterator[str]:
    """Yield a package and everything that requires it, up to the project; raises ``ZipError`` for an unknown one."""
    archive, target = inspection.archive, inspection.target
    found = {canonicalize_name(one.name): _metadata(archive, one, target) for one in archive.distributions}
    wanted = found.get(canonicalize_name(name))
    if wanted is None:
        raise ZipError(_unknown(name, list(found)))
    requirers = _requirers(found, target)
    yield str(wanted)
    pending = [("  ", dependency) for dependency in reversed(requirers.get(wanted.name, []))]
    if not pending:
        yield f"  {_NOBODY}" if not wanted.project else "  the project itself"
    seen = {wanted.name}
    while pending:
        indent, dependency = pending.pop()
        yield f"{indent}required by {dependency.required_by}, as {dependency.requirement}"
        above = canonicalize_name(dependency.required_by.partition(" ")[0])
        if above not in seen:  # a requirer that is printed twice has the same requirers
            seen.add(above)
            pending += [(f"{indent}  ", one) for one in reversed(requirers.get(above, []))]


def _unknown(name: str, known: Sequence[str]) -> Diagnostic:
    close = get_close_matches(canonicalize_name(name), known, n=1)
    fix = (
        f"did you mean {close[0]!r}?" if close else f"choose from {list_names(known)}" if known else "pass another zip"
    )
    return Diagnostic(code="command-line", where="--why", problem=f"no package {name!r} in the zip", fix=fix)


def _metadata(archive: LambdaZip, one: Distribution, target: Target) -> _Metadata:
    headers = read_headers(archive.text(f"{one.dist_info}/METADATA"))
    extras = tuple(str(value) for value in headers.get_all("Provides-Extra", []))
    texts = (str(value) for value in headers.get_all("Requires-Dist", []))
    clear = tuple(text for text in texts if _is_clear(text, target))
    return _Metadata(canonicalize_name(one.name), one.version, clear, extras, one.project)


def _is_clear(text: str, target: Target) -> bool:
    """Return whether a requirement can be evaluated; those that can't, in foreign metadata, require nothing."""
    try:
        target.holds(Requirement(text).marker)
    except ValueError:
        return False
    return True


def _requirers(found: Mapping[NormalizedName, _Metadata], target: Target) -> dict[NormalizedName, list[Dependency]]:
    """Return the requirements of each package that hold on the target, for any extra of the project."""
    roots = [Dependency("", Requirement(name)) for name, one in found.items() if not one.project]
    for project in (one for one in found.values() if one.project):
        for requirement in map(Requirement, project.requires_dist):
            if any(target.holds(requirement.marker, extra) for extra in ("", *project.extras)):
                requirement.marker = None
                roots.append(Dependency(str(project), requirement))
    each: dict[NormalizedName, list[Dependency]] = {}
    for dependency in transitive_dependencies(roots, found, target):
        if dependency.required_by and dependency not in each.setdefault(dependency.name, []):
            each[dependency.name].append(dependency)
    return each
