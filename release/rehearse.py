"""Rehearse a release: build the package, check it, and use it as a new user would: ``hatch run release:rehearse``.

The sdist and the wheel are served by an index on 127.0.0.1. In fresh environments, each tool installs hatch-lambda from
there and builds the README's first example; all other packages come from the index that pip and uv are set up to use.
Nothing but the build of the sdist sees the checkout.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import os
import re
import shlex
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zipfile
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

ROOT = Path(__file__).parents[1]
HOOK = "\n[tool.hatch.build.targets.wheel.hooks.lambda]\n"
IN_SDIST = {"README.md", "LICENSE", "CHANGELOG.md", "hatch_build.py", "docs/tutorial.md", "tests/conftest.py"}
NOT_FOR_USERS = re.compile(r"PYTHON|VIRTUAL_ENV|HATCH_|GITHUB_|PIP_FIND_LINKS|UV_FIND_LINKS|PIP_REQUIRE_VIRTUALENV")
"""Variables of this process that a user's commands don't have."""

CACHES_AND_TOOLS = (
    *("HATCH_CACHE_DIR", "HATCH_DATA_DIR", "HATCH_LAMBDA_CACHE_DIR", "PIP_CACHE_DIR", "PIPX_BIN_DIR", "PIPX_HOME"),
    *("UV_CACHE_DIR", "UV_TOOL_DIR"),
)
"""Variables with directories that each way has for itself."""


@dataclass(frozen=True)
class Way:
    """The commands of one way to build the example; the last one may fail, if its output has ``reports``."""

    name: str
    commands: tuple[str, ...]
    tables: str = ""
    reports: str = ""


WAYS = (
    Way("hatch build", ("python -m pip install -q hatch", "hatch build -t lambda")),
    Way("uvx", ("uvx --from hatch-lambda hatch-lambda build",)),
    Way(
        "pipx inject",
        (
            "pipx install -q hatch",
            "pipx inject hatch hatch-lambda[deploy]",
            "hatch build -t lambda",
            "hatch publish -p lambda",
        ),
        reports="[function-not-set]",  # without the plugin in Hatch's environment: Unknown publisher
    ),
    Way("python -m build", ("python -m pip install -q build", "python -m build"), tables=HOOK),
)


class RehearsalError(Exception):
    """The package isn't fit for a release."""


class Index:
    """Serves the package's files on 127.0.0.1 until the block ends; ``requests`` has the paths that were asked for."""

    def __init__(self, files: tuple[Path, ...], directory: Path) -> None:
        self.requests: list[str] = []
        page = directory / "simple" / "hatch-lambda"
        page.mkdir(parents=True)
        for file in files:
            (page / file.name).write_bytes(file.read_bytes())
        links = [f'<a href="{file.name}#sha256={sha256(file)}">{file.name}</a>' for file in files]
        (page / "index.html").write_text("<!DOCTYPE html>\n" + "\n".join(links), "utf-8")
        handler = type("Handler", (_Handler,), {"requests": self.requests})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(directory)))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/simple/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(SimpleHTTPRequestHandler):
    requests: list[str]

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002, ARG002
        self.requests.append(self.path)


def build(directory: Path) -> tuple[Path, Path]:
    """Build the sdist from the checkout, and the wheel from the sdist; return their paths."""
    _run(["python", "-m", "build", "--outdir", str(directory)], cwd=ROOT, environ=os.environ)
    built = sorted(directory.glob("*.tar.gz")) + sorted(directory.glob("*.whl"))
    _require(len(built) == 2, f"{directory} has other files than one sdist and one wheel; empty it")  # noqa: PLR2004
    return built[0], built[1]


def check(sdist: Path, wheel: Path) -> dict[str, str]:
    """Check metadata, README, and contents; return the sdist's text files below its first directory."""
    _run(["twine", "check", "--strict", str(sdist), str(wheel)], cwd=sdist.parent, environ=os.environ)
    with tarfile.open(sdist) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        read = {member.name.partition("/")[2]: _content(archive, member) for member in members}
    with zipfile.ZipFile(wheel) as archive_of_wheel:
        in_wheel = {name: archive_of_wheel.read(name) for name in archive_of_wheel.namelist()}
    modules = {name.removeprefix("src/"): content for name, content in read.items() if name.startswith("src/")}
    dist_info = {name: content for name, content in in_wheel.items() if ".dist-info/" in name}
    (metadata,) = (content for name, content in dist_info.items() if name.endswith("/METADATA"))
    _require(in_wheel == {**modules, **dist_info}, "the wheel has other modules than the sdist")
    _require(metadata == read["PKG-INFO"], "the wheel has other metadata than the sdist")
    missing = {"README.md", "LICENSE", "CHANGELOG.md", "hatch_build.py", "docs/tutorial.md", "tests/conftest.py"} - {
        *read
    }
    _require(not missing, f"the sdist lacks {', '.join(sorted(missing))}")
    relative = re.findall(r"\]\((?!https?://|#)([^)]+)", metadata.decode())
    _require(not (relative and "GITHUB_REPOSITORY" in os.environ), f"the README has relative links: {relative}")
    print(f"{len(modules)} modules, {len(read)} files in the sdist, {len(relative)} relative links in the README")
    return {name: content.decode() for name, content in read.items() if name.endswith(".md")}


def use(way: Way, project: Mapping[str, str], index: Index, directory: Path) -> str:
    """Build the example one way, in a separate environment, and return the SHA-256 of the zip."""
    for name, text in project.items():
        path = directory / "orders" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + (way.tables if name == "pyproject.toml" else ""), "utf-8")
    environ = _environment(index.url, directory)
    _run([sys.executable, "-m", "venv", str(directory / "venv")], cwd=directory, environ=environ)
    before = len(index.requests)
    for command in way.commands:
        reports = way.reports if command == way.commands[-1] else ""
        _run(shlex.split(command), cwd=directory / "orders", environ=environ, reports=reports)
    downloads = [line.rpartition("/")[2] for line in index.requests[before:] if line.endswith(".whl")]
    _require(bool(downloads), f"{way.name}: hatch-lambda came from elsewhere than the index on 127.0.0.1")
    (built,) = (directory / "orders" / "dist").glob("*.zip")
    return sha256(built)


def example(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the files of the README's first example; its module is the tutorial's."""
    (toml, *_), (module, *_) = _blocks(texts["README.md"], "toml"), _blocks(texts["docs/tutorial.md"], "python")
    return {"pyproject.toml": toml, "src/orders/__init__.py": "", "src/orders/api.py": module}


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return file.read() if file else b""


def _require(condition: bool, problem: str) -> None:  # noqa: FBT001
    if not condition:
        raise RehearsalError(problem)


def _environment(index: str, directory: Path) -> dict[str, str]:
    """Return the variables of a user who has the index in addition to theirs, and nothing in any cache."""
    kept = {name: value for name, value in os.environ.items() if not NOT_FOR_USERS.match(name)}
    path = [str(directory / "venv" / "bin"), str(directory / "PIPX_BIN_DIR"), os.environ["PATH"]]
    return {
        **kept,
        **{name: str(directory / name) for name in CACHES_AND_TOOLS},
        "PATH": os.pathsep.join(path),
        "PIP_EXTRA_INDEX_URL": index,
        "PIPX_DEFAULT_PYTHON": sys.executable,
        "UV_INDEX": index,
    }


def _run(command: list[str], *, cwd: Path, environ: Mapping[str, str], reports: str = "") -> None:
    """Run a command and print what it writes; raises unless it succeeds, or reports what is expected."""
    print(f"\n$ {shlex.join(command)}", flush=True)
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=cwd, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    print(f"{done.stdout.rstrip()}\n({time.monotonic() - started:.1f} s)", flush=True)
    _require(reports in done.stdout if reports else done.returncode == 0, f"{shlex.join(command)}: failed")


def main() -> None:
    """Rehearse a release; the sdist and the wheel stay in ``--outdir`` if it's given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outdir", type=Path, help="an empty directory for the sdist and the wheel")
    outdir = parser.parse_args().outdir
    with tempfile.TemporaryDirectory(prefix="hatch-lambda-release-") as scratch:
        work = Path(scratch)
        files = build((outdir or work / "dist").absolute())
        project = example(check(*files))
        with Index(files, work / "index") as index:
            hashes = {way.name: use(way, project, index, work / f"way-{n}") for n, way in enumerate(WAYS)}
        print("\nThe example's zip, built with hatch-lambda from the index:")
        for name, digest in hashes.items():
            print(f"  {name:<16} sha256 {digest}", flush=True)
        _require(len({*hashes.values()}) == 1, "the zips differ")


if __name__ == "__main__":
    try:
        main()
    except RehearsalError as error:
        sys.exit(f"error: {error}")
