"""Whether the file name of a wheel and its ``WHEEL`` file name the same tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.tags import parse_tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from hatch_lambda.archive.plan import WheelContent, open_content
from hatch_lambda.checks.base import warning
from hatch_lambda.files import json_values
from hatch_lambda.runtime.target import wheel_tags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.tags import Tag

    from hatch_lambda.archive.plan import Content
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.diagnostics import Diagnostic
    from hatch_lambda.resolve.cache import ResultCache

_LARGEST = 1 << 16
"""Bytes of a ``WHEEL`` file that are read; it has a few lines."""

_SHOWN = 3
"""Tags that a message names before it counts."""


def check_wheel_tags(candidate: Candidate) -> Iterator[Diagnostic]:
    """Yield a warning for each wheel whose file name and ``WHEEL`` file disagree on its tags.

    Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/, "File contents": ``Tag``
    is "the wheel's expanded compatibility tags", read 2026-11-27.
    """
    for entry in candidate.plan.entries:
        if entry.origin.dist_info and entry.path.endswith(f"{entry.origin.dist_info}/WHEEL"):
            filename, inside = wheel_filename(entry.content), tags_inside(entry.content, candidate.results)
            if filename and inside and inside != wheel_tags(filename):
                yield _diagnostic(filename, inside)


def wheel_filename(content: Content) -> str | None:
    """Return the file name of the wheel that a content is from; ``None`` if it is from no wheel."""
    name = content.wheel.name if isinstance(content, WheelContent) else ""
    try:
        parse_wheel_filename(name)
    except InvalidWheelFilename:  # of the project, or of an existing zip
        return None
    return name


def tags_inside(content: Content, results: ResultCache) -> frozenset[Tag]:
    """Return the tags in a ``WHEEL`` file; the result is cached by the hash of the wheel."""
    sha256 = content.sha256 if isinstance(content, WheelContent) else ""
    lines = results.get(json_values.texts, "tags", sha256) if sha256 else None
    if lines is None:
        with open_content(content) as file:
            text = file.read(_LARGEST).decode("utf-8", "replace")
        lines = tuple(re.findall(r"^Tag: (\S+)", text, re.MULTILINE))
        if sha256:
            results.put(lines, "tags", sha256)
    return frozenset(tag for line in lines for tag in _parsed(line))


def _parsed(line: str) -> frozenset[Tag]:
    try:
        return parse_tag(line)
    except ValueError:
        return frozenset()


def _diagnostic(filename: str, inside: frozenset[Tag]) -> Diagnostic:
    shown = sorted(map(str, inside))
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    problem = f"its WHEEL file has other tags ({', '.join(shown[:_SHOWN])}{more}) than its file name"
    return warning("tag-mismatch", filename, problem, "report it to the maintainers")
