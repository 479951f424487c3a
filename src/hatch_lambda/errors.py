"""What can go wrong, one class a step of the path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic, message_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from hatch_lambda.diagnostics import Message

_CREDENTIALS = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s]+@")

_PARAMETER = re.compile(r"(?P<start>[?&](?P<name>[^=&#?\s]{1,80})=)(?P<value>[^&#\s\"'<>]+)")
_SECRET_NAMES = re.compile(r"auth|cred|hmac|jwt|key|pass|policy|pwd|sas|secret|sig|token", re.IGNORECASE)
_PUBLIC_NAMES = re.compile(r"md5|sha\d+|checksum|digest|hash|egg$|subdirectory$", re.IGNORECASE)
_OPAQUE = re.compile(r"[\w+/=%~-]{20,}")
"""Parameters in the query of a URL, which of them are credentials by their name, which are none, and what else may be.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html,
https://learn.microsoft.com/rest/api/storageservices/create-service-sas and
https://cloud.google.com/storage/docs/authentication/signatures, read 2026-11-27.
"""


MOST_LINES = 12
"""Lines of a resolution that failed, at most, without ``-v``."""

_CI_COMMAND = re.compile(r"^ *:(?=:)|#(?=#\w*\[)")
"""The first letter of what a CI system obeys in a log: ``::`` where a line starts, ``##[`` and ``##vso[`` anywhere.

Sources: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs and
https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands, both read 2026-11-27.
"""


class HatchLambdaError(Exception):
    """One or more problems, a line each.

    ``detail`` is another tool's own output; it comes last, its lines as they are but for credentials and what is not
    printable. ``excerpt`` is the part of it that is shown without ``-v``: all of it by default, nothing if the problems
    explain it. ``exit_code`` is what a command ends with.
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
    """The table in pyproject.toml, or a variable that overrides it, cannot be used."""


class ProjectError(HatchLambdaError):
    """The project's own files or metadata cannot be put into an archive."""


class ResolveError(HatchLambdaError):
    """No set of wheels, or not the right one, was found for the target.

    ``missing`` are the names that nothing was found for, with the versions that were asked for, where that is known.
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
        """Return so many problems that they fit on a screen, and how many more there are."""
        return first_lines(lines, MOST_LINES, "problems")


class InterpreterError(HatchLambdaError):
    """No Python of this machine fits the runtime, or the one that does fails."""


class WheelError(HatchLambdaError):
    """A wheel is damaged, hostile or not what its name says."""


class PlanError(HatchLambdaError):
    """The entries do not make an archive, or the archive would not work on Lambda."""


class ArchiveError(HatchLambdaError):
    """The archive could not be written; what stood at its path before is untouched."""


class DeployError(HatchLambdaError):
    """An archive could not be deployed; the problems end with what has been done all the same, and what has not."""


class InterruptedDeploymentError(DeployError):
    """A person has ended the deployment with Ctrl-C; the exit code is the one that shells give to that."""

    exit_code = 130


class ZipError(HatchLambdaError):
    """A finished zip cannot be read, is damaged, or hides what it holds."""


class TemporaryError(HatchLambdaError):
    """Temporary files cannot be written."""


class FunctionError(HatchLambdaError):
    """A function that was run has failed."""


class InvokeUsageError(HatchLambdaError):
    """A function can't be run as it was asked for."""

    exit_code = 2


class HostError(HatchLambdaError):
    """A function that this machine can't run."""

    exit_code = 3


class OutputError(HatchLambdaError):
    """What a command has found out cannot be written."""


def first_lines(lines: Sequence[str], most: int, what: str = "lines") -> tuple[str, ...]:
    """Return the lines, or the first of them and how many follow, so that they are ``most`` at most."""
    if len(lines) <= most:
        return tuple(lines)
    return (*lines[: most - 1], f"… ({len(lines) - most + 1} more {what}; -v shows them)")


def last_lines(text: str) -> str:
    """Return the end of a tool's output, which contains the reason: as much as fits below a message and a heading."""
    return "\n".join(text.strip().splitlines()[-(MOST_LINES - 3) :])


def masked(text: str) -> str:
    """Return ``text`` with the credentials of every URL in it, also those in a query, as ``****``."""
    return _PARAMETER.sub(_masked_parameter, _CREDENTIALS.sub(r"\g<scheme>****@", text))


def secret_parameters(url: str) -> list[str]:
    """Return the names of the parameters in a URL's query that are credentials, as far as names and values tell."""
    return [found["name"] for found in _PARAMETER.finditer(url) if _is_secret(found)]


def _masked_parameter(found: re.Match[str]) -> str:
    return f"{found['start']}****" if _is_secret(found) else found[0]


def _is_secret(parameter: re.Match[str]) -> bool:
    name = parameter["name"]
    if _SECRET_NAMES.search(name):
        return True
    return bool(_OPAQUE.fullmatch(parameter["value"])) and not _PUBLIC_NAMES.match(name)


def shorten(value: object) -> str:
    """Return a value found in somebody's file as messages show it: its ``repr``, cut where it is very long.

    Python writes no integer of more than 4,300 digits, and nothing that is nested a thousand times.
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
    """Return ``text`` as one line that steers neither a terminal nor a CI system, without the credentials of URLs.

    Everything that leaves the program goes through here, because names in a wheel, a lock, or a zip are foreign text.
    What is not printable (control characters, line breaks, bidirectional and zero-width ones) is escaped as in Python.
    """
    line = masked(text)
    if not line.isprintable():
        line = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)
    return _CI_COMMAND.sub(lambda sign: f"{sign[0][:-1]}\\x{ord(sign[0][-1]):02x}", line)
