"""Which paths a zip can have, and which files of this machine are read."""

from __future__ import annotations

import os
import re
import socket
import tracemalloc
from pathlib import Path

import pytest

from hatch_lambda.files.paths import SortedPaths, check_regular, files_as_directories, path_problem

FORBIDDEN = "contains a backslash, a drive letter, or a control character"
TOO_LONG = "is longer than Linux allows"
NOT_PLAIN = "isn't a plain path inside the zip"


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("a", None),
        ("a/b c/é.py", None),
        ("ab:c/d:", None),
        ("a./b ", None),
        ("\x7f\x9b\u202e", None),
        ("d" * 255, None),
        ("d/" * 2042 + "x", None),
        ("d" * 256, TOO_LONG),
        ("é" * 128, TOO_LONG),
        ("d/" * 2043 + "x", TOO_LONG),
        ("a\\b", FORBIDDEN),
        ("C:a", FORBIDDEN),
        ("a\nb", FORBIDDEN),
        ("a/\x1b[31m", FORBIDDEN),
        ("", NOT_PLAIN),
        ("a//b", NOT_PLAIN),
        ("/a", NOT_PLAIN),
        ("a/", NOT_PLAIN),
        ("./a", NOT_PLAIN),
        ("a/../../b", NOT_PLAIN),
        ("caf\udce9.py", "isn't valid UTF-8"),
    ],
)
def test_a_path_that_not_every_system_can_hold_is_a_problem(path, problem):
    assert path_problem(path) == problem


def test_a_file_that_is_also_a_directory_is_found_among_its_neighbors():
    paths = ["a/b/c", "a", "a-b", "a.b", "a/b", "ab/c", "b", "b-/c", "b/c/d/e"]

    assert list(files_as_directories(paths)) == [("a", "a/b"), ("a/b", "a/b/c"), ("b", "b/c/d/e")]


def test_the_paths_in_a_directory_are_one_range():
    paths = SortedPaths(["b/x", "a0", "a/c/d", "a", "a-b/c", "a/b"])

    assert [paths[index] for index in paths.inside("a")] == ["a/b", "a/c/d"]
    assert not paths.inside("a0")


def test_deep_paths_use_no_more_memory_than_they_are_long():
    paths = [f"{number:03}/" + "d/" * 2000 + "f" for number in range(200)]
    tracemalloc.start()
    try:
        found = list(files_as_directories(paths))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert found == []
    assert peak < 2 * sum(map(len, paths))


def test_a_file_a_directory_and_a_link_to_a_file_are_read(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")

    for name in ("file", "link", "."):
        check_regular(tmp_path / name)


@pytest.mark.parametrize("through_link", [False, True])
@pytest.mark.parametrize("kind", ["a named pipe", "a socket", "a device"])
def test_files_that_would_block_are_not_read(tmp_path, monkeypatch, kind, through_link):
    monkeypatch.chdir(tmp_path)  # the name of a socket may not be long
    path = Path("/dev/null") if kind == "a device" else Path("special")
    if kind == "a named pipe":
        os.mkfifo(path)
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
    if through_link:
        Path("link").symlink_to(path)

    with pytest.raises(OSError, match=re.escape(f"it is {kind}, not a regular file")):
        check_regular(Path("link") if through_link else path)
