"""What can go wrong, one class a step of the path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

_CREDENTIALS = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s]+@")


class HatchLambdaError(Exception):
    """One or more problems, a line each: ``where: what is wrong; what was found or needed; what to do``.

    ``detail`` is another tool's own output; it comes last, unchanged but for credentials. ``exit_code`` is what a
    command ends with.
    """

    exit_code = 1

    def __init__(self, problems: str | Iterable[str], *, detail: str = "") -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        self.detail = detail.strip()
        super().__init__("\n".join(self.problems))

    def __str__(self) -> str:
        return masked("\n\n".join(filter(None, ("\n".join(self.problems), self.detail))))


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
        problems: str | Iterable[str],
        *,
        detail: str = "",
        missing: Mapping[NormalizedName, SpecifierSet] | None = None,
    ) -> None:
        super().__init__(problems, detail=detail)
        self.missing = dict(missing or {})


class WheelError(HatchLambdaError):
    """A wheel is damaged, hostile or not what its name says."""


class PlanError(HatchLambdaError):
    """The entries do not make an archive, or the archive would not work on Lambda."""


class ArchiveError(HatchLambdaError):
    """The archive could not be written; what stood at its path before is untouched."""


class PublishError(HatchLambdaError):
    """An archive could not be deployed; the problems end with what has been done all the same, and what has not."""


class InterruptedDeploymentError(PublishError):
    """A person has ended the deployment with Ctrl-C; the exit code is the one that shells give to that."""

    exit_code = 130


class FinishedError(HatchLambdaError):
    """A finished zip cannot be read, is damaged, or hides what it holds."""


class TemporaryError(HatchLambdaError):
    """Temporary files cannot be written."""


class OutputError(HatchLambdaError):
    """What a command has found out cannot be written."""


def masked(text: str) -> str:
    """Return ``text`` with the credentials of every URL in it as ``****``."""
    return _CREDENTIALS.sub(r"\g<scheme>****@", text)
