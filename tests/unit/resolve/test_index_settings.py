"""The index settings of pip as uv's."""

from __future__ import annotations

import os

import pytest

from hatch_lambda.resolve.index_settings import UvIndexSettings, uv_settings_like_pip

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
