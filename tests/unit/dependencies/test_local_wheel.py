"""The commits of Git dependencies that earlier builds found."""

from __future__ import annotations

from typing import Any

import pytest
from packaging.utils import canonicalize_name

from hatch_lambda.dependencies.local_wheel import pin_commit
from hatch_lambda.dependencies.source import DependencySource
from hatch_lambda.resolve.base import Host
from hatch_lambda.wheels.cache import WheelCache

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("known", "ref"), [(COMMIT, f"@{COMMIT}"), ("--upload-pack=x", "@v1"), (COMMIT[:7], "@v1"), (3, "@v1")]
)
def test_offline_only_a_whole_commit_of_an_earlier_build_counts(tmp_path, known: Any, ref):
    lib, source = canonicalize_name("lib"), DependencySource("repository", "git+https://host/lib@v1")
    host = Host({}, tmp_path, offline=True)
    with WheelCache(tmp_path / "store") as cache:
        cache.results.put(known, "commit", "git+https://host/lib", "v1")

        found = pin_commit(lib, source, "project.dependencies", cache, host, locked=None)

    assert found.url == f"git+https://host/lib{ref}"
