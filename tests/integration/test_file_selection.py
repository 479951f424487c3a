"""Files that are selected without options, and options that select nothing."""

from __future__ import annotations

import pytest

from tests.support import zips

T = "tool.hatch.build.targets.lambda"
HANDLER = "def handler(event, context):\n    return {}\n"
NOTHING = f"error: {T}: no files selected, because no directory is named my_service (from project.name)"


@pytest.mark.parametrize(
    ("handler", "file", "path", "inside"),
    [
        ("lambda_function.handler", "lambda_function.py", "lambda_function.py", "lambda_function.py"),
        ("orders.api.handler", "src/orders/api.py", "src/orders", "orders/api.py"),
        ("orders.handler", "orders/__init__.py", "orders", "orders/__init__.py"),
        ("app.handler", "hello_world/app.py", "hello_world/app.py", "app.py"),
    ],
)
def test_without_options_the_file_of_the_handler_is_selected_and_named(project, handler, file, path, inside):
    project.configure(f'handler = "{handler}"', name="my-service")
    project.write(file, HANDLER)
    project.write("tests/test_it.py")

    built = project.build()

    assert built.code == 0, built.output
    assert f"  files: {path}, which contains the handler\n" in built.output
    assert [name for name in zips.names(built.archive) if ".dist-info/" not in name] == [inside]


def test_each_function_gets_the_file_of_its_own_handler(project):
    project.configure(
        f'[{T}.functions.one]\nhandler = "one.handler"\n[{T}.functions.two]\nhandler = "two.handler"\n',
        name="my-service",
    )
    project.write("one.py", HANDLER)
    project.write("src/two.py", HANDLER)

    built = project.build()

    assert built.code == 0, built.output
    assert [zips.names(path)[-1] for path in built.archives] == ["one.py", "two.py"]


def test_an_option_of_the_wheel_still_selects_the_files(project):
    project.configure(
        'handler = "shop.api.handler"',
        name="my-service",
        project='[tool.hatch.build.targets.wheel]\npackages = ["shop"]\n',
    )

    built = project.build()

    assert built.code == 0, built.output
    assert "  files: " not in built.output


@pytest.mark.parametrize(
    ("options", "files", "message"),
    [
        ("", ["app.py"], f'{NOTHING}; add only-include = ["app.py"] or packages = ["shop"] [no-files-selected]\n'),
        (
            'handler = "app.handler"',
            ["one/app.py", "two/app/__init__.py"],
            (
                f"{NOTHING}, and several contain the handler 'app.handler'; "
                'add packages = ["one/app.py"] or packages = ["two/app"] [no-files-selected]\n'
            ),
        ),
        (
            'handler = "app.handler"',
            [],
            (
                f"{NOTHING}, and none contains the handler 'app.handler'; "
                'add packages = ["shop"] [no-files-selected]\n'
            ),
        ),
    ],
)
def test_no_files_are_one_message_with_the_line_to_add(project, options, files, message):
    project.configure(options, name="my-service")
    for file in files:
        project.write(file, HANDLER)

    built = project.build()

    assert (built.code, built.output, built.archives) == (1, message, ())


def test_the_line_that_the_message_has_works(project):
    project.configure('packages = ["one/app.py"]\nhandler = "app.handler"', name="my-service")
    project.write("one/app.py", HANDLER)

    built = project.build()

    assert built.code == 0, built.output
    assert "app.py" in zips.names(built.archive)


def test_a_project_with_nothing_to_select_is_one_message(project):
    project.configure(name="my-service")
    (project.root / "shop/__init__.py").unlink()

    built = project.build()

    assert (built.code, built.output) == (1, f'{NOTHING}; add packages = ["src/PACKAGE"] [no-files-selected]\n')


def test_a_wrong_option_of_hatch_is_reported_and_not_that_nothing_is_selected(project):
    project.configure('force-include = { "" = "shop" }\nhandler = "orders.api.handler"', name="my-service")

    built = project.build()

    assert built.code == 1
    assert built.output == (
        f"error: pyproject.toml: Source #1 in field `{T}.force-include` cannot be an empty string; correct it "
        "[metadata]\n"
    )


def test_the_directory_of_a_package_is_not_a_package(project):
    project.configure('packages = ["src"]\nhandler = "orders.api.handler"')
    project.write("src/orders/api.py", HANDLER)

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: {T}.packages #1: 'src' keeps its own name in the zip, so handler 'orders.api.handler' isn't "
            'found; use packages = ["src/orders"] [handler-not-found]\n'
        ),
    )


def test_a_package_is_the_directory_of_another_if_a_source_names_it(project):
    project.configure('packages = ["src"]\nsources = ["src"]\nhandler = "orders.api.handler"')
    project.write("src/orders/api.py", HANDLER)

    assert project.build().code == 0


def test_a_pattern_without_a_slash_matches_at_any_depth(project):
    project.configure('include = ["api.py"]')

    built = project.build()

    assert built.code == 0, built.output
    assert "shop/api.py" in zips.names(built.archive)


@pytest.mark.parametrize(("hook", "code"), [("pass", 1), ("build_data['dependencies'].append('lib')", 0)])
def test_dynamic_dependencies_that_no_hook_sets_are_one_message(index, project, hook, code):
    index.add("lib")
    project.configure("hooks.custom = {}", project='dynamic = ["dependencies"]\n')
    text = (project.root / "pyproject.toml").read_text("utf-8")
    project.write("pyproject.toml", text.replace("dependencies = []\n", "", 1))
    project.write(
        "hatch_build.py",
        "from hatchling.builders.hooks.plugin.interface import BuildHookInterface\n\n"
        f"class Hook(BuildHookInterface):\n    def initialize(self, version, build_data):\n        {hook}\n",
    )

    built = project.build()

    assert built.code == code
    if code:
        assert built.output == (
            "error: project.dependencies: listed in project.dynamic, but no metadata hook sets it; remove it "
            "from project.dynamic and list the dependencies, or add a metadata hook and its package to "
            "build-system.requires [metadata]\n"
        )
