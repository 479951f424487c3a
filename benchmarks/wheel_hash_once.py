"""Builds as ``python -m hatchling`` does, but trusts the wheels in the cache: ``wheel_hash_once.py build -t lambda``.

For measuring only: the product has no such switch.
"""

from __future__ import annotations

import json
import runpy
from typing import TYPE_CHECKING

from hatch_lambda.wheels import cache as store
from hatch_lambda.wheels.wheel import Wheel

if TYPE_CHECKING:
    from pathlib import Path


def trusted(place: Path, sha256: str) -> Wheel | None:  # noqa: ARG001  # the signature of what it replaces
    """Return the wheel in an entry of the cache as its description has it, without a look at its bytes."""
    text = (place / "wheel.json").read_text("utf-8").partition("\n")[2]
    return Wheel.from_json(json.loads(text), place)


if __name__ == "__main__":
    store._read = trusted  # noqa: SLF001  # what is measured is left out
    runpy.run_module("hatchling", run_name="__main__")
