"""Which path in a zip each member of a wheel has."""

from __future__ import annotations

import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.archive.plan import Entry, TextContent, WheelContent
from hatch_lambda.wheels.wheel import LAMBDA_PYTHON, console_script, data_path, wheel_entries
from tests.support.make_wheel import make_wheel
from tests.support.samples import SHOP, origin, verified

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hatch_lambda.wheels.wheel import Wheel

LIB = origin("lib")


def files(*paths: str) -> dict[str, str]:
    """Return files that hold their own paths."""
    return {path: path for path in paths}


def paths(wheel: Wheel, scripts_for: str | None = None) -> list[str]:
    """Return where the wheel's members go, but for its dist-info."""
    return [entry.path for entry in wheel_entries(wheel, scripts_for=scripts_for) if ".dist-info" not in entry.path]


def script(entries: Iterable[Entry], path: str) -> Entry:
    """Return the entry at a path."""
    (found,) = (entry for entry in entries if entry.path == path)
    return found


def test_purelib_platlib_and_data_go_to_the_root_and_headers_are_excluded(tmp_path):
    wheel = verified(
        make_wheel(
            tmp_path,
            "lib",
            files=files(
                "lib/a.py",
                "lib-1.0.data/purelib/lib/b.py",
                "lib-1.0.data/platlib/lib/c.so",
                "lib-1.0.data/data/share/lib/d.txt",
                "lib-1.0.data/headers/lib.h",
                "lib-1.0.data/scripts/run",
            ),
        )
    )

    assert paths(wheel) == ["lib/a.py", "lib/b.py", "lib/c.so", "share/lib/d.txt"]


def test_what_describes_an_installation_is_excluded(tmp_path):
    left_out = ("RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json")
    kept = ("entry_points.txt", "licenses/LICENSE", "licenses/INSTALLER", "top_level.txt")
    inside = [f"lib-1.0.dist-info/{name}" for name in (*left_out, *kept)]
    wheel = verified(make_wheel(tmp_path, "lib", files=files("lib/RECORD", "INSTALLER", *inside)))

    found = [entry.path for entry in wheel_entries(wheel, scripts_for=None)]

    assert found == [
        "lib/RECORD",
        "INSTALLER",
        *(f"lib-1.0.dist-info/{name}" for name in kept),
        "lib-1.0.dist-info/METADATA",
        "lib-1.0.dist-info/WHEEL",
    ]


def test_compiled_python_is_excluded(tmp_path):
    kept = ("lib/a.py", "lib/__pycache__.py", "a__pycache__/b.py", "lib/a.pyi")
    left_out = ("lib/a.pyc", "lib/__pycache__/a.cpython-313.pyc", "__pycache__/data.bin", "lib-1.0.data/purelib/b.pyc")
    wheel = verified(make_wheel(tmp_path, "lib", files=files(*kept, *left_out)))

    assert paths(wheel) == list(kept)


def test_an_entry_is_the_members_bytes_in_the_wheel(tmp_path):
    wheel = verified(make_wheel(tmp_path, "lib", files={"lib/a.py": "a = 1\n" * 100}))
    (member,) = (found for found in wheel.members if found.name == "lib/a.py")

    found = script(wheel_entries(wheel, scripts_for=None), "lib/a.py")

    assert (member.method, member.size) == (zipfile.ZIP_DEFLATED, 600)
    assert found == Entry("lib/a.py", LIB, WheelContent(wheel.path, member, wheel.sha256), executable=False)


@pytest.mark.parametrize(("mode", "executable"), [(0o755, True), (0o700, True), (0o644, False), (0o655, False)])
def test_a_member_is_executable_if_its_owner_may_execute_it(tmp_path, mode, executable):
    info = zipfile.ZipInfo("lib/program")
    info.external_attr = (stat.S_IFREG | mode) << 16
    wheel = verified(make_wheel(tmp_path, "lib", infos=[(info, b"")]))

    assert script(wheel_entries(wheel, scripts_for=None), "lib/program").executable == executable


def test_scripts_go_to_bin_where_they_are_asked_for(tmp_path):
    wheel = verified(
        make_wheel(
            tmp_path,
            "lib",
            files={
                "lib/cli.py": "",
                "lib-1.0.data/scripts/python-script": "#!python\nprint('é')\n",
                "lib-1.0.data/scripts/windowed": "#!pythonw -E\nprint()\n",
                "lib-1.0.data/scripts/shell": "#!/bin/sh\necho\n",
            },
            scripts={"lib-cli": "lib.cli:main"},
        )
    )

    entries = list(wheel_entries(wheel, scripts_for="3.13"))

    assert paths(wheel, "3.13") == ["lib/cli.py", "bin/python-script", "bin/windowed", "bin/shell", "bin/lib-cli"]
    assert all(script(entries, path).executable for path in paths(wheel, "3.13") if path.startswith("bin/"))
    assert script(entries, "bin/python-script").content == TextContent(f"#!{LAMBDA_PYTHON}3.13\nprint('é')\n".encode())
    assert script(entries, "bin/windowed").content == TextContent(f"#!{LAMBDA_PYTHON}3.13\nprint()\n".encode())
    assert script(entries, "bin/lib-cli") == console_script("lib-cli", "lib.cli:main", LIB, "3.13")


def test_a_script_in_another_language_is_spliced_as_it_is(tmp_path):
    wheel = verified(make_wheel(tmp_path, "lib", files={"lib-1.0.data/scripts/shell": "#!/bin/sh\necho\n"}))

    found = script(wheel_entries(wheel, scripts_for="3.13"), "bin/shell")

    assert isinstance(found.content, WheelContent)
    assert (found.content.member.name, found.content.size, found.executable) == ("lib-1.0.data/scripts/shell", 15, True)


@pytest.mark.parametrize("reference", ["lib.cli:main", " lib.cli : main ", "lib.cli:main [extra]"])
def test_a_console_script_calls_its_function(reference):
    found = console_script("run", reference, SHOP, "3.12")

    lines = [
        "#!/var/lang/bin/python3.12",
        "import os",
        "import sys",
        "",
        "sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))",
        "from lib.cli import main",
        "",
        "sys.exit(main())",
        "",
    ]
    assert found == Entry("bin/run", SHOP, TextContent("\n".join(lines).encode()), executable=True)


def test_a_console_script_can_call_a_method():
    found = console_script("run", "lib.cli:Main.run", SHOP, "3.12")

    assert isinstance(found.content, TextContent)
    assert found.content.data.decode().splitlines()[5:] == ["from lib.cli import Main", "", "sys.exit(Main.run())"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lib-1.0.data/purelib/a/b.py", ("purelib", "/", "a/b.py")),
        ("lib-1.0.data/scripts", ("scripts", "", "")),
        ("lib-1.0.data", None),
        ("lib/x.data/purelib/a.py", None),
        ("lib/a.py", None),
        ("a.py", None),
    ],
)
def test_only_the_data_directory_at_the_root_counts(name, expected):
    assert data_path(name) == expected


def test_a_wheel_names_itself(tmp_path):
    wheel = verified(make_wheel(tmp_path, "Some.Lib", "1.0"))

    assert (str(wheel), wheel.origin) == ("some-lib 1.0", origin("some-lib"))
