"""The facts in pip's log."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.resolve.pip.log import FetchFailure, IndexFile, Missing, PipLog
from tests.support.log_lines import (
    INDEX,
    answered,
    log,
    looked,
    missing,
    other_python,
    sdist,
    taken,
    unfetched,
    unfit,
    unknown,
    yanked,
)

LIB = canonicalize_name("lib")


def test_an_empty_log_has_no_facts():
    empty = PipLog("")

    assert (empty.files(LIB), empty.missing, empty.fetch_failures, empty.indexes) == ((), (), (), ())
    assert (empty.conflicts, empty.causes, empty.prompted) == ((), (), False)


def test_unknown_lines_are_ignored():
    strange = log(
        "Found link", "  Found link nothing", "Skipping link: not a file", "Could not fetch URL x", "\x00", "é"
    )

    assert (strange.files(LIB), strange.missing, strange.fetch_failures) == ((), (), ())


def test_lines_come_without_timestamps_and_links():
    assert log("one", taken("lib-1.0.tar.gz"), unfit("lib-1.0-py3-none-any.whl"), "  two").lines == [
        "one",
        taken("lib-1.0.tar.gz"),
        "  two",
    ]


# Offers


@pytest.mark.parametrize(
    ("line", "offer"),
    [
        (taken("lib-1.0-py3-none-any.whl"), IndexFile("lib-1.0-py3-none-any.whl", Version("1.0"), "taken")),
        (
            unfit("lib-2.0-cp313-cp313-win_amd64.whl"),
            IndexFile("lib-2.0-cp313-cp313-win_amd64.whl", Version("2.0"), "tags"),
        ),
        (sdist("lib-4.0rc1.tar.gz"), IndexFile("lib-4.0rc1.tar.gz", Version("4.0rc1"), "sdist", sha256="ab12")),
        (sdist("lib-4.0.zip"), IndexFile("lib-4.0.zip", Version("4.0"), "sdist", sha256="ab12")),
        (
            sdist("lib-4.0.zip", ">=3.9,<3.13"),
            IndexFile("lib-4.0.zip", Version("4.0"), "sdist", ">=3.9,<3.13", sha256="ab12"),
        ),
        (
            taken("lib-1.0-py3-none-any.whl", ">=3"),
            IndexFile("lib-1.0-py3-none-any.whl", Version("1.0"), "taken", ">=3"),
        ),
        (
            other_python("lib-3.0-py3-none-any.whl", ">=3.14,!=3.15.*"),
            IndexFile("lib-3.0-py3-none-any.whl", Version("3.0"), "python", ">=3.14,!=3.15.*"),
        ),
        (yanked("lib-5.0-py3-none-any.whl"), IndexFile("lib-5.0-py3-none-any.whl", Version("5.0"), "yanked")),
        (unknown("lib-6.0-py3-none-any.whl"), IndexFile("lib-6.0-py3-none-any.whl", Version("6.0"), "other")),
        (
            taken("lib-1.0+cu12-py3-none-any.whl"),
            IndexFile("lib-1.0+cu12-py3-none-any.whl", Version("1.0+cu12"), "taken"),
        ),
        (taken("Lib-1.0-1-py3-none-any.whl"), IndexFile("Lib-1.0-1-py3-none-any.whl", Version("1.0"), "taken")),
    ],
)
def test_an_index_file_has_pips_reason_for_skipping_it(line, offer):
    assert log(line).files(LIB) == (offer,)


@pytest.mark.parametrize(
    "filename",
    [
        "lib-x-py3-none-any.whl",
        "lib-2.0-broken.whl",
        "lib-2.0-build-py3-none-any.whl",
        "lib-5.0.exe",
        "lib.whl",
        "lib.tar.gz",
        "lib-latest.tar.gz",
    ],
)
def test_a_file_without_a_version_is_not_an_index_file(filename):
    assert log(unknown(filename)).files(LIB) == ()


def test_a_file_with_an_invalid_requires_python_fits_no_python():
    (offer,) = log(sdist("lib-4.0.zip", "nonsense")).files(LIB)

    assert not offer.pythons.contains("3.13.1")


def test_the_distributions_that_pip_saw_files_of_are_reported():
    assert log(taken("My_Lib-1.0-py3-none-any.whl"), sdist("other-2.0.tar.gz")).names == ("my-lib", "other")


def test_index_files_are_reported_by_distribution_under_any_spelling():
    found = log(
        taken("My_Lib-1.0-py3-none-any.whl"), sdist("my.lib-2.0.tar.gz"), taken("my-1.0-py3-none-any.whl"), taken("x")
    )

    assert [offer.filename for offer in found.files(canonicalize_name("my-lib"))] == [
        "My_Lib-1.0-py3-none-any.whl",
        "my.lib-2.0.tar.gz",
    ]


def test_a_file_in_a_local_directory_is_an_index_file():
    line = "  Found link file:///home/me/wheels/lib-1.0-py3-none-any.whl, version: 1.0"

    assert log(line).files(LIB) == (IndexFile("lib-1.0-py3-none-any.whl", Version("1.0"), "taken"),)


def test_a_links_query_is_not_part_of_the_file_name():
    line = f"  Found link https://host/lib-1.0-py3-none-any.whl?from=https://x/y.whl (from {INDEX}lib/), version: 1.0"

    assert log(line).files(LIB) == (IndexFile("lib-1.0-py3-none-any.whl", Version("1.0"), "taken"),)


# What was missing


def test_a_requirement_that_nothing_met_is_reported_with_who_has_it_and_what_there_was():
    found = log(
        missing("lib[x]<2,>=1", "1.0", "1.5"),
        missing("base>=2; python_version > '3'", parent="lib"),
        missing("lib[x]<2,>=1", "1.0", "1.5"),
        "ERROR: Could not find a final version that satisfies the requirement c (from versions: 2.0rc1)",
    )

    assert found.missing == (
        Missing("lib[x]<2,>=1", "", ("1.0", "1.5")),
        Missing("base>=2; python_version > '3'", "lib", ()),
        Missing("c", "", ("2.0rc1",)),
    )


def test_pages_that_could_not_be_fetched_are_reported_once_unless_they_are_not_there():
    found = log(
        unfetched(f"{INDEX}a/", "connection error: [Errno 111] Connection refused"),
        f"Could not fetch URL {INDEX}b/: 503 Server Error: busy for url: {INDEX}b/ - skipping",
        unfetched(f"{INDEX}c/", "404 Client Error: Not Found"),
        unfetched(f"{INDEX}a/", "connection error: [Errno 111] Connection refused"),
    )

    assert found.fetch_failures == (
        FetchFailure(f"{INDEX}a/", "connection error: [Errno 111] Connection refused"),
        FetchFailure(f"{INDEX}b/", "HTTP 503"),
    )


@pytest.mark.parametrize("status", [401, 403])
def test_rejected_credentials_are_reported(status):
    (failure,) = log(answered("/simple/lib/", status)).fetch_failures

    assert failure == FetchFailure("http://127.0.0.1:8080/simple/lib/", f"HTTP {status}")
    assert failure.status == status


def test_a_rejection_before_pip_found_the_credentials_is_not_reported():
    assert log(answered("/simple/lib/", 401), answered("/simple/lib/", 200)).fetch_failures == ()


def test_the_usual_port_makes_no_second_failure():
    found = log(
        'https://index.example:443 "GET /simple/lib/ HTTP/1.1" 403 None',
        "Could not fetch URL https://index.example/simple/lib/: 403 Client Error: Forbidden - skipping",
    )

    assert found.fetch_failures == (FetchFailure("https://index.example/simple/lib/", "HTTP 403"),)


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_any_other_answer_is_not(status):
    assert log(answered("/simple/lib/", status)).fetch_failures == ()


@pytest.mark.parametrize(
    "where", ["HTTPSConnection(host='index.example', port=443)", "<urllib3.HTTPSConnection object at 0x7f8d>"]
)
def test_why_there_was_no_connection_is_all_that_is_reported_of_it(where):
    reason = (
        "connection error: HTTPSConnectionPool(host='index.example', port=443): Max retries exceeded with url: "
        f"/simple/lib/ (Caused by NewConnectionError('{where}: Failed to establish a new connection: [Errno 5] no'))"
    )

    assert log(unfetched(f"{INDEX}lib/", reason)).fetch_failures == (
        FetchFailure(f"{INDEX}lib/", "connection error: [Errno 5] no"),
    )


@pytest.mark.parametrize(
    "line", ["ERROR: incomplete-download", "pip._vendor.urllib3.exceptions.IncompleteRead: IncompleteRead(415 bytes)"]
)
def test_the_file_whose_download_broke_off_is_reported(line):
    begun = "  Downloading lib-1.0-py3-none-any.whl (2 MB)"

    assert log(begun, line).broken_off == "lib-1.0-py3-none-any.whl"
    assert log(begun, "WARNING: incomplete-download").broken_off is None


def test_a_page_that_could_not_be_reached_has_no_status():
    assert FetchFailure("u", "connection error").status is None


def test_indexes_and_directories_are_reported_once():
    found = log(
        looked("http://a/simple/", "http://****@b/simple/"),
        "Looking in links: ./wheels, http://a/simple/",
        looked("http://a/simple/"),
    )

    assert found.indexes == ("http://a/simple/", "http://****@b/simple/", "./wheels")


def test_pips_default_index_is_reported_if_pip_names_no_other():
    found = log(
        "Looking in links: ./wheels",
        "1 location(s) to search for versions of lib:",
        "* https://pips.own/simple/lib/",
        "Fetching project page and analyzing links: https://pips.own/simple/lib/",
        "  1 location(s) to search for versions of my-base:",
        "  * https://pips.own/simple/my-base/",
    )

    assert found.indexes == ("https://pips.own/simple/", "./wheels")


def test_pips_default_index_is_not_reported_if_pip_uses_other_indexes_or_directories_only():
    other = log(looked("http://a/simple"), "1 location(s) to search for versions of lib:", "* http://a/simple/lib/")
    directories = log("Looking in links: ./wheels", "0 location(s) to search for versions of lib:", "* https://no/x/")

    assert (other.indexes, directories.indexes) == (("http://a/simple",), ("./wheels",))


def test_an_unanswered_prompt_is_reported():
    line = "Exception: No input was expected ($PIP_NO_INPUT set); question: User for 127.0.0.1:8080: "

    assert log(line).prompted


# Conflicts


def test_each_backtracking_is_reported_with_its_requirements():
    found = log(
        "Will try a different candidate, due to conflict:",
        "    lib 1.5 depends on base>=2",
        "    other 1.0 depends on base<2",
        "Collecting lib",
        "Will try a different candidate, due to conflict:",
        "    The user requested base<2",
    )

    assert found.conflicts == (
        ("lib 1.5 depends on base>=2", "other 1.0 depends on base<2"),
        ("The user requested base<2",),
    )
    assert found.causes == ()


def test_conflicting_requirements_are_reported_when_pip_gives_up():
    found = log(
        "INFO: pip is looking at multiple versions",
        "The conflict is caused by:",
        "    lib 1.5 depends on base>=2",
        "    The user requested base<2",
        "",
        "Additionally, some packages in these conflicts have no matching distributions available:",
        "    base",
    )

    assert found.causes == ("lib 1.5 depends on base>=2", "The user requested base<2")
    assert found.conflicts == ()
