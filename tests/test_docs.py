"""What the documentation says is what the code does."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from docs.generate import PAGES, REFERENCE
from hatch_lambda.archives import read_archives

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name):
    assert (REFERENCE / name).read_text("utf-8") == PAGES[name]()


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
