"""The table of runtimes."""

from __future__ import annotations

from datetime import date

import pytest

from hatch_lambda.runtime import runtimes
from hatch_lambda.runtime.runtimes import AMAZON_LINUX_2, AMAZON_LINUX_2023, RUNTIMES, Runtime, runtime_named

WARNINGS = {
    "python3.9": (
        "HERE: python3.9 is deprecated since 2025-12-15, and AWS blocks new functions from 2027-02-01 and updates "
        "from 2027-03-03; use python3.14 [deprecated-runtime]"
    ),
    "python3.10": (
        "HERE: python3.10 is deprecated since 2026-10-31, and AWS blocks new functions from 2027-02-01 and updates "
        "from 2027-03-03; use python3.14 [deprecated-runtime]"
    ),
    "python3.15": (
        "HERE: python3.15 is a preview that AWS doesn't support in production; use python3.14 [preview-runtime]"
    ),
}


def test_rows_are_unique_and_sorted_by_version():
    versions = [runtime.python for runtime in RUNTIMES]

    assert versions == sorted(set(versions))


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime.name)
def test_a_name_follows_from_the_version(runtime):
    assert runtime.name == f"python{runtime.python_version}"


def test_the_c_library_never_grows_older():
    levels = [runtime.glibc for runtime in RUNTIMES]

    assert levels == sorted(levels)


def test_the_first_runtime_on_amazon_linux_2023_is_python3_12():
    systems = {runtime.name: runtime.system for runtime in RUNTIMES}

    assert systems == {
        "python3.9": AMAZON_LINUX_2,
        "python3.10": AMAZON_LINUX_2,
        "python3.11": AMAZON_LINUX_2,
        "python3.12": AMAZON_LINUX_2023,
        "python3.13": AMAZON_LINUX_2023,
        "python3.14": AMAZON_LINUX_2023,
        "python3.15": AMAZON_LINUX_2023,
    }
    assert (AMAZON_LINUX_2.glibc, AMAZON_LINUX_2023.glibc) == ((2, 26), (2, 34))


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime.name)
def test_every_runtime_but_a_preview_has_the_date_on_which_support_ends(runtime):
    if runtime.state == "preview":
        assert runtime.deprecation is None
    else:
        assert date.fromisoformat(runtime.deprecation) > date(2025, 1, 1)


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime.name)
def test_deprecated_and_preview_runtimes_warn(runtime):
    warning = runtime.warning("HERE")

    assert (str(warning) if warning else None) == WARNINGS.get(runtime.name)
    assert warning is None or warning.severity == "warning"


def test_a_runtime_that_the_user_describes_does_not_warn():
    runtime = Runtime("python3.16", (3, 16), 0, AMAZON_LINUX_2023, "custom")

    assert runtime.warning("HERE") is None


def test_a_runtime_is_found_by_its_name():
    assert [runtime_named(runtime.name) for runtime in RUNTIMES] == list(RUNTIMES)


@pytest.mark.parametrize("name", ["python3.8", "python3", "", "Python3.13", "nodejs22.x"])
def test_an_unknown_name_is_not_a_runtime(name):
    assert runtime_named(name) is None


def test_the_table_names_its_sources_and_when_they_were_read():
    described = runtimes.__doc__ or ""

    assert "https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html" in described
    assert "read 2026-11-23" in described
