"""What the documentation says is what the code does."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from docs.generate import PAGES, REFERENCE
from hatch_lambda.archives import read_archives
from hatch_lambda.difference import Difference, difference_json
from hatch_lambda.finished import read_finished
from hatch_lambda.inspection import inspect
from hatch_lambda.overview import as_json
from tests.support.finished import our_zip

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name):
    assert (REFERENCE / name).read_text("utf-8") == PAGES[name]()


def test_the_page_on_the_report_names_every_field_and_no_other(tmp_path):
    old = inspect(read_finished(our_zip(tmp_path, "a.zip")))
    new = inspect(read_finished(our_zip(tmp_path, "b.zip", libraries={})))
    page = (REFERENCE / "report.md").read_text("utf-8")
    report, _, difference = page.partition("## The difference")

    named = [{field for row in rows(text) for field in re.findall(r"`([^`]+)`", row)} for text in (report, difference)]

    assert named == [fields(as_json(old)), fields(difference_json(Difference(old, new)))]


def rows(text: str) -> list[str]:
    """Return the first cell of each row of a page's tables."""
    return re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)


def fields(value: Any) -> set[str]:
    """Return every key of a value of JSON."""
    if isinstance(value, dict):
        return {*value, *(key for inner in value.values() for key in fields(inner))}
    return {key for inner in value for key in fields(inner)} if isinstance(value, list) else set()


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_inside_the_documentation_leads_somewhere(path):
    links = re.findall(r"\]\((?!https?://)([^)#]+)[^)]*\)", path.read_text("utf-8"))

    missing = [link for link in links if not (path.parent / link).exists()]

    assert missing == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_toml_example_is_accepted(path):
    for block in re.findall(r"```toml\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
        table = tomllib.loads(block).get("tool", {}).get("hatch", {}).get("build", {}).get("targets", {}).get("lambda")
        if table is not None:
            values = {"runtime": "python3.13", **table}

            archives = read_archives(values, requires_python=SpecifierSet(), overrides={})

            assert [config.warnings for config in archives.each if config.warnings] == []
