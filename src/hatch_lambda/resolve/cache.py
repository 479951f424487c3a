"""Results of earlier builds that stay valid, stored next to the wheel cache."""

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
    """A directory of JSON values, each under the hash of its key.

    A value that can't be written, or that contains credentials, lasts for this build only. A value that can't be read,
    is damaged, or has another shape counts as missing.
    """

    directory: Path
    _texts: dict[str, str] = field(default_factory=dict)

    def get(self, read: Callable[[Any], Read], *key: object, of_this_build: bool = False) -> Read | None:
        """Return the value under a key as ``read`` converts it; ``None`` if there is no value.

        ``read`` raises ``ValueError`` for unknown values. With ``of_this_build``, values of earlier builds don't count.
        """
        name = _hash(json.dumps(key))
        text = self._texts.get(name)
        if text is None and of_this_build:
            return None
        try:
            return read(json.loads(text or self._stored(name)))
        except (OSError, ValueError, RecursionError):  # the last for JSON that is nested too deeply
            return None

    def put(self, value: Any, *key: object) -> None:
        """Store a value under a key atomically; a value with credentials lasts for this build only."""
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
        """Return the JSON of an earlier build; raises ``OSError`` or ``ValueError`` if it is missing or damaged."""
        seal, _, text = (self.directory / f"{name}.json").read_text("utf-8").partition("\n")
        if seal != _hash(text):
            raise ValueError("damaged")
        return text


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
