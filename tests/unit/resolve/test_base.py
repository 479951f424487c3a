"""Pins and the names at the end of URLs."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.resolve.base import Pin, filename_of
from hatch_lambda.resolve.commit import Commit


@pytest.mark.parametrize(
    ("url", "filename"),
    [
        ("https://host/a/lib-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"),
        ("https://host/lib-1.0%2Bcu12-py3-none-any.whl#sha256=ab", "lib-1.0+cu12-py3-none-any.whl"),
        ("https://host/lib.whl?x=/y.whl", "lib.whl"),
        ("file:///tmp/lib.whl", "lib.whl"),
        ("https://host/", ""),
        ("https://host/a%2Fb.whl", "a/b.whl"),
        ("https://[::1/lib.whl", "lib.whl"),
    ],
)
def test_the_file_name_is_the_last_part_of_a_urls_path(url, filename):
    assert filename_of(url) == filename


def test_a_pin_names_itself_and_its_file():
    pin = Pin(canonicalize_name("lib"), Version("1.0"), "https://host/lib-1.0-py3-none-any.whl", None)

    assert (str(pin), pin.filename) == ("lib 1.0", "lib-1.0-py3-none-any.whl")


def test_a_commit_names_itself_and_has_no_file():
    commit = Commit(canonicalize_name("lib"), Version("1.0"), "git", "https://host/lib", "main", "ab" * 20, None)

    assert (str(commit), commit.filename) == ("lib 1.0", "ab" * 20)


@pytest.mark.parametrize("sha256", ["", "ab", "g" * 64])
def test_a_pin_in_a_damaged_cache_is_rejected(sha256):
    with pytest.raises(ValueError, match="no SHA256"):
        Pin.from_json(["lib", "1.0", "https://host/lib-1.0-py3-none-any.whl", sha256])
