"""Lines about an existing zip."""

from __future__ import annotations

from hatch_lambda.checks.suggestions import Suggestion
from hatch_lambda.inspect.summary import suggestion_lines


def test_lines_that_make_a_zip_smaller_follow_their_sizes():
    suggested = [Suggestion('slim = ["tests"]', {"a": 20 << 20, "b": 1 << 20}), Suggestion("x = []", {"a": 2048})]

    assert list(suggestion_lines(suggested)) == [
        "",
        "  to make it smaller, add to [tool.hatch.build.targets.lambda]:",
        '    21.0 MiB  slim = ["tests"]',
        "     2.0 KiB  x = []",
    ]


def test_without_suggestions_there_is_no_line():
    assert list(suggestion_lines(())) == []
