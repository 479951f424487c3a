"""The AWS services for which the project's files create a client with boto3, as far as their names are literal."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from hatch_lambda.checks.python_source import LARGEST_SOURCE, SourceProblem, parse_source, source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.runtime.target import Target

_TEST_DIRECTORIES = frozenset({"test", "tests"})


class ClientCall(NamedTuple):
    """A call that creates a client or a resource, such as ``client("s3")``, and where it is."""

    path: str
    line: int
    function: str
    service: str


def client_calls(entries: Iterable[Entry], services: Collection[str], target: Target) -> Iterator[ClientCall]:
    """Yield each call for one of the services in the project's files, except in tests."""
    for entry in entries:
        *directories, name = entry.path.split("/")
        is_test = name.startswith("test_") or name == "conftest.py" or not _TEST_DIRECTORIES.isdisjoint(directories)
        is_read = entry.origin.project and name.endswith(".py") and entry.content.size <= LARGEST_SOURCE
        if is_read and not is_test:
            yield from _calls(entry, services, target)


def _calls(entry: Entry, services: Collection[str], target: Target) -> Iterator[ClientCall]:
    content = source(entry)
    if b"client" not in content and b"resource" not in content:
        return
    tree = parse_source(content, target)
    for node in ast.walk(tree) if not isinstance(tree, SourceProblem) else ():
        match node:
            case ast.Call(func=ast.Attribute(attr="client" | "resource" as function)):
                pass
            case ast.Call(func=ast.Name(id="client" | "resource" as function)):
                pass
            case _:
                continue
        values = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "service_name")]
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value in services:
                yield ClientCall(entry.path, node.lineno, function, value.value)
