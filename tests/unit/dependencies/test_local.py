"""Local dependencies that don't have to be built."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.dependencies.local import LocalWheels, build_local_wheels
from hatch_lambda.dependencies.source import DependencySource
from hatch_lambda.dependencies.source_lookup import SourceLookup
from hatch_lambda.dependencies.sources import ProjectSources
from hatch_lambda.project import Project
from hatch_lambda.resolve.base import Host, Pin, Resolution
from hatch_lambda.wheels.cache import WheelCache
from tests.support.make_wheel import make_wheel
from tests.support.samples import dependency, target, verified

SHOP = canonicalize_name("shop")
PROJECT = Project(name="Shop", version="1", dependencies=(), dist_info="", metadata="")


def own(tmp_path, *requirements: str) -> list[str]:
    """Return the requirements that remain for an index."""
    host = Host({}, tmp_path)
    with WheelCache(tmp_path / "store") as store:
        found = build_local_wheels([dependency(text) for text in requirements], PROJECT, target(), store, host)
    assert found.wheels == ()
    return [str(left.requirement) for left in found.remaining]


def test_requirements_of_an_index_remain_if_they_hold_on_the_target(tmp_path):
    assert own(tmp_path, "base>=1; sys_platform == 'linux'", "never; os_name == 'nt'", "more[x]") == [
        'base>=1; sys_platform == "linux"',
        "more[x]",
    ]


def test_a_wheel_among_the_sources_remains_with_its_url(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.uv.sources]\nlib = { path = 'lib-1.0-py3-none-any.whl' }\n")

    assert own(tmp_path, "lib[fast]>=1") == [f"lib[fast] @ {tmp_path.as_uri()}/lib-1.0-py3-none-any.whl"]


def test_versions_of_local_dependencies_in_a_resolution_do_not_count(tmp_path):
    wheel = verified(make_wheel(tmp_path, "lib"))
    lib, base, more = map(canonicalize_name, ("lib", "base", "more"))
    pins = [Pin(name, Version("9"), f"https://host/{name}-9-py3-none-any.whl", None) for name in (lib, base)]
    resolution = Resolution(tuple(pins), unfit={lib: "a folder", more: "an sdist"})

    found = LocalWheels((wheel,), (), SHOP, SourceLookup(ProjectSources())).without(resolution)

    assert found == Resolution((pins[1],), unfit={more: "an sdist"})


def test_our_own_wheels_are_constraints_of_a_resolution(tmp_path):
    wheel = verified(make_wheel(tmp_path, "lib"))

    with LocalWheels((wheel,), (), SHOP, SourceLookup(ProjectSources())).constraints() as (path,):
        text = Path(path).read_text("utf-8")

    assert text == f"lib @ {wheel.path.as_uri()}\n"


def test_without_local_wheels_there_are_no_constraints():
    with LocalWheels((), (), SHOP, SourceLookup(ProjectSources())).constraints() as paths:
        assert paths == ()


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("git+https://host/lib", f"git+https://host/lib@{COMMIT}"),
        ("git+https://host/lib@v1", f"git+https://host/lib@{COMMIT}"),
        ("git+https://host/lib@a/b", f"git+https://host/lib@{COMMIT}"),
        ("git+https://me:x@host/lib", f"git+https://me:x@host/lib@{COMMIT}"),
        ("git+ssh://git@host/lib@v1#subdirectory=in", f"git+ssh://git@host/lib@{COMMIT}#subdirectory=in"),
        ("git+file:///lib.git@v1", f"git+file:///lib.git@{COMMIT}"),
    ],
)
def test_a_commit_replaces_a_branch_or_tag(url, expected):
    assert DependencySource("repository", url).at(COMMIT).url == expected
