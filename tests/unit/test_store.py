"""The wheel store: what went in comes out, and damage heals."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
import time
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.errors import WheelError
from hatch_lambda.store import Store
from tests.support.make_wheel import make_wheel
from tests.support.samples import verified

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_lambda.wheels import Wheel

HOUR = 60 * 60


def stored(path: Path, root: Path) -> Wheel:
    """Return the wheel at ``path`` as another build has put it into the store."""
    with Store(root) as store:
        return store.add(path, expected=None)


def found_anew(wheel: Wheel, root: Path) -> Wheel | None:
    """Return what a later build finds."""
    with Store(root) as store:
        return store.find(wheel.sha256)


def entries(root: Path) -> list[str]:
    """Return every file of the store."""
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


def test_a_wheel_that_went_in_is_found_by_its_hash(tmp_path, lib):
    added = stored(lib, tmp_path / "store")

    found = found_anew(added, tmp_path / "store")

    sha256 = hashlib.sha256(lib.read_bytes()).hexdigest()
    place = tmp_path / "store" / "wheels" / "1" / sha256[:2] / sha256
    assert found == added
    assert {**vars(added), "path": lib} == vars(verified(lib))
    assert added.path == place / lib.name
    assert added.path.read_bytes() == lib.read_bytes()
    assert entries(place) == [lib.name, "wheel.json"]


def test_a_stored_wheel_is_read_only_and_sealed_by_its_date(tmp_path, lib):
    added = stored(lib, tmp_path / "store")

    status = added.path.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_mtime) == (0o444, 315_532_800)
    assert stat.S_IMODE(added.path.parent.stat().st_mode) == 0o755


def test_a_hash_that_is_not_there_finds_nothing(tmp_path):
    with Store(tmp_path / "store") as store:
        assert store.find("0" * 64) is None

    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("sha256", ["..", "", "{victim}", "A" * 64])
def test_what_is_no_hash_finds_and_removes_nothing(tmp_path, lib, sha256):
    victim = tmp_path / "victim"
    victim.mkdir()
    stored(lib, tmp_path / "store")

    with Store(tmp_path / "store") as store:
        assert store.find(sha256.format(victim=victim)) is None

    assert victim.is_dir()
    assert len(entries(tmp_path / "store")) == 2


def test_the_same_wheel_is_kept_once(tmp_path, lib):
    first = stored(lib, tmp_path / "store")
    inode = first.path.stat().st_ino

    second = stored(lib, tmp_path / "store")

    assert (second, second.path.stat().st_ino) == (first, inode)
    assert len(entries(tmp_path / "store")) == 2


def test_a_wheel_with_the_promised_hash_goes_in(tmp_path, lib):
    sha256 = hashlib.sha256(lib.read_bytes()).hexdigest()

    with Store(tmp_path / "store") as store:
        added = store.add(lib, expected=sha256)

    assert added.sha256 == sha256


def test_a_wheel_with_another_hash_is_refused(tmp_path, lib):
    sha256 = hashlib.sha256(lib.read_bytes()).hexdigest()

    with Store(tmp_path / "store") as store, pytest.raises(WheelError) as caught:
        store.add(lib, expected="ab" * 32)

    assert str(caught.value) == (
        f"lib-1.0-py3-none-any.whl: its sha256 is {sha256}, the index promised {'ab' * 32}; build again, and if it "
        "stays so, ask whoever runs the index"
    )
    assert not (tmp_path / "store").exists()


def test_a_wheel_that_is_not_sound_is_not_kept(tmp_path):
    (tmp_path / "lib-1.0-py3-none-any.whl").write_bytes(b"no wheel")

    with Store(tmp_path / "store") as store, pytest.raises(WheelError):
        store.add(tmp_path / "lib-1.0-py3-none-any.whl", expected=None)

    assert not (tmp_path / "store").exists()


# Damage


def truncate(wheel: Wheel) -> None:
    """Cut the wheel short, as a full disk does."""
    wheel.path.chmod(0o644)
    wheel.path.write_bytes(wheel.path.read_bytes()[:-10])


def overwrite(wheel: Wheel) -> None:
    """Change a byte of the wheel, which changes its date."""
    data = bytearray(wheel.path.read_bytes())
    data[50] ^= 1
    wheel.path.chmod(0o644)
    wheel.path.write_bytes(data)


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


DAMAGES = [
    truncate,
    overwrite,
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
    """A link, which is not followed, stands for a folder in which nothing may be removed."""
    place = stored(lib, tmp_path / "store").path.parent
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "wheel.json").write_text("")

    with Store(tmp_path / "store") as store:
        added = store.add(lib, expected=None)
        assert added.path.read_bytes() == lib.read_bytes()

    assert place not in added.path.parents
    (warning,) = store.warnings
    assert "cannot be written to" in warning


def test_an_entry_whose_dates_were_not_kept_is_read_again_and_found(tmp_path, lib):
    added = stored(lib, tmp_path / "store")
    os.utime(added.path, (1_700_000_000, 1_700_000_000))

    assert found_anew(added, tmp_path / "store") == added


@pytest.mark.parametrize("change", [{"members": None}, {"members": [[]]}, {"unknown": 1}])
def test_an_entry_with_other_fields_is_not_found(tmp_path, lib, change):
    """Another layout is another folder; this is what versions under development leave behind."""
    added = stored(lib, tmp_path / "store")
    text = added.path.with_name("wheel.json").read_text("utf-8").partition("\n")[2]
    _seal(added, json.dumps({**json.loads(text), **change}))

    assert found_anew(added, tmp_path / "store") is None


def test_an_entry_in_the_place_of_another_is_not_found(tmp_path, lib):
    root = tmp_path / "store"
    other = stored(make_wheel(tmp_path / "downloads", "other"), root)
    added = stored(lib, root)
    added.path.parent.rename(tmp_path / "away")
    other.path.parent.rename(added.path.parent)

    assert found_anew(added, root) is None


# Several builds at once


def test_two_builds_that_add_one_wheel_at_once_both_get_it(tmp_path, lib):
    barrier = threading.Barrier(4)
    got: list[Wheel] = []

    def add() -> None:
        with Store(tmp_path / "store") as store:
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


def test_what_killed_builds_have_left_is_removed_once_it_is_a_day_old(tmp_path, lib):
    folder = tmp_path / "store" / "wheels" / "1"
    ages = {"staging-old": 25 * HOUR, "staging-young": 23 * HOUR, "other-old": 25 * HOUR}
    for name, age in ages.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "file").write_text("")
        os.utime(folder / name, (time.time() - age, time.time() - age))

    added = stored(lib, tmp_path / "store")

    assert sorted(path.name for path in folder.iterdir()) == sorted(["staging-young", "other-old", added.sha256[:2]])


# A folder that cannot be written to


@pytest.fixture
def unwritable(tmp_path):
    """A store in whose folder's place there is a file."""
    (tmp_path / "store").write_text("")
    return tmp_path / "store"


def test_where_the_store_cannot_be_written_to_wheels_are_kept_for_this_build(tmp_path, unwritable, lib):
    other = make_wheel(tmp_path / "downloads", "other")

    with Store(unwritable) as store:
        added = [store.add(path, expected=None) for path in (lib, other)]
        found = [store.find(wheel.sha256) for wheel in added]
        data = [wheel.path.read_bytes() for wheel in added]

    assert found == added
    assert data == [lib.read_bytes(), other.read_bytes()]
    assert store.warnings == [
        (
            f"The wheel store {unwritable / 'wheels' / '1'} cannot be written to (Not a directory); wheels are kept "
            "in a temporary folder for this build only."
        )
    ]
    assert [wheel.path.exists() for wheel in added] == [False, False]


def test_a_store_that_cannot_even_be_looked_into_is_replaced(tmp_path, lib):
    """A name that no file system takes stands for a folder that belongs to somebody else, which root could read."""
    root = tmp_path / ("x" * 300)

    with Store(root) as store:
        found = store.find("0" * 64)
        added = store.add(lib, expected=None)
        data = added.path.read_bytes()

    assert (found, data) == (None, lib.read_bytes())
    assert store.warnings == [
        (
            f"The wheel store {root / 'wheels' / '1'} cannot be written to (File name too long); wheels are kept in a "
            "temporary folder for this build only."
        )
    ]


def test_the_temporary_store_goes_even_if_the_build_fails(unwritable, lib):
    store = Store(unwritable)
    added = store.add(lib, expected=None)

    with pytest.raises(KeyError), store:
        raise KeyError

    assert not added.path.exists()


def test_an_entry_that_cannot_be_put_in_its_place_goes_to_the_temporary_store(tmp_path, lib):
    sha256 = hashlib.sha256(lib.read_bytes()).hexdigest()
    folder = tmp_path / "store" / "wheels" / "1"
    folder.mkdir(parents=True)
    (folder / sha256[:2]).mkdir()
    (folder / sha256[:2] / sha256).write_text("a file in the entry's place")

    with Store(tmp_path / "store") as store:
        added = store.add(lib, expected=None)
        data = added.path.read_bytes()

    assert data == lib.read_bytes()
    assert store.warnings == [
        (
            f"The wheel store {folder} cannot be written to (Not a directory); wheels are kept in a "
            "temporary folder for this build only."
        )
    ]
    assert [path.name for path in folder.iterdir()] == [sha256[:2]]
