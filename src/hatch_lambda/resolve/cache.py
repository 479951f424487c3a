"""What an earlier build has found out and what stays so, kept beside the wheels."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hatch_lambda.errors import masked
from hatch_lambda.files.private_directory import make_private_directory
from hatch_lambda.files.temporary import remove_stale

if TYPE_CHECKING:
    from collections.abc import Callable


Read = TypeVar("Read")

_WRITING = "staging-"


@dataclass(frozen=True)
class ResultCache:
    """A folder of JSON values, each under the hash of its key.

    What cannot be written, or must not stay, is known to this build only; what cannot be read, was damaged, or is of
    another shape than it is read as, is forgotten.
    """

    directory: Path
    _texts: dict[str, str] = field(default_factory=dict)

    def get(self, read: Callable[[Any], Read], *key: object, of_this_build: bool = False) -> Read | None:
        """Return what ``read`` makes of the value under a key; ``None`` if there is none.

        ``read`` raises ``ValueError`` for what it does not know. With ``of_this_build`` nothing older counts.
        """
        name = _hash(json.dumps(key))
        text = self._texts.get(name)
        if text is None and of_this_build:
            return None
        try:
            return read(json.loads(text or self._stored(name)))
        except (OSError, ValueError, RecursionError):  # the last for JSON that is nested too deep
            return None

    def put(self, value: Any, *key: object) -> None:
        """Put a value under a key, in one step; one with credentials for this build only."""
        name, text = _hash(json.dumps(key)), json.dumps(value)
        if self._texts.get(name) == text:
            return
        self._texts[name] = text
        if masked(text) != text:
            return
        with suppress(OSError):
            make_private_directory(self.directory)
            remove_stale(self.directory.glob(f"{_WRITING}*"))
            descriptor, written = tempfile.mkstemp(prefix=_WRITING, dir=self.directory)
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(f"{_hash(text)}\n{text}")
            Path(written).replace(self.directory / f"{name}.json")

    def _stored(self, name: str) -> str:
        """Return the JSON of an earlier build; raises ``OSError`` or ``ValueError`` if it is not there or damaged."""
        seal, _, text = (self.directory / f"{name}.json").read_text("utf-8").partition("\n")
        if seal != _hash(text):
            raise ValueError("damaged")
        return text


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
