"""Wheels with correct tags and wrong native code."""

from __future__ import annotations

import pytest

from tests.support.make_elf import AARCH64, X86_64, make_elf
from tests.support.make_wheel import renamed

TAG = "cp313-cp313-manylinux_2_17_x86_64"
MODULE = "lib/_fast.cpython-313-x86_64-linux-gnu.so"
REFUSED = (
    f"{MODULE} (lib 1.0): native code for aarch64, which python3.13 on x86_64 can't load; require another release "
    "of lib, and report it to the maintainers [wrong-platform]"
)


@pytest.mark.api("pyelftools")
def test_a_wheel_of_another_machine_under_a_right_tag_is_rejected_and_nothing_is_written(index, project):
    index.add("lib", tag=TAG, files={MODULE: make_elf(AARCH64)})
    project.configure(dependencies=["lib"])

    built = project.build()

    assert (built.code, built.output.splitlines()) == (1, [f"error: {REFUSED}"])
    assert built.archives == ()


def test_a_second_build_rejects_it_from_the_cache(index, project):
    index.add("lib", tag=TAG, files={MODULE: make_elf(AARCH64)})
    project.configure(dependencies=["lib"])
    first = project.build()

    second = project.build()

    assert (second.code, second.output) == (first.code, first.output)


def test_it_is_added_with_a_warning_if_the_option_allows_it(index, project):
    index.add("lib", tag=TAG, files={MODULE: make_elf(AARCH64)})
    project.configure('native-check = "warn"', dependencies=["lib"])

    built = project.build()

    assert built.code == 0
    assert f"warning: {REFUSED}\n" in built.output
    assert len(built.archives) == 1


def test_a_wheel_with_correct_native_code_is_added_without_a_message(index, project):
    versions = {"libc.so.6": ["GLIBC_2.17"]}
    index.add("lib", tag=TAG, files={MODULE: make_elf(X86_64, needed=["libc.so.6"], versions=versions)})
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 0
    assert "warning" not in built.output


def test_a_library_that_is_opened_by_name_and_nowhere_is_a_warning_in_each_build(index, project):
    index.add("bar", files={"bar/__init__.py": "import ctypes\nlib = ctypes.CDLL('libfoo.so.1')\n"})
    project.configure(dependencies=["bar"])

    built = [project.build(), project.build()]

    assert [one.code for one in built] == [0, 0]
    for one in built:
        assert [line.strip() for line in one.output.splitlines() if "warning" in line] == [
            (
                "warning: bar/__init__.py:2 (bar 1.0): fails on Lambda, because the library 'libfoo.so.1' isn't "
                "in the zip or in Amazon Linux 2023; use a package that includes it, or a layer that provides it "
                "[missing-library]"
            )
        ]


def test_a_file_name_and_a_wheel_file_that_disagree_are_a_warning(index, project):
    renamed(index.add("lib", files={MODULE: make_elf(X86_64)}), TAG)
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 0, built.output
    assert [line.strip() for line in built.output.splitlines() if "warning" in line] == [
        (
            f"warning: lib-1.0-{TAG}.whl: its WHEEL file has other tags (py3-none-any) than its file name; report "
            "it to the maintainers [tag-mismatch]"
        )
    ]
