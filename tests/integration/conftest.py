"""Fixtures: Lambda and S3 on 127.0.0.1, and an index with credentials."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.index_server import IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.aws import AwsServer


@pytest.fixture(scope="session")
def aws_server() -> Iterator[AwsServer]:
    """The server, which all tests of a process share: moto takes a second to import."""
    from tests.support.aws import AwsServer

    with AwsServer() as server:
        yield server


@pytest.fixture
def aws(aws_server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> AwsServer:
    """An account with nothing in it, and an environment that leads nowhere else."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in aws_server.environ.items():
        monkeypatch.setenv(name, value)
    aws_server.reset()
    return aws_server


@pytest.fixture
def private_index(tmp_path: Path) -> Iterator[IndexServer]:
    """An index that requires credentials, with one release of ``lib``."""
    with IndexServer(tmp_path / "private", credentials=("user", "s3cret")) as server:
        server.add("lib")
        yield server
