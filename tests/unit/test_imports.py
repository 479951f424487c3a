"""What the project imports is in the archive, the standard library or the runtime, as far as can be known."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from hatch_lambda.checks.base import Finding
from hatch_lambda.checks.imports import check_imports
from hatch_lambda.runtimes import RUNTIMES
from hatch_lambda.stdlib import standard_library
from tests.support.samples import TOO_DEEP, candidate, config, entry, origin, plan

if TYPE_CHECKING:
    from hatch_lambda.plan import Entry

INIT = entry("shop/__init__.py")
NOWHERE = (
    "which is neither in the archive nor in python3.13; the import fails there with ModuleNotFoundError, so add the "
    "distribution that has it to project.dependencies, unless a layer brings it."
)
NOT_THERE = (
    "which is not in the archive; the import fails on Lambda with ModuleNotFoundError, so see to its spelling and to "
    "what Hatch's options include."
)


def found(*entries: Entry, runtime: str = "python3.13", **options: Any) -> list[str]:
    """Return the text of each warning."""
    findings = list(check_imports(candidate(plan(*entries), config(runtime, **options))))
    assert all(finding.severity == "warning" for finding in findings)
    return [finding.text for finding in findings]


def of_api(text: str, *others: Entry) -> list[str]:
    """Return what is found in a module of a package, next to these files."""
    return found(INIT, entry("shop/api.py", text), *others)


def test_a_module_that_is_nowhere_is_told_with_file_and_line():
    chosen = plan(INIT, entry("shop/api.py", "import os\n\nimport requests\n"))

    assert list(check_imports(candidate(chosen))) == [
        Finding("warning", f"shop/api.py:3 imports 'requests', {NOWHERE}")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "import requests.adapters",
        "from requests import get",
        "from requests.adapters import HTTPAdapter as adapter",
        "class A:\n    import requests",
        "try:\n    import requests\nexcept (ValueError, OSError):\n    pass",
        "try:\n    import requests\nfinally:\n    pass",
        "try:\n    pass\nfinally:\n    import requests",
    ],
)
def test_every_unguarded_way_to_import_is_seen(text):
    (warning,) = of_api(text)

    assert warning.endswith(f" imports 'requests', {NOWHERE}")


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import requests\nexcept ImportError:\n    requests = None",
        "try:\n    import requests\nexcept ModuleNotFoundError:\n    pass\nelse:\n    import other",
        "try:\n    import requests\nexcept:\n    pass",
        "try:\n    import requests\nexcept (KeyError, Exception):\n    pass",
        "try:\n    import requests\nexcept errors.Missing:\n    pass",
        "try:\n    import requests\nexcept Missing:\n    pass",
        "try:\n    pass\nexcept ImportError:\n    import requests",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import requests",
        "import sys\nif sys.version_info < (3, 11):\n    import tomli\nelse:\n    import requests",
        "import sys\nif sys.platform == 'win32':\n    import winreg",
        "def handler(event, context):\n    import requests",
        "class A:\n    def run(self):\n        import requests",
        "from contextlib import suppress\nwith suppress(ImportError):\n    import requests",
        "x = lambda: __import__('requests')",
        "import (",
        "import os\n\0",
        "from __future__ import annotations",
        "import _thread, _private",
        "from .... import above",
    ],
)
def test_what_need_not_be_there_or_cannot_be_known_is_let_be(text):
    assert of_api(text) == []


@pytest.mark.parametrize(
    "module",
    ["boto3", "botocore.config", "s3transfer", "jmespath", "dateutil.parser", "six", "urllib3", "awslambdaric", "json"],
)
def test_what_the_runtime_has_is_there(module):
    assert of_api(f"import {module}") == []


@pytest.mark.parametrize(
    "path",
    [
        "requests/__init__.py",
        "requests.py",
        "requests.so",
        "requests.abi3.so",
        "requests.cpython-313-x86_64-linux-gnu.so",
        "requests/inner/namespace.py",
    ],
)
def test_what_a_wheel_has_at_its_root_is_there_and_not_looked_into(path):
    assert of_api("import requests.anything\nfrom requests import other", entry(path, "", origin("requests"))) == []


def test_one_module_that_is_missing_many_times_is_told_once():
    files = [entry(f"shop/{name}.py", "import os\nimport requests\n") for name in "abc"]

    assert found(INIT, *files) == [f"shop/a.py:2 imports 'requests', as do 2 more, {NOWHERE}"]
    assert found(INIT, *files[:2]) == [f"shop/a.py:2 imports 'requests', as does 1 more, {NOWHERE}"]


def test_of_several_functions_each_is_told_what_its_own_handler_may_load():
    entries = (
        entry("shop/__init__.py"),
        entry("shop/api.py", "from shop import models\n\n\ndef handler(event, context):\n    import shop.later\n"),
        entry("shop/models.py", "import pydantic_one\n"),
        entry("shop/later.py", "import pydantic_two\n"),
        entry("shop/worker.py", "import numpy\n"),
    )

    of_api = found(*entries, name="api", handler="shop.api.handler")
    of_worker = found(*entries, name="worker", handler="shop/worker.handler")
    of_all = found(*entries, handler="shop.api.handler")

    assert [text.split(" imports ")[0] for text in of_api] == ["shop/models.py:1", "shop/later.py:1"]
    assert [text.split(" imports ")[0] for text in of_worker] == ["shop/worker.py:1"]
    assert [text.split(" imports ")[0] for text in of_all] == [
        "shop/worker.py:1",
        "shop/models.py:1",
        "shop/later.py:1",
    ]


def test_modules_are_told_in_the_order_of_their_names():
    assert [text.split("'")[1] for text in of_api("import requests\nimport attrs\nimport yaml")] == [
        "attrs",
        "requests",
        "yaml",
    ]


def test_an_excluded_distribution_is_named_as_the_reason():
    files = (INIT, entry("shop/api.py", "import typing_extensions"))

    assert found(*files, exclude_packages=("typing-extensions",)) == [
        (
            "shop/api.py:1 imports 'typing_extensions', which is neither in the archive nor in python3.13; the import "
            "fails there with ModuleNotFoundError, so take it out of exclude-packages, unless a layer brings it."
        )
    ]


def test_what_functions_may_bring_is_not_missed_in_a_layer():
    text = "import requests\nimport shop.gone\n"

    assert found(entry("python/shop/__init__.py"), entry("python/shop/api.py", text), kind="layer", project=True) == [
        f"shop/api.py:2 imports 'shop.gone', {NOT_THERE}"
    ]


def test_a_module_that_lies_deeper_is_shown():
    assert of_api("import models", entry("shop/db/models.py")) == [
        (
            "shop/api.py:1 imports 'models', which is neither in the archive nor in python3.13; the import fails there "
            "with ModuleNotFoundError, so import 'shop.db.models', or have the file at the archive's root."
        )
    ]


@pytest.mark.parametrize("word", ["sys.path.append('shop/db')", "sys.modules['models'] = x", "site.addsitedir(x)"])
def test_a_module_that_lies_deeper_is_there_where_the_project_arranges_its_path(word):
    assert of_api(f"{word}\nimport models", entry("shop/db/models.py")) == []


# The standard library is the target's


@pytest.mark.parametrize(
    ("module", "runtime", "python"),
    [("tomllib", "python3.10", "3.10"), ("distutils.util", "python3.12", "3.12"), ("cgi", "python3.13", "3.13")],
)
def test_what_another_python_has_in_its_standard_library_is_told(module, runtime, python):
    assert found(INIT, entry("shop/api.py", f"import {module}"), runtime=runtime) == [
        (
            f"shop/api.py:1 imports {module.partition('.')[0]!r}, which Python {python} does not have in its standard "
            "library; the import fails on Lambda with ModuleNotFoundError, so do without it or require a backport."
        )
    ]


@pytest.mark.parametrize(
    ("module", "runtime"), [("tomllib", "python3.11"), ("distutils", "python3.11"), ("annotationlib", "python3.14")]
)
def test_what_the_targets_python_has_is_there_whatever_python_builds(module, runtime):
    assert found(INIT, entry("shop/api.py", f"import {module}"), runtime=runtime) == []


def test_the_table_of_the_standard_library_agrees_with_the_python_that_runs_this():
    own = {name for name in sys.stdlib_module_names if not name.startswith("_")}
    windows = {"msilib", "msvcrt", "nt", "winreg", "winsound"}

    assert standard_library(sys.version_info[:2]) - {"test"} == own - windows


def test_every_runtime_has_a_standard_library():
    assert all({"json", "zoneinfo"} <= standard_library(runtime.python) for runtime in RUNTIMES)


# The project's own modules


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("import shop.nothere", "shop.nothere"),
        ("import shop.db.nothere.deeper", "shop.db.nothere"),
        ("from shop.nothere import x", "shop.nothere"),
        ("from .nothere import x", "shop.nothere"),
        ("from . import nothere", "shop.nothere"),
        ("from .db import nothere", "shop.db.nothere"),
        ("from .space import nothere", "shop.space.nothere"),
        ("import shop.api.inner", "shop.api.inner"),
    ],
)
def test_a_missing_module_of_the_project_is_told(text, module):
    others = (entry("shop/db/__init__.py", "import os\nx = 1\n"), entry("shop/space/there.py"))

    assert of_api(text, *others) == [f"shop/api.py:1 imports {module!r}, {NOT_THERE}"]


@pytest.mark.parametrize(
    "text",
    [
        "from . import api, db, space, native, data",
        "from .db import model, x, os, *",
        "from .db import *",
        "from .space.there import anything",
        "from .api import anything",
        "from .lazy import anything",
        "from .open import anything",
        "from .broken import anything",
        "from .compiled import anything",
        "import shop.db.model, shop.space.there",
    ],
)
def test_a_module_of_the_project_that_is_there_or_may_be_is_let_be(text):
    others = (
        entry("shop/db/__init__.py", "import os\nx = 1\n"),
        entry("shop/db/model.py"),
        entry("shop/space/there.py"),
        entry("shop/native.abi3.so"),
        entry("shop/data/table.csv"),
        entry("shop/lazy/__init__.py", "def __getattr__(name): ..."),
        entry("shop/open/__init__.py", "from os import *"),
        entry("shop/broken/__init__.py", "import ("),
        entry("shop/compiled/__init__.cpython-313-x86_64-linux-gnu.so"),
    )

    assert of_api(text.replace(", *", ""), *others) == []


def test_a_namespace_that_the_project_shares_is_not_looked_into():
    shared = entry("corp/base/__init__.py", "", origin("corp-base"))

    assert found(entry("corp/shop/api.py", "import corp.nothere\nfrom corp import other"), shared) == []


def test_a_file_of_other_content_hides_no_standard_module():
    assert of_api("import logging, types", entry("logging.yaml"), entry("types.json"), entry("types/a.txt")) == []


@pytest.mark.parametrize(
    "path",
    ["tests/api.py", "shop/tests/unit/a.py", "shop/test/a.py", "test_a.py", "conftest.py", "setup.py", "bin/run.py"],
)
def test_files_that_lambda_does_not_import_are_not_looked_at(path):
    assert found(INIT, entry(path, "import pytest")) == []


@pytest.mark.parametrize(
    "guard",
    [
        "if sys.platform == 'win32':\n    from . import windows",
        "try:\n    from .windows import x\nexcept ImportError:\n    x = None",
        "with suppress(ImportError):\n    import shop.windows",
    ],
)
def test_a_module_that_is_imported_under_a_condition_only_need_not_find_its_own(guard):
    assert of_api(guard, entry("shop/windows.py", "import requests")) == []


@pytest.mark.parametrize("text", ["from . import windows", "import shop.windows as w", "from shop.windows import x"])
def test_a_module_that_is_imported_without_a_condition_too_has_to_find_its_own(text):
    guard = entry("shop/a.py", "if x:\n    from . import windows")

    assert of_api(text, guard, entry("shop/windows.py", "import requests")) == [
        f"shop/windows.py:1 imports 'requests', {NOWHERE}"
    ]


@pytest.mark.parametrize("value", TOO_DEEP)
def test_a_file_too_deep_for_the_python_that_builds_is_not_looked_at(value):
    assert of_api(f"import requests\ntotal = {value}\n") == []


def test_a_file_that_nobody_would_write_is_not_read():
    assert of_api("import requests\n".ljust((16 << 20) + 1)) == []
    assert of_api("import requests\n".ljust(16 << 20)) == [f"shop/api.py:1 imports 'requests', {NOWHERE}"]


def test_files_of_wheels_are_not_looked_at():
    assert found(INIT, entry("lib.py", "import nothere", origin("lib"))) == []
