"""Warn of a wheel for any platform whose release also has wheels for Linux, none of them for the target."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import Target, wheel_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.resolve.base import Pin


def explain_fallbacks(
    pins: Iterable[Pin], filenames: Mapping[NormalizedName, Sequence[str]], target: Target
) -> dict[NormalizedName, Diagnostic]:
    """Return a warning for each pin whose wheel is for any platform, while its release also has wheels for Linux.

    ``filenames`` are the known files of each release. Wheels for implementations other than CPython don't count. If a
    release has other wheels for Windows or macOS only, its wheel for any platform is meant for Linux.
    """
    others = {pin: [name for name in filenames.get(pin.name, ()) if _is_for_linux(name)] for pin in pins}
    return {
        pin.name: _fallback(pin, sorted(names), target)
        for pin, names in others.items()
        if names and pin.filename.endswith("-any.whl")
    }


def _fallback(pin: Pin, others: Sequence[str], target: Target) -> Diagnostic:
    # here, because lock files need it in few builds
    from hatch_lambda.resolve.pip.advice import best_runtime, is_loadable
    from hatch_lambda.resolve.pip.explain import no_wheel_reason
    from hatch_lambda.resolve.pip.log import IndexFile

    offers = [IndexFile(name, pin.version, "tags") for name in others]
    runtimes = [
        runtime
        for runtime in RUNTIMES
        if runtime.state != "deprecated"
        and any(is_loadable(offer, Target(runtime, target.architecture)) for offer in offers)
    ]
    other = Target(target.runtime, "arm64" if target.architecture == "x86_64" else "x86_64")
    if runtimes:
        fix = f"use runtime {best_runtime(runtimes)}"
    elif any(is_loadable(offer, other) for offer in offers):
        fix = f"use architecture {other.architecture}"
    else:
        fix = "require a version with such a wheel"
    problem = (
        f"might lack a library, because none of its Linux wheels fits {target} ({no_wheel_reason(others, target)})"
    )
    return Diagnostic(code="any-wheel", where=str(pin), problem=problem, fix=f"test it, or {fix}", severity="warning")


def _is_for_linux(filename: str) -> bool:
    try:
        tags = wheel_tags(filename)
    except InvalidWheelFilename:
        return False
    return any(re.match("(many)?linux", tag.platform) and tag.interpreter[:2] in {"cp", "py"} for tag in tags)
