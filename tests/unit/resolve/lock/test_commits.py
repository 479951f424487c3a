"""The commits that a lock file has for Git dependencies."""

from __future__ import annotations

import pytest
from packaging.pylock import PackageVcs
from packaging.utils import canonicalize_name

from hatch_lambda.errors import ResolveError
from hatch_lambda.resolve.lock.commits import LockedCommits

LIB, OTHER = canonicalize_name("lib"), canonicalize_name("other")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
WHAT = "project.dependencies requires lib"


def commits(*, binding: bool = True, **values: str) -> LockedCommits:
    locked = {"type": "git", "url": "https://host/lib.git", "commit_id": COMMIT, "requested_revision": "main", **values}
    return LockedCommits("pylock.toml", "lock again", {LIB: PackageVcs(**locked)}, binding=binding)


def test_a_commit_is_that_of_the_repository_and_branch():
    assert commits().commit(LIB, "git+https://user:s3cret@host/lib", "main", WHAT) == COMMIT
    assert commits(binding=False).commit(LIB, "git+https://host/lib", "next", WHAT) is None


@pytest.mark.parametrize(
    ("name", "address", "revision", "reason"),
    [
        (OTHER, "git+https://host/other", "main", "has no commit of other"),
        (LIB, "git+https://host/lib", "next", "pins lib at main"),
        (LIB, "git+https://elsewhere/lib", "main", "pins lib from https://host/lib.git"),
    ],
)
def test_a_commit_of_another_repository_or_branch_is_out_of_date(name, address, revision, reason):
    with pytest.raises(ResolveError) as caught:
        commits().commit(name, address, revision, WHAT)

    assert str(caught.value) == (
        f"error: pylock.toml: out of date, because it {reason} and {WHAT}; lock again [lock-out-of-date]"
    )
