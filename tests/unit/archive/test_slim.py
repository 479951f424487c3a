"""Which files each group of ``slim`` removes, and which stay because a module refers to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hatch_lambda.archive.slim import SLIM_GROUPS, SLIM_NAMES, slimmed
from tests.support.samples import entry, origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hatch_lambda.archive.plan import Entry

PACKAGE = {"lib/__init__.py": "", "lib/inner/a.py": ""}


def removed(
    paths: Iterable[str], names: Iterable[str] = SLIM_NAMES, references: Mapping[str, Iterable[str]] | None = None
) -> list[str]:
    """Return which of these paths of a package are removed, if its modules have these references."""
    entries = [entry(path, "x", origin("lib")) for path in dict.fromkeys([*PACKAGE, *paths])]

    def refer(modules: Sequence[Entry]) -> dict[str, list[str]]:
        return {one.path: list((references or {})[one.path]) for one in modules if one.path in (references or {})}

    return [one.path for one, _ in slimmed(entries, tuple(names), refer).removed]


def test_each_name_is_a_group_with_a_source():
    assert tuple(group.name for group in SLIM_GROUPS) == SLIM_NAMES
    assert all(group.what and group.why and group.source.startswith("https://") for group in SLIM_GROUPS)


@pytest.mark.parametrize(
    ("group", "path"),
    [
        ("tests", "lib/tests/test_a.py"),
        ("tests", "lib/inner/test/data/a.csv"),
        ("tests", "lib/conftest.py"),
        ("type-stubs", "lib/a.pyi"),
        ("type-stubs", "stub.d/a.pyi"),
        ("headers", "lib/include/a.h"),
        ("headers", "lib/inner/a.pxd"),
        ("docs", "lib/docs/a.rst"),
        ("docs", "lib/inner/examples/a.py"),
        ("docs", "share/man/man1/a.1"),
    ],
)
def test_a_file_is_removed_with_its_group_only(group, path):
    assert removed([path], [group]) == [path]
    assert removed([path], set(SLIM_NAMES) - {group}) == []


@pytest.mark.parametrize(
    "path",
    [
        "lib/tests.py",  # as in jinja2
        "lib/testing/a.py",  # as in numpy
        "tests/test_a.py",  # not below a package
        "data.d/tests/a.csv",
        "conftest.py",
        "lib/py.typed",
        "lib-1.0.dist-info/licenses/docs/LICENSE.h",
        "lib/docs.py",
        "share/a.dat",
    ],
)
def test_other_files_stay(path):
    assert removed([path]) == []


@pytest.mark.parametrize("name", ["lib.tests", "lib.tests.tools", "lib.tests.tools.helper"])
def test_a_directory_that_a_module_refers_to_stays(name):
    paths = ["lib/tests/__init__.py", "lib/tests/tools.py", "lib/inner/tests/a.py"]

    assert removed(paths, references={"lib/inner/a.py": [name]}) == ["lib/inner/tests/a.py"]


def test_a_module_or_stub_that_a_module_refers_to_stays():
    paths = ["lib/conftest.py", "lib/__init__.pyi", "lib/a.pyi"]

    assert removed(paths, references={"lib/inner/a.py": ["lib.conftest", "lib/__init__.pyi"]}) == ["lib/a.pyi"]


def test_what_tests_refer_to_stays_only_if_they_stay():
    paths = ["lib/tests/a.py", "lib/inner/tests/b.py"]
    tests = {"lib/tests/a.py": ["lib.inner.tests.b"]}

    assert removed(paths, references=tests) == paths
    assert removed(paths, references={**tests, "lib/inner/a.py": ["lib.tests"]}) == []


def test_the_groups_that_save_most_come_first():
    entries = [entry("lib/__init__.py"), entry("lib/tests/a.py", "12"), entry("lib/a.pyi", "123"), entry("lib/b.pyi")]

    found = slimmed(entries, SLIM_NAMES, lambda _: {})

    assert found.saved == {"type-stubs": 3, "tests": 2}
    assert found.entries == (entries[0],)
