"""What replaces and removes requirements."""

from __future__ import annotations

import json

import pytest

from hatch_lambda.resolve.overrides import Overrides, RequirementChange

EVERYWHERE = RequirementChange(overrides=("lib==2",), excluded=("bad",))


@pytest.mark.parametrize(
    ("changes", "requirements", "expected"),
    [
        ([], ["lib<2", "bad"], ["lib<2", "bad"]),
        ([EVERYWHERE], ["Lib<2", "Bad>1", "other"], ["lib==2", "other"]),
        ([EVERYWHERE], ["lib[fast]<2; sys_platform == 'win32'"], ["lib==2"]),
        ([EVERYWHERE], ["lib<2; extra == 'x' and python_version > '3'"], ['lib==2; extra == "x"']),
        ([EVERYWHERE], ["lib; 'x' == extra or extra == 'y'"], ['lib==2; extra == "x" or extra == "y"']),
        ([EVERYWHERE], ["not a requirement!"], ["not a requirement!"]),
        (
            [RequirementChange(overrides=("lib==1; python_version < '3'", "lib==2; python_version >= '3'"))],
            ["lib; extra == 'x'"],
            [
                'lib==1; python_version < "3" and extra == "x"',
                'lib==2; python_version >= "3" and extra == "x"',
            ],
        ),
        ([RequirementChange(package="app", overrides=("lib==3", "new"))], ["lib"], ["lib==3", "new"]),
        ([RequirementChange(package="other", overrides=("lib==3", "new"))], ["lib"], ["lib"]),
        ([EVERYWHERE, RequirementChange(package="app", overrides=("lib==3",))], ["lib"], ["lib==3"]),
        (
            [
                RequirementChange(package="app", overrides=("lib==3",)),
                RequirementChange(package="app", version="1", overrides=("lib==4",)),
            ],
            ["lib"],
            ["lib==4"],
        ),
        ([RequirementChange(package="app", version="2", overrides=("lib==3",))], ["lib"], ["lib"]),
        ([RequirementChange(package="app", version="1.0", excluded=("lib",))], ["lib", "bad"], ["bad"]),
        (
            [RequirementChange(package="app", excluded=("lib",)), RequirementChange(overrides=("lib==2",))],
            ["lib", "bad"],
            ["bad"],
        ),
        ([RequirementChange(package="app", metadata=())], ["lib", "bad"], []),
        ([RequirementChange(package="app", metadata=("lib<1",)), EVERYWHERE], ["bad"], ["lib==2"]),
    ],
)
def test_the_requirements_of_a_release_are_those_of_uv(changes, requirements, expected):
    overrides = Overrides.from_json(json.loads(json.dumps(Overrides(tuple(changes)).as_json())))

    assert overrides == Overrides(tuple(changes))
    assert list(overrides.apply(requirements, "App", "1.0")) == expected


def test_a_package_that_is_built_here_needs_no_url():
    overrides = Overrides((RequirementChange(overrides=("Lib @ file:///lib ; extra == 'x'", "other @ file:///other")),))

    assert overrides.without_urls({"lib"}).changes == (
        RequirementChange(overrides=('Lib; extra == "x"', "other @ file:///other")),
    )


def test_the_project_itself_has_no_changes_that_are_of_one_package():
    overrides = Overrides((RequirementChange(package="app", excluded=("lib",)), EVERYWHERE))

    assert overrides.apply(["lib>1", "bad", "other"]) == ("lib==2", "other")
