"""The build hook: zips next to the wheel, for front ends that build only sdists and wheels."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import zips

if TYPE_CHECKING:
    from tests.conftest import ProjectDirectory

ENABLED = {"HATCH_BUILD_HOOK_ENABLE_LAMBDA": "1"}
HOOK = "\n[tool.hatch.build.targets.wheel.hooks.lambda]\nenable-by-default = false\n"
EDITABLE = "\n[tool.hatch.build]\ndev-mode-dirs = ['.']\n"
EVERYWHERE = "\n[tool.hatch.build.hooks.lambda]\n"
ZIP = "shop-0.1.0-lambda-python3.13-x86_64.zip"
WHEEL = "shop-0.1.0-py3-none-any.whl"
SDIST = "shop-0.1.0.tar.gz"


def run(project: ProjectDirectory, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a module of this Python in the project's directory."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project.root,
        env={**project.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def dist(project: ProjectDirectory) -> list[str]:
    """Return what was built."""
    return sorted(path.name.replace("py2.py3", "py3") for path in (project.root / "dist").iterdir())


def test_a_front_end_that_knows_no_targets_makes_sdist_wheel_and_zip(index, project):
    index.add("lib")
    project.configure(HOOK, dependencies=["lib"])

    done = run(project, "build", "--no-isolation", **ENABLED)

    assert done.returncode == 0, done.stdout
    assert dist(project) == [ZIP, WHEEL, SDIST]
    assert zips.distributions(project.root / "dist" / ZIP) == ["lib 1.0"]


@pytest.mark.api("hatchling")
def test_the_zip_is_the_one_that_the_target_makes(index, project):
    index.add("lib")
    project.configure(HOOK, dependencies=["lib"])
    project.build(target="wheel", **ENABLED)
    before = zips.directory(project.root / "dist")[ZIP]

    project.build("--clean")

    assert zips.directory(project.root / "dist")[ZIP] == before


def test_a_hook_that_is_not_enabled_makes_no_zip_and_needs_no_index(index, project):
    index.add("lib")
    project.configure(HOOK, dependencies=["lib"])

    done = run(project, "build", "--no-isolation")

    assert (done.returncode, dist(project)) == (0, [WHEEL, SDIST])
    assert index.requests == []


def test_an_editable_install_makes_no_zip_and_needs_no_index(index, project, tmp_path):
    index.add("lib")
    project.configure(HOOK + EDITABLE, dependencies=["lib"])
    options = ("--no-deps", "--no-build-isolation", "--target", str(tmp_path / "site"))

    done = run(project, "pip", "install", *options, "--editable", ".", PIP_DISABLE_PIP_VERSION_CHECK="1", **ENABLED)

    assert done.returncode == 0, done.stdout
    assert (tmp_path / "site/shop-0.1.0.dist-info").is_dir()
    assert not (project.root / "dist").exists()
    assert index.requests == []


def test_all_files_of_the_target_are_printed_and_next_to_the_wheel(project):
    tables = "[tool.hatch.build.targets.lambda.layers.base]\n[tool.hatch.build.targets.lambda.functions.api]\n"
    project.configure(tables + HOOK)

    built = project.build("--directory", "made", target="wheel", **ENABLED)

    assert [line for line in built.output.splitlines() if line.endswith(".zip")] == [
        "made/shop-0.1.0-lambda_layer-base-python3.13-x86_64.zip",
        "made/shop-0.1.0-lambda-api-python3.13-x86_64.zip",
    ]
    assert len(list((project.root / "made").iterdir())) == 3


def test_a_hook_of_all_targets_builds_once_and_only_with_the_wheel(project):
    project.configure(EVERYWHERE)

    sdist = project.build(target="sdist")
    wheel = project.build(target="wheel")
    archive = project.build(target="lambda")

    assert sdist.archives == ()
    assert [built.output.count(ZIP) for built in (sdist, wheel, archive)] == [0, 1, 1]


def test_an_editable_wheel_makes_no_zip(project):
    project.configure(EVERYWHERE + EDITABLE)

    built = project.build(target="wheel:editable")

    assert built.code == 0, built.output
    assert built.archives == ()


def test_an_error_in_the_zip_is_one_line(project):
    project.configure('handler = "shop.api.main"\n' + HOOK)

    built = project.build(target="wheel", **ENABLED)

    assert (built.code, built.output) == (
        1,
        (
            "error: handler 'shop.api.main': shop/api.py doesn't define 'main'; did you mean 'handler'? "
            "[handler-not-found]\n"
        ),
    )
    assert built.archives == ()


def test_an_error_in_the_table_is_one_line_before_the_wheel_exists(project):
    project.configure("scripts = 1\n" + HOOK)

    built = project.build(target="wheel", **ENABLED)

    assert (built.code, built.output) == (
        1,
        (
            "error: tool.hatch.build.targets.lambda.scripts: expected true or false, found 1; write scripts = true "
            "[option-type]\n"
        ),
    )


def test_another_front_end_ends_with_the_line_too(project):
    project.configure('handler = "shop.api.main"\n' + HOOK)

    done = run(project, "build", "--no-isolation", "--wheel", **ENABLED)

    assert done.returncode == 1
    assert (
        "error: handler 'shop.api.main': shop/api.py doesn't define 'main'; did you mean 'handler'? [handler-not-found]"
        in done.stdout.splitlines()
    )
    assert "Traceback" not in done.stdout


@pytest.mark.api("hatchling")
def test_clean_removes_wheel_and_zips(project):
    project.configure(HOOK)
    project.build(target="wheel", **ENABLED)
    project.write("dist/other.zip")

    cleaned = project.build("--clean-only", target="wheel", **ENABLED)

    assert (cleaned.code, dist(project)) == (0, ["other.zip"])


def test_a_clean_build_removes_what_an_older_version_left(project):
    project.configure(HOOK)
    project.build(target="wheel", **ENABLED)
    project.configure(HOOK, version="0.2.0")

    project.build("--clean", target="wheel", **ENABLED)

    assert dist(project) == ["shop-0.2.0-lambda-python3.13-x86_64.zip", "shop-0.2.0-py3-none-any.whl"]


def test_clean_of_the_sdist_leaves_the_zips(project):
    project.configure(EVERYWHERE)
    project.build(target="wheel")

    project.build("--clean-only", target="sdist")

    assert dist(project) == [ZIP, WHEEL]


def test_zips_stay_if_hooks_clean_up(project):
    project.configure(HOOK)

    project.build(target="wheel", HATCH_BUILD_CLEAN_HOOKS_AFTER="1", **ENABLED)

    assert dist(project) == [ZIP, WHEEL]
