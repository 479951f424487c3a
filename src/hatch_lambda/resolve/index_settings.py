"""Where pip looks for packages, in terms of uv."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.errors import masked
from hatch_lambda.resolve.base import file_of, is_file_url
from hatch_lambda.resolve.pip.command import FORCED, REDIRECTING
from hatch_lambda.resolve.pip.settings import pip_settings

if TYPE_CHECKING:
    from collections.abc import Mapping


_WITHOUT_EFFECT = frozenset(
    {
        *(
            name.removeprefix("PIP_").lower().replace("_", "-")
            for name in (*REDIRECTING, *FORCED)
            if "PIP_" in name[:4]
        ),
        *("break-system-packages", "build-constraint", "cache-dir", "check-build-dependencies", "compile"),
        *("config-file", "config-settings", "exists-action", "ignore-installed", "no-build-isolation", "no-cache-dir"),
        *("no-clean", "no-color", "no-compile", "no-input", "no-require-hashes", "no-warn-conflicts"),
        *("no-warn-script-location", "prefer-binary", "progress-bar", "refresh-package", "resume-retries"),
        *("root-user-action", "upgrade-strategy"),
    }
) - {"constraint"}
"""pip's settings that hatch-lambda overrides, or that don't decide which wheels pip selects.

Source: https://pip.pypa.io/en/stable/cli/pip_install/, read 2026-11-28.
"""

_VARIABLES = {
    "client-cert": ("SSL_CLIENT_CERT",),
    "default-timeout": ("UV_HTTP_TIMEOUT",),
    "index-url": ("UV_DEFAULT_INDEX",),
    "proxy": ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "https_proxy", "http_proxy"),
    "retries": ("UV_HTTP_RETRIES",),
    "timeout": ("UV_HTTP_TIMEOUT",),
    "trusted-host": ("UV_INSECURE_HOST",),
}
"""The variables that mean for uv what a setting of pip with the same value means.

Source: https://docs.astral.sh/uv/reference/environment/, read 2026-11-28.
"""

_CONVERTED = ("cert", "constraint", "extra-index-url", "find-links", "keyring-provider", "no-index", "pre")
"""Settings whose value uv takes in another form."""

_TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})
"""Source: ``strtobool`` in ``pip/_internal/utils/misc.py``, read 2026-11-28."""


@dataclass(frozen=True)
class UvIndexSettings:
    """The variables and options with which uv looks where pip does; credentials are in variables only."""

    variables: Mapping[str, str]
    options: tuple[str, ...] = ()


def uv_settings_like_pip(environ: Mapping[str, str], directory: Path) -> UvIndexSettings | str:
    """Return the settings with which uv selects what pip would select, or why there are none.

    ``directory`` is the one that pip and uv run in. As with pip, the best version of all indexes wins, and the last
    extra index among those that have it.
    """
    try:
        settings = pip_settings(environ)
    except ValueError as error:
        return f"{error} can't be read"
    problem = _problem(settings, directory)
    if problem:
        return problem
    found = {
        variable: " ".join(text.split()) for name, text in settings.items() for variable in _VARIABLES.get(name, ())
    }
    found |= _certificates(settings, environ)
    found["UV_INDEX"] = " ".join(reversed(settings.get("extra-index-url", "").split()))
    found["UV_FIND_LINKS"] = ",".join(_existing_links(settings, directory))
    found["UV_KEYRING_PROVIDER"] = settings.get("keyring-provider", "").replace("auto", "")
    options = ["--index-strategy=unsafe-best-match"]
    options += [f"--constraints={path}" for path in settings.get("constraint", "").split()]
    options += ["--no-index"] if _is_set(settings, "no-index") else []
    options += ["--prerelease=allow"] if _is_set(settings, "pre") else []
    return UvIndexSettings({name: text for name, text in found.items() if text}, tuple(options))


def _problem(settings: Mapping[str, str], directory: Path) -> str | None:
    """Return why uv can't have the same settings; ``None`` if it can. No value is in it, because of passwords."""
    known = {*_VARIABLES, *_CONVERTED, *_WITHOUT_EFFECT}
    unknown = next((name for name in sorted(settings) if name not in known), None)
    if unknown:
        return f"uv has no counterpart of pip's setting {unknown!r}"
    constraints = settings.get("constraint", "")
    numbers = {"default-timeout", "retries", "timeout"} & settings.keys()
    unusable = {
        **{name: not settings[name].isdecimal() for name in sorted(numbers)},
        "cert": "cert" in settings and not Path(directory, settings["cert"]).is_file(),
        "constraint": masked(constraints) != constraints,  # it would be in a command line
        "find-links": any("," in link or _is_file(link, directory) for link in settings.get("find-links", "").split()),
        "keyring-provider": settings.get("keyring-provider", "auto") not in {"auto", "disabled", "subprocess"},
    }
    return next(
        (f"uv can't use the value of pip's setting {name!r}" for name, wrong in unusable.items() if wrong), None
    )


def _certificates(settings: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that make uv trust what pip trusts: one bundle, or the certificates of the system.

    Source: https://pip.pypa.io/en/stable/topics/https-certificates/, read 2026-11-28.
    """
    bundle = settings.get("cert") or environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")
    return {"SSL_CERT_FILE": bundle} if bundle else {"UV_SYSTEM_CERTS": "1"}


def _existing_links(settings: Mapping[str, str], directory: Path) -> list[str]:
    """Return pip's links without paths that don't exist, which pip skips and uv doesn't accept."""
    links = settings.get("find-links", "").split()
    return [link for link in links if (path := _local_path(link, directory)) is None or path.exists()]


def _is_file(link: str, directory: Path) -> bool:
    """Return whether a link is an HTML page on this machine; uv accepts only directories."""
    path = _local_path(link, directory)
    return path is not None and path.is_file()


def _local_path(link: str, directory: Path) -> Path | None:
    if is_file_url(link):
        return file_of(link)
    return None if "://" in link else directory / Path(link).expanduser()


def _is_set(settings: Mapping[str, str], name: str) -> bool:
    return settings.get(name, "").lower() in _TRUE
