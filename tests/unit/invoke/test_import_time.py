"""The output of ``-X importtime``, read and summed up by package."""

from __future__ import annotations

from hatch_lambda.archive.plan import ArchivePlan, Entry, Origin, TextContent
from hatch_lambda.invoke.import_time import ImportedModule, ImportLog, by_package, import_time_lines


def plan(*paths: str, owner: str = "") -> ArchivePlan:
    return ArchivePlan(tuple(Entry(path, Origin(owner, "", None), TextContent(b"")) for path in paths))


def test_lines_about_imports_are_taken_out_of_the_output_after_the_handler_starts():
    shown: list[str] = []
    log = ImportLog(shown.append)

    for line in (
        "import time: self [us] | cumulative | imported package",
        "import time:        50 |         50 | zlib",
        "import time: the handler",
        "hello",
        "no end of lineimport time:       300 |        400 |   lib.inner",
        "import time: something else",
    ):
        log.add(line)

    assert log.modules == [ImportedModule("lib.inner", 300)]
    assert shown == ["hello", "no end of line", "import time: something else"]


def test_times_are_summed_up_by_package():
    function = plan("lib/__init__.py", "lib/inner.cpython-313-x86_64-linux-gnu.so", owner="lib")
    layer = plan("python/app.py", "python/lib/python3.13/site-packages/deep/x.py", "python/data.txt")
    names = ["lib", "lib.inner", "lib.other", "app", "deep.x", "json", "json.decoder"]
    modules = [ImportedModule(name, 1000 * number) for number, name in enumerate(names, 1)]

    packages = by_package(modules, [function, layer])

    assert [(package.name, package.microseconds) for package in packages] == [
        ("Python", 13000),
        ("other files", 9000),
        ("lib", 6000),
    ]
    assert list(import_time_lines(packages)) == [
        "     28.0 ms  7 modules",
        "     13.0 ms  ├─ Python",
        "      7.0 ms  │  ├─ json.decoder",
        "      6.0 ms  │  └─ json",
        "      9.0 ms  ├─ other files",
        "      5.0 ms  │  ├─ deep.x",
        "      4.0 ms  │  └─ app",
        "      6.0 ms  └─ lib",
        "      3.0 ms     ├─ lib.other",
        "      2.0 ms     ├─ lib.inner",
        "      1.0 ms     └─ lib",
    ]


def test_the_tree_ends_after_twenty_packages_and_five_modules():
    plans = [plan(f"p{number:02}.py", owner=f"p{number:02}") for number in range(22)]
    modules = [ImportedModule(f"p{number:02}", 1000) for number in range(22)]
    many = [ImportedModule(f"m{number}", 2000) for number in range(7)]

    lines = list(import_time_lines(by_package([*modules, *many], plans)))

    assert lines[7] == "      4.0 ms  │  └─ (2 more)"
    assert lines[-1] == "      3.0 ms  (3 more packages)"
