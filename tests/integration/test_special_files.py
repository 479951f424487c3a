"""Reading a pipe blocks, and a device might never end: both are rejected in one line wherever a file is expected."""

from __future__ import annotations

import os

import pytest

PIPE = "it is a named pipe, not a regular file"
EXCLUDE = "fix it, or exclude it [special-file]"


@pytest.fixture
def pipe(project):
    os.mkfifo(project.root / "shop/pipe")
    return project.root / "shop/pipe"


def test_a_pipe_among_the_files_is_reported_by_name(project, pipe):
    built = project.build()

    assert (built.code, built.output) == (1, f"error: {pipe}: can't be read ({PIPE}); {EXCLUDE}\n")


def test_a_pipe_that_is_excluded_is_not_opened(project, pipe):
    project.configure('exclude = ["pipe"]')

    assert project.build().code == 0


def test_a_link_to_a_device_is_reported_by_its_own_name(project):
    (project.root / "shop/zeros").symlink_to("/dev/zero")

    built = project.build()

    assert (built.code, built.output) == (
        1,
        f"error: {project.root}/shop/zeros: can't be read (it is a device, not a regular file); {EXCLUDE}\n",
    )


@pytest.mark.parametrize("option", ["force-include", "shared-data", "shared-scripts"])
@pytest.mark.parametrize("source", ["made/pipe", "made"])
def test_a_pipe_that_an_option_includes_is_reported_by_name(project, option, source):
    (project.root / "made").mkdir()
    os.mkfifo(project.root / "made/pipe")
    project.configure(f'packages = ["shop"]\nscripts = true\n{option} = {{ "{source}" = "x" }}')

    built = project.build()

    assert (built.code, built.output) == (1, f"error: {project.root}/made/pipe: can't be read ({PIPE}); {EXCLUDE}\n")


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("pylock.toml", "run 'hatch build -t lambda:lock'"),
        ("requirements.txt", "create it, or remove the option lock"),
    ],
)
def test_a_pipe_instead_of_a_lock_is_reported_by_name(project, name, fix):
    os.mkfifo(project.root / name)
    project.configure(f'lock = "{name}"', dependencies=["lib"])

    built = project.build()

    assert (built.code, built.output) == (1, f"error: {name}: can't be read ({PIPE}); {fix} [lock-not-found]\n")


def test_a_pipe_instead_of_a_local_dependencys_pyproject_is_reported_by_name(project):
    (project.root / "sibling").mkdir()
    os.mkfifo(project.root / "sibling/pyproject.toml")
    project.configure(
        dependencies=["sibling @ {root:uri}/sibling"], project="[tool.hatch.metadata]\nallow-direct-references = true"
    )

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: project.dependencies: requires sibling from {project.root}/sibling, whose pyproject.toml can't be "
            f"read ({PIPE}); fix the file [unreadable-file]\n"
        ),
    )
