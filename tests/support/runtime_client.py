"""AWS's runtime client as it is installed here, on an index of the tests, and functions that run under it."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import dataclass
from importlib.metadata import distribution
from typing import TYPE_CHECKING, Any

from tests.support.programs import run_module

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.support.index_server import IndexServer

_LOCAL = ("INSTALLER", "REQUESTED", "direct_url.json", "RECORD")


def add_runtime_client(index: IndexServer) -> None:
    """Put awslambdaric and what it requires on an index, as wheels with the installed files."""
    for name in ("awslambdaric", "simplejson", "snapshot-restore-py"):
        _wheel_of_installed(name, index.directory)


def _wheel_of_installed(name: str, directory: Path) -> None:
    found = distribution(name)
    tags = [line.partition(": ")[2] for line in (found.read_text("WHEEL") or "").splitlines() if line[:4] == "Tag:"]
    joined = "-".join(".".join(dict.fromkeys(parts)) for parts in zip(*(tag.split("-") for tag in tags), strict=True))
    stem = f"{name.replace('-', '_')}-{found.version}"
    record = io.StringIO()
    with zipfile.ZipFile(directory / f"{stem}-{joined}.whl", "w") as wheel:
        for row in csv.reader(io.StringIO(found.read_text("RECORD"))):
            path = row[0]
            if path.startswith("..") or path.endswith((".pyc", *_LOCAL)):
                continue
            wheel.write(str(found.locate_file(path)), path)
            csv.writer(record, lineterminator="\n").writerow(row)
        record.write(f"{stem}.dist-info/RECORD,,\n")
        wheel.writestr(f"{stem}.dist-info/RECORD", record.getvalue())


@dataclass(frozen=True)
class Invoked:
    """How ``hatch-lambda invoke`` ended: its exit code, the answers that it printed, and its messages."""

    code: int
    answers: list[Any]
    messages: str


def invoke(
    archive: Path, event: Any, environ: Mapping[str, str], *options: str, layers: Sequence[Path] = ()
) -> Invoked:
    """Run a function with an event, in another process."""
    given = [f"--layer={layer}" for layer in layers]
    arguments = ["invoke", str(archive), "--event", json.dumps(event), *given, *options]
    done = run_module("hatch_lambda", *arguments, cwd=archive.parent, environ=dict(environ))
    return Invoked(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr)
