"""Finds which tests, docs, and stubs the modules of a zip refer to; a wheel is read once."""

from __future__ import annotations

import ast
import re
import sys
import warnings
import zipfile
from typing import TYPE_CHECKING

from hatch_lambda.archive.plan import WheelContent, changed_wheel, open_content
from hatch_lambda.archive.slim import UNIT_NAMES
from hatch_lambda.files import json_values
from hatch_lambda.zipfiles.members import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.resolve.cache import ResultCache

LAYOUT = 1
"""Version of what is read from a module; it rises when that changes, so that older results aren't used."""

_CHANGED: tuple[type[Exception], ...] = (*UNREADABLE, KeyError)
"""What reading a wheel raises that is no longer the file that was hashed; ``KeyError`` if a member is gone."""

_LARGEST_SOURCE = 4 << 20
"""Bytes of the largest module that is parsed; a larger one is data."""

_WORD = re.compile(rf"\b(?:{'|'.join(sorted(UNIT_NAMES))}|attach_stub)\b".encode())
_DOTTED = re.compile(r"\.*[^\W\d]\w*(?:\.\w+)*")


def module_references(entries: Iterable[Entry], results: ResultCache) -> dict[str, frozenset[str]]:
    """Return what each module among the entries refers to, by its path: modules by dotted names, stubs by paths.

    Only tests, docs, and stubs are listed. The result for the modules of a wheel is cached by the wheel's hash.
    """
    modules = [entry for entry in entries if entry.path.endswith(".py") and entry.content.size <= _LARGEST_SOURCE]
    found = [(entry.path, _of_file(entry)) for entry in modules if not isinstance(entry.content, WheelContent)]
    wheels: dict[Path, tuple[WheelContent, dict[str, Entry]]] = {}
    for entry in modules:
        if isinstance(entry.content, WheelContent):
            _, members = wheels.setdefault(entry.content.wheel, (entry.content, {}))
            members[entry.content.member.name] = entry
    for wheel, members in wheels.values():
        found += [(members[member].path, names) for member, names in _of_wheel(wheel, members, results).items()]
    merged: dict[str, frozenset[str]] = {}
    for path, names in found:
        merged[path] = merged.get(path, frozenset()) | names
    return merged


def _of_file(entry: Entry) -> frozenset[str]:
    with open_content(entry.content) as file:
        return frozenset(references(entry.path, file.read()))


def _of_wheel(wheel: WheelContent, members: Mapping[str, Entry], results: ResultCache) -> Mapping[str, frozenset[str]]:
    """Return what the members of one wheel, or of an existing zip, refer to."""
    key = ("references", LAYOUT, sys.version_info[:2], wheel.sha256, sorted(members))  # an older one can't parse all
    known = results.get(_known, *key) if wheel.sha256 else None
    if known is not None:
        return known
    try:
        with zipfile.ZipFile(wheel.wheel) as archive:
            read = ((name, frozenset(references(entry.path, archive.read(name)))) for name, entry in members.items())
            found = {name: names for name, names in read if names}
    except _CHANGED:
        raise changed_wheel(wheel.wheel) from None
    if wheel.sha256:
        results.put([(member, sorted(names)) for member, names in found.items()], *key)
    return found


def _known(value: object) -> dict[str, frozenset[str]]:
    pairs = (json_values.items(item) for item in json_values.items(value))
    return {json_values.text(member): frozenset(json_values.texts(names)) for member, names in pairs}


def references(path: str, source: bytes) -> Iterator[str]:
    """Yield what the module at a path of the zip refers to: what it imports anywhere, and what its strings name."""
    if not _WORD.search(source):
        return
    package = path.split("/")[:-1]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser's own warnings don't concern the zip
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # of another Python: any word might be imported
        words = _DOTTED.findall(source.decode("utf-8", "replace"))
        found = {name for word in words for name in (word, ".".join((*package, word.lstrip("."))))}
    else:
        found = {name for node in ast.walk(tree) for name in _names(node, package)}
        if b"attach_stub" in source:
            yield f"{path}i"
    yield from (name for name in found if not UNIT_NAMES.isdisjoint(name.split(".")))


def _names(node: ast.AST, package: list[str]) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            base = _absolute(module or "", level, package)
            yield from (f"{base}.{alias.name}".lstrip(".") for alias in names)
        case ast.Constant(value=str(text)) if "." in text and _DOTTED.fullmatch(text):
            yield _absolute(text.lstrip("."), len(text) - len(text.lstrip(".")), package)


def _absolute(module: str, level: int, package: list[str]) -> str:
    around = package[: max(len(package) - level + 1, 0)] if level else []
    return ".".join([*around, *([module] if module else [])])
