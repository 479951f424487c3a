"""A module that Python never imports because another package has one of the same name in another form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.checks.hidden_modules import check_hidden_modules
from hatch_lambda.layers import Layer
from tests.support.samples import candidate, entry, origin, plan, reported

if TYPE_CHECKING:
    from hatch_lambda.archive.plan import Entry

LIB, MORE = origin("lib"), origin("more", "2.0")


def found(*entries: Entry) -> list[str]:
    """Return the text of each error."""
    diagnostics = list(check_hidden_modules(candidate(plan(*entries))))
    assert all(diagnostic.severity == "error" for diagnostic in diagnostics)
    return [str(diagnostic).removesuffix(" [module-collision]") for diagnostic in diagnostics]


OURS, THEIRS, NAMESPACE = "shop 0.1.0", "lib 1.0", "a directory without __init__.py"


@pytest.mark.parametrize(
    ("ours", "theirs", "hidden", "winner", "because", "renamed"),
    [
        ("a.py", "a/__init__.py", f"a.py ({OURS})", f"a/ ({THEIRS})", "a package before a .py file", "a.py"),
        ("a.py", "a.so", f"a.py ({OURS})", f"a.so ({THEIRS})", "an extension module before a .py file", "a.py"),
        ("a.py", "a/sub/b.py", f"a/ ({THEIRS})", f"a.py ({OURS})", f"a .py file before {NAMESPACE}", "a.py"),
        ("a/__init__.py", "a.py", f"a.py ({THEIRS})", f"a/ ({OURS})", "a package before a .py file", "a/"),
        ("a/__init__.py", "a.so", f"a.so ({THEIRS})", f"a/ ({OURS})", "a package before an extension module", "a/"),
        ("a/b.py", "a.pyc", f"a/ ({OURS})", f"a.pyc ({THEIRS})", f"a .py file before {NAMESPACE}", "a/"),
    ],
)
def test_a_hidden_module_is_reported_with_the_one_that_hides_it(ours, theirs, hidden, winner, because, renamed):
    assert found(entry(ours), entry(theirs, "", LIB)) == [
        f"{hidden}: hidden by {winner}, because Python imports {because}; rename {renamed}"
    ]


def test_two_dependencies_are_reported_with_the_line_that_excludes_one():
    assert found(
        entry("ns/same.py", "", LIB), entry("ns/same/__init__.py", "", MORE), entry("ns/same/a.py", "", MORE)
    ) == [
        (
            "ns/same.py (lib 1.0): hidden by ns/same/ (more 2.0), because Python imports a package before a .py "
            'file; exclude one of them, for example with exclude-files = ["/ns/same.py"]'
        )
    ]


def test_the_first_hidden_of_three_owners_is_reported():
    (text,) = found(entry("a.py"), entry("a.so", "", LIB), entry("a/__init__.py", "", MORE))

    assert text.startswith("a.so (lib 1.0): hidden by a/ (more 2.0), ")


def test_only_owners_of_modules_in_a_hidden_directory_are_reported():
    (text,) = found(entry("a.py"), entry("a/b.json", "", MORE), entry("a/c.py", "", LIB))

    assert text.startswith("a/ (lib 1.0): hidden by a.py (shop 0.1.0), ")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("orders.py", "orders/data.json"),
        ("orders.py", "orders.pyi"),
        ("orders.py", "orders.cpython-312-x86_64-linux-gnu.so"),
        ("orders.py", "orders.libs/lib.so"),
        ("orders.py", "orders-1.0.dist-info/METADATA"),
        ("orders.py", "x-data/orders/__init__.py"),
        ("orders/api.py", "orders/other.py"),
        ("orders/__init__.py", "orders/other.py"),
        ("orders/api.py", "orders/sub/__init__.py"),
        ("orders.py", "__pycache__/orders.cpython-313.pyc"),
        ("orders.py", "__init__.py"),
    ],
)
def test_a_module_that_hides_nothing_passes(ours, theirs):
    assert found(entry(ours), entry(theirs, "", LIB)) == []


@pytest.mark.parametrize("paths", [("a.py", "a.so"), ("a.py", "a/__init__.py"), ("a.py", "a/b.py")])
def test_one_owner_can_have_a_module_in_two_forms(paths):
    assert found(*(entry(path, "", LIB) for path in paths)) == []


def layered(ours: str, theirs: str) -> list[tuple[str, str]]:
    """Return what is reported about a function's file and a file in its layer."""
    layer = Layer("base", plan(entry(f"python/{theirs}", "", LIB)), "3.13")
    return reported(check_hidden_modules(replace(candidate(plan(entry(ours))), layers=(layer,))))


def test_a_function_hides_a_package_of_its_layer():
    assert layered("orders.py", "orders/__init__.py") == [
        (
            "error",
            (
                "orders/ (lib 1.0): hidden by orders.py (shop 0.1.0), because Python searches the function before "
                "its layers; rename orders.py [module-collision]"
            ),
        )
    ]


def test_a_layer_hides_a_directory_of_the_function():
    assert layered("orders/api.py", "orders.py") == [
        (
            "error",
            (
                "orders/ (shop 0.1.0): hidden by orders.py (lib 1.0), because Python imports a .py file before a "
                "directory without __init__.py; rename orders/ [module-collision]"
            ),
        )
    ]


@pytest.mark.parametrize("path", ["orders.py", "orders/__init__.py"])
def test_this_check_ignores_the_same_form_in_a_layer(path):
    assert layered(path, path) == []
