"""Files that are made from a wheel once: every build verifies them, and repairs damage."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import threading
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.archive.plan import ArchivePlan, Entry, Origin
from hatch_lambda.archive.write import write_archive
from hatch_lambda.errors import TemporaryError
from hatch_lambda.wheels.cache import WheelCache
from tests.support.make_wheel import make_wheel
from tests.support.zips import contents

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_lambda.wheels.derived import DerivedFiles
    from hatch_lambda.wheels.wheel import Wheel

FILES = {"lib/a.bin": b"a" * 1000, "lib/ü.bin": b""}
KEY = ("1", 2)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def wheel(tmp_path, root):
    """A wheel in the cache."""
    with WheelCache(root) as cache:
        return cache.add(make_wheel(tmp_path / "downloads", "lib"), expected=None)


def made(root: Path, wheel: Wheel, files: dict[str, bytes] = FILES) -> DerivedFiles:
    with WheelCache(root) as cache:
        return cache.derived(wheel, "kind", KEY, files.items)


def found(root: Path, wheel: Wheel, kind: str = "kind", key: tuple[str | int, ...] = KEY) -> DerivedFiles | None:
    with WheelCache(root) as cache:
        return cache.find_derived(wheel, kind, key)


def test_files_are_made_once(root, wheel):
    first = made(root, wheel)

    again = made(root, wheel, {"other": b""})

    assert again == first
    assert found(root, wheel) == first


def test_files_are_spliced_into_a_zip(root, wheel, tmp_path):
    found = made(root, wheel).contents
    entries = [Entry(name, Origin("lib", "1", None), content) for name, content in found.items()]

    write_archive(ArchivePlan(tuple(entries)), tmp_path / "x.zip", timestamp=0)

    assert contents(tmp_path / "x.zip") == FILES
    assert found["lib/a.bin"].member.compressed < 100


@pytest.mark.parametrize(("kind", "key"), [("other", KEY), ("kind", ("1", 3)), ("kind", ("1",))])
def test_another_kind_or_key_has_other_files(root, wheel, kind, key):
    made(root, wheel)

    assert found(root, wheel, kind, key) is None


def test_the_zip_is_read_only_and_next_to_the_wheel(root, wheel):
    path = made(root, wheel).path

    assert path.parent.parent == wheel.path.parent
    assert os.name == "nt" or path.stat().st_mode & 0o777 == 0o444


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[50] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def remove(path: Path) -> None:
    path.unlink()


def empty_description(path: Path) -> None:
    path.with_name("derived.json").write_bytes(b"")


def describe_as(path: Path, value: object) -> None:
    text = json.dumps(value)
    seal = hashlib.sha256(text.encode()).hexdigest()
    path.with_name("derived.json").write_text(f"{seal}\n{text}", "utf-8")


def describe_otherwise(path: Path) -> None:
    describe_as(path, [])


def swap(path: Path) -> None:
    """Put the files of another kind there, sealed."""
    values = json.loads(path.with_name("derived.json").read_text("utf-8").partition("\n")[2])
    describe_as(path, {**values, "made-from": [values["made-from"][0], "other", *KEY]})


@pytest.mark.parametrize("damage", [flip, remove, empty_description, describe_otherwise, swap])
def test_damaged_files_are_made_again(root, wheel, damage):
    first = made(root, wheel)
    damage(first.path)

    assert found(root, wheel) is None
    assert not first.path.parent.exists()
    assert made(root, wheel) == first


def test_the_wheel_stays_if_its_files_are_damaged(root, wheel):
    flip(made(root, wheel).path)

    with WheelCache(root) as cache:
        assert cache.find(wheel.sha256) == wheel


def test_two_builds_that_make_the_files_at_once_both_get_them(root, wheel):
    barrier = threading.Barrier(4)
    got: list[DerivedFiles] = []

    def make() -> list[tuple[str, bytes]]:
        barrier.wait()
        return list(FILES.items())

    def build() -> None:
        with WheelCache(root) as cache:
            got.append(cache.derived(wheel, "kind", KEY, make))

    threads = [threading.Thread(target=build) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == [got[0]] * 4


def test_a_failure_while_the_files_are_made_leaves_nothing(root, wheel):
    def make() -> list[tuple[str, bytes]]:
        raise KeyError

    with WheelCache(root) as cache, pytest.raises(KeyError):
        cache.derived(wheel, "kind", KEY, make)

    assert sorted(path.name for path in root.rglob("*")) == sorted(
        ["wheels", "1", wheel.sha256[:2], wheel.sha256, wheel.filename, "wheel.json"]
    )


def test_files_that_cannot_be_added_to_the_cache_are_kept_for_this_build(root, wheel):
    made(root, wheel)
    place = made(root, wheel).path.parent
    shutil.rmtree(place)
    place.write_text("a file in the entry's place")

    with WheelCache(root) as cache:
        kept = cache.derived(wheel, "kind", KEY, FILES.items)
        again = cache.derived(wheel, "kind", KEY, dict)
        is_there = kept.path.exists()

    assert again == kept
    assert [type(warning).__name__ for warning in cache.warnings] == ["Diagnostic"]
    assert str(cache.warnings[0]).startswith(f"{root / 'wheels' / '1'}: can't write to the wheel cache (")
    assert (is_there, kept.path.exists()) == (True, False)


def test_files_of_a_wheel_that_must_not_stay_do_not_stay(root, tmp_path):
    secret = make_wheel(tmp_path / "downloads", "secret", requires=["x @ https://user:s3cret@host/x.whl"])

    with WheelCache(root) as cache:
        wheel = cache.add(secret, expected=None)
        kept = cache.derived(wheel, "kind", KEY, FILES.items)
        again = cache.derived(wheel, "kind", KEY, dict)

    assert again == kept
    assert (root.exists(), kept.path.exists(), cache.warnings) == (False, False, [])


def test_a_full_disk_is_a_line_each(root, wheel, tmp_path, monkeypatch):
    (tmp_path / "no directory").write_text("")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "no directory"))
    place = made(root, wheel).path.parent
    shutil.rmtree(place)
    place.write_text("a file in the entry's place")

    with WheelCache(root) as cache, pytest.raises(TemporaryError) as caught:
        cache.derived(wheel, "kind", KEY, FILES.items)

    first, second = map(str, caught.value.diagnostics)
    assert first.startswith(f"{root / 'wheels' / '1'}: can't write to the wheel cache (")
    assert second == (
        f"{tmp_path / 'no directory'}: can't write temporary files (Not a directory); make it writable, or set TMPDIR "
        "to another directory [directory-not-writable]"
    )
