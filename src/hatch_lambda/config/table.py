"""Reads a TOML table, key by key, and reports all its problems together."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from hatch_lambda.diagnostics import Code, Diagnostic
from hatch_lambda.errors import ConfigError, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence


@dataclass(frozen=True)
class ValueProblem:
    """Why a value can't be used, and what to write instead."""

    problem: str
    fix: str
    code: Code = "option-value"


class Table:
    """Reads one TOML table, collecting every problem instead of stopping at the first.

    ``host_keys`` are keys in the table that another program reads. With ``above``, the table inherits what it lacks
    from that one, except for the keys in ``own_keys``; problems of both are collected in one place. ``root`` is the
    address of the outermost table.
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
        self.root: str = above.root if above else address
        self.values = values
        self.above = above
        self.host_keys = host_keys
        self._own_keys = own_keys
        self._known: set[str] = set()
        self._problems: dict[Diagnostic, None] = above._problems if above else {}  # noqa: SLF001  # of the same class

    def get(self, key: str) -> Any:
        """Return the raw value, or ``None`` without one, and count the key as known."""
        self._known.add(key)
        inherited = self.above.get(key) if self.above and key not in self._own_keys else None
        return self.values.get(key, inherited)

    def where(self, key: str) -> str:
        """Return the full address of ``key`` in the table that it is in."""
        return f"{self._owner(key).address}.{key}"

    def inherits(self, key: str) -> bool:
        """Return whether a value for ``key`` would come from the table above."""
        return self.above is not None and key not in self.values and key not in self._own_keys

    def report(self, code: Code, key: str, problem: str, fix: str) -> None:
        """Record that the value at a key, or at ``key #index``, can't be used."""
        table = self._owner(re.split(r"[. ]", key)[0]).address
        self.add(Diagnostic(code=code, where=f"{table}.{key}", problem=problem, fix=fix, table=table))

    def add(self, problem: Diagnostic) -> None:
        """Record a problem of this table, of another one, or of a variable."""
        self._problems[problem] = None

    def _owner(self, key: str) -> Table:
        """Return the table that a key is in: this one, or one that it inherits from."""
        return self.above._owner(key) if self.above and self.inherits(key) else self  # noqa: SLF001  # of the same class

    def text(self, key: str, *, check: Callable[[str], ValueProblem | None]) -> str | None:
        """Return the string at ``key``; ``None`` without one, or if ``check`` returns a problem."""
        value = self.get(key)
        return None if value is None else self._text(key, value, check)

    def text_or_false(self, key: str, *, check: Callable[[str], ValueProblem | None]) -> str | Literal[False] | None:
        """Return ``False`` if that is the value at ``key``; otherwise, the same as ``text``."""
        return False if self.get(key) is False else self.text(key, check=check)

    def texts(self, key: str, *, check: Callable[[str], ValueProblem | None] = lambda _: None) -> tuple[str, ...]:
        """Return the array of strings at ``key``, without those that ``check`` returns a problem of."""
        value = self.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            fix = f"write [{_quoted(value)}]" if _is_short(value) else "write strings in brackets"
            self.report("option-type", key, f"expected an array of strings, found {shorten(value)}", fix)
            return ()
        read = (self._text(f"{key} #{number}", item, check) for number, item in enumerate(value, 1))
        return tuple(item for item in read if item is not None)

    def choice(self, key: str, choices: Sequence[str], *, default: str) -> str:
        """Return the string at ``key``, which must be one of ``choices``."""
        value = self.get(key)
        if value is None or value in choices:
            return default if value is None else str(value)
        if isinstance(value, str):
            self.report("option-value", key, f"unknown value {shorten(value)}", choose(value, choices))
        else:
            problem = f"expected a string, found {shorten(value)}"
            self.report("option-type", key, problem, f"choose {join_names(choices)}")
        return default

    def flag(self, key: str, *, default: bool) -> bool:
        """Return the boolean at ``key``."""
        value = self.get(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        is_no = shorten(value).strip("'").lower() in _NO
        fix = f"write {key} = {'false' if is_no else 'true'}"
        self.report("option-type", key, f"expected true or false, found {shorten(value)}", fix)
        return default

    def size(self, key: str, *, default: int) -> int:
        """Return the size at ``key`` in bytes: a whole number above zero, or a string such as ``"200 MiB"``."""
        value = self.get(key)
        if value is None:
            return default
        is_number = isinstance(value, int) and not isinstance(value, bool)
        size = value if is_number else _bytes(value) if isinstance(value, str) else 0
        if size > 0:
            return int(size)
        problem = f"expected a size above 0, found {shorten(value)}"
        self.report(
            "option-value" if is_number or isinstance(value, str) else "option-type",
            key,
            problem,
            _size_fix(key, value),
        )
        return default

    def count(self, key: str) -> int | None:
        """Return the whole number above zero at ``key``, ``None`` without one."""
        value = self.get(key)
        if value is None:
            return None
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if is_number and value > 0:
            return int(value)
        problem = f"expected a whole number above 0, found {shorten(value)}"
        self.report("option-value" if is_number else "option-type", key, problem, f"for example, write {key} = 5")
        return None

    def tables(self, key: str) -> dict[str, dict[str, Any]]:
        """Return the tables under ``key`` by their names."""
        value = self.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            fix = f"declare each as [{self.address}.{key}.NAME]"
            self.report("option-type", key, f"expected a table, found {shorten(value)}", fix)
            return {}
        for name, inner in value.items():
            if not isinstance(inner, dict):
                address = f"{key}.{toml_key(name)}"
                fix = f"declare it as [{self.address}.{address}]"
                self.report("option-type", address, f"expected a table, found {shorten(inner)}", fix)
        return {name: inner for name, inner in value.items() if isinstance(inner, dict)}

    def unknown(
        self, *, synonyms: Mapping[str, str] | None = None, misplaced: Mapping[str, ValueProblem] | None = None
    ) -> None:
        """Record a problem for each key that isn't an option.

        ``synonyms`` are names that people try, with the option that each means; ``misplaced`` are names that belong
        elsewhere.
        """
        for key in self.values:
            if key in self._known or key in self.host_keys:
                continue
            name = key.replace("_", "-").lower()
            found = (misplaced or {}).get(name)
            if found is None:
                known = sorted({*self._known, *self.host_keys})
                meant = (synonyms or {}).get(name) or next(iter(get_close_matches(name, known, n=1, cutoff=0.75)), "")
                fix = f"did you mean {meant!r}?" if meant else f"remove it, or choose from {list_names(self._known)}"
                found = ValueProblem("unknown option", fix, "unknown-option")
            where = f"{self.address}.{toml_key(key)}"
            self.add(Diagnostic(code=found.code, where=where, problem=found.problem, fix=found.fix, table=self.address))

    def finish(self) -> None:
        """Raise ``ConfigError`` if there were problems, in this table or in those that inherit from it."""
        if self._problems:
            raise ConfigError(self._problems)

    def _text(self, key: str, value: Any, check: Callable[[str], ValueProblem | None]) -> str | None:
        if not isinstance(value, str):
            self.report("option-type", key, f"expected a string, found {shorten(value)}", _string_fix(value))
            return None
        found = check(value) if value.strip() else ValueProblem("empty string", "give it a value, or remove it")
        if found:
            self.report(found.code, key, found.problem, found.fix)
            return None
        return value


SIZE_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
"""The units of a size in a string, in bytes."""

_SIZE = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*([A-Za-z]*)\s*", re.ASCII)


def _bytes(text: str) -> int:
    """Return the bytes of a size such as ``200 MiB``; 0 for any other text."""
    found = _SIZE.fullmatch(text)
    return int(float(found[1]) * SIZE_UNITS[found[2]]) if found and found[2] in SIZE_UNITS else 0


def _size_fix(key: str, value: Any) -> str:
    """Return what to write for a value that isn't a size: the unit that is meant, if a number is there."""
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found and float(found[1]) > 0:
        unit = next((unit for unit in SIZE_UNITS if unit.lower()[0] == found[2].lower()[:1]), "MiB")
        return f'did you mean "{found[1]} {unit}"?'
    return f'for example, write {key} = "200 MiB"'


_MOST_NAMES = 8
_NO = {"false", "no", "off", "0"}
"""Values that probably mean ``false``, in lower case."""


def choose(value: str, choices: Sequence[str]) -> str:
    """Return a fix for a value that isn't among the choices: a hint if one is close, then the choices."""
    close = get_close_matches(value, choices, n=1)
    if close == list(choices):
        return f"did you mean {close[0]!r}?"
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}choose {join_names(choices)}"


def join_names(names: Sequence[str], word: str = "or") -> str:
    """Return names as English joins them, such as ``a, b, or c``."""
    *first, last = names
    if not first:
        return last
    return f"{', '.join(first)}{',' if len(first) > 1 else ''} {word} {last}"


def list_names(names: Iterable[str]) -> str:
    """Return the first names in alphabetical order, and how many there are if that isn't all."""
    each = sorted(names)
    more = f", … ({len(each)} in total)" if len(each) > _MOST_NAMES else ""
    return ", ".join(each[:_MOST_NAMES]) + more


def toml_key(key: str) -> str:
    """Return a key as TOML spells it in an address."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"'


def _string_fix(value: Any) -> str:
    """Return what to write for a value that must be a string."""
    single = value[0] if isinstance(value, list) and len(value) == 1 else value
    is_number = isinstance(single, int | float) and len(shorten(single)) <= _LONGEST_NUMBER
    return f"write {_quoted(single)}" if is_number or _is_short(single) else "write one string in quotes"


def _is_short(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_EXAMPLE


_LONGEST_NUMBER = 20
_LONGEST_EXAMPLE = 60
"""Characters of a number and of a string that a fix repeats, at most."""


def _quoted(value: str | float) -> str:
    """Return a value as a TOML string."""
    return json.dumps(value if isinstance(value, str) else shorten(value).lower(), ensure_ascii=False)
