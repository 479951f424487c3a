"""Projects next to the one that is built. They have their own build backend, so that no network is needed."""

from __future__ import annotations

import json
import sysconfig
import tarfile
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from tests.support.make_wheel import metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_BACKEND = """\
import base64, hashlib, json, pathlib, sys, zipfile

HERE = pathlib.Path(__file__).parent
GIVEN = json.loads((HERE / "backend.json").read_text())
WHEEL = f"Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: {GIVEN['tag']}\\n"


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = pathlib.Path(metadata_directory, GIVEN["dist_info"])
    folder.mkdir()
    folder.joinpath("METADATA").write_text(GIVEN["metadata"])
    folder.joinpath("WHEEL").write_text(WHEEL)
    return folder.name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    if GIVEN["fails"]:
        sys.exit(GIVEN["fails"])
    with open(GIVEN["trace"], "a") as trace:
        trace.write(GIVEN["dist_info"].removesuffix(".dist-info") + "\\n")
    files = sorted(path for path in HERE.joinpath(GIVEN["package"]).rglob("*") if path.is_file())
    members = {path.relative_to(HERE).as_posix(): path.read_bytes() for path in files if path.suffix != ".pyc"}
    members[f"{GIVEN['dist_info']}/METADATA"] = GIVEN["metadata"].encode()
    members[f"{GIVEN['dist_info']}/WHEEL"] = WHEEL.encode()
    rows = [f"{name},sha256={digest(content)},{len(content)}" for name, content in members.items()]
    members[f"{GIVEN['dist_info']}/RECORD"] = "\\n".join([*rows, f"{GIVEN['dist_info']}/RECORD,,", ""]).encode()
    wheel = pathlib.Path(wheel_directory, f"{GIVEN['dist_info'].removesuffix('.dist-info')}-{GIVEN['tag']}.whl")
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2021, 3, 4, 5, 6, 8)), content)
    return wheel.name


def digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
"""

_HATCHLING = f"""\
import sys

sys.path.append({sysconfig.get_path("purelib")!r})
from hatchling.build import *
"""

_SETUPTOOLS = _HATCHLING.replace("hatchling.build", "setuptools.build_meta")

_PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = {name}
version = {version}
dependencies = {dependencies}
{tables}
"""


def make_local_project(
    directory: Path,
    name: str,
    version: str = "1.0",
    *,
    requires: Iterable[str] = (),
    extras: Mapping[str, Iterable[str]] | None = None,
    tables: str = "",
    files: Mapping[str, str | bytes] | None = None,
    tag: str = "py3-none-any",
    fails: str = "",
) -> Path:
    """Write a project into a directory and return the directory; an existing project is changed.

    ``tables`` go to the end of its pyproject.toml, ``files`` into it in addition to a package of its name. ``fails`` is
    the message that its backend fails with. Each built wheel adds a line to ``builds.txt`` next to the directory.
    """
    package = canonicalize_name(name).replace("-", "_")
    requires, extras = list(requires), extras or {}
    described = metadata(
        name,
        version,
        [*requires, *(_under_extra(text, extra) for extra, texts in extras.items() for text in texts)],
        extras=extras,
    )
    given: dict[str, Any] = {
        "package": package,
        "dist_info": f"{package}-{version}.dist-info",
        "metadata": described,
        "tag": tag,
        "fails": fails,
        "trace": str(directory.parent / "builds.txt"),
    }
    _write(directory, _pyproject(name, version, requires, tables), _BACKEND, package, files or {})
    (directory / "backend.json").write_text(json.dumps(given), "utf-8")
    return directory


def make_local_hatch_project(
    directory: Path, name: str, version: str = "1.0", *, requires: Iterable[str] = (), tables: str = ""
) -> Path:
    """Write a project that hatchling builds, the one that is installed with the tests."""
    _write(
        directory,
        _pyproject(name, version, requires, tables),
        _HATCHLING,
        canonicalize_name(name).replace("-", "_"),
        {},
    )
    return directory


def make_local_setuptools_project(directory: Path, name: str, version: str = "1.0") -> Path:
    """Write a project that setuptools builds, the one that is installed with the tests."""
    package = canonicalize_name(name).replace("-", "_")
    tables = f"[tool.setuptools]\npackages = [{package!r}]\n"
    _write(directory, _pyproject(name, version, [], tables), _SETUPTOOLS, package, {})
    return directory


def make_sdist(directory: Path, into: Path, name: str, version: str = "1.0") -> Path:
    """Pack a project's directory as its sdist and return the archive."""
    into.mkdir(parents=True, exist_ok=True)
    path = into / f"{name}-{version}.tar.gz"
    (directory / "PKG-INFO").write_text(metadata(name, version), "utf-8")
    with tarfile.open(path, "w:gz") as archive:
        archive.add(directory, arcname=f"{name}-{version}")
    (directory / "PKG-INFO").unlink()
    return path


def builds(directory: Path) -> list[str]:
    """Return name and version of each wheel that was built from the projects in a directory, in order."""
    trace = directory / "builds.txt"
    return trace.read_text("utf-8").splitlines() if trace.exists() else []


def _write(directory: Path, pyproject: str, backend: str, package: str, files: Mapping[str, str | bytes]) -> None:
    texts = {"pyproject.toml": pyproject, "backend.py": backend, f"{package}/__init__.py": f"name = {package!r}\n"}
    for path, content in {**texts, **files}.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)


def _pyproject(name: str, version: str, requires: Iterable[str], tables: str) -> str:
    values = {"name": json.dumps(name), "version": json.dumps(version), "dependencies": json.dumps(list(requires))}
    return _PYPROJECT.format(tables=tables, **values)


def _under_extra(text: str, extra: str) -> str:
    requirement, _, marker = text.partition(";")
    return f"{requirement.strip()}; {f'({marker.strip()}) and ' if marker else ''}extra == '{extra}'"
