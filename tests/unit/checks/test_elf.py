"""The headers of native code files."""

from __future__ import annotations

import io
import json

import pytest

from hatch_lambda.checks.elf import Native, format_of, numbers, read_native
from tests.support.make_elf import I386, JAVA, MACH_O, UNIVERSAL, WINDOWS, make_elf

FULL = make_elf(
    needed=["libfoo.so.1", "libc.so.6"],
    soname="libbar.so.2",
    rpath="/ignored",
    runpath="$ORIGIN/../bar.libs:/opt/lib",
    versions={
        "libc.so.6": ["GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_2.9"],
        "libstdc++.so.6": ["CXXABI_1.3.9", "GLIBCXX_3.4"],
    },
    weak={"libm.so.6": ["GLIBC_2.99"]},
    module="_bar",
)


def read(content: bytes) -> Native | None:
    """Return what is read of a file with that content."""
    return read_native(io.BytesIO(content), len(content))


def test_the_needed_libraries_of_a_library_are_read():
    assert read(FULL) == Native(
        "ELF",
        "x86_64",
        64,
        "library",
        needed=("libfoo.so.1", "libc.so.6"),
        soname="libbar.so.2",
        search=("$ORIGIN/../bar.libs", "/opt/lib"),
        versions=(
            ("libc.so.6", "GLIBC", "2.17"),
            ("libstdc++.so.6", "CXXABI", "1.3.9"),
            ("libstdc++.so.6", "GLIBCXX", "3.4"),
        ),
        modules=("_bar",),
    )


def test_rpath_counts_without_runpath():
    assert read(make_elf(rpath="$ORIGIN")) == Native("ELF", "x86_64", 64, "library", search=("$ORIGIN",))


@pytest.mark.parametrize(
    ("content", "machine", "bits"),
    [
        (make_elf(183), "aarch64", 64),
        (make_elf(I386, bits=32), "i386", 32),
        (make_elf(22, order=">"), "s390x", 64),
        (make_elf(20, order=">", bits=32), "ppc", 32),
        (make_elf(9999), "machine 9999", 64),
    ],
)
def test_machine_and_word_size_are_read_in_any_byte_order(content, machine, bits):
    assert read(content) == Native("ELF", machine, bits, "library")


def test_a_file_with_an_interpreter_is_an_executable_unless_it_is_a_library_too():
    assert read(make_elf(interpreter=True)) == Native("ELF", "x86_64", 64, "executable")
    assert read(make_elf(interpreter=True, soname="libc.so.6")) == Native(
        "ELF", "x86_64", 64, "library", soname="libc.so.6"
    )


def test_relative_relocations_need_the_first_glibc_that_knows_them():
    found = read(make_elf(versions={"libc.so.6": ["GLIBC_2.4", "GLIBC_ABI_DT_RELR", "GLIBC_PRIVATE"]}))

    assert found == Native("ELF", "x86_64", 64, "library", versions=(("libc.so.6", "GLIBC", "2.36"),))


def test_facts_come_back_from_json_as_they_were():
    native = read(FULL)
    assert native is not None

    assert Native.from_json(json.loads(json.dumps(native.as_json()))) == native


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (make_elf(), "ELF"),
        (MACH_O, "Mach-O"),
        (b"\xfe\xed\xfa\xce" + bytes(28), "Mach-O"),
        (UNIVERSAL, "Mach-O"),
        (WINDOWS, "PE"),
        (JAVA, None),
        (b"\xca\xfe\xba\xbe", None),
        (b"\xca\xfe\xba\xbe" + bytes(28), None),
        (b"\x7fELF", None),
        (b"\x7fELF" + bytes(40), None),
        (b"MZ is a state of mind" + bytes(100), None),
        (b"MZ", None),
        (b"", None),
    ],
)
def test_formats_are_distinguished_by_their_first_bytes(head, form):
    assert format_of(head) == form
    assert (read(head) is None) == (form is None)


def test_a_file_that_is_cut_short_is_damaged():
    assert read(make_elf(loaded=1)) == Native("ELF", "x86_64", 64, damage="it is cut short")


def test_no_cut_and_no_wrong_byte_makes_more_of_it_than_damage():
    cuts = [FULL[:length] for length in range(20, len(FULL), 7)]
    wrong = [FULL[:at] + bytes([value]) + FULL[at + 1 :] for at in range(16, len(FULL)) for value in (0xFF, 0x7F)]

    found = [read(content) for content in (*cuts, *wrong)]

    assert all(native is not None for native in found)
    assert {native.damage for native in found if native} == {"", "it is cut short", "its tables can't be read"}


def test_a_table_of_very_many_tags_is_damaged():
    content = make_elf(needed=[f"lib{number}.so" for number in range(10_001)])

    assert read(content) == Native("ELF", "x86_64", 64, damage="its tables can't be read")


def test_numbers_compare_as_versions_do():
    assert numbers("2.9") < numbers("2.17") < numbers("2.17.1")


ROW = ["ELF", "x86_64", 64, "library", ["libc.so.6"], "lib.so", [], [["libc.so.6", "GLIBC", "2.17"]], ["lib"], ""]
"""The cached facts of a file."""


def test_cached_facts_of_a_file_are_read_unchanged():
    assert Native.from_json(json.loads(json.dumps(Native.from_json(ROW).as_json()))) == Native.from_json(ROW)


@pytest.mark.parametrize(
    ("index", "value"),
    [
        (0, "COFF"),
        (0, ["ELF"]),
        (1, 5),
        (2, "64"),
        (3, None),
        (4, "libc.so.6"),
        (4, [5]),
        (7, [["libc.so.6", "GLIBC"]]),
        (7, "GLIBC"),
        (8, {}),
        (9, None),
    ],
)
def test_cached_facts_of_another_shape_are_ignored(index, value):
    with pytest.raises(ValueError, match=r".+"):
        Native.from_json([*ROW[:index], value, *ROW[index + 1 :]])
