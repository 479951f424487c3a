"""A zip that is too large is kept next to its place, and the error says how to look inside."""

from __future__ import annotations

import pytest

from hatch_lambda.archive.plan import ArchivePlan, Entry, Origin, TextContent
from hatch_lambda.archive.read import MAX_READ
from hatch_lambda.build.too_large import kept_if_too_large
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import PlanError
from tests.support.zips import contents

PLAN = ArchivePlan((Entry("a", Origin("shop", "1.0", None), TextContent(b"text")),))
TOO_LARGE = Diagnostic(code="too-large", where="a.zip", problem="is large", fix="exclude files")
OTHER = Diagnostic(code="collision", where="a", problem="collides", fix="name one")


def test_a_zip_that_is_too_large_is_written_and_named(tmp_path):
    with pytest.raises(PlanError) as caught, kept_if_too_large(PLAN, tmp_path / "a b.zip", timestamp=0):
        raise PlanError([TOO_LARGE, OTHER, "a text"])

    kept = tmp_path / "a b.zip.too-large"
    assert caught.value.problems == (
        f"a.zip: is large; exclude files, and see the sizes with 'hatch-lambda info --tree \"{kept}\"' [too-large]",
        "a: collides; name one [collision]",
        "a text",
    )
    assert contents(kept) == {"a": b"text"}


def test_another_problem_keeps_no_zip_and_removes_an_older_one(tmp_path):
    (tmp_path / "a.zip.too-large").write_text("older")

    with pytest.raises(PlanError) as caught, kept_if_too_large(PLAN, tmp_path / "a.zip", timestamp=0):
        raise PlanError([OTHER])

    assert caught.value.problems == ("a: collides; name one [collision]",)
    assert list(tmp_path.iterdir()) == []


def test_a_zip_that_info_would_reject_is_not_kept(tmp_path):
    class Huge(ArchivePlan):
        unzipped = MAX_READ + 1

    with pytest.raises(PlanError) as caught, kept_if_too_large(Huge(PLAN.entries), tmp_path / "a.zip", timestamp=0):
        raise PlanError(TOO_LARGE)

    assert caught.value.problems == (str(TOO_LARGE),)
    assert list(tmp_path.iterdir()) == []


def test_a_zip_that_cannot_be_kept_changes_no_message(tmp_path):
    (tmp_path / "a.zip.too-large").mkdir()

    with pytest.raises(PlanError) as caught, kept_if_too_large(PLAN, tmp_path / "a.zip", timestamp=0):
        raise PlanError(TOO_LARGE)

    assert caught.value.problems == (str(TOO_LARGE),)
