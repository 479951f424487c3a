"""An existing zip: its content, the owner of each file, and the zips that are rejected."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import stat
import struct
import tracemalloc
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.archive.plan import WheelContent
from hatch_lambda.archive.read import LambdaZip, read_zip
from hatch_lambda.errors import ZipError
from tests.support.existing_zips import HANDLER, installed, our_zip, zip_of

if TYPE_CHECKING:
    from pathlib import Path


def owned(archive: LambdaZip) -> dict[str, str]:
    """Return the owner of each file outside of every dist-info; ``-`` if there is none."""
    return {entry.path: str(entry.origin) or "-" for entry in archive.plan.entries if ".dist-info/" not in entry.path}


REBUILD = "rebuild it, or download it again [bad-zip]"


def problems(path: Path) -> list[str]:
    """Return the lines of the message that reading ends in, each without the zip's path."""
    with pytest.raises(ZipError) as caught:
        read_zip(path)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"error: {path}: ") for line in lines)
    return [line.removeprefix(f"error: {path}: ") for line in lines]


# Ours


def test_the_target_of_a_zip_of_ours_is_read(tmp_path):
    path = our_zip(tmp_path, libraries={"lib": "1.0", "more": "2.1"})

    found = read_zip(path)

    content = path.read_bytes()
    assert (found.path, found.size, found.sha256) == (path, len(content), hashlib.sha256(content).hexdigest())
    assert base64.b64decode(found.code_sha256) == hashlib.sha256(content).digest()
    assert (found.kind, found.import_roots) == ("function", ("",))
    assert found.described is not None
    assert (found.described["runtime"], found.described["handler"]) == ("python3.13", "shop.api.handler")
    assert [(str(one), one.project) for one in found.distributions] == [
        ("lib 1.0", False),
        ("more 2.1", False),
        ("shop 0.1.0", True),
    ]


def test_every_file_of_a_zip_of_ours_has_its_owner(tmp_path):
    found = read_zip(our_zip(tmp_path))

    assert owned(found) == {"lib/__init__.py": "lib 1.0", "shop/api.py": "shop 0.1.0"}
    assert {str(entry.origin) for entry in found.plan.entries} == {"lib 1.0", "shop 0.1.0"}


def test_the_contents_point_to_the_bytes_in_the_zip(tmp_path):
    path = our_zip(tmp_path)

    content = read_zip(path).plan.paths["shop/api.py"].content

    assert content.digest == "sha256=" + base64.urlsafe_b64encode(
        hashlib.sha256(HANDLER.encode()).digest()
    ).decode().rstrip("=")
    assert isinstance(content, WheelContent)
    assert (content.wheel, content.member.name, content.size) == (path, "shop/api.py", len(HANDLER))
    stored = path.read_bytes()[content.member.offset : content.member.offset + content.member.compressed]
    assert zlib.decompress(stored, wbits=-15) == HANDLER.encode()


def test_the_tags_of_a_wheel_are_known(tmp_path):
    tag = "cp313-cp313-manylinux_2_28_aarch64"

    (one,) = read_zip(zip_of(tmp_path, installed("native", tag=tag))).distributions

    assert one.tags == (tag,)


# Layers


def test_a_layer_of_another_tool_is_recognized_by_its_directories(tmp_path):
    files = {
        **installed("lib", root="python/"),
        **installed("more", root="python/lib/python3.13/site-packages/"),
        "lib/libx.so": "",
        "bin/tool": "",
    }

    found = read_zip(zip_of(tmp_path, files))

    assert (found.kind, found.import_roots) == ("layer", ("python/", "python/lib/python3.13/site-packages/"))
    assert [one.dist_info for one in found.distributions] == [
        "python/lib-1.0.dist-info",
        "python/lib/python3.13/site-packages/more-1.0.dist-info",
    ]
    assert owned(found) == {
        "bin/tool": "-",
        "lib/libx.so": "-",
        "python/lib/__init__.py": "lib 1.0",
        "python/lib/python3.13/site-packages/more/__init__.py": "more 1.0",
    }


def test_a_layer_of_ours_with_the_projects_files_is_recognized(tmp_path):
    described = {"schema": 1, "kind": "layer", "runtime": "python3.13", "architecture": "arm64"}
    path = zip_of(tmp_path, {"python/shop-0.1.0.dist-info/lambda.json": json.dumps(described), "python/shop.py": ""})

    assert read_zip(path).described == described


def test_a_layer_of_ours_is_recognized_by_its_description(tmp_path):
    described = {"schema": 1, "kind": "layer", "runtime": "python3.13", "architecture": "arm64"}
    files = {"hatch-lambda/shop.json": json.dumps(described), **installed("lib", root="python/"), "other/x": ""}

    found = read_zip(zip_of(tmp_path, files))

    assert (found.kind, found.import_roots, found.described) == ("layer", ("python/",), described)


@pytest.mark.parametrize("files", [{"python/app.py": "", "app.py": ""}, {"python": ""}, {}])
def test_any_other_zip_is_a_function(tmp_path, files):
    assert read_zip(zip_of(tmp_path, files)).kind == "function"


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", '{"schema": 1, "kind": "boat"}', "[" * 100_000])
def test_a_lambda_json_of_another_tool_is_not_a_description(tmp_path, text):
    files = {**installed("shop"), "shop-1.0.dist-info/lambda.json": text}

    assert read_zip(zip_of(tmp_path, files)).described is None


# Whose a file is


def test_files_without_an_owner_are_the_projects_in_a_zip_of_another_tool(tmp_path):
    found = read_zip(zip_of(tmp_path, {"app.py": HANDLER, **installed("lib")}))

    assert owned(found) == {"app.py": "-", "lib/__init__.py": "lib 1.0"}
    assert [entry.origin.project for entry in found.plan.entries if entry.path == "app.py"] == [True]


def test_compiled_files_are_of_the_distribution_around_them(tmp_path):
    files = {**installed("lib"), "lib/__pycache__/x.pyc": "", "lib/deep/er/y.pyc": "", "__pycache__/app.pyc": ""}

    found = owned(read_zip(zip_of(tmp_path, files)))

    assert found == {
        "__pycache__/app.pyc": "-",
        "lib/__init__.py": "lib 1.0",
        "lib/__pycache__/x.pyc": "lib 1.0",
        "lib/deep/er/y.pyc": "lib 1.0",
    }


def test_other_files_of_a_shared_directory_have_no_owner(tmp_path):
    files = {
        **installed("one", files={"space/one/a.py": ""}),
        **installed("two", files={"space/two/b.py": ""}),
        "space/one/x": "",
        "space/x": "",
    }

    found = owned(read_zip(zip_of(tmp_path, files)))

    assert found == {"space/one/a.py": "one 1.0", "space/one/x": "one 1.0", "space/two/b.py": "two 1.0", "space/x": "-"}


def test_scripts_that_pip_moved_to_bin_are_their_distributions(tmp_path):
    files = {**installed("lib", record="\n../../bin/tool,,\n\n"), "bin/tool": "", "bin/other": ""}

    found = owned(read_zip(zip_of(tmp_path, files)))

    assert found == {"bin/other": "-", "bin/tool": "lib 1.0", "lib/__init__.py": "lib 1.0"}


@pytest.mark.parametrize("record", [None, '\r"\0'])
def test_without_a_record_the_name_and_top_level_count(tmp_path, record):
    files = {
        **installed("named", files={"named/a.py": "", "named.libs/x.so": ""}, record=None),
        **installed(
            "top",
            files={"first/a.py": "", "second.py": "", "top-1.0.dist-info/top_level.txt": "first\nsecond"},
            record=None,
        ),
        "third.py": "",
    }
    if record is not None:
        files["named-1.0.dist-info/RECORD"] = record

    found = owned(read_zip(zip_of(tmp_path, files)))

    assert found == {
        "first/a.py": "top 1.0",
        "named.libs/x.so": "named 1.0",
        "named/a.py": "named 1.0",
        "second.py": "top 1.0",
        "third.py": "-",
    }


def test_a_name_that_a_terminal_would_obey_is_made_plain(tmp_path):
    files = {"x-1.0.dist-info/METADATA": "Name: x\x1b[31m\nVersion: 1.0\x07\n"}

    (one,) = read_zip(zip_of(tmp_path, files)).distributions

    assert str(one) == "x[31m 1.0"


# What is rejected


def test_a_missing_file_is_rejected(tmp_path):
    assert problems(tmp_path / "gone.zip") == ["file not found; build it first, or fix the path [file-not-found]"]


def test_a_directory_is_rejected(tmp_path):
    assert problems(tmp_path) == ["a directory, not a zip; pass the path of a zip [bad-zip]"]


def test_a_file_of_another_format_is_rejected(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"text")

    assert problems(tmp_path / "a.zip") == [f"can't be read as a zip (File is not a zip file); {REBUILD}"]


def test_a_damaged_member_is_rejected(tmp_path):
    path = zip_of(tmp_path, {})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "some text")
    path.write_bytes(path.read_bytes().replace(b"some text", b"sane text"))

    assert problems(path) == [f"can't be read as a zip ('a' doesn't match its CRC); {REBUILD}"]


def test_an_encrypted_member_is_rejected(tmp_path):
    path = zip_of(tmp_path, {"a": "text"})
    content = bytearray(path.read_bytes())
    for start, flags in ((0, 6), (content.index(b"PK\1\2"), 8)):
        content[start + flags] |= 1
    path.write_bytes(content)

    assert problems(path) == [f"'a' is encrypted; {REBUILD}"]


@pytest.mark.parametrize("name", ["../a", "/a", "a//b", "./a", "../"])
def test_a_name_that_leads_out_of_the_zip_is_rejected(tmp_path, name):
    path = zip_of(tmp_path, {name: ""})

    shown = name.removesuffix("/")

    assert problems(path) == [f"the path {shown!r} isn't a plain path inside the zip; {REBUILD}"]


def test_a_duplicate_name_is_rejected(tmp_path):
    path = zip_of(tmp_path, {"a": "1", "b": "2"})
    path.write_bytes(path.read_bytes().replace(b"b", b"a"))

    assert problems(path) == [f"contains 'a' twice; {REBUILD}"]


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b/c", "a")])
def test_a_name_that_is_a_file_and_a_directory_is_rejected(tmp_path, names):
    assert problems(zip_of(tmp_path, dict.fromkeys(names, "text"))) == [
        f"'a' is both a file and a directory; {REBUILD}"
    ]


def test_names_that_differ_in_case_only_are_fine_on_lambda(tmp_path):
    assert [entry.path for entry in read_zip(zip_of(tmp_path, {"a": "", "A": ""})).plan.entries] == ["A", "a"]


def test_a_directory_entry_with_content_is_rejected(tmp_path):
    assert problems(zip_of(tmp_path, {"a/": "text"})) == [f"the directory 'a/' has content; {REBUILD}"]


@pytest.mark.parametrize(("at", "value"), [(8, b"\0\0"), (14, b"1234"), (18, b"\1\0\0\0"), (22, b"\1\0\0\0")])
def test_headers_that_differ_are_rejected(tmp_path, at, value):
    path = zip_of(tmp_path, {"a": "text"})
    content = bytearray(path.read_bytes())
    content[at : at + len(value)] = value
    path.write_bytes(content)

    assert problems(path) == [f"the two headers of 'a' differ; {REBUILD}"]


@pytest.mark.parametrize(
    ("hidden", "where"), [("a", "the member before 'b'"), ("b", "the member before 'c'"), ("c", "the last member")]
)
def test_a_member_that_the_directory_does_not_name_is_rejected(tmp_path, hidden, where):
    path = zip_of(tmp_path, {"a": "1", "b": "2", "c": "3"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.filelist = [info for info in archive.filelist if info.filename != hidden]
        archive._didModify = True  # type: ignore[attr-defined]  # so that zipfile rewrites the directory without it

    assert problems(path) == [f"the zip's directory doesn't list {where}; {REBUILD}"]


def test_overlapping_members_are_rejected(tmp_path):
    path = zip_of(tmp_path, {"a": "1", "b": "2"})
    content = bytearray(path.read_bytes())
    second = content.rindex(b"PK\1\2")
    content[second + 42 : second + 46] = struct.pack("<L", 0)
    path.write_bytes(content)

    lines = problems(path)

    assert f"'b' overlaps another member; {REBUILD}" in lines


def test_a_member_that_overlaps_the_directory_is_rejected(tmp_path):
    path = zip_of(tmp_path, {"a": "1", "b": "2"})
    content = bytearray(path.read_bytes())
    for signature, at in ((b"PK\3\4", 18), (b"PK\1\2", 20)):
        struct.pack_into("<L", content, content.rindex(signature) + at, 1000)
    path.write_bytes(content)

    assert problems(path) == [f"the zip's directory overlaps a member; {REBUILD}"]


def test_a_member_after_the_end_of_the_file_is_rejected(tmp_path):
    path = zip_of(tmp_path, {"a": "1", "b": "2"})
    content = bytearray(path.read_bytes())
    struct.pack_into("<L", content, content.rindex(b"PK\1\2") + 42, 1 << 20)
    path.write_bytes(content)

    assert problems(path) == [f"can't be read as a zip (unpack requires a buffer of 30 bytes); {REBUILD}"]


def test_bytes_before_the_first_member_are_fine(tmp_path):
    path = zip_of(tmp_path, {"a": "text"})
    path.write_bytes(b"#!/usr/bin/env python3\n" + path.read_bytes())

    assert [entry.path for entry in read_zip(path).plan.entries] == ["a"]


@pytest.mark.parametrize("start", [0, (1 << 20) - 2], ids=["at the start", "between two reads"])
def test_a_hidden_member_before_the_first_member_is_found(tmp_path, start):
    path = zip_of(tmp_path, {"a": "text"})
    hidden = zip_of(tmp_path, {"b": "text"}, "hidden.zip").read_bytes()
    path.write_bytes(bytes(start) + hidden[: hidden.index(b"PK\1\2")] + path.read_bytes())

    assert problems(path) == [f"the zip's directory doesn't list the member before 'a'; {REBUILD}"]


def test_a_zip_with_a_huge_declared_size_is_rejected_before_it_is_unpacked(tmp_path):
    path = zip_of(tmp_path, {"a": "text", "b": "text"})
    content = bytearray(path.read_bytes())
    for signature, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        for match in re.finditer(re.escape(signature), bytes(content)):
            content[match.start() + at : match.start() + at + 4] = struct.pack("<L", 0xFFFFFFF0)
    path.write_bytes(content)

    assert problems(path) == [f"declares more than 4 GiB unzipped; {REBUILD}"]


def test_a_member_over_its_declared_size_is_rejected_in_little_memory(tmp_path):
    path = zip_of(tmp_path, {"a": bytes(100 << 20)})
    content = bytearray(path.read_bytes())
    for signature, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        start = content.index(signature)
        content[start + at : start + at + 4] = struct.pack("<L", 1)
    path.write_bytes(content)

    tracemalloc.start()
    lines = problems(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert lines == [f"can't be read as a zip ('a' doesn't have its declared size); {REBUILD}"]
    assert peak < 20 << 20


def test_a_text_of_many_bytes_is_not_read_into_memory(tmp_path):
    files = {**installed("lib"), "lib-1.0.dist-info/RECORD": "x,,\n" * (5 << 20)}

    path = zip_of(tmp_path, files)
    tracemalloc.start()
    try:
        archive = read_zip(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert {str(entry.origin) for entry in archive.plan.entries} == {"lib 1.0"}  # because the name decides
    assert peak < 16 << 20


def test_a_symbolic_link_is_a_file_as_any_other(tmp_path):
    path = zip_of(tmp_path, {"a.so.1": "text"})
    link = zipfile.ZipInfo("a.so")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "a.so.1")

    assert list(owned(read_zip(path))) == ["a.so", "a.so.1"]


def test_a_file_larger_than_any_zip_is_rejected_before_it_is_read(tmp_path):
    path = zip_of(tmp_path, {"a": "1"})
    with path.open("r+b") as file:
        file.truncate(1 << 40)

    assert problems(path) == ["larger than 4 GiB; pass a smaller zip [bad-zip]"]


def test_a_zip_with_a_huge_declared_directory_is_rejected_before_it_is_read(tmp_path):
    path = zip_of(tmp_path, {"a": "1"})
    content = bytearray(path.read_bytes())
    content[-10:-6] = (0x7FFFFFFF).to_bytes(4, "little")  # the size of the directory, in the last 22 bytes
    path.write_bytes(content)

    assert problems(path) == ["the zip's directory is larger than 10 MiB; use fewer files [bad-zip]"]


def test_deep_paths_use_no_more_memory_than_they_are_long(tmp_path):
    deep = {f"{number:03}/" + "d/" * 2000 + "f": "" for number in range(200)}
    path = zip_of(tmp_path, {**installed("lib"), **deep})
    tracemalloc.start()
    try:
        read_zip(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 10 * sum(map(len, deep))


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("lib/inner/__pycache__/c.pyc", "lib 1.0"),
        ("lib/other/deep/down.txt", "lib 1.0"),
        ("lib/bin/tool", ""),
        ("bin/tool", ""),
        ("both/x.txt", ""),
        ("both/one/x.txt", "one 1.0"),
        ("both/two/bin/x.txt", ""),
        ("both/zz.txt", ""),
        ("lib-/x.txt", ""),
        ("other.txt", ""),
    ],
)
def test_an_unlisted_file_belongs_to_the_only_owner_of_its_directory(tmp_path, path, owner):
    listed = {
        "lib": {"lib/__init__.py": "", "lib/inner/a.py": ""},
        "one": {"both/one/a.py": "", "both/one/b.py": "", "both/z.py": ""},
        "two": {"both/two/a.py": "", "both/two/b.py": ""},
    }
    files = {name: text for each, theirs in listed.items() for name, text in installed(each, files=theirs).items()}

    archive = read_zip(zip_of(tmp_path, {**files, path: "x"}))

    assert str(archive.plan.paths[path].origin) == owner
