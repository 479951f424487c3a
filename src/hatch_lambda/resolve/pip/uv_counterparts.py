"""pip's counterparts of uv's settings: the variables that make pip do the same, and the settings that have none."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from packaging.version import Version

from hatch_lambda.errors import shorten
from hatch_lambda.resolve.base import split_url
from hatch_lambda.resolve.uv_settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hatch_lambda.diagnostics import Diagnostic
    from hatch_lambda.resolve.uv_settings import UvSettings

_WITH_DATES = Version("26.0")
"""The first pip with ``--uploaded-prior-to`` and ``--only-final``.

Source: https://pip.pypa.io/en/stable/news/#v26-0, read 2026-11-28.
"""

_DAYS = re.compile(r"P?(?P<days>\d+) ?(?:d|days?)", re.IGNORECASE)
_WEEKS = re.compile(r"P?(?P<weeks>\d+) ?(?:w|weeks?)", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
"""The durations in whole days that pip can express, and a date, which uv includes.

Source: https://docs.astral.sh/uv/reference/settings/#exclude-newer, read 2026-11-28.
"""

_FIX = 'set resolver = "uv", or remove the setting'


def unsupported_settings(uv: UvSettings) -> tuple[Diagnostic, ...]:
    """Return an error for each setting of uv that pip would have to follow when it resolves, and can't."""
    return tuple(_unsupported(uv))


def _unsupported(uv: UvSettings) -> Iterator[Diagnostic]:
    import importlib.metadata  # slow to import

    is_old = Version(importlib.metadata.version("pip")) < _WITH_DATES
    prerelease, cutoff = uv.others.get("prerelease"), uv.others.get("exclude-newer")
    without = {setting.key for setting in SETTINGS if setting.effect == "uv"}
    if uv.others.get("index-strategy") == "unsafe-first-match":
        without.add("index-strategy")
    if prerelease == "explicit" or (prerelease == "disallow" and is_old):
        without.add("prerelease")
    if cutoff and (_uploaded_prior_to(cutoff) is None or is_old):
        without.add("exclude-newer")
    for key in sorted(without & uv.others.keys()):
        yield uv.unsupported(key, f"pip has no counterpart for {shorten(uv.others[key])}", _FIX)
    if "index-strategy" not in uv.others and len(_searched(uv)) > 1:
        yield uv.unsupported("index", "pip can't prefer one index over another", _FIX)
    for index in uv.indexes:
        keys = sorted({"exclude-newer", "format"} & index.more.keys())
        if keys and not index.explicit:
            name = index.name or split_url(index.url).hostname
            yield uv.unsupported("index", f"pip has no counterpart for {' and '.join(keys)} of {name!r}", _FIX)


def _is_best_match(uv: UvSettings) -> bool:
    return bool(uv.others.get("index-strategy") == "unsafe-best-match")


def _searched(uv: UvSettings) -> list[str]:
    """Return the URLs of the indexes that uv searches for each name, and an empty one for uv's default."""
    implicit = [index.url for index in uv.indexes if not index.explicit and not index.default]
    default = next((index.url for index in uv.indexes if index.default), uv.others.get("index-url", ""))
    found = [*implicit, *uv.others.get("extra-index-url", ())]
    return [] if uv.others.get("no-index") else [*found, default]


def resolving_environment(uv: UvSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which pip looks for packages as uv's settings say.

    Settings without a counterpart have no effect here. Variables for pip that uv has no setting for stay.
    """
    found = {**environ, **_network_variables(uv, environ)}
    searched = [_index_url(uv, url, environ) for url in _searched(uv)]
    if searched and (len(searched) == 1 or _is_best_match(uv)):
        *more, default = searched
        if default:
            found.pop("PIP_EXTRA_INDEX_URL", None)
            found["PIP_INDEX_URL"] = default
        if more:
            found["PIP_EXTRA_INDEX_URL"] = _joined(*more, found.get("PIP_EXTRA_INDEX_URL"))
    if uv.others.get("no-index"):
        found["PIP_NO_INDEX"] = "1"
    if uv.others.get("find-links"):
        found["PIP_FIND_LINKS"] = _joined(*uv.others["find-links"], environ.get("PIP_FIND_LINKS"))
    if uv.others.get("prerelease") == "allow":
        found["PIP_PRE"] = "1"
    elif uv.others.get("prerelease") == "disallow":
        found["PIP_ONLY_FINAL"] = ":all:"
    cutoff = _uploaded_prior_to(uv.others.get("exclude-newer", ""))
    if cutoff:
        found["PIP_UPLOADED_PRIOR_TO"] = cutoff
    return found


def explaining_environment(uv: UvSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which pip searches all places that uv searches, to explain what uv found there."""
    *more, default = _searched(uv) or [""]
    chosen = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL")
    added = f"{environ.get('UV_INDEX', '')} {environ.get('UV_EXTRA_INDEX_URL', '')}".split()
    index = _named_url(chosen, environ) if chosen else _index_url(uv, default, environ)
    others = [*(_named_url(word, environ) for word in added), *(_index_url(uv, url, environ) for url in more)]
    links = environ.get("UV_FIND_LINKS", "").replace(",", " ")
    variables = {
        "PIP_INDEX_URL": index,
        "PIP_EXTRA_INDEX_URL": _joined(*others),
        "PIP_FIND_LINKS": _joined(links, *uv.others.get("find-links", ())),
    }
    return {**resolving_environment(uv, environ), **{name: text for name, text in variables.items() if text}}


def _named_url(word: str, environ: Mapping[str, str]) -> str:
    """Return the URL in a variable, which can start with the name of the index, with its credentials."""
    name, _, url = word.rpartition("=") if re.match(r"[\w.-]+=", word) else ("", "", word)
    return with_credentials(name, url, environ)


def fetching_environment(uv: UvSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with which pip downloads from known URLs, with the credentials of uv's indexes.

    pip gets the credentials of a URL from its first index on the same host. pip's own indexes come last, because they
    can be the same without credentials.
    """
    found = {**environ, **_network_variables(uv, environ)}
    urls = [url for url in _all_indexes(uv, environ) if "@" in split_url(url).netloc]
    if urls:
        found["PIP_INDEX_URL"] = urls[0]
        own = _joined(environ.get("PIP_INDEX_URL"), environ.get("PIP_EXTRA_INDEX_URL"))
        found["PIP_EXTRA_INDEX_URL"] = _joined(*urls[1:], own)
    return found


def searching_environment(uv: UvSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which pip searches all indexes of uv too, for files whose hashes are known."""
    urls = _joined(environ.get("PIP_EXTRA_INDEX_URL"), *_all_indexes(uv, environ))
    more = {"PIP_EXTRA_INDEX_URL": urls} if urls else {}
    return {**environ, **_network_variables(uv, environ), **more}


def _joined(*parts: str | None) -> str:
    return " ".join(filter(None, parts))


def _all_indexes(uv: UvSettings, environ: Mapping[str, str]) -> list[str]:
    """Return the URL of each index in uv's variables and settings once, with its credentials."""
    return list(dict.fromkeys(_index_urls(uv, environ)))


def _index_urls(uv: UvSettings, environ: Mapping[str, str]) -> Iterator[str]:
    for variable in ("UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL"):
        for word in environ.get(variable, "").split():
            yield _named_url(word, environ)
    for index in uv.indexes:
        yield with_credentials(index.name, index.url, environ)
    yield from filter(None, (uv.others.get("index-url"), *uv.others.get("extra-index-url", ())))


def _index_url(uv: UvSettings, url: str, environ: Mapping[str, str]) -> str:
    name = next((index.name for index in uv.indexes if index.url == url), "")
    return with_credentials(name, url, environ)


def with_credentials(name: str, url: str, environ: Mapping[str, str]) -> str:
    """Return the URL with the user name and password in ``UV_INDEX_NAME_USERNAME`` and ``…_PASSWORD``."""
    variable = "UV_INDEX_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
    parts = split_url(url)
    values = (environ.get(f"{variable}_{part}", "") for part in ("USERNAME", "PASSWORD"))
    user, password = (quote(value, safe="") for value in values)
    if not name or not (user or password) or "@" in parts.netloc:
        return url
    return parts._replace(netloc=f"{user}{password and ':'}{password}@{parts.netloc}").geturl()


def _network_variables(uv: UvSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for the way to the indexes; those of the user come first."""
    found = {"PIP_TRUSTED_HOST": _joined(*uv.others.get("allow-insecure-host", ()), environ.get("PIP_TRUSTED_HOST"))}
    keyring = environ.get("UV_KEYRING_PROVIDER") or uv.others.get("keyring-provider", "")
    if "PIP_KEYRING_PROVIDER" not in environ:
        found["PIP_KEYRING_PROVIDER"] = keyring
    for key in ("http-proxy", "https-proxy", "no-proxy"):
        variable = key.replace("-", "_")
        if not {variable, variable.upper()} & environ.keys():
            value = uv.others.get(key, "")
            found[variable] = value if isinstance(value, str) else ",".join(value)
    return {variable: value for variable, value in found.items() if value}


def _uploaded_prior_to(cutoff: str) -> str | None:
    """Return pip's way to write a date of uv, before which files must be uploaded; ``None`` if it has none.

    For uv, a date includes that day; for pip, it is the start of the day.
    """
    if days := _DAYS.fullmatch(cutoff):
        return f"P{int(days['days'])}D"
    if weeks := _WEEKS.fullmatch(cutoff):
        return f"P{int(weeks['weeks']) * 7}D"
    try:
        if _DATE.fullmatch(cutoff):
            return str(date.fromisoformat(cutoff) + timedelta(days=1))
        datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", cutoff))
    except (ValueError, OverflowError):
        return None
    return cutoff
