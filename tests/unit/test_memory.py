"""What an earlier build has found out."""

from __future__ import annotations

import pytest

from hatch_lambda.resolve.memory import Memory


def test_what_was_remembered_is_known_to_the_next_build(tmp_path):
    Memory(tmp_path / "memory").remember({"wheel": "ab12"}, "built", "cd34")

    assert Memory(tmp_path / "memory").recall("built", "cd34") == {"wheel": "ab12"}
    assert [file.suffix for file in (tmp_path / "memory").iterdir()] == [".json"]


def test_what_nobody_remembered_is_not_known(tmp_path):
    memory = Memory(tmp_path)
    memory.remember(1, "a", "b")

    assert memory.recall("a", "c") is None


def test_the_newest_value_stands(tmp_path):
    memory = Memory(tmp_path)
    memory.remember(1, "key")
    memory.remember(2, "key")

    assert (memory.recall("key"), Memory(tmp_path).recall("key")) == (2, 2)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"ab12\n[1]"])
def test_what_was_damaged_is_forgotten(tmp_path, content):
    Memory(tmp_path).remember([1], "key")
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)

    assert Memory(tmp_path).recall("key") is None


def test_what_cannot_be_written_is_known_to_this_build_only(tmp_path):
    file = tmp_path / "file"
    file.write_text("no folder")
    memory = Memory(file / "memory")

    memory.remember([1], "key")

    assert memory.recall("key") == [1]
    assert Memory(file / "memory").recall("key") is None
