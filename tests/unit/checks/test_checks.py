"""What Lambda would reject or fail on: sizes and the handler."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hatch_lambda.archive.plan import ArchivePlan, Entry, FileContent, Origin
from hatch_lambda.checks import check_candidate
from hatch_lambda.checks.handler import check_handler
from hatch_lambda.checks.limits import check_unzipped, check_zipped, format_size
from hatch_lambda.errors import PlanError
from hatch_lambda.runtime.runtimes import AMAZON_LINUX_2023, Runtime
from hatch_lambda.wheels.wheel import wheel_entries
from tests.support.make_wheel import make_wheel
from tests.support.samples import SHOP, TOO_DEEP, candidate, config, entry, origin, plan, reported, verified

if TYPE_CHECKING:
    from hatch_lambda.runtime.target import Architecture

API = entry("shop/api.py", "def handler(event, context):\n    return event\n")
PACKAGE = entry("shop/__init__.py", "")
OWN = ".".join(map(str, sys.version_info[:2]))


def sized(size: int, name: str = "big") -> Entry:
    """Return an entry of that many bytes, which is never read."""
    return Entry(f"{name}/file", origin(name), FileContent(Path(__file__), size))


def found(
    selected: ArchivePlan, handler: str, runtime: str = "python3.13", architecture: Architecture = "x86_64"
) -> list[str]:
    """Return the text of each error that the handler's check finds."""
    diagnostics = list(check_handler(candidate(selected, config(runtime, architecture, handler=handler))))
    assert all(diagnostic.severity == "error" for diagnostic in diagnostics)
    return [str(diagnostic) for diagnostic in diagnostics]


# Sizes


def test_a_zip_of_the_largest_size_passes():
    assert list(check_unzipped(candidate(plan(sized(262_143_999)), config()))) == []


def too_large(selected: ArchivePlan, **options: Any) -> str:
    """Return the whole text of the error on a zip that is too large."""
    (diagnostic,) = check_unzipped(candidate(selected, config(**options)))
    assert diagnostic.severity == "error"
    return str(diagnostic)


EXCLUDE = "remove files with exclude-files or packages with exclude-packages [too-large]"


def test_a_zip_of_one_byte_more_is_an_error_that_names_the_largest_packages():
    selected = plan(sized(262_000_000, "a"), sized(100_000, "b"), sized(43_000, "c"), sized(1_000, "d"))

    assert too_large(selected) == (
        "shop.zip: 250.0 MiB unzipped exceeds Lambda's 250 MiB limit by less than 0.1 MiB (largest: a 249.9 MiB, "
        f"b 0.1 MiB, c less than 0.1 MiB, …); {EXCLUDE}"
    )


def test_files_of_no_package_are_named_by_their_paths():
    unowned = Origin("", "", None)
    files = [replace(sized(size), origin=unowned, path=path) for path, size in {"a.bin": 200 << 20, "b.bin": 1}.items()]

    assert too_large(plan(*files, sized(100 << 20, "lib"))) == (
        "shop.zip: 300.0 MiB unzipped exceeds Lambda's 250 MiB limit by 50.0 MiB (largest: a.bin 200.0 MiB, lib "
        f"100.0 MiB, b.bin less than 0.1 MiB); {EXCLUDE}"
    )


def test_a_lower_limit_is_named_by_its_option():
    assert too_large(plan(sized(12 << 20)), max_size=10 << 20) == (
        f"shop.zip: 12.0 MiB unzipped exceeds max-size (10.0 MiB) by 2.0 MiB (largest: big 12.0 MiB); {EXCLUDE}"
    )


def unused(mebibytes: int, path: str, owner: str = "lib") -> Entry:
    """Return a file of so many MiB that functions don't use, if its path says so."""
    return replace(sized(mebibytes << 20, owner), path=path)


PACKAGE_OF_LIB = entry("lib/__init__.py", "", origin("lib"))


def test_lines_that_are_enough_are_in_the_fix():
    files = PACKAGE_OF_LIB, unused(10, "lib/tests/data.bin"), unused(4, "lib/core.pyi")

    assert too_large(plan(sized(240 << 20), *files)) == (
        "shop.zip: 254.0 MiB unzipped exceeds Lambda's 250 MiB limit by 4.0 MiB (largest: big 240.0 MiB, lib "
        '14.0 MiB); set slim = ["tests", "type-stubs"] (saves 14.0 MiB) [too-large]'
    )


def test_lines_that_are_not_enough_are_in_the_fix_too():
    files = PACKAGE_OF_LIB, unused(1, "lib/tests/data.bin"), unused(2, "pip/a.py", "pip")

    assert too_large(plan(sized(255 << 20), *files), exclude_packages=("six",)).endswith(
        '; set exclude-packages = ["six", "pip"] (saves 2.0 MiB), slim = ["tests"] (saves 1.0 MiB), exclude '
        "packages or files for the rest [too-large]"
    )


@pytest.mark.parametrize("path", ["lib/testing/data.bin", "lib/tests.bin"])
def test_other_files_are_not_in_the_fix(path):
    assert too_large(plan(sized(255 << 20), PACKAGE_OF_LIB, unused(4, path))).endswith(f"; {EXCLUDE}")


def test_a_limit_above_lambdas_allows_more():
    assert list(check_unzipped(candidate(plan(sized(10**9)), config(max_size=10**9)))) == []


def test_a_zip_that_lambda_accepts_directly_passes():
    assert list(check_zipped("shop.zip", 52_428_800)) == []


def test_a_zip_that_has_to_be_deployed_from_s3_warns():
    assert reported(check_zipped("shop.zip", 60 << 20)) == [
        (
            "warning",
            (
                "shop.zip: 60.0 MiB zipped exceeds the 50 MiB that Lambda accepts directly; deploy it from S3 "
                "with --s3-bucket BUCKET [large-zip]"
            ),
        )
    ]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (104_857, "102.4 KiB"),
        (104_858, "0.1 MiB"),
        (1 << 20, "1.0 MiB"),
        (1_600_000, "1.5 MiB"),
        (5000 << 20, "5,000.0 MiB"),
    ],
)
def test_sizes_are_in_the_unit_that_fits(size, text):
    assert format_size(size) == text


# All checks


def test_errors_of_all_checks_are_reported_together():
    with pytest.raises(PlanError) as caught:
        check_candidate(candidate(plan(sized(12 << 20)), config(max_size=10 << 20, handler="handler")))

    assert str(caught.value).splitlines() == [
        (
            "error: shop.zip: 12.0 MiB unzipped exceeds max-size (10.0 MiB) by 2.0 MiB (largest: big 12.0 MiB); "
            f"{EXCLUDE}"
        ),
        (
            "error: handler 'handler': doesn't name a module; write it as 'package.module.function', or name an "
            "executable in the zip [handler-not-found]"
        ),
    ]


def test_a_plan_without_problems_passes():
    assert check_candidate(candidate(plan(PACKAGE, API), config(handler="shop.api.handler"))) == ()


def test_warnings_of_checks_are_returned():
    selected = plan(entry("app.py", "def main(event, context): ...\n".ljust((16 << 20) + 1)))

    warnings = check_candidate(candidate(selected, config(handler="app.main")))

    text = "app.py: not checked, because it is larger than 16 MiB; move its data to another file [unchecked]"
    assert reported(warnings) == [("warning", text)]


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
def test_a_function_of_a_module_in_the_zip_passes(path, handler):
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
def test_an_extension_module_is_accepted(suffix):
    assert found(plan(entry("native" + suffix, "\x7fELF")), "native.anything", architecture="arm64") == []


@pytest.mark.parametrize("suffix", [".cpython-313-x86_64-linux-gnu.so", ".cpython-312-aarch64-linux-gnu.so", ".pyd"])
def test_an_extension_module_for_another_machine_does_not_count(suffix):
    assert found(plan(entry("native" + suffix, "\x7fELF")), "native.main", architecture="arm64") == [
        (
            "handler 'native.main': no module 'native' in the zip, whose top level has nothing; correct the "
            "name, or include the module's file [handler-not-found]"
        )
    ]


def test_a_package_is_preferred_to_a_module_and_an_extension_module_to_source():
    package = entry("app/__init__.py", "def of_package(event, context): ...\n")
    module = entry("app.py", "def of_module(event, context): ...\n")
    extension = entry("app.so", "\x7fELF")

    texts = [
        found(plan(package, module), "app.of_package"),
        found(plan(package, module), "app.of_module"),
        found(plan(extension, module), "app.anything"),
    ]

    assert texts == [
        [],
        [
            (
                "handler 'app.of_module': app/__init__.py doesn't define 'of_module'; did you mean 'of_package'? "
                "[handler-not-found]"
            )
        ],
        [],
    ]


def test_a_missing_module_is_reported_with_the_existing_ones():
    selected = plan(PACKAGE, API, entry("tool.py", "", origin("tool")), entry("numpy/__init__.py", "", origin("numpy")))

    assert found(selected, "app.main") == [
        (
            "handler 'app.main': no module 'app' in the zip, whose top level has 'shop', 'numpy', 'tool'; "
            "correct the name, or include the module's file [handler-not-found]"
        )
    ]


def test_files_that_cannot_be_imported_are_not_listed():
    paths = ["data.txt", "bin/run", "lib-1.0.dist-info/METADATA", "lib.libs/libx.so", "a.py"]

    assert found(plan(*map(entry, paths)), "app.main") == [
        (
            "handler 'app.main': no module 'app' in the zip, whose top level has 'a'; correct the name, or "
            "include the module's file [handler-not-found]"
        )
    ]


def test_a_long_list_of_names_stops():
    selected = plan(*(entry(f"m{number}.py") for number in range(9)))

    assert found(selected, "app.main") == [
        (
            "handler 'app.main': no module 'app' in the zip, whose top level has 'm0', 'm1', 'm2', 'm3', 'm4', "
            "'m5', 'm6', 'm7', … (9 in total); correct the name, or include the module's file [handler-not-found]"
        )
    ]


@pytest.mark.parametrize(
    ("path", "handler", "module"),
    [
        ("shop/handlers/api.py", "api.handler", "api"),
        ("shop/handlers/api.py", "handler.api.handler", "handler.api"),
        ("src/api.py", "api.handler", "api"),
    ],
)
def test_a_module_of_that_name_elsewhere_is_pointed_at(path, handler, module):
    assert found(plan(entry(path)), handler) == [
        (
            f"handler {handler!r}: no module {module!r} in the zip, but it has {path}; correct the name, or "
            "include the module's file [handler-not-found]"
        )
    ]


def test_a_package_that_was_included_with_src_is_reported_with_the_option_that_includes_it_alone():
    assert found(plan(entry("src/shop/api.py", "def handler(event, context): ...")), "shop.api.handler") == [
        (
            "handler 'shop.api.handler': the zip has src/shop/api.py, which isn't importable as 'shop.api'; set "
            'packages = ["src/shop"] [handler-not-found]'
        )
    ]


def test_a_namespace_package_has_no_functions():
    assert found(plan(entry("space/deep/api.py")), "space.deep") == [
        (
            "handler 'space.deep': 'space' is a directory without __init__.py, which has no functions; set "
            "handler to a function of a module in it [handler-not-found]"
        )
    ]


def test_the_default_of_the_console_is_named_as_such():
    other = entry("lib.py", "def handler(event, context): ...\n", origin("lib"))

    assert found(plan(API, entry("data.txt"), other), "lambda_function.lambda_handler") == [
        (
            "handler 'lambda_function.lambda_handler': no module 'lambda_function' in the zip (the default "
            "of AWS's console), whose top level has 'shop', 'lib'; did you mean 'shop.api.handler'? "
            "[handler-not-found]"
        )
    ]


def test_a_handler_without_a_module_is_reported():
    assert found(plan(API), "handler") == [
        (
            "handler 'handler': doesn't name a module; write it as 'package.module.function', or name an "
            "executable in the zip [handler-not-found]"
        )
    ]


def test_a_long_sum_is_not_too_deep():
    selected = plan(entry("app.py", f"total = {' + '.join(['1'] * 1500)}\ndef main(event, context): ...\n"))

    assert found(selected, "app.main") == []


@pytest.mark.parametrize("value", TOO_DEEP)
def test_a_module_too_deep_for_the_build_python_is_reported(value):
    selected = plan(entry("app.py", f"total = {value}\ndef main(event, context): ...\n"))

    diagnostics = reported(check_handler(candidate(selected, config(handler="app.main"))))

    text = (
        f"app.py: not checked, because it is nested too deeply for Python {OWN}, which runs the build; split its "
        "longest expression [unchecked]"
    )
    assert diagnostics == [("warning", text)]


def test_a_module_of_an_implausible_size_is_not_read():
    selected = plan(entry("app.py", "def main(event, context): ...\n".ljust((16 << 20) + 1)))

    diagnostics = reported(check_handler(candidate(selected, config(handler="app.main"))))

    text = "app.py: not checked, because it is larger than 16 MiB; move its data to another file [unchecked]"
    assert diagnostics == [("warning", text)]


@pytest.mark.parametrize("name", ["zlib", "select", "resource", "nt"])
def test_what_is_built_into_the_build_python_does_not_matter(name, monkeypatch):
    monkeypatch.setattr(sys, "builtin_module_names", (*sys.builtin_module_names, name))

    assert found(plan(entry(f"{name}.py", "def main(event, context): ...\n")), f"{name}.main") == []


@pytest.mark.parametrize("handler", ["sys.main", "time/app.main", "builtins.x.main"])
def test_a_module_built_into_python_is_rejected(handler):
    module = handler.replace("/", ".").split(".")[0]
    selected = plan(entry(f"{module}.py", "def main(event, context): ...\n"))

    assert found(selected, handler) == [
        (
            f"handler {handler!r}: Lambda can't load {module}.py, because {module!r} is a built-in Python module; "
            "rename the file [shadows-stdlib]"
        )
    ]


def test_a_program_of_the_zip_passes():
    assert found(plan(entry("run.sh", "#!/bin/sh\n", executable=True)), "run.sh") == []


def test_a_program_without_the_mode_is_not_executable():
    assert found(plan(entry("run.sh", "#!/bin/sh\n")), "run.sh") == [
        (
            "handler 'run.sh': the file is in the zip, but isn't executable; run 'chmod +x' on run.sh in your "
            "project [handler-not-executable]"
        )
    ]


def test_an_executable_script_with_windows_line_ends_is_rejected():
    assert found(plan(entry("run.sh", "#!/bin/sh\r\nexit 0\r\n", executable=True)), "run.sh") == [
        (
            "handler 'run.sh': Linux can't run it, because its first line ends in CR LF; save it with LF line "
            "ends, and add 'run.sh text eol=lf' to .gitattributes [handler-not-executable]"
        )
    ]


def test_an_executable_that_is_not_a_script_can_have_any_bytes():
    assert found(plan(entry("run", "\x7fELF\r\n", executable=True)), "run") == []


# The handler: whether its module defines it


@pytest.mark.parametrize(
    "source",
    [
        "def handler(event, context): ...",
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
def test_code_that_defines_no_name_of_the_module_does_not_count(source):
    selected = plan(entry("app.py", f"{source}\ny = z = 1"))

    (line,) = found(selected, "app.handler")

    assert line.startswith("handler 'app.handler': app.py doesn't define 'handler'; ")


def test_a_missing_function_is_reported_with_a_similar_one():
    selected = plan(entry("app.py", "import os\n\ndef lambda_handler(event, context): ...\n"))

    assert found(selected, "app.lambda_handlr") == [
        (
            "handler 'app.lambda_handlr': app.py doesn't define 'lambda_handlr'; did you mean 'lambda_handler'? "
            "[handler-not-found]"
        )
    ]


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("import os\n_private = 1\ndef zeta(): ...\ndef alpha(): ...", "choose from 'alpha', 'zeta'"),
        ("import os\n_private = 1\ndef zeta(): ...\nclass Alpha: ...", "did you mean 'zeta'?"),
        ("import os\n_private = 1\nclass Alpha: ...", "choose from 'Alpha', 'os'"),
    ],
)
def test_a_function_that_is_not_there_is_reported_with_the_functions_or_else_the_names(text, fix):
    assert found(plan(entry("app.py", text)), "app.handler") == [
        f"handler 'app.handler': app.py doesn't define 'handler'; {fix} [handler-not-found]"
    ]


def test_an_empty_module_has_no_names():
    assert found(plan(entry("app.py", "")), "app.handler") == [
        (
            "handler 'app.handler': app.py doesn't define 'handler'; define it as def handler(event, context) "
            "[handler-not-found]"
        )
    ]


def test_a_module_in_a_file_of_the_project_is_read(tmp_path):
    source = tmp_path / "app.py"
    source.write_text("def main(event, context): ...\n")

    assert found(plan(entry("app.py", source)), "app.handler") == [
        "handler 'app.handler': app.py doesn't define 'handler'; did you mean 'main'? [handler-not-found]"
    ]


def test_a_module_in_a_wheel_is_read(tmp_path):
    wheel = verified(make_wheel(tmp_path, "lib", files={"lib/app.py": "def main(event, context): ...\n"}))
    selected = plan(*wheel_entries(wheel, scripts_for=None))

    texts = [found(selected, "lib.app.main"), found(selected, "lib.app.handler")]

    assert texts == [
        [],
        [("handler 'lib.app.handler': lib/app.py doesn't define 'handler'; did you mean 'main'? [handler-not-found]")],
    ]


def test_a_module_with_a_declared_encoding_is_read(tmp_path):
    source = tmp_path / "app.py"
    source.write_bytes(b"# -*- coding: latin-1 -*-\nname = '\xe9'\ndef main(event, context): ...\n")

    assert found(plan(entry("app.py", source)), "app.main") == []


# The handler: whether its module is Python


def broken(tmp_path: Path, data: bytes) -> ArchivePlan:
    """Return a plan with a module of these bytes."""
    (tmp_path / "app.py").write_bytes(data)
    return plan(Entry("app.py", SHOP, FileContent(tmp_path / "app.py", len(data))))


def test_a_module_that_is_not_python_is_reported_with_its_line(tmp_path):
    selected = broken(tmp_path, b"x = 1\ndef main(:\n")

    assert found(selected, "app.main", "python3.9") == [
        "app.py:2: not valid Python 3.9 (invalid syntax); correct the syntax [syntax-error]"
    ]


@pytest.mark.parametrize("data", [b"x = '\xff'\n", b"# coding: nonsense\n", b"x = 1\0\n"])
def test_a_module_that_is_not_text_is_reported(tmp_path, data):
    (line,) = found(broken(tmp_path, data), "app.main", "python3.15")

    assert re.fullmatch(r"app\.py(:1)?: not valid Python 3\.15 \(.*\); correct the syntax \[syntax-error\]", line)


def test_a_module_that_python_would_only_warn_of_passes():
    assert found(plan(entry("app.py", "pattern = '\\d'\ndef main(event, context): ...\n")), "app.main") == []


def test_syntax_newer_than_the_runtimes_python_is_reported(tmp_path):
    selected = broken(tmp_path, b"match x:\n    case 1: ...\ndef main(event, context): ...\n")

    (line,) = found(selected, "app.main", "python3.9")

    said = "Pattern matching is only supported in Python 3.10 and greater"
    assert re.sub(r":\d:", ":N:", line) == f"app.py:N: not valid Python 3.9 ({said}); correct the syntax [syntax-error]"


@pytest.mark.parametrize("text", ["\ndef main() new syntax:\n", "\ndef main(event, context)\n    return 1\n"])
def test_code_that_no_python_can_parse_is_an_error_with_any_build_python(text):
    (diagnostic,) = check_handler(candidate(plan(entry("app.py", text)), config("python3.15", handler="app.main")))

    assert (diagnostic.severity, str(diagnostic)) == (
        "error",
        ("app.py:2: not valid Python 3.15 (expected ':'); correct the syntax [syntax-error]"),
    )


NEW_SYNTAX = {
    (3, 11): ["try: ...\nexcept* ValueError: ...", "x[*y]"],
    (3, 12): ["type X = int", "def f[T](x): ...", "class A[T]: ...", "f'{x['a']}'", 'f"""{\nx["""\n"""]}"""'],
    (3, 13): ["def f[T = int](x): ...", "type X[T = int] = T"],
    (3, 14): ["t'{x}'", "try: ...\nexcept A, B: ..."],
    (3, 15): ["lazy import json", "lazy from x import y", "[*y for y in x]", "{**y for y in x}"],
}


@pytest.mark.parametrize(
    ("version", "text"), [(version, text) for version, texts in NEW_SYNTAX.items() for text in texts]
)
def test_syntax_of_a_newer_python_might_be_right(version, text):
    name = ".".join(map(str, version))
    selected = plan(entry("app.py", f"{text}\ndef main(event, context): ...\n"))

    diagnostics = list(check_handler(candidate(selected, config(f"python{name}", handler="app.main"))))

    if sys.version_info[:2] >= version:
        assert diagnostics == []
    else:
        (diagnostic,) = diagnostics
        assert diagnostic.severity == "warning"
        assert re.fullmatch(
            rf"app\.py:\d: not checked, because Python {OWN} can't parse it \(.*\), but Python {name} might; build "
            rf"with Python {name} \[unchecked\]",
            str(diagnostic),
        )


def test_syntax_of_a_runtime_that_is_newer_than_all_that_are_known_might_be_right():
    made = candidate(plan(entry("app.py", "def main() new syntax:\n")), config(handler="app.main"))
    newer = replace(made.config.target, runtime=Runtime("python3.99", (3, 99), 0, AMAZON_LINUX_2023, "custom"))

    (diagnostic,) = check_handler(replace(made, config=replace(made.config, target=newer)))

    assert (diagnostic.severity, str(diagnostic)) == (
        "warning",
        (
            f"app.py:1: not checked, because Python {OWN} can't parse it (expected ':'), but Python 3.99 might; build "
            "with Python 3.99 [unchecked]"
        ),
    )


# The handler: modules that Lambda never loads from the zip


@pytest.mark.parametrize("name", ["json", "logging", "types", "re", "site", "encodings", "simplejson", "awslambdaric"])
def test_a_module_that_the_runtime_has_loaded_is_an_error(name):
    because = f"because the runtime has already loaded its own {name!r} module"
    code = "shadows-runtime" if name in {"simplejson", "awslambdaric"} else "shadows-stdlib"
    handler = "def main(event, context): ...\n"

    assert found(plan(entry(f"{name}.py", handler)), f"{name}.main") == [
        f"handler '{name}.main': Lambda can't load {name}.py, {because}; rename the file [{code}]"
    ]
    assert found(plan(entry(f"{name}/__init__.py"), entry(f"{name}/api.py", handler)), f"{name}/api.main") == [
        f"handler '{name}/api.main': Lambda can't load {name}/__init__.py, {because}; rename the directory [{code}]"
    ]


@pytest.mark.parametrize("name", ["queue", "email", "typing", "orders"])
def test_a_module_that_the_runtime_has_not_loaded_passes(name):
    assert found(plan(entry(f"{name}.py", "def main(event, context): ...\n")), f"{name}.main") == []


def test_a_directory_without_init_that_has_the_name_of_a_standard_module_is_rejected():
    assert found(plan(entry("queue/worker.py", "def main(event, context): ...\n")), "queue.worker.main") == [
        (
            "handler 'queue.worker.main': Lambda can't load queue/, because Python imports its own 'queue' "
            "module instead of a directory without __init__.py; rename the directory [shadows-stdlib]"
        )
    ]


# The handler: what is meant


ORDERS = (entry("orders/__init__.py"), entry("orders/api.py", "import os\ndef handler(event, context): ...\n"))


@pytest.mark.parametrize(
    ("handler", "problem"),
    [
        ("orders.api", "names a module, not a function"),
        ("orders/api", "names a module, not a function"),
        ("orders/api.py", "a handler has no .py"),
        ("orders.api.py", "a handler has no .py"),
        ("orders/api.py.handler", "a handler has no .py"),
        ("src/orders/api.py", "a handler has no .py"),
        ("src.orders.api.handler", "src/ isn't part of the module name"),
        ("src/orders/api.handler", "src/ isn't part of the module name"),
        ("src.orders.api", "src/ isn't part of the module name"),
        ("services.orders.src.orders.api.handler", "services/orders/src/ isn't part of the module name"),
        ("api.handler", "no module 'api' in the zip"),
        ("order.api.handler", "no module 'order.api' in the zip"),
    ],
)
def test_the_likely_handler_is_suggested(handler, problem):
    assert found(plan(*ORDERS), handler) == [
        (f"handler {handler!r}: {problem}; did you mean 'orders.api.handler'? [handler-not-found]")
    ]


def test_a_flat_handler_that_names_its_module_only_is_reported():
    flat = plan(entry("app.py", "def lambda_handler(event, context): ...\n"))

    texts = [found(flat, "app"), found(flat, "app.py"), found(flat, "src.app.lambda_handler")]

    assert texts == [
        ["handler 'app': names a module, not a function; did you mean 'app.lambda_handler'? [handler-not-found]"],
        ["handler 'app.py': a handler has no .py; did you mean 'app.lambda_handler'? [handler-not-found]"],
        [
            (
                "handler 'src.app.lambda_handler': src/ isn't part of the module name; did you mean "
                "'app.lambda_handler'? [handler-not-found]"
            ),
        ],
    ]


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("def lambda_handler(event, context): ...\ndef a(event, context): ...\n", "lambda_handler"),
        ("def zeta(event, context): ...\ndef _alpha(event, context): ...\n", "zeta"),
        ("handler = Mangum(app)\n", "handler"),
    ],
)
def test_the_likeliest_function_of_a_named_module_is_suggested(text, function):
    assert found(plan(entry("orders/api.py", text)), "orders.api") == [
        (
            f"handler 'orders.api': names a module, not a function; did you mean 'orders.api.{function}'? "
            "[handler-not-found]"
        )
    ]


@pytest.mark.parametrize("text", ["import os\n", "def broken(:\n"])
def test_a_module_without_functions_is_not_proposed(text):
    assert found(plan(entry("orders/__init__.py"), entry("orders/api.py", text)), "orders.api") == [
        (
            "handler 'orders.api': orders/__init__.py doesn't define 'api'; define it as def api(event, context) "
            "[handler-not-found]"
        )
    ]


@pytest.mark.parametrize("text", ["from . import api", "from orders import api", "from . import api as api"])
def test_a_package_that_imports_its_module_has_no_function_of_that_name(text):
    assert found(plan(entry("orders/__init__.py", text), ORDERS[1]), "orders.api") == [
        "handler 'orders.api': names a module, not a function; did you mean 'orders.api.handler'? [handler-not-found]"
    ]


@pytest.mark.parametrize("text", ["from .api import handler as api", "from . import other as api", "api = make()"])
def test_a_package_can_have_a_function_with_the_name_of_its_module(text):
    assert found(plan(entry("orders/__init__.py", text), ORDERS[1]), "orders.api") == []


def test_a_module_of_a_dependency_is_not_proposed():
    lib = entry("lib/api.py", "def handler(event, context): ...\n", origin("lib"))

    assert found(plan(lib), "src.lib.api.handler") == [
        (
            "handler 'src.lib.api.handler': no module 'src.lib.api' in the zip, whose top level has 'lib'; "
            "correct the name, or include the module's file [handler-not-found]"
        )
    ]


def test_a_module_instead_of_an_inner_package_is_named():
    selected = plan(entry("pkg/__init__.py"), entry("pkg/sub.abi3.so"), entry("pkg/sub/app.py"))

    assert found(selected, "pkg.sub.app.handler") == [
        (
            "handler 'pkg.sub.app.handler': Python can't import pkg/sub/app.py, because it imports "
            "pkg/sub.abi3.so instead of pkg/sub/; rename one of them [handler-not-found]"
        )
    ]


def test_a_module_instead_of_the_package_is_named():
    selected = plan(entry("orders.py"), entry("orders/api.py", "def handler(event, context): ...\n"))

    assert found(selected, "orders.api.handler") == [
        (
            "handler 'orders.api.handler': Python can't import orders/api.py, because it imports orders.py "
            "instead of orders/; rename one of them [handler-not-found]"
        )
    ]


# The handler: whether Lambda can call it


def call(text: str) -> list[str]:
    """Return what is reported about a handler in a module of this text."""
    return found(plan(entry("app.py", text)), "app.handler")


@pytest.mark.parametrize(
    "text",
    [
        "async def handler(event, context): ...",
        "async def main(event, context): ...\nhandler = main",
        "async def main(event, context): ...\nother: object = main\nhandler: object = other",
        "from x import *\nasync def handler(event, context): ...",
        "handler = None\nif x:\n    handler = 1\nasync def handler(event, context): ...",
    ],
)
def test_an_async_function_is_an_error(text):
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "async" in one)

    assert call(text) == [
        (
            f"app.py:{line}: handler 'app.handler' is an async function, which Lambda doesn't await; define a "
            "plain function that calls asyncio.run() [handler-signature]"
        )
    ]


def test_generators_are_errors():
    texts = [call("async def handler(event, context):\n    yield 1"), call("def handler(event, context):\n    yield 1")]

    assert texts == [
        [
            (
                "app.py:1: handler 'app.handler' is an async generator, which Lambda doesn't await; define a "
                "plain function that calls asyncio.run() [handler-signature]"
            )
        ],
        [
            (
                "app.py:1: handler 'app.handler' is a generator, which Lambda doesn't iterate over; return a "
                "value that can be converted to JSON [handler-signature]"
            )
        ],
    ]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("", "accepts no arguments, but Lambda passes 2"),
        ("event", "accepts 1 argument, but Lambda passes 2"),
        ("event, /", "accepts 1 argument, but Lambda passes 2"),
        ("event=None", "accepts 1 argument, but Lambda passes 2"),
        ("**kwargs", "accepts no arguments, but Lambda passes 2"),
        ("event, *, context=None", "accepts 1 argument, but Lambda passes 2"),
        ("event, context, extra", "requires 3 arguments, but Lambda passes 2"),
        ("event, context, extra, *more", "requires 3 arguments, but Lambda passes 2"),
        ("event, *, context", "requires the keyword 'context', which Lambda doesn't pass"),
        ("event, context, *, extra", "requires the keyword 'extra', which Lambda doesn't pass"),
    ],
)
def test_a_function_that_cannot_take_event_and_context_is_rejected(arguments, problem):
    fix = "define it with the arguments (event, context)"
    expected = [f"app.py:1: handler 'app.handler' {problem}; {fix} [handler-signature]"]

    assert call(f"def handler({arguments}): ...") == expected
    assert call(f"handler = lambda {arguments}: 1") == expected


@pytest.mark.parametrize(
    "arguments",
    [
        "event, context",
        "event, context, /",
        "event, context=None",
        "event=None, context=None, extra=None",
        "*args",
        "event, *rest",
        "*args, **kwargs",
        "event, context, *, extra=None, **kwargs",
    ],
)
def test_a_function_that_can_take_event_and_context_passes(arguments):
    assert call(f"def handler({arguments}): ...") == []
    assert call(f"handler = lambda {arguments}: 1") == []


@pytest.mark.parametrize(
    "text",
    [
        "@decorated\nasync def handler(event): ...",
        "async def handler(event): ...\nhandler = wrapped(handler)",
        "async def handler(event): ...\nfrom x import handler",
        "async def handler(event): ...\nfrom x import *",
        "async def handler(event): ...\ndef f():\n    global handler\n    handler = x",
        "async def handler(event): ...\nglobals()['handler'] = x",
        "if x:\n    async def handler(event): ...",
        "try:\n    from x import handler\nexcept ImportError:\n    async def handler(event): ...",
        "class handler: ...",
        "(handler, x) = (lambda: 1), 2",
        "handler = other\nother = handler",
        "handler = partial(f, 1)",
        "handler: object",
        "def handler(event, context):\n    def inner():\n        yield 1\n    return [x for x in inner()]",
        "def handler(event, context):\n    return asyncio.run(main(event))\nasync def main(event): ...",
    ],
)
def test_what_might_be_a_function_for_event_and_context_passes(text):
    assert call(text) == []


def test_an_error_that_only_compiling_reveals_is_reported():
    assert found(plan(entry("app.py", "def handler(event, context): ...\nreturn 1\n")), "app.handler") == [
        "app.py:2: not valid Python 3.13 ('return' outside function); correct the syntax [syntax-error]"
    ]
