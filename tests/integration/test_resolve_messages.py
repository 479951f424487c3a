"""Messages about requirements that no release satisfies, or only older ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Built

GLIBC = "cp313-cp313-manylinux_2_36_x86_64"


def error_line(built: Built) -> str:
    """Return the only line of a build that failed."""
    (line,) = built.error.splitlines()
    return line


def notes(built: Built) -> list[str]:
    """Return the lines on older releases of a build that worked."""
    assert built.code == 0, built.output
    return [line for line in built.output.splitlines() if line.startswith("  older: ")]


def test_a_name_that_no_index_has(index, project):
    project.configure(dependencies=["nosuch>=1"])

    built = project.build()

    assert error_line(built) == (
        f"error: project.dependencies: no package 'nosuch' in {index.url}; check the spelling, or set "
        "PIP_INDEX_URL to an index that has it [unknown-package]"
    )


@pytest.mark.api("pip")
def test_pips_output_follows_with_verbose(index, project):
    project.configure(dependencies=["nosuch"])

    built = project.build(HATCH_VERBOSE="1")

    assert built.output.removeprefix("Building `lambda` version `function`\n") == (
        f"error: project.dependencies: no package 'nosuch' in {index.url}; check the spelling, or set "
        "PIP_INDEX_URL to an index that has it [unknown-package]\n\npip's output:\n"
        "  ERROR: Could not find a version that satisfies the requirement nosuch (from versions: none)\n"
        "  ERROR: No matching distribution found for nosuch\n"
    )


def test_a_name_in_a_feature_is_reported_with_its_address(index, project):
    project.configure('features = ["Data"]', project='optional-dependencies.data = ["nosuch"]\n')

    built = project.build()

    assert error_line(built).startswith("error: project.optional-dependencies.data: no package 'nosuch' in ")


def test_a_name_in_a_group_is_reported_with_its_address(index, project):
    project.configure('dependency-groups = ["run"]', project='[dependency-groups]\nrun = ["nosuch"]\n')

    built = project.build()

    assert error_line(built).startswith("error: dependency-groups.run: no package 'nosuch' in ")


def test_a_name_that_only_a_dependency_requires(index, project):
    index.add("lib", requires=["nosuch"])
    project.configure(dependencies=["lib"])

    built = project.build()

    assert error_line(built) == (
        f"error: lib: no package 'nosuch' in {index.url}; use another version of lib, or set "
        "PIP_INDEX_URL to an index that has it [unknown-package]"
    )


def test_two_indexes_and_a_directory_are_all_named(index, project, tmp_path):
    project.configure(dependencies=["nosuch"])

    built = project.build(PIP_EXTRA_INDEX_URL=f"{index.url}more/", PIP_FIND_LINKS=str(tmp_path))

    assert error_line(built) == (
        f"error: project.dependencies: no package 'nosuch' in {index.url}, {index.url}more/, "
        f"{tmp_path}; check the spelling, or set PIP_INDEX_URL to an index that has it "
        "[unknown-package]"
    )


def test_without_an_index_only_the_directory_is_named(project, tmp_path):
    project.configure(dependencies=["nosuch"])

    built = project.build(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))

    assert error_line(built) == (
        f"error: project.dependencies: no package 'nosuch' in {tmp_path}; check the spelling, or set "
        "PIP_INDEX_URL to an index that has it [unknown-package]"
    )


def test_no_release_satisfies_the_requirement(index, project):
    index.add("lib", "1.0")
    index.add("lib", "1.9")
    project.configure(dependencies=["lib>=2"])

    built = project.build()

    assert error_line(built) == (
        "error: project.dependencies: no release of lib satisfies lib>=2 (the newest is 1.9); loosen "
        "the requirement [no-release]"
    )


@pytest.mark.api("pip")
def test_no_release_satisfies_a_dependencys_requirement(index, project):
    index.add("base", "1.0")
    index.add("lib", requires=["base>=2"])
    project.configure(dependencies=["lib"])

    built = project.build()

    assert error_line(built) == (
        "error: lib: no release of base satisfies base>=2 (the newest is 1.0); use another version of lib [no-release]"
    )


@pytest.mark.api("pip")
def test_only_yanked_releases(index, project):
    index.yanked[index.add("lib", "1.0").name] = "it is broken"
    project.configure(dependencies=["lib<2"])

    built = project.build()

    assert error_line(built) == (
        "error: project.dependencies: every release of lib that satisfies lib<2 was yanked (the "
        "newest is 1.0); require lib==1.0 to use it anyway [yanked]"
    )


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        (
            [GLIBC],
            (
                "it needs glibc 2.36 or newer, the runtime's glibc is 2.34; build a wheel on Amazon Linux "
                "and add its directory to find-links"
            ),
        ),
        (
            ["cp310-cp310-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_28_x86_64"],
            "its wheels are for cp310, cp312, the runtime is cp313; use runtime python3.12",
        ),
        (
            ["cp314-cp314-manylinux_2_17_x86_64", "cp315-cp315-manylinux_2_17_x86_64"],
            "its wheels are for cp314, cp315, the runtime is cp313; use runtime python3.14 or newer",
        ),
        (
            ["cp313-cp313t-manylinux_2_17_x86_64"],
            (
                "its wheels are for cp313t, the runtime is cp313; build a wheel on Amazon Linux and add its "
                "directory to find-links"
            ),
        ),
        (
            ["cp313-cp313-win_amd64", "cp313-cp313-macosx_11_0_arm64"],
            ("its wheels are for macosx arm64, win_amd64; add the marker sys_platform != 'linux' to the requirement"),
        ),
        (
            ["cp313-cp313-musllinux_1_2_x86_64", "cp313-cp313-linux_x86_64"],
            (
                "its wheels are for linux_x86_64, musllinux x86_64; build a wheel on Amazon Linux and add "
                "its directory to find-links"
            ),
        ),
        (
            ["cp313-cp313-manylinux_2_28_aarch64", "cp313-cp313-win_amd64"],
            "its wheels are for manylinux aarch64, win_amd64; use architecture arm64",
        ),
    ],
    ids=[
        "glibc",
        "older Pythons",
        "newer Pythons",
        "free-threaded",
        "other systems",
        "other C library",
        "architecture",
    ],
)
def test_no_wheel_that_the_runtime_loads(index, project, tags, problem):
    for tag in tags:
        index.add("num", "2.0", tag=tag)
    project.configure(dependencies=["num"])

    built = project.build()

    assert error_line(built) == f"error: num 2.0: no wheel for python3.13 on x86_64, because {problem} [no-wheel]"


def test_no_wheel_for_the_old_glibc_of_a_runtime_names_a_runtime_with_a_newer_one(index, project):
    for python in ("311", "312", "313"):
        index.add("num", "2.0", tag=f"cp{python}-cp{python}-manylinux_2_28_aarch64")
    project.configure('architecture = "arm64"', dependencies=["num"])

    built = project.build(HATCH_LAMBDA_RUNTIME="python3.11")

    assert error_line(built) == (
        "error: num 2.0: no wheel for python3.11 on arm64, because it needs glibc 2.28 or newer, the "
        "runtime's glibc is 2.26; use runtime python3.13 [no-wheel]"
    )


def test_no_wheel_in_the_allowed_releases_names_the_newest_that_has_one(index, project):
    index.add("num", "1.5", tag="cp313-cp313-manylinux_2_28_x86_64")
    index.add("num", "1.0")
    index.add("num", "2.0", tag=GLIBC)
    project.configure(dependencies=["num>=2"])

    built = project.build()

    assert error_line(built) == (
        "error: num 2.0: no wheel for python3.13 on x86_64, because it needs glibc 2.36 or newer, "
        "the runtime's glibc is 2.34; allow num 1.5, the newest with such a wheel [no-wheel]"
    )


def test_no_wheel_for_a_requirement_names_the_dependency_that_has_it(index, project):
    index.add("num", tag=GLIBC)
    index.add("lib", requires=["num"])
    project.configure(dependencies=["lib"])

    built = project.build()

    assert error_line(built) == (
        "error: num 1.0 (required by lib): no wheel for python3.13 on x86_64, because it needs glibc "
        "2.36 or newer, the runtime's glibc is 2.34; build a wheel on Amazon Linux and add its "
        "directory to find-links [no-wheel]"
    )


def test_a_missing_wheel_for_several_requirements_is_not_called_a_conflict(index, project):
    index.add("num", "1.0")
    index.add("num", "2.0", tag=GLIBC)
    index.add("lib", requires=["num>=2"])
    project.configure(dependencies=["lib", "num"])

    built = project.build()

    assert error_line(built) == (
        "error: num 2.0: no wheel for python3.13 on x86_64, because it needs glibc 2.36 or newer, "
        "the runtime's glibc is 2.34, and the project requires num, lib 1.0 requires num>=2; build a "
        "wheel on Amazon Linux and add its directory to find-links [no-wheel]"
    )


@pytest.mark.api("pip")
def test_only_an_sdist(index, project):
    index.add_sdist("lib", "1.0")
    project.configure(dependencies=["lib"])

    built = project.build()

    assert error_line(built) == (
        "error: lib 1.0: no wheel for python3.13 on x86_64, because it has only an sdist "
        '(lib-1.0.tar.gz); set build-from-source = ["lib"] if it is pure Python [no-wheel]'
    )
    assert index.downloads() == []


@pytest.mark.parametrize(
    ("requires_python", "fix"),
    [
        (">=3.14", "use runtime python3.14 or newer"),
        ("<3.13", "use runtime python3.12"),
        ("<3.9", "require another version or another package"),
    ],
)
def test_another_python_is_required(index, project, requires_python, fix):
    index.add("lib", requires_python=requires_python)
    project.configure(dependencies=["lib"])

    built = project.build()

    assert error_line(built) == (
        "error: lib 1.0: no wheel for python3.13 on x86_64, because it requires Python "
        f"{requires_python}, the runtime has 3.13.11; {fix} [no-wheel]"
    )


def test_requirements_of_the_project_that_exclude_each_other(index, project):
    index.add("lib", "1.0")
    index.add("lib", "2.0")
    project.configure('features = ["old"]', dependencies=["lib>=2"], project='optional-dependencies.old = ["lib<2"]\n')

    built = project.build()

    assert error_line(built) == (
        "error: project.dependencies and project.optional-dependencies.old: no versions satisfy all "
        "requirements (the project requires lib>=2, the project requires lib<2); loosen one of them "
        "[conflict]"
    )


@pytest.mark.api("pip")
def test_requirements_deep_in_the_graph_that_exclude_each_other(index, project):
    index.add("base", "1.0")
    index.add("base", "2.0")
    index.add("left", requires=["base<2"])
    index.add("right", requires=["base>=2"])
    index.add("one", requires=["left"])
    index.add("two", requires=["right"])
    project.configure(dependencies=["one", "two"])

    built = project.build()

    assert error_line(built) == (
        "error: project.dependencies: no versions satisfy all requirements (left 1.0 requires "
        "base<2, right 1.0 requires base>=2); loosen one of them [conflict]"
    )


def test_a_constraint_that_excludes_what_is_required(index, project):
    index.add("lib", "1.0")
    index.add("lib", "2.0")
    project.write("constraints.txt", "lib<2\n")
    project.configure('constraints = ["constraints.txt"]', dependencies=["lib>=2"])

    built = project.build()

    assert error_line(built) == (
        "error: project.dependencies: no versions satisfy all requirements (the project requires "
        "lib>=2, a constraint requires lib<2); loosen one of them [conflict]"
    )


def test_constraint_files_that_are_not_there(project):
    project.write("there.txt", "")
    project.configure('constraints = ["a.txt", "there.txt", "../b.txt"]', dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: pyproject.toml [tool.hatch.build.targets.lambda] has 2 problems:\n"
        "  constraints #1: no file 'a.txt' in the project; create it, or remove the entry [path-not-found]\n"
        "  constraints #3: no file '../b.txt' in the project; create it, or remove the entry [path-not-found]\n"
    )


@pytest.mark.api("pip")
def test_an_index_that_is_down(project):
    project.configure(dependencies=["lib"])

    built = project.build(PIP_INDEX_URL="http://127.0.0.1:1/simple/")

    assert error_line(built) == (
        "error: http://127.0.0.1:1/simple/lib/: can't be downloaded (connection error: [Errno 111] "
        "Connection refused); check the URL and the network, then rebuild [fetch-failed]"
    )


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (
            500,
            (
                "the index answers with HTTP 500; rebuild, and if that doesn't help, report it to the index "
                "owner [index-failed]"
            ),
        ),
        (
            504,
            (
                "the index answers with HTTP 504; rebuild, and if that doesn't help, report it to the index "
                "owner [index-failed]"
            ),
        ),
        (
            403,
            (
                "the index denies access (HTTP 403); put the user name and password into the index URL, "
                "netrc, or a keyring [index-access]"
            ),
        ),
    ],
)
def test_an_index_that_answers_with_an_error(index, project, status, problem):
    index.add("lib")
    index.status = status
    project.configure(dependencies=["lib"])

    built = project.build()

    assert error_line(built) == f"error: {index.url}lib/: {problem}"


def test_an_extra_index_that_is_down_is_a_warning_if_the_others_do(index, project):
    index.add("lib")
    project.configure(dependencies=["lib"])

    built = project.build(PIP_EXTRA_INDEX_URL="http://127.0.0.1:1/simple/")

    assert built.code == 0, built.output
    assert (
        "warning: http://127.0.0.1:1/simple/lib/: skipped, because it can't be downloaded "
        "(connection error: [Errno 111] Connection refused); check the index, or remove it from "
        "pip's settings [index-skipped]"
    ) in built.output.splitlines()


def test_a_wheel_of_another_version_than_its_name(index, project):
    index.add("lib", "1.0").rename(index.directory / "lib-2.0-py3-none-any.whl")
    project.configure('resolver = "pip"', dependencies=["lib"])

    built = project.build()

    assert error_line(built) == (
        "error: lib-2.0-py3-none-any.whl: pip rejects the wheel, because the version in its metadata "
        "is '1.0'; report it to the index owner [bad-metadata]"
    )


def test_a_wheel_of_another_distribution_than_its_name(index, project):
    index.add("evil").rename(index.directory / "lib-1.0-py3-none-any.whl")
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    ours, _, pips = built.output.partition("\n\n")
    assert ours == (
        "error: project.dependencies: pip can't resolve the requirements for python3.13 on x86_64; "
        "fix the cause in pip's output [resolver-failed]"
    )
    assert pips.endswith(".dist-info directory 'evil-1.0.dist-info' does not start with 'lib'\n")


def test_a_dependencys_url_of_an_sdist_is_rejected(index, project):
    sdist = index.add_sdist("source", "1.0")
    index.add("lib", requires=[f"source @ {index.file_url(sdist)}"])
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        f"error: source 1.0: {index.file_url(sdist)} isn't a wheel; build a wheel of it, and upload "
        "that to an index [no-wheel]\n"
    )
    assert built.archives == ()


def test_an_older_release_is_selected_if_newer_ones_have_no_wheel_for_the_target(index, project):
    index.add("num", "1.0")
    index.add("num", "2.0", tag=GLIBC)
    index.add("num", "2.1", tag=GLIBC)
    project.configure(dependencies=["num"])

    built = project.build()

    assert notes(built) == [
        (
            "  older: num 1.0 instead of 2.1, because 2.1 has no wheel for python3.13 on x86_64 (it "
            "needs glibc 2.36 or newer, the runtime's glibc is 2.34)"
        )
    ]


@pytest.mark.api("pip")
def test_an_older_release_is_selected_because_of_a_conflict(index, project):
    index.add("base", "1.0")
    index.add("base", "2.0")
    index.add("left", requires=["base<2"])
    index.add("right", "1.0")
    index.add("right", "2.0", requires=["base>=2"])
    project.configure(dependencies=["left", "right"])

    built = project.build()

    assert notes(built) == [
        ("  older: right 1.0 instead of 2.0, because left 1.0 requires base<2, right 2.0 requires base>=2")
    ]


def test_an_older_release_is_selected_because_of_the_projects_requirement(index, project):
    index.add("base", "1.0")
    index.add("base", "2.0")
    index.add("lib", "1.0")
    index.add("lib", "2.0", requires=["base>=2"])
    project.configure(dependencies=["lib", "base<2"])

    built = project.build()

    assert notes(built) == [
        ("  older: lib 1.0 instead of 2.0, because the project requires base<2, lib 2.0 requires base>=2")
    ]


def test_a_note_on_an_older_release_is_reported_once_for_all_zips(index, project):
    index.add("base", "1.0")
    index.add("base", "2.0")
    index.add("left", requires=["base<2"])
    index.add("right", "1.0")
    index.add("right", "2.0", requires=["base>=2"])
    project.configure('architecture = ["x86_64", "arm64"]', dependencies=["left", "right"])

    built = project.build()

    assert len(built.archives) == 2
    assert notes(built) == [
        ("  older: right 1.0 instead of 2.0, because left 1.0 requires base<2, right 2.0 requires base>=2")
    ]


def test_a_note_names_only_those_who_exclude_the_newest_release(index, project):
    index.add("base", "1.0")
    index.add("base", "2.0")
    index.add("left", requires=["base>=1"])
    index.add("right", requires=["base!=2.0"])
    project.configure(dependencies=["base", "left", "right"])

    built = project.build()

    assert notes(built) == []


def test_releases_with_the_same_requirement_are_in_one_line(index, project):
    for number in range(60):
        index.add("stac", f"0.{number}", requires=["parser>=0.3"])
    index.add_sdist("parser", "1.0")
    project.configure(dependencies=["stac"])

    built = project.build()

    assert error_line(built) == (
        "error: parser 1.0: no wheel for python3.13 on x86_64, because it has only an sdist "
        "(parser-1.0.tar.gz), and stac 0.0 to 0.59 require parser>=0.3; set build-from-source = "
        '["parser"] if it is pure Python [no-wheel]'
    )


def test_all_requirements_of_a_conflict_are_listed_with_verbose(index, project):
    for number in range(10):
        index.add("stac", f"0.{number}", requires=[f"parser=={number}"])
    index.add("parser", "99")
    project.configure(dependencies=["stac", "parser"])

    built = project.build()
    more = project.build(HATCH_VERBOSE="1")

    assert error_line(built) == (
        "error: project.dependencies: no versions satisfy all requirements (the project requires "
        "parser, stac 0.0 to 0.9 require parser, for example parser==9); loosen one of them "
        "[conflict]"
    )
    assert [line for line in more.output.splitlines() if re.match(" *stac .* depends on", line)] == [
        f"  stac 0.{number} depends on parser=={number}" for number in reversed(range(10))
    ]


def test_a_package_with_wheels_for_windows_and_an_sdist_is_made_for_linux(index, project):
    index.add("psycopg2", tag="cp313-cp313-win_amd64")
    index.add_sdist("psycopg2")
    project.configure(dependencies=["psycopg2"])

    built = project.build()

    assert error_line(built) == (
        "error: psycopg2 1.0: no Linux wheel, only an sdist with native code; require "
        "psycopg2-binary instead, or build a wheel on Amazon Linux [no-wheel]"
    )


def test_a_substitute_that_the_index_has_for_other_runtimes_only_is_not_proposed(index, project):
    index.add("psycopg2", tag="cp313-cp313-win_amd64")
    index.add_sdist("psycopg2")
    index.add("psycopg2-binary", tag="cp312-cp312-manylinux_2_17_x86_64")
    project.configure(dependencies=["psycopg2"])

    built = project.build()

    assert error_line(built) == (
        "error: psycopg2 1.0: no Linux wheel, only an sdist with native code; build a wheel on "
        "Amazon Linux and add its directory to find-links [no-wheel]"
    )


def test_an_sdist_of_a_package_with_wheels_for_another_python_can_be_built(index, project):
    index.add("lib", tag="py2-none-any")
    index.add_sdist("lib")
    project.configure(dependencies=["lib"])

    built = project.build()

    assert error_line(built) == (
        "error: lib 1.0: no wheel for python3.13 on x86_64, because its wheels are for py2-none, the "
        'runtime is cp313, and it has an sdist; set build-from-source = ["lib"] [no-wheel]'
    )
    project.configure('build-from-source = ["lib"]', dependencies=["lib"])
    assert project.build().code == 0


def test_a_runtime_that_the_project_excludes_is_not_proposed(index, project):
    index.add("lib", tag="cp312-cp312-manylinux_2_17_x86_64")
    project.configure(dependencies=["lib"], project='requires-python = ">=3.13"\n')

    built = project.build()

    assert error_line(built) == (
        "error: lib 1.0: no wheel for python3.13 on x86_64, because its wheels are for cp312, the "
        "runtime is cp313; build a wheel on Amazon Linux and add its directory to find-links "
        "[no-wheel]"
    )


def test_an_older_release_that_was_asked_for_needs_no_note(index, project):
    index.add("lib", "1.0")
    index.add("lib", "2.0", tag=GLIBC)
    index.add("newer-python", "1.0")
    index.add("newer-python", "2.0", requires_python=">=3.14")
    project.configure(dependencies=["lib<2", "newer-python"])

    built = project.build()

    assert notes(built) == []
