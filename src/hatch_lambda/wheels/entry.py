"""An entry of the cache: a directory with a zip and its sealed description, added in one step, verified on every use.

Each function raises one of ``UNUSABLE`` for a damaged entry.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hatch_lambda.files.private_directory import make_private_directory
from hatch_lambda.files.temporary import remove_stale
from hatch_lambda.zipfiles.hashing import file_state, sha256_of
from hatch_lambda.zipfiles.members import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatch_lambda.zipfiles.hashing import FileState

Read = TypeVar("Read")

UNUSABLE: tuple[type[Exception], ...] = (*UNREADABLE, RecursionError)
"""The exceptions of reading a damaged entry; ``RecursionError`` is for JSON that is nested too deeply."""

_STAGING = "staging-"


def is_there(place: Path) -> bool:
    """Return whether there is an entry at ``place`` that this user can look for."""
    try:
        return place.exists()
    except OSError:  # no permission to search the directory; Python 3.14 no longer raises it
        return False


def read_description(file: Path) -> object:
    """Return the JSON value of a description; raises one of ``UNUSABLE`` unless it matches its seal."""
    seal, _, text = file.read_text("utf-8").partition("\n")
    if seal != hashlib.sha256(text.encode()).hexdigest():
        raise ValueError("damaged")
    return json.loads(text)


def write_description(file: Path, value: object) -> None:
    """Write a JSON value and its hash, the seal; raises ``OSError``."""
    text = json.dumps(value)
    seal = hashlib.sha256(text.encode()).hexdigest()
    file.write_text(f"{seal}\n{text}", "utf-8", newline="\n")


def hash_zip(path: Path, sha256: str, size: int) -> FileState:
    """Return the state of a zip, after hashing it.

    Raises one of ``UNUSABLE`` unless the zip has this hash and this size in bytes.
    """
    if not path.is_file():  # opening a pipe would block
        raise ValueError("no file")
    with path.open("rb", buffering=0) as file:
        state = file_state(file)  # first, so that a change from now on leads to another state
        if (sha256_of(file), file.tell()) != (sha256, size):
            raise ValueError("other bytes")
    return state


def put_entry(place: Path, root: Path, fill: Callable[[Path], Read], read: Callable[[Path], Read | None]) -> Read:
    """Add an entry in one step and return it; if another build was faster, return that of the other as it reads.

    ``fill`` writes the files into a directory below ``root``, which then becomes ``place``, and returns the entry at
    ``place``. Raises ``OSError`` if that isn't possible, or if a damaged entry can't be removed.
    """
    make_private_directory(place.parent)
    remove_stale(root.glob(f"{_STAGING}*"))
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=root))
    try:
        made = fill(staging)
        staging.rename(place)
    except OSError:
        kept = read(place)
        if kept is None:  # not writable, or the entry is damaged and couldn't be removed
            raise
        return kept
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return made


def make_read_only(file: Path) -> None:
    """Make a file read-only, except on Windows, which can't remove such files."""
    if os.name != "nt":
        file.chmod(0o444)
