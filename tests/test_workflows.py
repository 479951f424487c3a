"""What the workflows of GitHub do in addition to running commands, which have their own tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

WORKFLOWS = Path(__file__).parents[1] / ".github" / "workflows"

GH = """\
#!{python}
import json, os, sys
with open(os.environ["CALLS"], "a", encoding="utf-8") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[1:3] == ["issue", "list"]:
    print(os.environ["OPEN"])
"""
"""A gh that writes down what it is asked for, and knows one open issue or none."""


@pytest.mark.skipif(os.name == "nt", reason="the step runs on Linux")
@pytest.mark.parametrize(
    ("open_issue", "call"),
    [
        ("", ["create", "--title", "The newest dependencies break the tests", "--body", "where to look"]),
        ("12", ["comment", "12", "--body", "where to look"]),
    ],
)
def test_a_weekly_run_that_fails_opens_one_issue_and_adds_to_it_from_then_on(tmp_path, open_issue, call):
    report: dict[str, Any] = yaml.safe_load((WORKFLOWS / "weekly.yml").read_text("utf-8"))["jobs"]["report"]
    (step,) = report["steps"]
    gh, calls = tmp_path / "gh", tmp_path / "calls"
    gh.write_text(GH.format(python=sys.executable), "utf-8")
    gh.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    environ = {"TITLE": step["env"]["TITLE"], "BODY": "where to look", "OPEN": open_issue, "CALLS": str(calls)}

    subprocess.run(["bash", "-euo", "pipefail", "-c", step["run"]], env={**environ, "PATH": path}, check=True)

    assert (report["needs"], report["if"], report["permissions"]) == ("test", "failure()", {"issues": "write"})
    asked, told = map(json.loads, calls.read_text("utf-8").splitlines())
    assert (asked[:2], told) == (["issue", "list"], ["issue", *call])
