"""The sizes in a zip by directory."""

from __future__ import annotations

import tracemalloc

from hatch_lambda.inspect.size_tree import Node, directory_tree, tree_lines
from hatch_lambda.inspect.summary import Share
from tests.support.samples import entry

MIB = 1 << 20


def test_a_directory_has_the_size_of_its_contents_and_the_largest_comes_first():
    entries = [entry("a/x", "1"), entry("b/y", "22"), entry("b/z", "333"), entry("c", "4444")]

    root = directory_tree("", entries)

    assert root == Node(
        "",
        Share(10, 10, 4),
        (
            Node("b/", Share(5, 5, 2), (Node("z", Share(3, 3, 1)), Node("y", Share(2, 2, 1)))),
            Node("c", Share(4, 4, 1)),
            Node("a/", Share(1, 1, 1), (Node("x", Share(1, 1, 1)),)),
        ),
    )


def test_a_directory_that_contains_only_a_directory_is_merged_with_it():
    root = directory_tree("", [entry("a", "1"), entry("b/c/d/x", "22"), entry("b/c/d/e/y", "3")])

    assert [node.name for node in root.children] == ["b/c/d/", "a"]


def test_nothing_is_an_empty_directory():
    assert directory_tree("", []) == Node("", Share(0, 0, 0))


def test_the_tree_is_printed_down_to_a_depth():
    entries = [entry("lib/deep/x", "1" * 2 * MIB), entry("lib/y", "1" * MIB), entry("app.py", "")]

    assert list(tree_lines(entries, 1)) == ["     3.0 MiB  /", "     3.0 MiB  ├─ lib/", "     0 bytes  └─ app.py"]
    assert list(tree_lines(entries, 3)) == [
        "     3.0 MiB  /",
        "     3.0 MiB  ├─ lib/",
        "     2.0 MiB  │  ├─ deep/",
        "     2.0 MiB  │  │  └─ x",
        "     1.0 MiB  │  └─ y",
        "     0 bytes  └─ app.py",
    ]


def test_the_smallest_of_many_are_summed_up():
    entries = [entry(f"file{number}", "1" * number) for number in range(20)]

    found = list(tree_lines(entries, 1))

    assert len(found) == 10
    assert found[1:2] + found[-2:] == [
        "    19 bytes  ├─ file19",
        "    12 bytes  ├─ file12",
        "    66 bytes  └─ (12 more)",
    ]


def test_a_single_file_is_in_one_directory():
    leaf = Share(1, 1, 1)

    assert directory_tree("", [entry("a/b/c", "1")]) == Node("a/b/", leaf, (Node("c", leaf),))


def test_directories_part_where_their_paths_do():
    paths = ["a/b/c/1", "a/b/c/2", "a/b/d/e/3", "a/bc/4", "a/b-/5", "f"]

    found = list(tree_lines([entry(path, "x") for path in paths], 9))

    assert [line.split("s  ")[1] if "bytes" in line else line.split("byte  ")[1] for line in found] == [
        "/",
        "├─ a/",
        "│  ├─ b/",
        "│  │  ├─ c/",
        "│  │  │  ├─ 1",
        "│  │  │  └─ 2",
        "│  │  └─ d/e/",
        "│  │     └─ 3",
        "│  ├─ b-/",
        "│  │  └─ 5",
        "│  └─ bc/",
        "│     └─ 4",
        "└─ f",
    ]


def test_a_tree_as_deep_as_a_path_can_be_is_printed():
    entries = [entry("d/" * depth + "f", "1") for depth in range(2042)]

    found = list(tree_lines(entries, 3000))

    assert len(found) == 2 * 2042
    assert found[-1].endswith("└─ f")


def test_deep_paths_use_no_more_memory_than_they_are_long():
    entries = [entry(f"{number:03}/" + "d/" * 2000 + "f", "") for number in range(200)]
    tracemalloc.start()
    try:
        directory_tree("", entries)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 4 * sum(len(one.path) for one in entries)
