"""What changed from one zip to another, by the owner of the files."""

from __future__ import annotations

import stat
import zipfile
from typing import TYPE_CHECKING, Any

from hatch_lambda.archive.read import read_zip
from hatch_lambda.inspect.diff import Difference, difference_json, difference_lines
from hatch_lambda.inspect.inspection import inspect
from tests.support.existing_zips import HANDLER, installed, our_zip, zip_of

if TYPE_CHECKING:
    from pathlib import Path


def difference(old: Path, new: Path) -> Difference:
    """Return what changed from one zip to another."""
    return Difference(inspect(read_zip(old)), inspect(read_zip(new)))


def taken(*details: Any) -> int:
    """Return the bytes of an installed distribution."""
    return sum(map(len, installed(*details).values()))


def test_the_same_zip_has_no_difference(tmp_path):
    found = difference(our_zip(tmp_path, "a.zip"), our_zip(tmp_path, "b.zip"))

    assert found.same
    assert found.changes == ()
    assert list(difference_lines(found)) == ["a.zip -> b.zip", "  the same bytes"]


def test_the_same_files_in_another_order_are_reported_as_such(tmp_path):
    old, new = zip_of(tmp_path, {"a": "1", "b": "2"}, "a.zip"), zip_of(tmp_path, {"b": "2", "a": "1"}, "b.zip")

    found = difference(old, new)

    size = old.stat().st_size
    assert not found.same
    assert list(difference_lines(found)) == [
        "a.zip -> b.zip",
        f"  zipped        {size:,} -> {size:,} (+0)",
        "  unzipped      2 -> 2 (+0)",
        "  files         2 -> 2 (+0)",
        "  the same files; order, dates, or compression differ",
    ]


def test_added_removed_and_changed_distributions_are_listed_with_their_files_and_bytes(tmp_path):
    old = zip_of(tmp_path, {"app.py": HANDLER, **installed("gone"), **installed("lib"), **installed("same")}, "a.zip")
    files = {"lib/__init__.py": "name = 'lib'\n", "lib/more.py": "more = 1\n"}
    after = {**installed("lib", "1.1", files), **installed("new"), **installed("same"), "app.py": HANDLER + "\n"}
    new = zip_of(tmp_path, after, "b.zip")

    found = difference(old, new)

    gone, before, later, came = taken("gone"), taken("lib"), taken("lib", "1.1", files), taken("new")
    assert list(difference_lines(found))[-4:] == [
        "    (no package)                +1 bytes  files: 1 changed",
        f"  - gone          1.0         {-gone:+} bytes  files: 4 removed",
        f"  ~ lib           1.0 -> 1.1   {later - before:+} bytes  files: 4 added, 3 removed",
        f"  + new           1.0         {came:+} bytes  files: 4 added",
    ]


def test_a_file_that_is_executable_now_is_changed(tmp_path):
    info = zipfile.ZipInfo("run.sh")
    info.external_attr = (stat.S_IFREG | 0o755) << 16
    old, new = zip_of(tmp_path, {"run.sh": ""}, "a.zip"), tmp_path / "b.zip"
    with zipfile.ZipFile(new, "w") as archive:
        archive.writestr(info, "")

    (change,) = difference(old, new).changes

    assert change.changed == ("run.sh",)


def test_what_the_zips_are_for_is_compared(tmp_path):
    old, new = our_zip(tmp_path, "a.zip"), our_zip(tmp_path, "b.zip", architecture="arm64", handler=None)

    found = list(difference_lines(difference(old, new)))

    assert found[1:3] == [
        "  architecture  x86_64 -> arm64",
        "  handler       shop.api.handler -> unknown",
    ]


def test_the_json_names_every_file(tmp_path):
    old, new = zip_of(tmp_path, {"a": "1", "b": "2"}, "a.zip"), zip_of(tmp_path, {"b": "33", "c": ""}, "b.zip")

    found = difference_json(difference(old, new))

    assert (found["schema"], found["same"], found["old"]["file"], found["new"]["unzipped"]) == (1, False, "a.zip", 2)
    (change,) = found["changes"]
    assert (change["name"], change["change"], change["unzipped"]) == ("", "files", 0)
    assert (change["added"], change["removed"], change["changed"]) == (["c"], ["a"], ["b"])
