"""Zips to deploy, and deployments of them through the function, the command and Hatch."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from hatch_lambda.deploy import Deployment, deploy
from tests.support.finished import our_zip, zip_of

if TYPE_CHECKING:
    from pathlib import Path

OLD = b"PK\x05\x06" + bytes(18)
"""An empty zip: the code that functions have before a test deploys to them."""


def layer_zip(folder: Path, text: str = "1", **described: Any) -> Path:
    """Write a layer for python3.13 on x86_64 as a build does and return its path; ``text`` makes it differ."""
    about = {
        "schema": 1,
        "kind": "layer",
        "compatible-runtimes": ["python3.13"],
        "compatible-architectures": ["x86_64"],
        **described,
    }
    files = {"hatch-lambda/deps.json": json.dumps(about), "python/dep.py": f"version = {text!r}\n"}
    return zip_of(folder, files, f"deps-{text}.zip")


def function_zip(folder: Path, text: str = "new", **options: Any) -> Path:
    """Write a function's zip as a build does and return its path; ``text`` makes it differ."""
    code = f"def handler(event, context):\n    return {text!r}\n"
    return our_zip(folder, f"shop-{text}.zip", libraries={}, files={"shop/api.py": code}, **options)


def code_sha256(path: Path) -> str:
    """Return the hash as AWS spells it."""
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def deployed(*zips: Path, **options: Any) -> tuple[list[str], tuple[str, ...]]:
    """Deploy in this process; return the steps as they were told, and the warnings."""
    told: list[str] = []
    outcome = deploy(Deployment(zips=zips, **options), lambda step: told.append(str(step)))
    assert told == [str(step) for step in outcome.steps]
    return told, outcome.warnings
