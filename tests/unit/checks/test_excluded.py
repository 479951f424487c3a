"""Whether the runtime has the excluded packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from hatch_lambda.checks.excluded import check_excluded
from hatch_lambda.runtime.provided import SDK
from hatch_lambda.runtime.runtimes import RUNTIMES
from tests.support.samples import candidate, config, dependency, entry, origin, plan

if TYPE_CHECKING:
    from hatch_lambda.archive.plan import Entry

LIB = "lib 1.0"


def found(*dependencies: tuple[str, str], runtime: str = "python3.13", included: tuple[Entry, ...] = ()) -> list[str]:
    """Return the text of each warning about these requirements and who has them, with these entries in the zip."""
    excluded = tuple(dependency(text, by) for text, by in dependencies)
    diagnostics = list(check_excluded(candidate(plan(*included), config(runtime), excluded)))
    assert all(diagnostic.severity == "warning" for diagnostic in diagnostics)
    return [str(diagnostic) for diagnostic in diagnostics]


def of(name: str, version: str) -> Entry:
    """Return a file of a distribution."""
    return entry(f"{name}/__init__.py", "", origin(name, version))


def test_a_requirement_that_the_runtimes_version_does_not_satisfy_warns_with_both_versions():
    assert found(("boto3>=1.42", "project.dependencies")) == [
        (
            "project.dependencies: python3.13 includes boto3 1.38.36 (as of 2025-08-22), which doesn't satisfy "
            "boto3>=1.42; remove boto3 from exclude-packages [excluded-version]"
        )
    ]


def test_each_requirement_that_the_runtimes_version_does_not_satisfy_is_shown():
    assert found(("boto3>=1.35", LIB), ("boto3", "a 1"), ("boto3<1.30", "b 2"), runtime="python3.11") == [
        (
            "lib 1.0: python3.11 includes boto3 1.34.32 (as of 2024-04-24), which doesn't satisfy boto3>=1.35 and "
            "boto3<1.30 (required by b 2); remove boto3 from exclude-packages [excluded-version]"
        )
    ]


@pytest.mark.parametrize("text", ["boto3", "boto3>=1.30", "Boto3[crt]>=1", "botocore<2", "boto3==1.38.36"])
def test_a_requirement_that_the_runtimes_version_satisfies_passes(text):
    assert found((text, LIB)) == []


@pytest.mark.parametrize(
    ("text", "runtime"), [("boto3>=9", "python3.14"), ("urllib3>=9", "python3.13"), ("six<1", "python3.13")]
)
def test_a_requirement_passes_if_the_runtimes_version_is_unknown(text, runtime):
    assert found((text, LIB), runtime=runtime) == []


def test_an_excluded_package_that_the_runtime_does_not_include_warns():
    assert found(
        ("requests>=2", "project.dependencies"), ("requests>=2", "project.dependencies"), ("requests", LIB)
    ) == [
        (
            "project.dependencies: requires requests>=2 and requests (required by lib 1.0), which is excluded and "
            "not in python3.13; remove requests from exclude-packages, or ignore this if a layer provides it "
            "[excluded-package]"
        )
    ]


def test_packages_that_a_function_might_provide_are_not_missing_in_a_layer():
    excluded = (dependency("requests>=2"),)

    assert list(check_excluded(candidate(plan(), config(kind="layer"), excluded))) == []


# Parts of the SDK


def test_a_part_of_the_sdk_that_is_included_without_the_rest_warns():
    assert found(("boto3", LIB), included=(of("urllib3", "2.5.0"),)) == [
        (
            "tool.hatch.build.targets.lambda.exclude-packages: excludes boto3, but not urllib3 2.5.0, which might "
            "not work with python3.13's boto3 1.38.36; exclude all parts of AWS's SDK or none: add \"urllib3\", or "
            'remove "boto3" [sdk-mixture]'
        )
    ]


def test_excluded_parts_of_the_sdk_that_other_packages_need_warn():
    included = (of("boto3", "1.40.1"), of("s3transfer", "0.14.0"))

    assert found(("botocore<2", LIB), ("urllib3", LIB), included=included, runtime="python3.14") == [
        (
            "tool.hatch.build.targets.lambda.exclude-packages: excludes botocore and urllib3, but not boto3 1.40.1 "
            "and s3transfer 0.14.0, which might not work with python3.14's botocore and urllib3; exclude all parts "
            'of AWS\'s SDK or none: add "boto3" and "s3transfer", or remove "botocore" and "urllib3" '
            "[sdk-mixture]"
        )
    ]


@pytest.mark.parametrize("name", ["six", "python-dateutil", "requests"])
def test_packages_that_are_not_tied_to_the_sdk_can_be_added_without_it(name):
    assert found(("boto3", LIB), included=(of(name, "1.0"),)) == []


def test_the_whole_sdk_can_be_added():
    assert found(included=(of("boto3", "1.40.1"), of("urllib3", "2.5.0"))) == []


def test_every_runtime_has_a_row_of_its_packages_with_the_source():
    assert list(SDK) == [runtime.name for runtime in RUNTIMES]
    for sighting in filter(None, SDK.values()):
        assert Version(sighting.version) > Version("1.34")
        assert sighting.source.startswith("https://github.com/")
