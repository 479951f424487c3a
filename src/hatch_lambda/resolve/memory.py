"""What an earlier build has found out and what stays so, kept beside the wheels."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Memory:
    """A folder of JSON values, each under the hash of its key.

    What cannot be written is known to this build only; what cannot be read, or was damaged, is forgotten.
    """

    folder: Path
    _texts: dict[str, str] = field(default_factory=dict)

    def recall(self, *key: object, of_this_build: bool = False) -> Any:
        """Return the value under a key; ``None`` if there is none, or none ``of_this_build`` where only that counts."""
        name = _hash(json.dumps(key))
        text = self._texts.get(name)
        if text is None and of_this_build:
            return None
        if text is None:
            try:
                seal, _, text = (self.folder / f"{name}.json").read_text("utf-8").partition("\n")
            except (OSError, ValueError):
                return None
            if seal != _hash(text):
                return None
        return json.loads(text)

    def remember(self, value: Any, *key: object) -> None:
        """Put a value under a key, in one step."""
        name, text = _hash(json.dumps(key)), json.dumps(value)
        if self._texts.get(name) == text:
            return
        self._texts[name] = text
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor, written = tempfile.mkstemp(dir=self.folder)
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(f"{_hash(text)}\n{text}")
            Path(written).replace(self.folder / f"{name}.json")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
