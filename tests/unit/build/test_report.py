"""What was built, for people."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from hatch_lambda.archive.plan import ArchivePlan, Entry, TextContent, WheelContent
from hatch_lambda.archive.write import WrittenArchive
from hatch_lambda.build.report import Report
from hatch_lambda.dependencies.wheelhouse import SelectedWheels
from hatch_lambda.zipfiles.members import Member
from tests.support.make_wheel import make_wheel
from tests.support.samples import SHOP, candidate, config, origin, plan, target, verified


def sized(name: str, size: int) -> Entry:
    """Return an entry of that many bytes."""
    content = WheelContent(
        Path("x.whl"), Member("x", 0, zipfile.ZIP_STORED, 0, size, size, executable=False, digest="")
    )
    return Entry(f"{name}/file", origin(name), content)


def report(selected: ArchivePlan, *, zipped: int = 0, wheels: Any = (), **options: Any) -> list[str]:
    """Return the lines of a report."""
    archive = WrittenArchive(Path("a.zip"), zipped, "", Path())
    made = candidate(selected, config(**options))
    taken = SelectedWheels(tuple(wheels), superfluous=(), excluded=(), ignored=())
    return list(Report(made, taken, (), (made.config.target,), archive, ("a note",), ("a warning",)).lines())


def slim(**saved: int) -> tuple[list[str], list[str]]:
    """Return the line of a report on what ``slim`` saved, and that of ``-v``."""
    made = candidate(plan())
    taken = SelectedWheels((), superfluous=(), excluded=(), ignored=())
    found = Report(made, taken, (), (), WrittenArchive(Path("a.zip"), 0, "", Path()), (), (), saved=saved)
    return [line for line in found.lines() if "slim" in line], list(found.details())


def test_a_report_shows_what_each_group_of_slim_saved():
    assert slim(symbols=3 << 20, tests=2048) == (["  slim: symbols 3.0 MiB, tests 2.0 KiB"], [])


def test_packages_that_do_not_fit_in_80_columns_are_shown_with_v():
    names = {f"group{number}": 40 << 20 for number in range(5)}

    first, all_of_them = slim(**names)

    assert first == ["  slim: group0 40.0 MiB, group1 40.0 MiB, group2 40.0 MiB, group3 40.0 MiB, …"]
    assert all_of_them == ["  slim: " + ", ".join(f"{name} 40.0 MiB" for name in names)]


def test_a_report_has_target_handler_sizes_and_the_largest_packages():
    selected = plan(sized("a", 1 << 20), sized("b", 20 << 20), sized("c", 3 << 20), sized("d", 2 << 20))

    assert report(selected, zipped=5 << 20, handler="shop.api.main", architecture="arm64") == [
        "  python3.13 on arm64, handler shop.api.main",
        "  5.0 MiB zipped, 26.0 MiB unzipped (10.4% of 250 MiB)",
        "  largest: b 1.0 (20.0 MiB), c 1.0 (3.0 MiB), d 1.0 (2.0 MiB)",
    ]


@pytest.mark.parametrize(("names", "text"), [([], ""), (["a"], "1 package, "), (["a", "b"], "2 packages, ")])
def test_packages_are_counted(tmp_path, names, text):
    wheels = [verified(make_wheel(tmp_path, name)) for name in names]

    lines = report(plan(sized("a", 1)), wheels=wheels)

    assert lines[1] == f"  {text}0 bytes zipped, 1 byte unzipped (0.0% of 250 MiB)"


def test_the_limit_itself_is_the_whole():
    lines = report(plan(sized("a", 262_144_000)), zipped=1 << 30)

    assert lines[1] == "  1,024.0 MiB zipped, 250.0 MiB unzipped (100.0% of 250 MiB)"


def test_a_line_shows_as_many_packages_as_fit_in_80_columns():
    names = ["a" * 15, "b" * 15, "c" * 15]

    lines = report(plan(*(sized(name, size << 20) for name, size in zip(names, (9, 8, 7), strict=True))))

    assert lines[2] == f"  largest: {names[0]} 1.0 (9.0 MiB), {names[1]} 1.0 (8.0 MiB), …"
    assert len(lines[2]) <= 80


def test_one_package_is_shown_however_long_its_name_is():
    lines = report(plan(sized("a" * 90, 1 << 20), sized("b", 1)))

    assert lines[2] == f"  largest: {'a' * 90} 1.0 (1.0 MiB), …"


def test_the_largest_packages_are_not_shown_if_there_is_only_the_projects_code():
    lines = report(plan(Entry("shop.py", SHOP, TextContent(b"12345"))))

    assert lines == ["  python3.13 on x86_64", "  0 bytes zipped, 5 bytes unzipped (0.0% of 250 MiB)"]


def test_a_path_that_was_found_by_the_handler_is_shown():
    archive = WrittenArchive(Path("a.zip"), 0, "", Path())
    made = candidate(plan(sized("a", 1)), config())
    nothing = SelectedWheels((), superfluous=(), excluded=(), ignored=())

    lines = list(Report(made, nothing, (), (), archive, (), (), found_by_handler="src/orders").lines())

    assert lines[2] == "  files: src/orders, which contains the handler"


@pytest.mark.parametrize(
    ("minors", "text"),
    [
        ([9, 10], "python3.9, python3.10"),
        ([9, 10, 11], "python3.9 to python3.11"),
        ([9, 10, 12], "python3.9, python3.10, python3.12"),
    ],
)
def test_consecutive_runtimes_of_a_layer_are_a_range(minors, text):
    archive = WrittenArchive(Path("a.zip"), 0, "", Path())
    made = candidate(plan(sized("a", 1)), config(kind="layer"))
    nothing = SelectedWheels((), superfluous=(), excluded=(), ignored=())
    compatible = tuple(target(f"python3.{minor}") for minor in minors)

    lines = list(Report(made, nothing, (), compatible, archive, (), ()).lines())

    assert lines[-1] == f"  valid on {text}; x86_64"
