"""A lock instead of a resolution."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import zips
from tests.support.index_server import IndexServer
from tests.support.locks import package, pylock, requirements, sha256, uv_pylock
from tests.support.make_wheel import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

FIX = "run 'hatch build -t lambda:lock'"
OUTDATED = "error: pylock.lambda.toml: out of date, because it"

OPTIONAL = 'lock = "pylock.toml"\nfeatures = ["speed"]\ndependency-groups = ["worker"]'
OPTIONAL_TABLES = '[project.optional-dependencies]\nspeed = ["fast"]\n[dependency-groups]\nworker = ["jobs"]\n'


def test_a_lock_pins_the_versions_and_needs_no_index(index, project):
    base, lib = index.add("base"), index.add("lib", requires=["base<3"])
    index.add("base", "2.0")
    project.configure('lock = "pylock.toml"', dependencies=["lib"])
    project.write("pylock.toml", pylock(package(index, base), package(index, lib)))

    built = project.build()

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["base-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"]
    assert index.requests == ["/files/base-1.0-py3-none-any.whl", "/files/lib-1.0-py3-none-any.whl"]


@pytest.mark.api("pip", "packaging")
def test_a_lock_of_pip_itself_is_used(index, project):
    index.add("lib", requires=["base"])
    index.add("base")
    project.configure('lock = "pylock.toml"', dependencies=["lib"])
    command = [sys.executable, "-m", "pip", "lock", "lib", "--output=pylock.toml", "--quiet"]
    made = subprocess.run(command, cwd=project.root, env=project.environ, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    index.requests.clear()

    built = project.build()

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["base-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"]
    assert index.requests == ["/files/base-1.0-py3-none-any.whl", "/files/lib-1.0-py3-none-any.whl"]


def test_a_lock_named_for_lambda_is_used_without_being_named(index, project):
    old = index.add("lib")
    index.add("lib", "2.0")
    project.configure(dependencies=["lib"])
    project.write("pylock.lambda.toml", pylock(package(index, old)))

    built = project.build()

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["lib-1.0-py3-none-any.whl"]


def test_a_lock_whose_wheels_are_in_the_cache_needs_no_network(project, tmp_path):
    project.configure('lock = "pylock.toml"', dependencies=["lib"])
    with IndexServer(tmp_path / "passing") as server:
        project.write("pylock.toml", pylock(package(server, server.add("lib"))))
        first = project.build()
    before = first.archive.read_bytes()
    shutil.rmtree(project.root / "dist")

    built = project.build()

    assert built.code == 0, built.output
    assert built.archive.read_bytes() == before


@pytest.mark.api("packaging", "tomli")
def test_one_lock_is_for_two_targets_each_with_its_own_wheels_and_markers(index, project):
    native = [
        index.add("native", tag="cp311-cp311-manylinux_2_17_x86_64"),
        index.add("native", tag="cp311-cp311-manylinux_2_17_aarch64"),
        index.add("native", tag="cp313-cp313-manylinux_2_17_x86_64"),
        index.add("native", tag="cp313-cp313-manylinux_2_28_aarch64"),
    ]
    old_python, arm, windows = index.add("tomli"), index.add("neon"), index.add("colorama")
    marked = [
        package(index, old_python, marker="python_version < '3.12'"),
        package(index, arm, marker="platform_machine == 'aarch64'"),
        package(index, windows, marker="sys_platform == 'win32'"),
    ]
    project.configure(
        'lock = "pylock.toml"',
        dependencies=["native", *(f"{entry['name']}; {entry['marker']}" for entry in marked)],
    )
    project.write("pylock.toml", uv_pylock(index, package(index, *native), *marked, requires_python=">=3.11"))

    older = project.build(HATCH_LAMBDA_RUNTIME="python3.11", HATCH_LAMBDA_ARCHITECTURE="x86_64")
    both = project.build(HATCH_LAMBDA_RUNTIME="python3.13", HATCH_LAMBDA_ARCHITECTURE="arm64")

    assert (older.code, both.code) == (0, 0), older.output + both.output
    assert {archive.name: zips.wheels(archive) for archive in both.archives} == {
        "shop-0.1.0-lambda-python3.11-x86_64.zip": [
            "native-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",
            "tomli-1.0-py3-none-any.whl",
        ],
        "shop-0.1.0-lambda-python3.13-arm64.zip": [
            "native-1.0-cp313-cp313-manylinux_2_28_aarch64.whl",
            "neon-1.0-py3-none-any.whl",
        ],
    }


@pytest.mark.api("packaging")
def test_features_are_extras_of_the_lock_and_groups_are_its_groups(index, project):
    always, fast, jobs, dev = (index.add(name) for name in ("always", "fast", "jobs", "dev"))
    lock = pylock(
        package(index, always),
        package(index, fast, marker="'speed' in extras"),
        package(index, jobs, marker="'worker' in dependency_groups"),
        package(index, dev, marker="'dev' in dependency_groups"),
        extras=["speed"],
        dependency_groups=["worker", "dev"],
    )
    project.configure(
        'lock = "pylock.toml"\nfeatures = ["speed"]\ndependency-groups = ["worker"]',
        dependencies=["always"],
        project='[project.optional-dependencies]\nspeed = ["fast"]\n'
        '[dependency-groups]\nworker = ["jobs"]\ndev = ["dev"]\n',
    )
    project.write("pylock.toml", lock)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == [
        "always-1.0-py3-none-any.whl",
        "fast-1.0-py3-none-any.whl",
        "jobs-1.0-py3-none-any.whl",
    ]
    assert "/files/dev-1.0-py3-none-any.whl" not in index.requests


@pytest.mark.api("packaging")
@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_a_lock_that_declares_no_extras_and_groups_can_contain_their_requirements(index, project, tool):
    always, fast, jobs = (package(index, index.add(name)) for name in ("always", "fast", "jobs"))
    project.configure(OPTIONAL, dependencies=["always"], project=OPTIONAL_TABLES)
    lock = uv_pylock(index, always, fast, jobs) if tool == "uv" else pylock(always, fast, jobs)
    project.write("pylock.toml", lock)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == [f"{name}-1.0-py3-none-any.whl" for name in ("always", "fast", "jobs")]


def test_the_project_itself_in_a_lock_as_uv_exports_it_is_nothing_to_build(index, project):
    packages = [package(index, index.add(name)) for name in ("always", "fast", "jobs")]
    itself = {"name": "shop", "directory": {"path": ".", "editable": True}}
    project.configure(OPTIONAL, dependencies=["always"], project=OPTIONAL_TABLES)
    project.write("pylock.toml", pylock(itself, *packages, created_by="uv"))

    built = project.build()

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == [f"{name}-1.0-py3-none-any.whl" for name in ("always", "fast", "jobs")]


def test_a_lock_that_declares_other_extras_and_groups_is_reported_with_those_that_are_missing(index, project):
    always, slow = index.add("always"), index.add("slow")
    lock = pylock(
        package(index, always),
        package(index, slow, marker="'slow' in extras"),
        extras=["slow"],
        dependency_groups=[],
        created_by="pdm",
    )
    project.configure(OPTIONAL, dependencies=["always"], project=OPTIONAL_TABLES)
    project.write("pylock.toml", lock)

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: pylock.toml: out of date, because it doesn't contain fast and project.optional-dependencies.speed "
        "requires fast; lock again with pdm [lock-out-of-date]\n"
        "error: pylock.toml: out of date, because it doesn't contain jobs and dependency-groups.worker requires jobs; "
        "lock again with pdm [lock-out-of-date]\n"
        "error: pylock.toml: locked without the extra 'speed'; lock again with pdm, including that extra "
        "[lock-out-of-date]\n"
        "error: pylock.toml: locked without the dependency group 'worker'; lock again with pdm, including that "
        "dependency group [lock-out-of-date]\n"
    )


def test_a_locked_package_that_nothing_requires_is_excluded_and_listed_with_verbose(index, project):
    lib, unused = index.add("lib"), index.add("unused")
    project.configure('lock = "pylock.toml"', dependencies=["lib"])
    project.write("pylock.toml", pylock(package(index, lib), package(index, unused)))

    quiet, told = project.build(), project.build(HATCH_VERBOSE="1")

    assert zips.wheels(told.archive) == ["lib-1.0-py3-none-any.whl"]
    line = "  not included: unused 1.0, which nothing requires\n"
    assert quiet.output.count(line) == 0
    assert told.output.count(line) == 1


def test_a_wheel_in_the_lock_can_be_a_path_next_to_it(index, project):
    make = index.add("lib")
    entry = package(index, make)
    entry["wheels"][0] |= {"path": "wheels/lib-1.0-py3-none-any.whl"}
    del entry["wheels"][0]["url"]
    project.configure('lock = "locks/pylock.toml"', dependencies=["lib"])
    project.write("locks/pylock.toml", pylock(entry))
    shutil.copytree(index.directory, project.root / "locks" / "wheels")

    built = project.build()

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["lib-1.0-py3-none-any.whl"]
    assert index.requests == []


def test_a_lock_can_contain_the_url_of_a_wheel_as_an_archive(index, project):
    entry = package(index, index.add("lib", "1.0+cpu"))
    (wheel,) = entry.pop("wheels")
    archive = {"url": wheel["url"].replace("+", "%2B"), "hashes": wheel["hashes"]}
    project.configure('lock = "pylock.toml"', dependencies=["lib"])
    project.write("pylock.toml", pylock({**entry, "archive": archive}))

    built = project.build()

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["lib-1.0+cpu-py3-none-any.whl"]


def test_credentials_in_a_locked_url_are_used_and_kept_nowhere(project, tmp_path):
    with IndexServer(tmp_path / "private", credentials=("user", "s3cret")) as server:
        entry = package(server, server.add("lib"))
        entry["wheels"][0]["url"] = entry["wheels"][0]["url"].replace("//", "//user:s3cret@")
        project.configure('lock = "pylock.toml"', dependencies=["lib"])
        project.write("pylock.toml", pylock(entry))

        built = project.build(HATCH_VERBOSE="1")

    assert built.code == 0, built.output
    assert "s3cret" not in built.output
    assert _files_with("s3cret", tmp_path) == [project.root / "pylock.toml"]


def test_the_zip_is_the_same_with_every_kind_of_lock(index, project):
    base = index.add("base", tag="cp313-cp313-manylinux_2_17_x86_64")
    other = index.add("base", tag="cp313-cp313-manylinux_2_17_aarch64")
    lib = index.add("lib", requires=["base"])
    packages = [package(index, base, other), package(index, lib)]
    locks = {
        "pylock.uv.toml": uv_pylock(index, *packages, requires_python=">=3.11"),
        "pylock.pip.toml": pylock(*packages),
        "requirements.txt": requirements(*packages),
    }
    archives = []
    for name, text in locks.items():
        project.configure(f'lock = "{name}"', dependencies=["lib"])
        project.write(name, text)
        archives.append(project.build().archive.read_bytes())
    project.configure(dependencies=["lib"])
    project.build(target="lambda:lock")

    ours = project.build().archive.read_bytes()

    assert archives == [ours, ours, ours]


def test_a_requirement_that_the_lock_lacks_is_named(index, project):
    index.add("lib")
    index.add("added")
    project.configure(dependencies=["lib"])
    project.build(target="lambda:lock")
    project.configure(dependencies=["lib", "added"])

    stale = project.build()
    refreshed = project.build(target="lambda:lock")
    built = project.build()

    assert stale.code == 1
    assert stale.output == (
        f"{OUTDATED} doesn't contain added and project.dependencies requires added; {FIX} [lock-out-of-date]\n"
    )
    assert refreshed.output.endswith("  python3.13 on x86_64, 2 packages\n  added: new -> 1.0\n")
    assert built.code == 0, built.output


def test_a_requirement_that_the_lock_no_longer_meets_is_named(index, project):
    index.add("lib")
    index.add("lib", "2.0")
    project.configure(dependencies=["lib<2"])
    project.build(target="lambda:lock")
    project.configure(dependencies=["lib>=2"])

    stale = project.build()
    refreshed = project.build(target="lambda:lock")
    built = project.build()

    assert stale.code == 1
    assert stale.output == (
        f"{OUTDATED} pins lib 1.0 and project.dependencies requires lib>=2; {FIX} [lock-out-of-date]\n"
    )
    assert refreshed.output.endswith("  python3.13 on x86_64, 1 package\n  lib: 1.0 -> 2.0\n")
    assert zips.wheels(built.archive) == ["lib-2.0-py3-none-any.whl"]


def test_a_requirement_that_now_names_another_wheel_by_url_makes_the_lock_out_of_date(index, project):
    old, new = index.add("lib"), index.add("lib", "2.0")
    direct = "[tool.hatch.metadata]\nallow-direct-references = true\n"
    where = f"lib @ http://{index.host}/files"
    project.configure(direct, dependencies=[f"{where}/{old.name}"])
    project.build(target="lambda:lock")
    project.configure(direct, dependencies=[f"{where}/{new.name}"])

    stale = project.build()

    assert stale.code == 1
    assert stale.output == (
        f"{OUTDATED} pins {old.name} and project.dependencies requires {where}/{new.name}; {FIX} [lock-out-of-date]\n"
    )


def test_a_requirement_that_is_gone_needs_no_new_lock(index, project):
    index.add("lib")
    index.add("gone")
    project.configure(dependencies=["gone", "lib"])
    project.build(target="lambda:lock")
    project.configure(dependencies=["lib"])

    built = project.build()
    refreshed = project.build(target="lambda:lock")

    assert zips.wheels(built.archive) == ["lib-1.0-py3-none-any.whl"]
    assert refreshed.output == "pylock.lambda.toml\n  python3.13 on x86_64, 1 package\n  gone: 1.0 -> gone\n"


@pytest.mark.parametrize(
    ("variables", "target", "options"),
    [
        ({"HATCH_LAMBDA_ARCHITECTURE": "arm64"}, "python3.13 on arm64", "architecture"),
        ({"HATCH_LAMBDA_RUNTIME": "python3.12"}, "python3.12 on x86_64", "runtime"),
        (
            {"HATCH_LAMBDA_RUNTIME": "python3.12", "HATCH_LAMBDA_ARCHITECTURE": "x86_64"},
            "python3.12 on x86_64",
            "runtime",
        ),
        (
            {"HATCH_LAMBDA_RUNTIME": "python3.12", "HATCH_LAMBDA_ARCHITECTURE": "arm64"},
            "python3.12 on arm64",
            "runtime and architecture",
        ),
    ],
)
def test_a_target_that_only_a_variable_names_is_to_be_listed_before_the_lock_is_refreshed(
    index, project, variables, target, options
):
    index.add("lib")
    project.configure(dependencies=["lib"])
    project.build(target="lambda:lock")

    refused = project.build(**variables)

    assert (refused.code, refused.output) == (
        1,
        (
            f"error: pylock.lambda.toml: made for python3.13 on x86_64, not for {target}; list all in {options}, then "
            f"{FIX} [lock-mismatch]\n"
        ),
    )


@pytest.mark.parametrize("architecture", ["architecture = 'x86_64'", "architecture = ['x86_64', 'arm64']"])
def test_a_lock_that_is_refreshed_under_a_variable_keeps_what_the_table_declares(index, project, architecture):
    index.add("lib", tag="cp313-cp313-manylinux_2_17_x86_64")
    index.add("lib", tag="cp313-cp313-manylinux_2_17_aarch64")
    project.configure(architecture, dependencies=["lib"])

    locked = project.build(target="lambda:lock", HATCH_LAMBDA_ARCHITECTURE="arm64")
    built = [project.build(HATCH_LAMBDA_ARCHITECTURE=each) for each in ("arm64", "x86_64")]

    assert locked.output == (
        "pylock.lambda.toml\n"
        "  python3.13 on arm64, 1 package\n  lib: new -> 1.0\n"
        "  python3.13 on x86_64, 1 package\n  lib: new -> 1.0\n"
    )
    assert [each.code for each in built] == [0, 0]


def test_a_lock_is_for_the_variables_alone_where_the_table_names_no_runtime(index, project):
    index.add("lib")
    project.configure(dependencies=["lib"])
    text = (project.root / "pyproject.toml").read_text()
    project.write("pyproject.toml", text.replace('runtime = "python3.13"\n', ""))

    locked = project.build(target="lambda:lock", HATCH_LAMBDA_RUNTIME="python3.12")

    assert locked.output == "pylock.lambda.toml\n  python3.12 on x86_64, 1 package\n  lib: new -> 1.0\n"


def test_a_lock_for_another_target_is_rejected(index, project):
    index.add("lib", tag="cp313-cp313-manylinux_2_17_x86_64")
    index.add("lib", tag="cp313-cp313-manylinux_2_17_aarch64")
    project.configure(dependencies=["lib"])
    project.build(target="lambda:lock")

    project.configure('architecture = "arm64"', dependencies=["lib"])
    refused = project.build()
    project.build(target="lambda:lock")
    built = project.build()

    assert refused.code == 1
    assert refused.output == (
        f"error: pylock.lambda.toml: made for python3.13 on x86_64, not for python3.13 on arm64; {FIX} "
        "[lock-mismatch]\n"
    )
    assert zips.wheels(built.archive) == ["lib-1.0-cp313-cp313-manylinux_2_17_aarch64.whl"]


def _files_with(text: str, directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


@pytest.mark.parametrize("kind", ["wheels", "archive"])
def test_a_uv_lock_can_contain_a_wheel_next_to_the_project(project, tmp_path, kind):
    (tmp_path / ".git").mkdir()
    wheel = make_wheel(tmp_path / "wheels", "model")
    entry = {"path": f"../wheels/{wheel.name}", "hashes": {"sha256": sha256(wheel)}}
    locked = {"name": "model", "version": "1.0", kind: [entry] if kind == "wheels" else entry}
    project.write("pylock.toml", pylock(locked, created_by="uv"))
    source = f'\n[tool.uv.sources]\nmodel = {{ path = "../wheels/{wheel.name}" }}\n'
    project.configure('lock = "pylock.toml"', dependencies=["model"], project=source)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["model 1.0"]
