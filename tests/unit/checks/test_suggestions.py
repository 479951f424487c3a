"""What could be removed from a zip, and which lines do that."""

from __future__ import annotations

from typing import Any

import pytest

from hatch_lambda.archive.plan import Entry, TextContent
from hatch_lambda.checks.suggestions import SMALLEST, suggestions
from tests.support.make_elf import make_elf, with_sections
from tests.support.samples import candidate, config, entry, origin, plan

LIBRARY = make_elf(module="fast")
WHOLE = with_sections(LIBRARY, [(".symtab", 0, b"s" * SMALLEST)])
CUT = len(WHOLE) - len(LIBRARY)
BIG = "x" * SMALLEST
CLIENTS = [entry(f"botocore/data/{name}/2020-01-01/service-2.json", BIG, origin("botocore")) for name in ("s3", "sqs")]


def of(name: str, path: str, data: str | bytes = BIG) -> Entry:
    """Return a file of a package."""
    content = TextContent(data if isinstance(data, bytes) else data.encode())
    return Entry(path, origin(name), content)


def suggested(*entries: Entry, **options: Any) -> list[tuple[str, int]]:
    """Return each line and the bytes that it saves."""
    found = suggestions(candidate(plan(*entries), config(**options)))
    return [(suggestion.line, suggestion.saved) for suggestion in found]


def test_groups_of_slim_that_save_something_are_in_one_line_with_those_that_are_set():
    files = [
        of("lib", "lib/__init__.py", ""),
        of("lib", "lib/tests/a.txt"),
        of("lib", "lib/a.pyi"),
        of("lib", "lib/b.h", ""),
    ]

    assert suggested(*files, of("lib", "lib/_fast.so", WHOLE), slim=("docs",)) == [
        ('slim = ["docs", "tests", "type-stubs", "symbols"]', 2 * SMALLEST + CUT)
    ]


def test_libraries_of_the_project_and_those_in_tests_are_not_counted_as_symbols():
    files = [of("lib", "lib/__init__.py", ""), of("lib", "lib/tests/_fast.so", WHOLE)]

    assert suggested(*files, Entry("shop/own.so", entry("x").origin, TextContent(WHOLE))) == [
        ('slim = ["tests"]', len(WHOLE))
    ]


def test_services_are_those_for_which_the_project_creates_clients():
    own = entry("shop/api.py", "boto3.client('s3')\nboto3.resource('s3')")

    assert suggested(*CLIENTS, own, exclude_packages=("six",)) == [
        ('exclude-packages = ["six", "botocore"]', 2 * SMALLEST),
        ('aws-services = ["s3"]', SMALLEST),
    ]


def test_services_that_are_unknown_are_for_the_user_to_write():
    assert ('aws-services = ["SERVICE"]', 2 * SMALLEST) in suggested(*CLIENTS)


def test_configured_services_are_not_suggested_and_keep_the_sdk():
    assert suggested(*CLIENTS, aws_services=("s3", "sqs")) == []


def test_optional_files_and_needless_packages_are_excluded():
    files = [
        of("pyarrow", "pyarrow/libarrow_flight.so.26"),
        of("pyarrow", "pyarrow/lib.so"),
        of("pip", "pip/a.py", BIG * 2),
    ]

    assert suggested(*files, exclude_files=("docs/",)) == [
        ('exclude-packages = ["pip"]', 2 * SMALLEST),
        ('exclude-files = ["docs/", "pyarrow/*flight*"]', SMALLEST),
    ]


def test_bytecode_is_a_suggestion_if_the_option_adds_it():
    compiled = of("lib", "lib/__pycache__/a.cpython-313.pyc")

    assert suggested(compiled, bytecode=True) == [("bytecode = false", SMALLEST)]
    assert suggested(compiled) == []


def test_small_savings_are_not_suggested():
    assert suggested(of("lib", "lib/__init__.py", ""), of("lib", "lib/tests/a.txt", "small")) == []


@pytest.mark.parametrize("directory", ["python/", "python/lib/python3.13/site-packages/"])
def test_files_of_a_layer_are_named_by_their_paths_in_it(directory):
    files = [of("lib", f"{directory}lib/__init__.py", ""), of("lib", f"{directory}lib/tests/a.txt")]

    (found,) = suggestions(candidate(plan(*files), config(kind="layer")))

    assert found.files == {f"{directory}lib/tests/a.txt": SMALLEST}
