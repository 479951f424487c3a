"""Imports of the project that aren't in the zip, the standard library, or the runtime."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from hatch_lambda.checks.imports import check_imports
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.stdlib import standard_library
from tests.support.samples import TOO_DEEP, candidate, config, entry, origin, plan, reported

if TYPE_CHECKING:
    from hatch_lambda.archive.plan import Entry

INIT = entry("shop/__init__.py")
ADD = "add it to project.dependencies, or ignore this if a layer provides it [missing-import]"
NOWHERE = f"'requests' isn't in the zip or in python3.13; {ADD}"
NOT_THERE = "isn't in the zip; correct its spelling, or include its file with Hatch's options [missing-import]"


def found(*entries: Entry, runtime: str = "python3.13", **options: Any) -> list[str]:
    """Return the text of each warning."""
    diagnostics = list(check_imports(candidate(plan(*entries), config(runtime, **options))))
    assert all(diagnostic.severity == "warning" for diagnostic in diagnostics)
    return [str(diagnostic) for diagnostic in diagnostics]


def of_api(text: str, *others: Entry) -> list[str]:
    """Return what is found in a module of a package, next to these files."""
    return found(INIT, entry("shop/api.py", text), *others)


def test_a_missing_module_is_reported_with_file_and_line():
    selected = plan(INIT, entry("shop/api.py", "import os\n\nimport requests\n"))

    assert reported(check_imports(candidate(selected))) == [("warning", f"shop/api.py:3: {NOWHERE}")]


def test_the_package_to_require_is_named_if_its_name_differs():
    assert of_api("import yaml") == [
        (
            "shop/api.py:1: 'yaml' isn't in the zip or in python3.13; add pyyaml to project.dependencies, "
            "or ignore this if a layer provides it [missing-import]"
        )
    ]


@pytest.mark.parametrize(("path", "name"), [("helper.py", "helper.py"), ("helper/__init__.py", "helper/")])
def test_a_module_next_to_the_importing_file_on_disk_must_be_selected(tmp_path, path, name):
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).touch()
    handler = tmp_path / "handler.py"
    handler.write_text("import helper\nimport requests\n")
    importing = entry("handler.py", handler)

    assert found(importing) == [
        (
            "handler.py:1: 'helper' isn't in the zip or in python3.13; "
            f"select {name} with Hatch's options, such as only-include [missing-import]"
        ),
        f"handler.py:2: {NOWHERE}",
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

    assert warning.endswith(f": {NOWHERE}")


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
def test_optional_and_uncertain_imports_are_not_reported(text):
    assert of_api(text) == []


@pytest.mark.parametrize(
    "module",
    ["boto3", "botocore.config", "s3transfer", "jmespath", "dateutil.parser", "six", "urllib3", "awslambdaric", "json"],
)
def test_modules_of_the_runtime_are_found(module):
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
def test_modules_at_a_wheels_root_are_found_and_not_checked(path):
    assert of_api("import requests.anything\nfrom requests import other", entry(path, "", origin("requests"))) == []


def test_a_module_that_is_missing_many_times_is_reported_once():
    files = [entry(f"shop/{name}.py", "import os\nimport requests\n") for name in "abc"]

    assert found(INIT, *files) == [f"shop/a.py:2 (and 2 more files): {NOWHERE}"]
    assert found(INIT, *files[:2]) == [f"shop/a.py:2 (and 1 more file): {NOWHERE}"]
    assert found(INIT, files[0]) == [f"shop/a.py:2: {NOWHERE}"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("from requests import get, post, put", "shop/api.py:1"),
        ("import requests, requests.adapters", "shop/api.py:1"),
        ("from requests import get\nfrom requests import post", "shop/api.py:1 (and 1 more line)"),
        ("import requests\nimport requests\nimport requests", "shop/api.py:1 (and 2 more lines)"),
    ],
)
def test_lines_are_counted_and_not_names(text, where):
    assert of_api(text) == [f"{where}: {NOWHERE}"]


def test_only_certain_imports_of_the_handler_are_reported():
    entries = (
        entry("shop/__init__.py", "import attrs"),
        entry(
            "shop/api.py", "from shop import models, name\n\n\ndef handler(event, context):\n    import shop.later\n"
        ),
        entry("shop/models.py", "import pydantic_one\n"),
        entry("shop/later.py", "import pydantic_two\n"),
        entry("shop/optional.py", "import pydantic_three\n"),
        entry("shop/worker.py", "try:\n    from . import optional\nexcept ImportError:\n    pass\nimport numpy\n"),
        entry("shop/cli.py", "import rich\n"),
    )

    for name in (None, "api"):
        of_api = found(*entries, name=name, handler="shop.api.handler")
        assert [text.partition(" ")[0] for text in of_api] == [
            "shop/__init__.py:1:",
            "shop/models.py:1:",
            "shop/api.py:1:",
        ]
    of_worker = found(*entries, name="worker", handler="shop/worker.handler")
    assert [text.partition(" ")[0] for text in of_worker] == ["shop/__init__.py:1:", "shop/worker.py:5:"]


def test_modules_are_reported_in_the_order_of_their_names():
    assert [text.split("'")[1] for text in of_api("import requests\nimport attrs\nimport yaml")] == [
        "attrs",
        "requests",
        "yaml",
    ]


def test_an_excluded_distribution_is_named_as_the_reason():
    files = (INIT, entry("shop/api.py", "import typing_extensions"))

    assert found(*files, exclude_packages=("typing-extensions",)) == [
        (
            "shop/api.py:1: 'typing_extensions' isn't in the zip or in python3.13; remove it from "
            "exclude-packages, or ignore this if a layer provides it [missing-import]"
        )
    ]


def test_modules_that_functions_might_provide_are_not_missing_in_a_layer():
    text = "import requests\nimport shop.gone\n"

    assert found(entry("python/shop/__init__.py"), entry("python/shop/api.py", text), kind="layer", project=True) == [
        f"shop/api.py:2: 'shop.gone' {NOT_THERE}"
    ]


def test_a_module_in_a_deeper_directory_is_shown():
    assert of_api("import models", entry("shop/db/models.py")) == [
        "shop/api.py:1: 'models' isn't in the zip or in python3.13; did you mean 'shop.db.models'? [missing-import]"
    ]


def test_a_module_deep_inside_of_a_dependency_is_not_proposed():
    lib = (entry("lib/__init__.py", "", origin("lib")), entry("lib/requests.py", "", origin("lib")))

    assert of_api("import requests", *lib) == [f"shop/api.py:1: {NOWHERE}"]


@pytest.mark.parametrize("word", ["sys.path.append('shop/db')", "sys.modules['models'] = x", "site.addsitedir(x)"])
def test_a_module_in_a_deeper_directory_counts_if_the_project_changes_its_path(word):
    assert of_api(f"{word}\nimport models", entry("shop/db/models.py")) == []


# The standard library is the target's


@pytest.mark.parametrize(
    ("module", "runtime", "python"),
    [("tomllib", "python3.10", "3.10"), ("distutils.util", "python3.12", "3.12"), ("cgi", "python3.13", "3.13")],
)
def test_modules_of_another_pythons_standard_library_are_reported(module, runtime, python):
    assert found(INIT, entry("shop/api.py", f"import {module}"), runtime=runtime) == [
        (
            f"shop/api.py:1: Python {python} doesn't include {module.partition('.')[0]!r} in its standard "
            "library; remove it, or require a backport [missing-import]"
        )
    ]


@pytest.mark.parametrize(
    ("module", "runtime"), [("tomllib", "python3.11"), ("distutils", "python3.11"), ("annotationlib", "python3.14")]
)
def test_modules_of_the_targets_python_are_found_with_any_build_python(module, runtime):
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
def test_a_missing_module_of_the_project_is_reported(text, module):
    others = (entry("shop/db/__init__.py", "import os\nx = 1\n"), entry("shop/space/there.py"))

    assert of_api(text, *others) == [f"shop/api.py:1: {module!r} {NOT_THERE}"]


@pytest.mark.parametrize(
    "text",
    [
        "from . import api, db, space, native, data",
        "from .db import model, x, os, *",
        "from .db import *",
        "from .api import anything",
        "from .lazy import anything",
        "from .open import anything",
        "from .broken import anything",
        "from .compiled import anything",
        "import shop.db.model, shop.space.there",
    ],
)
def test_an_existing_or_possible_module_of_the_project_is_not_reported(text):
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


def test_a_namespace_that_the_project_shares_is_not_checked():
    shared = entry("corp/base/__init__.py", "", origin("corp-base"))

    assert found(entry("corp/shop/api.py", "import corp.nothere\nfrom corp import other"), shared) == []


def test_a_file_of_other_content_hides_no_standard_module():
    assert of_api("import logging, types", entry("logging.yaml"), entry("types.json"), entry("types/a.txt")) == []


@pytest.mark.parametrize(
    "path",
    ["tests/api.py", "shop/tests/unit/a.py", "shop/test/a.py", "test_a.py", "conftest.py", "setup.py", "bin/run.py"],
)
def test_files_that_lambda_does_not_import_are_not_checked(path):
    assert found(INIT, entry(path, "import pytest")) == []


@pytest.mark.parametrize(
    "guard",
    [
        "if sys.platform == 'win32':\n    from . import windows",
        "try:\n    from .windows import x\nexcept ImportError:\n    x = None",
        "with suppress(ImportError):\n    import shop.windows",
    ],
)
def test_a_conditionally_imported_module_can_have_missing_imports(guard):
    assert of_api(guard, entry("shop/windows.py", "import requests")) == []


@pytest.mark.parametrize("text", ["from . import windows", "import shop.windows as w", "from shop.windows import x"])
def test_an_unconditionally_imported_module_cannot_have_missing_imports(text):
    guard = entry("shop/a.py", "if x:\n    from . import windows")

    assert of_api(text, guard, entry("shop/windows.py", "import requests\nx = 1")) == [f"shop/windows.py:1: {NOWHERE}"]


@pytest.mark.parametrize("value", TOO_DEEP)
def test_a_file_too_deep_for_the_build_python_is_not_checked(value):
    assert of_api(f"import requests\ntotal = {value}\n") == []


def test_a_file_of_an_implausible_size_is_not_read():
    assert of_api("import requests\n".ljust((16 << 20) + 1)) == []
    assert of_api("import requests\n".ljust(16 << 20)) == [f"shop/api.py:1: {NOWHERE}"]


def test_files_of_wheels_are_not_checked():
    assert found(INIT, entry("lib.py", "import nothere", origin("lib"))) == []


# Names that the project's modules don't have


SETTINGS = "NAME = 'orders'\nRETRIES: int = 3\n"


def of_settings(text: str, settings: str, *others: Entry) -> list[str]:
    """Return what is found in a module that imports from the settings next to it."""
    return of_api(text, entry("shop/settings.py", settings), *others)


@pytest.mark.parametrize("text", ["from .settings import TABLE", "from shop.settings import NAME, TABLE as table"])
def test_a_name_that_a_module_of_the_project_lacks_is_reported(text):
    assert of_settings(text, SETTINGS) == [
        "shop/api.py:1: shop/settings.py doesn't define 'TABLE'; define it there, or correct the import [missing-name]"
    ]


def test_a_name_that_a_module_lacks_is_reported_once_with_a_similar_one():
    other = entry("shop/other.py", "import os\nfrom .settings import NAMES")

    assert of_settings("from .settings import NAMES", SETTINGS, other) == [
        "shop/api.py:1 (and 1 more file): shop/settings.py doesn't define 'NAMES'; did you mean 'NAME'? [missing-name]"
    ]


@pytest.mark.parametrize(
    "settings",
    [
        "TABLE = 1",
        "TABLE: str",
        "x = TABLE = 1",
        "(x, *TABLE) = 1, 2",
        "if x:\n    TABLE = 1",
        "try:\n    from x import TABLE\nexcept ImportError:\n    TABLE = None",
        "for TABLE in (): ...",
        "with x as TABLE: ...",
        "while (TABLE := x): ...",
        "def f():\n    global TABLE\n    TABLE = 1",
        "class TABLE: ...",
        "import os as TABLE",
        "from os import *",
        "def __getattr__(name): ...",
        "__getattr__, __dir__, __all__ = attach(__name__)",
        "globals().update(x)",
        "for name in x:\n    setattr(me, name, 1)",
        "import sys\nsys.modules[__name__] = x",
        "import enum\n@enum.global_enum\nclass A(enum.Enum):\n    TABLE = 1",
        "from enum import global_enum\n@global_enum\nclass A: ...",
        "import (",
        *(["type TABLE = int"] if sys.version_info >= (3, 12) else []),
    ],
)
def test_a_name_that_a_module_might_have_is_not_reported(settings):
    assert of_settings("from .settings import TABLE", settings) == []


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    from .settings import TABLE\nexcept ImportError:\n    TABLE = None",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .settings import TABLE",
        "def handler(event, context):\n    from .settings import TABLE",
        "from .settings import *",
        "from .settings import __name__, __file__, __doc__",
        "from .api import TABLE",
        "from . import settings",
        "import sys\nsys.path.append('x')\nfrom shop.settings import TABLE",
    ],
)
def test_an_optional_name_is_not_reported(text):
    assert of_settings(text, SETTINGS) == []


def test_a_name_that_another_module_sets_is_not_reported():
    other = entry("shop/other.py", "from . import settings\nsettings.TABLE = 1\n")

    assert of_settings("from .settings import TABLE", SETTINGS, other) == []


def test_a_name_of_a_dependencys_module_is_not_checked():
    assert of_api("from lib.core import nothere", entry("lib/core.py", "x = 1", origin("lib"))) == []


def test_a_compiled_module_that_precedes_its_source_is_accepted():
    compiled = entry("shop/settings.abi3.so")

    assert of_settings("from .settings import TABLE", SETTINGS, compiled) == []


# Modules that aren't Python


BROKEN = "x = 1\ndef f(:\n"
HANDLER = "from . import orders\n\n\ndef handler(event, context): ...\n"


def of_handler(text: str, *others: Entry, runtime: str = "python3.15") -> list[tuple[str, str]]:
    """Return what is found with a handler in a module of a package, next to these files."""
    made = plan(INIT, entry("shop/api.py", text), *others)
    return reported(check_imports(candidate(made, config(runtime, handler="shop.api.handler"))))


@pytest.mark.parametrize("text", [HANDLER, HANDLER.replace("from . import", "import shop."), "import shop.more"])
def test_a_module_that_the_handler_imports_and_that_is_not_python_is_an_error(text):
    more = entry("shop/more.py", "from shop.orders import x")

    assert of_handler(text.replace("import shop. ", "import shop."), entry("shop/orders.py", BROKEN), more) == [
        ("error", "shop/orders.py:2: not valid Python 3.15 (invalid syntax); correct the syntax [syntax-error]")
    ]


def test_a_package_around_the_handler_that_is_not_python_is_an_error():
    made = plan(entry("shop/__init__.py", BROKEN), entry("shop/api.py", "def handler(event, context): ..."))

    assert reported(check_imports(candidate(made, config("python3.15", handler="shop.api.handler")))) == [
        ("error", "shop/__init__.py:2: not valid Python 3.15 (invalid syntax); correct the syntax [syntax-error]")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "def handler(event, context):\n    from . import orders",
        "try:\n    from . import orders\nexcept SyntaxError:\n    pass",
        "if x:\n    from . import orders",
        "import os",
        "import (",
    ],
)
def test_a_module_that_the_handler_might_not_import_may_be_anything(text):
    assert of_handler(text, entry("shop/orders.py", BROKEN)) == []


def test_a_name_that_a_package_defines_is_not_its_broken_module():
    made = plan(
        entry("shop/__init__.py", "orders = []"), entry("shop/api.py", HANDLER), entry("shop/orders.py", BROKEN)
    )

    assert list(check_imports(candidate(made, config("python3.15", handler="shop.api.handler")))) == []


def test_without_a_handler_of_the_project_no_syntax_is_reported():
    made = plan(INIT, entry("shop/orders.py", BROKEN), entry("lib/app.py", "", origin("lib")))

    for handler in (None, "lib.app.handler"):
        assert list(check_imports(candidate(made, config("python3.15", handler=handler)))) == []


def test_code_that_parses_but_does_not_compile_is_an_error_too():
    assert of_handler("from . import orders", entry("shop/orders.py", "x = 1\nreturn x\n")) == [
        (
            "error",
            ("shop/orders.py:2: not valid Python 3.15 ('return' outside function); correct the syntax [syntax-error]"),
        )
    ]


def test_a_relative_import_out_of_the_zip_is_reported():
    flat = plan(entry("app.py", "import os\nfrom .settings import NAME\ndef handler(event, context): ...\n"))
    cli = entry("shop/cli.py", "from ... import above")

    assert reported(check_imports(candidate(flat, config(handler="app.handler")))) == [
        ("warning", "app.py:2: '.settings' is outside of the zip; write it as an absolute import [missing-import]")
    ]
    assert of_handler("from ... import above", cli) == [
        ("warning", "shop/api.py:1: '...' is outside of the zip; write it as an absolute import [missing-import]")
    ]
    assert of_handler("try:\n    from ... import above\nexcept ImportError:\n    pass", cli) == []
