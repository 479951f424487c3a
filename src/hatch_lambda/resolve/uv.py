"""Resolve with uv, which writes a pylock for the target."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.resolve.lock.read import read_lock, select
from hatch_lambda.resolve.pip.resolver import offline_problem, yanked_warning
from hatch_lambda.resolve.uv_command import TOO_OLD, UPGRADE, run_uv, uv_excerpt, uv_output
from hatch_lambda.resolve.uv_log import LOGGED, UvLog
from hatch_lambda.resolve.validate import transitive_dependencies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Dependency, Host, Pin, Resolution
    from hatch_lambda.runtime.target import Target

GLIBC_MAJOR = 2
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

_OLDEST_PYTHON = "3.7"
"""uv leaves out wheels for Pythons that are older than the one it resolves for."""

_PROJECT = "hatch-lambda-requirements"
_NO_SOLUTION = "No solution found"
_FIX = "check uv's settings in [tool.uv], uv.toml, or UV_* variables"


@dataclass(frozen=True)
class UvResolver:
    """uv, which resolves for the target.

    ``indexes`` are name and URL of the only index that a package comes from. ``options`` and the variables of the host
    set where uv looks. ``program`` is its path, and ``label`` names it and why it was chosen.
    """

    host: Host
    constraints: tuple[str, ...] = ()
    indexes: Mapping[NormalizedName, tuple[str, str]] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    program: str = "uv"
    label: str = "uv"

    def resolve(
        self, roots: Sequence[Dependency], target: Target, *, prefer: Mapping[NormalizedName, Version] | None = None
    ) -> Resolution:
        """Return the versions that uv selects; raises ``ResolveError`` if there are none, or uv can't run.

        The resolution names the packages of which uv skipped releases, because uv doesn't say why.
        """
        if self.host.offline:
            raise ResolveError(offline_problem("uv"))
        text = "".join(f"{root.requirement}\n" for root in roots)
        with temporary_directory() as directory:
            output = Path(directory, "pylock.toml")  # without it, uv would write the file of its setting output-file
            if prefer:
                output.write_text(preferences(prefer), "utf-8")
            listed = "-"
            if self.indexes:
                listed = str(Path(directory, "pyproject.toml"))
                Path(listed).write_text(self._project(roots), "utf-8")
            options = [f"--constraints={path}" for path in self.constraints]
            command = [*self.command(target, listed), f"--output-file={output}", *options]
            otherwise = 'set resolver = "pip"'
            done = run_uv(command, self._environment, self.host.directory, otherwise=otherwise, text=text)
            log = UvLog(done.stderr)
            if done.returncode:
                raise failure(log.output, target)
            lock = read_lock(output, "uv's resolution")
        anchor = Path(self.host.directory.anchor)
        found = select(lock, target, "uv's resolution", base=self.host.directory, root=anchor, fix=_FIX)
        dependencies = (*transitive_dependencies(roots, {}, target), *log.dependencies(found.pins))
        warnings = tuple(yanked_warning(pin, dependencies, prefer or {}) for pin in found.pins if log.is_yanked(pin))
        skipped = log.skipped(found.pins, dependencies)
        described = replace(found, warnings=warnings, dependencies=dependencies, skipped=skipped)
        return replace(described, exact=True, resolver=self.label, ignores_python=True)

    def _project(self, roots: Sequence[Dependency]) -> str:
        """Return a pyproject.toml that requires the roots, because only one can give a package an index."""
        import tomli_w

        indexes = [{"name": name, "url": url, "explicit": True} for name, url in dict.fromkeys(self.indexes.values())]
        sources = {package: {"index": name} for package, (name, _) in self.indexes.items()}
        project = {"name": _PROJECT, "version": "0", "dependencies": [str(root.requirement) for root in roots]}
        return tomli_w.dumps({"project": project, "tool": {"uv": {"index": indexes, "sources": sources}}})

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in self.host.environ.items() if name not in REDIRECTING}
        return {**kept, "RUST_LOG": LOGGED}

    def release_files(self, pins: Sequence[Pin], target: Target) -> dict[NormalizedName, list[str]]:
        """Return the names of all wheels of the pinned releases, as far as uv has cached them when it resolved.

        uv lists only wheels for the target, unless it locks for all platforms and, by the markers, for old Pythons.
        """
        newest = f"python_version >= '{target.runtime.python_version}'"
        text = "".join(f"{pin.name}=={pin.version}; {newest}\n" for pin in pins)
        selected = ["--universal", "--no-deps", "--offline", f"--python-version={_OLDEST_PYTHON}"]
        with temporary_directory() as directory:
            output = Path(directory, "pylock.toml")
            command = [*self._compile("-", selected), f"--output-file={output}"]
            done = run_uv(command, self._environment, self.host.directory, otherwise="", text=text)
            lock = None if done.returncode else read_lock(output, "uv's resolution")
        packages = lock.packages if lock else ()
        return {package.name: [wheel.filename for wheel in package.wheels or ()] for package in packages}

    def command(self, target: Target, listed: str = "-") -> list[str]:
        """Return the command that writes a pylock for the requirements in a file, or on standard input."""
        platform = f"--python-platform={python_platform(target)}"
        version = f"--python-version={target.python_full_version}"
        return self._compile(listed, ["--no-universal", platform, version])

    def _compile(self, listed: str, selected: Sequence[str]) -> list[str]:
        return [
            self.program,
            "pip",
            "compile",
            listed,
            "--format=pylock.toml",
            *selected,
            f"--python={sys.executable}",
            "--no-python-downloads",
            "--only-binary=:all:",
            "--no-header",
            "--no-annotate",
            "--color=never",
            "--no-progress",
            *self.options,
        ]


def preferences(versions: Mapping[NormalizedName, Version]) -> str:
    """Return the lock file whose versions uv prefers if it exists already.

    Source: https://docs.astral.sh/uv/concepts/resolution/#dependency-preferences, read 2026-11-28.
    """
    packages = [f'[[packages]]\nname = "{name}"\nversion = "{version}"\n' for name, version in versions.items()]
    return "\n".join(['lock-version = "1.0"\ncreated-by = "hatch-lambda"\n', *packages])


def failure(said: str, target: Target) -> ResolveError:
    """Return the error for uv's output, with the names and versions that uv found no wheels for."""
    text = " ".join(said.split())
    missing = {canonicalize_name(name): SpecifierSet() for name in _ONLY_SDIST.findall(text)}
    for match in _REQUIRED.finditer(text):
        with suppress(InvalidSpecifier):
            name = canonicalize_name(match["name"])
            missing[name] = missing.get(name, SpecifierSet()) & SpecifierSet((match["versions"] or "").rstrip(".,"))
    problem, fix = f"can't resolve for {target}", "fix the cause in uv's output"
    if _NO_SOLUTION in text:
        problem = f"found no wheels for {target}"
    elif TOO_OLD.search(text):
        problem, fix = "is too old to write a pylock", UPGRADE
    diagnostic = Diagnostic(code="resolver-failed", where="uv", problem=problem, fix=fix)
    return ResolveError(diagnostic, detail=uv_output(said), excerpt=uv_excerpt(said), missing=missing)


def knows_glibc(target: Target) -> bool:
    """Return whether uv resolves for exactly the target's glibc."""
    return target.runtime.glibc[0] == GLIBC_MAJOR and target.runtime.glibc[1] in MANYLINUX_LEVELS


def python_platform(target: Target) -> str:
    """Return uv's name of the newest glibc that uv knows and the target has."""
    level = max(known for known in MANYLINUX_LEVELS if known <= target.runtime.glibc[1])
    return f"{target.machine}-manylinux_2_{level}"
