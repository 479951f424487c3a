"""Which sdists must be built."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from hatch_lambda.errors import ResolveError
from hatch_lambda.resolve.pip.sdists import sdists_above_wheels, unpacked_in
from tests.support.log_lines import log, other_python, sdist, taken, unfit, yanked


def above(*lines: str, wanted: str = "") -> list[str]:
    """Return the sdists that are to be built with these lines in pip's log."""
    offers = log(*lines).files(canonicalize_name("lib"))
    return [offer.filename for offer in sdists_above_wheels(offers, SpecifierSet(wanted))]


def test_sdists_come_newest_first():
    assert above(sdist("lib-1.9.tar.gz"), sdist("lib-1.10.tar.gz")) == ["lib-1.10.tar.gz", "lib-1.9.tar.gz"]


@pytest.mark.parametrize("wheel", ["lib-1.0-py3-none-any.whl", "lib-2.0-py3-none-any.whl"])
def test_a_wheel_of_the_same_or_a_newer_release_wins(wheel):
    assert above(sdist("lib-1.0.tar.gz"), taken(wheel)) == []


def test_a_wheel_for_another_machine_does_not_count():
    assert above(sdist("lib-1.0.tar.gz"), unfit("lib-2.0-cp313-cp313-win_amd64.whl")) == ["lib-1.0.tar.gz"]


def test_a_wheel_that_the_requirements_exclude_does_not_count():
    assert above(sdist("lib-1.0.tar.gz"), taken("lib-2.0-py3-none-any.whl"), wanted="<2") == ["lib-1.0.tar.gz"]


def test_what_is_for_other_pythons_does_not_count():
    assert above(sdist("lib-1.0.tar.gz"), other_python("lib-2.0.tar.gz", ">=3.14")) == ["lib-1.0.tar.gz"]


@pytest.mark.parametrize(("wanted", "found"), [("", []), (">=1", []), ("==1.*", []), ("==1.0", ["lib-1.0.tar.gz"])])
def test_a_yanked_release_counts_if_it_is_pinned(wanted, found):
    assert above(yanked("lib-1.0.tar.gz"), wanted=wanted) == found


@pytest.mark.parametrize(
    ("lines", "wanted", "found"),
    [
        ([sdist("lib-1.0.tar.gz"), sdist("lib-2.0rc1.tar.gz")], "", ["lib-1.0.tar.gz"]),
        ([sdist("lib-1.0.tar.gz"), sdist("lib-2.0rc1.tar.gz")], ">=2.0rc1", ["lib-2.0rc1.tar.gz"]),
        ([sdist("lib-2.0rc1.tar.gz")], "", ["lib-2.0rc1.tar.gz"]),
        ([taken("lib-1.0-py3-none-any.whl"), sdist("lib-2.0rc1.tar.gz")], "", []),
    ],
)
def test_a_prerelease_counts_where_it_is_asked_for_or_nothing_else_is_there(lines, wanted, found):
    assert above(*lines, wanted=wanted) == found


def test_a_pip_that_keeps_built_wheels_elsewhere_is_rejected(tmp_path):
    with pytest.raises(ResolveError) as caught:
        unpacked_in(tmp_path)

    assert str(caught.value) == (
        f"error: pip {version('pip')}: doesn't keep the source that it built where older versions do; require an older "
        "version of pip in build-system.requires [resolver-failed]"
    )
