"""The wheel cache: each verified wheel once, by its SHA-256, which every build verifies again."""

from __future__ import annotations

import shutil
import threading
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import TemporaryError, WheelError, masked
from hatch_lambda.files.private_directory import CACHE_VARIABLE, check_private
from hatch_lambda.files.temporary import make_temporary_directory, temporary_problem
from hatch_lambda.resolve.base import SHA256
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.wheels.derived import derived_place, put_derived, read_derived
from hatch_lambda.wheels.entry import (
    UNUSABLE,
    hash_zip,
    is_there,
    make_read_only,
    put_entry,
    read_description,
    write_description,
)
from hatch_lambda.wheels.wheel import Wheel
from hatch_lambda.zipfiles.hashing import sha256_of
from hatch_lambda.zipfiles.layout import content_offset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

    from hatch_lambda.diagnostics import Message
    from hatch_lambda.wheels.derived import DerivedFiles, Key
    from hatch_lambda.wheels.member_reader import MemberReader

Put = TypeVar("Put")

LAYOUT = "1"
"""Version of the layout of the cache and of ``wheel.json``; each version has its own directory."""

_DESCRIPTION = "wheel.json"


class WheelCache:
    """A directory of verified wheels, which several builds can use at once.

    ``facts`` caches what is read from wheels, also by the ``readers``, which are made for each wheel that is added.
    ``results`` caches other results of builds. If the directory isn't writable, a temporary one replaces it until the
    cache is closed, and ``warnings`` has a warning. Wheels whose requirements contain credentials are always in the
    temporary directory.
    """

    def __init__(self, root: Path, readers: Sequence[Callable[[], MemberReader]] = ()) -> None:
        self._root = root
        self._readers = readers
        self._directory = root / "wheels" / LAYOUT
        self._substitute: Path | None = None
        self._lock = threading.Lock()
        self.facts = ResultCache(root / "facts")
        self.results = ResultCache(root / "memory")
        self.warnings: list[Message] = []

    def __enter__(self) -> Self:
        """Return the cache; raises ``ConfigError`` if another user can change its content."""
        caches = (self.facts.directory, self.results.directory)
        check_private(self._root, (self._root, self._directory.parent, self._directory, *caches))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._substitute is not None:
            shutil.rmtree(self._substitute, ignore_errors=True)

    @property
    def is_empty(self) -> bool:
        """Return whether the cache has no wheels yet, as on a new machine."""
        try:
            return not any(self._directory.iterdir())
        except OSError as error:  # it doesn't exist, or this user can't read it
            return isinstance(error, FileNotFoundError)

    def find(self, sha256: str) -> Wheel | None:
        """Return the wheel with this hash, after hashing all its bytes; ``None`` if it is missing or damaged.

        Any text that isn't a hash in hexadecimal results in ``None`` too: it must not lead out of the cache.
        """
        if not SHA256.fullmatch(sha256):
            return None
        for directory in filter(None, (self._directory, self._substitute)):
            place = _place(directory, sha256)
            if not is_there(place):  # first, because another build can add a sound wheel at any time
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
        readers = [start() for start in self._readers]
        wheel = verify_wheel(file, found, readers)
        for key, value in (result for reader in readers for result in reader.results()):
            self.facts.put(value, *key, found)
        if any(masked(requirement) != requirement for requirement in wheel.requires_dist):
            return self._put_for_now(lambda directory: _put(directory, file, wheel))
        return self._put(lambda directory: _put(directory, file, wheel))

    def find_derived(self, wheel: Wheel, kind: str, key: Key) -> DerivedFiles | None:
        """Return the files of a kind that were made from a wheel; ``None`` if they are missing or damaged.

        ``key`` is what they depend on besides the wheel. All their bytes are hashed.
        """
        for directory in filter(None, (self._directory, self._substitute)):
            found = read_derived(derived_place(_place(directory, wheel.sha256), kind, key), wheel, kind, key)
            if found is not None:
                return found
        return None

    def derived(
        self,
        wheel: Wheel,
        kind: str,
        key: Key,
        make: Callable[[], Iterable[tuple[str, bytes]]],
        *,
        fresh: bool = False,
    ) -> DerivedFiles:
        """Return the files of a kind that were made from a wheel, after making them if the cache lacks them.

        ``make`` returns their names and contents; it is called again if they can't be written into the cache. If
        ``fresh`` is set, they are made for this build in any case. Several threads can call this. Raises
        ``TemporaryError`` if they can't be written anywhere.
        """

        def put(directory: Path) -> DerivedFiles:
            place = derived_place(_place(directory, wheel.sha256), kind, key)
            return put_derived(place, directory, wheel, kind, key, make())

        found = None if fresh else self.find_derived(wheel, kind, key)
        if found is not None:
            return found
        is_cached = self._directory in wheel.path.parents
        return self._put(put) if is_cached and not fresh else self._put_for_now(put)

    def _put(self, put: Callable[[Path], Put]) -> Put:
        """Put an entry into the cache, or until it is closed into a temporary directory; raises ``TemporaryError``."""
        try:
            return put(self._directory)
        except OSError as error:
            warning = self._not_writable(error)
            with self._lock:
                if not self.warnings:
                    self.warnings.append(warning)
            try:
                return self._put_for_now(put)
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

    def _put_for_now(self, put: Callable[[Path], Put]) -> Put:
        """Keep an entry until the cache is closed; raises ``TemporaryError`` if it can't be written."""
        with self._lock:
            if self._substitute is None:
                self._substitute = make_temporary_directory()
        try:
            return put(self._substitute)
        except OSError as error:
            raise TemporaryError(temporary_problem(error)) from None


def _place(directory: Path, sha256: str) -> Path:
    return directory / sha256[:2] / sha256


def _read(place: Path, sha256: str) -> Wheel | None:
    """Return the wheel in an entry; ``None`` unless its bytes match this hash and its description."""
    try:
        wheel = Wheel.from_json(read_description(place / _DESCRIPTION), place)
        if wheel.sha256 != sha256:
            return None
        state = hash_zip(wheel.path, sha256, wheel.size)
        return replace(wheel, state=state) if _describes(wheel) else None
    except UNUSABLE:
        return None


def _describes(wheel: Wheel) -> bool:
    """Return whether the members of the wheel are those in its zip directory, because only its bytes are pinned."""
    with wheel.path.open("rb") as file, zipfile.ZipFile(file) as archive:
        infos = [info for info in archive.infolist() if not info.orig_filename.endswith("/")]
        found = [
            (one.filename, content_offset(file, one), one.compress_type, one.CRC, one.compress_size, one.file_size)
            for one in infos
        ]
    return found == [member[:6] for member in wheel.members]


def _put(directory: Path, file: Path, wheel: Wheel) -> Wheel:
    """Add a copy of a wheel and its description to the cache in one step; raises ``OSError`` if that isn't possible."""
    place = _place(directory, wheel.sha256)

    def fill(staging: Path) -> Wheel:
        copy = staging / wheel.filename
        shutil.copyfile(file, copy)
        make_read_only(copy)
        write_description(staging / _DESCRIPTION, wheel.as_json())
        return replace(wheel, path=place / wheel.filename)

    added = put_entry(place, directory, fill, lambda there: _read(there, wheel.sha256))
    return replace(added, state=None)  # it is so new that its times might not show a change; so it is hashed later
