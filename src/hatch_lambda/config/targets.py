"""The options that make targets: runtimes, architectures, and the patch level."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from hatch_lambda.config.table import join_names
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import shorten
from hatch_lambda.runtime.runtimes import (
    AMAZON_LINUX_2,
    AMAZON_LINUX_2023,
    RUNTIMES,
    Runtime,
    System,
    runtime_named,
)
from hatch_lambda.runtime.target import ARCHITECTURES, Architecture, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from packaging.specifiers import SpecifierSet

    from hatch_lambda.config.table import Table
    from hatch_lambda.diagnostics import Code

RUNTIME_VARIABLE = "HATCH_LAMBDA_RUNTIME"
ARCHITECTURE_VARIABLE = "HATCH_LAMBDA_ARCHITECTURE"
VARIABLES = {"runtime": RUNTIME_VARIABLE, "architecture": ARCHITECTURE_VARIABLE}
"""Options that an environment variable overrides, each with its variable."""


@dataclass(frozen=True, kw_only=True)
class TargetOption:
    """The entry of an option in the option reference."""

    type: str
    default: str
    description: str
    example: str


TARGET_OPTIONS = {
    "runtime": TargetOption(
        type="string, table, or array of these",
        default="from `requires-python`",
        description=(
            "The Lambda runtime, by its AWS identifier, such as `python3.13`. The default is the one supported runtime "
            "that satisfies `requires-python`; if several do, the build fails and lists them. Describe a runtime that "
            "hatch-lambda doesn't know in a table with `name`, `python`, and `glibc`. With an array, hatch-lambda "
            "builds one zip for each. The environment variable `HATCH_LAMBDA_RUNTIME` overrides it."
        ),
        example='runtime = "python3.13"\narchitecture = "arm64"',
    ),
    "architecture": TargetOption(
        type="string or array of strings",
        default="`x86_64`",
        description=(
            "The processor architecture of the function, `x86_64` or `arm64`. With an array, hatch-lambda builds one "
            "zip for each. The environment variable `HATCH_LAMBDA_ARCHITECTURE` overrides it."
        ),
        example='architecture = "arm64"',
    ),
    "python-patch": TargetOption(
        type="string",
        default="from the [runtime](runtimes.md)",
        description=(
            "The full Python version, such as `3.13.11`, that environment markers and `Requires-Python` see. AWS "
            "changes it without notice. Set it if a dependency requires a certain patch level."
        ),
        example='python-patch = "3.13.11"',
    ),
}
"""The options that make the target."""

_SAME_ARCHITECTURE = {"aarch64": "arm64", "arm": "arm64", "amd64": "x86_64", "x64": "x86_64", "x86-64": "x86_64"}
OLDEST_GLIBC_MINOR = 17
"""The oldest ``2.x`` for which every architecture has wheels. Source: PEP 599."""

RUNTIME_KEYS = ("name", "python", "glibc")


@dataclass(frozen=True)
class Targets:
    """The targets that a table names, and whether it lists runtimes or architectures, so that names need them."""

    each: tuple[Target, ...]
    runtimes_listed: bool = False
    architectures_listed: bool = False

    def name_suffix(self, target: Target) -> str:
        """Return the part of a name that distinguishes a target, such as ``python3.13-arm64``; empty for one target."""
        words = (
            target.runtime.name if self.runtimes_listed else "",
            target.architecture if self.architectures_listed else "",
        )
        return "-".join(filter(None, words))


def read_targets(table: Table, requires_python: SpecifierSet, overrides: Mapping[str, str]) -> Targets:
    """Return the targets that the table names, at least one; the table records problems.

    Each runtime must satisfy the project's ``requires_python``. ``overrides`` is the environment.
    """
    runtimes = _read_runtimes(table, requires_python, overrides)
    architectures = _read_architectures(table, overrides)
    patches = _read_patches(table, runtimes)
    each = [
        Target(runtime, architecture, patches.get(runtime.name))
        for runtime in runtimes
        for architecture in architectures
    ]
    for target in each:
        _check_requires_python(table, target, requires_python)
    return Targets(
        tuple(each) or (Target(RUNTIMES[-1], ARCHITECTURES[0]),),  # the table has a problem
        isinstance(table.get("runtime"), list),
        isinstance(table.get("architecture"), list),
    )


def admitted_runtimes(requires_python: SpecifierSet) -> tuple[Runtime, ...]:
    """Return the known runtimes whose Python satisfies ``requires_python``, oldest first."""
    return tuple(runtime for runtime in RUNTIMES if _satisfies(runtime, requires_python))


def runtime_address(table: Table, overrides: Mapping[str, str]) -> str:
    """Return where the runtime is set: the variable's name, or the address of the option."""
    return RUNTIME_VARIABLE if overrides.get(RUNTIME_VARIABLE) else table.where("runtime")


def _satisfies(runtime: Runtime, requires_python: SpecifierSet) -> bool:
    return requires_python.contains(f"{runtime.python_version}.{runtime.patch}", prereleases=True)


def _listed(table: Table, key: str, read: Callable[[str, Any], Any]) -> list[Any]:
    """Return the value at ``key``, or each item of an array, as ``read`` returns it."""
    value = table.get(key)
    if not isinstance(value, list):
        return [read(key, value)]
    if not value:
        table.report("option-value", key, "empty array", "add an entry, or remove the option")
    found = [read(f"{key} #{number}", item) for number, item in enumerate(value, 1)]
    for number, item in enumerate(found, 1):
        if item is not None and item in found[: number - 1]:
            problem = f"duplicate entry {shorten(value[number - 1])}"
            table.report("duplicate-entry", f"{key} #{number}", problem, "remove it")
    return found


def _read_runtimes(table: Table, requires_python: SpecifierSet, overrides: Mapping[str, str]) -> list[Runtime]:
    def read(key: str, value: Any) -> Runtime | None:
        if value is None:
            return _infer_runtime(table, requires_python)
        if isinstance(value, dict):
            return _read_custom_runtime(table, key, value)
        if not isinstance(value, str):
            fix = _runtime_fix(str(value)) if isinstance(value, float) else f"choose {_names(_supported())}"
            table.report("option-type", key, f"expected a string or a table, found {shorten(value)}", fix)
            return None
        runtime = runtime_named(value)
        if runtime is None:
            table.report("unknown-runtime", key, _unknown_runtime(value), _runtime_fix(value))
        return runtime

    override = overrides.get(RUNTIME_VARIABLE)
    if override:
        table.get("runtime")
        runtime = runtime_named(override)
        if runtime is None:
            table.add(
                _variable_problem(
                    "unknown-runtime", RUNTIME_VARIABLE, _unknown_runtime(override), _runtime_fix(override)
                )
            )
        return [runtime] if runtime else []
    return [runtime for runtime in _listed(table, "runtime", read) if runtime]


def _variable_problem(code: Code, variable: str, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code=code, where=variable, problem=problem, fix=fix)


def _python_in(text: str) -> tuple[int, int] | None:
    """Return the Python version in a text such as ``python3.8`` or ``3.8``."""
    number = re.fullmatch(r"(?:python)?([0-9]{1,4})\.([0-9]{1,4})", text)
    return (int(number[1]), int(number[2])) if number else None


def _unknown_runtime(value: str) -> str:
    python = _python_in(value)
    if python and python < RUNTIMES[0].python:
        return f"{value!r} has reached end of life"
    return f"unknown runtime {shorten(value)}"


def _runtime_fix(value: str) -> str:
    python = _python_in(value)
    if python and python < RUNTIMES[0].python:
        described = f", or {_description(python, AMAZON_LINUX_2)}" if python == _LAST_REMOVED else ""
        return f"use {_supported()[0].name!r}{described}"
    if python and python > RUNTIMES[-1].python:
        return _description(python, AMAZON_LINUX_2023)
    meant = _meant_runtime(value)
    return f"did you mean {meant!r}?" if meant else f"choose {_names(_supported())}, or describe the runtime in a table"


_LAST_REMOVED = (3, 8)
"""The newest Python that Lambda ran until its end of life; it ran on Amazon Linux 2.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html ("Deprecated runtimes"), read 2026-11-23.
"""


def _description(python: tuple[int, int], system: System) -> str:
    """Return the fix that describes a runtime in a table."""
    version, glibc = (".".join(map(str, found)) for found in (python, system.glibc))
    return f'describe it with runtime = {{ name = "python{version}", python = "{version}", glibc = "{glibc}" }}'


def _supported() -> list[Runtime]:
    """Return the supported runtimes, newest first."""
    return [runtime for runtime in reversed(RUNTIMES) if runtime.state == "supported"]


def _names(runtimes: list[Runtime]) -> str:
    return join_names([runtime.name for runtime in runtimes])


def _meant_runtime(value: str) -> str | None:
    """Return the runtime that a wrong name means: the one with its digits, or a supported one with a similar name."""
    digits = re.sub(r"\D", "", value)
    same = [runtime.name for runtime in RUNTIMES if re.sub(r"\D", "", runtime.name) == digits]
    names = [runtime.name for runtime in reversed(_supported())]
    close = same or get_close_matches(value if value.startswith("python") else f"python{value}", names, n=1)
    return close[0] if close else None


def _infer_runtime(table: Table, requires_python: SpecifierSet) -> Runtime | None:
    fitting = [runtime for runtime in _supported() if _satisfies(runtime, requires_python)]
    required = f"requires-python {str(requires_python)!r}"
    if len(fitting) == 1 and str(requires_python):
        return fitting[0]
    if not str(requires_python):
        problem, fix = "not set, and requires-python doesn't determine it", f"choose {_names(fitting)}"
    elif fitting:
        problem = f"not set, and {len(fitting)} supported runtimes satisfy {required}"
        fix = f"choose {_names(fitting)}"
    else:
        problem = f"not set, and no supported runtime satisfies {required}"
        fix = f"widen requires-python, then choose {_names(_supported())}"
    table.report("runtime-not-set", "runtime", problem, fix)
    return None


def _read_custom_runtime(table: Table, where: str, value: dict[str, Any]) -> Runtime | None:
    versions = {}
    for key in value:
        if key not in RUNTIME_KEYS:
            table.report("unknown-option", f"{where}.{key}", "unknown option", f"choose {join_names(RUNTIME_KEYS)}")
    found = value.get("name")
    name = found if isinstance(found, str) and re.fullmatch(r"[A-Za-z0-9.]+", found) else None
    if name is None:
        problem = "not set" if found is None else f"{shorten(found)} isn't an AWS identifier"
        table.report("option-value", f"{where}.name", problem, 'for example, write name = "python3.16"')
    for key, example in (("python", "3.16"), ("glibc", "2.34")):
        version = value.get(key)
        match = re.fullmatch(r"([0-9]{1,4})\.([0-9]{1,4})", version) if isinstance(version, str) else None
        if match is None or match[1] != example[0] or (key == "glibc" and int(match[2]) < OLDEST_GLIBC_MINOR):
            problem = "not set" if version is None else f"{shorten(version)} isn't {_VERSIONS[key]}"
            table.report("option-value", f"{where}.{key}", problem, f'for example, write {key} = "{example}"')
        else:
            versions[key] = (int(match[1]), int(match[2]))
    if name is None or not versions.keys() >= {"python", "glibc"}:
        return None
    system = System(f"the system of {name}", versions["glibc"])
    return Runtime(name, versions["python"], 0, system, "custom")


_VERSIONS = {"python": "a version of Python 3", "glibc": f"a version of glibc from 2.{OLDEST_GLIBC_MINOR}"}


def _read_architectures(table: Table, overrides: Mapping[str, str]) -> list[Architecture]:
    def read(key: str, value: Any) -> Architecture | None:
        if value is None:
            return "x86_64"
        if not isinstance(value, str):
            problem = f"expected a string, found {shorten(value)}"
            table.report("option-type", key, problem, f"choose {join_names(ARCHITECTURES)}")
            return None
        found = _architecture(value)
        if found is None:
            table.report(
                "unknown-architecture", key, f"unknown architecture {shorten(value)}", _architecture_fix(value)
            )
        return found

    override = overrides.get(ARCHITECTURE_VARIABLE)
    if not override:
        return [architecture for architecture in _listed(table, "architecture", read) if architecture]
    table.get("architecture")
    architecture = _architecture(override)
    if architecture is None:
        problem, fix = f"unknown architecture {override!r}", _architecture_fix(override)
        table.add(_variable_problem("unknown-architecture", ARCHITECTURE_VARIABLE, problem, fix))
    return [architecture] if architecture else []


def _architecture(value: str) -> Architecture | None:
    return next((architecture for architecture in ARCHITECTURES if value == architecture), None)


def _architecture_fix(value: str) -> str:
    name = value.lower()
    meant = _SAME_ARCHITECTURE.get(name) or _architecture(name)
    return f"did you mean {meant!r}?" if meant else f"choose {join_names(ARCHITECTURES)}"


_MOST_PATCHES = 50
"""Patch levels of one Python version, at most; 3.9 ended with 25."""


def _read_patches(table: Table, runtimes: list[Runtime]) -> dict[str, int]:
    """Return the patch level for the runtime, or the one of several, whose Python the option names."""
    value = table.text("python-patch", check=lambda _: None)
    if value is None or not runtimes:
        return {}
    for runtime in runtimes:
        match = re.fullmatch(rf"{re.escape(runtime.python_version)}\.([0-9]{{1,4}})", value)
        if match:
            return {runtime.name: int(match[1])}
    if table.inherits("python-patch"):
        return {}  # it belongs to the runtime of another archive
    first = runtimes[0]
    problem = f"{shorten(value)} isn't a full version of Python {first.python_version}, which {first.name} runs"
    example = f"{first.python_version}.{first.patch}"
    table.report("option-value", "python-patch", problem, f'for example, write python-patch = "{example}"')
    return {}


def _check_requires_python(table: Table, target: Target, requires_python: SpecifierSet) -> None:
    if requires_python.contains(target.python_full_version, prereleases=True):
        return
    fitting = [runtime.name for runtime in _supported() if _satisfies(runtime, requires_python)]
    python = target.runtime.python_version
    patches = (f"{python}.{patch}" for patch in range(_MOST_PATCHES))
    patch = next((version for version in patches if requires_python.contains(version, prereleases=True)), None)
    if patch:
        fix = f'set python-patch = "{patch}", or widen requires-python'
    else:
        fix = f"use {join_names(fitting)}, or widen requires-python" if fitting else "widen requires-python"
    table.add(
        Diagnostic(
            code="python-mismatch",
            where="project.requires-python",
            problem=f"{str(requires_python)!r} excludes {target.runtime.name} (Python {target.python_full_version})",
            fix=fix,
        )
    )
