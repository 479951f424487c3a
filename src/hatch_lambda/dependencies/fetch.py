"""Pins become wheels: from the store where it has them, through pip where it lacks them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from hatch_lambda.dependencies.sdist_builds import wheel_from_sdist
from hatch_lambda.errors import ResolveError, WheelError
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.progress import NO_PROGRESS, Status
from hatch_lambda.resolve.base import OFFLINE_VARIABLE, SHA256, is_file_url, is_url
from hatch_lambda.resolve.pip.resolver import download

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hatch_lambda.diagnostics import Message
    from hatch_lambda.progress import Progress
    from hatch_lambda.resolve.base import Host, Pin
    from hatch_lambda.runtime.target import Target
    from hatch_lambda.wheels.cache import WheelCache
    from hatch_lambda.wheels.wheel import Wheel


def fetch(
    pins: Sequence[Pin], wheel_cache: WheelCache, target: Target, host: Host, progress: Progress = NO_PROGRESS
) -> tuple[Wheel, ...]:
    """Return the pinned wheels, sorted by name; what the store lacks is downloaded in one go and kept there.

    Pinned sdists are built, or were before. Raises ``ResolveError`` if a file cannot be had and ``WheelError`` if one
    is not sound.
    """
    _check_lines(pins)
    built = {}
    for pin in (pin for pin in pins if not pin.is_wheel):
        progress.advance(Status(name=f"build {pin}"))
        built[pin] = wheel_from_sdist(pin, wheel_cache, host)
    pins = [pin for pin in pins if pin.is_wheel]
    _check_names(pins)
    with ThreadPoolExecutor() as hashing:
        wheels = dict(zip(pins, hashing.map(partial(_in_store, wheel_cache), pins), strict=True))
    lacking = [pin for pin, wheel in wheels.items() if wheel is None]
    if lacking:
        if host.offline:
            _refuse_network(lacking)
        with temporary_directory() as directory:
            download(lacking, target, Path(directory), host, progress)
            wheels |= _take_in(lacking, Path(directory), wheel_cache, progress)
    _check_sizes(wheels)
    found = (*built.values(), *filter(None, wheels.values()))
    return tuple(sorted(found, key=lambda wheel: wheel.name))


def _in_store(wheel_cache: WheelCache, pin: Pin) -> Wheel | None:
    return wheel_cache.find(pin.sha256) if pin.sha256 else None


def _refuse_network(pins: Sequence[Pin]) -> None:
    """Raise ``ResolveError`` naming each wheel that is neither in the store nor on this machine."""
    problems = [
        f"{OFFLINE_VARIABLE}: {pin.filename} is not in the store; build once with the network, or bring the store along"
        for pin in pins
        if not is_file_url(pin.url)
    ]
    if problems:
        raise ResolveError(problems)


def _take_in(
    pins: Sequence[Pin], directory: Path, wheel_cache: WheelCache, progress: Progress
) -> dict[Pin, Wheel | None]:
    taken: dict[Pin, Wheel | None] = {}
    problems: list[Message] = []
    for pin in pins:
        file = directory / pin.filename
        if not file.is_file():
            problems.append(f"{pin.filename}: pip did not download it; build again")
            continue
        progress.advance(Status(name=f"verify {pin}", count=len(pins), total=len(pins), size=file.stat().st_size))
        try:
            taken[pin] = wheel_cache.add(file, expected=pin.sha256)
        except WheelError as error:
            problems += error.diagnostics
    if problems:
        raise WheelError(problems)
    return taken


def _check_sizes(wheels: Mapping[Pin, Wheel | None]) -> None:
    problems = [
        f"{wheel.filename}: takes {wheel.size:,} bytes; the lock says {pin.size:,}; make the lock anew"
        for pin, wheel in wheels.items()
        if wheel and pin.size not in {None, wheel.size}
    ]
    if problems:
        raise WheelError(problems)


def _check_lines(pins: Sequence[Pin]) -> None:
    """Raise ``ResolveError`` for what would be more to pip, or to the store, than one file and its hash."""
    fix = "ask whoever made the lock or runs the index"
    problems = [
        f"{pin}: expected a sha256 of 64 hexadecimal digits; found {pin.sha256!r}; {fix}"
        for pin in pins
        if pin.sha256 is not None and not SHA256.fullmatch(pin.sha256)
    ]
    problems += [
        f"{pin}: expected a URL without spaces; found {pin.url!r}; {fix}"
        for pin in pins
        if re.search(r"\s", pin.url) or not is_url(pin.url)
    ]
    if problems:
        raise ResolveError(problems)


def _check_names(pins: Sequence[Pin]) -> None:
    problems = []
    for pin in pins:
        try:
            name, version = parse_wheel_filename(pin.filename)[:2]
        except InvalidWheelFilename as error:
            problems.append(f"{pin}: {pin.filename!r} is not the file name of a wheel; {error}")
            continue
        if (name, version) != (pin.name, pin.version) or "/" in pin.filename or "\\" in pin.filename:
            problems.append(f"{pin}: {pin.filename!r} is the wheel of something else; ask whoever runs the index")
    if problems:
        raise ResolveError(problems)
