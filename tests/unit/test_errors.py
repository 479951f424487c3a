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
    printable_line,
    secret_parameters,
)


def test_several_errors_are_on_a_line_each():
    error = HatchLambdaError(["a: one", "b: two"])

    assert (str(error), error.problems) == ("a: one\nb: two", ("a: one", "b: two"))


def test_another_tools_output_comes_last_after_a_blank_line():
    error = ResolveError("pip found nothing:", detail="\n  ERROR: no\n  more\n")

    assert str(error) == "pip found nothing:\n\nERROR: no\n  more"


def test_an_error_without_output_of_another_tool_ends_with_its_problem():
    error = ResolveError("pip found nothing", detail=" \n")

    assert str(error) == "pip found nothing"


def test_another_tools_output_is_shown_as_an_excerpt_unless_verbose():
    error = ResolveError("pip found nothing", detail="one\ntwo http://me@host/", excerpt="one\n")
    explained = ResolveError("pip found nothing", detail="one", excerpt="")

    assert (str(error), str(explained)) == ("pip found nothing\n\none", "pip found nothing")
    assert error.text(verbose=True) == "pip found nothing\n\none\ntwo http://****@host/"
    assert explained.text(verbose=True) == "pip found nothing\n\none"


def test_a_failed_resolution_is_shown_in_twelve_lines_unless_verbose():
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


HASH = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("token=x", ["token"]),
        ("a=1&access_token=x", ["access_token"]),
        ("sv=2026&sp=r&sig=x%2F", ["sig"]),
        ("X-Amz-Date=1&X-Amz-Credential=x&X-Amz-Signature=y", ["X-Amz-Credential", "X-Amz-Signature"]),
        ("X-Goog-Signature=x", ["X-Goog-Signature"]),
        ("AWSAccessKeyId=x&Signature=y&Expires=1", ["AWSAccessKeyId", "Signature"]),
        ("Policy=x&Key-Pair-Id=y", ["Policy", "Key-Pair-Id"]),
        ("apikey=x&password=y&auth=z&secret=1", ["apikey", "password", "auth", "secret"]),
        (f"t={HASH}", ["t"]),
        ("t=dGhpcyBpcyBzZWNyZXQ_-%3D", ["t"]),
        ("v=2&download=1", []),
        (f"sha256={HASH}", []),
        ("file=lib-1.0-py3-none-any.whl", []),
        ("", []),
    ],
)
def test_credentials_in_a_query_are_known_by_name_or_by_their_looks(query, names):
    url = f"https://host/lib-1.0-py3-none-any.whl?{query}#sha256={HASH}&egg=lib&subdirectory=packages/a-long-name-of-it"

    assert secret_parameters(url) == names


def test_credentials_in_a_query_are_masked():
    text = (
        "ERROR: 403 for https://host/lib.whl?v=1&X-Amz-Signature=ab%20c&x=2#sha256=1 and 'https://host/?token=s3cret'"
    )

    assert masked(text) == (
        "ERROR: 403 for https://host/lib.whl?v=1&X-Amz-Signature=****&x=2#sha256=1 and 'https://host/?token=****'"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("é … └─ [a] a::b # ##", "é … └─ [a] a::b # ##"),
        ("a\nb\r\tc\x07", "a\\nb\\r\\tc\\x07"),
        ("\x1b[31m\x7f\x85\x9b", "\\x1b[31m\\x7f\\x85\\x9b"),
        ("\u2028\u202e\u2066\u200b\ufeff", "\\u2028\\u202e\\u2066\\u200b\\ufeff"),
        ("\ud800\U000e0001", "\\ud800\\U000e0001"),
        ("::stop-commands::x", "\\x3a:stop-commands::x"),
        ("  ::error::x", "  \\x3a:error::x"),
        ("\n::error::x", "\\n::error::x"),
        ("a ##[error]b", "a \\x23#[error]b"),
        ("##vso[task.complete]", "\\x23#vso[task.complete]"),
        ("https://me:secret@host/\x1b", "https://****@host/\\x1b"),
    ],
)
def test_foreign_text_steers_neither_a_terminal_nor_a_ci_system(text, expected):
    assert printable_line(text) == expected


def test_only_what_is_ours_breaks_a_line():
    error = ResolveError(["a\n::error::b: one", "::c: two"], detail="::d\r\n\te\x1b\u2028::f\n\n::g")

    assert str(error) == "a\\n::error::b: one\n\\x3a:c: two\n\n\\x3a:d\n        e\\x1b\n\\x3a:f\n\n\\x3a:g"
