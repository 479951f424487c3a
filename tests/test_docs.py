"""What the documentation says is what the code does."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import itertools
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from docs.generate import PAGES, REFERENCE, described_options
from docs.pages import PAGES as MOVED_PAGES
from docs.pages import page as moved_page
from hatch_lambda.archive.read import read_zip
from hatch_lambda.cli import COMMANDS
from hatch_lambda.config.archives import read_archives
from hatch_lambda.config.options import OWN_TABLE, TABLE
from hatch_lambda.config.table_names import value_at
from hatch_lambda.diagnostics import CODES
from hatch_lambda.inspect.diff import Difference, difference_json
from hatch_lambda.inspect.inspection import inspect
from hatch_lambda.inspect.summary import as_json
from tests.support.existing_zips import our_zip
from tests.support.pages import SHELL, anchors, blocks, code, first_cells, links, our_commands, shell_lines

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
ROOT = HERE.parent
SOURCE = ROOT / "src" / "hatch_lambda"
MADE_PAGES = {ROOT / "docs" / name for name in MOVED_PAGES.values()}  # once the site was built
TEXTS = [
    *map(Path, ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
    *map(Path, ("benchmarks/README.md", "example_project/README.md")),
    *sorted(path.relative_to(ROOT) for path in {*(ROOT / "docs").rglob("*.md")} - MADE_PAGES),
]
VARIABLE = r"HATCH_LAMBDA_[A-Z_]*[A-Z]"

ENVIRONMENTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["envs"]
SCRIPTS = {f"{name}:{script}" for name, table in ENVIRONMENTS.items() for script in table.get("scripts", {})}


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_matches_the_code(name):
    assert (REFERENCE / name).read_text("utf-8") == PAGES[name]()


@pytest.mark.parametrize("option", described_options(), ids=lambda option: option.name)
def test_the_example_of_an_option_sets_it_and_is_accepted(option):
    table = tomllib.loads(option.toml)["tool"]["hatch"]["build"]["targets"]["lambda"]

    archives = read_archives({"runtime": "python3.13", **table}, requires_python=SpecifierSet(), overrides={})

    inner = [each for kind in ("functions", "layers") for each in table.get(kind, {}).values()]
    assert any(option.name in one for one in (table, *inner))
    assert [config.warnings for config in archives.each if config.warnings] == []
    assert len(option.toml.splitlines()) >= 2


def test_the_page_on_the_report_names_every_field_and_no_other(tmp_path):
    old = inspect(read_zip(our_zip(tmp_path, "a.zip")))
    new = inspect(read_zip(our_zip(tmp_path, "b.zip", libraries={})))
    page = (REFERENCE / "report.md").read_text("utf-8")
    report, _, difference = page.partition("## The difference")

    named = [{field for cell in first_cells(part) for field in code(cell)} for part in (report, difference)]

    assert named == [fields(as_json(old)), fields(difference_json(Difference(old, new)))]


def fields(value: Any) -> set[str]:
    """Return every key of a value of JSON."""
    if isinstance(value, dict):
        return {*value, *(key for inner in value.values() for key in fields(inner))}
    return {key for inner in value for key in fields(inner)} if isinstance(value, list) else set()


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_every_link_inside_the_documentation_leads_somewhere(path):
    missing = []

    for link in links(text(path)):
        name, _, anchor = link.partition("#")
        there = (ROOT / path).parent / name if name else ROOT / path
        if not there.exists() or (anchor and anchor not in anchors(there.read_text("utf-8"))):
            missing.append(link)

    assert missing == []


@pytest.mark.parametrize("path", [path for path in TEXTS if path.parts[0] == "docs"], ids=str)
def test_a_page_in_docs_links_only_to_files_that_the_site_has(path):
    names = {link.partition("#")[0] for link in links(text(path))} - {""}

    assert [name for name in names if not (ROOT / path.parent / name).resolve().is_relative_to(ROOT / "docs")] == []


@pytest.mark.parametrize("source", MOVED_PAGES)
def test_a_page_of_the_site_from_elsewhere_in_the_repository_links_to_pages_of_the_site(source):
    names = {link.partition("#")[0] for link in links(moved_page(source))} - {""}

    assert [name for name in names if name not in MOVED_PAGES.values() and not (ROOT / "docs" / name).exists()] == []


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_every_block_of_code_is_seen(path):
    fences = re.findall(r"^ *```", text(path), re.MULTILINE)

    assert len(list(blocks(text(path)))) * 2 == len(fences)


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_every_toml_example_is_accepted(path):
    for table in tables(text(path)):
        archives = read_archives(table, requires_python=SpecifierSet(), overrides={})

        assert [config.warnings for config in archives.each if config.warnings] == []


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_every_shell_example_can_be_parsed(path):
    lines = [line for block in blocks(text(path)) if block.language in SHELL for line in shell_lines(block)]

    done = subprocess.run(["bash", "-n"], input="\n".join(lines), capture_output=True, text=True, check=False)

    assert done.stderr == ""


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_every_command_in_the_documentation_exists(path):
    known = {"wheel", "sdist", "lambda", "lambda:lock", *(f"lambda:{name}" for name in names_of_archives(text(path)))}

    wrong = [command for command in our_commands(text(path)) if problem(command, known)]

    assert wrong == []


def test_the_page_on_environment_variables_names_all_of_ours_and_no_other():
    code_of_ours = "".join(path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.py")))
    page = (REFERENCE / "environment-variables.md").read_text("utf-8")

    named = {name for cell in first_cells(page) for name in re.findall(VARIABLE, cell)}

    assert named == set(re.findall(VARIABLE, code_of_ours))


def test_no_page_names_a_variable_that_does_not_exist():
    code_of_ours = "".join(path.read_text("utf-8") for path in sorted([*SOURCE.rglob("*.py"), *HERE.rglob("*.py")]))

    named = {name for path in TEXTS for name in re.findall(VARIABLE, text(path))}

    assert named - set(re.findall(VARIABLE, code_of_ours)) == set()


HEADING = re.compile(r"^## (?P<code>[a-z0-9-]+)\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def message_headings() -> dict[str, str]:
    """Return the text below each heading on the page of messages."""
    page = (REFERENCE / "messages.md").read_text("utf-8")
    return {found["code"]: found["body"] for found in HEADING.finditer(page)}


def test_each_code_has_a_heading_on_the_page_of_messages_and_no_other():
    assert sorted(message_headings()) == sorted(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_explained_by_complete_messages_of_that_code(code):
    example, _, explanation = message_headings()[code].partition("```\n\n")
    lines = example.strip().removeprefix("```text\n").splitlines()

    own = [line for line in lines if line.endswith(f"[{code}]")]

    assert own
    assert all(": " in line and "; " in line and "…]" not in line for line in own)
    assert explanation.strip()


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_used(code):
    used = [
        path
        for path in SOURCE.rglob("*.py")
        if path.name != "diagnostics.py" and f'"{code}"' in path.read_text("utf-8")
    ]

    assert used


def text(path: Path) -> str:
    """Return the text of a page."""
    return (ROOT / path).read_text("utf-8")


def tables(page: str) -> list[dict[str, Any]]:
    """Return our table of each example of a page."""
    parsed = [tomllib.loads(block.text) for block in blocks(page) if block.language == "toml"]
    found = [value_at(one, address) for one in parsed for address in (TABLE, OWN_TABLE)]
    return [{"runtime": "python3.13", **table} for table in found if table is not None]


def names_of_archives(page: str) -> set[str]:
    """Return what can follow ``-t lambda:``, with the examples of a page."""
    found = {"function", "layer"}
    for table in tables(page):
        archives = read_archives(table, requires_python=SpecifierSet(), overrides={})
        found |= {*archives.versions, *table.get("functions", {}), *table.get("layers", {})}
    return found


def problem(command: str, known: set[str]) -> str:
    """Return what is wrong with a command of Hatch or ours; nothing if it can be run."""
    whole = re.sub(r"\$\([^)]*\)", "", command)
    words = [word for word in shlex.split(whole, comments=True) if not re.match(r"[A-Z_]+=", word)]
    if words[0] != "hatch":
        name, *arguments = words[1:] if words[0] == "hatch-lambda" else words[3:]
        return "" if name in COMMANDS and can_be_parsed(name, arguments) else "no such command or option"
    targets = {target for flag, target in itertools.pairwise(words) if "build" in words and flag == "-t"}
    scripts = {word for word in words[2:3] if words[1] == "run"}
    return " ".join((targets - known) | (scripts - SCRIPTS))


def test_the_hooks_for_pre_commit_are_commands_of_ours():
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    page = text(Path("docs/how-to/other-build-backends.md"))

    assert [problem(hook["entry"], set()) for hook in hooks] == ["", ""]
    assert [hook["id"] for hook in hooks if f"`{hook['id']}`" not in page] == []


def can_be_parsed(name: str, arguments: list[str]) -> bool:
    """Return whether a command of ours takes these arguments, with zips where the text names none."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    importlib.import_module(f"hatch_lambda.cli.{name}").add_arguments(parser)
    for zips in ([], ["a.zip"], ["a.zip", "b.zip"]):
        with contextlib.suppress(SystemExit), contextlib.redirect_stderr(io.StringIO()):
            parser.parse_args([*arguments, *zips])
            return True
    return False


def test_contributing_names_every_directory_and_no_other():
    tree = re.findall(r"^(│   )?[├└]── ([a-z_]+(?:/|\.py)) +\S", text(Path("CONTRIBUTING.md")), re.MULTILINE)
    named = [("resolve/" if inner else "") + name for inner, name in tree]
    modules = {path.name for path in SOURCE.glob("*.py")} - {"__init__.py", "__main__.py"}
    packages = {f"{path.parent.relative_to(SOURCE).as_posix()}/" for path in SOURCE.rglob("*/__init__.py")}

    assert sorted(named) == sorted(modules | packages)
