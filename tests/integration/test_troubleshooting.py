"""Each text of Lambda on the page of troubleshooting: a zip that causes it, and what hatch-lambda reports before."""

from __future__ import annotations

import json
import os
import re
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.cli import main
from tests.support.index_server import IndexServer
from tests.support.make_elf import AARCH64, make_elf
from tests.support.pages import blocks
from tests.support.runtime_client import add_runtime_client

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text("utf-8")
RUNTIME = "python" + ".".join(map(str, sys.version_info[:2]))
HANDLER = "\n\ndef handler(event, context):\n    return event\n"
MAC = "fast.cpython-313-x86_64-linux-gnu.so"
ARM = "fast/_speed.cpython-313-aarch64-linux-gnu.so"
MACHO = b"\xcf\xfa\xed\xfe\x07\x00\x00\x01\x03\x00\x00\x00\x06\x00\x00\x00" + bytes(64)


def opens(path: str) -> str:
    """Return a module that loads a shared library."""
    return f"import ctypes\n\nctypes.CDLL({path!r})\n{HANDLER}"


def shown(heading: str) -> list[str]:
    """Return the messages of hatch-lambda in the section whose heading contains the text."""
    (section,) = [part for part in PAGE.split("\n## ") if heading in part.partition("\n")[0]]
    return [line for block in blocks(section) if block.language == "text" for line in block.text.splitlines()]


def make_zip(directory: Path, files: dict[str, str | bytes]) -> str:
    """Write a zip as another tool makes it, and return its path."""
    path = directory / "app.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o755 << 16
            archive.writestr(info, content)
    return str(path)


@pytest.mark.parametrize(
    ("heading", "files", "handler"),
    [
        ("_psycopg", {"app.py": HANDLER, ARM: make_elf(AARCH64)}, "handler"),
        ("invalid ELF header", {"app.py": HANDLER, MAC: MACHO}, "handler"),
        ("GLIBC_2.28", {"app.py": HANDLER, "fast.so": make_elf(versions={"libc.so.6": ["GLIBC_2.38"]})}, "handler"),
        ("libpq.so.5", {"app.py": HANDLER, "fast.so": make_elf(needed=["libpq.so.5"])}, "handler"),
        ("Runtime.HandlerNotFound", {"app.py": HANDLER}, "main"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_message_of_the_page_is_reported_before_deployment(heading, files, handler, tmp_path, capfd):
    path = make_zip(tmp_path, files)

    code = main(["verify", path, "--runtime=python3.13", "--architecture=x86_64", f"--handler=app.{handler}"])

    assert code == 1
    assert capfd.readouterr().err.splitlines() == shown(heading)


def test_a_module_that_is_missing_is_reported_by_the_build(project):
    project.configure('packages = ["app.py"]\nhandler = "app.handler"')
    project.write("app.py", f"import yaml\n{HANDLER}")

    built = project.build()

    assert shown("Unable to import module") == [line for line in built.output.splitlines() if "warning" in line]


@pytest.mark.parametrize("text", ["Unzipped size must be", "RequestEntityTooLarge"])
def test_messages_on_sizes_are_those_of_the_page_of_messages(text):
    messages = (Path(__file__).parents[2] / "docs" / "reference" / "messages.md").read_text("utf-8").splitlines()

    assert [line for line in shown(text) if line not in messages] == []


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables with which a run finds the runtime client."""
    directory = tmp_path_factory.mktemp("invoke")
    with IndexServer(directory / "index") as index:
        add_runtime_client(index)
        yield {
            "HATCH_LAMBDA_CACHE_DIR": str(directory / "cache"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": index.url,
        }


@pytest.mark.skipif(sys.platform != "linux", reason="Lambda's file system can be shown on Linux only")
@pytest.mark.parametrize(
    ("files", "handler"),
    [
        ({"app.py": f"import yaml\n{HANDLER}"}, "handler"),
        ({"app.py": opens(f"/var/task/{MAC}"), MAC: MACHO}, "handler"),
        ({"app.py": opens("libpq.so.5")}, "handler"),
        ({"app.py": HANDLER}, "main"),
        ({"app.py": f"import sys\n\nsys.exit(1)\n{HANDLER}"}, "handler"),
    ],
    ids=["module", "mac", "library", "handler", "exit"],
)
def test_the_error_of_lambda_is_in_a_heading(files, handler, tmp_path, client, monkeypatch, capfd):
    for name, value in client.items():
        monkeypatch.setenv(name, value)

    code = main(["invoke", make_zip(tmp_path, files), f"--runtime={RUNTIME}", f"--handler=app.{handler}"])

    printed = capfd.readouterr()
    error = json.loads(printed.out)
    headings = [heading.replace("\\_", "_") for heading in re.findall("^## (.*)$", PAGE, re.MULTILINE)]
    text = re.sub(r"^RequestId: \S+ Error: ", "", error["errorMessage"]).removeprefix(f"/var/task/{MAC}: ")
    assert code == 1
    assert [heading for heading in headings if text in heading or f"{error['errorType']}: {text}" in heading]
