"""pip as the resolver: what it is told, and what is refused before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from hatch_lambda.errors import ConfigError
from hatch_lambda.resolve.base import Host
from hatch_lambda.resolve.pip.command import dry_run_options
from hatch_lambda.resolve.strategy import resolver_tool
from tests.support.samples import config

T = "tool.hatch.build.targets.lambda"


def test_pip_is_told_to_resolve_and_install_nothing():
    options = dry_run_options(Path("/tmp/report.json"))

    assert options == ["--dry-run", "--ignore-installed", "--report=/tmp/report.json"]


def test_constraint_files_that_are_not_there_are_told_before_pip_starts(tmp_path):
    (tmp_path / "there.txt").write_text("")
    files = ("gone.txt", "there.txt", "https://host/constraints.txt", "sub/gone.txt")

    with pytest.raises(ConfigError) as caught:
        resolver_tool(config(constraints=files), Host({}, tmp_path))

    assert str(caught.value).splitlines() == [
        f"error: pyproject.toml [{T}] has 2 problems:",
        "  constraints #1: no file 'gone.txt' in the project; create it, or remove the entry [path-not-found]",
        "  constraints #4: no file 'sub/gone.txt' in the project; create it, or remove the entry [path-not-found]",
    ]
