"""A pip that is started before its arguments are known does what one with arguments does."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.resolve.base import Host, Pin
from hatch_lambda.resolve.pip.command import pip_environment, target_options
from hatch_lambda.resolve.pip.resolver import download, report_of
from hatch_lambda.resolve.pip.waiting import RUNNER, WaitingPip
from tests.support.samples import target

LIB, MARKERS = canonicalize_name("lib"), json.dumps(target().markers)


@pytest.fixture
def waiting(environ, tmp_path):
    """Yield a pip that waits, and that knows no index yet."""
    found = WaitingPip()
    found.start({**pip_environment(environ), "PIP_INDEX_URL": "http://127.0.0.1:9/"}, tmp_path)
    yield found
    found.close()


def test_it_downloads_with_the_settings_of_the_request(index, environ, tmp_path, waiting):
    pin = Pin(LIB, Version("1.0"), index.file_url(index.add("lib")), None)

    download([pin], target(), tmp_path, Host(environ, tmp_path, waiting_pip=waiting))

    assert (tmp_path / pin.filename).is_file()


def test_it_resolves_with_the_markers_of_the_request(index, environ, tmp_path, waiting):
    index.add("lib", requires=["arm; platform_machine == 'aarch64'", "x86; platform_machine == 'x86_64'"])
    index.add("arm")
    host, arm = Host(environ, tmp_path, waiting_pip=waiting), target(architecture="arm64")

    report, run = report_of([*target_options(arm), "lib"], arm, host)

    assert run.code == 0
    assert sorted(item["metadata"]["name"] for item in report["install"]) == ["arm", "lib"]


def test_its_temporary_files_are_where_the_request_wants_them(index, environ, tmp_path, waiting):
    seen: list[str] = []
    index.add("lib")
    index.on_request = lambda _: seen.extend(path.name for path in (tmp_path / "here").glob("pip-*"))
    (tmp_path / "here").mkdir()
    log = tmp_path / "pip.log"
    arguments = [MARKERS, "", "download", f"--log={log}", "--quiet", f"--dest={tmp_path}", "lib"]

    done = waiting.run(arguments, {**pip_environment(environ), "TMPDIR": str(tmp_path / "here")})

    assert (done.returncode, done.stderr) == (0, "")
    assert seen


def test_a_failure_has_the_code_and_the_errors_of_pip(environ, waiting):
    done = waiting.run([MARKERS, "", "download", "--no-such-option"], pip_environment(environ))

    assert done.returncode == 2
    assert "no such option: --no-such-option" in done.stderr


def test_it_runs_once(environ, waiting):
    environ = pip_environment(environ)

    assert waiting.run([MARKERS, "", "--version"], environ).returncode == 0
    assert waiting.run([MARKERS, "", "--version"], environ) is None


def test_it_is_not_used_with_another_variable_that_its_imports_may_have_read(environ, waiting):
    process = waiting._process

    assert waiting.run([MARKERS, "", "--version"], {**pip_environment(environ), "HOME": "/elsewhere"}) is None
    assert process.returncode is not None


def test_a_process_that_has_ended_is_not_used(environ, waiting):
    waiting._process.kill()
    waiting._process.wait()

    assert waiting.run([MARKERS, "", "--version"], pip_environment(environ)) is None


def test_a_process_that_cannot_be_started_is_not_used(environ, tmp_path):
    waiting = WaitingPip()
    waiting.start(pip_environment(environ), tmp_path / "missing")

    assert waiting.run([MARKERS, "", "--version"], pip_environment(environ)) is None


def test_the_markers_are_replaced_in_modules_that_were_imported_before(environ):
    code = (
        "import runpy, sys, types\n"
        "from pip._vendor.packaging import markers\n"
        "other = sys.modules['other'] = types.ModuleType('other')\n"
        "other.default_environment = markers.default_environment\n"
        "sys.modules['nothing'] = None\n"
        "runpy.run_path(sys.argv[1])['_replace']({'os_name': 'x'})\n"
        "print(other.default_environment())\n"
    )

    done = subprocess.run([sys.executable, "-c", code, RUNNER], env=environ, capture_output=True, text=True, check=True)

    assert done.stdout == "{'os_name': 'x'}\n"


def test_a_second_start_changes_nothing(environ, tmp_path, waiting):
    waiting.start({}, tmp_path)

    assert waiting.run([MARKERS, "", "--version"], pip_environment(environ)).returncode == 0


def test_an_interrupted_run_ends_the_process(environ, waiting):
    process = waiting._process

    with pytest.raises(TypeError, match="not JSON serializable"):
        waiting.run([object()], pip_environment(environ))

    assert process.returncode is not None


def test_it_may_be_closed_without_having_waited():
    WaitingPip().close()


def test_the_runner_ends_if_nothing_is_asked_of_it(environ):
    done = subprocess.run(
        [sys.executable, RUNNER], env=pip_environment(environ), input="", capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def waits(environ: dict[str, str]) -> bool:
    """Return whether a pip waits in a build with this cache."""
    mark = f"HATCH_LAMBDA_CACHE_DIR={environ['HATCH_LAMBDA_CACHE_DIR']}\0".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or belongs to another user
            if process.joinpath("cmdline").read_bytes().endswith(b"/runner.py\0") and (
                mark in process.joinpath("environ").read_bytes()
            ):
                return True
    return False


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc on this system")
def test_pip_waits_while_uv_resolves_if_the_cache_has_no_wheels(index, project):
    index.add("lib")
    project.configure(dependencies=["lib"])
    seen: list[bool] = []
    index.on_request = lambda _: seen.append(waits(project.environ))

    first = project.build()
    filled, seen[:] = seen[0], []
    rmtree(project.environ["UV_CACHE_DIR"])
    second = project.build()

    assert (first.code, second.code) == (0, 0)
    assert (filled, any(seen), bool(seen)) == (True, False, True)


def test_a_build_that_fails_leaves_no_pip_behind(project):
    project.write("pylock.toml", 'lock-version = "1.0"\ncreated-by = "test"\npackages = []\n')
    project.configure('lock = "pylock.toml"', dependencies=["lib"])

    assert "[lock-out-of-date]" in project.build().error
    assert not waits(project.environ)
