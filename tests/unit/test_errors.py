"""Errors: one line a problem, no credentials."""

from __future__ import annotations

import pytest

from hatch_lambda.errors import (
    ArchiveError,
    ConfigError,
    HatchLambdaError,
    PlanError,
    ProjectError,
    ResolveError,
    WheelError,
    masked,
)


def test_several_problems_stand_on_a_line_each():
    error = HatchLambdaError(["a: one", "b: two"])

    assert (str(error), error.problems) == ("a: one\nb: two", ("a: one", "b: two"))


def test_another_tools_output_comes_last_after_a_blank_line():
    error = ResolveError("pip found nothing:", detail="\n  ERROR: no\n  more\n")

    assert str(error) == "pip found nothing:\n\nERROR: no\n  more"


def test_an_error_without_output_of_another_tool_ends_with_its_problem():
    error = ResolveError("pip found nothing", detail=" \n")

    assert str(error) == "pip found nothing"


def test_of_another_tools_output_only_an_excerpt_is_shown_unless_all_of_it_is_asked_for():
    error = ResolveError("pip found nothing", detail="one\ntwo http://me@host/", excerpt="one\n")
    explained = ResolveError("pip found nothing", detail="one", excerpt="")

    assert (str(error), str(explained)) == ("pip found nothing\n\none", "pip found nothing")
    assert error.text(verbose=True) == "pip found nothing\n\none\ntwo http://****@host/"
    assert explained.text(verbose=True) == "pip found nothing\n\none"


def test_a_resolution_that_failed_is_told_in_twelve_lines_unless_all_of_them_are_asked_for():
    problems = [f"lib{number}: none" for number in range(13)]
    error = ResolveError(problems)

    assert str(error) == "\n".join([*problems[:11], "… (2 more problems; -v shows them)"])
    assert error.text(verbose=True) == "\n".join(problems)
    assert str(ResolveError(problems[:12])) == "\n".join(problems[:12])
    assert str(ConfigError(problems)) == "\n".join(problems)


def test_credentials_are_masked_in_problems_and_in_output_of_other_tools():
    error = ResolveError("https://me:secret@host/simple/: no", detail="GET http://token@host:8080/x")

    assert str(error) == "https://****@host/simple/: no\n\nGET http://****@host:8080/x"


@pytest.mark.parametrize("kind", [ConfigError, ProjectError, ResolveError, WheelError, PlanError, ArchiveError])
def test_every_steps_error_has_the_one_base(kind):
    assert issubclass(kind, HatchLambdaError)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://user:pass@host/a b", "https://****@host/a b"),
        ("https://token@host/", "https://****@host/"),
        ("git+ssh://git@host/x.git", "git+ssh://****@host/x.git"),
        ("http://u:p@a/ and 'https://u:p@b/'", "http://****@a/ and 'https://****@b/'"),
        ("https://user:p%40ss@host/", "https://****@host/"),
        ("https://host/path@2.0", "https://host/path@2.0"),
        ("https://host/a mail@example.org", "https://host/a mail@example.org"),
        ("name @ https://host/x.whl", "name @ https://host/x.whl"),
        ("no URL, me@example.org", "no URL, me@example.org"),
        ("", ""),
    ],
)
def test_only_credentials_of_urls_are_masked(text, expected):
    assert masked(text) == expected


@pytest.mark.parametrize("password", ["p@ss", "it's", 'a"b', "<c>", "p@@"])
def test_characters_that_should_have_been_quoted_do_not_show_a_password(password):
    assert masked(f"see https://me:{password}@host/simple/ first") == "see https://****@host/simple/ first"
