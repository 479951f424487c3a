"""Fetches pinned wheels: from the cache if they are in it, otherwise through pip."""

from __future__ import annotations

import re
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError, WheelError
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.progress import NO_PROGRESS, Status
from hatch_lambda.resolve.base import OFFLINE_VARIABLE, SHA256, is_file_url, is_url
from hatch_lambda.threads import largest_first

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
    """Return the pinned wheels, sorted by name, after downloading those that aren't in the cache.

    Pinned sdists are built. Raises ``ResolveError`` if a file can't be fetched and ``WheelError`` if one is damaged.
    """
    _check_lines(pins)
    built = {}
    for pin in (pin for pin in pins if not pin.is_wheel):
        from hatch_lambda.dependencies.sdist_builds import wheel_from_sdist

        progress.advance(Status(name=f"build {pin}"))
        built[pin] = wheel_from_sdist(pin, wheel_cache, host)
    pins = [pin for pin in pins if pin.is_wheel]
    _check_names(pins)
    cached = largest_first(partial(_cached, wheel_cache), pins, size=lambda pin: pin.size or 0)
    wheels = dict(zip(pins, cached, strict=True))
    missing = [pin for pin, wheel in wheels.items() if wheel is None]
    if missing:
        if host.offline:
            _check_offline(missing)
        from hatch_lambda.resolve.pip.resolver import download

        with temporary_directory() as directory:
            download(missing, target, Path(directory), host, progress)
            wheels |= _add_to_cache(missing, Path(directory), wheel_cache, progress)
    _check_sizes(wheels)
    found = (*built.values(), *filter(None, wheels.values()))
    return tuple(sorted(found, key=lambda wheel: wheel.name))


def _cached(wheel_cache: WheelCache, pin: Pin) -> Wheel | None:
    return wheel_cache.find(pin.sha256) if pin.sha256 else None


def _check_offline(pins: Sequence[Pin]) -> None:
    """Raise ``ResolveError`` for each wheel that is on another machine."""
    problems = [
        Diagnostic(
            code="offline",
            where=OFFLINE_VARIABLE,
            problem=f"{pin.filename} isn't in the cache",
            fix="build once with network access, or copy the cache",
        )
        for pin in pins
        if not is_file_url(pin.url)
    ]
    if problems:
        raise ResolveError(problems)


def _add_to_cache(
    pins: Sequence[Pin], directory: Path, wheel_cache: WheelCache, progress: Progress
) -> dict[Pin, Wheel | None]:
    """Return the downloaded wheels after verifying them, several at once, and adding them to the cache."""

    def add(pin: Pin) -> Wheel | tuple[Message, ...]:
        try:
            return wheel_cache.add(directory / pin.filename, expected=pin.sha256)
        except WheelError as error:
            return error.diagnostics

    added: dict[Pin, Wheel | None] = {}
    problems: list[Message] = []
    with closing(largest_first(add, pins, size=lambda pin: (directory / pin.filename).stat().st_size)) as results:
        for count, pin in enumerate(pins, 1):
            progress.advance(Status(name=f"verify {pin}", count=count, total=len(pins)))
            found = next(results)
            if isinstance(found, tuple):
                problems += found
            else:
                added[pin] = found
    if problems:
        raise WheelError(problems)
    return added


def _check_sizes(wheels: Mapping[Pin, Wheel | None]) -> None:
    problems = [
        Diagnostic(
            code="damaged-lock",
            where=wheel.filename,
            problem=f"is {wheel.size:,} bytes, but the lock file says {pin.size:,}",
            fix="lock again",
        )
        for pin, wheel in wheels.items()
        if wheel and pin.size not in {None, wheel.size}
    ]
    if problems:
        raise WheelError(problems)


def _check_lines(pins: Sequence[Pin]) -> None:
    """Raise ``ResolveError`` for a hash or URL that pip or the cache would read as something else."""

    def problem(pin: Pin, reason: str) -> Diagnostic:
        return Diagnostic(code="damaged-lock", where=str(pin), problem=reason, fix="lock again, or fix the index")

    problems = [
        problem(pin, f"its sha256 {pin.sha256!r} isn't 64 hexadecimal digits")
        for pin in pins
        if pin.sha256 is not None and not SHA256.fullmatch(pin.sha256)
    ]
    problems += [
        problem(pin, f"its URL {pin.url!r} isn't a URL without spaces")
        for pin in pins
        if re.search(r"\s", pin.url) or not is_url(pin.url)
    ]
    if problems:
        raise ResolveError(problems)


def _check_names(pins: Sequence[Pin]) -> None:
    """Raise ``ResolveError`` for each file name that isn't the one of the pinned release."""

    def problem(pin: Pin, reason: str) -> Diagnostic:
        return Diagnostic(
            code="index-mismatch", where=str(pin), problem=reason, fix="lock again, or report it to the index owner"
        )

    problems = []
    for pin in pins:
        try:
            name, version = parse_wheel_filename(pin.filename)[:2]
        except InvalidWheelFilename as error:
            problems.append(problem(pin, f"{pin.filename!r} isn't the file name of a wheel ({str(error).rstrip('.')})"))
            continue
        if (name, version) != (pin.name, pin.version) or "/" in pin.filename or "\\" in pin.filename:
            problems.append(problem(pin, f"{pin.filename!r} is a wheel of another package or version"))
    if problems:
        raise ResolveError(problems)
