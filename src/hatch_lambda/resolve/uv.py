"""uv as the resolver: what it finds for the target comes as a pylock and takes the same path as one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from hatch_lambda.errors import MOST_LINES, ResolveError, first_lines
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.resolve.advice import BUILD_WHEEL
from hatch_lambda.resolve.base import OFFLINE_VARIABLE, Host, Resolution, split_url
from hatch_lambda.resolve.constraints import preferences_file
from hatch_lambda.resolve.known_packages import NATIVE
from hatch_lambda.resolve.lock.read import read_lock, select
from hatch_lambda.resolve.substitutes import usable_substitutes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Dependency
    from hatch_lambda.runtime.target import Target

MANYLINUX_LEVELS = (17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40)
"""The ``2.x`` of ``--python-platform ARCH-manylinux_2_x``.

Source: https://docs.astral.sh/uv/reference/cli/#uv-pip-compile, ``--python-platform``, read 2026-11-23.
"""

REDIRECTING = frozenset(
    {
        "UV_EXCLUDE",
        "UV_NO_BINARY",
        "UV_NO_BUILD",
        "UV_ONLY_BINARY",
        "UV_OUTPUT_FILE",
        "UV_PROJECT",
        "UV_PYTHON",
        "UV_PYTHON_PLATFORM",
        "UV_SYSTEM_PYTHON",
        "UV_WORKING_DIR",
        "UV_WORKING_DIRECTORY",
    }
)
"""Variables that would have uv resolve for something else, or write elsewhere.

Source: https://docs.astral.sh/uv/reference/environment/, read 2026-11-23.
"""

_ONLY_SDIST = re.compile(r"Wheels are required for `([\w.-]+)` because building from source is disabled")
_REQUIRED = re.compile(r"(?:depends? on|require) (?P<name>[A-Za-z0-9._-]+)(?P<versions>[<>=!~][^\s]*)?(?=[\s,])")
"""What uv says of distributions that it cannot take, and of who requires which versions."""

_NO_SOLUTION = "No solution found"
_REMEDY = "see to uv's own settings, in [tool.uv], a uv.toml or UV_* variables"


@dataclass(frozen=True)
class UvResolver:
    """uv, told to resolve for the target, with its own index settings and credentials."""

    host: Host
    constraints: tuple[str, ...] = ()

    def resolve(
        self, roots: Sequence[Dependency], target: Target, *, prefer: Mapping[NormalizedName, Version] | None = None
    ) -> Resolution:
        """Return the versions that uv chooses; raises ``ResolveError`` where there are none or uv is not there."""
        if self.host.offline:
            raise ResolveError(
                f"{OFFLINE_VARIABLE}: uv cannot resolve without the network; make a lock while there is one"
            )
        text = "".join(f"{root.requirement}\n" for root in roots)
        with (
            temporary_directory() as directory,
            preferences_file(prefer or {}) as preferences,
        ):
            output = Path(directory, "pylock.toml")  # named, or uv would write over its setting output-file
            options = [f"--constraints={path}" for path in (*self.constraints, *preferences)]
            done = self._run([*self.command(target), f"--output-file={output}", *options], text)
            if done.returncode:
                substitutes = usable_substitutes(only_sdists(done.stderr), target, self.host)
                raise failure(done.stderr, target, substitutes)
            lock = read_lock(output, "uv's resolution")
        anchor = Path(self.host.directory.anchor)
        found = select(lock, target, "uv's resolution", base=self.host.directory, root=anchor, fix=_REMEDY)
        return replace(found, exact=True)

    def _run(self, command: Sequence[str], text: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(  # noqa: S603  # no shell, and the program is the user's uv
                command,
                input=text,
                cwd=self.host.directory,
                env={name: value for name, value in self.host.environ.items() if name not in REDIRECTING},
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        except OSError as error:
            where = "HATCH_UV" if self.host.environ.get("HATCH_UV") else "uv"
            raise ResolveError(
                f"{where}: {command[0]} cannot be run ({error.strerror}); let it name uv itself, or use pip"
            ) from None

    def command(self, target: Target) -> list[str]:
        """Return the command that writes a pylock for requirements on its standard input."""
        return [
            find_uv(self.host.environ),
            "pip",
            "compile",
            "-",
            "--format=pylock.toml",
            "--no-universal",
            f"--python-platform={python_platform(target)}",
            f"--python-version={target.python_full_version}",
            f"--python={sys.executable}",
            "--no-python-downloads",
            "--only-binary=:all:",
            "--no-header",
            "--no-annotate",
            "--quiet",
        ]


def failure(said: str, target: Target, substitutes: Mapping[NormalizedName, str]) -> ResolveError:
    """Return the error for what uv said: what helps where there are only sdists, else uv's own words.

    ``substitutes`` are packages with wheels for the target, by the name of the one that lacks them.
    """
    text = " ".join(said.split())
    sdists = only_sdists(said)
    missing = {name: SpecifierSet() for name in sdists}
    for match in _REQUIRED.finditer(text):
        with suppress(InvalidSpecifier):
            name = canonicalize_name(match["name"])
            missing[name] = missing.get(name, SpecifierSet()) & SpecifierSet((match["versions"] or "").rstrip(".,"))
    if sdists:
        return ResolveError(_sdist_problems(sdists, target, substitutes), detail=said, excerpt="", missing=missing)
    if _NO_SOLUTION in text:
        problem = f"uv found no wheels for {target}; what it said:"
    else:  # it did not come to looking for any, or could not look everywhere
        problem = f"uv could not resolve the requirements for {target}; what it said:"
    excerpt = "\n".join(first_lines(said.strip().splitlines(), MOST_LINES - 2))
    return ResolveError(problem, detail=said, excerpt=excerpt, missing=missing)


def only_sdists(said: str) -> list[NormalizedName]:
    """Return the names of which uv says that it found nothing but sdists for the target."""
    return sorted(map(canonicalize_name, dict.fromkeys(_ONLY_SDIST.findall(" ".join(said.split())))))


def _sdist_problems(
    names: Sequence[NormalizedName], target: Target, substitutes: Mapping[NormalizedName, str]
) -> list[str]:
    """Return a line for each name that surely has native code, and one for all others."""
    problems = []
    for name in filter(NATIVE.__contains__, names):
        substitute = substitutes.get(name)
        fix = f"require {substitute} instead, or build a wheel on Amazon Linux" if substitute else BUILD_WHEEL
        problems.append(f"{name}: no wheel for {target}, only an sdist with native code; {fix}")
    others = [name for name in names if name not in NATIVE]
    if others:
        fix = f"add build-from-source = {json.dumps(others)} to the table if that is pure Python"
        problems.append(f"uv found no wheels for {target}; {fix}")
    return problems


def python_platform(target: Target) -> str:
    """Return uv's name for the newest level of glibc that it knows and the target has."""
    level = max(known for known in MANYLINUX_LEVELS if known <= target.runtime.glibc[1])
    return f"{target.machine}-manylinux_2_{level}"


def find_uv(environ: Mapping[str, str]) -> str:
    """Return the path of uv: Hatch's own, that of the extra, or the one on PATH; raises ``ResolveError``."""
    if environ.get("HATCH_UV"):
        return environ["HATCH_UV"]
    try:
        from uv import find_uv_bin

        return os.fspath(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv", path=environ.get("PATH"))
    if found is None:
        raise ResolveError(
            "tool.hatch.build.targets.lambda.resolver: uv is not installed; name hatch-lambda[uv] instead of "
            "hatch-lambda in build-system.requires, or install uv, or use pip"
        )
    return found


def pip_environment_of_uv(environ: Mapping[str, str], tables: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the environment for pip to fetch what uv has resolved, with the credentials of uv's indexes.

    ``tables`` are ``[tool.uv]`` and uv.toml. pip finds the credentials of a URL among those of its indexes, and takes
    the first index on the same host; pip's own come last, because they may be the same without credentials.
    """
    urls = list(dict.fromkeys(url for url in _index_urls(environ, tables) if "@" in split_url(url).netloc))
    if not urls:
        return dict(environ)
    known = f"{environ.get('PIP_INDEX_URL', '')} {environ.get('PIP_EXTRA_INDEX_URL', '')}".split()
    return {**environ, "PIP_INDEX_URL": urls[0], "PIP_EXTRA_INDEX_URL": " ".join([*urls[1:], *known])}


def _index_urls(environ: Mapping[str, str], tables: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for variable in ("UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL"):
        for word in environ.get(variable, "").split():
            name, _, url = word.rpartition("=") if re.match(r"[\w.-]+=", word) else ("", "", word)
            yield _with_credentials(name, url, environ)
    for table in tables:
        for index in _tables(table.get("index")):
            yield _with_credentials(str(index.get("name", "")), str(index.get("url", "")), environ)
        for section in (table, *_tables([table.get("pip")])):
            extra = section.get("extra-index-url")
            urls = (section.get("index-url"), *(extra if isinstance(extra, list) else ()))
            yield from (url for url in urls if isinstance(url, str))


def _tables(values: Any) -> list[dict[str, Any]]:
    """Return the tables of an array; what else stands there is for uv to judge."""
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _with_credentials(name: str, url: str, environ: Mapping[str, str]) -> str:
    """Return the URL with the user name and password that ``UV_INDEX_NAME_USERNAME`` and ``…_PASSWORD`` hold."""
    variable = "UV_INDEX_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
    user, password = (environ.get(f"{variable}_{part}", "") for part in ("USERNAME", "PASSWORD"))
    parts = split_url(url)
    if not name or not (user or password) or "@" in parts.netloc:
        return url
    return parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc}").geturl()
