"""The settings that environment variables set."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from hatch_lambda.errors import ConfigError
from hatch_lambda.resolve.upgrade import Upgrade
from hatch_lambda.run.settings import read_settings, zip_date


def test_without_variables_the_build_is_online_and_the_cache_is_in_the_directory_of_the_platform():
    settings = read_settings({})

    assert (settings.offline, settings.rebuild, settings.check_reproducible, settings.upgrade) == (
        False,
        False,
        False,
        Upgrade(),
    )
    assert settings.cache.name == "hatch-lambda"


@pytest.mark.parametrize(
    ("value", "on"),
    [("1", True), ("true", True), ("True", True), ("TRUE", True), ("0", False), ("False", False), ("", False)],
)
def test_switches_are_read_in_any_case(value, on):
    names = ("HATCH_LAMBDA_OFFLINE", "HATCH_LAMBDA_REBUILD", "HATCH_LAMBDA_VERIFY")

    settings = read_settings(dict.fromkeys(names, value))

    assert (settings.offline, settings.rebuild, settings.check_reproducible) == (on, on, on)


@pytest.mark.parametrize(
    ("value", "upgrade"),
    [
        ("1", Upgrade(everything=True)),
        ("True", Upgrade(everything=True)),
        ("", Upgrade()),
        ("NumPy, six  pandas", Upgrade(names=frozenset(map(canonicalize_name, ("numpy", "six", "pandas"))))),
    ],
)
def test_an_upgrade_is_of_everything_or_of_names(value, upgrade):
    assert read_settings({"HATCH_LAMBDA_UPGRADE": value}).upgrade == upgrade


def test_the_cache_is_in_the_directory_of_the_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    assert read_settings({"HATCH_LAMBDA_CACHE_DIR": "~/cache"}).cache == tmp_path / "cache"
    assert read_settings({"HATCH_LAMBDA_CACHE_DIR": "cache"}).cache == Path("cache").absolute()


def test_all_wrong_variables_are_reported_together():
    with pytest.raises(ConfigError) as caught:
        read_settings({"HATCH_LAMBDA_CACHE_DIR": "~no-such-user/x", "HATCH_LAMBDA_OFFLINE": "Yes"})

    assert str(caught.value).splitlines() == [
        (
            "error: HATCH_LAMBDA_CACHE_DIR: '~no-such-user' has no home directory; set it to an absolute path "
            "[variable-value]"
        ),
        (
            "error: HATCH_LAMBDA_OFFLINE: expected 1, true, 0, or false, found 'Yes'; set it to 1, or unset it "
            "[variable-value]"
        ),
    ]


@pytest.mark.parametrize(("environ", "date"), [({}, 1580601600), ({"SOURCE_DATE_EPOCH": "1700000000"}, 1700000000)])
def test_zips_have_a_fixed_date_or_that_of_the_variable(environ, date):
    assert zip_date(environ) == date


def test_a_date_that_is_not_a_number_is_rejected():
    with pytest.raises(ConfigError) as caught:
        zip_date({"SOURCE_DATE_EPOCH": "now"})

    assert str(caught.value) == (
        "error: SOURCE_DATE_EPOCH: 'now' isn't a number of seconds since 1970; set it to a whole number, or unset it "
        "[variable-value]"
    )
