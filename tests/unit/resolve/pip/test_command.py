"""How pip is called: every argument and every variable."""

from __future__ import annotations

import ast
import os
import sys

import pytest

from hatch_lambda.resolve.pip.command import FORCED, pip_environment, target_options
from hatch_lambda.resolve.pip.waiting import RUNNER
from tests.support.samples import target

OURS = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_IGNORE_REQUIRES_PYTHON": "0",
    "PIP_NO_DEPENDENCIES": "0",
    "PIP_NO_DEPS": "0",
    "PIP_NO_INPUT": "0",
    "PIP_ONLY_DEPS": "0",
    "PIP_REQUIREMENT": os.devnull,
    "PIP_REQUIRE_HASHES": "0",
    "PIP_REQUIRE_VENV": "0",
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_USER": "0",
    "PYTHONIOENCODING": "utf-8",
    "_PIP_RUNNING_IN_SUBPROCESS": "1",
}


def test_pip_gets_the_target_in_full():
    options = target_options(target("python3.11", "arm64"))

    assert options == [
        "--only-binary=:all:",
        *("--platform", "manylinux_2_26_aarch64"),
        *("--platform", "manylinux_2_25_aarch64"),
        *("--platform", "manylinux_2_24_aarch64"),
        *("--platform", "manylinux_2_23_aarch64"),
        *("--platform", "manylinux_2_22_aarch64"),
        *("--platform", "manylinux_2_21_aarch64"),
        *("--platform", "manylinux_2_20_aarch64"),
        *("--platform", "manylinux_2_19_aarch64"),
        *("--platform", "manylinux_2_18_aarch64"),
        *("--platform", "manylinux_2_17_aarch64"),
        *("--platform", "manylinux2014_aarch64"),
        "--implementation=cp",
        "--abi=cp311",
        "--python-version=3.11.11",
    ]


def test_pip_gets_the_patch_level_of_the_user():
    assert target_options(target("python3.13", patch=2))[-2:] == ["--abi=cp313", "--python-version=3.13.2"]


def test_an_empty_environment_gets_our_variables_only():
    assert pip_environment({}) == OURS


def test_indexes_credentials_proxies_and_caches_of_the_user_stay():
    environ = {
        "HOME": "/home/me",
        "HTTPS_PROXY": "http://proxy",
        "NETRC": "/home/me/netrc",
        "PATH": "/bin",
        "PIP_CACHE_DIR": "/cache",
        "PIP_CERT": "/cert.pem",
        "PIP_CLIENT_CERT": "/client.pem",
        "PIP_CONFIG_FILE": "/pip.conf",
        "PIP_EXTRA_INDEX_URL": "https://extra/simple/",
        "PIP_FIND_LINKS": "/wheels",
        "PIP_INDEX_URL": "https://me:secret@host/simple/",
        "PIP_KEYRING_PROVIDER": "subprocess",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_INDEX": "1",
        "PIP_PRE": "1",
        "PIP_PROXY": "http://proxy",
        "PIP_RETRIES": "0",
        "PIP_TIMEOUT": "3",
        "PIP_TRUSTED_HOST": "host",
        "PIP_UPLOADED_PRIOR_TO": "2026-01-01",
    }

    assert pip_environment(environ) == OURS | environ


@pytest.mark.parametrize(
    "name",
    [
        *("ABI", "IMPLEMENTATION", "NO_BINARY", "ONLY_BINARY", "PLATFORM", "PYTHON_VERSION"),
        *("CONSTRAINT", "EDITABLE", "GROUP", "ONLY_DEPENDENCIES", "ONLY_DEPS", "REQUIREMENT"),
        *("DEST", "DESTINATION_DIR", "DESTINATION_DIRECTORY", "PREFIX", "ROOT", "SOURCE", "SRC", "TARGET"),
        *("DEBUG", "LOCAL_LOG", "LOG", "LOG_FILE", "QUIET", "REPORT", "VERBOSE"),
        *("DRY_RUN", "FORCE_REINSTALL", "PYTHON", "REQUIREMENTS_FROM_SCRIPT", "UPGRADE"),
    ],
)
def test_a_variable_that_would_redirect_pip_is_dropped(name):
    assert pip_environment({f"PIP_{name}": "x"}) == OURS


@pytest.mark.parametrize("name", sorted(FORCED))
def test_a_variable_that_would_change_what_is_resolved_is_set_by_us(name):
    assert pip_environment({name: "x"}) == OURS


def test_the_user_chooses_if_pip_prompts():
    assert pip_environment({"PIP_NO_INPUT": "1"}) == OURS | {"PIP_NO_INPUT": "1"}


def test_the_callers_environment_is_not_changed():
    environ = {"PIP_TARGET": "x"}

    pip_environment(environ)

    assert environ == {"PIP_TARGET": "x"}


def test_the_runner_is_a_separate_script_that_imports_nothing_of_ours():
    tree = ast.parse(RUNNER.read_text("utf-8"))

    imported = {
        alias.name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    } | {(node.module or "").partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported - set(sys.stdlib_module_names) == {"pip"}
