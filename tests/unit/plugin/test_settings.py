"""What the variables say of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from hatch_lambda.errors import ConfigError
from hatch_lambda.plugin.settings import read_settings
from hatch_lambda.resolve.strategy import Upgrade


def test_without_variables_the_network_is_there_and_the_store_is_where_the_platform_has_caches():
    told = read_settings({})

    assert (told.offline, told.rebuild, told.check_reproducible, told.upgrade) == (False, False, False, Upgrade())
    assert told.cache.name == "hatch-lambda"


@pytest.mark.parametrize(
    ("value", "on"),
    [("1", True), ("true", True), ("True", True), ("TRUE", True), ("0", False), ("False", False), ("", False)],
)
def test_switches_are_read_in_any_case(value, on):
    names = ("HATCH_LAMBDA_OFFLINE", "HATCH_LAMBDA_REBUILD", "HATCH_LAMBDA_VERIFY")

    told = read_settings(dict.fromkeys(names, value))

    assert (told.offline, told.rebuild, told.check_reproducible) == (on, on, on)


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


def test_the_store_is_where_the_variable_says(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    assert read_settings({"HATCH_LAMBDA_CACHE_DIR": "~/store"}).cache == tmp_path / "store"
    assert read_settings({"HATCH_LAMBDA_CACHE_DIR": "store"}).cache == Path("store").absolute()


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(ConfigError) as caught:
        read_settings({"HATCH_LAMBDA_CACHE_DIR": "~nobody-of-that-name/x", "HATCH_LAMBDA_OFFLINE": "yes"})

    assert str(caught.value).splitlines() == [
        "HATCH_LAMBDA_CACHE_DIR: '~nobody-of-that-name/x' names nobody's home; give the folder in full",
        "HATCH_LAMBDA_OFFLINE: expected 1 or true, or 0, false or nothing; found 'yes'",
    ]
