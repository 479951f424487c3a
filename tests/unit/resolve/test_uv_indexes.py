"""The indexes in uv's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from hatch_lambda.resolve.uv_indexes import names_index, with_user_indexes
from hatch_lambda.resolve.uv_settings import UvIndex, UvSettings


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
