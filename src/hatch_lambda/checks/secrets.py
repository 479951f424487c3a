"""Whether the project's files in the zip might contain secrets, judged by their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hatch_lambda.archive.plan import open_content
from hatch_lambda.checks.base import warning
from hatch_lambda.layers import LAYER_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.diagnostics import Diagnostic

_SECRET = re.compile(
    r"""
    (.*/)?(
      \.env(\..+)? | \.envrc | [^/]+\.env                       # settings of a development machine
    | id_(rsa|dsa|ecdsa|ed25519)(_sk)?                          # private keys of SSH, by ssh-keygen's names
    | [^/]+\.(p12|pfx|ppk)                                      # key stores, which exist for a private key
    | [^/]+\.(pem|key)                                          # private keys, unless the content is public
    | credentials[^/]*\.(json|csv) | ([^/]*_)?accesskeys\.csv | rootkey\.csv     # downloads of AWS and Google
    | client_secret[^/]*\.json | service[-_]account[^/]*\.json
    | \.netrc | _netrc | \.pypirc | \.pgpass | \.git-credentials | \.dockercfg   # files for passwords only
    | \.(aws|ssh|gnupg)/.+ | \.docker/config\.json | \.kube/config
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)

_PLACEHOLDERS = frozenset({"example", "examples", "sample", "template", "tmpl", "dist", "schema", "defaults"})
"""Parts of names of files that show the form of a secret, for example ``.env.example``, without one."""

_PEM_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
"""The first line of a block. Source: RFC 7468."""

_LARGEST = 1 << 20
"""Bytes of a file that are searched for it."""


_SHOWN = 8
"""Files that are named."""


def check_secrets(candidate: Candidate) -> Iterator[Diagnostic]:
    """Yield a warning for each of the project's files that might contain a secret; the last counts those after it.

    Dependencies are public, and so are certificates and public keys.
    """
    prefix = LAYER_PREFIX if candidate.config.kind == "layer" else ""
    paths = [
        entry.path
        for entry in candidate.plan.entries
        if entry.origin.project and _SECRET.fullmatch(entry.path) and not _is_public(entry)
    ]
    for number, path in enumerate(paths[:_SHOWN], 1):
        others = len(paths) - number if number == _SHOWN else 0
        more = f" (and {others} more file{'s' if others > 1 else ''})" if others else ""
        problem = "might contain secrets that everyone with access to the function's code can read"
        fix = f'exclude it with exclude-files = ["/{path.removeprefix(prefix)}"]'
        yield warning("secret-file", path + more, problem, fix)


def _is_public(entry: Entry) -> bool:
    name = entry.path.rpartition("/")[2].lower()
    if not _PLACEHOLDERS.isdisjoint(re.split(r"[._-]", name)):
        return True
    if not name.endswith((".pem", ".key")):
        return False
    with open_content(entry.content) as file:
        blocks = _PEM_BEGIN.findall(file.read(_LARGEST))
    has_private = any(b"PRIVATE KEY" in block for block in blocks)
    return not has_private if name.endswith(".key") else bool(blocks) and not has_private
