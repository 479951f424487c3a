"""The project that a wheel contains."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest
from packaging.requirements import Requirement

from hatch_lambda.errors import ProjectError
from hatch_lambda.progress import NO_PROGRESS
from hatch_lambda.project import root_dependencies
from hatch_lambda.project_wheel import BackendProject, project_of
from hatch_lambda.resolve.base import Host
from hatch_lambda.resolve.uv_settings import UvSettings
from hatch_lambda.wheels.cache import WheelCache
from tests.support.make_local_project import make_local_project
from tests.support.make_wheel import make_wheel
from tests.support.samples import config, verified

EITHER = 'extra == "data" or extra == "all"'


@pytest.fixture
def wheel(tmp_path):
    """A wheel of a project."""
    return verified(make_wheel(tmp_path, "shop"))


@pytest.mark.parametrize(
    ("requires", "extras", "expected"),
    [
        (["base>=1"], [], ["base>=1"]),
        (["base; python_version > '3'"], [], ['base; python_version > "3"']),
        (["pandas; extra == 'data'"], [], []),
        (["pandas; extra == 'data'"], ["data"], ["pandas"]),
        (["pandas>=2; (python_version > '3') and extra == 'data'"], ["Data"], ["pandas>=2"]),
        (["pandas; sys_platform == 'win32' and extra == 'data'"], ["data"], None),
        ([f"pandas; {EITHER}"], ["all"], ["pandas"]),
        ([f"pandas; python_version < '3' or {EITHER}"], ["data"], ["pandas"]),
        (["shop[data]; extra == 'all'", "pandas; extra == 'data'"], ["all"], ["pandas"]),
        (["pandas; extra == 'other'"], ["data"], []),
    ],
)
def test_requirements_of_extras_lose_the_marker_of_the_extra(wheel, requires, extras, expected):
    described = replace(wheel, requires_dist=tuple(requires), provides_extra=("Data", "all", "other"))
    options = config(features=tuple(extras))

    project = project_of(described, dependency_groups={}, uv=UvSettings())
    roots = root_dependencies(project, options)

    if expected is None:  # it doesn't apply to the target
        assert [options.target.holds(root.requirement.marker, "data") for root in roots] == [False]
    else:
        assert [str(root.requirement) for root in roots] == [str(Requirement(text)) for text in expected]


def test_a_malformed_requirement_is_rejected(wheel):
    with pytest.raises(ProjectError) as caught:
        project_of(replace(wheel, requires_dist=("base=>1",)), dependency_groups={}, uv=UvSettings())

    assert str(caught.value) == (
        "error: pyproject.toml: its wheel requires 'base=>1', which isn't a requirement; write it as NAME>=VERSION or "
        "NAME @ URL [metadata]"
    )


def test_an_invalid_declared_version_differs_from_that_of_the_wheel(tmp_path):
    root = make_local_project(tmp_path / "work" / "shop", "shop")

    pyproject = {"project": {"name": "Shop", "version": "first"}}
    host = Host({"PIP_NO_INDEX": "1"}, root)
    with WheelCache(tmp_path / "cache") as wheel_cache:
        project = BackendProject(root, pyproject, wheel_cache, host, lambda _: nullcontext(NO_PROGRESS))
        with pytest.raises(ProjectError) as caught:
            project.wheel  # noqa: B018  # it is built when it is read

    assert str(caught.value) == (
        "error: project.version: 'first', but the wheel that the build backend built has the version '1.0'; make both "
        "the same, or remove version here and list it in project.dynamic [metadata]"
    )
