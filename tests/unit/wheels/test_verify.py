"""Verifying a wheel: hostile and damaged wheels are rejected, and real ones pass."""

from __future__ import annotations

import base64
import hashlib
import io
import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.errors import WheelError
from hatch_lambda.wheels.verify import verify_wheel
from hatch_lambda.wheels.wheel import Wheel, wheel_entries
from hatch_lambda.zipfiles.record import record_digest
from tests.support.make_wheel import make_wheel, metadata

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "lib-1.0-py3-none-any.whl"
METADATA = ("lib-1.0.dist-info/METADATA", metadata("lib", "1.0"))
WHEEL_FILE = ("lib-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
RECORD = ("lib-1.0.dist-info/RECORD", "")
SOUND = (METADATA, WHEEL_FILE, RECORD)

REPORT = "require another version, or report it to its maintainers [bad-wheel]"
REBUILD = "rebuild to download it again [bad-wheel]"


def zipped(directory: Path, *members: tuple[str | zipfile.ZipInfo, str], name: str = WHEEL) -> Path:
    """Write a zip with just these members, in this order."""
    directory.mkdir(exist_ok=True)
    with zipfile.ZipFile(directory / name, "w") as archive:
        for member, text in members:
            archive.writestr(member, text)
    return directory / name


def info(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    """Return a header with that name as it is, whatever zipfile thinks of it, and that mode."""
    made = zipfile.ZipInfo("x")
    made.filename = name
    made.external_attr = mode << 16
    return made


def problems(path: Path) -> list[str]:
    """Return the lines of the message that verification ends in, each without the wheel's name."""
    with pytest.raises(WheelError) as caught:
        verify_wheel(path, "0" * 64)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"error: {path.name}: ") for line in lines)
    return [line.removeprefix(f"error: {path.name}: ") for line in lines]


def member_names(wheel: Wheel) -> list[str]:
    """Return the names of a wheel's members but for its dist-info."""
    return [member.name for member in wheel.members if ".dist-info/" not in member.name]


def read(wheel: Wheel, name: str) -> bytes:
    """Return a member's compressed bytes from the offset in the wheel's headers."""
    (member,) = (found for found in wheel.members if found.name == name)
    return wheel.path.read_bytes()[member.offset : member.offset + member.compressed]


# What a sound wheel says


def test_a_valid_wheel_is_described(tmp_path):
    path = make_wheel(
        tmp_path,
        "Some.Lib",
        "1.0",
        files={"some_lib.py": "x = 1\n"},
        requires=["base>=1", "extra; extra == 'more'"],
        requires_python=">=3.9",
        extras=["more"],
        scripts={"Run": "some_lib:main", "other": "some_lib : Other.run"},
    )

    wheel = verify_wheel(path, "ab" * 32)

    assert wheel == Wheel(
        path=path,
        filename="some_lib-1.0-py3-none-any.whl",
        sha256="ab" * 32,
        size=path.stat().st_size,
        name=wheel.name,
        version="1.0",
        dist_info="some_lib-1.0.dist-info",
        requires_python=">=3.9",
        requires_dist=("base>=1", "extra; extra == 'more'"),
        provides_extra=("more",),
        console_scripts=(("Run", "some_lib:main"), ("other", "some_lib : Other.run")),
        members=wheel.members,
    )
    assert wheel.name == "some-lib"
    first = wheel.members[0]
    assert (first.name, first.size, first.executable) == ("some_lib.py", 6, False)
    assert first.digest == record_digest(hashlib.sha256(b"x = 1\n").digest())


def test_a_wheel_without_requirements_and_scripts_has_none(tmp_path):
    wheel = verify_wheel(make_wheel(tmp_path, "lib"), "")

    assert (wheel.requires_python, wheel.requires_dist, wheel.console_scripts) == (None, (), ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[gui_scripts]\na = b:c\n",
        "no section\n",
        "[console_scripts\n",
    ],
)
def test_entry_points_without_readable_console_scripts_have_none(tmp_path, text):
    path = make_wheel(tmp_path, "lib", files={"lib-1.0.dist-info/entry_points.txt": text})

    assert verify_wheel(path, "").console_scripts == ()


def test_entry_points_are_read_by_the_specification(tmp_path):
    text = "[console_scripts]\nA:b = m:f\na:B = m:%(g)s\nA:b = m:last\n"
    path = make_wheel(tmp_path, "lib", files={"lib-1.0.dist-info/entry_points.txt": text})

    assert verify_wheel(path, "").console_scripts == (("A:b", "m:last"), ("a:B", "m:%(g)s"))


# Names


@pytest.mark.parametrize("name", ["../x", "lib/../../x", "/etc/passwd", "./x", "lib/./x", "lib//x", "..", ".", ""])
def test_a_name_that_leads_out_or_is_not_normalized_is_rejected(tmp_path, name):
    path = zipped(tmp_path, (info(name), "x"), *SOUND)

    assert problems(path) == [f"the path {name!r} isn't a plain path inside the zip; {REPORT}"]


@pytest.mark.parametrize("name", ["C:/x", "c:x", "lib\\x", "..\\x", "\\\\host\\share\\x", "a\nb", "a\x01b", "lib/\x1f"])
def test_a_name_that_is_not_a_path_on_every_system_is_rejected(tmp_path, name):
    path = zipped(tmp_path, (info(name), "x"), *SOUND)

    assert problems(path) == [
        f"the path {name!r} contains a backslash, a drive letter, or a control character; {REPORT}"
    ]


def test_a_name_with_a_null_byte_is_rejected(tmp_path):
    path = zipped(tmp_path, ("lib/a.pyXtxt", "x"), *SOUND)
    path.write_bytes(path.read_bytes().replace(b"lib/a.pyXtxt", b"lib/a.py\0txt"))

    assert problems(path) == [
        f"the path 'lib/a.py\\x00txt' contains a backslash, a drive letter, or a control character; {REPORT}"
    ]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_names_are_rejected(tmp_path):
    path = zipped(tmp_path, ("a", "1"), ("b", "1"), ("a", "2"), ("a", "3"), ("b", "1"), *SOUND)

    assert problems(path) == [
        f"contains 'a' twice; {REPORT}",
        f"contains 'b' twice; {REPORT}",
    ]


def test_names_that_differ_in_case_only_are_all_there(tmp_path):
    path = zipped(tmp_path, ("lib/A.py", "1"), ("lib/a.py", "2"), ("LIB/a.py", "3"), ("ß", ""), ("SS", ""), *SOUND)

    names = [member.name for member in verify_wheel(path, "").members]

    assert names[:5] == ["lib/A.py", "lib/a.py", "LIB/a.py", "ß", "SS"]


def test_all_errors_of_names_are_reported_together(tmp_path):
    path = zipped(tmp_path, (info("../x"), "x"), (info("a\\b"), "x"), *SOUND)

    assert problems(path) == [
        f"the path '../x' isn't a plain path inside the zip; {REPORT}",
        f"the path 'a\\\\b' contains a backslash, a drive letter, or a control character; {REPORT}",
    ]


@pytest.mark.parametrize(
    "name",
    ["lib-1.0.data/nonsense/x", "lib-1.0.data/x", "lib-1.0.data/Purelib/x", "lib-1.0.data/scripts", "other.data/y/x"],
)
def test_a_file_at_the_root_of_a_wheels_data_directory_is_rejected(tmp_path, name):
    path = zipped(tmp_path, (name, "x"), *SOUND)

    assert problems(path) == [f"{name!r} isn't in a directory that the wheel specification allows; {REPORT}"]


@pytest.mark.parametrize("script", ["../x", "/x", "a\\b", "a/../../b"])
def test_a_console_script_outside_of_its_directory_is_rejected(tmp_path, script):
    path = make_wheel(tmp_path, "lib", scripts={script: "lib:main"})

    (line,) = problems(path)
    assert line.startswith(f"the path {'bin/' + script!r} ")


# Kinds of members


def test_a_symbolic_link_is_rejected(tmp_path):
    path = zipped(tmp_path, (info("lib/link", stat.S_IFLNK | 0o777), "/etc/passwd"), *SOUND)

    assert problems(path) == [f"'lib/link' is a symbolic link; {REPORT}"]


def test_an_encrypted_member_is_rejected(tmp_path):
    path = zipped(tmp_path, ("lib/secret", "x"), *SOUND)
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\1\2")
    for offset in (6, central + 8):
        data[offset] |= 1
    path.write_bytes(data)

    assert problems(path) == [f"'lib/secret' is encrypted; {REPORT}"]


# The dist-info


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ((("lib.py", ""),), "none"),
        ((("lib-2.0.dist-info/METADATA", ""),), "lib-2.0.dist-info"),
        ((("other-1.0.dist-info/METADATA", ""),), "other-1.0.dist-info"),
        ((("lib.dist-info/METADATA", ""),), "lib.dist-info"),
        ((("lib-one.dist-info/METADATA", ""),), "lib-one.dist-info"),
        (((".dist-info/METADATA", ""),), ".dist-info"),
        ((*SOUND, ("other-1.0.dist-info/METADATA", "")), "lib-1.0.dist-info, other-1.0.dist-info"),
        ((*SOUND, ("Lib-1.0.dist-info/x", "")), "Lib-1.0.dist-info, lib-1.0.dist-info"),
        ((("sub/lib-1.0.dist-info/METADATA", ""),), "none"),
    ],
)
def test_a_wheel_needs_exactly_its_own_dist_info(tmp_path, members, found):
    path = zipped(tmp_path, *members)

    assert problems(path) == [f"expected one dist-info directory for lib 1.0, but found {found}; {REPORT}"]


def test_missing_files_of_a_dist_info_are_reported(tmp_path):
    path = zipped(tmp_path, ("lib-1.0.dist-info/x", ""))

    assert problems(path) == [
        f"lib-1.0.dist-info/METADATA is missing; {REPORT}",
        f"lib-1.0.dist-info/WHEEL is missing; {REPORT}",
        f"lib-1.0.dist-info/RECORD is missing; {REPORT}",
    ]


@pytest.mark.parametrize("lacking", SOUND, ids=lambda member: member[0].rpartition("/")[2])
def test_a_dist_info_that_lacks_one_file_is_rejected(tmp_path, lacking):
    path = zipped(tmp_path, *(member for member in SOUND if member != lacking))

    assert problems(path) == [f"{lacking[0]} is missing; {REPORT}"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (metadata("other", "1.0"), "other 1.0"),
        (metadata("lib", "2.0"), "lib 2.0"),
        (metadata("lib", "one"), "lib one"),
        ("Name: lib\n", "lib None"),
        ("Version: 1.0\n", "None 1.0"),
        ("", "None None"),
    ],
)
def test_metadata_of_another_distribution_is_rejected(tmp_path, text, found):
    path = zipped(tmp_path, (METADATA[0], text), WHEEL_FILE, RECORD)

    assert problems(path) == [f"its METADATA is for {found}; {REPORT}"]


# RECORD


def test_hashes_in_hexadecimal_are_compared_too(tmp_path):
    right, wrong = hashlib.sha256(b"a").hexdigest(), hashlib.sha512(b"b").hexdigest()
    path = make_wheel(
        tmp_path, "lib", files={"a": "a", "b": "a"}, record={"a": f"sha256={right.upper()}", "b": f"sha512={wrong}"}
    )

    assert problems(path) == [f"b doesn't match its hash in RECORD; {REPORT}"]


def test_every_file_that_does_not_match_record_is_reported(tmp_path):
    wrong = record_digest(hashlib.sha256(b"other").digest())
    path = make_wheel(tmp_path, "lib", files={"a": "1", "b": "1", "c": "1"}, record={"a": wrong, "c": "sha512=AAAA"})

    assert problems(path) == [
        f"a doesn't match its hash in RECORD; {REPORT}",
        f"c doesn't match its hash in RECORD; {REPORT}",
    ]


def test_metadata_that_does_not_match_record_is_rejected(tmp_path):
    path = make_wheel(tmp_path, "lib", record={"lib-1.0.dist-info/METADATA": "sha256=AAAA"})

    assert problems(path) == [f"lib-1.0.dist-info/METADATA doesn't match its hash in RECORD; {REPORT}"]


# Damage


def test_a_file_that_is_not_a_zip_is_rejected(tmp_path):
    path = tmp_path / WHEEL
    path.write_bytes(b"<html>404</html>")

    assert problems(path) == [f"can't be read as a zip (File is not a zip file); {REBUILD}"]


def test_a_file_without_a_wheels_name_is_rejected(tmp_path):
    path = zipped(tmp_path, *SOUND, name="lib.zip")

    (line,) = problems(path)
    assert line.startswith("not the file name of a wheel (")


@pytest.mark.parametrize("kept", [0, 0.01, 0.5, 0.99])
def test_a_truncated_wheel_is_rejected(tmp_path, kept):
    path = make_wheel(tmp_path, "lib", files={"lib.py": "x = 1\n" * 100})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])

    assert problems(path) == [f"can't be read as a zip (File is not a zip file); {REBUILD}"]


def test_a_member_with_a_wrong_crc_is_rejected(tmp_path):
    path = zipped(tmp_path, ("lib/a.py", "right"), *SOUND)
    path.write_bytes(path.read_bytes().replace(b"right", b"wrong"))

    assert problems(path) == [f"can't be read as a zip ('lib/a.py' doesn't match its CRC); {REBUILD}"]


def test_a_member_whose_bytes_do_not_inflate_is_rejected(tmp_path):
    path = make_wheel(tmp_path, "lib", files={"lib.py": "x = 1\n" * 100})
    data = bytearray(path.read_bytes())
    data[30 + len("lib.py")] = 0xFF
    path.write_bytes(data)

    (line,) = problems(path)
    assert line.startswith("can't be read as a zip (Error -3 while decompressing data")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize(
    ("promised", "reason"),
    [
        (3, "'lib/a.py' doesn't have its declared size"),
        (5, "'lib/a.py' doesn't have its declared size"),
    ],
)
def test_a_member_of_another_size_than_declared_is_rejected(tmp_path, method, promised, reason):
    """The CRC fits as much as the promised size has of it, which is what zipfile looks at; unzip stumbles over it."""
    path = tmp_path / WHEEL
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("lib/a.py", "text")
    data, seen = bytearray(path.read_bytes()), b"text"[:promised]
    for offset in (14, data.index(b"PK\1\2") + 16):
        struct.pack_into("<L", data, offset, zlib.crc32(seen))
        struct.pack_into("<L", data, offset + 8, promised)
    path.write_bytes(data)
    with zipfile.ZipFile(path, "a") as archive:
        for name, text in SOUND:
            archive.writestr(name, text)

    assert problems(path) == [f"can't be read as a zip ({reason}); {REBUILD}"]


def test_a_member_of_an_unknown_compression_method_is_rejected(tmp_path):
    path = zipped(tmp_path, ("lib/a.py", "x"), *SOUND)
    data = bytearray(path.read_bytes())
    for offset in (8, data.index(b"PK\1\2") + 10):
        data[offset] = 97
    path.write_bytes(data)

    assert problems(path) == [f"can't be read as a zip (That compression method is not supported); {REBUILD}"]


def test_a_member_whose_local_header_has_another_name_is_rejected(tmp_path):
    path = zipped(tmp_path, ("lib/a.py", "x"), *SOUND)
    path.write_bytes(path.read_bytes().replace(b"lib/a.py", b"lib/b.py", 1))

    assert problems(path) == [
        (f"can't be read as a zip (File name in directory 'lib/a.py' and header b'lib/b.py' differ.); {REBUILD}")
    ]


def test_a_file_that_is_gone_is_reported(tmp_path):
    (line,) = problems(tmp_path / WHEEL)

    assert line == (f"can't be read as a zip ([Errno 2] No such file or directory: '{tmp_path / WHEEL}'); {REBUILD}")


# Wheels in the wild


def test_directory_entries_pass_and_are_not_members(tmp_path):
    path = zipped(tmp_path, (info("lib/", stat.S_IFDIR | 0o755), ""), ("lib/a.py", "x"), *SOUND)

    assert member_names(verify_wheel(path, "")) == ["lib/a.py"]


def test_stored_members_of_1980_that_only_their_owner_may_read_pass(tmp_path):
    made = zipfile.ZipInfo("lib/a.py", (1980, 1, 1, 0, 0, 0))
    made.external_attr = (stat.S_IFREG | 0o600) << 16
    wheel = verify_wheel(zipped(tmp_path, (made, "text"), *SOUND), "")

    (entry,) = (found for found in wheel_entries(wheel, scripts_for=None) if found.path == "lib/a.py")
    assert (read(wheel, "lib/a.py"), entry.executable) == (b"text", False)


def test_members_of_a_system_without_modes_pass(tmp_path):
    made = zipfile.ZipInfo("lib/a.py")
    made.create_system, made.external_attr = 0, 0x20
    wheel = verify_wheel(zipped(tmp_path, (made, "text"), *SOUND), "")

    assert read(wheel, "lib/a.py") == b"text"


def test_members_with_a_needless_zip64_field_pass(tmp_path):
    path = tmp_path / WHEEL
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("lib/a.py", "w", force_zip64=True) as file:
            file.write(b"text")
        for name, text in SOUND:
            archive.writestr(name, text)

    wheel = verify_wheel(path, "")

    assert struct.unpack_from("<H", path.read_bytes(), 28) == (20,)
    assert read(wheel, "lib/a.py") == b"text"


class _Unseekable(io.BytesIO):
    """A stream like a pipe, which makes zipfile write data descriptors."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_with_data_descriptors_pass(tmp_path, method):
    stream = _Unseekable()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, text in (("lib/a.py", "text" * 100), *SOUND):
            archive.writestr(name, text)
    path = tmp_path / WHEEL
    path.write_bytes(stream.getvalue())

    wheel = verify_wheel(path, "")

    assert struct.unpack_from("<H", path.read_bytes(), 6)[0] & 8
    found = read(wheel, "lib/a.py") if method == zipfile.ZIP_STORED else inflated(read(wheel, "lib/a.py"))
    assert found == b"text" * 100


def inflated(data: bytes) -> bytes:
    return zlib.decompress(data, wbits=-15)


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_hashes_of_other_strong_algorithms_in_record_pass(tmp_path, algorithm):
    digest = base64.urlsafe_b64encode(hashlib.new(algorithm, b"text").digest()).decode()
    files = {"padded": "text", "bare": "text"}
    record = {"padded": f"{algorithm}={digest}", "bare": f"{algorithm}={digest.rstrip('=')}"}

    wheel = verify_wheel(make_wheel(tmp_path, "lib", files=files, record=record), "")

    assert member_names(wheel) == ["padded", "bare"]


@pytest.mark.parametrize("listed", ["", "md5=AAAA", "nonsense"])
def test_a_file_without_a_strong_hash_in_record_passes(tmp_path, listed):
    wheel = verify_wheel(make_wheel(tmp_path, "lib", files={"a": "1"}, record={"a": listed}), "")

    assert member_names(wheel) == ["a"]


def test_files_that_only_one_of_record_and_wheel_knows_pass(tmp_path):
    record = ("lib-1.0.dist-info/RECORD", "gone.py,sha256=AAAA,4\n\nodd line\n")
    path = zipped(tmp_path, ("lib.py", "x"), METADATA, WHEEL_FILE, record)

    assert member_names(verify_wheel(path, "")) == ["lib.py"]


def test_a_hash_of_record_itself_is_not_checked(tmp_path):
    unlisted = {f"lib-1.0.dist-info/{name}": "sha256=AAAA" for name in ("RECORD", "RECORD.jws", "RECORD.p7s")}
    path = make_wheel(tmp_path, "lib", files={"lib-1.0.dist-info/RECORD.jws": "{}", "l.py": ""}, record=unlisted)

    assert member_names(verify_wheel(path, "")) == ["l.py"]


@pytest.mark.parametrize(
    ("filename", "directory", "version"),
    [
        ("Some_Lib-1.0-py3-none-any.whl", "Some.Lib-1.0.dist-info", "1.0"),
        ("some_lib-1.0.0-py3-none-any.whl", "some_lib-1.0.dist-info", "1"),
        ("some_lib-1.0-1build-py3-none-any.whl", "some_lib-1.0.dist-info", "1.0"),
        ("some_lib-1.0+cu12-py3-none-any.whl", "some_lib-1.0+cu12.dist-info", "1.0+cu12"),
        ("some_lib-1.0rc1-py3-none-any.whl", "some_lib-1.0.rc1.dist-info", "1.0-RC1"),
    ],
)
def test_spellings_of_one_name_and_version_pass(tmp_path, filename, directory, version):
    members = {"METADATA": metadata("Some.LIB", version), "WHEEL": "", "RECORD": ""}
    path = zipped(tmp_path, *((f"{directory}/{name}", text) for name, text in members.items()), name=filename)

    wheel = verify_wheel(path, "")

    assert (wheel.name, wheel.dist_info) == ("some-lib", directory)


def test_text_that_is_not_utf_8_passes(tmp_path):
    path = make_wheel(tmp_path, "lib", files={"lib-1.0.dist-info/entry_points.txt": b"[console_scripts]\nr = m:\xe9\n"})

    assert verify_wheel(path, "").console_scripts == (("r", "m:\ufffd"),)


# What zipfile and csv raise for it


def test_a_record_that_is_not_csv_is_rejected(tmp_path):
    record = ("lib-1.0.dist-info/RECORD", "lib.py,,\rlib.py,,\n")

    (problem,) = problems(zipped(tmp_path, METADATA, WHEEL_FILE, record))

    assert problem.startswith("can't be read as a zip (new-line character seen in unquoted field")


def test_a_name_that_is_not_utf_8_is_rejected(tmp_path):
    path = zipped(tmp_path, ("caf\xe9.py", ""))
    path.write_bytes(path.read_bytes().replace(b"caf\xc3\xa9.py", b"caf\xff\xfe.py"))

    (problem,) = problems(path)

    assert problem.startswith("can't be read as a zip ('utf-8' codec can't decode byte 0xff")


def test_a_member_that_lzma_cannot_read_is_rejected(tmp_path):
    path = make_wheel(tmp_path, "lib")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("big.bin", bytes(range(256)) * 50, zipfile.ZIP_LZMA)
    content = bytearray(path.read_bytes())
    start = content.index(b"big.bin") + 40
    content[start : start + 20] = b"\xff" * 20
    path.write_bytes(content)

    (problem,) = problems(path)

    assert problem.startswith("can't be read as a zip (Corrupt input data")
