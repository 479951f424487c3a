"""``HATCH_LAMBDA_VERIFY=1``: a build is repeated and compared."""

from __future__ import annotations

import os
import zipfile

import pytest

from hatch_lambda.errors import ArchiveError
from hatch_lambda.run.reproducibility import rebuild_and_compare
from tests.support.make_local_project import builds, make_local_project

HOOK = """
import itertools, os, pathlib
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

class CustomBuildHook(BuildHookInterface):
    def initialize(self, version, build_data):
        {code}
"""


def test_a_reproducible_build_passes(index, project):
    index.add("lib", "1.0")
    project.configure(dependencies=["lib"])

    built = project.build(HATCH_LAMBDA_VERIFY="1")

    assert built.code == 0, built.output
    assert built.archive.is_file()
    assert built.output.endswith("  reproducible: a rebuild has the same bytes\n")


def test_wheels_that_are_built_here_are_rebuilt_too(project, tmp_path):
    make_local_project(tmp_path / "lib", "lib")
    sources = '\n[tool.uv.sources]\nlib = { path = "../lib" }\n'
    project.configure(dependencies=["lib"], project=sources)

    built = project.build(HATCH_LAMBDA_VERIFY="1")

    assert built.code == 0, built.output
    assert builds(tmp_path) == ["lib-1.0", "lib-1.0"]


def test_without_the_variable_a_build_runs_once(project):
    project.configure("hooks.custom = {}")
    project.write("hatch_build.py", HOOK.format(code="open('runs', 'a').write('x')"))

    project.build()

    assert (project.root / "runs").read_text() == "x"


def test_a_hook_that_makes_other_files_each_time_is_found_out(project):
    project.configure("hooks.custom = {}")
    project.write("hatch_build.py", HOOK.format(code="open('shop/stamp.py', 'a').write('x = 1\\n')"))

    built = project.build(HATCH_LAMBDA_VERIFY="1")

    assert built.code == 1
    assert built.output.splitlines()[-1] == (
        f"error: {built.archive}: not reproducible, because a rebuild changed shop/stamp.py; check build hooks, "
        "reproducible = false, and unlocked versions [not-reproducible]"
    )


@pytest.mark.parametrize(
    ("rebuilt", "difference"),
    [
        ({"a.py": "1", "b.py": "2", "c.py": "3", "x/RECORD": "2"}, "added c.py"),
        ({"a.py": "1", "x/RECORD": "2"}, "removed b.py"),
        ({"a.py": "1", "b.py": "2", "x/RECORD": "2"}, "changed x/RECORD"),
        ({"b.py": "2", "a.py": "1", "x/RECORD": "1"}, "changed the zip's structure, but none of its files"),
    ],
)
def test_the_difference_of_a_rebuild_is_named(tmp_path, rebuilt, difference):
    write = "import pathlib, sys, zipfile\ndef write(path, files):\n  with zipfile.ZipFile(path, 'w') as archive:\n"
    write += "    for name, text in files.items():\n      archive.writestr(zipfile.ZipInfo(name), text)\n"
    (tmp_path / "rebuild.py").write_text(f"{write}write(pathlib.Path(sys.argv[1], 'a.zip'), {rebuilt})")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, text in {"a.py": "1", "b.py": "2", "x/RECORD": "1"}.items():
            archive.writestr(zipfile.ZipInfo(name), text)

    with pytest.raises(ArchiveError) as caught:
        rebuild_and_compare(tmp_path / "a.zip", ["rebuild"], tmp_path, os.environ)

    assert str(caught.value) == (
        f"error: {tmp_path / 'a.zip'}: not reproducible, because a rebuild {difference}; check build hooks, "
        "reproducible = false, and unlocked versions [not-reproducible]"
    )


def test_a_rebuild_that_fails_is_reported_with_its_output(project):
    project.configure("hooks.custom = {}")
    code = "pathlib.Path('ran').mkdir()"
    project.write("hatch_build.py", HOOK.format(code=code))

    built = project.build(HATCH_LAMBDA_VERIFY="1")

    assert built.code == 1
    problem, output = built.output.split("\n\noutput of the rebuild:\n")
    assert problem.splitlines()[-1] == (
        f"error: {built.archive}: not reproducible, because the rebuild failed; fix what its output shows "
        "[not-reproducible]"
    )
    assert "FileExistsError" in output


def test_each_zip_of_several_is_compared_with_its_own(project):
    project.configure(
        "[tool.hatch.build.targets.lambda.functions.one]\n[tool.hatch.build.targets.lambda.functions.two]\n"
    )

    built = project.build(HATCH_LAMBDA_VERIFY="1")

    assert built.code == 0, built.output
    assert built.output.count("  reproducible: a rebuild has the same bytes\n") == 2
