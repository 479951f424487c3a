"""The files that pip skips, as its log and our messages name them."""

from __future__ import annotations

import json
import subprocess
import sys

from hatch_lambda.resolve.pip.command import RUNNER, pip_environment, target_options
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
    log = tmp_path / "pip.log"
    arguments = ["install", "--dry-run", "--ignore-installed", f"--log={log}", "--quiet", *target_options(PYTHON_3_13)]

    subprocess.run(
        [sys.executable, RUNNER, json.dumps(PYTHON_3_13.markers), "", *arguments, "lib"],
        env=pip_environment(environ),
        check=True,
    )

    lines = log.read_text("utf-8").splitlines()
    assert [line for line in lines if "Skipping link" in line] == lines[-5:]
    assert lines[-5:] == [
        (
            "Skipping link: none of the wheel's tags (cp39-cp39-win_amd64) are compatible "
            "(run pip debug --verbose to show compatible tags): file:///files/lib-2.0-cp39-cp39-win_amd64.whl"
        ),
        f"Skipping link: No sources permitted for lib: file:///files/lib-3.0.tar.gz#sha256={sha256(sdist)}",
        (f"Skipping link: lib-4.0.tar.gz Requires-Python >=3.14: file:///files/lib-4.0.tar.gz#sha256={sha256(newer)}"),
        f"Skipping link: yanked for reason: bad: file:///files/lib-5.0.tar.gz#sha256={sha256(withdrawn)}",
        "Skipping link: not a file: file:///simple/lib/",
    ]


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
