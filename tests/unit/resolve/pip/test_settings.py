"""pip's settings without pip."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hatch_lambda.resolve.pip.settings import configuration_files, pip_settings


@pytest.fixture
def environ(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return {"HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path / "xdg")}


@pytest.fixture
def machine(environ):
    """What a file of this machine sets for everyone."""
    return pip_settings(environ)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("platform", "files"),
    [
        ("linux", ["xdg/pip/pip.conf", "/etc/pip.conf", ".pip/pip.conf", ".config/pip/pip.conf"]),
        ("darwin", ["/Library/Application Support/pip/pip.conf", ".pip/pip.conf", ".config/pip/pip.conf"]),
        ("win32", ["system/pip/pip.ini", "pip/pip.ini", "roaming/pip/pip.ini"]),
    ],
)
def test_the_most_important_file_comes_last(environ, tmp_path, monkeypatch, platform, files):
    monkeypatch.setattr(sys, "platform", platform)
    places = {"PROGRAMDATA": str(tmp_path / "system"), "APPDATA": str(tmp_path / "roaming")}

    found = list(configuration_files({**environ, **places}))

    assert found == [*(tmp_path / file for file in files), Path(sys.prefix, Path(files[0]).name)]


def test_a_directory_for_settings_of_applications_on_macos_is_preferred(environ, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    (tmp_path / "Library/Application Support/pip").mkdir(parents=True)

    assert tmp_path / "Library/Application Support/pip/pip.conf" in list(configuration_files(environ))


@pytest.mark.api("pip")
def test_the_files_are_those_that_pip_lists():
    environ = {name: text for name, text in os.environ.items() if not name.startswith("PIP_")}

    done = subprocess.run(
        [sys.executable, "-m", "pip", "config", "debug"], env=environ, capture_output=True, text=True, check=True
    )

    kinds = dict(re.findall(r"^(global|site|user):\n((?:  .*\n)*)", done.stdout, re.MULTILINE))
    listed = [
        path
        for kind in ("global", "user", "site")
        for path in re.findall(r"^  (\S.*), exists:", kinds[kind], re.MULTILINE)
    ]
    assert list(map(str, configuration_files(environ))) == listed


def test_variables_win_over_files_and_install_wins_over_global(environ, machine, tmp_path):
    write(tmp_path / "xdg/pip/pip.conf", "[global]\nindex-url = https://system/\ntimeout = 3\n[install]\npre = true\n")
    write(tmp_path / ".config/pip/pip.conf", "[global]\nindex_url = https://user/\nPRE = no\n[list]\nformat = json\n")

    found = pip_settings({**environ, "PIP_TIMEOUT": "5", "PIP_CERT": ""})

    assert found == {**machine, "index-url": "https://user/", "timeout": "5", "pre": "true"}


def test_an_empty_value_in_a_later_file_resets_a_setting(environ, machine, tmp_path):
    write(tmp_path / "xdg/pip/pip.conf", "[global]\nindex-url = https://system/\n")
    write(tmp_path / ".config/pip/pip.conf", "[global]\nindex-url =\n")

    assert pip_settings(environ) == machine


def test_a_file_in_a_variable_replaces_those_of_the_user(environ, machine, tmp_path):
    write(tmp_path / ".config/pip/pip.conf", "[global]\nindex-url = https://user/\n")
    write(tmp_path / "own.conf", "[global]\nproxy = http://proxy/\n")

    found = pip_settings({**environ, "PIP_CONFIG_FILE": str(tmp_path / "own.conf")})

    assert found == {**machine, "proxy": "http://proxy/", "config-file": str(tmp_path / "own.conf")}
    assert list(configuration_files({**environ, "PIP_CONFIG_FILE": os.devnull})) == []


def test_an_invalid_configuration_file_is_reported_by_its_path(environ, tmp_path):
    path = tmp_path / ".config/pip/pip.conf"
    write(path, "index-url = https://user/\n")

    with pytest.raises(ValueError, match=re.escape(str(path))):
        pip_settings(environ)
