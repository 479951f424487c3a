"""The table ``[tool.hatch.build.targets.lambda]`` as a value: every option checked, all problems told at once."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name
from pathspec import GitIgnoreSpec

from hatch_lambda.errors import ConfigError
from hatch_lambda.runtimes import RUNTIMES, Runtime, System, runtime_named
from hatch_lambda.table import Table
from hatch_lambda.target import ARCHITECTURES, Architecture, Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.specifiers import SpecifierSet

TABLE = "tool.hatch.build.targets.lambda"

MAX_UNZIPPED = 262_144_000 - 1
"""Bytes that a function may take unzipped, layers included.

AWS refuses what is not smaller than 262,144,000 bytes. Source: "Deployment package (.zip file archive) size" in
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2026-11-23, and the error's own words.
"""

MAX_HANDLER_LENGTH = 128
"""Characters. Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html, read 2026-11-23."""

DEFAULT_FILENAME = "{name}-{version}-lambda-{runtime}-{architecture}.zip"
FILENAME_FIELDS = ("name", "version", "runtime", "architecture")

HATCH_KEYS = frozenset(
    {
        "artifacts",
        "bypass-selection",
        "dependencies",
        "dev-mode-dirs",
        "dev-mode-exact",
        "directory",
        "exclude",
        "force-include",
        "hooks",
        "ignore-vcs",
        "include",
        "only-include",
        "only-packages",
        "packages",
        "reproducible",
        "require-runtime-dependencies",
        "require-runtime-features",
        "shared-data",
        "skip-excluded-dirs",
        "sources",
        "versions",
    }
)
"""Options that Hatch reads from every target's table, and those of wheels that choose files.

Source: https://hatch.pypa.io/latest/config/build/ and https://hatch.pypa.io/latest/plugins/builder/wheel/.
"""

ResolverName = Literal["pip", "uv"]
RESOLVERS: tuple[ResolverName, ...] = ("pip", "uv")

LOCK_FILE = "pylock.lambda.toml"
"""The lock that is used without being named, and that ``-t lambda:lock`` writes."""

RUNTIME_VARIABLE = "HATCH_LAMBDA_RUNTIME"
ARCHITECTURE_VARIABLE = "HATCH_LAMBDA_ARCHITECTURE"

_SAME_ARCHITECTURE = {"aarch64": "arm64", "arm": "arm64", "amd64": "x86_64", "x64": "x86_64", "x86-64": "x86_64"}
_OLDEST_GLIBC_MINOR = 17
"""The first ``2.x`` that there are wheels for on every architecture. Source: PEP 599."""

_RUNTIME_KEYS = ("name", "python", "glibc")


TARGET_OPTIONS = {
    "runtime": (
        "string or table",
        "from `requires-python`",
        (
            "AWS's identifier of the runtime, such as `python3.13`. Left out, it is the one supported runtime that "
            "satisfies `requires-python`; if several do, they are listed. A runtime that is not known yet is given as "
            "a table with `name`, `python` and `glibc`. The environment variable `HATCH_LAMBDA_RUNTIME` overrides it."
        ),
    ),
    "architecture": (
        "string",
        "`x86_64`",
        ("`x86_64` or `arm64`, as AWS spells them. The environment variable `HATCH_LAMBDA_ARCHITECTURE` overrides it."),
    ),
    "python-patch": (
        "string",
        "from the [runtime](runtimes.md)",
        (
            "The full version of Python, such as `3.13.11`, that environment markers and Requires-Python see. AWS "
            "moves the patch level without notice; name it where a distribution depends on it."
        ),
    ),
}
"""The options that make the target: type, default and description, for the option reference."""


@dataclass(frozen=True, kw_only=True)
class LambdaConfig:
    """Every option of the table. The docstring under a field is its entry in the option reference."""

    target: Target
    """The `runtime` on the `architecture` that the archive is made for."""

    handler: str | None = None
    """The handler as AWS writes it, `"package.module.function"`. The archive must hold it: the module at its root, the
    function at the module's top level; an executable file of the archive, such as `"run.sh"`, will do too. Left out,
    nothing is checked."""

    features: tuple[str, ...] = ()
    """Extras of the project whose requirements go in beside `project.dependencies`."""

    dependency_groups: tuple[str, ...] = ()
    """Groups of `[dependency-groups]` whose requirements go in beside `project.dependencies`."""

    constraints: tuple[str, ...] = ()
    """Constraint files, as pip reads them, relative to the project."""

    lock: str | None = None
    """A lock, relative to the project: a `pylock.toml` made by any tool, or a requirements file in which every line is
    pinned and has hashes. Nothing is resolved then. A `pylock.lambda.toml` beside `pyproject.toml` is used without
    being named."""

    resolver: ResolverName = "pip"
    """Who resolves where there is no lock, `pip` or `uv`. uv comes with `hatch-lambda[uv]`, and knows fewer levels of
    glibc: for Amazon Linux 2 it takes wheels for 2.17 only, so that a distribution may be older than with pip."""

    build_from_source: tuple[NormalizedName, ...] = ()
    """Distributions that may be built from their sdist on the machine that builds, where they have no wheel. What comes
    of it is taken only if it is pure Python; native code for that machine is refused."""

    exclude_packages: tuple[NormalizedName, ...] = ()
    """Distributions to leave out, together with what only they need. The runtime has boto3, for one; AWS recommends to
    ship one's own all the same, and whoever ships urllib3 must ship boto3 too. What the runtime does not meet, as far
    as its versions are known, is warned of."""

    exclude_files: tuple[str, ...] = ()
    """Paths in the archive to leave out. The patterns are those of `.gitignore`; RECORD files follow."""

    collisions: Mapping[str, NormalizedName] = field(default_factory=dict)
    """Which distribution wins where two ship different files under one path, such as `{ "jwt/**" = "pyjwt" }`. Without
    an entry that is an error; two files with the same content are no collision."""

    scripts: bool = False
    """Whether scripts go to `bin/`. They are run by Lambda's own Python and find their modules from the archive's
    root."""

    filename: str = DEFAULT_FILENAME
    """The archive's file name. `{name}`, `{version}`, `{runtime}` and `{architecture}` are filled in; what is not a
    letter, a digit or a dot in the version becomes `_`."""

    max_size: int = MAX_UNZIPPED
    """Bytes that the archive may take once Lambda has unpacked it. The default is Lambda's own limit, layers included;
    a lower one leaves room for layers."""

    warnings: tuple[str, ...] = ()
    """Sentences about what was read: unknown options, a runtime on its way in or out. Not an option."""


def read_config(
    values: Mapping[str, Any],
    *,
    requires_python: SpecifierSet,
    overrides: Mapping[str, str],
) -> LambdaConfig:
    """Return the configuration in our table; raises ``ConfigError`` with every problem, one a line.

    ``requires_python`` is the project's own, which the runtime must satisfy. ``overrides`` is the environment: its
    ``HATCH_LAMBDA_RUNTIME`` and ``HATCH_LAMBDA_ARCHITECTURE`` win over the table.
    """
    table = Table(TABLE, values, host_keys=HATCH_KEYS)
    runtime = _read_runtime(table, requires_python, overrides)
    architecture = _read_architecture(table, overrides)
    patch = _read_patch(table, runtime)
    options: dict[str, Any] = {
        "handler": table.text("handler", check=_handler_problem),
        "features": table.texts("features"),
        "dependency_groups": table.texts("dependency-groups"),
        "constraints": table.texts("constraints"),
        "lock": table.text("lock", check=_lock_problem),
        "resolver": table.choice("resolver", RESOLVERS, default="pip"),
        "build_from_source": tuple(map(canonicalize_name, table.texts("build-from-source", check=_name_problem))),
        "exclude_packages": tuple(map(canonicalize_name, table.texts("exclude-packages", check=_name_problem))),
        "exclude_files": table.texts("exclude-files", check=_pattern_problem),
        "collisions": _read_collisions(table),
        "scripts": table.flag("scripts", default=False),
        "filename": table.text("filename", check=_filename_problem) or DEFAULT_FILENAME,
        "max_size": table.positive("max-size", default=MAX_UNZIPPED),
    }
    unknown = table.finish()
    target = Target(runtime or RUNTIMES[-1], architecture or "x86_64", patch)  # finish() raised if either is missing
    _check_requires_python(target, requires_python)
    warnings = (*unknown, *filter(None, [target.runtime.warning]))
    return LambdaConfig(target=target, **options, warnings=warnings)


def _read_runtime(table: Table, requires_python: SpecifierSet, overrides: Mapping[str, str]) -> Runtime | None:
    value = table.get("runtime")
    override = overrides.get(RUNTIME_VARIABLE)
    if override:
        runtime = runtime_named(override)
        if runtime is None:
            table.elsewhere(RUNTIME_VARIABLE, _unknown_runtime(override))
        return runtime
    if value is None:
        return _infer_runtime(table, requires_python)
    if isinstance(value, dict):
        return _read_custom_runtime(table, value)
    if not isinstance(value, str):
        table.problem("runtime", f'expected a string such as "python3.13", or a table; found {value!r}')
        return None
    runtime = runtime_named(value)
    if runtime is None:
        table.problem("runtime", _unknown_runtime(value))
    return runtime


def _unknown_runtime(found: str) -> str:
    names = [runtime.name for runtime in RUNTIMES]
    expected = f"expected one of {', '.join(names)}; found {found!r}"
    number = re.fullmatch(r"(?:python)?3\.(\d+)", found)
    is_newer = number is not None and (3, int(number[1])) > RUNTIMES[-1].python
    close = get_close_matches(found if found.startswith("python") else f"python{found}", names, n=1)
    if close and not is_newer:
        return f"{expected}; did you mean {close[0]!r}?"
    python = f"3.{number[1]}" if number and is_newer else "3.16"
    example = f'{{ name = "python{python}", python = "{python}", glibc = "2.34" }}'
    return f"{expected}; a newer one can be given as {example}"


def _infer_runtime(table: Table, requires_python: SpecifierSet) -> Runtime | None:
    supported = [runtime for runtime in RUNTIMES if runtime.state == "supported"]
    fitting = [
        runtime for runtime in supported if requires_python.contains(f"{runtime.python_version}.{runtime.patch}")
    ]
    if len(fitting) == 1 and str(requires_python):
        return fitting[0]
    names = ", ".join(runtime.name for runtime in fitting or supported)
    reason = f"project.requires-python {str(requires_python)!r} fits {len(fitting) or 'none'} of the supported runtimes"
    table.problem(
        "runtime", f"missing; {reason if str(requires_python) else 'nothing tells which'}; set it to one of {names}"
    )
    return None


def _read_custom_runtime(table: Table, value: dict[str, Any]) -> Runtime | None:
    versions = {}
    for key in value:
        if key not in _RUNTIME_KEYS:
            table.problem(f"runtime.{key}", f"unknown option; expected {', '.join(_RUNTIME_KEYS)}")
    name = value.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9.]+", name):
        table.problem("runtime.name", f'expected AWS\'s identifier, such as "python3.16"; found {name!r}')
        name = None
    for key, example in (("python", "3.16"), ("glibc", "2.34")):
        version = value.get(key)
        match = re.fullmatch(r"(\d+)\.(\d+)", version) if isinstance(version, str) else None
        if match is None or match[1] != example[0] or (key == "glibc" and int(match[2]) < _OLDEST_GLIBC_MINOR):
            table.problem(f"runtime.{key}", f'expected a version such as "{example}"; found {version!r}')
        else:
            versions[key] = (int(match[1]), int(match[2]))
    if name is None or not versions.keys() >= {"python", "glibc"}:
        return None
    system = System(f"the system of {name}", versions["glibc"])
    return Runtime(name, versions["python"], 0, system, "custom")


def _read_architecture(table: Table, overrides: Mapping[str, str]) -> Architecture | None:
    override = overrides.get(ARCHITECTURE_VARIABLE)
    value = table.get("architecture")
    value = override or ("x86_64" if value is None else value)
    for architecture in ARCHITECTURES:
        if value == architecture:
            return architecture
    meant = _SAME_ARCHITECTURE.get(str(value).lower()) or next(
        (name for name in ARCHITECTURES if name == str(value).lower()), None
    )
    what = f"expected {' or '.join(ARCHITECTURES)}; found {value!r}" + (f"; did you mean {meant!r}?" if meant else "")
    if override:
        table.elsewhere(ARCHITECTURE_VARIABLE, what)
    else:
        table.problem("architecture", what)
    return None


def _read_patch(table: Table, runtime: Runtime | None) -> int | None:
    value = table.text("python-patch", check=lambda _: None)
    if value is None or runtime is None:
        return None
    match = re.fullmatch(rf"{re.escape(runtime.python_version)}\.(\d+)", value)
    if match is None:
        example = f"{runtime.python_version}.{runtime.patch}"
        table.problem(
            "python-patch", f'expected a full version of {runtime.name}, such as "{example}"; found {value!r}'
        )
        return None
    return int(match[1])


def _read_collisions(table: Table) -> dict[str, NormalizedName]:
    value = table.get("collisions")
    if value is None:
        return {}
    if not isinstance(value, dict):
        table.problem("collisions", f'expected a table such as {{ "jwt/**" = "pyjwt" }}; found {value!r}')
        return {}
    winners = {}
    for pattern, winner in value.items():
        where = f"collisions.{_toml_key(pattern)}"
        problem = _pattern_problem(pattern)
        if problem:
            table.problem(where, problem)
        elif not isinstance(winner, str) or _name_problem(winner):
            table.problem(where, f"expected the name of a distribution; found {winner!r}")
        else:
            winners[pattern] = canonicalize_name(winner)
    return winners


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"'


def _check_requires_python(target: Target, requires_python: SpecifierSet) -> None:
    if not requires_python.contains(target.python_full_version, prereleases=True):
        raise ConfigError(
            f"project.requires-python: {str(requires_python)!r} excludes {target.runtime.name}, whose Python is "
            f"{target.python_full_version}; choose another runtime in {TABLE}.runtime, widen requires-python, or name "
            "the runtime's patch level in python-patch"
        )


def _handler_problem(value: str) -> str | None:
    if len(value) > MAX_HANDLER_LENGTH:
        return f"expected at most {MAX_HANDLER_LENGTH} characters; found {len(value)}"
    if re.search(r"\s", value):
        return f"expected a name without spaces; found {value!r}"
    if ":" in value:
        return f"expected AWS's notation with dots only; found {value!r}; did you mean {value.replace(':', '.')!r}?"
    return None


def _lock_problem(value: str) -> str | None:
    name = PurePosixPath(value.replace("\\", "/"))
    if name.suffix == ".txt" or re.fullmatch(r"pylock(\.[^.]+)?\.toml", name.name):
        return None
    return f"expected pylock.toml, pylock.NAME.toml or a requirements file (*.txt); found {value!r}"


def _name_problem(value: str) -> str | None:
    try:
        requirement = Requirement(value)
    except InvalidRequirement:
        return f"expected the name of a distribution; found {value!r}"
    plain = not (requirement.specifier or requirement.extras or requirement.marker or requirement.url)
    return None if plain else f"expected a name alone; found {value!r}; did you mean {requirement.name!r}?"


def _pattern_problem(value: str) -> str | None:
    try:
        GitIgnoreSpec.from_lines([value])
    except ValueError as error:
        return f"expected a pattern as in .gitignore; found {value!r} ({error})"
    return None


def _filename_problem(value: str) -> str | None:
    expected = ", ".join(f"{{{name}}}" for name in FILENAME_FIELDS)
    try:
        parts: Sequence[tuple[str, str | None, str | None, str | None]] = list(string.Formatter().parse(value))
    except ValueError as error:
        return f"expected a file name with {expected}; found {value!r} ({error})"
    for _, name, spec, conversion in parts:
        if name is not None and (name not in FILENAME_FIELDS or spec or conversion):
            return f"expected a file name with {expected}; found {'{' + name + '}'!r}"
    if re.search(r'[\\/:*?"<>|\x00-\x1f]', value) or value.startswith("."):
        return f"expected a file name without folders; found {value!r}; set directory for the folder"
    return None if value.endswith(".zip") else f"expected a file name that ends in .zip; found {value!r}"
