"""Reads the archives that our table in pyproject.toml declares, and names them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from hatch_lambda.config.options import FILE_KEYS, HATCH_KEYS, SYNONYMS, TABLE, LambdaConfig, misplaced, read_config
from hatch_lambda.config.table import Table, ValueProblem, choose, join_names, list_names, toml_key
from hatch_lambda.config.targets import admitted_runtimes, read_targets, runtime_address
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import ARCHITECTURES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from packaging.specifiers import SpecifierSet

    from hatch_lambda.config.options import Kind

LOCK_VERSION = "lock"
"""The build name of the lock file, which isn't an archive."""

MAX_LAYERS = 5
"""The number of layers of one function, at most.

Source: https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html, read 2026-11-23.
"""

TAKEN_NAMES = frozenset(
    {"function", "layer", LOCK_VERSION, "standard", "editable", *ARCHITECTURES, *(row.name for row in RUNTIMES)}
)
"""Names with another meaning after ``-t lambda:``, here or for Hatch's own targets."""


@dataclass(frozen=True)
class Archives:
    """All archives of a project, layers with names first; ``default`` has the build names for plain ``-t lambda``.

    ``tables`` has the table of each archive by its build name, including inherited options, for Hatch to read.
    """

    each: tuple[LambdaConfig, ...]
    default: tuple[str, ...]
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def versions(self) -> dict[str, LambdaConfig]:
        """Return each archive by its build name."""
        return {config.build_name: config for config in self.each}

    def named(self, name: str) -> tuple[LambdaConfig, ...]:
        """Return the archives that a name means: one, all of a table, or all of a kind; raises ``ConfigError``.

        A table that lists architectures or runtimes has several.
        """
        found = tuple(config for config in self.each if name in {config.build_name, config.name, config.kind})
        if not found:
            where, problem = f"-t lambda:{name}", "unknown build name"
            fix = self.choice(name)
            raise ConfigError(Diagnostic(code="unknown-build-name", where=where, problem=problem, fix=fix))
        return tuple(config for config in found if config.build_name == name) or found

    def expanded(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the build names that the names mean, each once; raises ``ConfigError`` for an unknown name."""
        found: dict[str, None] = {}
        for name in names:
            found |= dict.fromkeys(
                [name] if name == LOCK_VERSION else [config.build_name for config in self.named(name)]
            )
        return tuple(found)

    def choice(self, name: str) -> str:
        """Return the fix for an unknown build name: a hint, and every name that means an archive."""
        names = {
            name for config in self.each for name in (config.build_name, config.name, config.kind) if name is not None
        }
        known = sorted({*names, LOCK_VERSION})
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        return f"{hint}choose from {list_names(known)}"

    def sharing(self, config: LambdaConfig) -> tuple[LambdaConfig, ...]:
        """Return all archives that are resolved together with this one, including itself."""
        return tuple(other for other in self.each if other.resolved_with == config.resolved_with)

    def layers(self, config: LambdaConfig) -> tuple[LambdaConfig | str, ...]:
        """Return the layers of an archive, including those that layers need: the project's own, or paths of zips."""
        found: dict[str, LambdaConfig | str] = {}
        for name in config.layers:
            layer = next((layer for layer in self.each if _is_layer(layer, name) and _loads(layer, config)), None)
            inner = self.layers(layer) if layer else ()
            for each in (*inner, layer or name):
                found.setdefault(each if isinstance(each, str) else each.build_name, each)
        return tuple(found.values())


def read_archives(
    values: Mapping[str, Any],
    *,
    requires_python: SpecifierSet,
    overrides: Mapping[str, str],
    address: str = TABLE,
    host_keys: Collection[str] = HATCH_KEYS,
) -> Archives:
    """Return the archives that our table at ``address`` declares; raises ``ConfigError`` with every problem.

    ``host_keys`` are the options of Hatch that apply there. Each runtime must satisfy ``requires_python``.
    ``overrides`` is the environment: ``HATCH_LAMBDA_RUNTIME`` and ``HATCH_LAMBDA_ARCHITECTURE`` override the table.
    """
    table = Table(address, values, host_keys=host_keys)
    elsewhere = misplaced(address, host_keys)
    tables = list(_tables(table))
    each: list[LambdaConfig] = []
    effective: dict[str, dict[str, Any]] = {}
    for kind, name, inner in tables:
        found = list(_read(inner, kind, name, requires_python, overrides))
        if inner is not table:
            inner.unknown(synonyms=SYNONYMS, misplaced=elsewhere)
        each += found
        effective |= {config.build_name: {**values, **inner.values} for config in found}
    table.unknown(synonyms=SYNONYMS, misplaced=elsewhere)
    _check_names(table, each, tables)
    _check_layers(table, each)
    archives = Archives(tuple(each), _default(table, each), effective)
    table.finish()
    return archives


def _default(table: Table, each: Sequence[LambdaConfig]) -> tuple[str, ...]:
    """Return the build names for plain ``-t lambda``: those in ``versions``, or all with names, or the functions."""
    archives = Archives(tuple(each), ())

    def problem(name: str) -> ValueProblem | None:
        try:
            archives.expanded([name])
        except ConfigError:
            return ValueProblem(f"unknown build name {name!r}", archives.choice(name), "unknown-build-name")
        return None

    selected = table.texts("versions", check=problem)
    named = any(config.name for config in each)
    return archives.expanded(selected) or tuple(
        config.build_name for config in each if named or config.kind == "function"
    )


def _read(
    table: Table, kind: Kind, name: str | None, requires_python: SpecifierSet, overrides: Mapping[str, str]
) -> Iterator[LambdaConfig]:
    """Yield the archives of one table."""
    targets = read_targets(table, requires_python, overrides)
    runtimes = admitted_runtimes(requires_python)
    for target in targets.each:
        config = read_config(table, target, kind=kind, name=name, runtimes=runtimes)
        warning = target.runtime.warning(runtime_address(table, overrides))
        yield replace(
            config,
            build_name=_build_name(config, targets.name_suffix(target)),
            warnings=() if warning is None else (warning,),
        )


def _build_name(config: LambdaConfig, suffix: str) -> str:
    """Return the build name of an archive, such as ``api``, ``api-arm64``, ``arm64``, or ``layer-arm64``."""
    first = config.name or ("" if config.kind == "function" and suffix else config.kind)
    return "-".join(filter(None, (first, suffix)))


def _tables(table: Table) -> Iterator[tuple[Kind, str | None, Table]]:
    """Yield kind, name, and table of each archive, layers first; without tables, one function and one layer."""
    functions = table.tables("functions")
    layers = table.tables("layers") if isinstance(table.get("layers"), dict) else {}
    if not functions and not layers:
        yield "function", None, table
        yield "layer", None, Table(table.address, {}, host_keys=(), above=table, own_keys=("layers",))
        return
    if not functions and "handler" in table.values:
        table.get("handler")
        problem = "a layer has no handler, and only layers are declared"
        table.report("misplaced-option", "handler", problem, f"move it to [{table.address}.functions.NAME]")
    for name, values in layers.items():
        yield "layer", name, _inner(table, f"layers.{toml_key(name)}", values, ("functions", "layers", "project"))
    for name, values in functions.items():
        own = ("functions", "layers") if layers else ("functions",)
        yield "function", name, _inner(table, f"functions.{toml_key(name)}", values, own)


def _inner(table: Table, key: str, values: Mapping[str, Any], own_keys: Collection[str]) -> Table:
    """Return the table of an archive; options that are only for the build target's table are problems in it."""
    for_all = {*table.host_keys, "functions"} - FILE_KEYS
    problems = dict.fromkeys(for_all, ("applies to all zips", f"move it to [{table.address}]"))
    if key.startswith("layers."):
        problems["handler"] = ("a layer has no handler", "move it to the functions that use the layer")
    else:
        problems["project"] = ("a function always includes the project's files", "remove it, or move it to a layer")
    known = {*table.host_keys, *problems}
    inner = Table(f"{table.address}.{key}", values, host_keys=known, above=table, own_keys=own_keys)
    for option in sorted(problems.keys() & values.keys()):
        inner.report("misplaced-option", option, *problems[option])
    return inner


def _check_names(table: Table, each: Sequence[LambdaConfig], tables: Sequence[tuple[Kind, str | None, Table]]) -> None:
    """Record names that mean something else, don't fit into a file name, or aren't unique."""
    addresses = {(kind, name): inner.address for kind, name, inner in tables}
    for (_, name), where in addresses.items():
        if name and name.lower() in TAKEN_NAMES:
            problem = f"-t lambda:{name} already has another meaning"
            table.add(Diagnostic(code="name-conflict", where=where, problem=problem, fix="rename the table"))
        elif name is not None and not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?", name):
            problem = f"{name!r} can't be part of a file name"
            fix = "rename the table with letters, digits, hyphens, or underscores"
            table.add(Diagnostic(code="option-value", where=where, problem=problem, fix=fix))
    seen: dict[str, LambdaConfig] = {}
    for config in each:
        for called in {config.build_name.lower(), (config.name or config.build_name).lower()}:
            other = seen.setdefault(called, config)
            if (other.kind, other.name) != (config.kind, config.name):
                where, there = (addresses[archive.kind, archive.name] for archive in (config, other))
                problem = f"-t lambda:{called} would also mean {there}"
                table.add(Diagnostic(code="name-conflict", where=where, problem=problem, fix="rename one of them"))


def _check_layers(table: Table, each: Sequence[LambdaConfig]) -> None:
    """Record layers that don't exist, are for another target, need each other, or are too many."""
    for config in each:
        for number, name in enumerate(config.layers, 1):
            if name in config.layers[: number - 1]:
                found: ValueProblem | None = ValueProblem(f"duplicate entry {name!r}", "remove it", "duplicate-entry")
            else:
                found = _layer_problem(name, config, each)
            if found:
                table.add(_about_layers(config, found, f" #{number}"))
        needed = _reached(config, each)
        if config.kind == "layer" and config.name in needed:
            circle = sorted(name for name in needed if config.name in _reached_of(name, config, each))
            if config.name == circle[0]:  # report the circle once
                need = f"{join_names(circle, 'and')} need each other" if circle[1:] else f"{config.name} needs itself"
                table.add(_about_layers(config, ValueProblem(need, "remove one of the entries", "layer-cycle")))
        elif len(needed) > MAX_LAYERS:
            problem = (
                f"{len(needed)} layers, including those that layers need ({', '.join(needed)}), exceed Lambda's limit "
                f"of {MAX_LAYERS}"
            )
            table.add(_about_layers(config, ValueProblem(problem, "merge some of them", "too-many-layers")))


def _about_layers(config: LambdaConfig, found: ValueProblem, number: str = "") -> Diagnostic:
    where = config.where("layers")
    return Diagnostic(
        code=found.code,
        where=where + number,
        problem=found.problem,
        fix=found.fix,
        table=where.removesuffix(".layers"),
    )


def _layer_problem(name: str, config: LambdaConfig, each: Sequence[LambdaConfig]) -> ValueProblem | None:
    if is_path(name):
        return None  # read when it is needed; this build might write it
    found = [layer for layer in each if _is_layer(layer, name)]
    if any(_loads(layer, config) for layer in found):
        return None
    if found:
        targets = join_names(list(dict.fromkeys(str(layer.target) for layer in found)), "and")
        fix = f"list its runtimes and architectures in [{config.table}.layers.{toml_key(name)}]"
        return ValueProblem(f"layer {name!r} is for {targets}, not for {config.target}", fix, "layer-mismatch")
    known = list(dict.fromkeys(layer.name for layer in each if layer.kind == "layer" and layer.name))
    if any(other.kind == "function" and other.name == name for other in each):
        fix = choose(name, known) if known else _declaration(name, config)
        return ValueProblem(f"{name!r} is a function, not a layer", fix, "unknown-layer")
    close = get_close_matches(name, known, n=1)
    fix = choose(name, known) if close else _declaration(name, config)
    return ValueProblem(f"unknown layer {name!r}", fix, "unknown-layer")


def _declaration(name: str, config: LambdaConfig) -> str:
    """Return how to declare a layer; ``layers`` of the build target's table can't be an array then."""
    table = config.table
    own_table = "" if config.where("layers") != f"{table}.layers" else f", and move layers to [{table}.functions.NAME]"
    return f"declare it as [{table}.layers.{toml_key(name)}]{own_table}, or write the path of a zip"


def is_path(name: str) -> bool:
    """Return whether the name of a layer is the path of a zip."""
    return name.endswith(".zip") or "/" in name or "\\" in name


def _is_layer(config: LambdaConfig, name: str) -> bool:
    return config.kind == "layer" and config.name == name


def _loads(layer: LambdaConfig, config: LambdaConfig) -> bool:
    one, other = layer.target, config.target
    return (one.runtime.name, one.architecture) == (other.runtime.name, other.architecture)


def _reached(config: LambdaConfig, each: Sequence[LambdaConfig]) -> dict[str, None]:
    """Return the names of all layers that an archive needs, directly or through other layers."""
    found: dict[str, None] = {}
    pending = list(config.layers)
    while pending:
        name = pending.pop(0)
        if name not in found:
            found[name] = None
            pending += [inner for layer in each if _is_layer(layer, name) for inner in layer.layers]
    return found


def _reached_of(name: str, config: LambdaConfig, each: Sequence[LambdaConfig]) -> Collection[str]:
    layer = next((layer for layer in each if _is_layer(layer, name)), config)
    return _reached(layer, each)
