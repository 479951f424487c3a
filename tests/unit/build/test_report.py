"""What was built, for people."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from hatch_lambda.archive.plan import ArchivePlan, Entry, WheelContent
from hatch_lambda.archive.write import WrittenArchive
from hatch_lambda.build.report import Report
from hatch_lambda.dependencies.wheelhouse import SelectedWheels
from tests.support.make_wheel import make_wheel
from tests.support.samples import candidate, config, origin, plan, verified


def sized(name: str, size: int) -> Entry:
    """Return an entry of that many bytes."""
    content = WheelContent(Path("x.whl"), "x", 0, zipfile.ZIP_STORED, 0, size, size, "")
    return Entry(f"{name}/file", origin(name), content)


def report(selected: ArchivePlan, *, zipped: int = 0, wheels: Any = (), **options: Any) -> list[str]:
    """Return the lines of a report."""
    archive = WrittenArchive(Path("a.zip"), zipped, "")
    made = candidate(selected, config(**options))
    taken = SelectedWheels(tuple(wheels), superfluous=(), excluded=(), ignored=())
    return list(Report(made, taken, (), (made.config.target,), archive, ("a note",), ("a warning",)).lines())


def test_a_report_tells_target_handler_sizes_and_the_largest_distributions():
    selected = plan(sized("a", 1 << 20), sized("b", 20 << 20), sized("c", 3 << 20), sized("d", 2 << 20))

    assert report(selected, zipped=5 << 20, handler="shop.api.main", architecture="arm64") == [
        "  python3.13 on arm64, handler shop.api.main",
        "  0 distributions, 5.0 MiB zipped, 26.0 MiB unzipped (10.4% of Lambda's limit)",
        "  largest: b 1.0 (20.0 MiB), c 1.0 (3.0 MiB), d 1.0 (2.0 MiB)",
    ]


@pytest.mark.parametrize(
    ("names", "text"), [([], "0 distributions"), (["a"], "1 distribution"), (["a", "b"], "2 distributions")]
)
def test_distributions_are_counted(tmp_path, names, text):
    wheels = [verified(make_wheel(tmp_path, name)) for name in names]

    lines = report(plan(sized("a", 1)), wheels=wheels)

    assert lines[1] == f"  {text}, 0.0 MiB zipped, 0.0 MiB unzipped (0.0% of Lambda's limit)"


def test_the_limit_itself_is_the_whole():
    lines = report(plan(sized("a", 262_144_000)), zipped=1 << 30)

    assert lines[1] == "  0 distributions, 1,024.0 MiB zipped, 250.0 MiB unzipped (100.0% of Lambda's limit)"
