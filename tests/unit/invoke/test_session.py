"""What a function reports about its imports."""

from __future__ import annotations

import json

import pytest

from hatch_lambda.invoke.session import ImportFailure, _import_failure

REPORT = {"type": "ImportError", "message": "no", "module": "lib", "frames": [["/tmp/app.py", 3, "<module>", None]]}


def test_the_report_of_a_failed_import_is_read_with_lambdas_paths():
    failure = _import_failure(json.dumps(REPORT).encode(), lambda path: path.replace("/tmp", "/var/task"))

    assert failure == ImportFailure("ImportError", "no", "lib", (("/var/task/app.py", 3, "<module>", ""),))


@pytest.mark.parametrize(
    "body",
    [
        b"text",
        b"[" * 100_000,
        b"[]",
        b"{}",
        json.dumps(REPORT | {"module": 1}).encode(),
        json.dumps(REPORT | {"frames": [["/tmp/app.py"]]}).encode(),
        json.dumps(REPORT | {"frames": [["/tmp/app.py", "three", "", ""]]}).encode(),
    ],
)
def test_a_report_that_a_function_makes_up_is_ignored(body):
    assert _import_failure(body, str) is None
