"""The hash of a file, and whether a file still is the one that was hashed."""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.zipfiles.hashing import CHUNK, file_state, is_unchanged, sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_lambda.zipfiles.hashing import FileState

DATA = bytes(range(256)) * (3 * CHUNK // 256) + b"end"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return path


def state_of(path: Path) -> FileState:
    with path.open("rb") as opened:
        return file_state(opened)


def unchanged(path: Path, sha256: str, state: FileState | None) -> bool:
    with path.open("rb") as opened:
        return is_unchanged(opened, sha256, state)


def pass_time(path: Path) -> None:
    """Wait until the clock of the file system shows another time than the file's."""
    clock = path.with_name("clock")
    clock.touch()
    while state_of(clock).changed == state_of(path).changed:
        time.sleep(0.001)
        clock.write_bytes(b"")
        clock.touch()


def test_the_hash_is_that_of_the_whole_file(file):
    with file.open("rb") as opened:
        assert sha256_of(opened) == SHA256


def test_reading_a_file_leaves_its_state(file):
    before = state_of(file)

    assert file.read_bytes() == DATA
    assert state_of(file) == before


def test_a_file_in_the_same_state_is_not_hashed_again(file):
    assert unchanged(file, "the hash of nothing", state_of(file))


@pytest.mark.parametrize("has_state", [True, False])
def test_the_same_bytes_in_another_state_are_unchanged(file, has_state):
    before = state_of(file) if has_state else None
    pass_time(file)
    os.utime(file)

    assert unchanged(file, SHA256, before)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no time of the last change that programs can't set")
def test_other_bytes_of_the_same_size_and_time_are_a_change(file):
    before, times = state_of(file), file.stat()
    pass_time(file)
    file.write_bytes(DATA[::-1])
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert not unchanged(file, SHA256, before)


def test_another_file_at_its_path_is_a_change(file):
    before = state_of(file)
    other = file.with_name("other")
    other.write_bytes(DATA[::-1])
    other.replace(file)

    assert not unchanged(file, SHA256, before)


def test_without_a_state_the_bytes_decide(file):
    assert unchanged(file, SHA256, None)

    file.write_bytes(DATA[::-1])

    assert not unchanged(file, SHA256, None)
