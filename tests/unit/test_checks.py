"""What Lambda would refuse or fail on: sizes and the handler."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.checks import check_candidate
from hatch_lambda.checks.base import Finding
from hatch_lambda.checks.handler import check_handler
from hatch_lambda.checks.limits import check_unzipped, check_zipped, largest, mebibytes
from hatch_lambda.errors import PlanError
from hatch_lambda.plan import ArchivePlan, Entry, FileContent, Origin
from hatch_lambda.wheels import wheel_entries
from tests.support.make_wheel import make_wheel
from tests.support.samples import SHOP, TOO_DEEP, candidate, config, entry, origin, plan, verified

if TYPE_CHECKING:
    from hatch_lambda.target import Architecture

API = entry("shop/api.py", "def handler(event, context):\n    return event\n")
PACKAGE = entry("shop/__init__.py", "")


def sized(size: int, name: str = "big") -> Entry:
    """Return an entry of that many bytes, which nobody reads."""
    return Entry(f"{name}/file", origin(name), FileContent(Path(__file__), size))


def found(
    chosen: ArchivePlan, handler: str, runtime: str = "python3.13", architecture: Architecture = "x86_64"
) -> list[str]:
    """Return the text of each error that the handler's check finds."""
    findings = list(check_handler(candidate(chosen, config(runtime, architecture, handler=handler))))
    assert all(finding.severity == "error" for finding in findings)
    return [finding.text for finding in findings]


# Sizes


def test_an_archive_of_the_largest_size_passes():
    assert list(check_unzipped(candidate(plan(sized(262_143_999)), config()))) == []


def test_an_archive_of_one_byte_more_is_refused_and_what_fills_it_is_named():
    chosen = plan(sized(262_000_000, "a"), sized(100_000, "b"), sized(43_000, "c"), sized(1_000, "d"))

    (finding,) = check_unzipped(candidate(chosen, config()))

    assert finding == Finding(
        "error",
        "unzipped: 262,144,000 bytes; Lambda accepts less than 262,144,000 with its layers; largest: a 1.0 (249.9 "
        "MiB), b 1.0 (0.1 MiB), c 1.0 (0.0 MiB), …",
    )


def test_files_of_no_distribution_are_named_one_by_one_where_they_fill_it():
    nobody = Origin("", "", None)
    files = [replace(sized(size), origin=nobody, path=path) for path, size in {"a.bin": 200 << 20, "b.bin": 1}.items()]

    (finding,) = check_unzipped(candidate(plan(*files, sized(100 << 20, "lib")), config()))

    assert finding.text == (
        "unzipped: 314,572,801 bytes; Lambda accepts less than 262,144,000 with its layers; largest: a.bin (200.0 "
        "MiB), lib 1.0 (100.0 MiB), b.bin (0.0 MiB), …"
    )


def test_the_users_own_limit_is_named_as_such():
    (finding,) = check_unzipped(candidate(plan(sized(1001)), config(max_size=1000)))

    assert finding == Finding(
        "error",
        "unzipped: 1,001 bytes; tool.hatch.build.targets.lambda.max-size admits 1,000; largest: big 1.0 (0.0 MiB), …",
    )


def test_a_limit_above_lambdas_own_admits_more():
    assert list(check_unzipped(candidate(plan(sized(10**9)), config(max_size=10**9)))) == []


def test_a_zip_that_lambda_takes_directly_passes():
    assert list(check_zipped(52_428_800)) == []


def test_a_zip_that_has_to_go_through_s3_warns():
    assert list(check_zipped(52_428_801)) == [
        Finding(
            "warning",
            "The archive takes 50.0 MiB, more than the 50.0 MiB that Lambda takes directly; it has to be deployed from "
            "S3.",
        )
    ]


def test_the_largest_distributions_are_listed_the_largest_first():
    chosen = plan(sized(1 << 20, "a"), sized(3 << 20, "b"), sized(2 << 20, "c"))

    assert largest(chosen, 2) == "b 1.0 (3.0 MiB), c 1.0 (2.0 MiB)"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0.0 MiB"), (1 << 20, "1.0 MiB"), (1_600_000, "1.5 MiB"), (5000 << 20, "5,000.0 MiB")]
)
def test_sizes_are_told_in_mebibytes(size, text):
    assert mebibytes(size) == text


# All checks


def test_every_problem_of_every_check_is_told_at_once():
    with pytest.raises(PlanError) as caught:
        check_candidate(candidate(plan(sized(1001)), config(max_size=1000, handler="handler")))

    assert str(caught.value).splitlines() == [
        "unzipped: 1,001 bytes; tool.hatch.build.targets.lambda.max-size admits 1,000; largest: big 1.0 (0.0 MiB), …",
        (
            "handler 'handler': no module before the last dot; expected package.module.function or a program of the "
            "archive"
        ),
    ]


def test_a_plan_without_problems_passes():
    assert check_candidate(candidate(plan(PACKAGE, API), config(handler="shop.api.handler"))) == ()


def test_warnings_of_checks_are_returned():
    chosen = plan(entry("app.py", "def broken(:\n"))

    warnings = check_candidate(candidate(chosen, config("python3.15", handler="app.broken")))

    assert len(warnings) == 1
    assert warnings[0].startswith("The handler 'app.broken' could not be checked: app.py line 1 may be right")


# The handler: where its module is


def test_without_a_handler_nothing_is_checked():
    assert list(check_handler(candidate(plan(), config()))) == []


@pytest.mark.parametrize(
    ("path", "handler"),
    [
        ("app.py", "app.main"),
        ("shop/api.py", "shop.api.main"),
        ("shop/api.py", "shop/api.main"),
        ("shop/sub/api.py", "shop/sub.api.main"),
        ("shop/__init__.py", "shop.main"),
        ("namespace/deep/api.py", "namespace.deep.api.main"),
    ],
)
def test_a_function_of_a_module_in_the_archive_passes(path, handler):
    assert found(plan(entry(path, "def main(event, context): ...\n")), handler) == []


@pytest.mark.parametrize(
    "suffix",
    [
        ".cpython-313-aarch64-linux-gnu.so",
        ".abi3.so",
        ".so",
        "/__init__.cpython-313-aarch64-linux-gnu.so",
        "/__init__.abi3.so",
    ],
)
def test_an_extension_module_is_believed(suffix):
    assert found(plan(entry("native" + suffix, "\x7fELF")), "native.anything", architecture="arm64") == []


@pytest.mark.parametrize("suffix", [".cpython-313-x86_64-linux-gnu.so", ".cpython-312-aarch64-linux-gnu.so", ".pyd"])
def test_an_extension_module_for_another_machine_is_none(suffix):
    assert found(plan(entry("native" + suffix, "\x7fELF")), "native.main", architecture="arm64") == [
        (
            "handler 'native.main': no module 'native' in the archive; its top level has nothing; the handler's "
            "module must be importable from the zip's root"
        )
    ]


def test_a_package_is_preferred_to_a_module_and_an_extension_module_to_source():
    package = entry("app/__init__.py", "def of_package(): ...\n")
    module = entry("app.py", "def of_module(): ...\n")
    extension = entry("app.so", "\x7fELF")

    texts = [
        found(plan(package, module), "app.of_package"),
        found(plan(package, module), "app.of_module"),
        found(plan(extension, module), "app.anything"),
    ]

    assert texts == [
        [],
        ["handler 'app.of_module': app/__init__.py defines no 'of_module'; it has 'of_package'"],
        [],
    ]


def test_a_module_that_is_not_there_is_told_with_what_is():
    chosen = plan(PACKAGE, API, entry("tool.py", "", origin("tool")), entry("numpy/__init__.py", "", origin("numpy")))

    assert found(chosen, "app.main") == [
        (
            "handler 'app.main': no module 'app' in the archive; its top level has 'shop', 'numpy', 'tool'; the "
            "handler's module must be importable from the zip's root"
        )
    ]


def test_what_cannot_be_imported_is_not_listed():
    paths = ["data.txt", "bin/run", "lib-1.0.dist-info/METADATA", "lib.libs/libx.so", "a.py"]

    assert found(plan(*map(entry, paths)), "app.main") == [
        (
            "handler 'app.main': no module 'app' in the archive; its top level has 'a'; the handler's module must be "
            "importable from the zip's root"
        )
    ]


def test_a_long_list_of_names_stops():
    chosen = plan(*(entry(f"m{number}.py") for number in range(9)))

    assert found(chosen, "app.main") == [
        (
            "handler 'app.main': no module 'app' in the archive; its top level has 'm0', 'm1', 'm2', 'm3', 'm4', "
            "'m5', 'm6', 'm7', …; the handler's module must be importable from the zip's root"
        )
    ]


@pytest.mark.parametrize(
    ("path", "handler", "module"),
    [
        ("src/shop/api.py", "shop.api.handler", "shop.api"),
        ("shop/handlers/api.py", "api.handler", "api"),
        ("shop/handlers/api.py", "handler.api.handler", "handler.api"),
    ],
)
def test_a_module_of_that_name_elsewhere_is_pointed_at(path, handler, module):
    top = path.split("/", maxsplit=1)[0]

    assert found(plan(entry(path)), handler) == [
        (
            f"handler {handler!r}: no module {module!r} in the archive; its top level has {top!r}; there is {path}; "
            "the handler's module must be importable from the zip's root"
        )
    ]


def test_a_namespace_package_has_no_functions():
    assert found(plan(entry("space/deep/api.py")), "space.deep") == [
        "handler 'space.deep': 'space' is a namespace package, which has no functions; name a module in it"
    ]


def test_a_handler_without_a_module_is_told():
    assert found(plan(API), "handler") == [
        "handler 'handler': no module before the last dot; expected package.module.function or a program of the archive"
    ]


def test_a_long_sum_is_not_too_deep():
    chosen = plan(entry("app.py", f"total = {' + '.join(['1'] * 1500)}\ndef main(): ...\n"))

    assert found(chosen, "app.main") == []


@pytest.mark.parametrize("value", TOO_DEEP)
def test_a_module_too_deep_for_the_python_that_builds_is_told(value):
    chosen = plan(entry("app.py", f"total = {value}\ndef main(): ...\n"))

    findings = list(check_handler(candidate(chosen, config(handler="app.main"))))

    text = "The handler 'app.main' could not be checked: app.py is nested too deeply for the Python that builds."
    assert findings == [Finding("warning", text)]


def test_a_module_that_nobody_would_write_is_not_read():
    chosen = plan(entry("app.py", "def main(): ...\n".ljust((16 << 20) + 1)))

    findings = list(check_handler(candidate(chosen, config(handler="app.main"))))

    text = "The handler 'app.main' could not be checked: app.py has more than 16,777,216 bytes."
    assert findings == [Finding("warning", text)]


@pytest.mark.parametrize("name", ["zlib", "math", "resource", "nt"])
def test_what_is_built_into_the_python_that_builds_does_not_matter(name, monkeypatch):
    monkeypatch.setattr(sys, "builtin_module_names", (*sys.builtin_module_names, name))

    assert found(plan(entry(f"{name}.py", "def main(): ...\n")), f"{name}.main") == []


@pytest.mark.parametrize("handler", ["sys.main", "time/app.main", "builtins.x.main"])
def test_a_module_built_into_python_is_refused(handler):
    module = handler.replace("/", ".").split(".")[0]
    chosen = plan(entry(f"{module}.py", "def main(): ...\n"))

    assert found(chosen, handler) == [
        f"handler {handler!r}: {module!r} is a module built into Python, which Lambda refuses; rename yours"
    ]


def test_a_program_of_the_archive_passes():
    assert found(plan(entry("run.sh", "#!/bin/sh\n", executable=True)), "run.sh") == []


def test_a_program_that_is_not_executable_is_no_program():
    assert found(plan(entry("run.sh", "#!/bin/sh\n")), "run.sh") == [
        "handler 'run.sh': the file is in the archive, but may not be run; make it executable"
    ]


def test_a_program_with_the_line_ends_of_windows_is_refused():
    assert found(plan(entry("run.sh", "#!/bin/sh\r\nexit 0\r\n", executable=True)), "run.sh") == [
        (
            "handler 'run.sh': its first line ends in CR LF; Linux takes the CR for a part of the program's name; save "
            "it with LF, and keep it so with a line in .gitattributes, such as *.sh eol=lf"
        )
    ]


def test_a_program_that_is_no_script_may_have_any_bytes():
    assert found(plan(entry("run", "\x7fELF\r\n", executable=True)), "run") == []


# The handler: whether its module defines it


@pytest.mark.parametrize(
    "source",
    [
        "def handler(event, context): ...",
        "async def handler(event, context): ...",
        "class handler: ...",
        "handler = make()",
        "handler: object = make()",
        "first, (second, *handler) = make()",
        "first = handler = make()",
        "import handler",
        "import handler.sub",
        "import x as handler",
        "from x import handler",
        "from x import y as handler",
        "from .x import *",
        "def __getattr__(name): ...",
        "if x:\n    def handler(): ...",
        "if x: ...\nelse:\n    handler = 1",
        "if x: ...\nelif y:\n    from x import handler",
        "try:\n    import handler\nexcept ImportError: ...",
        "try: ...\nexcept ImportError:\n    handler = None",
        "try: ...\nfinally:\n    def handler(): ...",
        "try: ...\nexcept E: ...\nelse:\n    class handler: ...",
        "with x as y:\n    def handler(): ...",
        "with x as handler: ...",
        "for handler in x: ...",
        "for x in y:\n    def handler(): ...",
        "while x:\n    import handler",
        "match x:\n    case 1:\n        def handler(): ...",
        "match x:\n    case [handler]: ...",
        "match x:\n    case [*handler]: ...",
        "match x:\n    case {**handler}: ...",
        "match x:\n    case 1 as handler: ...",
        "(handler := make())",
        "print(handler := make())",
        "if handler := make(): ...",
        "[handler := y for y in x]",
        "global handler\nhandler = 1",
        "exec(code)",
        "def f():\n    global handler\n    handler = 1\nf()",
        "globals()['handler'] = make()",
        *(["type handler = int"] if sys.version_info >= (3, 12) else []),
    ],
)
def test_every_way_to_define_a_name_is_seen(source):
    assert found(plan(entry("app.py", source)), "app.handler") == []


@pytest.mark.parametrize(
    "source",
    [
        "",
        "class App:\n    def handler(self): ...",
        "def main():\n    handler = 1",
        "def main():\n    import handler",
        "lambda: [handler for handler in x]",
        "[handler for handler in x]",
        "{handler: 1 for handler in x}",
        "if x:\n    def main():\n        handler = 1",
        "try: ...\nexcept ImportError as handler: ...",
        "match x:\n    case _: ...",
        "match x:\n    case {'a': 1}: ...",
        "match x:\n    case [*_]: ...",
        "lambda: (handler := 1)",
        "print(handler)",
        "x.handler = 1",
        "x['handler'] = 1",
        "# def handler(): ...",
        "'def handler(): ...'",
    ],
)
def test_what_defines_no_name_of_the_module_does_not_count(source):
    chosen = plan(entry("app.py", f"{source}\ny = z = 1"))

    (line,) = found(chosen, "app.handler")

    assert line.startswith("handler 'app.handler': app.py defines no 'handler'; ")


def test_a_function_that_is_not_there_is_told_with_one_of_a_like_name():
    chosen = plan(entry("app.py", "import os\n\ndef lambda_handler(event, context): ...\n"))

    assert found(chosen, "app.lambda_handlr") == [
        "handler 'app.lambda_handlr': app.py defines no 'lambda_handlr'; did you mean 'lambda_handler'?"
    ]


def test_a_function_that_is_not_there_is_told_with_what_is():
    chosen = plan(entry("app.py", "import os\n_private = 1\ndef zeta(): ...\nclass Alpha: ...\n"))

    assert found(chosen, "app.handler") == [
        "handler 'app.handler': app.py defines no 'handler'; it has 'Alpha', 'os', 'zeta'"
    ]


def test_an_empty_module_has_no_names():
    assert found(plan(entry("app.py", "")), "app.handler") == [
        "handler 'app.handler': app.py defines no 'handler'; it has no names"
    ]


def test_a_module_in_a_file_of_the_project_is_read(tmp_path):
    source = tmp_path / "app.py"
    source.write_text("def main(): ...\n")

    assert found(plan(entry("app.py", source)), "app.handler") == [
        "handler 'app.handler': app.py defines no 'handler'; it has 'main'"
    ]


def test_a_module_in_a_wheel_is_read(tmp_path):
    wheel = verified(make_wheel(tmp_path, "lib", files={"lib/app.py": "def main(): ...\n"}))
    chosen = plan(*wheel_entries(wheel, scripts_for=None))

    texts = [found(chosen, "lib.app.main"), found(chosen, "lib.app.handler")]

    assert texts == [[], ["handler 'lib.app.handler': lib/app.py defines no 'handler'; it has 'main'"]]


def test_a_module_with_an_encoding_of_its_own_is_read(tmp_path):
    source = tmp_path / "app.py"
    source.write_bytes(b"# -*- coding: latin-1 -*-\nname = '\xe9'\ndef main(): ...\n")

    assert found(plan(entry("app.py", source)), "app.main") == []


# The handler: whether its module is Python


def broken(tmp_path: Path, data: bytes) -> ArchivePlan:
    """Return a plan with a module of these bytes."""
    (tmp_path / "app.py").write_bytes(data)
    return plan(Entry("app.py", SHOP, FileContent(tmp_path / "app.py", len(data))))


def test_a_module_that_is_not_python_is_told_with_its_line(tmp_path):
    chosen = broken(tmp_path, b"x = 1\ndef main(:\n")

    assert found(chosen, "app.main", "python3.9") == [
        "handler 'app.main': app.py line 2 is not Python 3.9; invalid syntax; mend it"
    ]


@pytest.mark.parametrize("data", [b"x = '\xff'\n", b"# coding: nonsense\n", b"x = 1\0\n"])
def test_a_module_that_is_no_text_is_told(tmp_path, data):
    (line,) = found(broken(tmp_path, data), "app.main", "python3.9")

    assert line.startswith("handler 'app.main': app.py")
    assert " is not Python 3.9; " in line
    assert line.endswith("; mend it")


def test_a_module_that_python_would_only_warn_of_passes():
    assert found(plan(entry("app.py", "pattern = '\\d'\ndef main(): ...\n")), "app.main") == []


def test_syntax_newer_than_the_runtimes_python_is_told(tmp_path):
    chosen = broken(tmp_path, b"match x:\n    case 1: ...\ndef main(): ...\n")

    (line,) = found(chosen, "app.main", "python3.9")

    said = "Pattern matching is only supported in Python 3.10 and greater"
    assert re.sub(r"line \d", "line N", line) == f"handler 'app.main': app.py line N is not Python 3.9; {said}; mend it"


def test_syntax_that_this_python_does_not_know_may_be_right_for_a_newer_runtime():
    own = ".".join(map(str, sys.version_info[:2]))
    chosen = plan(entry("app.py", "\ndef main() new syntax:\n"))

    (finding,) = check_handler(candidate(chosen, config("python3.15", handler="app.main")))

    assert finding == Finding(
        "warning",
        "The handler 'app.main' could not be checked: app.py line 2 may be right for Python 3.15, but not for the "
        f"Python {own} that builds (expected ':'); build with Python 3.15 to have it checked.",
    )
