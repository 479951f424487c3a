"""Pass the user name and password of a repository to Git in its environment, not on its command line."""

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
"""A credential helper, which Git runs in its own shell. ``printf`` is built into it, so no process gets the password.

Source: https://git-scm.com/docs/gitcredentials#_custom_helpers, read 2026-11-27.
"""


def without_git_credentials(line: str, environ: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return a requirement without the credentials of its repository, and the variables that pass them to Git.

    pip runs Git with the URL as it is, and all users of a machine can read command lines. The variables set Git's
    configuration, since 2.31 (https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT, read
    2026-11-27). An empty helper before ours disables the user's helpers, so that none is asked first and none stores
    the password. Other requirements stay as they are.
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
