"""Builds as ``python -m hatchling`` does, but trusts the wheels in the cache: ``wheel_hash_once.py build -t lambda``.

For measuring only: the product has no such switch.
"""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from typing import TYPE_CHECKING

from hatch_lambda.wheels import cache as store
from hatch_lambda.wheels.wheel import Wheel
from hatch_lambda.zipfiles.hashing import file_state

if TYPE_CHECKING:
    from pathlib import Path


def trusted(place: Path, sha256: str) -> Wheel | None:  # noqa: ARG001  # the signature of what it replaces
    """Return the wheel in an entry of the cache as its description has it, without a look at its bytes."""
    text = (place / "wheel.json").read_text("utf-8").partition("\n")[2]
    wheel = Wheel.from_json(json.loads(text), place)
    with wheel.path.open("rb") as file:
        return replace(wheel, state=file_state(file))


if __name__ == "__main__":
    store._read = trusted  # noqa: SLF001  # what is measured is left out
    runpy.run_module("hatchling", run_name="__main__")
