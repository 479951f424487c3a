"""Which index settings apply, and those of pip as uv's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hatch_lambda.resolve.index_settings import (
    UvIndexSettings,
    names_index,
    uv_settings_like_pip,
    with_user_indexes,
)
from hatch_lambda.resolve.uv_settings import UvIndex, UvSettings

BEST = "--index-strategy=unsafe-best-match"
NO_FILES = {"PIP_CONFIG_FILE": os.devnull}


@pytest.mark.parametrize(
    ("settings", "variables", "options"),
    [
        ({}, {}, ()),
        ({"INDEX_URL": "https://u:p@a/"}, {"UV_DEFAULT_INDEX": "https://u:p@a/"}, ()),
        ({"EXTRA_INDEX_URL": "https://a/ https://b/"}, {"UV_INDEX": "https://b/ https://a/"}, ()),
        ({"FIND_LINKS": "https://a/x wheels nowhere"}, {"UV_FIND_LINKS": "https://a/x,wheels"}, ()),
        ({"NO_INDEX": "1"}, {}, ("--no-index",)),
        ({"NO_INDEX": "0", "PRE": "false"}, {}, ()),
        ({"PRE": "yes"}, {}, ("--prerelease=allow",)),
        ({"TRUSTED_HOST": "a\nb:80"}, {"UV_INSECURE_HOST": "a b:80"}, ()),
        ({"CERT": "ca.pem"}, {"SSL_CERT_FILE": "ca.pem", "UV_SYSTEM_CERTS": None}, ()),
        ({"CLIENT_CERT": "me.pem"}, {"SSL_CLIENT_CERT": "me.pem"}, ()),
        ({"CONSTRAINT": "a.txt b.txt"}, {}, ("--constraints=a.txt", "--constraints=b.txt")),
        ({"KEYRING_PROVIDER": "subprocess"}, {"UV_KEYRING_PROVIDER": "subprocess"}, ()),
        ({"KEYRING_PROVIDER": "auto", "NO_INPUT": "1", "TARGET": "x", "CACHE_DIR": "y"}, {}, ()),
        ({"DEFAULT_TIMEOUT": "9", "RETRIES": "2"}, {"UV_HTTP_TIMEOUT": "9", "UV_HTTP_RETRIES": "2"}, ()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else None,
)
def test_settings_of_pip_have_counterparts_in_uv(tmp_path, settings, variables, options):
    (tmp_path / "wheels").mkdir()
    (tmp_path / "ca.pem").touch()
    environ = {**NO_FILES, **{f"PIP_{name}": text for name, text in settings.items()}}

    found = uv_settings_like_pip(environ, tmp_path)

    expected = {"UV_SYSTEM_CERTS": "1", **variables}
    assert found == UvIndexSettings({name: text for name, text in expected.items() if text}, (BEST, *options))


def test_a_proxy_of_pip_is_one_for_every_scheme(tmp_path):
    found = uv_settings_like_pip({**NO_FILES, "PIP_PROXY": "http://u:p@proxy"}, tmp_path)

    assert isinstance(found, UvIndexSettings)
    assert {name for name, text in found.variables.items() if text == "http://u:p@proxy"} == {
        *("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "https_proxy", "http_proxy")
    }


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_bundle_of_requests_counts_for_both(tmp_path, variable):
    found = uv_settings_like_pip({**NO_FILES, variable: "/ca.pem"}, tmp_path)

    assert found == UvIndexSettings({"SSL_CERT_FILE": "/ca.pem"}, (BEST,))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"PIP_USE_DEPRECATED": "legacy-resolver"}, "uv has no counterpart of pip's setting 'use-deprecated'"),
        ({"PIP_ONLY_FINAL": ":all:"}, "uv has no counterpart of pip's setting 'only-final'"),
        ({"PIP_KEYRING_PROVIDER": "import"}, "uv can't use the value of pip's setting 'keyring-provider'"),
        ({"PIP_TIMEOUT": "7.5"}, "uv can't use the value of pip's setting 'timeout'"),
        ({"PIP_CERT": "nowhere.pem"}, "uv can't use the value of pip's setting 'cert'"),
        ({"PIP_FIND_LINKS": "page.html"}, "uv can't use the value of pip's setting 'find-links'"),
        ({"PIP_FIND_LINKS": "file:page.html"}, "uv can't use the value of pip's setting 'find-links'"),
        ({"PIP_FIND_LINKS": "a,b"}, "uv can't use the value of pip's setting 'find-links'"),
        ({"PIP_CONSTRAINT": "https://u:s3cret@a/c.txt"}, "uv can't use the value of pip's setting 'constraint'"),
    ],
)
def test_a_setting_without_a_counterpart_is_named_without_its_value(tmp_path, monkeypatch, settings, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.html").touch()
    if "file:" in str(settings):
        settings = {"PIP_FIND_LINKS": (tmp_path / "page.html").as_uri()}

    assert uv_settings_like_pip({**NO_FILES, **settings}, tmp_path) == reason


def test_settings_that_pip_cannot_read_are_named(tmp_path):
    (tmp_path / "pip.conf").write_text("x")

    found = uv_settings_like_pip({"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}, tmp_path)

    assert found == f"{tmp_path / 'pip.conf'} can't be read"


@pytest.mark.parametrize(
    ("environ", "uv", "expected"),
    [
        ({}, UvSettings(), False),
        ({"UV_INDEX": "https://a/"}, UvSettings(), True),
        ({"UV_INDEX_STRATEGY": "first-index", "UV_CACHE_DIR": "x"}, UvSettings(), False),
        ({}, UvSettings(indexes=(UvIndex("a", "https://a/"),)), True),
        ({}, UvSettings(indexes=(UvIndex("a", "https://a/", explicit=True),)), False),
        ({}, UvSettings(others={"find-links": ("x",)}), True),
        ({}, UvSettings(others={"index-strategy": "unsafe-best-match"}), False),
        ({"UV_CONFIG_FILE": "own.toml"}, UvSettings(), True),
        ({"UV_CONFIG_FILE": "pip.toml"}, UvSettings(), True),
        ({"UV_CONFIG_FILE": "nowhere.toml"}, UvSettings(), False),
        ({"XDG_CONFIG_HOME": "home"}, UvSettings(), True),
        ({"XDG_CONFIG_DIRS": "home"}, UvSettings(), True),
        ({"XDG_CONFIG_HOME": "home", "UV_NO_CONFIG": "1"}, UvSettings(), False),
    ],
)
def test_settings_of_uv_count_if_they_name_an_index(tmp_path, monkeypatch, environ, uv, expected):
    monkeypatch.setattr("sys.platform", "linux")
    for name, text in {"own.toml": 'index-url = "x"', "pip.toml": '[pip]\nindex-url = "x"'}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "home/uv").mkdir(parents=True)
    (tmp_path / "home/uv/uv.toml").write_text('[[index]]\nurl = "x"')
    places = {name: str(tmp_path / environ.get(name, "empty")) for name in ("XDG_CONFIG_HOME", "XDG_CONFIG_DIRS")}

    assert names_index({**environ, **places}, Path(tmp_path), uv) is expected


def test_on_windows_uv_has_other_directories(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.platform", "win32")
    (tmp_path / "uv").mkdir()
    (tmp_path / "uv/uv.toml").write_text("no-index = true")

    assert names_index({"APPDATA": str(tmp_path)}, tmp_path, UvSettings())
    assert not names_index({"PROGRAMDATA": str(tmp_path / "uv")}, tmp_path, UvSettings())


def test_indexes_of_the_user_come_after_those_of_the_project(tmp_path):
    (tmp_path / "own.toml").write_text(
        'index-url = "https://b/"\nextra-index-url = ["https://c/", 1]\n'
        'index = [{ url = "https://a/", name = "a", explicit = true }, { name = "x" }, 1]\n[pip]\nindex-url = "https://d/"'
    )
    uv = UvSettings(indexes=(UvIndex("", "https://own/"),))

    found = with_user_indexes(uv, {"UV_CONFIG_FILE": "own.toml"}, tmp_path)

    assert found.indexes == (
        UvIndex("", "https://own/"),
        UvIndex("a", "https://a/", explicit=True),
        UvIndex("", "https://c/"),
        UvIndex("", "https://b/", default=True),
        UvIndex("", "https://d/", default=True),
    )
    assert with_user_indexes(uv, {"UV_NO_CONFIG": "1"}, tmp_path) == uv
