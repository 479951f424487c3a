"""Pins and the names at the end of URLs."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.resolve.base import Pin, filename_of


@pytest.mark.parametrize(
    ("url", "filename"),
    [
        ("https://host/a/lib-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"),
        ("https://host/lib-1.0%2Bcu12-py3-none-any.whl#sha256=ab", "lib-1.0+cu12-py3-none-any.whl"),
        ("https://host/lib.whl?x=/y.whl", "lib.whl"),
        ("file:///tmp/lib.whl", "lib.whl"),
        ("https://host/", ""),
        ("https://host/a%2Fb.whl", "a/b.whl"),
    ],
)
def test_the_file_name_is_the_last_part_of_a_urls_path(url, filename):
    assert filename_of(url) == filename


def test_a_pin_names_itself_and_its_file():
    pin = Pin(canonicalize_name("lib"), Version("1.0"), "https://host/lib-1.0-py3-none-any.whl", None)

    assert (str(pin), pin.filename) == ("lib 1.0", "lib-1.0-py3-none-any.whl")
