"""Which file Python imports under a name, compared with what Python itself finds in the same layout."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.machinery import ExtensionFileLoader, FileFinder, PathFinder, SourceFileLoader, SourcelessFileLoader
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hatch_lambda.checks.search_path import SearchPath, module_suffixes
from hatch_lambda.layers import Layer
from tests.support.samples import candidate, config, entry, plan, target

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = module_suffixes(target("python3.13"))
FILES = [
    "a.py",
    "a.pyc",
    "a.so",
    "a.abi3.so",
    "a.cpython-313-x86_64-linux-gnu.so",
    "a.cpython-312-x86_64-linux-gnu.so",
    "a/__init__.py",
    "a/__init__.so",
    "a/data.txt",
    "a/b.py",
    "a/b.so",
    "a/b/__init__.py",
    "a/b/c.py",
    "a/b/data.txt",
]
NAMES = ["a", "b", "a.b", "a.b.c", "a.data"]


def search_path(*directories: list[str]) -> SearchPath:
    """Return a search path of directories with empty files."""
    return SearchPath(tuple({path: entry(path) for path in paths} for paths in directories), SUFFIXES)


def found_by_python(name: str, directories: list[Path]) -> str | None:
    """Return the file that Python finds, a namespace as its first directory; ``None`` if it finds nothing."""
    locations: list[str] | None = [str(directory) for directory in directories]
    spec = None
    for part in name.split("."):
        if locations is None:
            return None
        spec = PathFinder.find_spec(part, locations)
        if spec is None:
            return None
        locations = None if spec.submodule_search_locations is None else list(spec.submodule_search_locations)
    assert spec is not None
    return spec.origin or f"{(locations or [''])[0]}/"


@pytest.fixture
def python_of_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Python take the suffixes of the runtime."""
    extensions = [suffix for suffix in SUFFIXES if suffix.endswith(".so")]
    loaders = (ExtensionFileLoader, extensions), (SourceFileLoader, [".py"]), (SourcelessFileLoader, [".pyc"])
    monkeypatch.setattr(sys, "path_hooks", [FileFinder.path_hook(*loaders)])
    monkeypatch.setattr(sys, "path_importer_cache", {})


@pytest.mark.usefixtures("python_of_lambda")
def test_what_python_finds_is_found(tmp_path_factory: pytest.TempPathFactory):
    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(st.lists(st.sets(st.sampled_from(FILES)), min_size=1, max_size=3))
    def agrees(layouts: list[set[str]]) -> None:
        directories = [tmp_path_factory.mktemp("place") for _ in layouts]
        for directory, layout in zip(directories, layouts, strict=True):
            for path in layout:
                (directory / path).parent.mkdir(parents=True, exist_ok=True)
                (directory / path).touch()
        ours = search_path(*map(sorted, layouts))

        for name in NAMES:
            found = ours.find(name)
            expected = found_by_python(name, directories)
            places = [directory.as_posix() for directory in directories]
            below = (place for place in places if expected and expected.startswith(f"{place}/"))
            relative = next((str(expected)[len(place) + 1 :] for place in below), None)
            assert (found.path if found else None) == relative

    agrees()


def test_a_package_that_shares_its_name_is_searched_in_all_directories():
    shares = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)"
    for text, expected in ((shares, "ns/b.py"), ("", None)):
        first = {"ns/__init__.py": entry("ns/__init__.py", text), "ns/a.py": entry("ns/a.py")}
        path = SearchPath(({}, first, {"ns/b.py": entry("ns/b.py")}), SUFFIXES)

        found = path.find("ns.b")

        assert (found.path if found else None) == expected


def test_what_blocks_a_module_is_named():
    path = search_path(["a.py", "a/b.py", "c/d.py"])

    blocking = path.blocking("a.b")

    assert blocking is not None
    assert blocking.path == "a.py"
    assert path.blocking("c.d") is None
    assert path.blocking("x.y") is None


def test_the_newest_stable_abi_counts_where_python_has_it():
    assert ".abi3t.so" in module_suffixes(target("python3.15"))
    assert ".abi3t.so" not in SUFFIXES


def test_the_function_comes_before_its_layers_and_there_site_packages_first():
    def layer(name: str, *paths: str) -> Layer:
        return Layer(name, plan(*map(entry, paths)), "3.13")

    first = layer("first", "python/a.py", "python/lib/python3.13/site-packages/b.py", "python/lib/python3.12/c.py")
    second = layer("second", "python/a.py", "python/b.py", "other.txt")
    made = replace(candidate(plan(entry("a.py"))), layers=(first, second))

    directories = [{path: found.path for path, found in files.items()} for files in made.search_path.directories]

    assert directories == [
        {"a.py": "a.py"},
        {"b.py": "python/lib/python3.13/site-packages/b.py"},
        {"a.py": "python/a.py", "b.py": "python/b.py", "lib/python3.12/c.py": "python/lib/python3.12/c.py"},
    ]
    assert {path: found.path for path, found in made.modules.items()} == {
        "a.py": "a.py",
        "b.py": "python/lib/python3.13/site-packages/b.py",
        "lib/python3.12/c.py": "python/lib/python3.12/c.py",
    }
    assert [files.get("a.py") for files in made.search_path.directories][2] is second.plan.paths["python/a.py"]


def test_a_layer_comes_after_those_that_it_needs_and_overwrites_them():
    own, other = entry("python/a.py", "own"), entry("python/a.py", "other")
    made = replace(candidate(plan(own), config(kind="layer")), layers=(Layer("base", plan(other), "3.13"),))

    assert made.modules == {"a.py": own}
    assert made.is_own(own)
    assert not made.is_own(other)
