"""The wheels of all builds on this machine, each kept once under its SHA-256, which every build takes again."""

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

from hatch_lambda.errors import TemporaryError, WheelError, masked
from hatch_lambda.files.private_directory import check_private, make_private_directory
from hatch_lambda.files.temporary import make_temporary_directory, remove_stale, temporary_problem
from hatch_lambda.resolve.base import SHA256
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.wheels.verify import verify_wheel
from hatch_lambda.wheels.wheel import Wheel
from hatch_lambda.zipfiles.hashing import CHUNK, hash_spans, sha256_of
from hatch_lambda.zipfiles.layout import content_offset
from hatch_lambda.zipfiles.members import UNREADABLE

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from hatch_lambda.diagnostics import Message

LAYOUT = "1"
"""Version of the cache's folders and of ``wheel.json``; another version is another folder."""

_DESCRIPTION = "wheel.json"
_STAGING = "staging-"
_UNUSABLE: tuple[type[Exception], ...] = (*UNREADABLE, RecursionError)
"""What reading an entry raises that is not as we write it; the last for JSON that is nested too deep."""


class WheelCache:
    """A folder of verified wheels. Several builds may use one at once.

    ``results`` is what builds have found out beside. Where the folder cannot be written to, a temporary one takes its
    place until the store is closed, and ``warnings`` says so. That also has what must not stay: wheels whose
    requirements hold credentials.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._directory = root / "wheels" / LAYOUT
        self._substitute: Path | None = None
        self.results = ResultCache(root / "memory")
        self.warnings: list[Message] = []

    def __enter__(self) -> Self:
        """Return the store; raises ``ConfigError`` if another user can change what is in it."""
        check_private(self._root, (self._root, self._directory.parent, self._directory, self.results.directory))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._substitute is not None:
            shutil.rmtree(self._substitute, ignore_errors=True)

    def find(self, sha256: str) -> Wheel | None:
        """Return the wheel with this hash, all of whose bytes were hashed again; ``None`` if it is not here or damaged.

        What is no hash in hexadecimal names no place in the store, and none outside of it.
        """
        if not SHA256.fullmatch(sha256):
            return None
        for directory in filter(None, (self._directory, self._substitute)):
            place = directory / sha256[:2] / sha256
            if not _is_there(place):  # asked first: what another build puts there from now on is not damaged
                continue
            wheel = _read(place, sha256)
            if wheel is not None:
                return wheel
            shutil.rmtree(place, ignore_errors=True)
        return None

    def add(self, file: Path, *, expected: str | None) -> Wheel:
        """Verify a wheel, keep a copy of it and return that; ``expected`` is the SHA-256 that was promised.

        Raises ``WheelError`` if the file is not what was promised or is not a sound wheel; nothing is kept then.
        """
        with file.open("rb") as opened:
            found = sha256_of(opened)
        if expected is not None and found != expected:
            raise WheelError(
                f"{file.name}: its sha256 is {found}, the index promised {expected}; build again, and if it stays so, "
                "ask whoever runs the index"
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
            reason = error.strerror or str(error)
            if not self.warnings:
                self.warnings.append(
                    f"The wheel store {self._directory} cannot be written to ({reason}); wheels are kept in a "
                    "temporary folder for this build only."
                )
            try:
                return self._add_for_now(file, wheel)
            except TemporaryError as second:
                raise TemporaryError(
                    f"{self._directory}: the cache cannot be written to ({reason}); {second}"
                ) from None

    def _add_for_now(self, file: Path, wheel: Wheel) -> Wheel:
        """Keep a wheel until the store is closed; raises ``TemporaryError`` if that cannot be either."""
        if self._substitute is None:
            self._substitute = make_temporary_directory()
        try:
            return _put(self._substitute, file, wheel)
        except OSError as error:
            raise TemporaryError(temporary_problem(error)) from None


def _is_there(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # a folder that may not be looked into; Python 3.14 no longer raises it
        return False


def _read(place: Path, sha256: str) -> Wheel | None:
    """Return the wheel in an entry; ``None`` unless its bytes have this hash, and it is as its description says."""
    try:
        seal, _, text = (place / _DESCRIPTION).read_text("utf-8").partition("\n")
        if seal != hashlib.sha256(text.encode()).hexdigest():
            return None
        wheel = Wheel.from_json(json.loads(text), place)
        if not wheel.path.is_file():  # a pipe would be waited for
            return None
        with wheel.path.open("rb", buffering=CHUNK) as file:
            found, checkpoints = hash_spans(file, ((member.offset, member.compressed) for member in wheel.members))
            if (found, file.tell()) != (wheel.sha256, wheel.size) or found != sha256 or not _describes(wheel, file):
                return None
    except _UNUSABLE:
        return None
    return replace(wheel, checkpoints=checkpoints)


def _describes(wheel: Wheel, file: BinaryIO) -> bool:
    """Return whether the members of the wheel are those that its directory has."""
    with zipfile.ZipFile(file) as archive:
        infos = [info for info in archive.infolist() if not info.orig_filename.endswith("/")]
        found = [
            (one.filename, content_offset(file, one), one.compress_type, one.CRC, one.compress_size, one.file_size)
            for one in infos
        ]
    return found == [member[:6] for member in wheel.members]


def _put(directory: Path, file: Path, wheel: Wheel) -> Wheel:
    """Put a copy and its description into the store in one step; whoever comes second uses the first one's.

    Raises ``OSError`` where that cannot be, or what is there is damaged and stays.
    """
    place = directory / wheel.sha256[:2] / wheel.sha256
    make_private_directory(place.parent)
    remove_stale(directory.glob(f"{_STAGING}*"))
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=directory))
    try:
        copy = staging / wheel.filename
        shutil.copyfile(file, copy)
        if os.name != "nt":  # where read-only files cannot be removed
            copy.chmod(0o444)
        text = json.dumps(wheel.as_json())
        seal = hashlib.sha256(text.encode()).hexdigest()
        (staging / _DESCRIPTION).write_text(f"{seal}\n{text}", "utf-8", newline="\n")
        staging.rename(place)
    except OSError:
        kept = _read(place, wheel.sha256)
        if kept is None:  # it cannot be written, or what is there is damaged and could not be removed either
            raise
        return kept
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    kept = _read(place, wheel.sha256)
    if kept is None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return kept
