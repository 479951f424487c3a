"""The commits that a lock has of repositories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hatch_lambda.errors import ResolveError, masked
from hatch_lambda.resolve.base import COMMIT, without_credentials

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from packaging.pylock import PackageVcs
    from packaging.utils import NormalizedName


@dataclass(frozen=True)
class LockedCommits:
    """The commits of repositories that a lock has for a target.

    ``source`` is what messages call the lock, ``fix`` what to do if it is stale. Where it is not ``binding``, as
    when a lock is made anew, what it lacks is looked up. ``upgrade_fix`` is what to do if a commit, of the name
    ``{name}``, is not to be kept, where that is another thing than ``fix``.
    """

    source: str
    fix: str
    found: Mapping[NormalizedName, PackageVcs]
    binding: bool = True
    upgrade_fix: str = ""

    def fix_for(self, name: NormalizedName, commit: str) -> str:
        """Return what to do about a commit that may be gone, if it is from the lock; nothing for any other."""
        if name not in self.found or self.found[name].commit_id != commit:
            return ""
        fix = self.upgrade_fix.format(name=name) or self.fix
        return f"{self.source} has that commit; if the repository no longer does, {fix}"

    def commit(self, name: NormalizedName, address: str, revision: str | None, what: str) -> str | None:
        """Return the commit for a repository's branch or tag, ``None`` if that is to be looked up.

        ``what`` requires it, for the ``ResolveError`` that is raised where the lock is stale.
        """
        has = self.found.get(name)
        if has and _is_of(has, address, revision) and COMMIT.fullmatch(has.commit_id):
            return has.commit_id
        if not self.binding:
            return None
        problem = "has no commit of it"
        if has and not _is_of(has, address, revision):
            problem = f"has it at {has.requested_revision}"
            if has.url and not _is_of(has, address, has.requested_revision):
                problem = f"has it from {masked(has.url)}"
        raise ResolveError(f"{what}; {self.source} {problem}; {self.fix}")

    def unpinned(self, names: Collection[NormalizedName] | None = None) -> LockedCommits:
        """Return the commits as they count when the lock is made anew, without those of these names, or of all."""
        kept = {} if names is None else {name: has for name, has in self.found.items() if name not in names}
        return replace(self, found=kept, binding=False)


def _is_of(has: PackageVcs, address: str, revision: str | None) -> bool:
    """Return whether an entry of a lock is for this branch or tag, as far as the entry tells."""
    asked = without_credentials(address.partition("+")[2])
    same = has.url is None or without_suffix(without_credentials(has.url)) == without_suffix(asked)
    return same and has.requested_revision in {None, revision}


def without_suffix(url: str) -> str:
    """Return a repository's URL without what may be left out at its end."""
    return url.rstrip("/").removesuffix(".git")
