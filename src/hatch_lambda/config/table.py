"""Reads a TOML table, key by key, and tells all that is wrong with it at once."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from hatch_lambda.diagnostics import Code


class Table:
    """Reads one TOML table, collecting every problem instead of stopping at the first.

    ``host_keys`` are keys in the table that somebody else reads. Where ``above`` is given, what this table lacks is
    inherited from that one, but for the keys in ``own_keys``; problems of both are collected in one place.
    """

    def __init__(
        self,
        address: str,
        values: Mapping[str, Any],
        *,
        host_keys: Collection[str],
        above: Table | None = None,
        own_keys: Collection[str] = (),
    ) -> None:
        self.address = address
        self.values = values
        self.above = above
        self._host_keys = host_keys
        self._own_keys = own_keys
        self._known: set[str] = set()
        self._problems: dict[Diagnostic | str, None] = above._problems if above else {}  # noqa: SLF001  # of the same class

    def get(self, key: str) -> Any:
        """Return the raw value, ``None`` where there is none, and count the key as known."""
        self._known.add(key)
        inherited = self.above.get(key) if self.above and key not in self._own_keys else None
        return self.values.get(key, inherited)

    def where(self, key: str) -> str:
        """Return the full address of ``key``, or of ``key[index]``, in the table that it stands in."""
        name = re.split(r"[.\[]", key)[0]
        return self.above.where(key) if self.above and self.inherits(name) else f"{self.address}.{key}"

    def inherits(self, key: str) -> bool:
        """Return whether a value for ``key`` would come from the table above."""
        return self.above is not None and key not in self.values and key not in self._own_keys

    def report(self, code: Code, key: str, problem: str, fix: str) -> None:
        """Record that the value at a key, or at ``key #index``, can't be used."""
        where, _, number = key.partition(" #")
        name = self._owner(where)
        address = f"{name.address}.{where}" + (f" #{number}" if number else "")
        self._problems[Diagnostic(code=code, where=address, problem=problem, fix=fix, table=name.address)] = None

    def _owner(self, key: str) -> Table:
        """Return the table that a key is in: this one, or one that it inherits from."""
        name = key.partition(".")[0]
        return self.above._owner(key) if self.above and self.inherits(name) else self  # noqa: SLF001  # of the same class

    def problem(self, key: str, what: str) -> None:
        """Note that the value at a key, or at ``key[index]``, cannot be used."""
        self.elsewhere(self.where(key), what)

    def elsewhere(self, where: str, what: str) -> None:
        """Note a problem that does not lie in this table."""
        self._problems[f"{where}: {what}"] = None

    def text(self, key: str, *, check: Callable[[str], str | None]) -> str | None:
        """Return the string at ``key``; ``None`` where there is none or ``check`` names a problem."""
        value = self.get(key)
        return None if value is None else self._text(key, value, check)

    def texts(self, key: str, *, check: Callable[[str], str | None] = lambda _: None) -> tuple[str, ...]:
        """Return the array of strings at ``key``, without those that ``check`` names a problem of."""
        value = self.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.problem(key, f"expected an array of strings; found {shorten(value)}")
            return ()
        read = (self._text(f"{key}[{index}]", item, check) for index, item in enumerate(value, 1))
        return tuple(item for item in read if item is not None)

    def choice(self, key: str, choices: Sequence[str], *, default: str) -> str:
        """Return the string at ``key``, which must be one of ``choices``."""
        value = self.get(key)
        if value is None:
            return default
        if value not in choices:
            close = get_close_matches(shorten(value).strip("'"), choices, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            self.problem(key, f"expected {' or '.join(choices)}; found {shorten(value)}{hint}")
            return default
        return str(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return the boolean at ``key``."""
        value = self.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.problem(key, f"expected true or false; found {shorten(value)}")
            return default
        return value

    def positive(self, key: str, *, default: int) -> int:
        """Return the whole number above zero at ``key``."""
        value = self.get(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            self.problem(key, f"expected a whole number above 0; found {shorten(value)}")
            return default
        return value

    def tables(self, key: str) -> dict[str, dict[str, Any]]:
        """Return the tables under ``key`` by their names."""
        value = self.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.problem(key, f"expected tables, such as [{self.address}.{key}.NAME]; found {shorten(value)}")
            return {}
        for name, inner in value.items():
            if not isinstance(inner, dict):
                self.problem(f"{key}.{toml_key(name)}", f"expected a table; found {shorten(inner)}")
        return {name: inner for name, inner in value.items() if isinstance(inner, dict)}

    def unknown(self) -> tuple[str, ...]:
        """Return a warning for each key that is nobody's; one that resembles a known key is a problem."""
        warnings = []
        for key in self.values:
            if key in self._known or key in self._host_keys:
                continue
            close = get_close_matches(key.replace("_", "-"), sorted(self._known), n=1, cutoff=0.75)
            if close:
                self.problem(toml_key(key), f"unknown option; did you mean {close[0]}?")
            else:
                warnings.append(f"{self.address}.{toml_key(key)} is not an option of this target; it is ignored.")
        return tuple(warnings)

    def finish(self) -> None:
        """Raise ``ConfigError`` if there were problems, in this table or in those that inherit from it."""
        if self._problems:
            raise ConfigError(self._problems)

    def _text(self, where: str, value: Any, check: Callable[[str], str | None]) -> str | None:
        if not isinstance(value, str):
            self.problem(where, f"expected a string; found {shorten(value)}")
            return None
        problem = check(value) if value.strip() else "expected a string that is not empty"
        if problem:
            self.problem(where, problem)
            return None
        return value


def toml_key(key: str) -> str:
    """Return a key as TOML spells it in an address."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"'
