"""The options that make targets: runtimes, architectures and the patch level, each one or several."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from hatch_lambda.errors import shorten
from hatch_lambda.runtime.runtimes import RUNTIMES, Runtime, System, runtime_named
from hatch_lambda.runtime.target import ARCHITECTURES, Architecture, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from packaging.specifiers import SpecifierSet

    from hatch_lambda.config.table import Table

RUNTIME_VARIABLE = "HATCH_LAMBDA_RUNTIME"
ARCHITECTURE_VARIABLE = "HATCH_LAMBDA_ARCHITECTURE"
VARIABLES = {"runtime": RUNTIME_VARIABLE, "architecture": ARCHITECTURE_VARIABLE}
"""Options that a variable overrides, each with the variable."""

TARGET_OPTIONS = {
    "runtime": (
        "string, table, or array of these",
        "from `requires-python`",
        (
            "AWS's identifier of the runtime, such as `python3.13`. Left out, it is the one supported runtime that "
            "satisfies `requires-python`; if several do, they are listed. A runtime that is not known yet is given as "
            "a table with `name`, `python` and `glibc`. With an array, there is one archive for each. The environment "
            "variable `HATCH_LAMBDA_RUNTIME` overrides it."
        ),
    ),
    "architecture": (
        "string or array of strings",
        "`x86_64`",
        (
            "`x86_64` or `arm64`, as AWS spells them. With an array, there is one archive for each. The environment "
            "variable `HATCH_LAMBDA_ARCHITECTURE` overrides it."
        ),
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

_SAME_ARCHITECTURE = {"aarch64": "arm64", "arm": "arm64", "amd64": "x86_64", "x64": "x86_64", "x86-64": "x86_64"}
OLDEST_GLIBC_MINOR = 17
"""The first ``2.x`` that there are wheels for on every architecture. Source: PEP 599."""

RUNTIME_KEYS = ("name", "python", "glibc")


@dataclass(frozen=True)
class Targets:
    """The targets that a table names, and whether it lists runtimes or architectures, which are then told apart."""

    each: tuple[Target, ...]
    runtimes_listed: bool = False
    architectures_listed: bool = False

    def name_suffix(self, target: Target) -> str:
        """Return what tells a target from the others, such as ``python3.13-arm64``; empty for a single one."""
        words = (
            target.runtime.name if self.runtimes_listed else "",
            target.architecture if self.architectures_listed else "",
        )
        return "-".join(filter(None, words))


def read_targets(table: Table, requires_python: SpecifierSet, overrides: Mapping[str, str]) -> Targets:
    """Return the targets that the table names, at least one; problems are noted in the table.

    ``requires_python`` is the project's own, which each runtime must satisfy. ``overrides`` is the environment.
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
        tuple(each) or (Target(RUNTIMES[-1], ARCHITECTURES[0]),),  # a problem was noted
        isinstance(table.get("runtime"), list),
        isinstance(table.get("architecture"), list),
    )


def admitted_runtimes(requires_python: SpecifierSet) -> tuple[Runtime, ...]:
    """Return the known runtimes whose Python the project admits, oldest first."""
    return tuple(
        runtime
        for runtime in RUNTIMES
        if requires_python.contains(f"{runtime.python_version}.{runtime.patch}", prereleases=True)
    )


def _listed(table: Table, key: str, read: Callable[[str, Any], Any]) -> list[Any]:
    """Return what ``read`` makes of the value at ``key``, or of each item if it is an array; each once."""
    value = table.get(key)
    if not isinstance(value, list):
        return [read(key, value)]
    if not value:
        table.problem(key, "expected at least one; found []")
    found = [read(f"{key}[{index}]", item) for index, item in enumerate(value, 1)]
    for index, item in enumerate(found, 1):
        if item is not None and item in found[: index - 1]:
            table.problem(f"{key}[{index}]", f"named twice; found {shorten(value[index - 1])}")
    return found


def _read_runtimes(table: Table, requires_python: SpecifierSet, overrides: Mapping[str, str]) -> list[Runtime]:
    def read(key: str, value: Any) -> Runtime | None:
        if value is None:
            return _infer_runtime(table, requires_python)
        if isinstance(value, dict):
            return _read_custom_runtime(table, key, value)
        if not isinstance(value, str):
            table.problem(key, f'expected a string such as "python3.13", or a table; found {shorten(value)}')
            return None
        runtime = runtime_named(value)
        if runtime is None:
            table.problem(key, _unknown_runtime(value))
        return runtime

    override = overrides.get(RUNTIME_VARIABLE)
    if override:
        table.get("runtime")
        runtime = runtime_named(override)
        if runtime is None:
            table.elsewhere(RUNTIME_VARIABLE, _unknown_runtime(override))
        return [runtime] if runtime else []
    return [runtime for runtime in _listed(table, "runtime", read) if runtime]


def _unknown_runtime(found: str) -> str:
    number = re.fullmatch(r"(?:python)?([0-9]{1,4})\.([0-9]{1,4})", found)
    python = (int(number[1]), int(number[2])) if number else None
    if python and python < RUNTIMES[0].python:
        newest = next(runtime for runtime in reversed(RUNTIMES) if runtime.state == "supported")
        return f"{found!r} has reached end of life; use {newest.name!r}, or describe the runtime in a table"
    expected = f"expected one of {', '.join(runtime.name for runtime in RUNTIMES)}; found {found!r}"
    meant = _meant_runtime(found)
    if meant and not (python and python > RUNTIMES[-1].python):
        return f"{expected}; did you mean {meant!r}?"
    newer = ".".join(map(str, python or (3, RUNTIMES[-1].python[1] + 1)))
    return f'{expected}; a newer one can be given as {{ name = "python{newer}", python = "{newer}", glibc = "2.34" }}'


def _meant_runtime(found: str) -> str | None:
    """Return the name that a wrong one stands for: the one with its digits, or a supported one that it resembles."""
    digits = re.sub(r"\D", "", found)
    same = [runtime.name for runtime in RUNTIMES if re.sub(r"\D", "", runtime.name) == digits]
    supported = [runtime.name for runtime in RUNTIMES if runtime.state == "supported"]
    close = same or get_close_matches(found if found.startswith("python") else f"python{found}", supported, n=1)
    return close[0] if close else None


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


def _read_custom_runtime(table: Table, where: str, value: dict[str, Any]) -> Runtime | None:
    versions = {}
    for key in value:
        if key not in RUNTIME_KEYS:
            table.problem(f"{where}.{key}", f"unknown option; expected {', '.join(RUNTIME_KEYS)}")
    found = value.get("name")
    name = found if isinstance(found, str) and re.fullmatch(r"[A-Za-z0-9.]+", found) else None
    if name is None:
        table.problem(f"{where}.name", f'expected AWS\'s identifier, such as "python3.16"; found {shorten(found)}')
    for key, example in (("python", "3.16"), ("glibc", "2.34")):
        version = value.get(key)
        match = re.fullmatch(r"([0-9]{1,4})\.([0-9]{1,4})", version) if isinstance(version, str) else None
        if match is None or match[1] != example[0] or (key == "glibc" and int(match[2]) < OLDEST_GLIBC_MINOR):
            table.problem(f"{where}.{key}", f'expected a version such as "{example}"; found {shorten(version)}')
        else:
            versions[key] = (int(match[1]), int(match[2]))
    if name is None or not versions.keys() >= {"python", "glibc"}:
        return None
    system = System(f"the system of {name}", versions["glibc"])
    return Runtime(name, versions["python"], 0, system, "custom")


def _read_architectures(table: Table, overrides: Mapping[str, str]) -> list[Architecture]:
    def read(key: str, value: Any) -> Architecture | None:
        return _architecture("x86_64" if value is None else value, lambda what: table.problem(key, what))

    override = overrides.get(ARCHITECTURE_VARIABLE)
    if override:
        table.get("architecture")
        found = [_architecture(override, lambda what: table.elsewhere(ARCHITECTURE_VARIABLE, what))]
    else:
        found = _listed(table, "architecture", read)
    return [architecture for architecture in found if architecture]


def _architecture(value: Any, note: Callable[[str], None]) -> Architecture | None:
    """Return the architecture that a value names; notes a problem if it names none."""
    for architecture in ARCHITECTURES:
        if value == architecture:
            return architecture
    meant = _SAME_ARCHITECTURE.get(shorten(value).strip("'").lower()) or next(
        (name for name in ARCHITECTURES if name == shorten(value).strip("'").lower()), None
    )
    hint = f"; did you mean {meant!r}?" if meant else ""
    note(f"expected {' or '.join(ARCHITECTURES)}; found {shorten(value)}{hint}")
    return None


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
        return {}  # it is of another archive's runtime
    first = runtimes[0]
    example = f"{first.python_version}.{first.patch}"
    table.problem(
        "python-patch", f'expected a full version of {first.name}, such as "{example}"; found {shorten(value)}'
    )
    return {}


def _check_requires_python(table: Table, target: Target, requires_python: SpecifierSet) -> None:
    if not requires_python.contains(target.python_full_version, prereleases=True):
        table.elsewhere(
            "project.requires-python",
            f"{str(requires_python)!r} excludes {target.runtime.name}, whose Python is "
            f"{target.python_full_version}; choose another runtime in {table.where('runtime')}, widen requires-python, "
            "or name the runtime's patch level in python-patch",
        )
