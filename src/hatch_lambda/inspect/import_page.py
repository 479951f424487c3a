"""Makes an HTML page with a map of the times of imports, by package and module."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from hatch_lambda.errors import printable_line
from hatch_lambda.inspect.treemap import map_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_lambda.invoke.import_time import PackageTime


def import_page(filename: str, packages: Sequence[PackageTime]) -> str:
    """Return the page as HTML, with all names escaped."""
    total = sum(package.microseconds for package in packages)
    count = sum(len(package.modules) for package in packages)
    return map_page(
        title=f"Imports of {filename}",
        facts=("time to import the handler's module on this machine", f"{total / 1000:.1f} ms, {count:,} modules"),
        measures=(("modules", "modules"), ("time", "microseconds")),
        head=("package", "time", "modules"),
        rows=_rows(packages),
        nodes=list(_nodes(packages)),
    )


def _rows(packages: Sequence[PackageTime]) -> Iterator[str]:
    for package in packages:
        name = escape(printable_line(package.name))
        time = f"{package.microseconds / 1000:.1f} ms"
        yield f"<tr><th scope=row>{name}</th><td>{time}</td><td>{len(package.modules):,}</td></tr>"


def _nodes(packages: Sequence[PackageTime]) -> Iterator[list[Any]]:
    """Yield depth, name, number of modules, and microseconds of each package, and of its modules below it."""
    for package in packages:
        yield [0, printable_line(package.name), len(package.modules), package.microseconds]
        yield from ([1, printable_line(module.name), 1, module.microseconds] for module in package.modules)
