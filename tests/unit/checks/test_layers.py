"""Whether a function and its layers go together: split packages, overwritten files, size, handler."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hatch_lambda.archive.plan import Entry, FileContent, Origin
from hatch_lambda.checks.contents import check_contents
from hatch_lambda.checks.handler import check_handler
from hatch_lambda.checks.layers import check_layers
from hatch_lambda.checks.limits import check_unzipped
from hatch_lambda.layers import Layer
from tests.support import samples
from tests.support.samples import config, entry, origin, plan, reported

if TYPE_CHECKING:
    from hatch_lambda.checks.base import Candidate

LIB, MORE = origin("lib"), origin("more")
HANDLER = "def handler(event, context):\n    return event\n"


def layer(name: str, *entries: Entry) -> Layer:
    """Return a layer of these entries, for Python 3.13."""
    return Layer(name, plan(*entries), "3.13")


def candidate(entries: list[Entry], *layers: Layer, **options: Any) -> Candidate:
    """Return a zip of these entries with its layers, and a cache that keeps nothing."""
    return replace(samples.candidate(plan(*entries), config(**options)), layers=layers)


def warnings(made: Candidate) -> list[str]:
    """Return what the check of layers warns of."""
    found = reported(check_layers(made))
    assert all(severity == "warning" for severity, _ in found)
    return [text for _, text in found]


# Packages in two places


def test_a_package_of_the_function_hides_modules_of_a_layer():
    made = candidate([entry("ns/__init__.py"), entry("ns/a.py")], layer("base", entry("python/ns/b.py", "", LIB)))

    assert warnings(made) == [
        (
            "ns/: Python doesn't find ns/b.py (lib 1.0) in a layer, because it imports ns (shop 0.1.0) from the "
            "function; put the whole package into one zip [split-package]"
        )
    ]


def test_a_package_of_a_layer_hides_modules_of_the_function():
    made = candidate([entry("ns/b/c.py"), entry("ns/d.so")], layer("base", entry("python/ns/__init__.py", "", LIB)))

    assert warnings(made) == [
        (
            "ns/: Python doesn't find ns/b/c.py (shop 0.1.0) in the function, because it imports ns (lib 1.0) "
            "from a layer; put the whole package into one zip [split-package]"
        )
    ]


def test_a_package_inside_of_a_namespace_is_reported_by_its_full_name():
    made = candidate(
        [entry("ns/b/__init__.py")], layer("base", entry("python/ns/a.py", "", LIB), entry("python/ns/b/c.py", "", LIB))
    )

    assert warnings(made) == [
        (
            "ns/b/: Python doesn't find ns/b/c.py (lib 1.0) in a layer, because it imports ns.b (shop 0.1.0) "
            "from the function; put the whole package into one zip [split-package]"
        )
    ]


def test_a_package_is_reported_once_without_the_packages_in_it():
    made = candidate(
        [entry("ns/__init__.py"), entry("ns/b/__init__.py")],
        layer("base", *(entry(f"python/ns/{path}", "", LIB) for path in ("__init__.py", "a.py", "b/c.py", "b/d.py"))),
    )

    assert [text.split(",")[0] for text in warnings(made)] == ["ns/: Python doesn't find ns/a.py (lib 1.0) in a layer"]


@pytest.mark.parametrize(
    "start",
    [
        "__path__ = __import__('pkgutil').extend_path(__path__, __name__)",
        "import pkg_resources as p\np.declare_namespace(__name__)",
    ],
)
def test_a_package_that_looks_for_more_of_itself_hides_nothing(start):
    made = candidate([entry("ns/__init__.py", start)], layer("base", entry("python/ns/b.py", "", LIB)))

    assert warnings(made) == []


def test_a_namespace_package_can_be_in_both():
    made = candidate([entry("ns/a/__init__.py")], layer("base", entry("python/ns/b/__init__.py", "", LIB)))

    assert warnings(made) == []


def test_files_that_are_not_modules_are_not_missing():
    made = candidate([entry("ns/__init__.py")], layer("base", entry("python/ns/b.json", "", LIB)))

    assert warnings(made) == []


def test_a_package_that_is_whole_in_the_function_hides_nothing():
    made = candidate(
        [entry("ns/__init__.py", "1"), entry("ns/b.py", "2")],
        layer("base", entry("python/ns/__init__.py", "", LIB), entry("python/ns/b.py", "", LIB)),
    )

    assert warnings(made) == []


def test_two_layers_share_a_directory_and_split_nothing():
    made = candidate(
        [], layer("a", entry("python/ns/__init__.py", "", LIB)), layer("b", entry("python/ns/b.py", "", MORE))
    )

    assert warnings(made) == []


@pytest.mark.parametrize("path", ["shop/api.py", "shop/api/__init__.py"])
def test_a_handler_that_is_hidden_is_an_error(path):
    made = candidate(
        [entry("shop/a.py"), entry(path, HANDLER)],
        layer("own", entry("python/shop/__init__.py")),
        handler="shop.api.handler",
    )

    assert reported(check_layers(made)) == [
        (
            "error",
            (
                f"handler 'shop.api.handler': Python doesn't find {path} (shop 0.1.0) in the function, because it "
                "imports shop (shop 0.1.0) from a layer; put the whole package into one zip [split-package]"
            ),
        )
    ]


# Layers over each other


def test_a_file_that_differs_in_two_layers_is_reported():
    made = candidate([], layer("a", entry("python/x.py", "1", LIB)), layer("b", entry("python/x.py", "2", MORE)))

    assert warnings(made) == [
        (
            "python/x.py: in layer a (lib 1.0) and, with other content, in layer b (more 1.0), which overwrites "
            "it; put both packages into one layer [layer-overwrites]"
        )
    ]


def test_two_distributions_are_reported_once():
    first, second = (
        layer(name, *(entry(f"python/{path}.py", name, owner) for path in ("x", "y", "z", name)))
        for name, owner in (("a", LIB), ("b", MORE))
    )

    assert warnings(candidate([], first, second)) == [
        (
            "python/x.py (and 2 more files): in layer a (lib 1.0) and, with other content, in layer b (more "
            "1.0), which overwrites it; put both packages into one layer [layer-overwrites]"
        )
    ]


def test_a_file_that_two_layers_have_alike_is_fine():
    made = candidate([], layer("a", entry("python/x.py", "1", LIB)), layer("b", entry("python/x.py", "1", MORE)))

    assert warnings(made) == []


def test_a_layer_is_checked_against_the_layers_that_it_needs():
    made = candidate(
        [], layer("a", entry("bin/x", "1", LIB)), layer("b", entry("bin/x", "2", MORE)), kind="layer", project=False
    )

    assert [text.split(":")[0] for text in warnings(made)] == ["bin/x"]


# Size


def sized(path: str, size: int, owner: Origin) -> Entry:
    """Return an entry of that many bytes, which is never read."""
    return Entry(path, owner, FileContent(Path(__file__), size))


def test_a_function_and_its_layers_are_checked_together_against_the_limit():
    first, second = layer("one", sized("python/a", 100 << 20, LIB)), layer("two", sized("bin/b", 100 << 20, MORE))
    made = candidate([sized("big/c", (50 << 20) - 1, origin("big"))], first, second)

    assert made.unzipped == 262_143_999
    assert list(check_unzipped(made)) == []


def test_a_function_too_large_with_its_layers_is_reported_with_each_share():
    first, second = layer("one", sized("python/a", 100 << 20, LIB)), layer("two", sized("bin/b", 100 << 20, MORE))
    made = candidate([sized("big/c", 50 << 20, origin("big"))], first, second)

    assert reported(check_unzipped(made)) == [
        (
            "error",
            (
                "shop.zip: 250.0 MiB unzipped with its layers exceeds Lambda's 250 MiB limit by less than 0.1 MiB "
                "(50.0 MiB in this zip, 100.0 MiB in layer one, 100.0 MiB in layer two, largest: big 50.0 MiB); "
                "remove files with exclude-files or packages with exclude-packages [too-large]"
            ),
        )
    ]


# The handler


@pytest.mark.parametrize("root", ["python/", "python/lib/python3.13/site-packages/"])
def test_a_handler_is_found_in_a_layer(root):
    made = candidate([], layer("base", entry(f"{root}app.py", HANDLER, LIB)), handler="app.handler")

    assert list(check_handler(made)) == []


def test_a_handler_in_a_layer_is_read():
    made = candidate([], layer("base", entry("python/app.py", "def main(): ...", LIB)), handler="app.handler")

    assert [str(diagnostic) for diagnostic in check_handler(made)] == [
        "handler 'app.handler': python/app.py doesn't define 'handler'; did you mean 'main'? [handler-not-found]"
    ]


def test_a_handler_whose_package_is_in_a_layer_is_reported_once():
    made = candidate([entry("ns/b.py", HANDLER)], layer("base", entry("python/ns/__init__.py")), handler="ns.b.handler")

    assert list(check_handler(made)) == []
    assert [diagnostic.severity for diagnostic in check_layers(made)] == ["error"]


def test_the_functions_module_is_the_one_that_is_read():
    beneath = layer("base", entry("python/app.py", "def main(): ...", LIB))

    assert list(check_handler(candidate([entry("app.py", HANDLER)], beneath, handler="app.handler"))) == []


def test_of_two_layers_the_last_one_is_read():
    bad, good = (
        layer("bad", entry("python/app.py", "def main(): ...", LIB)),
        layer("good", entry("python/app.py", HANDLER, LIB)),
    )

    assert list(check_handler(candidate([], bad, good, handler="app.handler"))) == []
    assert len(list(check_handler(candidate([], good, bad, handler="app.handler")))) == 1


def test_a_module_of_another_python_is_not_found():
    beneath = layer("base", entry("python/lib/python3.12/site-packages/app.py", HANDLER, LIB))

    (diagnostic,) = check_handler(candidate([], beneath, handler="app.handler"))

    assert str(diagnostic).startswith("handler 'app.handler': no module 'app' in the zip, ")


# Contents

EMPTY = (
    "shop.zip: the layer is empty, because nothing that it needs is left to include; add dependencies, or remove "
    "the layer [empty-archive]"
)
NO_FILES = (
    "shop.zip: includes no files of the project, because Hatch selects none; select them with packages or "
    "only-include, or ignore this if it is meant to have dependencies only [no-files-selected]"
)
DESCRIPTION = entry("hatch-lambda/shop-base.json", "{}", Origin("shop", "0.1.0", None, project=True))


def texts(made: Candidate) -> list[str]:
    """Return what the check of contents warns of."""
    return [str(diagnostic) for diagnostic in check_contents(made)]


def test_an_empty_layer_warns():
    assert texts(candidate([DESCRIPTION], kind="layer", name="base", project=False)) == [EMPTY]


def test_a_layer_with_content_passes():
    made = candidate([DESCRIPTION, entry("python/lib.py", "", LIB)], kind="layer", name="base", project=False)

    assert texts(made) == []


def test_a_layer_that_has_what_another_leaves_of_the_project_passes():
    beneath = layer("own", entry("python/shop/__init__.py"))
    rest = entry("python/shop/api.py", "", Origin("shop", "0.1.0", None, project=True))

    assert texts(candidate([DESCRIPTION, rest], beneath, kind="layer", name="base")) == []
    assert texts(candidate([DESCRIPTION], beneath, kind="layer", name="base")) == [EMPTY]


def test_a_function_whose_project_is_in_a_layer_passes():
    assert texts(candidate([], layer("own", entry("python/shop/__init__.py")))) == []


def test_files_without_an_owner_in_a_layer_are_not_the_project():
    nobody = Origin("", "", "", project=True)

    assert texts(candidate([], layer("own", entry("python/x.py", "", nobody)))) == [NO_FILES]
