"""The packages of Lambda's runtimes: AWS's runtime client, and AWS's SDK if the function doesn't include it."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from hatch_lambda import __version__
from hatch_lambda.dependencies.fetch import fetch
from hatch_lambda.files import json_values
from hatch_lambda.resolve.base import Dependency, Pin
from hatch_lambda.resolve.pip.resolver import PipResolver
from hatch_lambda.runtime.provided import SDK

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_lambda.resolve.base import Host
    from hatch_lambda.runtime.runtimes import Runtime
    from hatch_lambda.runtime.target import Target
    from hatch_lambda.wheels.cache import WheelCache

CLIENT = "awslambdaric"


def add_runtime_packages(target: Target, wheel_cache: WheelCache, host: Host, directory: Path, *, sdk: bool) -> None:
    """Unpack the runtime's packages for a target into a directory.

    The versions are resolved once, and then those in the cache. Raises ``HatchLambdaError`` if they can't be resolved
    or downloaded.
    """
    roots = [Dependency("hatch-lambda invoke", Requirement(text)) for text in _requirements(target.runtime, sdk=sdk)]
    key = ("runtime-packages", __version__, str(target), sdk)
    pins = None if host.rebuild else wheel_cache.results.get(_read_pins, *key)
    if pins is None:
        pins = PipResolver(host).resolve(roots, target).pins
        wheel_cache.results.put([pin.as_json() for pin in pins], *key)
    for wheel in fetch(pins, wheel_cache, target, host):
        with zipfile.ZipFile(wheel.path) as archive:
            archive.extractall(directory)


def _requirements(runtime: Runtime, *, sdk: bool) -> list[str]:
    known = SDK.get(runtime.name)
    boto3 = f"boto3=={known.version}" if known else "boto3"
    return [CLIENT, boto3] if sdk else [CLIENT]


def _read_pins(value: object) -> tuple[Pin, ...]:
    return tuple(map(Pin.from_json, json_values.items(value)))
