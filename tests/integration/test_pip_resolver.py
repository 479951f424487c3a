"""Which wheels are added to a zip for other targets than this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import packaging
import pip
import pytest

from hatch_lambda.resolve.overrides import Overrides, RequirementChange
from hatch_lambda.resolve.pip.command import dry_run_options, pip_environment, target_options
from hatch_lambda.resolve.pip.waiting import RUNNER
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import Target
from tests.support import zips
from tests.support.index_server import IndexServer
from tests.support.make_wheel import make_wheel
from tests.support.pythons import python_of

MARKERS = {
    "before-3-11": "python_version < '3.11'",
    "since-3-12": "python_version >= '3.12'",
    "since-3-14": "python_version >= '3.14'",
    "only-3-13": "python_version == '3.13'",
    "since-3-13-5": "python_full_version >= '3.13.5'",
    "same-implementation": "implementation_version >= '3.13.5'",
    "intel": "platform_machine == 'x86_64'",
    "arm": "platform_machine == 'aarch64'",
    "apple-arm": "platform_machine == 'arm64'",
    "linux": "sys_platform == 'linux'",
    "windows": "sys_platform == 'win32'",
    "posix": "os_name == 'posix'",
    "nt": "os_name == 'nt'",
    "system": "platform_system == 'Linux'",
    "darwin": "platform_system == 'Darwin'",
    "cpython": "implementation_name == 'cpython'",
    "pypy": "platform_python_implementation == 'PyPy'",
    "no-pypy": "platform_python_implementation == 'CPython'",
    "both": "platform_machine == 'aarch64' and python_version >= '3.12'",
    "either": "platform_machine == 'aarch64' or python_version < '3.11'",
}
ALWAYS = ["cpython", "linux", "no-pypy", "posix", "system"]
SELECTED = {
    "python3.9-x86_64": ["before-3-11", "intel", "either"],
    "python3.9-arm64": ["before-3-11", "arm", "either"],
    "python3.10-x86_64": ["before-3-11", "intel", "either"],
    "python3.10-arm64": ["before-3-11", "arm", "either"],
    "python3.11-x86_64": ["intel"],
    "python3.11-arm64": ["arm", "either"],
    "python3.12-x86_64": ["since-3-12", "intel"],
    "python3.12-arm64": ["since-3-12", "arm", "both", "either"],
    "python3.13-x86_64": ["since-3-12", "only-3-13", "since-3-13-5", "same-implementation", "intel"],
    "python3.13-arm64": ["since-3-12", "only-3-13", "since-3-13-5", "same-implementation", "arm", "both", "either"],
    "python3.14-x86_64": ["since-3-12", "since-3-14", "since-3-13-5", "same-implementation", "intel"],
    "python3.14-arm64": ["since-3-12", "since-3-14", "since-3-13-5", "same-implementation", "arm", "both", "either"],
}
"""The markers that hold, in addition to ``ALWAYS``, by runtime and architecture."""


def test_markers_are_those_of_the_target_in_the_project_and_deep_in_the_graph(index, project):
    for name in MARKERS:
        index.add(name)
        index.add(f"deep-{name}")
    index.add("middle", requires=["bottom"])
    index.add("bottom", requires=[f"deep-{name}; {marker}" for name, marker in MARKERS.items()])
    project.configure(dependencies=["middle", *(f"{name}; {marker}" for name, marker in MARKERS.items())])
    table = (project.root / "pyproject.toml").read_text("utf-8")
    runtimes = list(dict.fromkeys(name.partition("-")[0] for name in SELECTED))
    arrays = f'runtime = {runtimes}\narchitecture = ["x86_64", "arm64"]'
    project.write("pyproject.toml", table.replace('runtime = "python3.13"', arrays))

    built = project.build()

    assert built.code == 0, built.output
    assert {
        archive.stem.removeprefix("shop-0.1.0-lambda-"): zips.distributions(archive) for archive in built.archives
    } == {
        target: sorted(
            f"{name} 1.0"
            for name in ["bottom", "middle", *ALWAYS, *selected, *(f"deep-{name}" for name in [*ALWAYS, *selected])]
        )
        for target, selected in SELECTED.items()
    }


def test_python_patch_decides_what_markers_and_requires_python_see(index, project):
    index.add("early")
    index.add("late")
    index.add("picky", "1.0")
    index.add("picky", "2.0", requires_python=">=3.13.5")
    project.configure(
        'python-patch = "3.13.2"',
        dependencies=["early; python_full_version < '3.13.5'", "late; python_full_version >= '3.13.5'", "picky"],
    )

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["early 1.0", "picky 1.0"]


@pytest.mark.api("pip", "packaging")
def test_extras_add_the_requirements_whose_markers_are_true_on_the_target(index, project):
    index.add(
        "lib",
        extras=["fast", "slow"],
        requires=[
            "quick; extra == 'fast' and platform_machine == 'aarch64'",
            "quick-intel; extra == 'fast' and platform_machine == 'x86_64'",
            "modern; python_version >= '3.12' and extra == 'fast'",
            "lazy; extra == 'slow'",
        ],
    )
    for name in ("quick", "quick-intel", "modern", "lazy"):
        index.add(name)
    index.add("user", requires=["lib[fast]"])
    project.configure('architecture = "arm64"', dependencies=["user"])

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0", "modern 1.0", "quick 1.0", "user 1.0"]


INTERPRETERS = ["3.10", "3.11", "3.12", "3.13", "3.14"]


OVERRIDES = Overrides((RequirementChange(overrides=("lib>=2",), excluded=("needless",)),))


def report_of(python: str, site: Path, directory: Path, environ: dict[str, str], target: Target) -> dict[str, Any]:
    """Return pip's report, from a run of our runner under another Python."""
    report, listed = directory / "report.json", directory / "requirements.txt"
    listed.write_text("".join(f"{name}; {marker}\n" for name, marker in MARKERS.items()), "utf-8")
    overrides = directory / "overrides.json"
    overrides.write_text(json.dumps(OVERRIDES.as_json()), "utf-8")
    options = [*dry_run_options(report), *target_options(target)]
    arguments = [str(overrides), "install", "--quiet", *options, f"--requirement={listed}"]
    subprocess.run(
        [python, str(RUNNER), json.dumps(target.markers), *arguments],
        env={**pip_environment(environ), "PYTHONPATH": str(site)},
        check=True,
    )
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return found


@pytest.mark.skipif(os.name == "nt", reason="its shims are scripts of a shell")
def test_a_python_that_does_not_run_is_ignored(tmp_path):
    ours = "{}.{}".format(*sys.version_info[:2])
    shims, selected = tmp_path / "shims", tmp_path / "versions" / "3.99.1" / "bin"
    scripts = {shims / "python3.98": "exit 127", shims / "python3.99": "exit 127", selected / "python": "echo 3.99 $0"}
    for path, line in scripts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        path.chmod(0o755)
    (tmp_path / "python3.97").mkdir()
    directories = os.pathsep.join(["", str(tmp_path), str(tmp_path / "none"), str(shims)])

    found = {version: python_of(version, directories) for version in (ours, "3.97", "3.98", "3.99")}

    assert found == {ours: sys.executable, "3.97": None, "3.98": None, "3.99": str(selected / "python")}


@pytest.mark.api("pip")
@pytest.mark.parametrize("version", INTERPRETERS)
def test_the_python_that_runs_pip_does_not_matter(index, environ, tmp_path, version):
    for name in MARKERS:
        index.add(name, requires=["needless", "lib<2"])
    index.add("lib", "2.0")
    python = python_of(version, os.environ["PATH"])
    if python is None:
        pytest.skip(f"no Python {version} on this machine")
    site = tmp_path / "site"
    site.mkdir()
    for module in (pip, packaging):
        source = Path(str(module.__file__)).parent
        (site / source.name).symlink_to(source, target_is_directory=True)
    (runtime,) = (runtime for runtime in RUNTIMES if runtime.name == "python3.14")
    target = Target(runtime, "arm64")

    report = report_of(python, site, tmp_path, environ, target)

    expected = {
        "lib",
        *ALWAYS,
        "since-3-12",
        "since-3-14",
        "since-3-13-5",
        "same-implementation",
        "arm",
        "both",
        "either",
    }
    assert {item["metadata"]["name"] for item in report["install"]} == expected
    assert report["environment"] == target.markers


LEVELS = ("2_17", "2_27", "2_28", "2_34", "2_36")
NUMERIC = [
    *(
        f"{python}-manylinux_{level}_{machine}"
        for python in ("cp311-cp311", "cp313-cp313")
        for level in LEVELS
        for machine in ("x86_64", "aarch64")
    ),
    *(
        f"{python}-musllinux_1_2_{machine}"
        for python in ("cp311-cp311", "cp313-cp313")
        for machine in ("x86_64", "aarch64")
    ),
    "cp311-cp311-linux_x86_64",
    "cp313-cp313-linux_x86_64",
    "cp313-cp313-macosx_11_0_arm64",
    "cp313-cp313-win_amd64",
    "cp313-cp313t-manylinux_2_34_x86_64",
    "cp39-abi3-manylinux2014_x86_64",
    "cp39-abi3-manylinux2014_aarch64",
    "py3-none-any",
]


@pytest.mark.parametrize(
    ("runtime", "architecture", "tag"),
    [
        ("python3.11", "x86_64", "cp311-cp311-manylinux_2_17_x86_64"),
        ("python3.11", "arm64", "cp311-cp311-manylinux_2_17_aarch64"),
        ("python3.13", "x86_64", "cp313-cp313-manylinux_2_34_x86_64"),
        ("python3.13", "arm64", "cp313-cp313-manylinux_2_34_aarch64"),
        ("python3.12", "x86_64", "cp39-abi3-manylinux2014_x86_64"),
        ("python3.10", "arm64", "cp39-abi3-manylinux2014_aarch64"),
    ],
)
def test_of_many_wheels_the_best_that_the_runtime_loads_is_taken(index, project, runtime, architecture, tag):
    for offered in NUMERIC:
        index.add("num", tag=offered)
    project.configure(dependencies=["num"])

    built = project.build(HATCH_LAMBDA_RUNTIME=runtime, HATCH_LAMBDA_ARCHITECTURE=architecture)

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == [f"num-1.0-{tag}.whl"]


@pytest.mark.parametrize(
    ("runtime", "selected"),
    [
        (
            "python3.13",
            {
                "cp313-cp313-manylinux_2_28_x86_64": "cp313-cp313-manylinux_2_36_x86_64",
                "cp313-cp313-manylinux2010_x86_64": "cp313-cp313-manylinux1_x86_64",
                "py3-none-any": "cp313-cp313t-manylinux_2_17_x86_64",
                "py2.py3-none-any": "cp313-cp313-linux_x86_64",
                "py3-none-manylinux_2_34_x86_64": "cp313-none-any",
            },
        ),
        (
            "python3.11",
            {
                "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64": "cp311-cp311-manylinux_2_27_x86_64",
                "cp38-abi3-manylinux_2_5_x86_64": "cp312-abi3-manylinux_2_17_x86_64",
            },
        ),
    ],
)
def test_a_wheel_that_the_runtime_cannot_load_or_that_fits_worse_is_not_selected(index, project, runtime, selected):
    names = [f"num{number}" for number in range(len(selected))]
    for name, tags in zip(names, selected.items(), strict=True):
        for tag in tags:
            index.add(name, tag=tag)
    project.configure(dependencies=names)

    built = project.build(HATCH_LAMBDA_RUNTIME=runtime)

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == [f"{name}-1.0-{tag}.whl" for name, tag in zip(names, selected, strict=True)]


@pytest.mark.api("packaging")
def test_features_and_groups_are_added_to_the_dependencies(index, project):
    for name in ("base", "data", "fast", "tracing", "shared", "never"):
        index.add(name)
    project.configure(
        'features = ["all"]\ndependency-groups = ["Runtime"]',
        dependencies=["base"],
        project="""\
[project.optional-dependencies]
all = ["shop[data]", "Shop[fast]"]
data = ["data"]
fast = ["fast"]
unused = ["never"]
[dependency-groups]
runtime = ["tracing", {include-group = "common"}]
common = ["shared"]
dev = ["never"]
""",
    )

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "data 1.0", "fast 1.0", "shared 1.0", "tracing 1.0"]


def test_the_projects_own_name_is_never_looked_up(index, project):
    index.add("shop", "99.0")
    index.add("data")
    project.configure(
        'features = ["all"]', project='optional-dependencies = { all = ["shop[data]"], data = ["data"] }\n'
    )

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["data 1.0"]
    assert [path for path in index.requests if "shop" in path] == []


@pytest.mark.api("pip")
def test_constraints_bind_without_adding(index, project):
    for version in ("1.0", "1.5", "2.0"):
        index.add("lib", version)
    index.add("other")
    project.write("constraints/base.txt", "lib<2\nother==1.0\n")
    project.write("constraints/more.txt", "lib!=1.5\n")
    project.configure('constraints = ["constraints/base.txt", "constraints/more.txt"]', dependencies=["lib"])

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0"]


@pytest.mark.parametrize("resolver", ["pip", "uv"])
def test_the_users_own_constraints_hold_too(index, project, tmp_path, resolver):
    index.add("lib", "1.0")
    index.add("lib", "2.0")
    constraints = tmp_path / "mine.txt"
    constraints.write_text("lib<2\n", "utf-8")
    project.configure(f'resolver = "{resolver}"', dependencies=["lib"])

    built = project.build(PIP_CONSTRAINT=str(constraints))

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0"]


def test_excluded_packages_are_removed_with_what_only_they_need(index, project):
    index.add("sdk", requires=["sdk-core", "shared"])
    index.add("sdk-core", requires=["retry"])
    index.add("retry")
    index.add("shared")
    index.add("app-lib", requires=["sdk", "shared"])
    project.configure('exclude-packages = ["SDK"]', dependencies=["app-lib"])

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["app-lib 1.0", "shared 1.0"]


def test_a_requirement_can_name_the_url_of_a_wheel(index, project, tmp_path):
    index.add("base")
    with IndexServer(tmp_path / "elsewhere") as elsewhere:
        wheel = elsewhere.add("direct", "3.0", requires=["base"])
        project.configure(
            dependencies=[f"direct @ {elsewhere.file_url(wheel)}"],
            project="[tool.hatch.metadata]\nallow-direct-references = true\n",
        )

        built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "direct 3.0"]


def test_a_requirement_can_name_a_wheel_on_this_machine(project, tmp_path):
    wheel = make_wheel(tmp_path / "built", "local", "0.1")
    project.configure(
        dependencies=[f"local @ {wheel.as_uri()}"],
        project="[tool.hatch.metadata]\nallow-direct-references = true\n",
    )

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["local 0.1"]


@pytest.mark.parametrize(
    ("requirement", "variables", "version"),
    [
        ("lib", {}, "1.0"),
        ("lib>=2.0a0", {}, "2.0b1"),
        ("lib==2.0b1", {}, "2.0b1"),
        ("lib", {"PIP_PRE": "1"}, "2.0b1"),
        ("only", {}, "1.0rc1"),
    ],
)
def test_prereleases_are_selected_by_the_rules_of_pep_440(index, project, requirement, variables, version):
    index.add("lib", "1.0")
    index.add("lib", "2.0b1")
    index.add("only", "1.0rc1")
    project.configure(dependencies=[requirement])

    built = project.build(**variables)

    assert built.code == 0, built.output
    assert [name.rpartition(" ")[2] for name in zips.distributions(built.archive)] == [version]
    assert "older:" not in built.output


def test_a_requirement_can_name_one_url_for_each_architecture(index, project, tmp_path):
    with IndexServer(tmp_path / "elsewhere") as elsewhere:
        arm = elsewhere.add("direct", tag="cp313-cp313-manylinux_2_17_aarch64")
        intel = elsewhere.add("direct", tag="cp313-cp313-manylinux_2_17_x86_64")
        project.configure(
            dependencies=[
                f"direct @ {elsewhere.file_url(arm)} ; platform_machine == 'aarch64'",
                f"direct @ {elsewhere.file_url(intel)} ; platform_machine == 'x86_64'",
            ],
            project="[tool.hatch.metadata]\nallow-direct-references = true\n",
        )

        built = [project.build(HATCH_LAMBDA_ARCHITECTURE=architecture) for architecture in ("x86_64", "arm64")]

    assert [each.code for each in built] == [0, 0], built[1].output
    assert {archive.name: zips.wheels(archive) for archive in built[1].archives} == {
        "shop-0.1.0-lambda-python3.13-arm64.zip": [arm.name],
        "shop-0.1.0-lambda-python3.13-x86_64.zip": [intel.name],
    }


def test_a_yanked_release_is_passed_over_in_silence(index, project):
    index.add("lib", "1.0")
    index.yanked[index.add("lib", "2.0").name] = "it is broken"
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0"]
    assert "lib 2.0" not in built.output


def test_a_yanked_release_that_is_pinned_is_taken_with_a_warning(index, project):
    index.yanked[index.add("lib", "2.0").name] = "it is broken"
    project.configure(dependencies=["lib==2.0"])

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 2.0"]
    assert (
        "warning: lib 2.0: was yanked from its index, but a requirement pins it; require another version [yanked]"
    ) in built.output.splitlines()


@pytest.mark.parametrize(
    ("dependency", "why"),
    [
        ("lib", "the lock file pins it; set HATCH_LAMBDA_UPGRADE=lib and run 'hatch build -t lambda:lock'"),
        ("lib==2.*", "the lock file pins it; set HATCH_LAMBDA_UPGRADE=lib and run 'hatch build -t lambda:lock'"),
        ("lib==2.0", "a requirement pins it; require another version"),
    ],
)
def test_a_locked_release_that_was_yanked_since_is_kept_with_a_warning(index, project, dependency, why):
    released = index.add("lib", "2.0").name
    project.configure(dependencies=[dependency])
    project.build(target="lambda:lock")
    index.yanked[released] = "it is broken"

    built = project.build(target="lambda:lock")

    assert built.code == 0, built.output
    warnings = [line for line in built.output.splitlines() if "warning" in line]
    assert warnings == [f"warning: lib 2.0: was yanked from its index, but {why} [yanked]"]


def test_a_locked_release_that_was_yanked_since_can_be_upgraded(index, project):
    index.add("lib", "1.0")
    released = index.add("lib", "2.0").name
    project.configure(dependencies=["lib"])
    project.build(target="lambda:lock")
    index.yanked[released] = "it is broken"

    built = project.build(target="lambda:lock", HATCH_LAMBDA_UPGRADE="lib")

    assert built.code == 0, built.output
    assert "  lib: 2.0 -> 1.0" in built.output.splitlines()


def test_an_index_can_have_no_hashes(project, tmp_path):
    with IndexServer(tmp_path / "plain", hashes=False) as plain:
        plain.add("lib", requires=["base"])
        plain.add("base")
        project.configure(dependencies=["lib"])

        built = project.build(PIP_INDEX_URL=plain.url)

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "lib 1.0"]


def test_wheels_of_a_find_links_directory_are_used(index, project, tmp_path):
    index.add("lib", "1.0")
    make_wheel(tmp_path / "wheels", "lib", "1.1", tag="cp313-cp313-manylinux_2_34_x86_64")
    project.configure(dependencies=["lib"])

    built = project.build(PIP_FIND_LINKS=str(tmp_path / "wheels"))

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["lib-1.1-cp313-cp313-manylinux_2_34_x86_64.whl"]


def test_a_find_links_directory_is_enough_without_an_index(project, tmp_path):
    make_wheel(tmp_path / "wheels", "lib", requires=["base"])
    make_wheel(tmp_path / "wheels", "base")
    project.configure(dependencies=["lib"])

    built = project.build(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path / "wheels"))

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "lib 1.0"]


def test_the_best_of_two_indexes_is_taken(index, project, tmp_path):
    index.add("lib", "1.0")
    with IndexServer(tmp_path / "extra") as extra:
        extra.add("lib", "2.0")
        project.configure(dependencies=["lib"])

        built = project.build(PIP_EXTRA_INDEX_URL=extra.url)

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 2.0"]


REDIRECTIONS = {
    "abi": "cp39",
    "debug": "1",
    "dest": "{directory}/dest",
    "dry-run": "0",
    "editable": "{directory}",
    "ignore-requires-python": "1",
    "implementation": "pp",
    "log": "{directory}/log.txt",
    "no-binary": ":all:",
    "no-dependencies": "1",
    "no-deps": "1",
    "only-binary": ":none:",
    "only-deps": "1",
    "platform": "win_amd64",
    "prefix": "{directory}/prefix",
    "python": "{directory}/python",
    "python-version": "3.9",
    "quiet": "3",
    "report": "{directory}/report.json",
    "require-hashes": "1",
    "require-virtualenv": "1",
    "requirement": "{directory}/requirements.txt",
    "root": "{directory}/root",
    "src": "{directory}/src",
    "target": "{directory}/target",
    "upgrade": "1",
    "user": "1",
    "verbose": "3",
}
"""Settings of pip that install elsewhere, for another machine, or something else."""


def add_wheels_named_after_their_tags(index: IndexServer) -> None:
    """Fill an index with wheels of which each redirection would take another one, or none."""
    index.add("num", tag="cp313-cp313-manylinux_2_34_x86_64", requires=["base"])
    index.add("num", tag="cp39-cp39-manylinux_2_17_x86_64")
    index.add("num", tag="cp313-cp313-win_amd64")
    index.add("num", "2.0", requires_python=">=3.14")
    index.add("base")
    index.add("superfluous")


@pytest.mark.api("pip")
def test_variables_of_pip_do_not_redirect_a_build(index, project, tmp_path):
    add_wheels_named_after_their_tags(index)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "requirements.txt").write_text("superfluous\n", "utf-8")
    variables = {
        f"PIP_{name.upper().replace('-', '_')}": value.format(directory=elsewhere)
        for name, value in REDIRECTIONS.items()
    }
    project.configure(dependencies=["num"])

    built = project.build(**variables)

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["base-1.0-py3-none-any.whl", "num-1.0-cp313-cp313-manylinux_2_34_x86_64.whl"]
    assert [path.name for path in elsewhere.iterdir()] == ["requirements.txt"]


@pytest.mark.parametrize("section", ["global", "install", "download"])
def test_settings_in_pip_conf_do_not_redirect_a_build(index, project, tmp_path, section):
    add_wheels_named_after_their_tags(index)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "requirements.txt").write_text("superfluous\n", "utf-8")
    conf = tmp_path / "pip.conf"
    lines = [
        f"{name} = {value.format(directory=elsewhere)}\n" for name, value in REDIRECTIONS.items() if name != "editable"
    ]
    conf.write_text(f"[{section}]\n{''.join(lines)}", "utf-8")
    project.configure(dependencies=["num"])

    built = project.build(PIP_CONFIG_FILE=str(conf), HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["base-1.0-py3-none-any.whl", "num-1.0-cp313-cp313-manylinux_2_34_x86_64.whl"]
    assert [path.name for path in elsewhere.iterdir()] == ["requirements.txt"]


def test_modules_in_the_project_directory_do_not_affect_pip(index, project):
    index.add("lib")
    for path in ("pip.py", "optparse.py", "netrc.py", "requests/__init__.py", "resolvelib.py", "sitecustomize.py"):
        project.write(path, "raise SystemExit('a module of the project was imported')\n")
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0"]


def test_a_build_that_requires_nothing_on_the_target_needs_no_index(project):
    project.configure(dependencies=["pywin32; sys_platform == 'win32'", "tomli; python_version < '3.11'"])

    built = project.build(PIP_INDEX_URL="http://127.0.0.1:1/simple/", PIP_CERT=os.devnull + "/none")

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == []
