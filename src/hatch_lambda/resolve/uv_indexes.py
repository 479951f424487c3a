"""Where uv looks for packages: the indexes in the settings of the project, the user, and the system."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch_lambda.files.toml_file import read_toml
from hatch_lambda.resolve.uv_settings import UvIndex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hatch_lambda.resolve.uv_settings import UvSettings

_UV_VARIABLES = ("UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INDEX", "UV_INDEX_URL")
_UV_OPTIONS = ("extra-index-url", "find-links", "index-url", "no-index")
"""uv's settings that name an index.

Sources: https://docs.astral.sh/uv/reference/environment/ and …/settings/, read 2026-11-28.
"""


def with_user_indexes(uv: UvSettings, environ: Mapping[str, str], directory: Path) -> UvSettings:
    """Return the settings of a project in ``directory`` with the indexes of the user and the system after its own."""
    found = (index for table in _user_tables(environ, directory) for index in _indexes_in(table))
    return replace(uv, indexes=(*uv.indexes, *found))


def _indexes_in(table: Mapping[str, Any]) -> Iterator[UvIndex]:
    """Yield the indexes in a table of uv, which reports other values itself."""
    for item in _list(table.get("index")):
        if isinstance(item, dict) and isinstance(item.get("url"), str):
            explicit, default = (item.get(key) is True for key in ("explicit", "default"))
            yield UvIndex(str(item.get("name", "")), item["url"], explicit=explicit, default=default)
    yield from (UvIndex("", url) for url in _list(table.get("extra-index-url")) if isinstance(url, str))
    if isinstance(table.get("index-url"), str):
        yield UvIndex("", table["index-url"], default=True)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def names_index(environ: Mapping[str, str], directory: Path, uv: UvSettings) -> bool:
    """Return whether uv's own settings name an index that is searched for each package.

    ``uv`` are the settings of the project, which is in ``directory``; those of the user and the system count too.
    """
    return (
        any(environ.get(name) for name in _UV_VARIABLES)
        or any(not index.explicit for index in uv.indexes)
        or any(uv.others.get(option) for option in _UV_OPTIONS)
        or any(table.get(option) for table in _user_tables(environ, directory) for option in ("index", *_UV_OPTIONS))
    )


def _user_tables(environ: Mapping[str, str], directory: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the content of uv's files for the user and the system, and their table ``pip``.

    Source: https://docs.astral.sh/uv/concepts/configuration-files/, read 2026-11-28.
    """
    chosen = environ.get("UV_CONFIG_FILE")
    if chosen:
        files = [directory / chosen]
    elif environ.get("UV_NO_CONFIG"):
        files = []
    elif sys.platform == "win32":
        variables = (environ.get("APPDATA"), environ.get("PROGRAMDATA"))
        files = [Path(variable, "uv", "uv.toml") for variable in variables if variable]
    else:
        user = environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()
        system = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
        files = [Path(place, "uv", "uv.toml") for place in (user, *system, "/etc")]
    for table in map(read_toml, files):
        yield table
        yield from (value for value in [table.get("pip")] if isinstance(value, dict))
