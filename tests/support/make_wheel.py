"""Wheels made from a dict in the test that needs them."""

from __future__ import annotations

import stat
import zipfile
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.archive.plan import TextContent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def make_wheel(
    directory: Path,
    name: str,
    version: str = "1.0",
    *,
    tag: str = "py3-none-any",
    files: Mapping[str, str | bytes] | None = None,
    requires: Iterable[str] = (),
    requires_python: str | None = None,
    extras: Iterable[str] = (),
    scripts: Mapping[str, str] | None = None,
    record: Mapping[str, str] | None = None,
    infos: Iterable[tuple[zipfile.ZipInfo, bytes]] = (),
) -> Path:
    """Write a wheel and return its path.

    ``files`` are its members besides the dist-info (by default one module of the distribution's name), ``record``
    replaces rows of RECORD (path: hash), ``infos`` are members with headers of their own.
    """
    module = canonicalize_name(name).replace("-", "_")
    dist_info = f"{module}-{version}.dist-info"
    contents = {path: _bytes(text) for path, text in (files or {f"{module}/__init__.py": f"name = {name!r}\n"}).items()}
    contents[f"{dist_info}/METADATA"] = metadata(name, version, requires, requires_python, extras).encode()
    contents[f"{dist_info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
    )
    if scripts:
        lines = "".join(f"{script} = {reference}\n" for script, reference in scripts.items())
        contents[f"{dist_info}/entry_points.txt"] = f"[console_scripts]\n{lines}".encode()
    rows = {path: f"{TextContent(text).digest},{len(text)}" for path, text in contents.items()}
    rows |= {path: f"{digest}," for path, digest in (record or {}).items()}
    listing = "".join(f"{path},{row}\n" for path, row in rows.items()) + f"{dist_info}/RECORD,,\n"
    path = directory / f"{module}-{version}-{tag}.whl"
    directory.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for member, text in {**contents, f"{dist_info}/RECORD": listing.encode()}.items():
            info = zipfile.ZipInfo(member, (2021, 3, 4, 5, 6, 8))
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            wheel.writestr(info, text, zipfile.ZIP_DEFLATED)
        for info, text in infos:
            wheel.writestr(info, text, info.compress_type)
    return path


def renamed(wheel: Path, tag: str) -> Path:
    """Return the wheel with another tag in its file name, and the same in it."""
    name, version, _ = wheel.name.split("-", 2)
    return wheel.rename(wheel.with_name(f"{name}-{version}-{tag}.whl"))


def metadata(
    name: str,
    version: str,
    requires: Iterable[str] = (),
    requires_python: str | None = None,
    extras: Iterable[str] = (),
) -> str:
    """Return core metadata."""
    lines = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"]
    lines += [f"Requires-Python: {requires_python}\n"] if requires_python else []
    lines += [f"Provides-Extra: {extra}\n" for extra in extras]
    lines += [f"Requires-Dist: {requirement}\n" for requirement in requires]
    return "".join(lines)


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
