"""Which libraries that modules open by name are neither in the zip nor in the runtime."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.archive.plan import ArchivePlan, TextContent
from hatch_lambda.archive.read import read_zip
from hatch_lambda.checks.elf import LAYOUT
from hatch_lambda.checks.known_libraries import KNOWN_MODULES
from hatch_lambda.checks.libraries import check_libraries
from hatch_lambda.errors import PlanError
from hatch_lambda.layers import Layer
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.runtime.runtimes import Runtime, System
from hatch_lambda.runtime.target import Target
from hatch_lambda.wheels.wheel import wheel_entries
from tests.support.existing_zips import installed, zip_of
from tests.support.make_elf import AARCH64, make_elf
from tests.support.make_wheel import make_wheel
from tests.support.samples import candidate, config, entry, plan, verified

if TYPE_CHECKING:
    from collections.abc import Mapping

OPENS = "import ctypes\nlib = ctypes.CDLL('libfoo.so.1')\n"
FIX = "use a package that includes it, or a layer that provides it"


def fails(path: str, library: str = "libfoo.so.1", owner: str = " (bar 1.0)", fix: str = FIX) -> str:
    """Return the warning on a module that opens a library."""
    there = "in the zip or in Amazon Linux 2023"
    return f"{path}{owner}: fails on Lambda, because the library '{library}' isn't {there}; {fix} [missing-library]"


def wheel_plan(directory, *files: Mapping[str, str | bytes], shop: dict[str, str] | None = None) -> ArchivePlan:
    """Return a zip of wheels ``bar``, ``bar1`` …, each given by its files, and of files of the project."""
    names = ["bar", *(f"bar{number}" for number in range(1, len(files)))]
    wheels = [verified(make_wheel(directory, name, files=own)) for name, own in zip(names, files, strict=True)]
    own = [entry(path, text) for path, text in (shop or {}).items()]
    return plan(*(found for wheel in wheels for found in wheel_entries(wheel, scripts_for=None)), *own)


def warnings_of(made: ArchivePlan, options=None, *layers: Layer) -> list[str]:
    """Return the warnings of the check."""
    found = list(check_libraries(replace(candidate(made, options), layers=layers)))
    assert {diagnostic.severity for diagnostic in found} <= {"warning"}
    return [str(diagnostic) for diagnostic in found]


def test_a_missing_library_is_reported_with_its_module(tmp_path):
    assert warnings_of(wheel_plan(tmp_path, {"bar/__init__.py": OPENS})) == [fails("bar/__init__.py:2")]


def test_several_names_for_one_library_are_reported_together(tmp_path):
    names = [f"libfoo.so.{number}" for number in range(6)]
    source = f"import ctypes\nfor name in {names}:\n    lib = ctypes.CDLL(name)\n"

    assert warnings_of(wheel_plan(tmp_path, {"bar.py": source})) == [
        (
            "bar.py:3 (bar 1.0): fails on Lambda, because none of the libraries 'libfoo.so.0', 'libfoo.so.1', "
            f"'libfoo.so.2', 'libfoo.so.3' and 2 more is in the zip or in Amazon Linux 2023; {FIX} "
            "[missing-library]"
        )
    ]


@pytest.mark.parametrize(
    "files",
    [
        {"bar/libfoo.so.1": make_elf()},
        {"bar/libfoo.so": make_elf()},
        {"bar.libs/blob": make_elf(soname="libfoo.so.1")},
        {"bar-1.0.data/platlib/lib/libfoo.so.1.2": make_elf()},
    ],
)
def test_a_library_anywhere_in_the_zip_counts(tmp_path, files):
    assert warnings_of(wheel_plan(tmp_path, {"bar/__init__.py": OPENS, **files})) == []


@pytest.mark.parametrize("files", [{"bar/libfoo.so.1": make_elf(AARCH64)}, {"bar/libfoo.so.1": b"no library"}])
def test_a_library_that_cannot_be_loaded_does_not_count(tmp_path, files):
    assert warnings_of(wheel_plan(tmp_path, {"bar/__init__.py": OPENS, **files})) == [fails("bar/__init__.py:2")]


@pytest.mark.parametrize(
    "call",
    [
        "ctypes.CDLL('libc.so.6')",
        "ctypes.CDLL(ctypes.util.find_library('c'))",
        "ctypes.CDLL('libm.so')",
        "ctypes.CDLL('libpthread.so.0')",
        "ctypes.CDLL('libstdc++.so.6')",
        "ctypes.CDLL('libcrypto.so.3')",
        "ctypes.CDLL(None)",
    ],
)
def test_a_library_that_the_runtime_has_or_might_have_counts(tmp_path, call):
    assert warnings_of(wheel_plan(tmp_path, {"bar/__init__.py": f"import ctypes.util\nlib = {call}\n"})) == []


def test_a_library_in_a_layer_counts_and_a_module_there_is_not_checked(tmp_path):
    library = replace(entry("lib/libfoo.so.1"), content=TextContent(make_elf()))
    layer = Layer("base", plan(library), "3.13")
    module = replace(entry("python/other.py"), content=TextContent(OPENS.replace("foo", "none").encode()))

    made = wheel_plan(tmp_path, {"bar/__init__.py": OPENS})

    assert warnings_of(made, None, layer) == []
    assert warnings_of(made, None, Layer("base", plan(module), "3.13")) == [fails("bar/__init__.py:2")]


def test_a_module_in_a_layer_is_reported_by_its_path(tmp_path):
    entries = [replace(found, path=f"python/{found.path}") for found in wheel_plan(tmp_path, {"bar.py": OPENS}).entries]

    assert warnings_of(plan(*entries), config(kind="layer")) == [fails("python/bar.py:2")]


def test_of_a_runtime_that_the_user_describes_nothing_is_known(tmp_path):
    system = System("the system of python3.16", (2, 40))
    options = replace(config(), target=Target(Runtime("python3.16", (3, 16), 0, system, "custom"), "x86_64"))

    assert warnings_of(wheel_plan(tmp_path, {"bar/__init__.py": OPENS}), options) == []


# Modules that are loaded


@pytest.mark.parametrize(
    "files",
    [
        {"bar/__init__.py": "from . import native"},
        {"bar/__init__.py": "import bar.native"},
        {"bar/__init__.py": "from .native import lib"},
        {"bar/__init__.py": "from .api import x", "bar/api.py": "from bar import native\n"},
        {"bar/__init__.py": "import sys\nif sys.platform == 'linux':\n    from bar.native import lib\n"},
        {"barlib.py": "import bar.native", "bar/__init__.py": ""},
        {},
    ],
)
def test_a_module_that_the_import_of_its_package_loads_is_reported(tmp_path, files):
    assert warnings_of(wheel_plan(tmp_path, {**files, "bar/native.py": OPENS})) == [fails("bar/native.py:2")]


@pytest.mark.parametrize(
    "start",
    [
        "",
        "try:\n    from . import native\nexcept Exception:\n    native = None\n",
        "def load():\n    from . import native\n",
        "import platform\nif platform.system() == 'Darwin':\n    from . import native\n",
    ],
)
def test_a_module_that_nothing_surely_loads_is_not(tmp_path, start):
    assert warnings_of(wheel_plan(tmp_path, {"bar/__init__.py": start, "bar/native.py": OPENS})) == []


def test_a_module_of_a_namespace_package_is_at_the_root_of_its_wheel(tmp_path):
    files = {"google/bar/__init__.py": "from google.bar import native", "google/bar/native.py": OPENS}

    assert warnings_of(wheel_plan(tmp_path, files)) == [fails("google/bar/native.py:2")]


def test_a_module_that_the_project_imports_is_reported(tmp_path):
    files = {"bar/__init__.py": "", "bar/native.py": OPENS, "bar/other.py": OPENS}
    shop = {"shop/__init__.py": "", "shop/api.py": "from shop.audio import x", "shop/audio.py": "import bar.native"}

    made = wheel_plan(tmp_path, files, shop=shop)

    assert warnings_of(made, config(handler="shop.api.handler")) == warnings_of(made) == [fails("bar/native.py:2")]


def test_what_the_handler_does_not_load_does_not_count(tmp_path):
    files = {"bar/__init__.py": "", "bar/native.py": OPENS}
    shop = {"shop/api.py": "import shop.more", "shop/more.py": "", "shop/cli.py": "import bar.native\n" + OPENS}

    assert warnings_of(wheel_plan(tmp_path, files, shop=shop), config(handler="shop.api.handler")) == []


@pytest.mark.parametrize("directory", ["tests", "examples", "bar/tests", "docs"])
def test_modules_that_no_function_imports_are_left_alone(tmp_path, directory):
    assert warnings_of(wheel_plan(tmp_path, {"bar/__init__.py": "", f"{directory}/test_bar.py": OPENS})) == []


def test_files_that_are_not_modules_are_left_alone(tmp_path):
    files = {"bar.pyi": OPENS, "bar-1.0.data/scripts/bar.py": OPENS, "bar-1.0.data/purelib/inner.py": OPENS}

    assert warnings_of(wheel_plan(tmp_path, files)) == [fails("inner.py:2")]


def test_a_huge_file_is_left_alone(tmp_path):
    files = {"bar/__init__.py": OPENS + "#" * (1 << 20)}

    assert warnings_of(wheel_plan(tmp_path, files, shop={"shop.py": OPENS + "#" * (1 << 20)})) == []


def test_a_module_that_is_excluded_is_left_alone(tmp_path):
    made = wheel_plan(tmp_path, {"bar/__init__.py": OPENS})

    assert warnings_of(plan(*(found for found in made.entries if found.path != "bar/__init__.py"))) == []


# The project's own modules, existing zips


def test_the_projects_own_modules_count_as_well():
    made = plan(entry("shop/__init__.py"), entry("shop/api.py", OPENS), entry("shop/cli.py", OPENS))

    assert warnings_of(made, config(handler="shop/api.handler")) == [fails("shop/api.py:2", owner="")]


def test_an_existing_zip_is_read_as_it_is(tmp_path):
    files = {"bar/__init__.py": "from . import native", "bar/native.py": OPENS, "bar/other.py": OPENS}
    found = read_zip(zip_of(tmp_path, {**installed("bar", files=files), "app.py": "import bar"}))

    assert warnings_of(found.plan) == [fails("bar/native.py:2")]


def test_an_existing_zip_of_unknown_files_is_read_as_well(tmp_path):
    found = read_zip(zip_of(tmp_path, {"bar.py": OPENS}))

    assert warnings_of(found.plan) == [fails("bar.py:2", owner="")]


# Known packages


@pytest.mark.parametrize("row", KNOWN_MODULES, ids=lambda row: row.path)
def test_a_package_that_is_known_to_need_a_library_is_reported(tmp_path, row):
    (text,) = warnings_of(wheel_plan(tmp_path, {row.path: ""}))

    assert text.startswith(f"{row.path} (bar 1.0): fails on Lambda, because the librar")
    assert [name for name in row.libraries if repr(name) not in text] in ([], ["libgobject-2.0"])
    assert text.endswith(f"{row.fix or 'a layer that provides it'} [missing-library]") or "them" in text


def test_an_alternative_of_psycopgs_library_counts(tmp_path):
    files = {"psycopg/pq/_pq_ctypes.py": ""}

    assert warnings_of(wheel_plan(tmp_path, files)) == [
        fails("psycopg/pq/_pq_ctypes.py", "libpq", fix="require psycopg[binary]")
    ]
    assert warnings_of(wheel_plan(tmp_path, files, {"psycopg_binary/__init__.py": ""})) == []
    assert warnings_of(wheel_plan(tmp_path, files, {"psycopg_c.cpython-313-x86_64-linux-gnu.so": make_elf()})) == []
    assert warnings_of(wheel_plan(tmp_path, files, {"lib/libpq.so.5": make_elf()})) == []


def test_all_libraries_of_a_known_package_are_reported(tmp_path):
    assert warnings_of(wheel_plan(tmp_path, {"weasyprint/text/ffi.py": ""})) == [
        (
            "weasyprint/text/ffi.py (bar 1.0): fails on Lambda, because the libraries 'libpango-1.0', "
            "'libharfbuzz', 'libfontconfig', 'libpangoft2-1.0' aren't in the zip or in Amazon Linux 2023; use a "
            "package that includes them, or a layer that provides them [missing-library]"
        )
    ]


def test_a_known_module_is_reported_once(tmp_path):
    assert len(warnings_of(wheel_plan(tmp_path, {"cairocffi/__init__.py": OPENS}))) == 1


# The memory


def test_a_wheel_is_read_once(tmp_path):
    wheel = verified(make_wheel(tmp_path, "bar", files={"bar/__init__.py": "", "bar/native.py": OPENS}))
    made = plan(*wheel_entries(wheel, scripts_for=None), entry("shop/api.py", "import bar.native"))
    first = list(check_libraries(replace(candidate(made), results=ResultCache(tmp_path / "memory"))))
    wheel.path.write_bytes(b"no zip any more")

    again = list(check_libraries(replace(candidate(made), results=ResultCache(tmp_path / "memory"))))

    assert [str(diagnostic) for diagnostic in first] == [fails("bar/native.py:2")]
    assert again == first


def test_wheels_that_are_known_do_not_change_the_order(tmp_path):
    first, second = (
        [*wheel_entries(verified(make_wheel(tmp_path, name, files={f"{name}/__init__.py": OPENS})), scripts_for=None)]
        for name in ("aaa", "bbb")
    )
    memory = ResultCache(tmp_path / "memory")
    list(check_libraries(replace(candidate(plan(*second)), results=memory)))

    found = check_libraries(replace(candidate(plan(*first, *second)), results=memory))

    assert [diagnostic.where for diagnostic in found] == ["aaa/__init__.py:2 (aaa 1.0)", "bbb/__init__.py:2 (bbb 1.0)"]


def test_a_wheel_that_cannot_be_read_is_reported(tmp_path):
    wheel = verified(make_wheel(tmp_path, "bar"))
    made = plan(*wheel_entries(wheel, scripts_for=None))
    memory = ResultCache(tmp_path / "memory")
    memory.put([], "native", LAYOUT, wheel.sha256)
    wheel.path.write_bytes(b"no zip any more")

    with pytest.raises(PlanError) as caught:
        list(check_libraries(replace(candidate(made), results=memory)))

    assert str(caught.value) == (
        f"error: {wheel.path.name}: can't be read as a zip, because File is not a zip file; build or download the "
        "wheel again [bad-wheel]"
    )
