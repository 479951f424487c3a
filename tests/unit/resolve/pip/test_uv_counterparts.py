"""What pip does for settings of uv."""

from __future__ import annotations

import importlib.metadata

import pytest
from packaging.version import Version

from hatch_lambda.resolve.pip.uv_counterparts import (
    fetching_environment,
    resolving_environment,
    searching_environment,
    unsupported_settings,
)
from hatch_lambda.resolve.uv_settings import UvIndex, UvSettings

WITHOUT_DATES = Version(importlib.metadata.version("pip")) < Version("26.0")

PIPS = {"PIP_INDEX_URL": "https://a/simple", "PIP_EXTRA_INDEX_URL": "https://x/ https://y/"}
FIX = 'set resolver = "uv", or remove the setting [unsupported-setting]'


def settings(*indexes: UvIndex, **others: object) -> UvSettings:
    """Return settings of uv, with ``_`` for ``-``."""
    return UvSettings(indexes=indexes, others={key.replace("_", "-"): value for key, value in others.items()})


@pytest.mark.parametrize(
    ("environ", "uv", "urls"),
    [
        ({"UV_DEFAULT_INDEX": "https://u:p@a/simple"}, settings(), ["https://u:p@a/simple"]),
        ({"UV_INDEX_URL": "https://u:p@a/simple"}, settings(), ["https://u:p@a/simple"]),
        (
            {"UV_INDEX": "one=https://u:p@a/simple https://u:p@b/simple", "UV_EXTRA_INDEX_URL": "https://u:p@c/simple"},
            settings(),
            ["https://u:p@a/simple", "https://u:p@b/simple", "https://u:p@c/simple"],
        ),
        (
            {"UV_INDEX": "one=https://a/simple", "UV_INDEX_ONE_USERNAME": "u", "UV_INDEX_ONE_PASSWORD": "p"},
            settings(),
            ["https://u:p@a/simple"],
        ),
        (
            {"UV_INDEX_MY_INDEX_USERNAME": "me@example.com", "UV_INDEX_MY_INDEX_PASSWORD": "p/w"},
            settings(UvIndex("my-index", "https://a/simple", explicit=True)),
            ["https://me%40example.com:p%2Fw@a/simple"],
        ),
        ({"UV_INDEX_ONE_USERNAME": "u"}, settings(UvIndex("one", "https://a/")), ["https://u@a/"]),
        ({"UV_INDEX_ONE_PASSWORD": "p"}, settings(UvIndex("one", "https://a/")), ["https://:p@a/"]),
        (
            {"UV_INDEX_ONE_PASSWORD": "p"},
            settings(UvIndex("one", "https://user:given@a/")),
            ["https://user:given@a/"],
        ),
        (
            {},
            settings(index_url="https://u:p@a/", extra_index_url=("https://u:p@b/", "https://u:p@a/")),
            ["https://u:p@a/", "https://u:p@b/"],
        ),
    ],
    ids=["default", "old default", "extra", "named", "in a table", "user only", "token", "in the URL", "old tables"],
)
def test_pip_downloads_with_the_indexes_of_uv_that_have_credentials_before_its_own(environ, uv, urls):
    found = fetching_environment(uv, {**environ, **PIPS})

    assert found == {
        **environ,
        "PIP_INDEX_URL": urls[0],
        "PIP_EXTRA_INDEX_URL": " ".join([*urls[1:], "https://a/simple", "https://x/", "https://y/"]),
    }


def test_pip_keeps_its_indexes_where_those_of_uv_need_no_credentials():
    environ = {"UV_DEFAULT_INDEX": "https://a/simple", "PIP_INDEX_URL": "https://b/simple"}

    assert fetching_environment(settings(UvIndex("one", "https://c/")), environ) == environ


def test_for_files_with_hashes_pip_searches_all_indexes():
    uv = settings(UvIndex("one", "https://c/", explicit=True))

    assert searching_environment(uv, PIPS) == {**PIPS, "PIP_EXTRA_INDEX_URL": "https://x/ https://y/ https://c/"}
    assert searching_environment(settings(), PIPS) == PIPS


@pytest.mark.parametrize(
    ("uv", "variables"),
    [
        (settings(), PIPS),
        (settings(UvIndex("one", "https://c/", explicit=True)), PIPS),
        (settings(UvIndex("one", "https://c/", default=True)), {"PIP_INDEX_URL": "https://c/"}),
        (settings(index_url="https://c/"), {"PIP_INDEX_URL": "https://c/"}),
        (settings(UvIndex("one", "https://c/")), PIPS),
        (
            settings(UvIndex("one", "https://c/"), index_strategy="unsafe-best-match"),
            {**PIPS, "PIP_EXTRA_INDEX_URL": "https://c/ https://x/ https://y/"},
        ),
        (
            settings(extra_index_url=("https://c/",), index_url="https://d/", index_strategy="unsafe-best-match"),
            {"PIP_INDEX_URL": "https://d/", "PIP_EXTRA_INDEX_URL": "https://c/"},
        ),
        (
            settings(no_index=True, find_links=("file:///wheels",), index_url="https://d/"),
            {**PIPS, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "file:///wheels"},
        ),
        (settings(prerelease="allow"), {**PIPS, "PIP_PRE": "1"}),
        (settings(prerelease="disallow"), {**PIPS, "PIP_ONLY_FINAL": ":all:"}),
        (settings(exclude_newer="2026-12-31"), {**PIPS, "PIP_UPLOADED_PRIOR_TO": "2027-01-01"}),
        (settings(exclude_newer="2026-12-31T00:00:00Z"), {**PIPS, "PIP_UPLOADED_PRIOR_TO": "2026-12-31T00:00:00Z"}),
        (settings(exclude_newer="P7D"), {**PIPS, "PIP_UPLOADED_PRIOR_TO": "P7D"}),
        (settings(exclude_newer="30 days"), {**PIPS, "PIP_UPLOADED_PRIOR_TO": "P30D"}),
        (settings(exclude_newer="2 weeks"), {**PIPS, "PIP_UPLOADED_PRIOR_TO": "P14D"}),
        (
            settings(keyring_provider="subprocess", allow_insecure_host=("h1", "h2:8080"), no_proxy=("a", "b")),
            {**PIPS, "PIP_KEYRING_PROVIDER": "subprocess", "PIP_TRUSTED_HOST": "h1 h2:8080", "no_proxy": "a,b"},
        ),
    ],
)
def test_pip_looks_where_uv_would(uv, variables):
    assert resolving_environment(uv, PIPS) == variables


def test_variables_of_the_user_come_first():
    environ = {"HTTPS_PROXY": "http://mine", "PIP_KEYRING_PROVIDER": "import", "UV_KEYRING_PROVIDER": "subprocess"}

    assert resolving_environment(settings(https_proxy="http://theirs"), environ) == environ


@pytest.mark.parametrize(
    ("uv", "problem"),
    [
        (settings(resolution="lowest"), "resolution: pip has no counterpart for 'lowest'"),
        (settings(offline=True), "offline: pip has no counterpart for True"),
        (
            settings(exclude_newer_package={"lib": "P1D"}),
            "exclude-newer-package: pip has no counterpart for {'lib': 'P1D'}",
        ),
        (settings(UvIndex("one", "https://c/")), "index: pip can't prefer one index over another"),
        (
            settings(index_strategy="unsafe-first-match"),
            "index-strategy: pip has no counterpart for 'unsafe-first-match'",
        ),
        (
            settings(UvIndex("one", "https://c/", default=True, more={"format": "flat"})),
            "index: pip has no counterpart for format of 'one'",
        ),
        (
            settings(UvIndex("", "https://c/", default=True, more={"format": "flat", "exclude-newer": "P1D"})),
            "index: pip has no counterpart for exclude-newer and format of 'c'",
        ),
        (settings(prerelease="explicit"), "prerelease: pip has no counterpart for 'explicit'"),
        (settings(exclude_newer="24 hours"), "exclude-newer: pip has no counterpart for '24 hours'"),
        (settings(exclude_newer="9999-12-31"), "exclude-newer: pip has no counterpart for '9999-12-31'"),
    ],
)
def test_a_setting_that_pip_cannot_follow_is_an_error(uv, problem):
    assert list(map(str, unsupported_settings(uv))) == [f"tool.uv.{problem}; {FIX}"]


@pytest.mark.parametrize(
    "uv",
    [
        settings(),
        settings(UvIndex("one", "https://c/", explicit=True, more={"format": "flat"})),
        settings(UvIndex("one", "https://c/", default=True)),
        settings(UvIndex("one", "https://c/"), index_strategy="unsafe-best-match"),
        settings(UvIndex("one", "https://c/"), no_index=True),
        settings(environments=["sys_platform == 'linux'"]),
        pytest.param(
            settings(prerelease="disallow", exclude_newer="P7D"),
            marks=pytest.mark.skipif(WITHOUT_DATES, reason="pip before 26.0 has no --uploaded-prior-to"),
        ),
    ],
)
def test_settings_with_a_counterpart_in_pip_are_not_reported(uv):
    assert unsupported_settings(uv) == ()
