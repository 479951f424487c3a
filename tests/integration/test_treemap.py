"""The page with the map of what fills a zip, as a real browser shows it."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.cli import main
from tests.support.browser import CHROMIUM, cells, rendered
from tests.support.existing_zips import installed, zip_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")

HOSTILE = "</script><img src=x onerror=document.title='caught'>"


def noise(size: int) -> bytes:
    """Return bytes that deflate cannot make fewer."""
    return os.urandom(size)


def page_of(directory: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write the page of a zip with these members and return its path."""
    page = directory / "page.html"
    assert main(["info", str(zip_of(directory, files)), "--html", str(page)]) == 0
    return page


def test_the_page_needs_nothing_from_elsewhere(tmp_path, capsys):
    page = page_of(tmp_path, installed("lib"))

    text = page.read_text("utf-8")
    assert re.findall(r"https?:|//[a-z]|\bsrc=|\bhref=|@import|\burl\(", text) == []
    assert "default-src 'none'" in text
    assert "{{" not in text
    assert capsys.readouterr().out == f"{page}\n"


def test_names_of_the_zip_are_text_in_the_page(tmp_path):
    files = {HOSTILE: "x", f"{HOSTILE}.dist-info/METADATA": f"Name: {HOSTILE}\nVersion: {{{{ nodes }}}}\n"}

    text = page_of(tmp_path, files).read_text("utf-8")

    assert "<img" not in text
    assert text.lower().count("</script>") == 2


def test_the_table_has_the_same_content_without_scripts(tmp_path):
    text = page_of(tmp_path, {**installed("lib"), "app.py": "1"}).read_text("utf-8")

    rows = re.findall(r"<tr><th scope=row>(.*?)</th><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", text)
    assert [(row[0], row[3]) for row in rows] == [("lib 1.0", "4"), ("(no package)", "1")]
    assert rows[1][2] == "1 byte"


def test_a_page_that_cannot_be_written_is_a_problem(tmp_path, capsys):
    page = tmp_path / "gone" / "page.html"

    assert main(["info", str(zip_of(tmp_path, installed("lib"))), "--html", str(page)]) == 1

    expected = (
        f"error: {page}: can't be written (No such file or directory); pass another file to --html "
        "[output-not-written]\n"
    )
    assert capsys.readouterr().err == expected


def test_a_page_replaces_an_older_one_in_one_step(tmp_path, capsys):
    page = tmp_path / "page.html"
    page.write_text("older")
    page.chmod(0o600)
    (tmp_path / "link.html").symlink_to("page.html")

    with page.open() as older:
        assert main(["info", str(zip_of(tmp_path, installed("lib"))), "--html", str(tmp_path / "link.html")]) == 0
        assert older.read() == "older"  # who has it open still reads the whole of it

    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert page.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.html", "other.zip", "page.html"]
    assert capsys.readouterr().out == f"{tmp_path}/link.html\n"


def test_a_page_that_cannot_be_renamed_leaves_nothing_behind(tmp_path, capsys):
    (tmp_path / "page.html").mkdir()

    assert main(["info", str(zip_of(tmp_path, installed("lib"))), "--html", str(tmp_path / "page.html")]) == 1

    expected = (
        f"error: {tmp_path}/page.html: can't be written (Is a directory); pass another file to --html "
        "[output-not-written]\n"
    )
    assert capsys.readouterr().err == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.zip", "page.html"]


def test_a_page_can_be_written_to_a_device(tmp_path, capsys):
    assert main(["info", str(zip_of(tmp_path, installed("lib"))), "--html", "/dev/null"]) == 0

    assert capsys.readouterr().out == "/dev/null\n"


def test_a_page_of_paths_as_deep_as_they_can_be_is_written(tmp_path):
    page = page_of(tmp_path, {"d/" * depth + "f": "" for depth in range(0, 2042, 3)})

    (nodes,) = re.findall(r'<script type="application/json" id="nodes">(.*)</script>', page.read_text("utf-8"))
    rows = json.loads(nodes)
    assert [name for _, name, _, _ in rows[:4]] == ["(no package)", "d/d/d/", "d/d/d/", "d/d/d/"]
    assert max(row[0] for row in rows) == 681


@pytest.mark.parametrize("order", [("--html", "a.zip", "b.zip"), ("a.zip", "--html", "a.zip")])
def test_a_zip_is_not_overwritten_with_a_page(tmp_path, monkeypatch, capsys, order):
    monkeypatch.chdir(tmp_path)
    before = [zip_of(tmp_path, installed("lib"), name).read_bytes() for name in ("a.zip", "b.zip")]

    assert main(["info", *order]) == 2

    expected = "error: --html: 'a.zip' is a zip, which isn't overwritten; pass --html a.html [command-line]\n"
    assert capsys.readouterr().err == expected
    assert [(tmp_path / name).read_bytes() for name in ("a.zip", "b.zip")] == before


def test_a_page_replaces_an_existing_one(tmp_path):
    before = page_of(tmp_path, installed("lib")).read_text("utf-8")

    assert page_of(tmp_path, installed("other")).read_text("utf-8") != before


@in_a_browser
def test_areas_are_proportional_to_sizes(tmp_path):
    sizes = {"big": 600_000, "mid": 300_000, "small": 100_000}
    files = {f"{name}/code.so": noise(size) for name, size in sizes.items()}
    infos = {path: text for name in sizes for path, text in installed(name, files={}).items()}
    page = page_of(tmp_path, {**files, **infos})

    found = cells(rendered(page, tmp_path / "profile"))

    assert [title.split(",")[0] for title, _ in found] == ["big 1.0", "mid 1.0", "small 1.0"]
    whole = sum(area for _, area in found)
    assert [round(area / whole, 2) for _, area in found] == [0.6, 0.3, 0.1]
    assert found[0][0] == "big 1.0, 0.6 MiB unzipped, 0.6 MiB zipped, 60.0% of all"


@in_a_browser
def test_a_click_and_a_key_open_a_directory_and_escape_leaves_it(tmp_path):
    page = page_of(tmp_path, installed("lib", files={"lib/a.py": "x" * 5000, "lib/inner/b.py": "y" * 4000}))
    script = """
    const seen = [], note = () => seen.push(document.getElementById("trail").textContent);
    const press = (target, key) => target.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
    document.querySelector(".cell").click(); note();
    press(document.querySelector(".cell.directory"), "Enter"); note();
    press(document.body, "Escape"); note();
    document.title = seen.join("|");
    """

    document = rendered(page, tmp_path / "profile", script=script)

    assert "<title>all\u203alib 1.0|all\u203alib 1.0\u203alib/|all\u203alib 1.0</title>" in document


@in_a_browser
def test_a_hostile_name_does_nothing_in_the_browser(tmp_path):
    page = page_of(tmp_path, {HOSTILE: "x" * 1000, f"lib/{HOSTILE}": "y" * 2000, **installed("lib")})

    document = rendered(page, tmp_path / "profile")

    assert "<title>Sizes in other.zip</title>" in document
    assert "<img" not in document
    assert "&lt;/script&gt;&lt;img src=x onerror=document.title='caught'&gt;" in document


@in_a_browser
def test_check_boxes_show_how_large_the_zip_is_without_something(tmp_path):
    files = {"lib/__init__.py": "", "lib/a.bin": "a" * 600_000, "lib/tests/b.bin": "b" * 300_000}
    page = page_of(tmp_path, {**installed("lib", files=files), **installed("other", files={"o.bin": "o" * 100_000})})
    script = """
    const seen = [], note = () => seen.push(document.getElementById("total").textContent.split(",")[0]);
    const check = name => { document.querySelector(`[aria-label='without ${name}']`).click(); note(); };
    note(); check('slim = ["tests"]'); check("other 1.0"); check('slim = ["tests"]');
    const search = document.getElementById("search");
    search.value = "TESTS/"; search.dispatchEvent(new Event("input"));
    seen.push(document.getElementById("found").textContent);
    document.getElementById("cut").click(); note();
    document.title = seen.join("|");
    """

    document = rendered(page, tmp_path / "profile", script=script)

    assert re.findall("<title>(.*)</title>", document) == [
        "1.0 MiB unzipped|0.7 MiB unzipped|0.6 MiB unzipped|0.9 MiB unzipped|1 match, 0.3 MiB|0.6 MiB unzipped"
    ]
    classes = " ".join(re.findall(r'class="(cell[^"]*)"', document)).split()
    assert {"off", "hit", "miss"} <= set(classes)


def test_lines_that_make_the_zip_smaller_are_in_the_page(tmp_path):
    files = {"lib/__init__.py": "", "lib/tests/b.bin": "b" * 300_000, "lib/tests/c.bin": "c" * 200_000}

    text = page_of(tmp_path, installed("lib", files=files)).read_text("utf-8")

    (listed,) = re.findall("<li data-files='(.*?)'>(.*?)</li>", text)
    (nodes,) = re.findall(r'<script type="application/json" id="nodes">(.*)</script>', text)
    rows = json.loads(nodes)
    assert [(rows[row][1], saved) for row, saved in json.loads(listed[0])] == [("b.bin", 300_000), ("c.bin", 200_000)]
    assert listed[1] == "<code>slim = [&quot;tests&quot;]</code> saves 0.5 MiB"
