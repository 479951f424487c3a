"""The same input gives the same bytes on any day, in any directory, with any umask and order of files."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

import pytest

FILES = [f"shop/{directory}/{name}.py" for directory in ("alpha", "beta", "gamma") for name in ("one", "two", "three")]


@pytest.fixture
def full(project):
    """The project with some directories, and an executable."""
    project.configure(
        "scripts = true", project='license-files = ["LICENSE"]\nscripts = { tool = "shop.api:handler" }\n'
    )
    project.write("LICENSE", "free\n")
    for path in FILES:
        project.write(path, f"name = {path!r}\n")
    (project.root / "shop/alpha/one.py").chmod(0o755)
    return project


def test_a_second_build_gives_the_same_bytes(full):
    first = full.build().archive.read_bytes()

    second = full.build().archive.read_bytes()

    assert second == first


def test_another_directory_gives_the_same_bytes(full, tmp_path):
    first = full.build().archive.read_bytes()
    shutil.copytree(full.root, tmp_path / "some where/else", ignore=shutil.ignore_patterns("dist"))

    second = replace(full, root=tmp_path / "some where/else").build().archive.read_bytes()

    assert second == first


def test_other_modification_times_give_the_same_bytes(full):
    first = full.build().archive.read_bytes()
    for number, file in enumerate(sorted(full.root.rglob("*"))):
        os.utime(file, (86_400 * number, 86_400 * number))

    second = full.build().archive.read_bytes()

    assert second == first


def test_another_order_of_files_on_disk_gives_the_same_bytes(full, tmp_path):
    first = full.build().archive.read_bytes()
    other = tmp_path / "other"
    files = [file for file in full.root.rglob("*") if file.is_file() and file.parent.name != "dist"]
    for file in sorted(files, key=lambda file: file.relative_to(full.root).as_posix()[::-1], reverse=True):
        copy = other / file.relative_to(full.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy)

    second = replace(full, root=other).build().archive.read_bytes()

    assert second == first


def test_other_permissions_and_umask_give_the_same_bytes(full):
    first = full.build().archive.read_bytes()
    for file in full.root.rglob("*"):
        file.chmod(file.stat().st_mode & 0o700)
    full.build("--clean-only")
    before = os.umask(0o077)

    try:
        second = full.build()
    finally:
        os.umask(before)

    assert second.archive.read_bytes() == first
    assert second.archive.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "variables",
    [
        {"TZ": "Pacific/Kiritimati"},
        {"LC_ALL": "C"},
        {"PYTHONHASHSEED": "1"},
        {"PYTHONOPTIMIZE": "2"},
        {"HATCH_VERBOSE": "1"},
    ],
)
def test_another_environment_gives_the_same_bytes(full, variables):
    first = full.build().archive.read_bytes()

    second = full.build(**variables).archive.read_bytes()

    assert second == first


def test_a_configured_date_does_not_depend_on_the_time_zone(full):
    first = full.build(SOURCE_DATE_EPOCH="1700000000", TZ="Pacific/Kiritimati").archive.read_bytes()

    second = full.build(SOURCE_DATE_EPOCH="1700000000", TZ="America/Los_Angeles").archive.read_bytes()

    assert second == first


def test_an_empty_cache_and_a_full_one_give_the_same_bytes(index, full, tmp_path):
    index.add("lib", requires=["base"], scripts={"lib-tool": "lib:main"})
    index.add("base", files={"base/data.json": "{}", "base/__init__.py": ""})
    full.configure("scripts = true", dependencies=["lib"])
    cold = full.build().archive.read_bytes()

    warm = full.build().archive.read_bytes()
    other = {"HATCH_LAMBDA_CACHE_DIR": str(tmp_path / "another store"), "PYTHONHASHSEED": "1"}
    elsewhere = full.build(**other).archive.read_bytes()

    assert warm == cold
    assert elsewhere == cold
