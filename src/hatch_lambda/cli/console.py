"""The terminal of a build that this command runs, with the methods of Hatch's application."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class CommandConsole:
    """Prints results to stdout and messages to stderr.

    ``wording`` replaces patterns in messages, which name commands and addresses as Hatch's users write them.
    """

    verbosity: int
    wording: Mapping[str, str] = field(default_factory=dict)

    def abort(self, message: str = "", code: int = 1, **_: Any) -> NoReturn:
        """Print an error and end the program."""
        self.display_error(message)
        sys.exit(code)

    def display(self, message: str = "", **_: Any) -> None:
        """Print a result, whatever the verbosity."""
        sys.stdout.write(f"{self._worded(message)}\n")

    def display_info(self, message: str = "", **_: Any) -> None:
        """Print a result, unless ``-q`` hides it."""
        if self.verbosity >= 0:
            self.display(message)

    display_waiting = display_success = display_mini_header = display_info

    def display_warning(self, message: str = "", **_: Any) -> None:
        """Print a warning, unless ``-qq`` hides it."""
        if self.verbosity >= -1:
            self.display_error(message)

    def display_error(self, message: str = "", **_: Any) -> None:
        """Print an error."""
        sys.stderr.write(f"{self._worded(message)}\n")

    def display_debug(self, message: str = "", level: int = 1, **_: Any) -> None:
        """Print what only ``-v`` shows, or a repeated ``-v`` for a higher level."""
        if self.verbosity >= level:
            self.display_error(message)

    def _worded(self, message: str) -> str:
        for pattern, text in self.wording.items():
            message = re.sub(pattern, text, message)
        return message
