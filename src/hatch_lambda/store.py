"""The wheels of all builds on this machine, each kept once under its SHA-256 and verified when it came in."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch_lambda.errors import WheelError
from hatch_lambda.resolve.base import SHA256
from hatch_lambda.resolve.memory import Memory
from hatch_lambda.verify import verify_wheel
from hatch_lambda.wheels import Member, Wheel

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

LAYOUT = "1"
"""Version of the store's folders and of ``wheel.json``; another version is another folder."""

_DESCRIPTION = "wheel.json"
_SEALED = 315_532_800
"""Modification time of a wheel that is as it was verified (1980-01-01): whoever writes to it breaks this seal.
A whole second, because the archives that CI caches are made of keep no fractions."""

_STAGING = "staging-"
_STALE = 24 * 60 * 60
"""Seconds after which a staging folder cannot belong to a build that still runs."""


class Store:
    """A folder of verified wheels. Several builds may use one at once.

    ``memory`` is what builds have found out beside. Where the folder cannot be written to, a temporary one takes its
    place until the store is closed, and ``warnings`` says so.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / "wheels" / LAYOUT
        self._substitute: Path | None = None
        self.memory = Memory(root / "memory")
        self.warnings: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._substitute is not None:
            shutil.rmtree(self._substitute, ignore_errors=True)

    def find(self, sha256: str) -> Wheel | None:
        """Return the wheel with this hash; ``None`` if it is not here, or here but damaged.

        What is no hash in hexadecimal names no place in the store, and none outside of it.
        """
        if not SHA256.fullmatch(sha256):
            return None
        for folder in filter(None, (self._folder, self._substitute)):
            place = folder / sha256[:2] / sha256
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
        found = _sha256(file)
        if expected is not None and found != expected:
            raise WheelError(
                f"{file.name}: its sha256 is {found}, the index promised {expected}; build again, and if it stays so, "
                "ask whoever runs the index"
            )
        known = self.find(found)
        if known is not None:
            return known
        wheel = verify_wheel(file, found)
        try:
            return _place(self._folder, file, wheel)
        except OSError as error:
            if self._substitute is None:
                self._substitute = Path(tempfile.mkdtemp(prefix="hatch-lambda-"))
                reason = error.strerror or str(error)
                self.warnings.append(
                    f"The wheel store {self._folder} cannot be written to ({reason}); wheels are kept in a temporary "
                    "folder for this build only."
                )
            return _place(self._substitute, file, wheel)


def _is_there(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # a folder that may not be looked into; Python 3.14 no longer raises it
        return False


def _read(place: Path, sha256: str) -> Wheel | None:
    try:
        seal, _, text = (place / _DESCRIPTION).read_text("utf-8").partition("\n")
        if seal != hashlib.sha256(text.encode()).hexdigest():
            return None
        values = json.loads(text)
        path = place / values["filename"]
        stat = path.stat()
        if values["sha256"] != sha256 or stat.st_size != values["size"]:
            return None
        if stat.st_mtime != _SEALED and _sha256(path) != sha256:
            return None
        return _wheel(path, values)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _wheel(path: Path, values: dict[str, Any]) -> Wheel:
    values["members"] = tuple(Member(*member) for member in values["members"])
    values["requires_dist"] = tuple(values["requires_dist"])
    values["provides_extra"] = tuple(values["provides_extra"])
    values["console_scripts"] = tuple(map(tuple, values["console_scripts"]))
    return Wheel(path=path, **values)


def _place(folder: Path, file: Path, wheel: Wheel) -> Wheel:
    """Put a copy and its description into the store in one step; whoever comes second uses the first one's.

    Raises ``OSError`` where that cannot be, or what is there is damaged and stays.
    """
    place = folder / wheel.sha256[:2] / wheel.sha256
    place.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=folder))
    try:
        copy = staging / wheel.filename
        shutil.copyfile(file, copy)
        os.utime(copy, (_SEALED, _SEALED))
        if os.name != "nt":  # where read-only files cannot be removed
            copy.chmod(0o444)
        text = json.dumps(_values(wheel))
        seal = hashlib.sha256(text.encode()).hexdigest()
        (staging / _DESCRIPTION).write_text(f"{seal}\n{text}", "utf-8", newline="\n")
        staging.chmod(0o755)
        try:
            staging.rename(place)
        except OSError:
            kept = _read(place, wheel.sha256)
            if kept is None:  # damaged, and it could not be removed either
                raise
            return kept
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return replace(wheel, path=place / wheel.filename)


def _values(wheel: Wheel) -> dict[str, Any]:
    """Return what is so of a wheel wherever it comes from and lies."""
    names = [field.name for field in fields(wheel) if field.name not in {"path", "built", "built_from"}]
    return {name: getattr(wheel, name) for name in names}


def _sweep(folder: Path) -> None:
    """Remove what killed builds have left."""
    for left in folder.glob(f"{_STAGING}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)


def _sha256(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(1 << 20):
            found.update(chunk)
    return found.hexdigest()
