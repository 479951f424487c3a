"""The commits of Git dependencies in a lock file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError, masked
from hatch_lambda.resolve.base import COMMIT, without_credentials

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from packaging.pylock import PackageVcs
    from packaging.utils import NormalizedName


@dataclass(frozen=True)
class LockedCommits:
    """The commits of repositories that a lock file has for a target.

    ``source`` is the lock file's name in messages, and ``fix`` what to do if it is out of date. If it isn't
    ``binding``, for example while locking, missing commits are looked up. ``upgrade_fix`` is what to do to replace the
    commit of ``{name}``, if that differs from ``fix``.
    """

    source: str
    fix: str
    found: Mapping[NormalizedName, PackageVcs]
    binding: bool = True
    upgrade_fix: str = ""

    def fix_for(self, name: NormalizedName, commit: str) -> str:
        """Return what to do about a locked commit that the repository might not have; empty for any other commit."""
        if name not in self.found or self.found[name].commit_id != commit:
            return ""
        fix = self.upgrade_fix.format(name=name) or self.fix
        return f"if the repository no longer has the commit that {self.source} pins, {fix}"

    def commit(self, name: NormalizedName, address: str, revision: str | None, what: str) -> str | None:
        """Return the locked commit for a repository's branch or tag, ``None`` to look it up.

        Raises ``ResolveError`` if the lock file is out of date; ``what`` is a sentence about what requires it.
        """
        has = self.found.get(name)
        if has and _is_of(has, address, revision) and COMMIT.fullmatch(has.commit_id):
            return has.commit_id
        if not self.binding:
            return None
        reason = f"has no commit of {name}"
        if has and not _is_of(has, address, revision):
            reason = f"pins {name} at {has.requested_revision}"
            if has.url and not _is_of(has, address, has.requested_revision):
                reason = f"pins {name} from {masked(has.url)}"
        problem = f"out of date, because it {reason} and {what}"
        raise ResolveError(Diagnostic(code="lock-out-of-date", where=self.source, problem=problem, fix=self.fix))

    def unpinned(self, names: Collection[NormalizedName] | None = None) -> LockedCommits:
        """Return the commits to keep while locking: all except those of these names, or none."""
        kept = {} if names is None else {name: has for name, has in self.found.items() if name not in names}
        return replace(self, found=kept, binding=False)


def _is_of(has: PackageVcs, address: str, revision: str | None) -> bool:
    """Return whether an entry of a lock file might be for this branch or tag."""
    asked = without_credentials(address.partition("+")[2])
    same = has.url is None or without_suffix(without_credentials(has.url)) == without_suffix(asked)
    return same and has.requested_revision in {None, revision}


def without_suffix(url: str) -> str:
    """Return a repository's URL without an optional ``.git`` or ``/`` at its end."""
    return url.rstrip("/").removesuffix(".git")
