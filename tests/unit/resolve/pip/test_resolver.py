"""pip as the resolver: its command line, and what is rejected before it starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.errors import ConfigError, ResolveError
from hatch_lambda.progress import Status
from hatch_lambda.resolve.base import Host, Pin, Resolution
from hatch_lambda.resolve.pip.command import dry_run_options
from hatch_lambda.resolve.pip.resolver import _check_environment, changed_names, download_status
from hatch_lambda.resolve.strategy import ResolverChoice, pip_resolver
from hatch_lambda.resolve.uv_settings import UvSettings
from tests.support.samples import config, dependency, target

T = "tool.hatch.build.targets.lambda"


def test_pip_resolves_and_installs_nothing():
    options = dry_run_options(Path("/tmp/report.json"))

    assert options == ["--dry-run", "--ignore-installed", "--report=/tmp/report.json"]


def test_a_pip_that_resolved_for_the_build_machine_is_rejected():
    markers = target().markers
    report = {"pip_version": "99.0", "environment": {**markers, "sys_platform": "win32", "platform_machine": "AMD64"}}

    with pytest.raises(ResolveError) as caught:
        _check_environment(report, target())

    wrong = ", ".join(name for name in markers if name in {"sys_platform", "platform_machine"})
    assert str(caught.value) == (
        f"error: pip 99.0: evaluated {wrong} for the build machine instead of python3.13 on x86_64; require another "
        "version of pip in build-system.requires [resolver-failed]"
    )


def test_constraint_files_that_are_not_there_are_reported_before_pip_starts(tmp_path):
    (tmp_path / "there.txt").write_text("")
    files = ("gone.txt", "there.txt", "https://host/constraints.txt", "sub/gone.txt")

    host = Host({}, tmp_path)
    choice = ResolverChoice(tool="pip", reason="", host=host)

    with pytest.raises(ConfigError) as caught:
        pip_resolver(config(constraints=files), choice, UvSettings(), host)

    assert str(caught.value).splitlines() == [
        f"error: pyproject.toml [{T}] has 2 problems:",
        "  constraints #1: no file 'gone.txt' in the project; create it, or remove the entry [path-not-found]",
        "  constraints #4: no file 'sub/gone.txt' in the project; create it, or remove the entry [path-not-found]",
    ]


def _pins(**versions: str) -> tuple[Pin, ...]:
    return tuple(Pin(canonicalize_name(name), Version(version), "", None) for name, version in versions.items())


@pytest.mark.parametrize(
    ("newest", "dependencies", "expected"),
    [
        ({"app": "2", "base": "2"}, ["app"], set()),
        ({"app": "2", "new": "1"}, ["app"], {"new"}),
        ({"app": "1", "base": "1"}, ["app<2", "app 1: base<2"], {"app", "base"}),
        ({"app": "3", "base": "1"}, ["app", "app 3: base<2"], set()),
        ({"app": "2", "base": "1"}, ["app", "app 2: base<2"], {"base"}),
        ({"app": "2"}, ["app @ https://host/app-2-py3-none-any.whl"], {"app"}),
    ],
)
def test_a_preferred_version_that_cannot_stay_has_changed(newest, dependencies, expected):
    texts = [text.rpartition(": ") if "://" not in text else ("", "", text) for text in dependencies]
    found = [dependency(text, by or "project.dependencies") for by, _, text in texts]
    prefer = {canonicalize_name(name): Version("2") for name in ("app", "base")}

    assert changed_names(Resolution(_pins(**newest)), found, prefer) == expected


def test_the_status_of_a_download_is_its_newest_file(tmp_path):
    pins = [
        Pin(canonicalize_name(name), Version("1"), f"https://host/{name}-1-py3-none-any.whl", None)
        for name in ("first", "second", "third")
    ]
    for time, (directory, name, size) in enumerate(
        [("into", "first", 3), ("pip-unpack-a", "first", 3), ("pip-unpack-b", "second", 5)]
    ):
        file = tmp_path / directory / f"{name}-1-py3-none-any.whl"
        file.parent.mkdir()
        file.write_bytes(bytes(size))
        os.utime(file, (time, time))

    begun = download_status(pins, tmp_path / "none", tmp_path / "none")
    running = download_status(pins, tmp_path / "into", tmp_path)

    assert begun == Status(count=0, total=3)
    assert running == Status(name="second 1", count=2, total=3, size=5)
