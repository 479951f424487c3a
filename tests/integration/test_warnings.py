"""Warnings that are ignored by their codes, or that are errors."""

from __future__ import annotations

MISSING = "import nosuchmodule\n\n\ndef handler(event, context):\n    return 0\n"
TABLE = "tool.hatch.build.targets.lambda"


def test_a_warning_names_its_code(project):
    project.configure('handler = "shop.api.handler"')
    project.write("shop/api.py", MISSING)

    built = project.build()

    assert built.code == 0
    assert built.output.splitlines()[-1] == (
        "warning: shop/api.py:1: 'nosuchmodule' isn't in the zip or in python3.13; add it to project.dependencies, or "
        "ignore this if a layer provides it [missing-import]"
    )


def test_a_warning_whose_code_is_ignored_is_not_printed(project):
    project.configure('handler = "shop.api.handler"\nignore-warnings = ["missing-import"]')
    project.write("shop/api.py", MISSING)

    built = project.build()

    assert (built.code, "warning" in built.output) == (0, False)


def test_warnings_are_errors_if_the_run_is_strict_and_the_existing_zip_stays(project):
    project.configure('handler = "shop.api.handler"')
    before = project.build().archive.read_bytes()
    project.write("shop/api.py", MISSING)

    built = project.build(HATCH_LAMBDA_STRICT="1")

    assert built.code == 1
    assert built.output.startswith("error: shop/api.py:1: 'nosuchmodule' isn't in the zip or in python3.13; ")
    assert built.archive.read_bytes() == before
    assert [path.name for path in built.archive.parent.iterdir()] == [built.archive.name]


def test_a_strict_run_without_other_warnings_than_ignored_ones_builds(project):
    project.configure('handler = "shop.api.handler"\nignore-warnings = ["missing-import"]')
    project.write("shop/api.py", MISSING)

    assert project.build(HATCH_LAMBDA_STRICT="1").code == 0


def test_codes_that_no_warning_has_are_errors(project):
    project.configure('ignore-warnings = ["missing-imports", "no-wheel", "xyz"]')

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: pyproject.toml [{TABLE}] has 3 problems:\n"
            "  ignore-warnings #1: unknown code 'missing-imports'; did you mean 'missing-import'? [unknown-code]\n"
            "  ignore-warnings #2: 'no-wheel' is the code of an error, which can't be ignored; remove it "
            "[unknown-code]\n"
            "  ignore-warnings #3: unknown code 'xyz'; remove it [unknown-code]\n"
        ),
    )
