"""Directories of the cache: they are created for this user only, and rejected if others can change them."""

from __future__ import annotations

import os
import stat

import pytest

from hatch_lambda.errors import ConfigError
from hatch_lambda.files.private_directory import check_private, make_private_directory

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs the modes of POSIX")


def test_what_is_missing_above_is_made_private_too_and_what_is_there_stays(tmp_path):
    (tmp_path / "there").mkdir(mode=0o755)

    make_private_directory(tmp_path / "there" / "one" / "two")
    make_private_directory(tmp_path / "there" / "one" / "two")

    directories = (tmp_path / "there", tmp_path / "there" / "one", tmp_path / "there" / "one" / "two")
    assert [stat.S_IMODE(directory.stat().st_mode) for directory in directories] == [0o755, 0o700, 0o700]


def test_a_directory_of_another_user_is_rejected(tmp_path):
    owner = tmp_path.stat().st_uid or 12_345
    os.chown(tmp_path, owner, -1)  # which changes something for root only, who may own anything

    with pytest.raises(ConfigError) as caught:
        check_private(tmp_path, [tmp_path], user=owner + 1)

    assert str(caught.value) == (
        f"error: {tmp_path}: another user can change the cache, because the directory belongs to user {owner}; "
        "remove it, or set HATCH_LAMBDA_CACHE_DIR to a directory that you own [unsafe-cache]"
    )
