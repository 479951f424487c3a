"""Resolve with uv, which writes a pylock for the target."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import MOST_LINES, ResolveError, first_lines
from hatch_lambda.files.programs import uv_program
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.resolve.known_packages import NATIVE
from hatch_lambda.resolve.lock.read import read_lock, select
from hatch_lambda.resolve.pip.advice import BUILD_WHEEL
from hatch_lambda.resolve.pip.resolver import offline_problem
from hatch_lambda.resolve.pip.substitutes import usable_substitutes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Dependency, Host, Resolution
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
"""Variables that would make uv resolve for another target, or write to another file.

Source: https://docs.astral.sh/uv/reference/environment/, read 2026-11-23.
"""

_ONLY_SDIST = re.compile(r"Wheels are required for `([\w.-]+)` because building from source is disabled")
_REQUIRED = re.compile(r"(?:depends? on|require) (?P<name>[A-Za-z0-9._-]+)(?P<versions>[<>=!~][^\s]*)?(?=[\s,])")
"""uv's wording for distributions without wheels, and for required versions."""

_NO_SOLUTION = "No solution found"
_FIX = "check uv's settings in [tool.uv], uv.toml, or UV_* variables"


@dataclass(frozen=True)
class UvResolver:
    """uv, which resolves for the target with its own index settings and credentials."""

    host: Host
    constraints: tuple[str, ...] = ()

    def resolve(
        self, roots: Sequence[Dependency], target: Target, *, prefer: Mapping[NormalizedName, Version] | None = None
    ) -> Resolution:
        """Return the versions that uv selects; raises ``ResolveError`` if there are none, or uv isn't installed."""
        if self.host.offline:
            raise ResolveError(offline_problem("uv"))
        text = "".join(f"{root.requirement}\n" for root in roots)
        with temporary_directory() as directory:
            output = Path(directory, "pylock.toml")  # without it, uv would write the file of its setting output-file
            if prefer:
                output.write_text(preferences(prefer), "utf-8")
            options = [f"--constraints={path}" for path in self.constraints]
            done = self._run([*self.command(target), f"--output-file={output}", *options], text)
            if done.returncode:
                substitutes = usable_substitutes(only_sdists(done.stderr), target, self.host)
                raise failure(done.stderr, target, substitutes)
            lock = read_lock(output, "uv's resolution")
        anchor = Path(self.host.directory.anchor)
        found = select(lock, target, "uv's resolution", base=self.host.directory, root=anchor, fix=_FIX)
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
                Diagnostic(
                    code="resolver-missing",
                    where=where,
                    problem=f"can't run {command[0]} ({error.strerror})",
                    fix='set HATCH_UV to the path of uv, or set resolver = "pip"',
                )
            ) from None

    def command(self, target: Target) -> list[str]:
        """Return the command that writes a pylock for the requirements on standard input."""
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


def preferences(versions: Mapping[NormalizedName, Version]) -> str:
    """Return the lock file whose versions uv prefers if it exists already.

    Source: https://docs.astral.sh/uv/concepts/resolution/#dependency-preferences, read 2026-11-28.
    """
    packages = [f'[[packages]]\nname = "{name}"\nversion = "{version}"\n' for name, version in versions.items()]
    return "\n".join(['lock-version = "1.0"\ncreated-by = "hatch-lambda"\n', *packages])


def failure(said: str, target: Target, substitutes: Mapping[NormalizedName, str]) -> ResolveError:
    """Return the error for uv's output: a fix if there are only sdists; otherwise, the output.

    ``substitutes`` are packages with wheels for the target, by the name of the package without.
    """
    text = " ".join(said.split())
    sdists = only_sdists(said)
    missing = {name: SpecifierSet() for name in sdists}
    for match in _REQUIRED.finditer(text):
        with suppress(InvalidSpecifier):
            name = canonicalize_name(match["name"])
            missing[name] = missing.get(name, SpecifierSet()) & SpecifierSet((match["versions"] or "").rstrip(".,"))
    if sdists:
        detail = _uv_output(said.strip())
        return ResolveError(_sdist_problems(sdists, target, substitutes), detail=detail, excerpt="", missing=missing)
    problem = Diagnostic(
        code="resolver-failed",
        where="uv",
        problem=f"found no wheels for {target}" if _NO_SOLUTION in text else f"can't resolve for {target}",
        fix="fix the cause in uv's output",
    )
    excerpt = _uv_output("\n".join(first_lines(said.strip().splitlines(), MOST_LINES - 3)))
    return ResolveError(problem, detail=_uv_output(said.strip()), excerpt=excerpt, missing=missing)


def _uv_output(text: str) -> str:
    return f"uv's output:\n{indent(text, '  ')}"


def only_sdists(said: str) -> list[NormalizedName]:
    """Return the names for which uv found only sdists."""
    return sorted(map(canonicalize_name, dict.fromkeys(_ONLY_SDIST.findall(" ".join(said.split())))))


def _sdist_problems(
    names: Sequence[NormalizedName], target: Target, substitutes: Mapping[NormalizedName, str]
) -> list[Diagnostic]:
    """Return a problem for each name that certainly has native code, and one for all others."""
    problems = []
    for name in filter(NATIVE.__contains__, names):
        substitute = substitutes.get(name)
        fix = f"require {substitute} instead, or build a wheel on Amazon Linux" if substitute else BUILD_WHEEL
        problems.append(_no_wheel(name, "no Linux wheel, only an sdist with native code", fix))
    others = [name for name in names if name not in NATIVE]
    if others:
        fix = f"set build-from-source = {json.dumps(others)} if that is pure Python"
        problems.append(_no_wheel(", ".join(others), f"no wheel for {target}, only an sdist", fix))
    return problems


def _no_wheel(where: str, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code="no-wheel", where=where, problem=problem, fix=fix)


def python_platform(target: Target) -> str:
    """Return uv's name of the newest glibc that uv knows and the target has."""
    level = max(known for known in MANYLINUX_LEVELS if known <= target.runtime.glibc[1])
    return f"{target.machine}-manylinux_2_{level}"


def find_uv(environ: Mapping[str, str]) -> str:
    """Return the path of uv: that of Hatch, of the extra, or on PATH; raises ``ResolveError`` if there is none."""
    found = uv_program(environ)
    if found is None:
        raise ResolveError(
            Diagnostic(
                code="resolver-missing",
                where="tool.hatch.build.targets.lambda.resolver",
                problem="uv isn't installed",
                fix='use "hatch-lambda[uv]" in build-system.requires, or set resolver = "pip"',
                table="tool.hatch.build.targets.lambda",
            )
        )
    return found
