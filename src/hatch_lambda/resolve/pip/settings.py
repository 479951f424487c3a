"""Reads pip's settings from the files and variables that pip reads, without starting pip."""

from __future__ import annotations

import locale
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECTIONS = ("global", "install")


def pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of ``pip install`` by name, such as ``index-url``; empty values count as not set.

    Variables win over files, ``[install]`` over ``[global]``, and later files over earlier ones. Raises ``ValueError``
    for a file that pip can't read either.
    Source: https://pip.pypa.io/en/stable/topics/configuration/, read 2026-11-28.
    """
    sections: dict[str, dict[str, str]] = {name: {} for name in _SECTIONS}
    for file in configuration_files(environ):
        for section, values in _sections(file):
            sections[section] |= values
    variables = {_option(name[len("PIP_") :]): text for name, text in environ.items() if name.startswith("PIP_")}
    found: dict[str, str] = {}
    for values in (*sections.values(), variables):
        found |= {name: text for name, text in values.items() if text}
    return found


def configuration_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files that pip reads if they exist, the most important one last.

    Source: ``pip config debug``, and https://pip.pypa.io/en/stable/topics/configuration/#location, read 2026-11-28.
    """
    chosen = environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    yield from (directory / name for directory in _system_directories(environ))
    if not (chosen and Path(chosen).exists()):
        yield from (directory / name for directory in _user_directories(environ))
    yield Path(sys.prefix, name)
    if chosen:
        yield Path(chosen)


def _system_directories(environ: Mapping[str, str]) -> list[Path]:
    if sys.platform == "win32":
        return [Path(environ.get("PROGRAMDATA", "C:\\ProgramData"), "pip")]
    if sys.platform == "darwin":
        return [Path("/Library/Application Support/pip")]
    directories = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    return [*(Path(directory, "pip") for directory in directories), Path("/etc")]


def _user_directories(environ: Mapping[str, str]) -> list[Path]:
    """Return the user's directories, an old one first."""
    home = Path("~").expanduser()
    if sys.platform == "win32":
        return [home / "pip", Path(environ.get("APPDATA", home), "pip")]
    newer = Path(environ.get("XDG_CONFIG_HOME") or home / ".config", "pip")
    if sys.platform == "darwin":
        application = home / "Library/Application Support/pip"
        newer = application if application.is_dir() else home / ".config/pip"
    return [home / ".pip", newer]


def _sections(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the sections of a file that count for ``pip install``; none if it doesn't exist or can't be opened."""
    if not file.is_file():
        return
    import configparser  # slow to import

    parser = configparser.RawConfigParser()
    try:
        parser.read(file, locale.getpreferredencoding(do_setlocale=False))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ValueError(str(file)) from error
    for section in _SECTIONS:
        if parser.has_section(section):
            yield section, {_option(name): text for name, text in parser.items(section)}


def _option(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")
