"""The fix for a lock that has only the sdist of a release."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name

from hatch_lambda.resolve.known_packages import LIBRARIES, SUBSTITUTES
from hatch_lambda.resolve.pip.advice import sdist_fix

BUILD_WHEEL = "build a wheel on Amazon Linux and add its directory to find-links"


@pytest.mark.parametrize(
    ("name", "wheels", "fix"),
    [
        ("lib", [], 'set build-from-source = ["lib"] if it is pure Python'),
        ("lib", ["lib-1.0-py2-none-any.whl"], 'set build-from-source = ["lib"]'),
        (
            "lib",
            ["lib-1.0-py2-none-any.whl", "lib-1.0-cp313-cp313-win_amd64.whl"],
            'set build-from-source = ["lib"] if it is pure Python',
        ),
        ("lib", ["lib-1.0-cp313-cp313-win_amd64.whl"], BUILD_WHEEL),
        ("fiona", [], BUILD_WHEEL),
        ("psycopg2", [], "require psycopg2-binary instead, or build a wheel on Amazon Linux"),
    ],
)
def test_a_lock_with_only_an_sdist_for_the_target_gets_the_advice_that_the_wheels_of_the_release_allow(
    name, wheels, fix
):
    assert sdist_fix(canonicalize_name(name), wheels) == fix


def test_no_package_replaces_itself_or_is_replaced_by_one_that_lacks_libraries():
    substitutes = set(map(canonicalize_name, SUBSTITUTES.values()))

    assert substitutes.isdisjoint(SUBSTITUTES)
    assert substitutes.isdisjoint(LIBRARIES)
