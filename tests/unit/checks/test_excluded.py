"""Whether the runtime has what is left to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from hatch_lambda.checks.base import Finding
from hatch_lambda.checks.excluded import check_excluded
from hatch_lambda.runtime.provided import SDK
from hatch_lambda.runtime.runtimes import RUNTIMES
from tests.support.samples import candidate, config, dependency, entry, origin, plan

if TYPE_CHECKING:
    from hatch_lambda.archive.plan import Entry

LIB = "lib 1.0"


def found(*dependencies: tuple[str, str], runtime: str = "python3.13", taken: tuple[Entry, ...] = ()) -> list[str]:
    """Return the text of each warning about these requirements and who has them, with these entries going in."""
    selected = candidate(plan(*taken), config(runtime), tuple(dependency(text, by) for text, by in dependencies))
    return [diagnostic.text for diagnostic in check_excluded(selected)]


def of(name: str, version: str) -> Entry:
    """Return a file of a distribution."""
    return entry(f"{name}/__init__.py", "", origin(name, version))


def test_a_requirement_that_the_runtimes_version_does_not_meet_is_told_with_both_versions():
    selected = candidate(plan(), config("python3.13"), (dependency("boto3>=1.40"),))

    assert list(check_excluded(selected)) == [
        Finding(
            "warning",
            "project.dependencies requires boto3>=1.40, which exclude-packages leaves to the runtime; python3.13 had "
            "boto3 1.38.36 when it was last looked at, on 2025-08-22, so that what needs another version may fail; let "
            "boto3 go in.",
        )
    ]


def test_all_who_require_more_than_the_runtime_has_are_named():
    assert found(("boto3>=1.35", LIB), ("boto3", "a 1"), ("boto3<1.30", "b 2"), runtime="python3.11") == [
        (
            "lib 1.0 requires boto3>=1.35 and b 2 requires boto3<1.30, which exclude-packages leaves to the runtime; "
            "python3.11 had boto3 1.34.32 when it was last looked at, on 2024-04-24, so that what needs another "
            "version may fail; let boto3 go in."
        )
    ]


@pytest.mark.parametrize("text", ["boto3", "boto3>=1.30", "Boto3[crt]>=1", "botocore<2", "boto3==1.38.36"])
def test_a_requirement_that_the_runtimes_version_meets_passes(text):
    assert found((text, LIB)) == []


@pytest.mark.parametrize(
    ("text", "runtime"), [("boto3>=9", "python3.14"), ("urllib3>=9", "python3.13"), ("six<1", "python3.13")]
)
def test_a_requirement_passes_where_nobody_knows_what_the_runtime_has(text, runtime):
    assert found((text, LIB), runtime=runtime) == []


def test_what_the_runtime_does_not_have_at_all_is_told():
    assert found(
        ("requests>=2", "project.dependencies"), ("requests>=2", "project.dependencies"), ("requests", LIB)
    ) == [
        (
            "project.dependencies requires requests>=2 and lib 1.0 requires requests, which exclude-packages leaves "
            "out and python3.13 does not have; what imports it fails unless a layer brings it."
        )
    ]


# Parts of the SDK


def test_a_part_of_the_sdk_that_goes_in_without_the_rest_is_told():
    assert found(("boto3", LIB), taken=(of("urllib3", "2.5.0"),)) == [
        (
            "exclude-packages leaves boto3 (1.38.36 on 2025-08-22) to python3.13, while urllib3 2.5.0 goes in; parts "
            "of AWS's SDK that were not made for each other may fail, so leave all of them out or none."
        )
    ]


def test_the_runtimes_part_of_the_sdk_that_meets_the_archives_is_told():
    taken = (of("boto3", "1.40.1"), of("s3transfer", "0.14.0"))

    assert found(("botocore<2", LIB), ("urllib3", LIB), taken=taken, runtime="python3.14") == [
        (
            "exclude-packages leaves botocore (of unknown version) and urllib3 (of unknown version) to python3.14, "
            "while boto3 1.40.1 and s3transfer 0.14.0 go in; parts of AWS's SDK that were not made for each other may "
            "fail, so leave all of them out or none."
        )
    ]


@pytest.mark.parametrize("name", ["six", "python-dateutil", "requests"])
def test_what_is_not_tied_to_the_sdk_may_go_in_without_it(name):
    assert found(("boto3", LIB), taken=(of(name, "1.0"),)) == []


def test_the_sdk_may_go_in_as_a_whole():
    assert found(taken=(of("boto3", "1.40.1"), of("urllib3", "2.5.0"))) == []


def test_every_runtime_has_a_row_of_what_it_carries_with_its_source():
    assert list(SDK) == [runtime.name for runtime in RUNTIMES]
    for sighting in filter(None, SDK.values()):
        assert Version(sighting.version) > Version("1.34")
        assert sighting.source.startswith("https://github.com/")
