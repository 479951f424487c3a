"""Credentials of a repository's URL, out of git's command line."""

from __future__ import annotations

import os
import subprocess

import pytest

from hatch_lambda.resolve.pip.git_credentials import without_git_credentials

HELPER = (
    '!f() { test "$1" = get || exit 0; '
    r"""printf 'username=%s\npassword=%s\n' "$REPOSITORY_USER" "$REPOSITORY_PASSWORD"; }; f"""
)


def test_user_name_and_password_go_from_the_url_into_variables_for_git():
    line, environ = without_git_credentials(
        "lib @ git+https://me:p%40ss:w@host:8443/a@b/lib.git@v1#subdirectory=in", {}
    )

    assert line == "lib @ git+https://host:8443/a@b/lib.git@v1#subdirectory=in"
    assert environ == {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "credential.https://host:8443.helper",
        "GIT_CONFIG_VALUE_0": "",
        "GIT_CONFIG_KEY_1": "credential.https://host:8443.helper",
        "GIT_CONFIG_VALUE_1": HELPER,
        "REPOSITORY_USER": "me",
        "REPOSITORY_PASSWORD": "p@ss:w",
    }


def test_a_token_in_place_of_the_user_name_has_an_empty_password():
    line, environ = without_git_credentials("lib @ git+https://t0ken@host/lib", {})

    assert line == "lib @ git+https://host/lib"
    assert (environ["REPOSITORY_USER"], environ["REPOSITORY_PASSWORD"]) == ("t0ken", "")


@pytest.mark.parametrize(("count", "first"), [("2", 2), ("none", 0)])
def test_what_the_user_has_set_for_git_by_variables_stays(count, first):
    environ = without_git_credentials("lib @ git+http://me:x@host/lib", {"GIT_CONFIG_COUNT": count})[1]

    assert environ["GIT_CONFIG_COUNT"] == str(first + 2)
    assert environ[f"GIT_CONFIG_KEY_{first}"] == "credential.http://host.helper"
    assert f"GIT_CONFIG_KEY_{first - 1}" not in environ


@pytest.mark.parametrize(
    "line",
    [
        "lib @ git+https://host/lib@v1",
        "lib @ git+ssh://git@host/lib@v1",
        "lib @ git+file:///lib.git@v1",
        "lib @ https://me:x@host/lib.tar.gz",
        "/folder",
    ],
)
def test_urls_without_credentials_for_git_over_http_stay(line):
    assert without_git_credentials(line, {}) == (line, {})


def test_git_takes_the_variables_and_asks_no_helper_of_the_user():
    mine = without_git_credentials("lib @ git+https://me:s3cret@host/lib", {})[1]
    environ = {**os.environ, **mine, "GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "-c", "credential.helper=!exit 1;", "credential", "fill"]

    answer = subprocess.check_output(command, env=environ, input="protocol=https\nhost=host\n\n", text=True)

    assert answer.splitlines() == ["protocol=https", "host=host", "username=me", "password=s3cret"]
