"""A wheel, and the path of each of its members in the zip."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from packaging.utils import parse_wheel_filename

from hatch_lambda.archive.plan import Entry, Origin, TextContent, WheelContent, changed_wheel, opened_wheel
from hatch_lambda.files import json_values
from hatch_lambda.resolve.base import portable
from hatch_lambda.zipfiles.hashing import is_unchanged
from hatch_lambda.zipfiles.members import members_from_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName

    from hatch_lambda.zipfiles.hashing import FileState
    from hatch_lambda.zipfiles.members import Member

EXCLUDED_METADATA = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json"})
"""Files of a dist-info that describe an installation, not the distribution; RECORD is rewritten.

Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/.
"""

LAMBDA_PYTHON = "/var/lang/bin/python"
"""The path of Python in Lambda's runtimes, without its version.

Source: the Dockerfiles of https://github.com/aws/aws-lambda-base-images, read 2026-11-23.
"""

LARGEST_SCRIPT = 1 << 20
"""The most bytes of a script whose first line is rewritten in memory; larger ones are native executables."""

_TO_ROOT = frozenset({"purelib", "platlib", "data"})


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A wheel that was verified when it was added to the cache, and whose bytes this build has hashed again.

    ``size`` is the file's size in bytes. ``built`` is whether it was built on this machine, ``built_from`` the public
    sdist or commit that it was built from. ``state`` is the file's state when it was hashed, unless it was new then.
    """

    path: Path
    filename: str
    sha256: str
    size: int
    name: NormalizedName
    version: str
    dist_info: str
    requires_python: str | None
    requires_dist: tuple[str, ...]
    provides_extra: tuple[str, ...]
    console_scripts: tuple[tuple[str, str], ...]
    members: tuple[Member, ...]
    built: bool = False
    built_from: str | None = None
    state: FileState | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    def as_json(self) -> dict[str, Any]:
        """Return the JSON value of the wheel, without its path and the way it was built."""
        return {name: getattr(self, name) for name in _READERS}

    @classmethod
    def from_json(cls, value: object, directory: Path) -> Wheel:
        """Return the wheel in a directory from its JSON value; raises ``ValueError`` for any other value."""
        values = json_values.fields(value)
        if values.keys() != _READERS.keys():
            raise ValueError("no description")
        read = {name: read(values[name]) for name, read in _READERS.items()}
        name, version, _, _ = parse_wheel_filename(read["filename"])
        if (name, str(version)) != (read["name"], read["version"]):
            raise ValueError("other filename")
        return cls(path=directory / read["filename"], **read)

    @property
    def origin(self) -> Origin:
        """Return the wheel as the owner of files."""
        return Origin(self.name, self.version, self.dist_info)


def _console_scripts(value: object) -> tuple[tuple[str, str], ...]:
    scripts = []
    for item in json_values.items(value):
        name, reference = json_values.texts(item)
        if re.search(r"[/\\\x00-\x1f]", name):
            raise ValueError("no name")
        scripts.append((name, reference))
    return tuple(scripts)


_READERS: Mapping[str, Callable[[object], Any]] = {
    "filename": json_values.text,
    "sha256": json_values.text,
    "size": json_values.number,
    "name": json_values.text,
    "version": json_values.text,
    "dist_info": json_values.text,
    "requires_python": json_values.text_or_none,
    "requires_dist": json_values.texts,
    "provides_extra": json_values.texts,
    "console_scripts": _console_scripts,
    "members": members_from_json,
}
"""The fields of a wheel's JSON value, and the function that reads each."""


def wheel_entries(wheel: Wheel, *, scripts_for: str | None) -> Iterator[Entry]:
    """Yield the wheel's files for a zip.

    purelib, platlib, and data are at the root; headers are excluded. Scripts are excluded too, unless ``scripts_for``
    is a version such as ``3.13``: then they are in ``bin/`` and start that Python of Lambda.
    """
    origin = wheel.origin
    metadata = f"{wheel.dist_info}/METADATA"
    excluded = {f"{wheel.dist_info}/{name}" for name in EXCLUDED_METADATA}
    for member in wheel.members:
        path: str | None = member.name
        executable = member.executable
        data = data_path(member.name)
        if data:
            scheme, _, rest = data
            if scheme == "scripts" and scripts_for:
                yield _script(wheel, member, f"bin/{rest}", scripts_for)
            path = rest if scheme in _TO_ROOT else None
        if path == metadata and any(portable(text) != text for text in wheel.requires_dist):
            yield Entry(path, origin, _metadata(wheel, member))
        elif path is not None and path not in excluded and not _is_compiled(path):
            yield Entry(path, origin, spliced(wheel, member), executable)
    if scripts_for:
        for name, reference in wheel.console_scripts:
            yield console_script(name, reference, origin, scripts_for)


def data_path(name: str) -> tuple[str, str, str] | None:
    """Return scheme, slash, and rest of a path in the wheel's ``.data`` directory; ``None`` for any other path."""
    top, _, inner = name.partition("/")
    return inner.partition("/") if inner and top.endswith(".data") else None


def console_script(name: str, reference: str, origin: Origin, python_version: str) -> Entry:
    """Return an executable in ``bin/`` that calls ``module:function``, with modules from the root of the zip."""
    module, _, function = reference.partition("[")[0].strip().partition(":")
    lines = (
        f"#!{LAMBDA_PYTHON}{python_version}",
        "import os",
        "import sys",
        "",
        "sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))",
        f"from {module.strip()} import {function.strip().partition('.')[0]}",
        "",
        f"sys.exit({function.strip()}())",
        "",
    )
    return Entry(f"bin/{name}", origin, TextContent("\n".join(lines).encode()), executable=True)


def run_by_lambda(text: bytes, python_version: str) -> bytes:
    """Return a script with Lambda's Python in its first line."""
    return f"#!{LAMBDA_PYTHON}{python_version}\n".encode() + text.partition(b"\n")[2]


def _is_compiled(path: str) -> bool:
    return path.endswith(".pyc") or "/__pycache__/" in f"/{path}"


def _metadata(wheel: Wheel, member: Member) -> TextContent:
    return TextContent(portable_metadata(_content(wheel, member).decode("utf-8", "replace")).encode())


def portable_metadata(text: str) -> str:
    """Return core metadata without the credentials and local paths in its requirements."""
    return re.sub(r"^Requires-Dist: .*$", lambda line: portable(line[0]), text, flags=re.MULTILINE)


def _script(wheel: Wheel, member: Member, path: str, python_version: str) -> Entry:
    """Return a script of the wheel; Lambda's Python replaces the ``#!python`` of the wheel specification."""
    if member.size <= LARGEST_SCRIPT:
        text = _content(wheel, member)
        if text.startswith(b"#!python"):
            return Entry(path, wheel.origin, TextContent(run_by_lambda(text, python_version)), executable=True)
    return Entry(path, wheel.origin, spliced(wheel, member), executable=True)


def _content(wheel: Wheel, member: Member) -> bytes:
    """Return the content of a small member; raises ``WheelError`` if the wheel has changed since it was hashed."""
    (content,) = read_members(wheel, [spliced(wheel, member)])
    return content


def read_members(wheel: Wheel, contents: Iterable[WheelContent]) -> Iterator[bytes]:
    """Yield the inflated contents of members.

    Raises ``WheelError`` after the last one if the wheel has changed since it was hashed.
    """
    with opened_wheel(wheel.path) as file:
        for content in contents:
            yield b"".join(content.inflated(file))
        if not is_unchanged(file, wheel.sha256, wheel.state):
            raise changed_wheel(wheel.path)


def spliced(wheel: Wheel, member: Member) -> WheelContent:
    """Return the content of a member of the wheel."""
    return WheelContent(wheel.path, member, wheel.sha256, wheel.state)
