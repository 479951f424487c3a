"""Which shared libraries are cut, and where."""

from __future__ import annotations

import io
import os
import struct
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.checks.elf import read_native
from hatch_lambda.errors import WheelError
from hatch_lambda.wheels.cache import WheelCache
from hatch_lambda.wheels.symbols import SMALLEST_TAIL, cut_libraries, hide_sections, tail_size
from tests.support.make_elf import MACH_O, make_elf, with_sections
from tests.support.make_wheel import make_wheel
from tests.support.samples import verified

if TYPE_CHECKING:
    from pathlib import Path

LIBRARY = make_elf(needed=["libc.so.6"], module="fast")
SYMBOLS = (".symtab", 0, b"s" * SMALLEST_TAIL)
AT_ONE_ADDRESS = LIBRARY[:0x10] + struct.pack("<H", 2) + LIBRARY[0x12:]
"""Its ``e_type`` is ``ET_EXEC``."""

WHOLE = with_sections(LIBRARY, [SYMBOLS])


def tail(content: bytes) -> int:
    """Return how many bytes at the end of a file can be cut off."""
    return tail_size(io.BytesIO(content), len(content))


def test_the_tail_is_all_after_the_last_segment():
    assert tail(WHOLE) == len(WHOLE) - len(LIBRARY)


def test_padding_that_is_zero_can_be_cut_too():
    content = with_sections(LIBRARY, [SYMBOLS, (".comment", 0, b"c")], padding=bytes(7))

    assert tail(content) == len(content) - len(LIBRARY)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(LIBRARY, id="no sections"),
        pytest.param(LIBRARY + bytes(SMALLEST_TAIL), id="no sections, but bytes at the end"),
        pytest.param(with_sections(LIBRARY, [(".symtab", 0, b"s" * 100)]), id="a small tail"),
        pytest.param(with_sections(LIBRARY, [SYMBOLS, (".data", 2, b"d")]), id="a section that is loaded"),
        pytest.param(with_sections(LIBRARY, [SYMBOLS, (".qtmetadata", 0, b"d")]), id="a section that Qt reads"),
        pytest.param(WHOLE + b"payload", id="a payload at the end"),
        pytest.param(with_sections(LIBRARY, [SYMBOLS], padding=b"payload"), id="a payload between sections"),
        pytest.param(with_sections(LIBRARY, [SYMBOLS], padding=bytes(2 << 20)), id="more zeros than padding has"),
        pytest.param(with_sections(make_elf(interpreter=True), [SYMBOLS]), id="an executable"),
        pytest.param(with_sections(make_elf(flags=0x08000000), [SYMBOLS]), id="a static executable"),
        pytest.param(
            with_sections(LIBRARY[:0x10] + struct.pack("<H", 2) + LIBRARY[0x12:], [SYMBOLS]), id="of one address"
        ),
        pytest.param(with_sections(make_elf(loaded=1 << 20), [SYMBOLS]), id="cut short"),
        pytest.param(with_sections(LIBRARY, [SYMBOLS], header_size=7), id="damaged section headers"),
        pytest.param(make_elf(bits=32) + bytes(SMALLEST_TAIL), id="32-bit"),
        pytest.param(make_elf(order=">") + bytes(SMALLEST_TAIL), id="big-endian"),
        pytest.param(MACH_O + bytes(SMALLEST_TAIL), id="Mach-O"),
        pytest.param(LIBRARY[:70], id="damaged"),
        pytest.param(b"", id="empty"),
    ],
)
def test_other_files_stay_whole(content):
    assert tail(content) == 0


def test_libraries_of_a_wheel_are_cut_and_load_as_before(tmp_path: Path):
    files = {
        "lib/fast.cpython-313-x86_64-linux-gnu.so": WHOLE,
        "lib.libs/libc-1.so.6.0": WHOLE,
        "lib/small.so": LIBRARY,
        "lib/data.bin": WHOLE,
    }
    wheel = verified(make_wheel(tmp_path, "lib", files=files))

    found = dict(cut_libraries(wheel))

    assert list(found) == ["lib/fast.cpython-313-x86_64-linux-gnu.so", "lib.libs/libc-1.so.6.0"]
    for content in found.values():
        assert content[:0x28] + content[0x40:] == LIBRARY[:0x28] + LIBRARY[0x40:]
        assert (content[0x28:0x30], content[0x3C:0x40]) == (bytes(8), bytes(4))
        assert read_native(io.BytesIO(content), len(content)) == read_native(io.BytesIO(LIBRARY), len(LIBRARY))


@pytest.mark.parametrize("content", [MACH_O, make_elf(bits=32), b""])
def test_only_the_headers_of_sections_that_are_known_are_hidden(content):
    file = io.BytesIO(content)

    hide_sections(file)

    assert file.getvalue() == content


def test_a_wheel_that_changes_during_the_build_is_an_error(tmp_path: Path):
    path = make_wheel(tmp_path, "lib", files={"lib/fast.so": WHOLE})
    with WheelCache(tmp_path / "cache") as cache:
        wheel = cache.add(path, expected=None)
        os.utime(wheel.path, (0, 0))
        wheel.path.chmod(0o644)
        wheel.path.write_bytes(wheel.path.read_bytes().replace(b"METADATA", b"metadata"))

        with pytest.raises(WheelError) as caught:
            list(cut_libraries(wheel))

    assert str(caught.value) == (
        f"error: {wheel.path}: changed during the build; rebuild to download it again [bad-wheel]"
    )
