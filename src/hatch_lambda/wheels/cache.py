"""The wheel cache: each verified wheel once, by its SHA-256, which every build verifies again."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import TemporaryError, WheelError, masked
from hatch_lambda.files.private_directory import CACHE_VARIABLE, check_private, make_private_directory
from hatch_lambda.files.temporary import make_temporary_directory, remove_stale, temporary_problem
from hatch_lambda.resolve.base import SHA256
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.wheels.wheel import Wheel
from hatch_lambda.zipfiles.hashing import file_state, sha256_of
from hatch_lambda.zipfiles.layout import content_offset
from hatch_lambda.zipfiles.members import UNREADABLE

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from hatch_lambda.diagnostics import Message

LAYOUT = "1"
"""Version of the layout of the cache and of ``wheel.json``; each version has its own directory."""

_DESCRIPTION = "wheel.json"
_STAGING = "staging-"
_UNUSABLE: tuple[type[Exception], ...] = (*UNREADABLE, RecursionError)
"""The exceptions of reading a damaged entry; ``RecursionError`` is for JSON that is nested too deeply."""


class WheelCache:
    """A directory of verified wheels, which several builds can use at once.

    ``results`` caches other results of builds. If the directory isn't writable, a temporary one replaces it until the
    cache is closed, and ``warnings`` has a warning. Wheels whose requirements contain credentials are always in the
    temporary directory.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._directory = root / "wheels" / LAYOUT
        self._substitute: Path | None = None
        self.results = ResultCache(root / "memory")
        self.warnings: list[Message] = []

    def __enter__(self) -> Self:
        """Return the cache; raises ``ConfigError`` if another user can change its content."""
        check_private(self._root, (self._root, self._directory.parent, self._directory, self.results.directory))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._substitute is not None:
            shutil.rmtree(self._substitute, ignore_errors=True)

    def find(self, sha256: str) -> Wheel | None:
        """Return the wheel with this hash, after hashing all its bytes; ``None`` if it is missing or damaged.

        Any text that isn't a hash in hexadecimal results in ``None`` too: it must not lead out of the cache.
        """
        if not SHA256.fullmatch(sha256):
            return None
        for directory in filter(None, (self._directory, self._substitute)):
            place = directory / sha256[:2] / sha256
            if not _is_there(place):  # first, because another build can add a sound wheel at any time
                continue
            wheel = _read(place, sha256)
            if wheel is not None:
                return wheel
            shutil.rmtree(place, ignore_errors=True)
        return None

    def add(self, file: Path, *, expected: str | None) -> Wheel:
        """Verify a wheel, add a copy to the cache, and return the copy; ``expected`` is the SHA-256 from the index.

        Raises ``WheelError`` if the hash differs or the wheel is damaged; the cache then stays as it was.
        """
        from hatch_lambda.wheels.verify import verify_wheel

        with file.open("rb") as opened:
            found = sha256_of(opened)
        if expected is not None and found != expected:
            raise WheelError(
                Diagnostic(
                    code="hash-mismatch",
                    where=file.name,
                    problem=f"its SHA-256 is {found}, but the index declares {expected}",
                    fix="rebuild to download it again, or report it to the index owner",
                )
            )
        known = self.find(found)
        if known is not None:
            return known
        wheel = verify_wheel(file, found)
        if any(masked(requirement) != requirement for requirement in wheel.requires_dist):
            return self._add_for_now(file, wheel)
        try:
            return _put(self._directory, file, wheel)
        except OSError as error:
            warning = self._not_writable(error)
            if not self.warnings:
                self.warnings.append(warning)
            try:
                return self._add_for_now(file, wheel)
            except TemporaryError as second:
                raise TemporaryError((replace(warning, severity="error"), *second.diagnostics)) from None

    def _not_writable(self, error: OSError) -> Diagnostic:
        return Diagnostic(
            code="cache-not-writable",
            where=str(self._directory),
            problem=f"can't write to the wheel cache ({error.strerror or error})",
            fix=f"make it writable, or set {CACHE_VARIABLE} to another directory",
            severity="warning",
        )

    def _add_for_now(self, file: Path, wheel: Wheel) -> Wheel:
        """Keep a wheel until the cache is closed; raises ``TemporaryError`` if it can't be written."""
        if self._substitute is None:
            self._substitute = make_temporary_directory()
        try:
            return _put(self._substitute, file, wheel)
        except OSError as error:
            raise TemporaryError(temporary_problem(error)) from None


def _is_there(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # no permission to search the directory; Python 3.14 no longer raises it
        return False


def _read(place: Path, sha256: str) -> Wheel | None:
    """Return the wheel in an entry; ``None`` unless its bytes match this hash and its description."""
    try:
        seal, _, text = (place / _DESCRIPTION).read_text("utf-8").partition("\n")
        if seal != hashlib.sha256(text.encode()).hexdigest():
            return None
        wheel = Wheel.from_json(json.loads(text), place)
        if not wheel.path.is_file():  # opening a pipe would block
            return None
        with wheel.path.open("rb") as file:
            state = file_state(file)
            found = sha256_of(file)
            if (found, file.tell()) != (wheel.sha256, wheel.size) or found != sha256 or not _describes(wheel, file):
                return None
    except _UNUSABLE:
        return None
    return replace(wheel, state=state)


def _describes(wheel: Wheel, file: BinaryIO) -> bool:
    """Return whether the members of the wheel are those in its zip directory."""
    with zipfile.ZipFile(file) as archive:
        infos = [info for info in archive.infolist() if not info.orig_filename.endswith("/")]
        found = [
            (one.filename, content_offset(file, one), one.compress_type, one.CRC, one.compress_size, one.file_size)
            for one in infos
        ]
    return found == [member[:6] for member in wheel.members]


def _put(directory: Path, file: Path, wheel: Wheel) -> Wheel:
    """Add a copy and its description to the cache in one step; if another build was faster, return its copy.

    The wheel has no state: the copy is so new that its times might not show a change. Raises ``OSError`` if that isn't
    possible, or if a damaged entry can't be removed.
    """
    place = directory / wheel.sha256[:2] / wheel.sha256
    make_private_directory(place.parent)
    remove_stale(directory.glob(f"{_STAGING}*"))
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=directory))
    try:
        copy = staging / wheel.filename
        shutil.copyfile(file, copy)
        if os.name != "nt":  # Windows can't remove read-only files
            copy.chmod(0o444)
        text = json.dumps(wheel.as_json())
        seal = hashlib.sha256(text.encode()).hexdigest()
        (staging / _DESCRIPTION).write_text(f"{seal}\n{text}", "utf-8", newline="\n")
        staging.rename(place)
    except OSError:
        kept = _read(place, wheel.sha256)
        if kept is None:  # not writable, or the entry is damaged and couldn't be removed
            raise
        return replace(kept, state=None)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    kept = _read(place, wheel.sha256)
    if kept is None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return replace(kept, state=None)
