"""Checks whether the runtime uses the bytecode in an existing zip."""

from __future__ import annotations

import calendar
import zipfile
from typing import TYPE_CHECKING

from hatch_lambda.archive.bytecode import HEADER_SIZE, is_bytecode, is_trusted, source_path, unused_reason
from hatch_lambda.checks.base import error, warning
from hatch_lambda.checks.limits import format_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hatch_lambda.archive.bytecode import Reason
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.diagnostics import Diagnostic
    from hatch_lambda.runtime.runtimes import Runtime

_TEXTS: Mapping[Reason, str] = {
    "date": "with another date than the source",
    "magic": "with another magic number",
    "no-source": "without source",
    "optimized": "for PYTHONOPTIMIZE",
    "other-python": "for another Python",
    "stale": "of another source",
}

_REBUILD = "rebuild the zip, or download it again"


def bytecode_problems(archive: LambdaZip, runtime: Runtime) -> Iterator[Diagnostic]:
    """Yield an error if bytecode runs other code than its source, and a warning if the runtime ignores bytecode.

    In a zip from hatch-lambda that declares bytecode, all of it is compared, and ignored bytecode is an error too.
    """
    unused, wrong = _examined(archive, runtime)
    count = sum(map(len, unused.values()))
    if wrong:
        yield _stale(wrong, f"runs other code than {source_path(wrong[0])}")
    if unused and (archive.described or {}).get("bytecode"):
        path = next(iter(unused.values()))[0]
        yield _stale([path] * count, f"isn't what {runtime.name} runs instead of {source_path(path)}")
    elif unused:
        size = sum(archive.plan.paths[path].content.size for paths in unused.values() for path in paths)
        reasons = ", ".join(f"{len(paths):,} {_TEXTS[reason]}" for reason, paths in sorted(unused.items()))
        yield warning(
            "unused-bytecode",
            archive.path.name,
            f"{format_size(size)} of bytecode has no effect on {runtime.name} (files: {reasons})",
            "exclude __pycache__ when you build the zip",
        )


def _stale(paths: Sequence[str], problem: str) -> Diagnostic:
    more = len(paths) - 1
    others = f" (and {more:,} more file{'' if more == 1 else 's'})" if more else ""
    return error("stale-bytecode", f"{paths[0]}{others}", problem, _REBUILD)


def _examined(archive: LambdaZip, runtime: Runtime) -> tuple[dict[Reason, list[str]], list[str]]:
    """Return the bytecode that the runtime ignores, by the reason, and that which it runs in spite of its source."""
    unused: dict[Reason, list[str]] = {}
    wrong = []
    with zipfile.ZipFile(archive.path) as opened:

        def source() -> bytes | None:
            name = source_path(path)
            return opened.read(name) if name in archive.plan.paths else None

        for path in filter(is_bytecode, archive.plan.paths):
            with opened.open(path) as file:
                header = file.read(HEADER_SIZE)
            reason = unused_reason(path, runtime, header, source)
            if reason == "stale" and is_trusted(header):
                wrong.append(path)
            elif reason and not (reason == "date" and _date(header) == _zip_date(opened, source_path(path))):
                unused.setdefault(reason, []).append(path)
    return unused, wrong


def _date(header: bytes) -> int:
    """Return the date of the source in bytecode without a hash, in seconds since 1970."""
    return int.from_bytes(header[8:12], "little")


def _zip_date(archive: zipfile.ZipFile, name: str) -> int:
    """Return the date that a file has on Lambda if its date in the zip is in UTC, in seconds since 1970."""
    return calendar.timegm(archive.getinfo(name).date_time)
