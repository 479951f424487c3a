"""``bytecode = true``: the Python of the runtime compiles the modules; here, that is the Python of the tests."""

from __future__ import annotations

import marshal
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import CodeType

import pytest

from hatch_lambda.archive.read import read_zip
from hatch_lambda.inspect.inspection import inspect
from hatch_lambda.inspect.verify import verify_records
from tests.support import zips

VERSION = ".".join(map(str, sys.version_info[:3]))
MINOR = ".".join(map(str, sys.version_info[:2]))
TAG = f"cpython-{sys.version_info[0]}{sys.version_info[1]}"
T = "tool.hatch.build.targets.lambda"
FILES = {
    "lib/__init__.py": "from lib import inner\n\n\ndef greet():\n    return inner.NAME\n",
    "lib/inner.py": "NAME = 'lib'\n",
    "lib/template.py": "class {{ name }}: ...\n",
    "lib/tests/__init__.py": "",
    "lib-1.0.data/scripts/run.py": "#!python\nprint(1)\n",
}
API = "import lib\n\n\ndef handler(event, context):\n    return lib.greet()\n"

pytestmark = pytest.mark.skipif(sys.version_info.releaselevel != "final", reason="this Python is a pre-release")


@pytest.fixture
def project(index, project):
    """A project with bytecode that requires ``lib``."""
    index.add("lib", files=FILES)
    project.configure('bytecode = true\nhandler = "shop.api.handler"\nscripts = true', dependencies=["lib"])
    project.write("shop/api.py", API)
    project.environ["HATCH_LAMBDA_RUNTIME"] = f"python{MINOR}"
    return project


def pycs(path: Path) -> list[str]:
    return [name for name in zips.names(path) if name.endswith(".pyc")]


def code(path: Path, member: str) -> CodeType:
    with zipfile.ZipFile(path) as archive:
        found = marshal.loads(archive.read(member)[16:])
    assert isinstance(found, CodeType)
    return found


def imported(directory: Path) -> set[str]:
    """Import the function as on Lambda, and return the bytecode below the directory that Python used."""
    command = [sys.executable, "-v", "-B", "-c", "from shop.api import handler; print(handler(1, 2))"]
    environ = {"PATH": os.environ["PATH"], "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")}
    done = subprocess.run(command, cwd=directory, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "lib\n"
    used = re.findall(r"# code object from '(.*\.pyc)'", done.stderr)
    paths = (Path(path) if Path(path).is_absolute() else directory / path for path in used)
    return {path.relative_to(directory).as_posix() for path in paths if path.is_relative_to(directory)}


def test_python_uses_the_bytecode_of_every_module(project, tmp_path):
    built = project.build()

    assert built.code == 0, built.output
    assert pycs(built.archive) == [
        f"lib/__pycache__/__init__.{TAG}.pyc",
        f"lib/__pycache__/inner.{TAG}.pyc",
        f"lib/tests/__pycache__/__init__.{TAG}.pyc",
        f"shop/__pycache__/__init__.{TAG}.pyc",
        f"shop/__pycache__/api.{TAG}.pyc",
    ]
    assert imported(zips.unpack(built.archive, tmp_path / "task")) == {
        name for name in pycs(built.archive) if "tests" not in name
    }
    assert code(built.archive, pycs(built.archive)[1]).co_filename == "/var/task/lib/inner.py"
    assert zips.lambda_json(built.archive)["bytecode"] == VERSION
    assert re.search(
        rf"^  bytecode of CPython {re.escape(VERSION)}: .* bytes unzipped$|KiB unzipped$", built.output, re.MULTILINE
    )
    archive = read_zip(built.archive)
    assert (verify_records(archive).problems, inspect(archive).problems, inspect(archive).warnings) == ((), (), ())


def test_edited_code_counts(project, tmp_path):
    directory = zips.unpack(project.build().archive, tmp_path / "task")
    (directory / "lib/inner.py").write_text("NAME = 'lib' * 1\n")

    assert f"lib/__pycache__/inner.{TAG}.pyc" not in imported(directory)


def test_the_bytes_do_not_depend_on_the_machine_or_the_cache(project, tmp_path):
    first = project.build().archive.read_bytes()

    warm = project.build().archive.read_bytes()
    before = os.umask(0o077)
    try:
        other = project.build(HATCH_LAMBDA_CACHE_DIR=str(tmp_path / "other"), PYTHONHASHSEED="7", LC_ALL="C")
    finally:
        os.umask(before)
    verified = project.build(HATCH_LAMBDA_VERIFY="1")

    assert (warm, other.archive.read_bytes(), verified.archive.read_bytes()) == (first, first, first)
    assert "  reproducible: a rebuild has the same bytes\n" in verified.output


def test_the_cache_has_the_bytecode_of_modules_that_a_zip_excludes(project, tmp_path):
    plain = project.build(HATCH_LAMBDA_CACHE_DIR=str(tmp_path / "other")).archive.read_bytes()
    text = (project.root / "pyproject.toml").read_text()
    project.write("pyproject.toml", text.replace("scripts = true", 'slim = ["tests"]'))
    slim = pycs(project.build().archive)
    project.write("pyproject.toml", text)

    again = project.build()

    assert not any("tests" in name for name in slim)
    assert any("tests" in name for name in pycs(again.archive))
    assert again.archive.read_bytes() == plain


def test_a_layer_has_the_paths_of_layers(project):
    project.configure(f"[{T}.layers.base]\nbytecode = true", dependencies=["lib"])

    (layer,) = project.build().archives

    member = f"python/lib/__pycache__/inner.{TAG}.pyc"
    assert member in zips.names(layer)
    assert code(layer, member).co_filename == "/opt/python/lib/inner.py"


def test_a_lock_file_records_the_version_and_another_version_is_a_warning(project):
    locked = project.build(target="lambda:lock")
    lock = project.root / "pylock.lambda.toml"
    lines = lock.read_text()
    same = project.build()
    lock.write_text(lines.replace(f'"{VERSION}"', f'"{MINOR}.99"'))

    other = project.build()

    assert locked.code == same.code == other.code == 0
    assert f'[tool.hatch-lambda.bytecode]\n"python{MINOR}" = "{VERSION}"\n' in lines
    assert "warning" not in same.output
    assert (
        f"warning: pylock.lambda.toml: records bytecode of CPython {MINOR}.99, and this build compiles with {VERSION} "
        f"to other bytes; set HATCH_LAMBDA_PYTHON to a CPython {MINOR}.99, or run 'hatch build -t lambda:lock' "
        "[bytecode-version]\n"
    ) in other.output


def test_without_a_python_of_the_runtime_the_old_zip_stays(project, tmp_path):
    project.configure("bytecode = true", dependencies=["unknown"])  # which isn't looked up first
    before = project.write("dist/old.zip", "old")
    (tmp_path / "empty").mkdir()

    built = project.build(HATCH_LAMBDA_RUNTIME="python3.15", PATH=str(tmp_path / "empty"), HATCH_UV="/none")

    assert (built.code, before.read_text()) == (1, "old")
    assert built.output.endswith(
        f"error: {T}.bytecode: needs CPython 3.15, which isn't on this machine; run 'uv python install 3.15', or set "
        "HATCH_LAMBDA_PYTHON to the path of a python3.15 [no-interpreter]\n"
    )


def test_bytecode_over_the_limit_is_named(project):
    project.configure("bytecode = true\nmax-size = 200_000", dependencies=["lib"])
    project.write("shop/many.py", "".join(f"def f{number}(x):\n    return x + {number}\n\n" for number in range(2000)))

    built = project.build()

    assert built.code == 1
    assert re.search(
        r"; set bytecode = false \(saves 0\.\d MiB\), and see the sizes with .* \[too-large\]$", built.output
    )
