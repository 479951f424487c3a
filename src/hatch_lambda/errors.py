"""What can go wrong: one class per step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic, message_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from hatch_lambda.diagnostics import Message

_CREDENTIALS = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]{0,30}://)[^/\s]+@")

_PARAMETER = re.compile(r"(?P<start>[?&](?P<name>[^=&#?\s]{1,80})=)(?P<value>[^&#\s\"'<>]+)")
_SECRET_NAMES = re.compile(r"auth|cred|hmac|jwt|key|pass|policy|pwd|sas|secret|sig|token", re.IGNORECASE)
_PUBLIC_NAMES = re.compile(r"md5|sha\d+|checksum|digest|hash|egg$|subdirectory$", re.IGNORECASE)
_OPAQUE = re.compile(r"[\w+/=%~-]{20,}")
"""Parameters in the query of a URL: names of credentials, names of other values, and values that look like credentials.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html,
https://learn.microsoft.com/rest/api/storageservices/create-service-sas and
https://cloud.google.com/storage/docs/authentication/signatures, read 2026-11-27.
"""


MOST_LINES = 12
"""Lines of a resolution that failed, at most, without ``-v``."""

_CI_COMMAND = re.compile(r"^ *:(?=:)|#(?=#\w*\[)")
"""The first letter of a command to a CI system: ``::`` at the start of a line, ``##[`` or ``##vso[`` anywhere.

Sources: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs and
https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands, both read 2026-11-27.
"""


class HatchLambdaError(Exception):
    """One or more problems, one line each.

    ``detail`` is the output of another tool, which comes last, with credentials and unprintable characters replaced.
    ``excerpt`` is the part that is shown without ``-v``: by default all of it, nothing if the problems explain it.
    ``exit_code`` is the exit code of a command.
    """

    exit_code = 1

    def __init__(
        self,
        problems: Message | Iterable[Message],
        *,
        detail: str = "",
        excerpt: str | None = None,
    ) -> None:
        self.diagnostics = (problems,) if isinstance(problems, str | Diagnostic) else tuple(problems)
        self.detail = detail.strip()
        self.excerpt = self.detail if excerpt is None else excerpt.strip()
        super().__init__("\n".join(self.problems))

    @property
    def problems(self) -> tuple[str, ...]:
        """Return the text of each problem."""
        return tuple(map(str, self.diagnostics))

    def __str__(self) -> str:
        return self.text()

    def text(self, *, verbose: bool = False) -> str:
        """Return the problems and the other tool's output, all of it only if ``verbose``; every line is printable."""
        lines = tuple(message_lines(self.diagnostics))
        problems = lines if verbose else self.first_lines(lines)
        detail = (self.detail if verbose else self.excerpt).expandtabs().splitlines()
        return "\n".join(map(printable_line, (*problems, *([""] if problems and detail else []), *detail)))

    def first_lines(self, lines: Sequence[str]) -> tuple[str, ...]:
        """Return the lines that are shown without ``-v``."""
        return tuple(lines)


class ConfigError(HatchLambdaError):
    """The table in pyproject.toml, or a variable that overrides it, can't be used."""


class ProjectError(HatchLambdaError):
    """The project's files or metadata can't be added to an archive."""


class ResolveError(HatchLambdaError):
    """No wheels, or not the right ones, were found for the target.

    ``missing`` are the distributions that weren't found, with the required versions if they are known.
    """

    def __init__(
        self,
        problems: Message | Iterable[Message],
        *,
        detail: str = "",
        excerpt: str | None = None,
        missing: Mapping[NormalizedName, SpecifierSet] | None = None,
    ) -> None:
        super().__init__(problems, detail=detail, excerpt=excerpt)
        self.missing = dict(missing or {})

    def first_lines(self, lines: Sequence[str]) -> tuple[str, ...]:
        """Return as many problems as fit on a screen, and the number of the others."""
        return first_lines(lines, MOST_LINES, "problems")


class InterpreterError(HatchLambdaError):
    """No Python of this machine fits the runtime, or the one that does fails."""


class WheelError(HatchLambdaError):
    """A wheel is damaged, hostile, or different from what its name says."""


class PlanError(HatchLambdaError):
    """The files don't form a valid archive, or the archive wouldn't work on Lambda."""


class ArchiveError(HatchLambdaError):
    """The archive can't be written; an existing file at its path is unchanged."""


class DeployError(HatchLambdaError):
    """An archive can't be deployed; the last problems list what was done and what wasn't."""


class InterruptedDeploymentError(DeployError):
    """The user interrupted the deployment with Ctrl-C; the exit code is the usual one for that."""

    exit_code = 130


class ZipError(HatchLambdaError):
    """An existing zip can't be read, is damaged, or is ambiguous."""


class TemporaryError(HatchLambdaError):
    """Temporary files can't be written."""


class FunctionError(HatchLambdaError):
    """A function that was run has failed."""


class UsageError(HatchLambdaError):
    """A command can't do what its command line asks for."""

    exit_code = 2


class HostError(HatchLambdaError):
    """A function that this machine can't run."""

    exit_code = 3


class OutputError(HatchLambdaError):
    """The output of a command can't be written."""


def first_lines(lines: Sequence[str], most: int, what: str = "lines") -> tuple[str, ...]:
    """Return the lines, or if there are more than ``most``, the first of them and the number of the others."""
    if len(lines) <= most:
        return tuple(lines)
    return (*lines[: most - 1], f"… ({len(lines) - most + 1} more {what}; -v shows them)")


def last_lines(text: str) -> str:
    """Return the end of a tool's output, which contains the reason: as many lines as fit below a message."""
    return "\n".join(text.strip().splitlines()[-(MOST_LINES - 3) :])


def masked(text: str) -> str:
    """Return ``text`` with ``****`` for the credentials of every URL in it, including those in a query."""
    return _PARAMETER.sub(_masked_parameter, _CREDENTIALS.sub(r"\g<scheme>****@", text))


def secret_parameters(url: str) -> list[str]:
    """Return the names of the parameters in a URL's query that are credentials by their name or value."""
    return [found["name"] for found in _PARAMETER.finditer(url) if _is_secret(found)]


def _masked_parameter(found: re.Match[str]) -> str:
    return f"{found['start']}****" if _is_secret(found) else found[0]


def _is_secret(parameter: re.Match[str]) -> bool:
    name = parameter["name"]
    if _SECRET_NAMES.search(name):
        return True
    return bool(_OPAQUE.fullmatch(parameter["value"])) and not _PUBLIC_NAMES.match(name)


def shorten(value: object) -> str:
    """Return a value from a file as messages show it: its ``repr``, shortened if it is very long.

    Python can't write an integer of more than 4,300 digits or a value that is nested a thousand times.
    """
    try:
        text = repr(value)
    except ValueError:
        return "a number with too many digits"
    except RecursionError:
        return "a value that is nested too deeply"
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


_LONGEST_VALUE = 500
"""Characters."""


def printable_line(text: str) -> str:
    """Return ``text`` as one line that can't control a terminal or a CI system, without the credentials of URLs.

    All output goes through this function, because names in a wheel, a lock file, or a zip are foreign text. Unprintable
    characters (control characters, line breaks, bidirectional and zero-width characters) are escaped as in Python.
    """
    line = masked(text)
    if not line.isprintable():
        line = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)
    return _CI_COMMAND.sub(lambda sign: f"{sign[0][:-1]}\\x{ord(sign[0][-1]):02x}", line)
