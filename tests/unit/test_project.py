"""The project: its requirements, and the files that it adds to the zip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hatch_lambda.archive.plan import Entry, FileContent, TextContent
from hatch_lambda.errors import ProjectError
from hatch_lambda.project import Project, SelectedFile, is_executable, lambda_json, project_entries, root_dependencies
from hatch_lambda.wheels.wheel import LARGEST_SCRIPT, console_script
from tests.support.make_wheel import make_wheel
from tests.support.samples import SHOP, config, verified

T = "tool.hatch.build.targets.lambda"
METADATA = "Metadata-Version: 2.4\nName: shop\nVersion: 0.1.0\n"


def shop(*dependencies: str, **details: Any) -> Project:
    """Return a project with these requirements."""
    return Project(
        name="shop",
        version="0.1.0",
        dependencies=dependencies,
        dist_info="shop-0.1.0.dist-info",
        metadata=METADATA,
        **details,
    )


def demanded(project: Project, **options: Any) -> list[tuple[str, str]]:
    """Return the address and text of each root requirement."""
    return [
        (dependency.required_by, str(dependency.requirement))
        for dependency in root_dependencies(project, config(**options))
    ]


def problems(project: Project, **options: Any) -> list[str]:
    """Return the lines of the message that reading the requirements ends in."""
    with pytest.raises(ProjectError) as caught:
        root_dependencies(project, config(**options))
    return str(caught.value).splitlines()


# Requirements


def test_a_project_without_requirements_requires_nothing():
    assert demanded(shop()) == []


def test_chosen_features_and_groups_are_added_to_the_dependencies():
    project = shop(
        "base>=1",
        optional_dependencies={"data": ["numpy"], "web-ui": ["flask; python_version > '3'"], "other": ["other"]},
        dependency_groups={"Dev_Tools": ["black", {"include-group": "more"}], "more": ["ruff"], "docs": ["mkdocs"]},
    )

    found = demanded(project, features=("Web_UI", "data"), dependency_groups=("dev.tools",))

    assert found == [
        ("project.dependencies", "base>=1"),
        ("project.optional-dependencies.web-ui", 'flask; python_version > "3"'),
        ("project.optional-dependencies.data", "numpy"),
        ("dependency-groups.dev.tools", "black"),
        ("dependency-groups.dev.tools", "ruff"),
    ]


def test_the_projects_own_name_adds_the_requirements_of_those_extras():
    project = shop(
        "Shop[data,none]",
        "shop",
        optional_dependencies={"data": ["numpy"], "more": ["SHOP[data,more]"], "all": ["shop[more]", "pandas"]},
    )

    assert demanded(project, features=("all",)) == [
        ("project.dependencies", "numpy"),
        ("project.optional-dependencies.all", "numpy"),
        ("project.optional-dependencies.all", "pandas"),
    ]


def test_markers_hold_for_the_requirements_of_extras_too():
    project = shop(
        "shop[data]; sys_platform == 'linux' or os_name == 'nt'",
        optional_dependencies={"data": ["numpy", "pandas; python_version > '3.9' or extra == 'x'"]},
    )

    assert demanded(project) == [
        ("project.dependencies", 'numpy; sys_platform == "linux" or os_name == "nt"'),
        (
            "project.dependencies",
            'pandas; (sys_platform == "linux" or os_name == "nt") and (python_version > "3.9" or extra == "x")',
        ),
    ]


def test_all_errors_are_reported_together():
    project = shop(
        optional_dependencies={"data": [], "web": []},
        dependency_groups={"b": [], "a": [], "loop": [{"include-group": "loop"}]},
    )

    assert problems(project, features=("data", "dta"), dependency_groups=("c", "loop")) == [
        f"error: pyproject.toml [{T}] has 2 problems:",
        "  features #2: unknown extra 'dta'; did you mean 'data'? choose from data, web [unknown-extra]",
        "  dependency-groups #1: unknown group 'c'; choose from a, b, loop [unknown-group]",
        (
            "error: dependency-groups.loop: can't be resolved, because Cyclic dependency group include while resolving "
            "loop: loop includes itself; correct the group [dependency-group]"
        ),
    ]


def test_a_group_with_a_wrong_requirement_shows_it():
    project = shop(dependency_groups={"worker": ["requests =2"]})

    assert problems(project, dependency_groups=("worker",)) == [
        (
            "error: dependency-groups.worker: can't be resolved, because 'requests =2' isn't a requirement (expected "
            "semicolon (after name with no version specifier) or end); correct the group [dependency-group]"
        )
    ]


def test_an_unknown_feature_of_a_project_without_any_is_reported():
    assert problems(shop(), features=("x",), dependency_groups=("y",)) == [
        f"error: pyproject.toml [{T}] has 2 problems:",
        (
            "  features #1: unknown extra 'x'; add it to [project.optional-dependencies], or remove the entry "
            "[unknown-extra]"
        ),
        "  dependency-groups #1: unknown group 'y'; add it to [dependency-groups], or remove the entry [unknown-group]",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://host/lib-1.0-py3-none-any.whl",
        "http://user:pass@host/a/lib-1.0-py3-none-any.whl#sha256=ab",
        "https://host/lib-1.0.tar.gz",
        "git+https://host/lib.git@v1",
        "file:///home/me/lib",
    ],
)
def test_urls_are_left_to_the_dependency_sources(url):
    assert demanded(shop(f"lib @ {url}")) == [("project.dependencies", f"lib @ {url}")]


# Files


@pytest.mark.parametrize(
    ("mode", "start", "has_modes", "expected"),
    [
        (0o100644, b"#!", True, False),
        (0o100755, b"im", True, True),
        (0o100666, b"#!", False, True),
        (0o100777, b"MZ", False, False),
        (0o100666, b"", False, False),
    ],
)
def test_a_file_is_executable_by_its_mode_or_without_modes_by_its_first_line(mode, start, has_modes, expected):
    assert is_executable(mode, start, has_modes=has_modes) is expected


def selected(path: str, *, executable: bool = False, size: int = 3) -> SelectedFile:
    """Return a file that is never read."""
    return SelectedFile(Path("/source", path), path, size, executable)


def test_the_projects_files_go_where_hatch_puts_them():
    project = shop(files=(selected("shop/api.py"), selected("run.sh", executable=True)))

    found = list(project_entries(project, config(), whole=True))

    assert found[:2] == [
        Entry("shop/api.py", SHOP, FileContent(Path("/source/shop/api.py"), 3), executable=False),
        Entry("run.sh", SHOP, FileContent(Path("/source/run.sh"), 3), executable=True),
    ]


def test_the_dist_info_contains_metadata_entry_points_and_licenses():
    license_file = selected("licenses/LICENSE", executable=True)
    project = shop(entry_points="[console_scripts]\nrun = shop:main\n", licenses=(license_file,))

    found = {entry.path: entry for entry in project_entries(project, config(), whole=True)}

    assert list(found) == [
        "shop-0.1.0.dist-info/METADATA",
        "shop-0.1.0.dist-info/entry_points.txt",
        "shop-0.1.0.dist-info/licenses/LICENSE",
    ]
    assert found["shop-0.1.0.dist-info/METADATA"].content == TextContent(METADATA.encode())
    assert found["shop-0.1.0.dist-info/entry_points.txt"].content == TextContent(project.entry_points.encode())
    assert found["shop-0.1.0.dist-info/licenses/LICENSE"] == Entry(
        "shop-0.1.0.dist-info/licenses/LICENSE", SHOP, FileContent(license_file.source, 3), executable=False
    )


def test_a_project_without_entry_points_has_no_file_of_them():
    found = [entry.path for entry in project_entries(shop(), config(), whole=True)]

    assert found == ["shop-0.1.0.dist-info/METADATA"]


def test_lambda_json_has_target_and_packages(tmp_path):
    path = make_wheel(tmp_path, "lib", "2.0")
    wheel = verified(path)
    selected = config("python3.12", "arm64", handler="shop.api.main")

    found = lambda_json(shop(), selected, [wheel], ())

    assert found == {
        "schema": 1,
        "kind": "function",
        "archive": None,
        "name": "shop",
        "version": "0.1.0",
        "runtime": "python3.12",
        "architecture": "arm64",
        "handler": "shop.api.main",
        "layers": [],
        "distributions": [
            {
                "name": "lib",
                "version": "2.0",
                "wheel": "lib-2.0-py3-none-any.whl",
                "sha256": wheel.sha256,
                "size": path.stat().st_size,
            }
        ],
    }


@pytest.mark.parametrize("scripts", [True, False])
def test_console_scripts_go_to_bin_where_scripts_are_asked_for(scripts):
    project = shop(console_scripts={"run": "shop:main"})

    found = list(project_entries(project, config("python3.12", scripts=scripts), whole=True))

    assert (console_script("run", "shop:main", SHOP, "3.12") in found) is scripts
    assert len(found) == 1 + scripts


@pytest.mark.parametrize(("size", "content"), [(20, TextContent), (LARGEST_SCRIPT + 1, FileContent)])
def test_the_first_line_of_a_python_script_names_lambdas_python_unless_the_script_is_huge(tmp_path, size, content):
    source = tmp_path / "run"
    source.write_bytes(b"#!/usr/bin/python3\n".ljust(size, b"#"))
    project = shop(scripts=(SelectedFile(source, "run", size, executable=True),))

    *_, found = project_entries(project, config("python3.12", scripts=True), whole=True)

    assert (found.path, found.executable, type(found.content)) == ("bin/run", True, content)


@pytest.mark.parametrize("whole", [True, False])
def test_a_wheel_of_the_project_is_added_without_its_dist_info_to_a_zip_that_is_not_whole(tmp_path, whole):
    wheel = verified(make_wheel(tmp_path, "shop", "0.1.0", files={"shop.py": ""}))

    found = {entry.path for entry in project_entries(shop(wheel=wheel), config(), whole=whole)}

    assert found == {"shop.py"} | ({"shop-0.1.0.dist-info/METADATA", "shop-0.1.0.dist-info/WHEEL"} if whole else set())
