"""Checks the native code of popular wheels as a build would: ``native_check.py [FOLDER] [NAME …]``.

Fetches the newest wheel of each distribution for both architectures, python3.11 and python3.13, into FOLDER with
pip, and prints every finding. Needs a package index and 3 GB of disk.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.archive.plan import PlanOptions, make_plan
from hatch_lambda.checks.base import Candidate
from hatch_lambda.checks.libraries import check_libraries
from hatch_lambda.checks.native import check_native
from hatch_lambda.checks.wheel_tags import check_wheel_tags
from hatch_lambda.config.options import LambdaConfig
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.runtime.runtimes import runtime_named
from hatch_lambda.runtime.target import ARCHITECTURES, Target
from hatch_lambda.wheels.cache import WheelCache
from hatch_lambda.wheels.wheel import wheel_entries

if TYPE_CHECKING:
    from collections.abc import Sequence

RUNTIMES = ("python3.11", "python3.13")

NAMES = (
    *("aiohttp", "argon2-cffi-bindings", "asyncpg", "bcrypt", "cffi", "confluent-kafka", "cramjam", "cryptography"),
    *("distlib", "duckdb", "fastparquet", "frozenlist", "greenlet", "grpcio", "httptools", "llvmlite"),
    *("lxml", "lz4", "markupsafe", "matplotlib", "msgpack", "numexpr", "numpy", "opencv-python-headless", "orjson"),
    *("pandas", "pikepdf", "pillow", "pip", "polars", "protobuf", "psycopg-binary", "psycopg2-binary", "pyarrow"),
    *("pycryptodome", "pydantic-core", "pymssql", "pymupdf", "pynacl", "pyyaml", "regex", "rpds-py", "scikit-learn"),
    *("scipy", "setuptools", "shapely", "sqlalchemy", "tokenizers", "ujson", "uvloop", "watchfiles", "websockets"),
    *("xxhash", "yarl", "zstandard"),
)
"""Distributions that are known to work on Lambda: each finding is a false alarm."""

FAILING = (
    *("lightgbm", "numba", "opencv-python", "pyodbc", "rasterio"),
    *("cairocffi", "debugpy", "libarchive-c", "playwright", "psycopg", "pyenchant", "python-magic", "pyzbar"),
    *("sounddevice", "soundfile", "weasyprint"),
)
"""Distributions that need libraries which Lambda lacks, and some whose tags or native code are not all for the target.

numba can do without the library, debugpy without its native code.
"""

CHECKS = (check_native, check_wheel_tags, check_libraries)


def download(target: Target, names: Sequence[str], directory: Path) -> None:
    """Fetch the newest wheels that the target loads; a distribution that has none is passed over."""
    directory.mkdir(parents=True, exist_ok=True)
    platforms = [f"--platform={platform}" for platform in target.platforms]
    version = f"--python-version={target.runtime.python_version}"
    abis = [f"--abi={abi}" for abi in (target.abi, "abi3", "none")]
    options = ("--quiet", "--no-deps", "--only-binary=:all:", "--implementation=cp", version, *abis, *platforms)
    for name in names:
        command = [sys.executable, "-m", "pip", "download", *options, f"--dest={directory}", name]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            print(f"  {name}: no wheel for {target}")


def check(target: Target, directory: Path, store: WheelCache, memory: ResultCache) -> None:
    """Print what the check finds in each wheel alone, and the time that it took."""
    spent = 0.0
    wheels = [store.add(file, expected=None) for file in sorted(directory.glob("*.whl"))]
    for wheel in wheels:
        plan = make_plan(wheel_entries(wheel, scripts_for=None), PlanOptions())
        start = time.perf_counter()
        candidate = Candidate(filename="", plan=plan, config=LambdaConfig(target=target), results=memory)
        diagnostics = [diagnostic for look in CHECKS for diagnostic in look(candidate)]
        spent += time.perf_counter() - start
        for diagnostic in diagnostics:
            print(f"  {diagnostic.severity}: {diagnostic}")
    print(f"{target}: {len(wheels)} wheels, {spent:.2f} s")


def main(directory: Path, names: Sequence[str]) -> None:
    """Fetch, check, and check again from memory."""
    with tempfile.TemporaryDirectory() as scratch, WheelCache(directory / "store") as store:
        memory = ResultCache(Path(scratch))
        for name in RUNTIMES:
            runtime = runtime_named(name)
            for architecture in ARCHITECTURES if runtime else ():
                target = Target(runtime, architecture) if runtime else None
                if target:
                    place = directory / f"{name}-{target.machine}"
                    if not place.is_dir():
                        download(target, names, place)
                    check(target, place, store, memory)
                    check(target, place, store, ResultCache(memory.directory))


if __name__ == "__main__":
    main(Path(sys.argv[1] if sys.argv[1:] else "native-check"), sys.argv[2:] or (*NAMES, *FAILING))
