"""Makes a self-contained HTML page with a map of the times of imports, by package and module, without scripts."""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from hatch_lambda.errors import printable_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_lambda.invoke.import_time import PackageTime

_WIDTH, _HEIGHT = 1600.0, 900.0
"""The proportions for which the map is laid out; the page stretches it."""

_SMALLEST = 0.6
"""Percent of the map's width or height below which a cell isn't drawn."""


class Cell(NamedTuple):
    """A rectangle of a map, in percent of it."""

    left: float
    top: float
    width: float
    height: float


def import_page(filename: str, packages: Sequence[PackageTime]) -> str:
    """Return the page as HTML, with all names escaped."""
    total = sum(package.microseconds for package in packages)
    count = sum(len(package.modules) for package in packages)
    values = {
        "title": escape(printable_line(f"Imports of {filename}")),
        "facts": f"{_milliseconds(total)} to import the handler's module on this machine, {count:,} modules",
        "cells": "\n".join(_cells(packages)),
        "rows": "\n".join(_rows(packages)),
    }
    page = files("hatch_lambda.invoke").joinpath("import_page.html").read_text("utf-8")
    return re.sub(r"\{\{ (\w+) \}\}", lambda place: values[place[1]], page)


def _rows(packages: Sequence[PackageTime]) -> Iterator[str]:
    for package in packages:
        name = escape(printable_line(package.name))
        time = _milliseconds(package.microseconds)
        yield f"<tr><th scope=row>{name}</th><td>{time}</td><td>{len(package.modules):,}</td></tr>"


def _cells(packages: Sequence[PackageTime]) -> Iterator[str]:
    """Yield a cell for each package, which contains one for each of its modules."""
    for index, (package, cell) in enumerate(
        zip(packages, layout([package.microseconds for package in packages], _WIDTH, _HEIGHT), strict=True)
    ):
        if min(cell.width, cell.height) < _SMALLEST:
            continue
        sizes = [module.microseconds for module in package.modules]
        placed = layout(sizes, _WIDTH * cell.width, _HEIGHT * cell.height)
        inner = "".join(
            _element("cell", place, f"{module.name}, {_milliseconds(module.microseconds)}", module.name, "")
            for module, place in zip(package.modules, placed, strict=True)
            if min(place.width, place.height) >= _SMALLEST
        )
        color = f";background:hsl({(215 + index * 137.5) % 360} var(--s) var(--l))"
        label = f"{package.name} {_milliseconds(package.microseconds)}"
        yield _element("cell top", cell, label, label, f"<div class=inner>{inner}</div>", color)


def _element(kind: str, cell: Cell, title: str, label: str, inner: str, style: str = "") -> str:
    place = f"left:{cell.left:.3f}%;top:{cell.top:.3f}%;width:{cell.width:.3f}%;height:{cell.height:.3f}%{style}"
    name, text = escape(printable_line(title)), escape(printable_line(label))
    return f'<div class="{kind}" style="{place}" title="{name}">{text}{inner}</div>'


def layout(sizes: Sequence[int], width: float, height: float) -> list[Cell]:
    """Return a cell for each size, largest first, of a squarified treemap with these proportions.

    Rows are filled while the worst proportion of their cells improves (Bruls, Huizing, van Wijk 2000).
    """
    cells: list[Cell] = []
    left, top, free_width, free_height = 0.0, 0.0, width, height
    remaining = float(sum(sizes)) or 1.0
    while len(cells) < len(sizes):
        scale = free_width * free_height / remaining if remaining > 0 else 0.0
        side = min(free_width, free_height)
        row = _row([size * scale for size in sizes[len(cells) :]], side)
        area = sum(row)
        thick = area / side if side > 0 else 0.0
        along = 0.0
        for part in row:
            length = part / thick if thick > 0 else 0.0
            if free_width < free_height:
                cells.append(_percent(left + along, top, length, thick, width, height))
            else:
                cells.append(_percent(left, top + along, thick, length, width, height))
            along += length
        remaining -= area / scale if scale > 0 else 0.0
        if free_width < free_height:
            top, free_height = top + thick, free_height - thick
        else:
            left, free_width = left + thick, free_width - thick
    return cells


def _row(areas: Sequence[float], side: float) -> list[float]:
    """Return the first areas that make the best row along a side."""
    row: list[float] = []
    worst = float("inf")
    for area in areas:
        total = sum(row) + area
        largest, smallest = (row or [area])[0], area
        proportion = max(side**2 * largest / total**2, total**2 / (side**2 * smallest)) if smallest > 0 else 0.0
        if row and proportion > worst:
            break
        worst = proportion
        row.append(area)
    return row


def _percent(left: float, top: float, wide: float, high: float, width: float, height: float) -> Cell:
    return Cell(100 * left / width, 100 * top / height, 100 * wide / width, 100 * high / height)


def _milliseconds(microseconds: int) -> str:
    return f"{microseconds / 1000:.1f} ms"
