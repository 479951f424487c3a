"""What a finished zip was made for, and what the checks say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hatch_lambda.checks import ZIP_CHECKS
from hatch_lambda.checks.base import Candidate, error, warning
from hatch_lambda.checks.imports import check_imports
from hatch_lambda.checks.limits import check_zipped
from hatch_lambda.config.options import LambdaConfig
from hatch_lambda.errors import ZipError
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.layers import Layer, layer_problem
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.runtime.runtimes import AMAZON_LINUX_2023, RUNTIMES, Runtime, runtime_named
from hatch_lambda.runtime.target import ARCHITECTURES, Architecture, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.diagnostics import Diagnostic, Message

Source = Literal["given", "lambda.json", "native code"]

_PYTHON_RUNTIME = re.compile(r"python3\.(\d{1,3})")
_PYTHON_TAG = re.compile(r"\bcp(3)(\d+)-cp3\d+-|\.cpython-(3)(\d+)-")
_ARCHITECTURE_TAG = re.compile(r"(?:linux[a-z0-9_]*_|-)(x86_64|aarch64)(?:$|\.|-linux)")


@dataclass(frozen=True)
class Inspection:
    """A finished zip, what it was made for, and what the checks found.

    ``runtime`` and ``architecture`` are ``None`` where nothing tells; ``source`` says what did. The checks then took
    the newest supported runtime on x86_64.
    """

    archive: LambdaZip
    runtime: str | None
    architecture: Architecture | None
    source: Source | None
    handler: str | None
    target: Target
    problems: tuple[Message, ...]
    warnings: tuple[Message, ...]


def inspect(
    archive: LambdaZip,
    *,
    runtime: str | None = None,
    architecture: str | None = None,
    handler: str | None = None,
    layers: Sequence[LambdaZip] = (),
) -> Inspection:
    """Return what the zip was made for, and what the checks find.

    What is given wins over what the zip says of itself, and that over what its native code is for. The function is
    checked together with its layers; while not all are given, neither its handler nor its imports are checked. Raises
    ``ZipError`` for a runtime or an architecture that does not exist.
    """
    declared = _declared(archive)
    given = {"runtime": runtime, "architecture": architecture, "handler": handler}
    seen = _detected(archive)
    named = runtime or declared.get("runtime") or seen.get("runtime")
    machine = _architecture(architecture or declared.get("architecture") or seen.get("architecture"))
    handler = handler or declared.get("handler")
    target = Target(_runtime(named) if named else _newest(), machine or "x86_64")
    config = LambdaConfig(target=target, kind=archive.kind, name=declared.get("archive"), handler=handler)
    unfit = _unfit_layers(archive, layers, target) if named and machine else ()  # else the target is a guess
    found = [*unfit, *_findings(archive, config, layers)]
    return Inspection(
        archive,
        runtime=named,
        architecture=machine,
        source=_source(given, declared, named or machine),
        handler=handler,
        target=target,
        problems=tuple(diagnostic for diagnostic in found if diagnostic.severity == "error"),
        warnings=tuple(diagnostic for diagnostic in found if diagnostic.severity == "warning"),
    )


def _unfit_layers(archive: LambdaZip, layers: Sequence[LambdaZip], target: Target) -> Iterator[Diagnostic]:
    """Yield an error for each zip that is, or is named as, a layer and is none for the target."""
    for layer in (*layers, *([archive] if archive.kind == "layer" else [])):
        problem = layer_problem(layer, target)
        if problem:
            fix = "pass its --runtime and --architecture" if layer is archive else "pass another zip with --layer"
            yield error("layer-mismatch", layer.path.name, f"not a layer for {target}, because it {problem}", fix)


def _findings(archive: LambdaZip, config: LambdaConfig, layers: Sequence[LambdaZip]) -> list[Diagnostic]:
    found = []
    checks = ZIP_CHECKS
    if len(layers) < len(archive.declared("layers")):
        lacks = "some of its layers" if layers else "its layers"
        config = replace(config, handler=None)
        checks = tuple(check for check in checks if check is not check_imports)
        found.append(
            warning(
                "undeclared-layers",
                archive.path.name,
                f"checked without {lacks}",
                "pass each with --layer",
            )
        )
    python = config.target.runtime.python_version
    beneath = tuple(Layer(layer.path.name, layer.plan, python) for layer in layers)
    with temporary_directory() as directory:  # a zip that others made must not teach later builds anything
        candidate = Candidate(
            filename=archive.path.name,
            plan=archive.plan,
            config=config,
            results=ResultCache(Path(directory)),
            layers=beneath,
        )
        found += [diagnostic for check in checks for diagnostic in check(candidate)]
    return [*found, *check_zipped(archive.path.name, archive.size)]


def _declared(archive: LambdaZip) -> dict[str, str]:
    """Return what the zip says of itself; what a build would not have written is left out."""
    described = archive.described or {}
    found = {key: described.get(key) for key in ("runtime", "architecture", "handler", "archive")}
    texts = {key: value for key, value in found.items() if isinstance(value, str)}
    if texts.get("architecture") not in ARCHITECTURES:
        texts.pop("architecture", None)
    if not _PYTHON_RUNTIME.fullmatch(texts.get("runtime", "")):
        texts.pop("runtime", None)
    return texts


def _detected(archive: LambdaZip) -> dict[str, str]:
    """Return the runtime and the architecture that all native code was built for, where it agrees on one."""
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
        names = ", ".join(runtime.name for runtime in RUNTIMES)
        raise ZipError(f"runtime: expected one of {names}; found {name!r}")
    return Runtime(name, (3, int(number[1])), 0, AMAZON_LINUX_2023, "custom")


def _newest() -> Runtime:
    return next(runtime for runtime in reversed(RUNTIMES) if runtime.state == "supported")


def _architecture(name: str | None) -> Architecture | None:
    for architecture in ARCHITECTURES:
        if name == architecture:
            return architecture
    if name is None:
        return None
    raise ZipError(f"architecture: expected {' or '.join(ARCHITECTURES)}; found {name!r}")
