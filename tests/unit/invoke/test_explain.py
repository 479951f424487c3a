"""What a failure means: which package needs what is missing."""

from __future__ import annotations

import pytest

from hatch_lambda.archive.plan import ArchivePlan, Entry, Origin, TextContent
from hatch_lambda.invoke.explain import Setting, explained_failure
from hatch_lambda.invoke.session import ImportFailure, Outcome

SETTING = Setting(add_variable="set {}", add_layer="add its layer", more_time="wait", other="fix it")


def plan(**owners: str) -> ArchivePlan:
    entries = [
        Entry(f"{name}/__init__.py", Origin(owner, "1.0", None), TextContent(b"")) for name, owner in owners.items()
    ]
    return ArchivePlan(tuple(entries))


ROOTS = [("/var/task", plan(app="shop", psycopg="psycopg", cffi="cffi", weasyprint="weasyprint")), ("/opt", plan())]


def failure(kind: str, message: str, module: str | None, *frames: tuple[str, str]) -> Outcome:
    lines = tuple((f"/var/task/{name}/__init__.py", 3, "<module>", code) for name, code in frames)
    frozen = ("<frozen importlib._bootstrap>", 1, "_find", "")
    return Outcome(ok=False, body="{}", seconds=1.0, failure=ImportFailure(kind, message, module, (*lines, frozen)))


def explained(outcome: Outcome) -> str:
    return str(explained_failure("handler 'app.f'", outcome, ROOTS, SETTING)[0])


@pytest.mark.parametrize(
    ("outcome", "problem"),
    [
        (
            failure("ModuleNotFoundError", "No module named 'yaml.x'", "yaml.x", ("app", "import yaml.x")),
            (
                "shop 1.0 imports 'yaml.x', which isn't in the zip or on Lambda; add the package "
                "that includes 'yaml' to project.dependencies, or add its layer"
            ),
        ),
        (
            failure("ModuleNotFoundError", "No module named 'app.x'", "app.x", ("app", "import app.x")),
            "shop 1.0 imports 'app.x', which isn't in the zip or on Lambda; fix the import, or select the file",
        ),
        (
            failure("ModuleNotFoundError", "No module named 'ap'", "ap"),
            "neither the zip nor a layer contains the module 'ap'; fix the handler, or add its layer",
        ),
        (
            failure(
                "ImportError",
                "no pq wrapper available.\n- libpq library not found",
                None,
                ("app", ""),
                ("psycopg", "x"),
            ),
            "psycopg 1.0 needs libpq, which isn't in the zip or on Lambda; require psycopg[binary]",
        ),
        (
            failure(
                "OSError",
                "cannot load library 'libgobject-2.0-0': no such file",
                None,
                ("weasyprint", ""),
                ("cffi", ""),
            ),
            (
                "weasyprint 1.0 needs libgobject-2.0-0, which isn't in the zip or on Lambda; add "
                "it to lib/ in the zip with force-include, or use a layer that includes it"
            ),
        ),
        (
            failure("ImportError", "libxml9.so.2: cannot open shared object file", "lib", ("other", "")),
            (
                "it needs libxml9.so.2, which isn't in the zip or on Lambda; add it to lib/ in "
                "the zip with force-include, or use a layer that includes it"
            ),
        ),
        (
            failure("KeyError", "'TABLE'", None, ("app", "table = os.environ['TABLE']")),
            "the environment variable 'TABLE' isn't set; set TABLE",
        ),
        (failure("KeyError", "'a'", None, ("app", "{}['a']")), "of KeyError: 'a'; fix it"),
        (failure("ValueError", "", None), "of ValueError; fix it"),
        (
            failure("ImportError", "cannot import name 'x' from 'y'", "y", ("app", "")),
            "of ImportError: cannot import name 'x' from 'y'; fix it",
        ),
        (Outcome(ok=False, body="<html>", seconds=1.0), "of an error that isn't JSON: '<html>'; fix it"),
        (
            Outcome(ok=False, body='{"errorType": "Sandbox.Timedout", "errorMessage": "Init timed out"}', seconds=1.0),
            "of Sandbox.Timedout: Init timed out; wait",
        ),
    ],
)
def test_a_handler_that_cannot_be_loaded_is_explained(outcome, problem):
    assert explained(outcome) == f"handler 'app.f': can't be loaded, because {problem} [function-failed]"


def test_the_excerpt_is_the_end_of_the_traceback():
    outcome = failure("ImportError", "first\nsecond", None, ("a", ""), ("b", "x"), ("c", "x"), ("d", "x"), ("e", ""))

    assert explained_failure("x", outcome, ROOTS, SETTING)[1].splitlines() == [
        "Traceback (most recent call last):",
        '  File "/var/task/b/__init__.py", line 3, in <module>',
        "    x",
        '  File "/var/task/c/__init__.py", line 3, in <module>',
        "    x",
        '  File "/var/task/d/__init__.py", line 3, in <module>',
        "    x",
        '  File "/var/task/e/__init__.py", line 3, in <module>',
        "ImportError: first",
        "  second",
    ]
    assert explained_failure("x", Outcome(ok=False, body="{}", seconds=1.0), ROOTS, SETTING)[1] == ""
