"""Temporary directories: for this user only, removed at the end, and one line if the disk is full."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import time
from pathlib import Path

import pytest

from hatch_lambda.errors import TemporaryError
from hatch_lambda.files.temporary import (
    check_space,
    remove_stale,
    sweep_temporary_directories,
    temporary_directory,
    temporary_space,
)

DAY = 24 * 60 * 60
FREE_SPACE = "free some space, or set TMPDIR to another directory [disk-full]"
MAKE_WRITABLE = "make it writable, or set TMPDIR to another directory [directory-not-writable]"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs TMPDIR and modes")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The directory for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_temporary_directory_is_for_this_user_alone_and_is_removed(place):
    with temporary_directory() as directory:
        mode = stat.S_IMODE(Path(directory).stat().st_mode)
        Path(directory, "file").write_text("")

    assert (mode, list(place.iterdir())) == (0o700, [])


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_no_space_in_the_block_names_the_directory(place, code):
    with pytest.raises(TemporaryError) as caught, temporary_directory():
        raise OSError(code, os.strerror(code))

    assert str(caught.value) == f"error: {place}: can't write temporary files ({os.strerror(code)}); {FREE_SPACE}"
    assert list(place.iterdir()) == []


def test_any_other_error_of_the_block_stays_what_it_is():
    with pytest.raises(PermissionError), temporary_space():
        raise PermissionError(errno.EACCES, "no")


def test_a_missing_directory_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))

    with pytest.raises(TemporaryError) as caught, temporary_directory():
        pass

    assert str(caught.value) == (
        f"error: {tmp_path / 'gone'}: can't write temporary files (No such file or directory); {MAKE_WRITABLE}"
    )


def test_where_no_directory_can_be_used_the_variable_is_named(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/dev/null"])

    with pytest.raises(TemporaryError) as caught, temporary_directory():
        pass

    monkeypatch.setattr(tempfile, "tempdir", None)
    assert str(caught.value) == (
        "error: TMPDIR: can't write temporary files (No usable temporary directory found in ['/dev/null']); "
        f"{MAKE_WRITABLE}"
    )
    sweep_temporary_directories()  # which finds none either, and says nothing


def test_another_programs_message_about_its_disk_space_is_kept(place):
    check_space("ERROR: something else")
    with pytest.raises(TemporaryError) as caught:
        check_space("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n")

    assert str(caught.value) == f"error: {place}: can't write temporary files (No space left on device); {FREE_SPACE}"


def test_only_what_is_old_and_of_this_user_is_removed(tmp_path):
    old = time.time() - DAY - 60
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "file").write_text("")
    (tmp_path / "young").write_text("")
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    for name in ("folder", "file", "link", "kept"):
        os.utime(tmp_path / name, (old, old), follow_symlinks=False)

    remove_stale(tmp_path / name for name in ("folder", "file", "young", "link", "gone"))

    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "young"]
