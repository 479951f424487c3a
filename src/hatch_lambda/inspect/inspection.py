"""Finds the runtime and architecture of an existing zip, and checks it for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hatch_lambda.checks import ZIP_CHECKS
from hatch_lambda.checks.base import Candidate, error, warning
from hatch_lambda.checks.imports import check_imports
from hatch_lambda.checks.limits import check_zipped
from hatch_lambda.checks.suggestions import suggestions
from hatch_lambda.config.options import LambdaConfig
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ZipError
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.inspect.bytecode import bytecode_problems
from hatch_lambda.layers import Layer, layer_problem
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.runtime.runtimes import AMAZON_LINUX_2023, RUNTIMES, Runtime, runtime_named
from hatch_lambda.runtime.target import ARCHITECTURES, Architecture, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.checks.suggestions import Suggestion
    from hatch_lambda.diagnostics import Code, Diagnostic, Message

Source = Literal["given", "lambda.json", "native code"]

_PYTHON_RUNTIME = re.compile(r"python3\.(\d{1,3})")
_PYTHON_TAG = re.compile(r"\bcp(3)(\d+)-cp3\d+-|\.cpython-(3)(\d+)-")
_ARCHITECTURE_TAG = re.compile(r"(?:linux[a-z0-9_]*_|-)(x86_64|aarch64)(?:$|\.|-linux)")


@dataclass(frozen=True)
class Inspection:
    """An existing zip, its runtime and architecture, and the errors and warnings of the checks.

    ``source`` is where ``runtime`` and ``architecture`` come from; they are ``None`` if they are unknown. The checks
    then used the newest supported runtime and x86_64.
    """

    archive: LambdaZip
    runtime: str | None
    architecture: Architecture | None
    source: Source | None
    handler: str | None
    target: Target
    problems: tuple[Message, ...]
    warnings: tuple[Message, ...]


@dataclass(frozen=True)
class ZipTarget:
    """What a zip is for: as ``Inspection`` describes it."""

    runtime: str | None
    architecture: Architecture | None
    source: Source | None
    handler: str | None
    target: Target


def read_target(
    archive: LambdaZip, *, runtime: str | None = None, architecture: str | None = None, handler: str | None = None
) -> ZipTarget:
    """Return what a zip is for.

    The arguments override the zip's description of itself, which overrides the runtime and architecture of its native
    code. Raises ``ZipError`` for an unknown runtime or architecture.
    """
    declared = _declared(archive)
    given = {"runtime": runtime, "architecture": architecture, "handler": handler}
    detected = _detected(archive)
    name = runtime or declared.get("runtime") or detected.get("runtime")
    machine = _architecture(architecture or declared.get("architecture") or detected.get("architecture"))
    return ZipTarget(
        runtime=name,
        architecture=machine,
        source=_source(given, declared, name or machine),
        handler=handler or declared.get("handler"),
        target=Target(_runtime(name) if name else _newest(), machine or "x86_64"),
    )


def inspect(
    archive: LambdaZip,
    *,
    runtime: str | None = None,
    architecture: str | None = None,
    handler: str | None = None,
    layers: Sequence[LambdaZip] = (),
) -> Inspection:
    """Return the zip's runtime and architecture, as ``read_target`` does, and the errors and warnings of the checks.

    The function is checked together with its layers; handler and imports only if all layers are given.
    """
    found_target = read_target(archive, runtime=runtime, architecture=architecture, handler=handler)
    target, handler = found_target.target, found_target.handler
    config = LambdaConfig(target=target, kind=archive.kind, name=_declared(archive).get("archive"), handler=handler)
    is_known = found_target.runtime and found_target.architecture  # otherwise, the target is a guess
    unfit = _unfit_layers(archive, layers, target) if is_known else ()
    bytecode = bytecode_problems(archive, target.runtime) if found_target.runtime else ()
    found = [*unfit, *_findings(archive, config, layers), *bytecode]
    return Inspection(
        archive,
        runtime=found_target.runtime,
        architecture=found_target.architecture,
        source=found_target.source,
        handler=handler,
        target=target,
        problems=tuple(diagnostic for diagnostic in found if diagnostic.severity == "error"),
        warnings=tuple(diagnostic for diagnostic in found if diagnostic.severity == "warning"),
    )


def zip_suggestions(inspection: Inspection) -> tuple[Suggestion, ...]:
    """Return what could be removed from the zip, what saves most first."""
    archive = inspection.archive
    with temporary_directory() as directory:
        return suggestions(
            Candidate(
                filename=archive.path.name,
                plan=archive.plan,
                config=LambdaConfig(target=inspection.target, kind=archive.kind),
                results=ResultCache(Path(directory)),
            )
        )


def _unfit_layers(archive: LambdaZip, layers: Sequence[LambdaZip], target: Target) -> Iterator[Diagnostic]:
    """Yield an error for each layer, among them the zip itself, that doesn't fit the target."""
    for layer in (*layers, *([archive] if archive.kind == "layer" else [])):
        problem = layer_problem(layer, target)
        if problem:
            fix = "pass its --runtime and --architecture" if layer is archive else "pass another zip with --layer"
            yield error("layer-mismatch", layer.path.name, f"not a layer for {target}, because it {problem}", fix)


def _findings(archive: LambdaZip, config: LambdaConfig, layers: Sequence[LambdaZip]) -> list[Diagnostic]:
    found = []
    checks = ZIP_CHECKS
    if len(layers) < len(archive.declared("layers")):
        config = replace(config, handler=None)
        checks = tuple(check for check in checks if check is not check_imports)
        problem = f"handler and imports weren't checked without {'all of ' if layers else ''}its layers"
        found.append(warning("unchecked", archive.path.name, problem, "pass each with --layer ZIP"))
    python = config.target.runtime.python_version
    given = tuple(Layer(layer.path.name, layer.plan, python) for layer in layers)
    with temporary_directory() as directory:  # a foreign zip must not add results for later builds
        candidate = Candidate(
            filename=archive.path.name,
            plan=archive.plan,
            config=config,
            results=ResultCache(Path(directory)),
            layers=given,
        )
        found += [diagnostic for check in checks for diagnostic in check(candidate)]
    return [*found, *check_zipped(archive.path.name, archive.size)]


def _declared(archive: LambdaZip) -> dict[str, str]:
    """Return the strings that the zip declares; values that no build writes are ignored."""
    described = archive.described or {}
    found = {key: described.get(key) for key in ("runtime", "architecture", "handler", "archive")}
    texts = {key: value for key, value in found.items() if isinstance(value, str)}
    if texts.get("architecture") not in ARCHITECTURES:
        texts.pop("architecture", None)
    if not _PYTHON_RUNTIME.fullmatch(texts.get("runtime", "")):
        texts.pop("runtime", None)
    return texts


def _detected(archive: LambdaZip) -> dict[str, str]:
    """Return the runtime and the architecture of the native code, if all of it has the same."""
    texts = [*(tag for one in archive.distributions for tag in one.tags), *archive.plan.paths]
    pythons = {f"python{match[1] or match[3]}.{match[2] or match[4]}" for match in _matches(_PYTHON_TAG, texts)}
    machines = {match[1].replace("aarch64", "arm64") for match in _matches(_ARCHITECTURE_TAG, texts)}
    found = {"runtime": pythons, "architecture": machines}
    return {key: values.pop() for key, values in found.items() if len(values) == 1}


def _matches(pattern: re.Pattern[str], texts: Iterable[str]) -> Iterator[re.Match[str]]:
    return (match for match in map(pattern.search, texts) if match)


def _source(given: dict[str, str | None], declared: dict[str, str], known: str | None) -> Source | None:
    if given["runtime"] or given["architecture"]:
        return "given"
    if "runtime" in declared or "architecture" in declared:
        return "lambda.json"
    return "native code" if known else None


def _runtime(name: str) -> Runtime:
    known = runtime_named(name)
    if known:
        return known
    number = _PYTHON_RUNTIME.fullmatch(name)
    if number is None:
        raise ZipError(_unknown("runtime", name, [runtime.name for runtime in reversed(RUNTIMES)]))
    return Runtime(name, (3, int(number[1])), 0, AMAZON_LINUX_2023, "custom")


def _newest() -> Runtime:
    return next(runtime for runtime in reversed(RUNTIMES) if runtime.state == "supported")


def _architecture(name: str | None) -> Architecture | None:
    for architecture in ARCHITECTURES:
        if name == architecture:
            return architecture
    if name is None:
        return None
    raise ZipError(_unknown("architecture", name, ARCHITECTURES))


def _unknown(what: Literal["runtime", "architecture"], name: str, choices: Sequence[str]) -> Diagnostic:
    close = get_close_matches(name, choices, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    fix = f"{hint}choose from {', '.join(choices)}"
    code: Code = "unknown-runtime" if what == "runtime" else "unknown-architecture"
    return error(code, f"--{what}", f"unknown {what} {name!r}", fix)
