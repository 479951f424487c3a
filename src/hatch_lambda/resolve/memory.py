"""What an earlier build has found out and what stays so, kept beside the wheels."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Memory:
    """A folder of JSON values, each under the hash of its key. What cannot be read or written is simply forgotten."""

    folder: Path

    def recall(self, *key: object) -> Any:
        """Return the value under a key; ``None`` if there is none."""
        try:
            return json.loads(self._place(key).read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def remember(self, value: Any, *key: object) -> None:
        """Put a value under a key, in one step."""
        place = self._place(key)
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=place.parent)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(value, file)
            Path(name).replace(place)

    def _place(self, key: tuple[object, ...]) -> Path:
        return self.folder / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()}.json"
