"""The tutorial, followed literally: its files, its commands, and what they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.aws import AwsServer
from tests.support.pages import Block, blocks, shell_lines

ROOT = Path(__file__).parents[2]


@pytest.mark.network
@pytest.mark.skipif(os.name == "nt", reason="the tutorial's commands are those of a POSIX shell")
@pytest.mark.parametrize("name", ["tutorial", "tutorial-uv"])
def test_the_tutorial_can_be_followed_and_prints_what_it_shows(name, tmp_path):
    links = tmp_path / "links"
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", links, ROOT], check=True)
    script, shown = [f"cd '{tmp_path}'"], []
    for block in blocks((ROOT / "docs" / f"{name}.md").read_text("utf-8")):
        if block.file:
            script.append(edit(block))
        elif block.language == "bash":
            script += shell_lines(block)
        else:
            shown += [line for line in block.text.splitlines() if line]

    with AwsServer() as server:
        server.reset()
        server.client("iam").create_role(RoleName="orders", AssumeRolePolicyDocument="{}")
        environ = {**fresh(tmp_path, links), **server.environ}
        done = subprocess.run(
            ["bash"], input="\n".join(script), env=environ, capture_output=True, text=True, check=False
        )

    printed = [without_numbers(line) for line in (done.stdout + done.stderr).splitlines()]
    assert [line for line in shown if without_numbers(line) not in printed] == [], done.stdout + done.stderr


def edit(block: Block) -> str:
    """Return the shell's words for what the reader does with an editor: write a file, or change its last table."""
    first = block.text.splitlines()[0]
    whole = block.file != "pyproject.toml" or first == "[build-system]"
    keep = "" if whole else f"sed -i.old '/{re.escape(first)}/,$d' {block.file}\n"
    return f"{keep}cat {'>' if whole else '>>'} {block.file} <<'END'\n{block.text}END"


def fresh(directory: Path, links: Path) -> dict[str, str]:
    """Return the environment of a user who has never built anything, and finds our wheel among ``links``."""
    ours = ("PIP_FIND_LINKS", "UV_FIND_LINKS", "HATCH_", "PYTHONPATH", "VIRTUAL_ENV", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    python = directory / "python"
    python.mkdir()
    (python / "python").symlink_to(sys.executable)
    return {
        **kept,
        "HOME": str(directory),
        "PATH": os.pathsep.join([str(python), str(directory / ".local" / "bin"), kept["PATH"]]),
        "PIP_FIND_LINKS": str(links),
        "PIP_NO_COMPILE": "1",  # Python compiles what it uses; that is a tenth
        "UV_FIND_LINKS": str(links),
        "COLUMNS": "200",
    }


def without_numbers(line: str) -> str:
    """Return the line with each number, hash, request, and run of spaces as one sign, since versions and sizes move."""
    hashes = re.sub(r"\b[0-9a-f]{64}\b|\S{43}=|\b[0-9a-f]{8}(?:-[0-9a-f]{4,12}){4}\b", "#", line)
    return re.sub(r"\s+", " ", re.sub(r"\d[\d.,]*", "#", hashes)).strip()
