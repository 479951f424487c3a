"""Reading TOML files of projects."""

from __future__ import annotations

import pytest

from hatch_lambda.errors import ProjectError
from hatch_lambda.files.toml_file import load_toml, read_toml


def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "pyproject.toml"
    path.write_text("a = 1\n")
    assert read_toml(path) == {"a": 1}

    path.write_text("a = 2\n")

    assert read_toml(path) == load_toml(path) == {"a": 2}


def test_a_file_with_the_same_text_isnt_parsed_again(tmp_path):
    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    one.write_text("a = 1\n")
    other.write_text("a = 1\n")

    assert read_toml(one) is read_toml(other)


@pytest.mark.parametrize("text", ["a = ", "\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_what_isnt_toml_is_empty(tmp_path, text):
    path = tmp_path / "uv.toml"
    path.write_text(text, "latin-1")

    assert read_toml(path) == {}


def test_a_missing_file_is_empty_unless_it_is_loaded(tmp_path):
    path = tmp_path / "pyproject.toml"

    assert read_toml(path) == {}
    with pytest.raises(ProjectError) as caught:
        load_toml(path)
    assert str(caught.value) == (
        "error: pyproject.toml: can't be read (No such file or directory); fix the file [unreadable-file]"
    )
