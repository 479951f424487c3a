"""Zips as others make them: ``pip install --target`` and ``zip -r``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

from hatch_lambda.cli import main
from tests.support.finished import HANDLER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.index_server import IndexServer

TAG = "cp313-cp313-manylinux_2_28_x86_64"


@pytest.fixture
def others_zip(index: IndexServer, environ: dict[str, str], tmp_path: Path) -> Path:
    """A zip of a handler and what pip installed beside it, one distribution with native code."""
    files = {"native/__init__.py": "", "native/_code.cpython-313-x86_64-linux-gnu.so": b"code" * 1000}
    index.add("native", "2.0", tag=TAG, files=files, requires=["pure"])
    index.add("pure", "1.0", scripts={"tool": "pure:main"})
    folder = tmp_path / "package"
    options = ("--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--python-version=3.13", "--no-compile")
    command = [sys.executable, "-m", "pip", "install", "--quiet", *options, "--target", str(folder), "native"]
    subprocess.run(command, env=environ, check=True)
    (folder / "app.py").write_text(HANDLER, "utf-8")
    zip_ = shutil.which("zip")
    if zip_:
        subprocess.run([zip_, "-qr", "../function.zip", "."], cwd=folder, check=True)
    else:
        shutil.make_archive(str(tmp_path / "function"), "zip", folder)
    return tmp_path / "function.zip"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server that answers as AWS does."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def code_sha256_at(endpoint: str, zip_: Path) -> str:
    """Return the ``CodeSha256`` that Lambda reports of a function with that zip."""
    access = {"endpoint_url": endpoint, "region_name": "eu-central-1"}
    access |= {"aws_access_key_id": "AKIATESTS", "aws_secret_access_key": "tests"}
    role = boto3.client("iam", **access).create_role(RoleName="runner", AssumeRolePolicyDocument="{}")
    created = boto3.client("lambda", **access).create_function(
        FunctionName="shop",
        Runtime="python3.13",
        Handler="app.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": zip_.read_bytes()},
    )
    return str(created["CodeSha256"])


def test_info_reads_what_pip_and_zip_made(others_zip, capsys):
    code = main(["info", str(others_zip), "--json"])

    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (found["kind"], found["runtime"], found["architecture"]) == ("function", "python3.13", "x86_64")
    taken = [(one["name"], one["version"], one["tags"], one["project"]) for one in found["distributions"]]
    assert taken == [("native", "2.0", [TAG], False), ("pure", "1.0", ["py3-none-any"], False)]
    assert found["unowned"]["files"] == 1
    assert found["unowned"]["unzipped"] == len(HANDLER)
    assert sum(one["files"] for one in found["distributions"]) + 1 == found["files"]
    assert found["problems"] == []


def test_verify_finds_what_pip_and_zip_made_sound(others_zip, capsys):
    code = main(["verify", str(others_zip), "--handler", "app.handler"])

    assert (code, capsys.readouterr().out.splitlines()[-1]) == (0, "  all is well")


def test_the_hash_that_info_tells_is_the_one_that_lambda_reports(others_zip, endpoint, capsys):
    reported = code_sha256_at(endpoint, others_zip)

    main(["info", str(others_zip)])

    assert f"  CodeSha256    {reported}\n" in capsys.readouterr().out
