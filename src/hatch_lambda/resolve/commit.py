"""A distribution that comes from a commit of a repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.utils import NormalizedName
    from packaging.version import Version


@dataclass(frozen=True)
class Commit:
    """A distribution from a repository: its version, URL, and commit.

    ``url`` has no credentials, ``revision`` is the requested branch or tag, if any, and ``vcs`` is a name like ``git``.
    """

    name: NormalizedName
    version: Version
    vcs: str
    url: str
    revision: str | None
    commit: str
    subdirectory: str | None

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def filename(self) -> str:
        """Return the commit, because there is no file."""
        return self.commit
