"""The cache is not trusted: damaged or replaced files never ship, and are fetched or built again."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.wheels.verify import verify_wheel
from tests.support import zips
from tests.support.locks import package, pylock
from tests.support.make_local_project import make_local_project
from tests.support.make_wheel import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import ProjectDirectory
    from tests.support.index_server import IndexServer

DIRECT = "\n[tool.hatch.metadata]\nallow-direct-references = true\n"
LAYERS = """\
[tool.hatch.build.targets.lambda.layers.base]
features = ["data"]

[tool.hatch.build.targets.lambda.functions.api]
handler = "shop.api.handler"
features = ["data"]
layers = ["base"]
"""
FEATURES = '[project.optional-dependencies]\ndata = ["lib"]\n'
SOURCES = {"lib/__init__.py": "".join(f"NAME_{number} = {number * 7919}\n" for number in range(300))}
DAY = 24 * 60 * 60


@pytest.fixture
def cache(tmp_path):
    """The directory of the cache."""
    return tmp_path / "store"


def wheel_in(cache: Path) -> Path:
    """Return the only wheel in the cache."""
    (wheel,) = cache.rglob("*.whl")
    return wheel


def flip(wheel: Path) -> None:
    """Change a byte and leave size and time as they were, as a disk does."""
    before, data = wheel.stat(), bytearray(wheel.read_bytes())
    data[300] ^= 0xFF
    wheel.chmod(0o644)
    wheel.write_bytes(data)
    os.utime(wheel, ns=(before.st_atime_ns, before.st_mtime_ns))


def swap(wheel: Path, tmp_path: Path) -> None:
    """Put another sound wheel of that name in the place, described and sealed as ours are."""
    other = make_wheel(tmp_path / "other", "lib", files={"lib/__init__.py": "import evil\n"})
    text = json.dumps({**verify_wheel(other, "").as_json(), "sha256": wheel.parent.name})
    wheel.with_name("wheel.json").write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}", "utf-8")
    other.replace(wheel)


def from_index(index: IndexServer, project: ProjectDirectory) -> None:
    """Let the project require a wheel of the index."""
    index.add("lib", files=SOURCES)
    project.configure(dependencies=["lib"])


def locked(index: IndexServer, project: ProjectDirectory) -> None:
    """Let the project have a lock with that wheel."""
    project.write("pylock.lambda.toml", pylock(package(index, index.add("lib", files=SOURCES))))
    project.configure(dependencies=["lib"])


def hashed(index: IndexServer, project: ProjectDirectory) -> None:
    """Let the project have a requirements file with that wheel's hash."""
    sha256 = zips.sha256(index.add("lib", files=SOURCES).read_bytes())
    project.write("requirements.txt", f"lib==1.0 --hash=sha256:{sha256}\n")
    project.configure('lock = "requirements.txt"', dependencies=["lib"])


def layered(index: IndexServer, project: ProjectDirectory) -> None:
    """Let the wheel be in a layer that a function uses."""
    index.add("lib", files=SOURCES)
    project.configure(LAYERS, project=FEATURES)


def local(index: IndexServer, project: ProjectDirectory) -> None:
    """Make the project require a directory, whose wheel is built here."""
    directory = make_local_project(project.root.parent / "lib", "lib", files=SOURCES)
    project.configure(dependencies=[f"lib @ {directory.as_uri()}"], project=DIRECT)


def from_sdist(index: IndexServer, project: ProjectDirectory) -> None:
    """Make the project require an sdist, whose wheel is built here."""
    index.add_sdist("lib")
    project.configure('build-from-source = ["lib"]', dependencies=["lib"])


@pytest.mark.parametrize(
    ("way", "damage"),
    [
        (from_index, "flip"),
        (locked, "swap"),
        (hashed, "swap"),
        (layered, "flip"),
        (local, "flip"),
        (local, "swap"),
        (from_sdist, "flip"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_wheel_that_is_damaged_or_swapped_in_the_cache_is_replaced(index, project, tmp_path, cache, way, damage):
    way(index, project)
    before = project.build()
    good = {path.name: path.read_bytes() for path in before.archives}
    wheel = wheel_in(cache)
    sound = wheel.read_bytes()
    flip(wheel) if damage == "flip" else swap(wheel, tmp_path)

    after = project.build("-c")

    assert (before.code, after.code) == (0, 0), before.output + after.output
    assert {path.name: path.read_bytes() for path in after.archives} == good
    assert wheel_in(cache).read_bytes() == sound


def test_a_damaged_wheel_that_cannot_be_fetched_again_ships_in_no_zip(index, project, cache):
    locked(index, project)
    project.build()
    flip(wheel_in(cache))

    built = project.build("-c", HATCH_LAMBDA_OFFLINE="1")

    assert (built.code, built.archives) == (1, ())
    assert built.output == (
        "error: HATCH_LAMBDA_OFFLINE: lib-1.0-py3-none-any.whl isn't in the cache; build once with network access, or "
        "copy the cache [offline]\n"
    )


def test_a_swapped_record_of_a_hashed_lock_is_not_followed(index, project, cache):
    """The paths of wheels are cached; a hash that isn't the file's matches no wheel."""
    hashed(index, project)
    good = project.build().archive.read_bytes()
    evil = index.add("evil", files={"lib/__init__.py": "import evil\n"})
    (record,) = (path for path in (cache / "memory").iterdir() if "lib-1.0" in path.read_text("utf-8"))
    values = json.loads(record.read_text("utf-8").partition("\n")[2])
    ((name, version, _, _),) = values["pins"]
    values["pins"] = [[name, version, index.file_url(evil), zips.sha256(evil.read_bytes())]]
    text = json.dumps(values)
    record.write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}", "utf-8")

    built = project.build("-c")

    assert built.code == 0, built.output
    assert built.archive.read_bytes() == good


@pytest.mark.parametrize("way", [hashed, local, from_sdist], ids=lambda way: way.__name__)
def test_a_record_of_another_shape_is_removed(index, project, cache, way):
    """What each place makes of other shapes is a matter of the unit tests."""
    way(index, project)
    good = project.build().archive.read_bytes()
    text = '{"wheel": [5]}'
    for record in cache.glob("[fm]*/*.json"):  # facts and memory
        record.write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}", "utf-8")

    built = project.build("-c")

    assert built.code == 0, built.output
    assert built.archive.read_bytes() == good


# Others on this machine


@pytest.mark.skipif(os.name != "posix", reason="needs the modes of POSIX")
def test_a_cache_that_others_can_write_to_is_rejected(index, project, cache):
    from_index(index, project)
    cache.mkdir()
    cache.chmod(0o777)

    built = project.build()

    assert (built.code, built.archives) == (1, ())
    assert built.output == (
        f"error: {cache}: other users can change the cache, because the directory's mode is 0777; run 'chmod -R go-w "
        f"{shlex.quote(str(cache))}', or set HATCH_LAMBDA_CACHE_DIR to another directory [unsafe-cache]\n"
    )


def test_credentials_that_a_local_package_requires_with_are_not_in_the_cache(project, cache, tmp_path):
    make_wheel(tmp_path / "wheels", "base")
    url = f"file://user:s3cret@localhost{tmp_path}/wheels/base-1.0-py3-none-any.whl"
    directory = make_local_project(tmp_path / "lib", "lib", requires=[f"base @ {url}"])
    project.configure(dependencies=[f"lib @ {directory.as_uri()}"], project=DIRECT)

    built = [project.build("-c").archive.read_bytes() for _ in range(2)]

    assert built[0] == built[1]
    files = [path for path in cache.rglob("*") if path.is_file()]
    assert [path.name for path in files if path.suffix == ".whl"] == ["base-1.0-py3-none-any.whl"]
    assert [path for path in files if b"s3cret" in path.read_bytes()] == []


# Files of the project


def at_building(directory: Path, statement: str) -> Path:
    """Make a local dependency's backend run a statement when it builds: after the project's files are selected."""
    make_local_project(directory, "lib")
    backend = directory / "backend.py"
    backend.write_text(f"{backend.read_text('utf-8')}\n{statement}\n", "utf-8")
    return directory


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "file.unlink(missing_ok=True)",
            "error: {file}: can't be read (No such file or directory); fix it, or exclude it [unreadable-file]\n",
        ),
        (
            "file.write_text('longer')",
            "error: shop/z.tmp: changed during the build; rebuild when no program writes it [file-changed]\n",
        ),
    ],
    ids=["vanishes", "grows"],
)
def test_a_file_that_is_removed_or_grows_during_the_build_is_one_line(project, tmp_path, statement, problem):
    file = project.write("shop/z.tmp", "x")
    directory = at_building(tmp_path / "lib", f"file = pathlib.Path({str(file)!r})\n{statement}")
    project.configure(dependencies=[f"lib @ {directory.as_uri()}"], project=DIRECT)

    built = project.build()

    assert (built.code, built.archives) == (1, ())
    assert built.output == problem.format(file=file)


# Temporary files and streams


@pytest.mark.skipif(os.name != "posix", reason="needs TMPDIR")
def test_temporary_files_of_killed_builds_are_removed_after_a_day(project, tmp_path):
    directory = tmp_path / "tmp"
    ages = {
        "hatch-lambda-old.tmp": DAY + 60,
        "hatch-lambda-young.tmp": DAY - 60,
        "hatch-lambda-of-mine": 9 * DAY,
        "other.tmp": 9 * DAY,
    }
    for name, age in ages.items():
        (directory / name / "inner").mkdir(parents=True)
        os.utime(directory / name, (time.time() - age, time.time() - age))

    built = project.build(TMPDIR=str(directory))

    assert built.code == 0, built.output
    assert sorted(path.name for path in directory.iterdir()) == [
        "hatch-lambda-of-mine",
        "hatch-lambda-young.tmp",
        "other.tmp",
    ]


@pytest.fixture
def small_disk(tmp_path):
    """A directory on a disk of one MiB."""
    directory = tmp_path / "small"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(directory)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield directory
    subprocess.run(["umount", str(directory)], check=True)


FULL = (
    "error: {directory}: can't write temporary files (No space left on device); free some space, or set TMPDIR to "
    "another directory [disk-full]\n"
)


@pytest.mark.parametrize("described", [False, True], ids=["while resolving", "while fetching"])
def test_a_full_temporary_directory_is_one_line(index, project, small_disk, described):
    index.described = described
    index.add("lib", files={"lib/model.bin": os.urandom(2 << 20)})
    project.configure(dependencies=["lib"])

    built = project.build(TMPDIR=str(small_disk), PIP_NO_CACHE_DIR="1")

    assert (built.code, built.archives) == (1, ())
    assert built.output == FULL.format(directory=small_disk)


def test_a_temporary_directory_that_is_full_while_the_zip_is_written_is_one_line(project, small_disk):
    project.write("shop/model.bin").write_bytes(os.urandom(12 << 20))

    built = project.build(TMPDIR=str(small_disk))

    assert (built.code, built.archives) == (1, ())
    assert built.output == FULL.format(directory=small_disk)


def test_a_temporary_directory_that_is_full_while_a_wheel_is_built_is_one_line(project, small_disk, tmp_path):
    directory = make_local_project(tmp_path / "lib", "lib", files={"lib/model.bin": os.urandom(2 << 20)})
    project.configure(dependencies=[f"lib @ {directory.as_uri()}"], project=DIRECT)

    built = project.build(TMPDIR=str(small_disk))

    assert (built.code, built.archives) == (1, ())
    assert built.output == FULL.format(directory=small_disk)


def run_without(project: ProjectDirectory, *descriptors: int, **environ: str) -> tuple[int, str]:
    """Build with streams closed, and return the exit code and what was written to standard output."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "lambda"],
        cwd=project.root,
        env={**project.environ, **environ},
        stdout=subprocess.PIPE,
        preexec_fn=partial(_close, descriptors),
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def _close(descriptors: tuple[int, ...]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


@pytest.mark.skipif(os.name != "posix", reason="needs descriptors that can be closed for a child")
@pytest.mark.parametrize("closed", [(2,), (1, 2), (0, 1, 2)], ids=str)
def test_a_build_without_standard_streams_makes_the_same_zip(index, project, closed):
    from_index(index, project)
    good = project.build().archive.read_bytes()

    code, _ = run_without(project, *closed)

    assert code == 0
    (archive,) = (project.root / "dist").glob("*.zip")
    assert archive.read_bytes() == good


@pytest.mark.skipif(os.name != "posix", reason="needs descriptors that can be closed for a child")
def test_an_error_without_standard_error_is_printed_on_standard_output(project):
    project.configure('handler = "shop.api.other"')

    code, said = run_without(project, 2)

    assert code == 1
    assert "handler 'shop.api.other'" in said


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are UTF-8 whatever the locale")
def test_names_that_this_python_cannot_read_are_reported_with_the_setting(project):
    project.write("shop/größe.txt")

    built = project.build(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")

    name = "shop/größe.txt".encode().decode("ascii", "surrogateescape")
    assert (built.code, built.archives) == (1, ())
    assert built.output == (
        f"error: {name!r}: names in the zip are UTF-8, but this Python reads file names as ascii; set PYTHONUTF8=1 or "
        "LC_ALL=C.UTF-8 [unsafe-path]\n"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are UTF-8 whatever the locale")
def test_the_c_locale_makes_the_same_zip_and_escapes_what_it_cannot_show(project):
    project.write("shop/größe.txt")
    good = project.build().archive.read_bytes()
    project.configure('exclude-files = ["größe"]')

    built = project.build("-c", LC_ALL="C")
    shown = project.build(LC_ALL="C", PYTHONIOENCODING="ascii")

    assert built.code == 0, built.output
    assert built.archive.read_bytes() == good
    assert "exclude-files: no file matches 'gr\\xf6\\xdfe'; remove the entry" in shown.output
