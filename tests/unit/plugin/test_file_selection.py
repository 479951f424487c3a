"""Where the handler's module is in a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hatch_lambda.plugin.file_selection import handler_paths, usual_paths

if TYPE_CHECKING:
    from pathlib import Path


def with_files(root: Path, *paths: str) -> Path:
    """Return the directory with these empty files in it."""
    for path in paths:
        root.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        root.joinpath(path).write_text("")
    return root


@pytest.mark.parametrize(
    ("handler", "file", "path"),
    [
        ("handler.main", "handler.py", "handler.py"),
        ("app.main", "app/__init__.py", "app"),
        ("orders.api.main", "orders/api.py", "orders"),
        ("orders.api.main", "src/orders/api.py", "src/orders"),
        ("orders.api.main", "src/orders/api/__init__.py", "src/orders"),
        ("orders/api.main", "functions/orders/api.py", "functions/orders"),
        ("handler.main", "src/handler.py", "src/handler.py"),
        ("app.main", "hello_world/app.py", "hello_world/app.py"),
    ],
)
def test_the_module_of_the_handler_is_found_in_the_root_and_in_each_directory(tmp_path, handler, file, path):
    root = with_files(tmp_path, file, "pyproject.toml", "src/other/__init__.py")

    assert handler_paths(root, handler) == [path]


@pytest.mark.parametrize(
    "file",
    [
        "tests/handler.py",
        ".hidden/handler.py",
        "node_modules/handler.py",
        "a/b/handler.py",
        "handlers.py",
        "handler/other.py",
    ],
)
def test_a_module_elsewhere_is_not_the_handlers(tmp_path, file):
    assert handler_paths(with_files(tmp_path, file), "handler.main") == []


def test_a_virtual_environment_is_not_searched(tmp_path):
    root = with_files(tmp_path, "mine/pyvenv.cfg", "mine/handler.py")

    assert handler_paths(root, "handler.main") == []


def test_all_paths_of_the_module_are_returned(tmp_path):
    root = with_files(tmp_path, "app.py", "one/app.py", "two/app/__init__.py")

    assert handler_paths(root, "app.main") == ["app.py", "one/app.py", "two/app"]


@pytest.mark.parametrize("handler", ["", "main", ".main", "..main", "run.sh", "../app.main", "src.orders.api.main"])
def test_a_handler_without_a_module_of_the_project_is_found_nowhere(tmp_path, handler):
    root = with_files(tmp_path, "src/orders/api.py", "main.py", "run.sh")

    assert handler_paths(root, handler) == []


def test_likely_modules_of_a_handler_have_usual_names(tmp_path):
    files = ("app.py", "setup.py", "src/orders/__init__.py", "src/notes/a.py", "shop/__init__.py", "tests/__init__.py")

    assert usual_paths(with_files(tmp_path, *files)) == ["app.py", "src/orders", "shop"]
