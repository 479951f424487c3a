"""When pip's answer counts instead of that of uv."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError
from hatch_lambda.resolve.base import Dependency, Host, Pin, Resolution
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.resolve.explained_uv import ExplainedUvResolver, _known
from hatch_lambda.resolve.skipped import SkippedReleases
from tests.support.samples import target

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_lambda.diagnostics import Code

LIB = canonicalize_name("lib")
FOUND = Resolution((Pin(LIB, Version("1"), "https://a/lib-1-py3-none-any.whl", None),), resolver="pip")


@dataclass(frozen=True)
class Answer:
    """A resolver with one answer."""

    answer: Resolution | ResolveError

    def resolve(self, roots: Any, target: Any, *, prefer: Any = None) -> Resolution:  # noqa: ARG002  # one answer
        """Return the answer, or raise it."""
        if isinstance(self.answer, ResolveError):
            raise self.answer
        return self.answer


def error(code: Code, *, missing: bool = True) -> ResolveError:
    problem = Diagnostic(code=code, where="x", problem="y", fix="z")
    return ResolveError(problem, missing={LIB: SpecifierSet()} if missing else {})


def resolve(
    tmp_path: Path, uv: Resolution | ResolveError, pip: Resolution | ResolveError, *, same: bool = True
) -> Resolution:
    resolver = ExplainedUvResolver(
        Answer(uv),
        Answer(pip),
        Host({}, tmp_path),
        ResultCache(tmp_path),
        release_files=lambda pins, target: {},  # noqa: ARG005  # uv knows none
        same_releases=same,
    )
    return resolver.resolve([Dependency("project.dependencies", Requirement("lib"))], target())


UV, EXPLAINED, UNKNOWN = error("resolver-failed"), error("no-wheel"), error("resolver-failed")


@pytest.mark.parametrize(
    ("uv", "pip", "same", "raised"),
    [
        (UV, EXPLAINED, True, EXPLAINED),
        (UV, EXPLAINED, False, EXPLAINED),
        (UV, UNKNOWN, True, UNKNOWN),
        (UV, UNKNOWN, False, UV),
        (UV, FOUND, False, UV),
        (ResolveError("a text"), EXPLAINED, True, None),
        (error("offline"), EXPLAINED, True, None),
        (error("resolver-failed", missing=False), EXPLAINED, False, None),
    ],
    ids=["pip", "pip, other indexes", "both unknown", "uv", "pip's solution", "text", "offline", "not a solution"],
)
def test_the_error_is_the_one_that_explains_most(tmp_path, uv, pip, same, raised):
    with pytest.raises(ResolveError) as caught:
        resolve(tmp_path, uv, pip, same=same)

    assert caught.value is (raised or uv)


def test_what_pip_finds_counts_if_it_looks_where_uv_does(tmp_path):
    found = resolve(tmp_path, UV, FOUND)

    assert (found.pins, found.resolver) == (FOUND.pins, "pip, because uv y")


def test_pip_resolves_again_if_uv_selected_a_wheel_that_the_runtime_cannot_load(tmp_path):
    unfit = Resolution((), unfit={LIB: "no wheel"})

    found = resolve(tmp_path, unfit, FOUND)

    assert (found.pins, found.resolver) == (
        FOUND.pins,
        "pip, because uv selected lib without a wheel for python3.13 on x86_64",
    )
    assert resolve(tmp_path, unfit, FOUND, same=False) is unfit


def test_a_resolution_that_skipped_nothing_needs_no_explanation(tmp_path):
    skipping_nothing = Resolution((), skipped=SkippedReleases({}))

    assert resolve(tmp_path, FOUND, UNKNOWN) == FOUND
    assert resolve(tmp_path, skipping_nothing, UNKNOWN, same=False) is skipping_nothing


def test_cached_notes_and_warnings_are_read_or_ignored():
    warning = Diagnostic(code="no-wheel", where="x", problem="y", fix="z")

    assert _known([["a note"], [asdict(warning)]]) == (("a note",), (warning,))
    with pytest.raises(ValueError, match="no warnings"):
        _known([["a note"], [{"unknown": "field"}]])
