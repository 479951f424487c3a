"""Files at the zip's root through which Python runs code before the handler."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hatch_lambda.checks.startup_files import check_startup_files
from tests.support.samples import candidate, config, entry, origin, plan

if TYPE_CHECKING:
    from hatch_lambda.archive.plan import Entry

LIB = origin("setuptools", "80.0")
CODE = "# a comment\n./lib\n\nimport os; os.environ['X'] = '1'\nimport sys\n"


def found(*entries: Entry, runtime: str = "python3.13", kind: str = "function") -> list[str]:
    """Return the text of each warning."""
    diagnostics = list(check_startup_files(candidate(plan(*entries), config(runtime, kind=kind))))
    assert all(diagnostic.severity == "warning" for diagnostic in diagnostics)
    return [str(diagnostic).removesuffix(" [startup-code]") for diagnostic in diagnostics]


def test_the_first_line_of_code_in_a_path_file_is_reported_with_its_owner():
    assert found(entry("distutils-precedence.pth", CODE, LIB), entry("own.pth", "\ufeffimport\tx")) == [
        (
            "distutils-precedence.pth:4 (setuptools 80.0): runs code at every cold start, before the handler; exclude "
            'it with exclude-files = ["/distutils-precedence.pth"] unless the function needs it'
        ),
        (
            "own.pth:1: runs code at every cold start, before the handler; exclude it with exclude-files = "
            '["/own.pth"] unless the function needs it'
        ),
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.pth", "./lib\n# import x\nimportant\n import x\n"),
        ("a.pth", ""),
        (".a.pth", CODE),
        ("shop/a.pth", CODE),
        ("a.pth.txt", CODE),
        ("a.start", "shop.boot:start"),
        ("shop/sitecustomize.py", CODE),
        ("sitecustomize/data.txt", ""),
    ],
)
def test_a_path_file_without_code_passes(path, text):
    assert found(entry(path, text)) == []


def test_a_start_file_counts_where_python_has_them_and_replaces_a_path_file():
    start, path = entry("a.start", "# a comment\n\nshop.boot:start\n"), entry("a.pth", "import x")

    assert found(start, path, runtime="python3.15") == [
        (
            "a.start:3: runs code at every cold start, before the handler; exclude it with exclude-files = "
            '["/a.start"] unless the function needs it'
        )
    ]
    assert [text.partition(":")[0] for text in found(start, path, runtime="python3.14")] == ["a.pth"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [("sitecustomize.py", "function"), ("usercustomize/__init__.py", "function"), ("python/sitecustomize.py", "layer")],
)
def test_a_module_that_python_imports_at_startup_is_reported(path, kind):
    inner = path.removeprefix("python/")
    problem = "Python imports it before the handler if PYTHONPATH includes its directory"

    assert found(entry(path), kind=kind) == [f"{inner}: {problem}; rename it"]
    assert found(entry(path, "", LIB), kind=kind) == [
        f'{inner} (setuptools 80.0): {problem}; exclude it with exclude-files = ["/{inner}"]'
    ]


def test_the_startup_files_of_a_layer_are_reported():
    assert [text.partition(":")[0] for text in found(entry("python/a.pth", CODE), kind="layer")] == ["a.pth"]
