"""The files that pip skips, as its log and our messages name them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from hatch_lambda.resolve.pip.command import pip_environment, target_options
from hatch_lambda.resolve.pip.waiting import RUNNER
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import Target
from tests.support.locks import sha256

PYTHON_3_13 = Target(next(runtime for runtime in RUNTIMES if runtime.name == "python3.13"), "x86_64")


def test_skipped_links_are_listed_at_the_end_of_the_log_with_paths_instead_of_urls(index, environ, tmp_path):
    index.add("lib", "1.0")
    index.add("lib", "2.0", tag="cp39-cp39-win_amd64")
    sdist = index.add_sdist("lib", "3.0")
    newer = index.add_sdist("lib", "4.0", requires_python=">=3.14")
    withdrawn = index.add_sdist("lib", "5.0")
    index.yanked[withdrawn.name] = "bad"
    odd = index.add_sdist("lib", "6.0", requires_python="three")
    log = tmp_path / "pip.log"
    arguments = ["install", "--dry-run", "--ignore-installed", f"--log={log}", "--quiet", *target_options(PYTHON_3_13)]

    subprocess.run(
        [sys.executable, RUNNER, json.dumps(PYTHON_3_13.markers), "", *arguments, "lib"],
        env=pip_environment(environ),
        check=True,
    )

    lines = log.read_text("utf-8").splitlines()
    assert [line for line in lines if "Skipping link" in line] == lines[-6:]
    assert lines[-6:] == [
        (
            "Skipping link: none of the wheel's tags (cp39-cp39-win_amd64) are compatible "
            "(run pip debug --verbose to show compatible tags): file:///files/lib-2.0-cp39-cp39-win_amd64.whl"
        ),
        f"Skipping link: No sources permitted for lib: file:///files/lib-3.0.tar.gz#sha256={sha256(sdist)}",
        (f"Skipping link: lib-4.0.tar.gz Requires-Python >=3.14: file:///files/lib-4.0.tar.gz#sha256={sha256(newer)}"),
        f"Skipping link: yanked for reason: bad: file:///files/lib-5.0.tar.gz#sha256={sha256(withdrawn)}",
        f"Skipping link: No sources permitted for lib: file:///files/lib-6.0.tar.gz#sha256={sha256(odd)}",
        "Skipping link: not a file: file:///simple/lib/",
    ]


@pytest.mark.parametrize(
    ("installed", "problem"),
    [
        ("__version__ = '25.2'", "pip 25.2 is too old; require pip>=25.3 in build-system.requires"),
        ("raise ImportError", f"pip isn't installed for {sys.executable}; require pip in build-system.requires"),
    ],
)
def test_a_pip_that_cannot_resolve_for_another_machine_is_not_started(environ, tmp_path, installed, problem):
    (tmp_path / "pip.py").write_text(installed)

    done = subprocess.run(
        [sys.executable, RUNNER, json.dumps(PYTHON_3_13.markers), "", "install", "lib"],
        env={**pip_environment(environ), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (86, "", f"{problem}\n")


def test_a_release_that_pip_skipped_is_named_where_an_older_one_was_taken(index, project):
    index.add("lib", "1.0")
    index.add("lib", "2.0", tag="cp39-cp39-win_amd64")
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 0, built.output
    assert built.output.splitlines()[-1] == (
        "  older: lib 1.0 instead of 2.0, because 2.0 has no wheel for python3.13 on x86_64 (its "
        "wheels are for win_amd64)"
    )
