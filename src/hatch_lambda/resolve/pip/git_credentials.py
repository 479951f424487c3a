"""User name and password of a repository's URL, given to git by its environment instead of its command line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

_URL = re.compile(r"(?P<start>\bgit\+https?://)(?P<user>[^/\s@:]*)(?::(?P<password>[^/\s]*))?@(?P<host>[^/\s@]+)")

_HELPER = (
    '!f() { test "$1" = get || exit 0; '
    r"""printf 'username=%s\npassword=%s\n' "$REPOSITORY_USER" "$REPOSITORY_PASSWORD"; }; f"""
)
"""A credential helper, which git runs with its own shell. ``printf`` is a part of that, and no process with arguments.

Source: https://git-scm.com/docs/gitcredentials#_custom_helpers, read 2026-11-27.
"""


def without_git_credentials(line: str, environ: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return a requirement without the credentials of its repository, and the variables by which git has them.

    pip calls git with the URL as it is, and all users of a machine can read command lines. The variables set git's
    configuration, from 2.31 on (https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT, read
    2026-11-27); an empty helper before ours takes away those that the user has, so that none is asked first and none
    keeps the password. What is no URL of git over HTTP, or has no credentials, stays as it is.
    """
    url = _URL.search(line)
    if url is None:
        return line, {}
    count = environ.get("GIT_CONFIG_COUNT", "")
    first = int(count) if count.isdecimal() else 0
    key = f"credential.{url['start'].removeprefix('git+')}{url['host']}.helper"
    settings = {
        f"GIT_CONFIG_{kind}_{first + index}": value
        for index, helper in enumerate(("", _HELPER))
        for kind, value in (("KEY", key), ("VALUE", helper))
    }
    return line[: url.end("start")] + line[url.start("host") :], {
        **settings,
        "GIT_CONFIG_COUNT": str(first + 2),
        "REPOSITORY_USER": unquote(url["user"]),
        "REPOSITORY_PASSWORD": unquote(url["password"] or ""),
    }
