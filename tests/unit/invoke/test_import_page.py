"""The map of import times."""

from __future__ import annotations

import pytest

from hatch_lambda.invoke.import_page import Cell, import_page, layout
from hatch_lambda.invoke.import_time import ImportedModule, PackageTime


@pytest.mark.parametrize("sizes", [[], [5], [6, 6, 4, 3, 2, 2, 1], [3, 0, 0], [0, 0]])
@pytest.mark.parametrize(("width", "height"), [(600.0, 400.0), (100.0, 900.0)])
def test_each_size_has_a_cell_of_its_share(sizes, width, height):
    cells = layout(sizes, width, height)

    shares = [100 * size / (sum(sizes) or 1) for size in sizes]
    assert [round(cell.width * cell.height / 100, 6) for cell in cells] == [round(share, 6) for share in shares]
    assert all(cell.left + cell.width < 100.001 and cell.top + cell.height < 100.001 for cell in cells)


def test_the_only_cell_is_the_whole_map():
    (cell,) = layout([7], 600, 400)

    assert cell == pytest.approx(Cell(0, 0, 100, 100))


def test_names_are_escaped_and_tiny_packages_are_in_the_table_only():
    large = PackageTime("<b> 1.0", (ImportedModule("b", 900_000), ImportedModule("b.x", 1)))
    tiny = PackageTime("tiny\x1b", (ImportedModule("t", 1),))

    page = import_page("a&b.zip", (large, tiny))

    assert "<h1>Imports of a&amp;b.zip</h1>" in page
    assert "<p>900.0 ms to import the handler's module on this machine, 3 modules</p>" in page
    assert page.count("&lt;b&gt; 1.0") == 3  # the title of the cell, its label, and the table
    assert page.count("tiny\\x1b") == 1
    assert "b.x" not in page
