"""Resolve with uv, and let pip explain what uv doesn't: why there is no solution, and why releases were skipped."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError
from hatch_lambda.files import json_values
from hatch_lambda.resolve.base import Resolution
from hatch_lambda.resolve.pip.command import index_log
from hatch_lambda.resolve.pip.explain import explain_older, explain_sdists
from hatch_lambda.resolve.pip.fallbacks import explain_fallbacks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Dependency, Host, Pin, Resolver
    from hatch_lambda.resolve.cache import ResultCache
    from hatch_lambda.runtime.target import Target

_UNEXPLAINED = "resolver-failed"


@dataclass(frozen=True)
class ExplainedUvResolver:
    """uv, with the messages of pip.

    ``host`` is what both see of the build machine, and ``release_files`` returns the names of all wheels of releases.
    With ``same_releases``, they should select the same, so that pip's solution counts if uv has none.
    """

    uv: Resolver
    pip: Resolver
    host: Host
    results: ResultCache
    release_files: Callable[[Sequence[Pin], Target], Mapping[NormalizedName, Sequence[str]]]
    same_releases: bool

    def resolve(
        self, roots: Sequence[Dependency], target: Target, *, prefer: Mapping[NormalizedName, Version] | None = None
    ) -> Resolution:
        """Return the versions that uv selects; raises ``ResolveError`` with pip's explanation if there are none."""
        try:
            found = self.uv.resolve(roots, target, prefer=prefer)
        except ResolveError as error:
            if _first(error).code != _UNEXPLAINED or not (error.missing or self.same_releases):
                raise  # without a missing package, such as for a damaged uv.toml, pip would explain something else
            return self._by_pip(partial(self.pip.resolve, roots, target, prefer=prefer), error)
        if self.same_releases and found.unfit:  # uv accepts plain linux_x86_64, whose glibc is unknown
            reason = f"uv selected {', '.join(sorted(found.unfit))} without a wheel for {target}"
            return replace(self.pip.resolve(roots, target, prefer=prefer), resolver=f"pip, because {reason}")
        if self.same_releases:  # uv's settings aren't the cause if something is missing
            found = replace(found, source=Resolution.source, fix=Resolution.fix)
        return self._with_fallbacks(self._with_explanations(found, target), target)

    def _by_pip(self, resolve: Callable[[], Resolution], error: ResolveError) -> Resolution:
        """Return pip's solution if pip selects what uv selects; otherwise, raise ``ResolveError``."""
        try:
            found = resolve()
        except ResolveError as explained:
            is_explained = self.same_releases or _first(explained).code != _UNEXPLAINED
            raise (explained if is_explained else error) from None
        if not self.same_releases:
            raise error
        return replace(found, resolver=f"pip, because uv {_first(error).problem}")

    def _with_explanations(self, found: Resolution, target: Target) -> Resolution:
        """Return the resolution with notes and warnings about skipped releases, or those of an earlier build."""
        skipped = found.skipped
        if skipped is None or not skipped.versions:
            return found
        pins = [pin for pin in found.pins if pin.name in skipped.versions]
        dependencies = [one for one in found.dependencies if one.name in skipped.versions]
        settings = sorted((name, text) for name, text in self.host.environ.items() if name.startswith(("PIP_", "UV_")))
        key = (
            "skipped",
            [*map(str, dependencies)],
            [pin.as_json() for pin in pins],
            sorted(skipped.versions.items()),
            skipped.conflicts,
            sorted(target.markers.items()),
            settings,
        )
        known = self.results.get(_known, *key)
        if known is None:
            log = index_log([f"{pin.name}=={pin.version}" for pin in pins], target, self.host)
            notes = tuple(explain_older(pins, dependencies, log, target, skipped.conflicts))
            known = notes, tuple(explain_sdists(pins, dependencies, log))
            self.results.put([notes, [*map(asdict, known[1])]], *key)
        notes, warnings = known
        return replace(found, notes=(*found.notes, *notes), warnings=(*found.warnings, *warnings))

    def _with_fallbacks(self, found: Resolution, target: Target) -> Resolution:
        """Return the resolution with a warning for each wheel for any platform that replaces others for Linux."""
        pins = [pin for pin in found.pins if pin.filename.endswith("-any.whl")]
        if not pins:
            return found
        key = ("release files", target.runtime.python_version, [pin.as_json() for pin in pins])
        files = self.results.get(_file_names, *key)
        if files is None:
            files = self.release_files(pins, target)
            if files:
                self.results.put(files, *key)
        return replace(found, fallbacks=explain_fallbacks(pins, files, target))


def _first(error: ResolveError) -> Diagnostic:
    """Return the first problem of an error; a text has no known code."""
    first = error.diagnostics[0]
    return first if isinstance(first, Diagnostic) else Diagnostic(code="metadata", where="", problem=first, fix="")


def _file_names(value: object) -> Mapping[NormalizedName, Sequence[str]]:
    """Return the names of files that an earlier build found; raises ``ValueError`` for another value."""
    return {canonicalize_name(name): json_values.texts(names) for name, names in json_values.fields(value).items()}


def _known(value: object) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
    """Return the notes and warnings of an earlier build; raises ``ValueError`` for another value."""
    notes, warnings = json_values.items(value)
    try:
        return json_values.texts(notes), tuple(
            Diagnostic(**json_values.fields(one)) for one in json_values.items(warnings)
        )
    except TypeError:
        raise ValueError("no warnings") from None
