"""The cached results of earlier builds."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest

from hatch_lambda.files import json_values
from hatch_lambda.resolve.cache import ResultCache

if TYPE_CHECKING:
    from pathlib import Path

DAY = 24 * 60 * 60


def anything(value: Any) -> Any:
    """Return a value of any shape."""
    return value


def test_the_next_build_reads_what_was_cached(tmp_path):
    ResultCache(tmp_path / "memory").put({"wheel": "ab12"}, "built", "cd34")

    assert ResultCache(tmp_path / "memory").get(anything, "built", "cd34") == {"wheel": "ab12"}
    assert [file.suffix for file in (tmp_path / "memory").iterdir()] == [".json"]


def test_what_was_not_cached_is_unknown(tmp_path):
    memory = ResultCache(tmp_path)
    memory.put(1, "a", "b")

    assert memory.get(anything, "a", "c") is None


def test_an_unchanged_value_is_not_written_again(tmp_path):
    memory = ResultCache(tmp_path)
    memory.put(1, "key")
    (file,) = tmp_path.iterdir()
    file.unlink()

    memory.put(1, "key")

    assert list(tmp_path.iterdir()) == []
    assert memory.get(anything, "key") == 1


def test_the_newest_value_is_kept(tmp_path):
    memory = ResultCache(tmp_path)
    memory.put(1, "key")
    memory.put(2, "key")

    assert (memory.get(anything, "key"), ResultCache(tmp_path).get(anything, "key")) == (2, 2)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"ab12\n[1]"])
def test_damaged_results_are_removed(tmp_path, content):
    ResultCache(tmp_path).put([1], "key")
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)

    assert ResultCache(tmp_path).get(anything, "key") is None


def test_values_that_cannot_be_cached_are_known_to_this_build_only(tmp_path):
    file = tmp_path / "file"
    file.write_text("no folder")
    memory = ResultCache(file / "memory")

    memory.put([1], "key")

    assert memory.get(anything, "key") == [1]
    assert ResultCache(file / "memory").get(anything, "key") is None


def write(directory: Path, text: str) -> None:
    """Put a text under ``"key"``, whole and sealed, as another version of hatch-lambda might."""
    ResultCache(directory).put([1], "key")
    (file,) = directory.iterdir()
    file.write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}", "utf-8")


@pytest.mark.parametrize(
    "text",
    ["{}", "[5]", "null", "1e400", '["\\ud800"]', "[" * 20_000 + "]" * 20_000, "9" * 5_000, "{", '[["a"]]', "[true]"],
)
def test_cached_values_of_another_shape_are_removed(tmp_path, text):
    write(tmp_path, text)

    assert ResultCache(tmp_path).get(json_values.texts, "key") is None


def test_cached_values_of_the_expected_shape_are_returned(tmp_path):
    write(tmp_path, '["a", "b"]')

    assert ResultCache(tmp_path).get(json_values.texts, "key") == ("a", "b")


@pytest.mark.parametrize(
    "value", [["https://user:secret@host/x.whl"], {"url": "git+ssh://token@host/x"}, "http://a:b@[::1]/x"]
)
def test_a_value_with_credentials_is_known_to_this_build_only(tmp_path, value):
    memory = ResultCache(tmp_path / "memory")

    memory.put(value, "key")

    assert memory.get(anything, "key") == value
    assert ResultCache(tmp_path / "memory").get(anything, "key") is None
    assert not (tmp_path / "memory").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs the modes of POSIX")
def test_cached_results_are_for_this_user_alone(tmp_path):
    ResultCache(tmp_path / "cache" / "memory").put([1], "key")

    (file,) = (tmp_path / "cache" / "memory").iterdir()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "cache", tmp_path / "cache" / "memory", file)]
    assert modes == [0o700, 0o700, 0o600]


def test_files_of_killed_builds_are_removed_after_a_day(tmp_path):
    for name, age in {"staging-old": DAY + 60, "staging-young": DAY - 60, "old.json": DAY + 60}.items():
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (time.time() - age, time.time() - age))

    ResultCache(tmp_path).put([1], "key")

    names = {path.name for path in tmp_path.iterdir()}
    assert (len(names), names >= {"staging-young", "old.json"}) == (3, True)
