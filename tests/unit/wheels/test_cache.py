"""The wheel cache: it returns the wheels that were added, and repairs damage."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import stat
import subprocess
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hatch_lambda.checks import MEMBER_READERS
from hatch_lambda.errors import ConfigError, TemporaryError, WheelError
from hatch_lambda.wheels.cache import WheelCache, _put
from hatch_lambda.wheels.wheel import read_members
from hatch_lambda.zipfiles.members import Member
from tests.support.make_elf import make_elf
from tests.support.make_wheel import make_wheel
from tests.support.samples import verified

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatch_lambda.wheels.wheel import Wheel

HOUR = 60 * 60


def stored(path: Path, root: Path) -> Wheel:
    """Return the wheel at ``path`` as another build has added it to the cache."""
    with WheelCache(root) as store:
        return store.add(path, expected=None)


def not_writable(directory: Path, reason: str) -> str:
    """Return the warning that a cache directory isn't writable."""
    return (
        f"{directory}: can't write to the wheel cache ({reason}); make it writable, or set HATCH_LAMBDA_CACHE_DIR to "
        "another directory [cache-not-writable]"
    )


def found_anew(wheel: Wheel, root: Path) -> Wheel | None:
    """Return what a later build finds."""
    with WheelCache(root) as store:
        return store.find(wheel.sha256)


def entries(root: Path) -> list[str]:
    """Return every file of the cache."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.fixture
def lib(tmp_path):
    """A wheel with all that a wheel can have."""
    return make_wheel(
        tmp_path / "downloads",
        "lib",
        requires=["base"],
        requires_python=">=3.9",
        extras=["more"],
        scripts={"run": "lib:main"},
    )


def test_a_cached_wheel_is_found_by_its_hash(tmp_path, lib):
    added = stored(lib, tmp_path / "store")

    found = found_anew(added, tmp_path / "store")

    sha256 = hashlib.sha256(lib.read_bytes()).hexdigest()
    place = tmp_path / "store" / "wheels" / "1" / sha256[:2] / sha256
    assert found == added
    assert replace(added, path=lib) == verified(lib)
    assert (added.state, found.state and found.state.size) == (None, lib.stat().st_size)
    assert added.path == place / lib.name
    assert added.path.read_bytes() == lib.read_bytes()
    assert entries(place) == [lib.name, "wheel.json"]


@pytest.mark.skipif(os.name != "posix", reason="needs the modes of POSIX")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_cached_wheel_is_read_only_and_for_this_user_alone(tmp_path, lib, umask):
    before = os.umask(umask)
    try:
        added = stored(lib, tmp_path / "above" / "store")
    finally:
        os.umask(before)

    directories = [path for path in added.path.parents if tmp_path in path.parents]
    assert stat.S_IMODE(added.path.stat().st_mode) == 0o444
    assert [(path.name, stat.S_IMODE(path.stat().st_mode)) for path in directories] == [
        (name, 0o700) for name in (added.sha256, added.sha256[:2], "1", "wheels", "store", "above")
    ]


def test_a_hash_that_is_not_there_finds_nothing(tmp_path):
    with WheelCache(tmp_path / "store") as store:
        assert store.find("0" * 64) is None

    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("sha256", ["..", "", "{victim}", "A" * 64])
def test_an_invalid_hash_finds_and_removes_nothing(tmp_path, lib, sha256):
    victim = tmp_path / "victim"
    victim.mkdir()
    stored(lib, tmp_path / "store")

    with WheelCache(tmp_path / "store") as store:
        assert store.find(sha256.format(victim=victim)) is None

    assert victim.is_dir()
    assert len(entries(tmp_path / "store")) == 2


def test_the_same_wheel_is_kept_once(tmp_path, lib):
    first = stored(lib, tmp_path / "store")
    inode = first.path.stat().st_ino

    second = stored(lib, tmp_path / "store")

    assert (second, second.path.stat().st_ino) == (first, inode)
    assert len(entries(tmp_path / "store")) == 2


def test_a_wheel_with_the_expected_hash_is_cached(tmp_path, lib):
    sha256 = hashlib.sha256(lib.read_bytes()).hexdigest()

    with WheelCache(tmp_path / "store") as store:
        added = store.add(lib, expected=sha256)

    assert added.sha256 == sha256


def test_a_wheel_with_another_hash_is_rejected(tmp_path, lib):
    sha256 = hashlib.sha256(lib.read_bytes()).hexdigest()

    with WheelCache(tmp_path / "store") as store, pytest.raises(WheelError) as caught:
        store.add(lib, expected="ab" * 32)

    assert str(caught.value) == (
        f"error: lib-1.0-py3-none-any.whl: its SHA-256 is {sha256}, but the index declares {'ab' * 32}; rebuild to "
        "download it again, or report it to the index owner [hash-mismatch]"
    )
    assert not (tmp_path / "store").exists()


def test_a_wheel_that_is_not_sound_is_not_kept(tmp_path):
    (tmp_path / "lib-1.0-py3-none-any.whl").write_bytes(b"no wheel")

    with WheelCache(tmp_path / "store") as store, pytest.raises(WheelError):
        store.add(tmp_path / "lib-1.0-py3-none-any.whl", expected=None)

    assert not (tmp_path / "store").exists()


# Damage


def truncate(wheel: Wheel) -> None:
    """Cut the wheel short, as a full disk does."""
    wheel.path.chmod(0o644)
    wheel.path.write_bytes(wheel.path.read_bytes()[:-10])


def flip(wheel: Wheel) -> None:
    """Change a byte of the wheel and leave its size and time as they were."""
    before, data = wheel.path.stat(), bytearray(wheel.path.read_bytes())
    data[50] ^= 1
    wheel.path.chmod(0o644)
    wheel.path.write_bytes(data)
    os.utime(wheel.path, ns=(before.st_atime_ns, before.st_mtime_ns))


def swap(wheel: Wheel) -> None:
    """Put another sound wheel of that name, and its description, in the place, both sealed."""
    directory = wheel.path.parent
    other = verified(make_wheel(directory / "other", "lib", files={"lib/__init__.py": "import evil\n"}))
    other.path.replace(wheel.path)
    (directory / "other").rmdir()
    _seal(wheel, json.dumps({**other.as_json(), "sha256": wheel.sha256}))


def append(wheel: Wheel) -> None:
    """Let bytes follow the wheel's end."""
    wheel.path.chmod(0o644)
    wheel.path.write_bytes(wheel.path.read_bytes() + b"more")


def link_elsewhere(wheel: Wheel) -> None:
    """Put a link to another file in the place."""
    wheel.path.unlink()
    wheel.path.symlink_to(__file__)


def put_a_directory_there(wheel: Wheel) -> None:
    """Replace it by a directory."""
    wheel.path.unlink()
    wheel.path.mkdir()


def remove_wheel(wheel: Wheel) -> None:
    """Remove the wheel and leave its description."""
    wheel.path.unlink()


def remove_description(wheel: Wheel) -> None:
    """Remove the description and leave the wheel."""
    wheel.path.with_name("wheel.json").unlink()


def edit_description(wheel: Wheel) -> None:
    """Change a word of the description."""
    description = wheel.path.with_name("wheel.json")
    description.write_text(description.read_text("utf-8").replace('"lib"', '"bil"'), "utf-8")


def empty_description(wheel: Wheel) -> None:
    """Leave of the description what a crash leaves."""
    wheel.path.with_name("wheel.json").write_bytes(b"")


def garble_description(wheel: Wheel) -> None:
    """Fill the description with what is no text."""
    wheel.path.with_name("wheel.json").write_bytes(bytes(range(128, 256)))


def _seal(wheel: Wheel, text: str) -> None:
    seal = hashlib.sha256(text.encode()).hexdigest()
    wheel.path.with_name("wheel.json").write_text(f"{seal}\n{text}", "utf-8")


def describe_otherwise(wheel: Wheel) -> None:
    """Write a description that is whole, but has nothing of ours in it."""
    _seal(wheel, "{}")


def describe_as_a_list(wheel: Wheel) -> None:
    """Write a description that is whole, but no object."""
    _seal(wheel, "[]")


def describe_as_no_json(wheel: Wheel) -> None:
    """Write a description that is whole, but no JSON."""
    _seal(wheel, "{")


def describe_too_deep(wheel: Wheel) -> None:
    """Write a description that is whole, but nested as deep as no parser follows."""
    _seal(wheel, "[" * 20_000 + "]" * 20_000)


DAMAGES = [
    truncate,
    flip,
    swap,
    append,
    link_elsewhere,
    put_a_directory_there,
    describe_too_deep,
    remove_wheel,
    remove_description,
    edit_description,
    empty_description,
    garble_description,
    describe_otherwise,
    describe_as_a_list,
    describe_as_no_json,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_entry_is_not_found_and_is_gone(tmp_path, lib, damage):
    added = stored(lib, tmp_path / "store")
    damage(added)

    found = found_anew(added, tmp_path / "store")

    assert (found, entries(tmp_path / "store")) == (None, [])


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_entry_is_replaced(tmp_path, lib, damage):
    added = stored(lib, tmp_path / "store")
    damage(added)

    again = stored(lib, tmp_path / "store")

    assert again == added
    assert found_anew(added, tmp_path / "store") == added
    assert added.path.read_bytes() == lib.read_bytes()


def test_a_damaged_entry_that_cannot_be_removed_is_not_used(tmp_path, lib):
    """A link, which isn't followed, replaces a directory in which nothing can be removed."""
    place = stored(lib, tmp_path / "store").path.parent
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "wheel.json").write_text("")

    with WheelCache(tmp_path / "store") as store:
        added = store.add(lib, expected=None)
        assert added.path.read_bytes() == lib.read_bytes()

    assert place not in added.path.parents
    (warning,) = store.warnings
    assert "can't write to the wheel cache" in str(warning)


def test_an_entry_whose_dates_and_modes_were_not_kept_is_found(tmp_path, lib):
    added = stored(lib, tmp_path / "store")
    added.path.chmod(0o644)
    os.utime(added.path, (1_700_000_000, 1_700_000_000))

    assert found_anew(added, tmp_path / "store") == added


def _members(**changes: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what changes values of the first member."""
    names = list(Member.__annotations__)

    def change(values: dict[str, Any]) -> dict[str, Any]:
        first, *others = values["members"]
        return {
            **values,
            "members": [[changes.get(name, one) for name, one in zip(names, first, strict=True)], *others],
        }

    return change


def _values(**changes: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda values: {**values, **changes}


CHANGES = {
    "no members": _values(members=None),
    "members of nothing": _values(members=[[]]),
    "members of no type": _values(members=[[None] * 8]),
    "an object for a member": _values(members=[{"name": "lib"}]),
    "no member": _values(members=[]),
    "members that are too short": _values(members=[["lib"]]),
    "members of several lengths": _values(members=[["lib"], ["lib", 5]]),
    "more": _values(more=1),
    "less": lambda values: {name: value for name, value in values.items() if name != "size"},
    "a number for a text": _values(dist_info=5),
    "a number among texts": _values(requires_dist=[5]),
    "a text for an array": _values(provides_extra="all"),
    "an array for a text": _values(version=["1"]),
    "another version": _values(version="2.0"),
    "another name": _values(name="bil"),
    "another size": _values(size=5),
    "a size below zero": _values(size=-1),
    "a number with a fraction": _values(size=1.5),
    "true for a number": _values(size=True),
    "half a letter": _values(requires_python="\ud800"),
    "a path": _values(filename="../lib-1.0-py3-none-any.whl"),
    "no wheel's name": _values(filename="lib.zip"),
    "scripts that are no pairs": _values(console_scripts=[["run"]]),
    "a script that leads out": _values(console_scripts=[["../run", "lib:main"]]),
    "another name of a member": _members(name="evil.py"),
    "another place": _members(offset=1),
    "a place beyond the end": _members(offset=1 << 40),
    "a place before the start": _members(offset=-1),
    "another method": _members(method=99),
    "another CRC": _members(crc=1),
    "more bytes": _members(compressed=1 << 40),
    "no bytes": _members(compressed=0),
    "another size of a member": _members(size=7),
    "a member that is a number": _members(name=1),
    "a mode that is a number": _members(executable=1),
    "no hash": _members(digest="sha256=\ud800"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_entry_whose_description_has_other_values_is_replaced(tmp_path, lib, change):
    """Such as another version has written, or somebody by hand: the seal is right."""
    added = stored(lib, tmp_path / "store")
    text = added.path.with_name("wheel.json").read_text("utf-8").partition("\n")[2]
    _seal(added, json.dumps(change(json.loads(text))))

    assert found_anew(added, tmp_path / "store") is None
    assert stored(lib, tmp_path / "store") == added


def test_an_entry_of_another_key_is_not_found(tmp_path, lib):
    root = tmp_path / "store"
    other = stored(make_wheel(tmp_path / "downloads", "other"), root)
    added = stored(lib, root)
    added.path.parent.rename(tmp_path / "away")
    other.path.parent.rename(added.path.parent)

    assert found_anew(added, root) is None


def test_a_copy_that_is_not_what_was_verified_is_neither_read_nor_found(tmp_path, lib):
    other = make_wheel(tmp_path / "other", "lib", files={"lib/__init__.py": "x = 2\n"})
    wheel = verified(lib)

    added = _put(tmp_path / "store" / "wheels" / "1", other, wheel)

    with pytest.raises(WheelError) as caught:
        list(read_members(added, []))
    assert str(caught.value) == (
        f"error: {added.path}: changed during the build; rebuild to download it again [bad-wheel]"
    )
    assert found_anew(added, tmp_path / "store") is None
    assert not added.path.exists()


# Several builds at once


def test_two_builds_that_add_one_wheel_at_once_both_get_it(tmp_path, lib):
    barrier = threading.Barrier(4)
    got: list[Wheel] = []

    def add() -> None:
        with WheelCache(tmp_path / "store") as store:
            barrier.wait()
            got.append(store.add(lib, expected=None))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == 4
    assert set(map(str, got)) == {"lib 1.0"}
    assert all(wheel == got[0] and wheel.path.read_bytes() == lib.read_bytes() for wheel in got)
    assert len(entries(tmp_path / "store")) == 2


def test_files_of_killed_builds_are_removed_after_a_day(tmp_path, lib):
    directory = tmp_path / "store" / "wheels" / "1"
    ages = {"staging-old": 25 * HOUR, "staging-young": 23 * HOUR, "other-old": 25 * HOUR}
    for name, age in ages.items():
        (directory / name).mkdir(parents=True)
        (directory / name / "file").write_text("")
        os.utime(directory / name, (time.time() - age, time.time() - age))

    added = stored(lib, tmp_path / "store")

    assert sorted(path.name for path in directory.iterdir()) == sorted(["staging-young", "other-old", added.sha256[:2]])


# A directory that isn't writable


@pytest.fixture
def unwritable(tmp_path):
    """A file in place of the cache directory."""
    (tmp_path / "store").write_text("")
    return tmp_path / "store"


def test_where_the_cache_cannot_be_written_to_wheels_are_kept_for_this_build(tmp_path, unwritable, lib):
    other = make_wheel(tmp_path / "downloads", "other")

    with WheelCache(unwritable) as store:
        added = [store.add(path, expected=None) for path in (lib, other)]
        found = [store.find(wheel.sha256) for wheel in added]
        data = [wheel.path.read_bytes() for wheel in added]

    assert found == added
    assert data == [lib.read_bytes(), other.read_bytes()]
    assert list(map(str, store.warnings)) == [not_writable(unwritable / "wheels" / "1", "Not a directory")]
    assert [wheel.path.exists() for wheel in added] == [False, False]


def test_a_cache_that_cannot_be_read_is_replaced(tmp_path, lib):
    """A name that no file system accepts replaces another user's directory, which root could read."""
    root = tmp_path / ("x" * 300)

    with WheelCache(root) as store:
        found = store.find("0" * 64)
        added = store.add(lib, expected=None)
        data = added.path.read_bytes()

    assert (found, data) == (None, lib.read_bytes())
    assert list(map(str, store.warnings)) == [not_writable(root / "wheels" / "1", "File name too long")]


def test_the_temporary_cache_is_removed_even_if_the_build_fails(unwritable, lib):
    store = WheelCache(unwritable)
    added = store.add(lib, expected=None)

    with pytest.raises(KeyError), store:
        raise KeyError

    assert not added.path.exists()


def test_an_entry_that_cannot_be_renamed_is_added_to_the_temporary_cache(tmp_path, lib):
    sha256 = hashlib.sha256(lib.read_bytes()).hexdigest()
    directory = tmp_path / "store" / "wheels" / "1"
    directory.mkdir(parents=True)
    (directory / sha256[:2]).mkdir()
    (directory / sha256[:2] / sha256).write_text("a file in the entry's place")

    with WheelCache(tmp_path / "store") as store:
        added = store.add(lib, expected=None)
        data = added.path.read_bytes()

    assert data == lib.read_bytes()
    assert list(map(str, store.warnings)) == [not_writable(directory, "Not a directory")]
    assert [path.name for path in directory.iterdir()] == [sha256[:2]]


# Others on this machine


@pytest.fixture
def cache(tmp_path, lib):
    """A cache that another build has filled."""
    stored(lib, tmp_path / "the cache")
    return tmp_path / "the cache"


@pytest.mark.skipif(os.name != "posix", reason="needs the modes of POSIX")
@pytest.mark.parametrize("mode", [0o777, 0o775, 0o720, 0o702, 0o1777])
@pytest.mark.parametrize("directory", ["", "wheels", "wheels/1", "memory"])
def test_a_cache_that_others_can_write_to_is_rejected(cache, directory, mode):
    (cache / "memory").mkdir()
    (cache / directory).chmod(mode)

    with pytest.raises(ConfigError) as caught, WheelCache(cache):
        pass

    assert str(caught.value) == (
        f"error: {cache / directory}: other users can change the cache, because the directory's mode is {mode:04o}; "
        f"run 'chmod -R go-w '{cache}'', or set HATCH_LAMBDA_CACHE_DIR to another directory [unsafe-cache]"
    ).replace(f"'{cache}'", shlex.quote(str(cache)))


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o700, 0o555])
def test_a_cache_that_others_can_only_read_is_used(cache, lib, mode):
    cache.chmod(mode)

    with WheelCache(cache) as store:
        assert store.find(hashlib.sha256(lib.read_bytes()).hexdigest())


def test_a_file_instead_of_the_cache_is_not_rejected_by_its_mode(unwritable, lib):
    unwritable.chmod(0o666)

    with WheelCache(unwritable) as store:
        assert store.add(lib, expected=None).filename == lib.name


# Credentials


@pytest.mark.parametrize("url", ["https://user:s3cret@host/x.whl", "git+ssh://t0ken@host/x"])
def test_a_wheel_whose_requirements_hold_credentials_is_kept_for_this_build_only(tmp_path, url):
    own = make_wheel(tmp_path / "built", "own", requires=["base", f"x @ {url}"])

    with WheelCache(tmp_path / "store") as store:
        added = store.add(own, expected=None)
        found = store.find(added.sha256)
        data = added.path.read_bytes()

    assert (found, data) == (added, own.read_bytes())
    assert (added.path.exists(), (tmp_path / "store").exists(), store.warnings) == (False, False, [])


# No space


@pytest.fixture
def full(tmp_path, monkeypatch):
    """A directory for temporary files that has no space left."""
    if not Path("/dev/full").exists() or not mounted(tmp_path / "full", "4k"):
        pytest.skip("needs Linux and the right to mount a tmpfs")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))
    yield tmp_path / "full"
    subprocess.run(["umount", str(tmp_path / "full")], check=True)


def mounted(directory: Path, size: str) -> bool:
    """Return whether a disk of that size could be mounted on a new directory."""
    directory.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(directory)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_full_cache_and_a_full_temporary_directory_have_a_line_each(tmp_path, full, lib):
    with WheelCache(full / "cache") as store, pytest.raises(TemporaryError) as caught:
        store.add(make_wheel(tmp_path / "w", "big", files={"big/model.bin": os.urandom(1 << 16)}), expected=None)

    assert str(caught.value) == (
        f"error: {not_writable(full / 'cache' / 'wheels' / '1', 'No space left on device')}\n"
        f"error: {full}: can't write temporary files (No space left on device); free some space, or set TMPDIR to "
        "another directory [disk-full]"
    )


def test_a_full_temporary_directory_is_one_line_where_a_wheel_must_not_stay(tmp_path, full):
    own = make_wheel(tmp_path / "w", "own", requires=["x @ https://u:p@h/x"], files={"own/m": os.urandom(1 << 16)})

    with WheelCache(tmp_path / "store") as store, pytest.raises(TemporaryError) as caught:
        store.add(own, expected=None)

    assert str(caught.value) == (
        f"error: {full}: can't write temporary files (No space left on device); free some space, or set TMPDIR to "
        "another directory [disk-full]"
    )


def test_a_full_temporary_directory_is_one_line_where_a_library_is_read(tmp_path, full):
    large = make_wheel(tmp_path / "w", "large", files={"large/core.so": make_elf() + os.urandom(3 << 20)})

    with WheelCache(tmp_path / "store", MEMBER_READERS) as store, pytest.raises(TemporaryError) as caught:
        store.add(large, expected=None)

    assert str(caught.value) == (
        f"error: {full}: can't write temporary files (No space left on device); free some space, or set TMPDIR to "
        "another directory [disk-full]"
    )


def test_a_cache_is_empty_until_it_has_a_wheel(tmp_path, lib):
    with WheelCache(tmp_path / "store") as store:
        before = store.is_empty
        store.add(lib, expected=None)

        assert (before, store.is_empty) == (True, False)


def test_a_cache_that_cannot_be_read_is_not_known_to_be_empty(tmp_path):
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels/1").touch()

    assert not WheelCache(tmp_path).is_empty
