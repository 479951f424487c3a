"""Reads what a check needs to know of a whole wheel: once, several wheels at a time, and cached by the wheel's hash."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import PlanError
from hatch_lambda.threads import largest_first
from hatch_lambda.zipfiles.members import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from hatch_lambda.archive.plan import WheelContent
    from hatch_lambda.resolve.cache import ResultCache

Facts = TypeVar("Facts")


@dataclass(frozen=True)
class WheelReader(Generic[Facts]):
    """Reads facts from a wheel.

    They are cached under ``key`` and the wheel's hash, as ``as_json`` converts them. ``from_json`` raises
    ``ValueError`` for any other value, and ``read`` one of ``UNREADABLE`` for a damaged wheel.
    """

    key: tuple[object, ...]
    read: Callable[[Path], Facts]
    as_json: Callable[[Facts], object]
    from_json: Callable[[object], Facts]

    def facts(self, contents: Collection[WheelContent], results: ResultCache) -> dict[Path, Facts]:
        """Return the facts of each wheel that a content is from, in their order, also about files that are excluded.

        Raises ``PlanError`` if a wheel can't be read.
        """
        hashes = {content.wheel: content.sha256 for content in contents}
        facts = {path: fact for path, sha256 in hashes.items() if (fact := self._cached(sha256, results)) is not None}
        missing = [path for path in hashes if path not in facts]
        sizes: Counter[Path] = Counter()
        for content in contents if missing else ():
            sizes[content.wheel] += content.member.compressed
        read = largest_first(self._read, missing, size=sizes.__getitem__)
        for path, fact in zip(missing, read, strict=True):
            facts[path] = fact
            if hashes[path]:
                results.put(self.as_json(fact), *self.key, hashes[path])
        return {path: facts[path] for path in hashes}

    def _cached(self, sha256: str, results: ResultCache) -> Facts | None:
        return results.get(self.from_json, *self.key, sha256) if sha256 else None

    def _read(self, path: Path) -> Facts:
        try:
            return self.read(path)
        except UNREADABLE as error:
            problem = f"can't be read as a zip, because {error}"
            fix = "build or download the wheel again"
            raise PlanError(Diagnostic(code="bad-wheel", where=path.name, problem=problem, fix=fix)) from None
