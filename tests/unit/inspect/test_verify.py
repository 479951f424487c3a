"""An existing zip is verified against its RECORDs and its description."""

from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.archive.plan import TextContent
from hatch_lambda.archive.read import read_zip
from hatch_lambda.inspect.inspection import inspect
from hatch_lambda.inspect.verify import Verification, verify_records
from tests.support.deployments import function_zip, layer_zip
from tests.support.existing_zips import installed, our_zip, zip_of
from tests.support.zips import contents

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hatch_lambda.diagnostics import Message

REBUILD = "rebuild the zip, or download it again [record-mismatch]"


def changed(path: Path, files: dict[str, bytes | None]) -> Path:
    """Rewrite the zip with other contents of these files, or without them; its RECORDs stay."""
    whole = {name: content for name, content in {**contents(path), **files}.items() if content is not None}
    return zip_of(path.parent / "changed", whole, path.name)


def texts(messages: Iterable[Message]) -> tuple[str, ...]:
    """Return the whole text of each error or warning."""
    return tuple(map(str, messages))


def test_a_zip_of_ours_agrees_with_its_records(tmp_path):
    assert verify_records(read_zip(our_zip(tmp_path))) == Verification(2, 6, (), ())


def test_a_file_that_does_not_match_record_is_an_error(tmp_path):
    path = changed(our_zip(tmp_path), {"shop/api.py": b"def handler(event, context): ...\n"})

    assert tuple(map(str, verify_records(read_zip(path)).problems)) == (
        f"shop/api.py: doesn't match its hash in shop-0.1.0.dist-info/RECORD; {REBUILD}",
    )


@pytest.mark.parametrize("files", [{}, {"folder/": ""}])
def test_a_zip_without_files_is_a_problem(tmp_path, files):
    path = zip_of(tmp_path, files)

    found = verify_records(read_zip(path))

    assert list(map(str, found.problems)) == [
        (
            f"{path}: contains no files, and Lambda rejects an empty zip; check which files are selected, and "
            "rebuild it "
            "[empty-archive]"
        )
    ]


def test_files_that_went_and_came_are_problems_in_a_zip_of_ours(tmp_path):
    path = changed(our_zip(tmp_path), {"shop/api.py": None, "stranger": b""})

    assert tuple(map(str, verify_records(read_zip(path)).problems)) == (
        f"shop-0.1.0.dist-info/RECORD: lists 'shop/api.py', which isn't in the zip; {REBUILD}",
        f"stranger: no RECORD lists it; {REBUILD}",
    )


def test_of_many_missing_files_the_first_are_listed_and_the_others_counted(tmp_path):
    member = "shop-0.1.0.dist-info/RECORD"
    lines = "".join(f"gone/{number:04},sha256=x,1\n" for number in range(1234))
    path = our_zip(tmp_path)

    found = verify_records(read_zip(changed(path, {member: contents(path)[member] + lines.encode()})))

    assert len(found.problems) == 101
    assert tuple(map(str, found.problems[:1] + found.problems[-2:])) == (
        f"shop-0.1.0.dist-info/RECORD: lists 'gone/0000', which isn't in the zip; {REBUILD}",
        f"shop-0.1.0.dist-info/RECORD: lists 'gone/0099', which isn't in the zip; {REBUILD}",
        f"RECORD: 1,134 more listed files aren't in the zip; {REBUILD}",
    )


def test_another_version_than_in_the_zips_description_is_an_error(tmp_path):
    path = our_zip(tmp_path)
    member = "shop-0.1.0.dist-info/lambda.json"
    described = json.loads(contents(path)[member])
    described["distributions"][0]["version"] = "2.0"

    found = verify_records(read_zip(changed(path, {member: json.dumps(described).encode()})))

    assert texts(found.problems) == (
        f"{member}: doesn't match its hash in shop-0.1.0.dist-info/RECORD; {REBUILD}",
        f"lib-1.0.dist-info: is lib 1.0, but the zip's lambda.json declares 2.0; {REBUILD}",
    )


def test_files_that_another_tool_excluded_are_a_warning(tmp_path):
    path = zip_of(tmp_path, installed("lib", record="lib/gone.py,sha256=AAAA,1\nlib/__pycache__/a.pyc,,\n"))

    found = verify_records(read_zip(path))

    assert (found.records, found.hashed, found.problems) == (1, 0, ())
    assert list(map(str, found.warnings)) == [
        (
            f"{path.name}: 1 file in a RECORD isn't in the zip; ignore this if you excluded files on purpose "
            "[missing-files]"
        )
    ]


def test_a_distribution_without_a_record_is_a_warning(tmp_path):
    path = zip_of(tmp_path, installed("lib", record=None))

    assert list(map(str, verify_records(read_zip(path)).warnings)) == [
        (
            "lib 1.0: has no RECORD, so its files can't be verified; keep its dist-info directory when you build "
            "the zip "
            "[no-record]"
        )
    ]


def test_a_layer_under_python_agrees_with_records_that_count_from_there(tmp_path):
    digest = TextContent(b"name = 'lib'\n").digest
    files = installed("lib", root="python/")
    files["python/lib-1.0.dist-info/RECORD"] = f"lib/__init__.py,{digest},13\n"

    assert verify_records(read_zip(zip_of(tmp_path, files))) == Verification(1, 1, (), ())


@pytest.mark.parametrize("listed", [5, [5], [{"name": 5, "version": "1"}], [{"name": "lib"}]])
def test_a_description_that_makes_no_sense_is_passed_over(tmp_path, listed):
    described = json.dumps({"schema": 1, "kind": "function", "distributions": listed})
    path = zip_of(tmp_path, {**installed("lib"), "hatch-lambda/shop.json": described})

    assert verify_records(read_zip(path)).problems == ()


@pytest.mark.parametrize(
    ("runtime", "problem"),
    [
        (None, None),
        ("python3.13", None),
        (
            "python3.12",
            (
                "not a layer for python3.12 on x86_64, because it is for python3.13 on x86_64; pass its "
                "--runtime and --architecture [layer-mismatch]"
            ),
        ),
    ],
)
def test_a_layer_is_checked_for_the_runtime_that_is_named(tmp_path, runtime, problem):
    found = inspect(read_zip(layer_zip(tmp_path)), runtime=runtime, architecture="x86_64")

    assert texts(found.problems) == ((f"deps-1.zip: {problem}",) if problem else ())


def test_a_layer_whose_modules_are_not_on_the_runtimes_path_is_an_error(tmp_path):
    path = zip_of(tmp_path, {"python/lib/python3.11/site-packages/lib.py": ""}, "deps.zip")

    found = inspect(read_zip(path), runtime="python3.13", architecture="arm64")

    assert texts(found.problems) == (
        (
            "deps.zip: not a layer for python3.13 on arm64, because it has its modules in "
            "python/lib/python3.11/site-packages, which python3.13 doesn't search; pass its --runtime and "
            "--architecture [layer-mismatch]"
        ),
    )


def test_the_zip_of_a_function_is_not_a_layer_of_another(tmp_path):
    path = function_zip(tmp_path)

    found = inspect(read_zip(path), layers=[read_zip(path)])

    assert texts(found.problems) == (
        (
            "shop-new.zip: not a layer for python3.13 on x86_64, because it is the zip of a function; pass "
            "another zip with --layer [layer-mismatch]"
        ),
    )


def test_checks_of_deep_paths_use_no_more_memory_than_the_paths(tmp_path):
    names = [f"{index:03}/{'d/' * 2000}m.py" for index in range(200)]
    archive = read_zip(zip_of(tmp_path, dict.fromkeys(["app.py", *names], ""), "deep.zip"))
    tracemalloc.start()
    try:
        inspect(archive, runtime="python3.13", architecture="x86_64", handler="app.handler")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 20 * sum(map(len, names))
