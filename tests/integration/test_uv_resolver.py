"""uv as the resolver."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.files.programs import uv_program
from tests.support import zips
from tests.support.index_server import IndexServer

if TYPE_CHECKING:
    from tests.conftest import Built, ProjectDirectory

UV = 'resolver = "uv"\n'


@pytest.fixture
def project(project, index, tmp_path):
    """The project, with uv for it to resolve with: uv has a cache of its own and knows the same index as pip."""
    uv = uv_program(os.environ)
    if uv is None:
        pytest.skip("uv is not installed")
    project.environ.update(HATCH_UV=uv, UV_DEFAULT_INDEX=index.url)
    return project


@pytest.mark.api("uv")
@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
@pytest.mark.parametrize("runtime", ["python3.11", "python3.13"])
def test_uv_finds_the_same_distributions_as_pip(index, project, runtime, architecture):
    _marker_sensitive(index)
    target = {"HATCH_LAMBDA_RUNTIME": runtime, "HATCH_LAMBDA_ARCHITECTURE": architecture}
    project.configure(dependencies=["app[fast]"])
    by_pip = zips.wheels(project.build(**target).archive)
    project.configure(UV, dependencies=["app[fast]"])

    built = project.build(**target)

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == by_pip
    assert len(by_pip) == {"python3.11": 5, "python3.13": 4}[runtime] + (architecture == "arm64")


def test_an_unknown_extra_is_reported_by_every_resolver(index, project):
    index.add("server", requires=["loop; extra == 'standard'"], extras=["standard"])
    project.configure(dependencies=["server[standart]"])
    by_pip = project.build()
    project.configure(UV, dependencies=["server[standart]"])
    by_uv = project.build()

    locking, by_lock = project.build(target="lambda:lock"), project.build()

    warning = "project.dependencies: server 1.0 has no extra 'standart'; did you mean 'standard'? [unknown-extra]"
    for built in (by_pip, by_uv, locking, by_lock):
        assert built.code == 0, built.output
        warnings = [line for line in built.output.splitlines() if "warning" in line]
        assert warnings == [f"warning: {warning}"]
        assert zips.distributions(built.archive) == ["server 1.0"]


def test_a_lock_of_uv_itself_is_for_each_target(index, project):
    _marker_sensitive(index)
    project.configure('lock = "pylock.toml"', dependencies=["app", "native<2"], project='requires-python = ">=3.11"')
    export = [project.environ["HATCH_UV"], "export", "--format=pylock.toml", "--no-emit-project", "--quiet"]
    subprocess.run([*export, "--output-file=pylock.toml"], cwd=project.root, env=project.environ, check=True)
    (project.root / "uv.lock").unlink()
    index.requests.clear()

    older = project.build(HATCH_LAMBDA_RUNTIME="python3.11")
    newer = project.build(HATCH_LAMBDA_ARCHITECTURE="arm64")

    assert (older.code, newer.code) == (0, 0), older.output + newer.output
    assert {archive.name: zips.wheels(archive) for archive in newer.archives} == {
        "shop-0.1.0-lambda-python3.11-x86_64.zip": [
            "app-1.0-py3-none-any.whl",
            "native-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",
            "patched-1.0-py3-none-any.whl",
            "tomli-1.0-py3-none-any.whl",
        ],
        "shop-0.1.0-lambda-python3.13-arm64.zip": [
            "app-1.0-py3-none-any.whl",
            "native-1.0-cp313-cp313-manylinux_2_17_aarch64.whl",
            "neon-1.0-py3-none-any.whl",
            "patched-1.0-py3-none-any.whl",
        ],
    }
    assert [path for path in index.requests if path.startswith("/simple/")] == []


def test_a_file_that_uv_is_set_up_to_write_stays_as_it_is(index, project):
    index.add("lib")
    project.configure(UV, dependencies=["lib"], project='[tool.uv.pip]\noutput-file = "pylock.toml"\n')
    project.write("pylock.toml", "for another purpose\n")

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0"]
    assert (project.root / "pylock.toml").read_text("utf-8") == "for another purpose\n"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("UV_PYTHON", "3.9"),
        ("UV_PYTHON_PLATFORM", "windows"),
        ("UV_PROJECT", "/nowhere"),
        ("UV_WORKING_DIR", "/"),
        ("UV_SYSTEM_PYTHON", "1"),
        ("UV_OUTPUT_FILE", "elsewhere.toml"),
        ("UV_NO_BINARY", "1"),
        ("UV_UNIVERSAL", "1"),
        ("UV_VERBOSE", "1"),
        ("FORCE_COLOR", "1"),
    ],
)
def test_variables_that_would_redirect_uv_do_not(index, project, variable, value):
    _marker_sensitive(index)
    project.configure(UV, dependencies=["app"])
    before = project.build().archive.read_bytes()

    built = project.build(**{variable: value})

    assert built.code == 0, built.output
    assert built.archive.read_bytes() == before
    assert sorted(path.name for path in project.root.iterdir()) == ["dist", "pyproject.toml", "shop"]


def test_settings_that_would_redirect_uv_do_not(index, project):
    _marker_sensitive(index)
    project.configure(UV, dependencies=["app"])
    before = project.build().archive.read_bytes()
    settings = '[tool.uv.pip]\nuniversal = true\npython-platform = "windows"\npython-version = "3.9"\n'
    project.configure(UV + settings, dependencies=["app"])

    built = project.build()

    assert built.code == 0, built.output
    assert built.archive.read_bytes() == before


def test_what_uv_was_configured_to_exclude_is_missing(index, project):
    index.add("lib", requires=["base"])
    index.add("base")
    project.configure(UV + "[tool.uv.pip]\nno-deps = true\n", dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: lib 1.0: requires base, but uv's resolution doesn't contain it; check uv's settings in [tool.uv], "
        "uv.toml, or UV_* variables [index-mismatch]\n"
    )
    assert built.archives == ()


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("[tool]\nuv = 3", "tool.uv: expected a table, found 3; write it as [tool.uv]"),
        ("[tool.uv]\nindex = 3", "tool.uv.index: expected an array, found 3; write it in brackets"),
    ],
)
def test_settings_that_uv_would_pass_over_are_errors(project, settings, problem):
    project.configure(UV + settings, dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output == f"error: {problem} [option-type]\n"


@pytest.mark.api("uv")
def test_requirements_that_cannot_be_met_are_explained_by_pip(index, project):
    index.add("lib")
    project.configure(UV, dependencies=["lib>2"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: project.dependencies: no release of lib satisfies lib>2 (the newest is 1.0); loosen the requirement "
        "[no-release]\n"
    )
    assert built.archives == ()


@pytest.mark.api("uv")
def test_a_package_that_only_pip_finds_on_a_second_index_is_reported_with_uvs_error(index, project, tmp_path):
    index.add("lib", "2.0")
    project.configure(UV, dependencies=["lib>=2"])
    with IndexServer(tmp_path / "first") as first:
        first.add("lib", "1.0")

        built = project.build(UV_INDEX=first.url)

    ours, _, uvs = built.output.partition("\n\n")
    assert built.code == 1
    assert ours == (
        "error: uv: found no wheels for python3.13 on x86_64; fix the cause in uv's output [resolver-failed]"
    )
    assert "Because only lib==1.0 is available and you require lib>=2" in " ".join(uvs.split())


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"UV_DEFAULT_INDEX": "http://127.0.0.1:1/simple"}, "refused"), ({"UV_CONFIG_FILE": "bad.toml"}, "bad.toml")],
)
def test_what_keeps_uv_from_looking_is_not_called_a_lack_of_wheels(project, settings, said):
    project.configure(UV, dependencies=["lib"])
    project.write("bad.toml", "x = [\n")

    built = project.build(UV_HTTP_RETRIES="0", **settings)

    ours, _, uvs = built.output.partition("\n\n")
    assert built.code == 1
    assert ours == ("error: uv: can't resolve for python3.13 on x86_64; fix the cause in uv's output [resolver-failed]")
    assert said in uvs


def test_a_known_substitute_is_reported_in_one_line(index, project):
    index.add_sdist("psycopg2")
    project.configure(UV, dependencies=["psycopg2"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: psycopg2 1.0: no Linux wheel, only an sdist with native code; require psycopg2-binary "
        "instead, or build a wheel on Amazon Linux [no-wheel]\n"
    )


def test_constraints_hold(index, project):
    index.add("lib", requires=["base"])
    for version in ("1.0", "2.0", "3.0"):
        index.add("base", version)
    project.configure(UV + 'constraints = ["constraints.txt"]', dependencies=["lib"])
    project.write("constraints.txt", "base<3\n")

    built = project.build()

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["base-2.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"]


def test_a_constraint_file_that_does_not_exist_is_reported(project):
    project.configure(UV + 'constraints = ["constraints.txt"]', dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: tool.hatch.build.targets.lambda.constraints #1: no file 'constraints.txt' in the "
        "project; create it, or remove the entry [path-not-found]\n"
    )


def test_a_lock_made_with_uv_stays_until_an_upgrade(index, project):
    index.add("lib", requires=["base"])
    index.add("base")
    project.configure(UV, dependencies=["lib"])
    project.build(target="lambda:lock")
    index.add("lib", "2.0", requires=["base"])
    index.add("base", "2.0")
    before = (project.root / "pylock.lambda.toml").read_bytes()

    again = project.build(target="lambda:lock", UV_NO_CACHE="1")
    kept = (project.root / "pylock.lambda.toml").read_bytes()
    upgraded = project.build(target="lambda:lock", UV_NO_CACHE="1", HATCH_LAMBDA_UPGRADE="base")

    assert again.output == "pylock.lambda.toml\n  python3.13 on x86_64, 2 packages\n"
    assert kept == before
    assert upgraded.output == "pylock.lambda.toml\n  python3.13 on x86_64, 2 packages\n  base: 1.0 -> 2.0\n"


def test_a_lock_made_with_uv_is_the_one_that_pip_makes(index, project):
    _marker_sensitive(index)
    locks = []
    for options in ("", UV):
        project.configure(options, dependencies=["app"])
        project.build(target="lambda:lock", HATCH_LAMBDA_UPGRADE="1")
        locks.append((project.root / "pylock.lambda.toml").read_text())
        (project.root / "pylock.lambda.toml").unlink()

    assert locks[0] == locks[1]


def test_credentials_in_the_default_index_of_uv_count(project, private_index):
    project.configure(UV, dependencies=["lib"])

    built = project.build(UV_DEFAULT_INDEX=private_index.url_with_credentials, HATCH_VERBOSE="1")

    _assert_built_with_the_secret(built, project)


@pytest.mark.api("uv")
@pytest.mark.parametrize("pips_index", ["http://127.0.0.1:9/simple/", None], ids=["other", "same"])
def test_credentials_of_a_named_index_of_uv_count(project, private_index, pips_index):
    index = f'[[tool.uv.index]]\nname = "my-index"\nurl = "{private_index.url}"\ndefault = true\n'
    del project.environ["UV_DEFAULT_INDEX"]
    project.configure(UV + index, dependencies=["lib"])

    built = project.build(
        UV_INDEX_MY_INDEX_USERNAME="user",
        UV_INDEX_MY_INDEX_PASSWORD="s3cret",
        PIP_INDEX_URL=pips_index or private_index.url,
        HATCH_VERBOSE="1",
    )

    _assert_built_with_the_secret(built, project)


def test_credentials_of_an_index_in_uv_toml_count(project, private_index):
    del project.environ["UV_DEFAULT_INDEX"]
    project.configure(UV, dependencies=["lib"])
    project.write("uv.toml", f'[[index]]\nname = "my-index"\nurl = "{private_index.url}"\ndefault = true\n')

    built = project.build(UV_INDEX_MY_INDEX_USERNAME="user", UV_INDEX_MY_INDEX_PASSWORD="s3cret", HATCH_VERBOSE="1")

    _assert_built_with_the_secret(built, project)


def test_credentials_in_netrc_count(project, private_index, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password s3cret\n")
    netrc.chmod(0o600)
    project.configure(UV, dependencies=["lib"])

    built = project.build(UV_DEFAULT_INDEX=private_index.url, NETRC=str(netrc), HATCH_VERBOSE="1")

    netrc.unlink()
    _assert_built_with_the_secret(built, project)


def test_wrong_credentials_are_reported_without_them(project, private_index):
    project.configure(UV, dependencies=["lib"])

    built = project.build(UV_DEFAULT_INDEX=private_index.url_with_credentials.replace("s3cret", "wr0ng"))

    assert built.code == 1
    assert built.output == (
        f"error: {private_index.url}lib/: the index denies access (HTTP 401); put the user name and password into the "
        "index URL, netrc, or a keyring [index-access]\n"
    )


@pytest.mark.parametrize("setting", ['index-url = "{0}"', '[[index]]\nurl = "{0}"\ndefault = true'])
def test_credentials_in_the_users_settings_count(project, private_index, setting):
    project.configure(UV, dependencies=["lib"])
    settings = project.write("own.toml", setting.format(private_index.url_with_credentials))
    del project.environ["UV_DEFAULT_INDEX"]

    built = project.build(UV_CONFIG_FILE=str(settings), HATCH_VERBOSE="1")

    settings.unlink()
    _assert_built_with_the_secret(built, project)


def test_uv_does_not_resolve_without_the_network(index, project):
    project.configure(UV, dependencies=["lib"])

    built = project.build(HATCH_LAMBDA_OFFLINE="1")

    assert built.code == 1
    assert built.output == (
        "error: HATCH_LAMBDA_OFFLINE: uv can't resolve offline; run "
        "'hatch build -t lambda:lock' online first [offline]\n"
    )
    assert index.requests == []


def test_a_uv_that_cannot_be_run_is_named(project):
    project.configure(UV, dependencies=["lib"])

    built = project.build(HATCH_UV="/nowhere/uv")

    assert built.code == 1
    assert built.output == (
        "error: HATCH_UV: can't run /nowhere/uv (No such file or directory); set HATCH_UV to the "
        'path of uv, or set resolver = "pip" [resolver-missing]\n'
    )


def _marker_sensitive(index: IndexServer) -> None:
    """Put a set on the index of which each target needs another part."""
    index.add(
        "app",
        requires=[
            "native>=1",
            "tomli; python_version < '3.12'",
            "neon; platform_machine == 'aarch64'",
            "colorama; sys_platform == 'win32'",
            "patched; python_full_version >= '3.11.1' and platform_python_implementation == 'CPython'",
            "speed; extra == 'fast'",
        ],
        extras=["fast"],
    )
    for name in ("tomli", "neon", "colorama", "patched", "speed"):
        index.add(name)
    for python in ("cp311", "cp313"):
        for machine in ("x86_64", "aarch64"):
            index.add("native", tag=f"{python}-{python}-manylinux_2_17_{machine}")
    index.add("native", "2.0", tag="cp313-cp313-manylinux_2_28_x86_64")
    index.add("native", "3.0", tag="cp313-cp313-musllinux_1_2_x86_64")
    index.add("native", "4.0", requires_python=">=3.14")


def _assert_built_with_the_secret(built: Built, project: ProjectDirectory) -> None:
    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["lib-1.0-py3-none-any.whl"]
    assert "s3cret" not in built.output
    shutil.rmtree(project.root.parent / "uv-cache", ignore_errors=True)
    files = [path for path in project.root.parent.rglob("*") if path.is_file()]
    assert [path for path in files if b"s3cret" in path.read_bytes()] == []
