"""Which archives the table ``[tool.hatch.build.targets.lambda]`` declares, and what each is called."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from hatch_lambda.config.options import FILE_KEYS, HATCH_KEYS, TABLE, LambdaConfig, read_config
from hatch_lambda.config.table import Table, toml_key
from hatch_lambda.config.targets import admitted_runtimes, read_targets
from hatch_lambda.errors import ConfigError
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import ARCHITECTURES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from packaging.specifiers import SpecifierSet

    from hatch_lambda.config.options import Kind

LOCK_VERSION = "lock"
"""What Hatch calls the lock, which is no archive."""

MAX_LAYERS = 5
"""Layers of one function. Source: https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html, read 2026-11-23."""

TAKEN_NAMES = frozenset(
    {"function", "layer", LOCK_VERSION, "standard", "editable", *ARCHITECTURES, *(row.name for row in RUNTIMES)}
)
"""Names that mean something else after ``-t lambda:``, here or for Hatch's own targets."""


@dataclass(frozen=True)
class Archives:
    """All archives of a project, those with names layers first; ``default`` names what plain ``-t lambda`` builds.

    ``tables`` has the table of each by its version, with what it inherits, for Hatch to read its own options from.
    """

    each: tuple[LambdaConfig, ...]
    default: tuple[str, ...]
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def versions(self) -> dict[str, LambdaConfig]:
        """Return each archive by what Hatch calls it."""
        return {config.build_name: config for config in self.each}

    def named(self, name: str) -> tuple[LambdaConfig, ...]:
        """Return the archives that a name stands for: one, all of a table, or all of a kind; raises ``ConfigError``.

        A table has several where it lists architectures or runtimes.
        """
        found = tuple(config for config in self.each if name in {config.build_name, config.name, config.kind})
        if not found:
            raise ConfigError(f"-t lambda:{name}: no such version of the target; expected one of {self.names}")
        return tuple(config for config in found if config.build_name == name) or found

    def expanded(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the versions that the names stand for, each once; raises ``ConfigError`` for a name of nobody."""
        found: dict[str, None] = {}
        for name in names:
            found |= dict.fromkeys(
                [name] if name == LOCK_VERSION else [config.build_name for config in self.named(name)]
            )
        return tuple(found)

    @property
    def names(self) -> str:
        """Return the names of all archives, and of the tables that have several, for messages."""
        known = dict.fromkeys(name for config in self.each for name in (config.build_name, config.name) if name)
        return ", ".join([*known, LOCK_VERSION])

    def sharing(self, config: LambdaConfig) -> tuple[LambdaConfig, ...]:
        """Return all archives that are resolved together with this one."""
        return tuple(other for other in self.each if other.resolved_with == config.resolved_with)

    def layers(self, config: LambdaConfig) -> tuple[LambdaConfig | str, ...]:
        """Return the layers of an archive, those that they need included: the project's own, or paths of zips."""
        found: dict[str, LambdaConfig | str] = {}
        for name in config.layers:
            layer = next((layer for layer in self.each if _is_layer(layer, name) and _loads(layer, config)), None)
            inner = self.layers(layer) if layer else ()
            for each in (*inner, layer or name):
                found.setdefault(each if isinstance(each, str) else each.build_name, each)
        return tuple(found.values())


def read_archives(
    values: Mapping[str, Any], *, requires_python: SpecifierSet, overrides: Mapping[str, str]
) -> Archives:
    """Return the archives that our table declares; raises ``ConfigError`` with every problem, one a line.

    ``requires_python`` is the project's own, which each runtime must satisfy.
    ``overrides`` is the environment: its ``HATCH_LAMBDA_RUNTIME`` and ``HATCH_LAMBDA_ARCHITECTURE`` win over the table.
    """
    table = Table(TABLE, values, host_keys=HATCH_KEYS)
    tables = list(_tables(table))
    each: list[LambdaConfig] = []
    effective: dict[str, dict[str, Any]] = {}
    for kind, name, inner in tables:
        found = [_called(config, apart) for config, apart in _read(inner, kind, name, requires_python, overrides)]
        unknown = inner.unknown() if inner is not table else ()
        each += [replace(config, warnings=(*unknown, *config.warnings)) for config in found]
        effective |= {config.build_name: {**values, **inner.values} for config in found}
    unknown = table.unknown()
    each = [replace(config, warnings=(*unknown, *config.warnings)) for config in each]
    _check_names(table, each, tables)
    _check_layers(table, each)
    archives = Archives(tuple(each), _default(table, each), effective)
    table.finish()
    return archives


def _default(table: Table, each: Sequence[LambdaConfig]) -> tuple[str, ...]:
    """Return what plain ``-t lambda`` builds: what ``versions`` says, or all that have names, or else the functions."""
    archives = Archives(tuple(each), ())

    def problem(name: str) -> str | None:
        try:
            archives.expanded([name])
        except ConfigError:
            return f"expected one of {archives.names}; found {name!r}"
        return None

    selected = table.texts("versions", check=problem)
    named = any(config.name for config in each)
    return archives.expanded(selected) or tuple(
        config.build_name for config in each if named or config.kind == "function"
    )


def _read(
    table: Table, kind: Kind, name: str | None, requires_python: SpecifierSet, overrides: Mapping[str, str]
) -> Iterator[tuple[LambdaConfig, str]]:
    """Yield the archives of one table, with what tells each from the others."""
    targets = read_targets(table, requires_python, overrides)
    runtimes = admitted_runtimes(requires_python)
    for target in targets.each:
        yield read_config(table, target, kind=kind, name=name, runtimes=runtimes), targets.name_suffix(target)


def _called(config: LambdaConfig, apart: str) -> LambdaConfig:
    """Return the archive with its name for Hatch, such as ``api``, ``api-arm64``, ``arm64`` or ``layer-arm64``."""
    first = config.name or ("" if config.kind == "function" and apart else config.kind)
    warnings = tuple(filter(None, [config.target.runtime.warning]))
    return replace(config, build_name="-".join(filter(None, (first, apart))), warnings=warnings)


def _tables(table: Table) -> Iterator[tuple[Kind, str | None, Table]]:
    """Yield kind, name and table of each archive, layers first; without tables, the one function and the one layer."""
    functions = table.tables("functions")
    layers = table.tables("layers") if isinstance(table.get("layers"), dict) else {}
    if not functions and not layers:
        yield "function", None, table
        yield "layer", None, Table(TABLE, {}, host_keys=(), above=table, own_keys=("layers",))
        return
    if not functions and "handler" in table.values:
        table.problem("handler", "there are tables of layers only; give it to a function under functions")
    for name, values in layers.items():
        yield "layer", name, _inner(table, f"layers.{toml_key(name)}", values, ("functions", "layers", "project"))
    for name, values in functions.items():
        own = ("functions", "layers") if layers else ("functions",)
        yield "function", name, _inner(table, f"functions.{toml_key(name)}", values, own)


def _inner(table: Table, key: str, values: Mapping[str, Any], own_keys: Collection[str]) -> Table:
    """Return the table of an archive; what only the target's own table may say is a problem in it."""
    misplaced = dict.fromkeys(HATCH_KEYS - FILE_KEYS | {"functions"}, f"counts for all archives; put it into [{TABLE}]")
    if key.startswith("layers."):
        misplaced["handler"] = "a layer has none; give it to the functions that use the layer"
    else:
        misplaced["project"] = "a function always has the project's files; this is for layers only"
    for option in sorted(misplaced.keys() & values.keys()):
        table.elsewhere(f"{TABLE}.{key}.{option}", misplaced[option])
    return Table(f"{TABLE}.{key}", values, host_keys=HATCH_KEYS | misplaced.keys(), above=table, own_keys=own_keys)


def _check_names(table: Table, each: Sequence[LambdaConfig], tables: Sequence[tuple[Kind, str | None, Table]]) -> None:
    """Note names that mean something else, do not fit into a file name, or are there twice."""
    addresses = {(kind, name): inner.address for kind, name, inner in tables}
    for (_, name), where in addresses.items():
        if name and name.lower() in TAKEN_NAMES:
            table.elsewhere(where, f"-t lambda:{name} means something else; choose another name")
        elif name is not None and not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?", name):
            table.elsewhere(where, "expected a name of letters, digits, _ and -, as it goes into file names; rename it")
    seen: dict[str, LambdaConfig] = {}
    for config in each:
        for called in {config.build_name.lower(), (config.name or config.build_name).lower()}:
            other = seen.setdefault(called, config)
            if (other.kind, other.name) != (config.kind, config.name):
                where, there = (addresses[archive.kind, archive.name] for archive in (config, other))
                table.elsewhere(where, f"-t lambda:{called} would mean {there} as well; rename one of them")


def _check_layers(table: Table, each: Sequence[LambdaConfig]) -> None:
    """Note layers that are not there, are for another target, go in a circle, or are too many."""
    for config in each:
        for index, name in enumerate(config.layers, 1):
            twice = f"named twice; found {name!r}" if name in config.layers[: index - 1] else None
            problem = twice or _layer_problem(name, config, each)
            if problem:
                table.elsewhere(f"{config.where('layers')}[{index}]", problem)
        needed = _reached(config, each)
        if config.kind == "layer" and config.name in needed:
            circle = sorted(name for name in needed if config.name in _reached_of(name, config, each))
            if config.name == circle[0]:  # once for all of them
                need = f"{', '.join(circle)} need each other" if circle[1:] else f"{config.name} needs itself"
                table.elsewhere(config.where("layers"), f"{need}; take one of them out of the circle")
        elif len(needed) > MAX_LAYERS:
            table.elsewhere(
                config.where("layers"),
                f"expected at most {MAX_LAYERS} layers, those that they need included; found {len(needed)}: "
                f"{', '.join(needed)}; put some of them together",
            )


def _layer_problem(name: str, config: LambdaConfig, each: Sequence[LambdaConfig]) -> str | None:
    if is_path(name):
        return None  # read when it is needed; it may be built before
    found = [layer for layer in each if _is_layer(layer, name)]
    if any(_loads(layer, config) for layer in found):
        return None
    if found:
        made_for = " and ".join(dict.fromkeys(str(layer.target) for layer in found))
        return (
            f"layer {name!r} is made for {made_for}, and this one for {config.target}; list in the layer's table all "
            "runtimes and architectures that it is needed for"
        )
    known = dict.fromkeys(layer.name for layer in each if layer.kind == "layer" and layer.name)
    close = get_close_matches(name, list(known), n=1)
    hint = f"; did you mean {close[0]!r}?" if close else "; for a zip, give its path"
    return f"no layer {name!r}; expected one of {', '.join(known)}{hint}" if known else f"no layer {name!r}{hint}"


def is_path(name: str) -> bool:
    """Return whether a layer is given by the path of a zip."""
    return name.endswith(".zip") or "/" in name or "\\" in name


def _is_layer(config: LambdaConfig, name: str) -> bool:
    return config.kind == "layer" and config.name == name


def _loads(layer: LambdaConfig, config: LambdaConfig) -> bool:
    one, other = layer.target, config.target
    return (one.runtime.name, one.architecture) == (other.runtime.name, other.architecture)


def _reached(config: LambdaConfig, each: Sequence[LambdaConfig]) -> dict[str, None]:
    """Return the names of all layers that an archive needs, directly or by way of others."""
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
