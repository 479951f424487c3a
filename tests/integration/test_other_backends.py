"""``hatch-lambda build`` and ``lock`` in projects that Hatch doesn't build."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support import zips
from tests.support.make_local_project import (
    builds,
    make_local_hatch_project,
    make_local_project,
    make_local_setuptools_project,
)
from tests.support.programs import run_module

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

TABLE = '[tool.hatch-lambda]\nruntime = "python3.13"\n'
SHOP = {"shop/api.py": "def handler(event, context):\n    return event\n"}
NAME = "shop-1.0-lambda-python3.13-x86_64.zip"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The directory of a project that isn't written yet."""
    return tmp_path / "work" / "shop"


@pytest.fixture
def command(root, environ) -> Command:
    """Return a function that runs our command in the project's directory."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return run_module("hatch_lambda", *arguments, cwd=root, environ={**environ, **variables})

    return run


def text_of(archive: Path, member: str) -> str:
    """Return a file of a zip."""
    return zips.contents(archive)[member].decode()


def test_the_wheel_of_the_backend_is_the_project(index, root, command):
    for name in ("base", "data", "deep", "tools"):
        index.add(name)
    index.add("deep", "2.0")
    make_local_project(
        root,
        "shop",
        requires=["base>=1"],
        extras={
            "data": ["data; python_version > '3'", "gone; sys_platform == 'win32'"],
            "all": ["shop[data]", "deep<2"],
        },
        files=SHOP,
        tables=(
            '[dependency-groups]\nlocal = ["tools"]\n'
            f'{TABLE}handler = "shop.api.handler"\nfeatures = ["all"]\ndependency-groups = ["local"]\n'
        ),
    )

    done = command("build")

    archive = root / "dist" / NAME
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == [f"dist/{NAME}", "  python3.13 on x86_64, handler shop.api.handler"]
    assert [name for name in zips.names(archive) if "shop" in name] == [
        "shop-1.0.dist-info/METADATA",
        "shop-1.0.dist-info/RECORD",
        "shop-1.0.dist-info/WHEEL",
        "shop-1.0.dist-info/lambda.json",
        "shop/__init__.py",
        "shop/api.py",
    ]
    described = json.loads(text_of(archive, "shop-1.0.dist-info/lambda.json"))
    assert [wheel["wheel"].split("-py")[0] for wheel in described["distributions"]] == [
        "base-1.0",
        "data-1.0",
        "deep-1.0",
        "tools-1.0",
    ]


def test_the_wheel_is_built_once_for_each_state_of_the_directory(root, command):
    make_local_project(root, "shop", tables=f'{TABLE}architecture = ["x86_64", "arm64"]\n')

    command("build")
    command("build", "arm64", "--directory", "elsewhere")
    (root / "shop/new.py").write_text("new = 1\n")
    done = command("build", "arm64", "-q")

    assert builds(root.parent) == ["shop-1.0", "shop-1.0"]
    assert done.stdout == "dist/shop-1.0-lambda-python3.13-arm64.zip\n"
    assert "shop/new.py" in zips.names(root / done.stdout.strip())


def test_what_only_the_wheel_declares_decides_too(root, command):
    make_local_setuptools_project(root, "shop")
    text = (root / "pyproject.toml").read_text()
    text = text.replace("version =", 'dynamic = ["requires-python", "version"] #').replace("dependencies = []\n", "")
    (root / "pyproject.toml").write_text(text + TABLE.replace('runtime = "python3.13"\n', ""))
    (root / "setup.py").write_text("from setuptools import setup\nsetup(version='3.0', python_requires='==3.12.*')\n")

    done = command("build")

    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in (root / "dist").iterdir()] == ["shop-3.0-lambda-python3.12-x86_64.zip"]


def test_a_rebuild_has_the_same_bytes(root, command):
    make_local_project(root, "shop", tables=TABLE)

    done = command("build", HATCH_LAMBDA_VERIFY="1")

    assert done.stdout.splitlines()[-1] == "  reproducible: a rebuild has the same bytes"
    assert builds(root.parent) == ["shop-1.0", "shop-1.0"]


def test_a_layer_without_the_project_and_a_function_on_it(index, root, command):
    index.add("base")
    make_local_project(
        root,
        "shop",
        requires=["base"],
        tables=f'{TABLE}[tool.hatch-lambda.layers.deps]\n[tool.hatch-lambda.functions.api]\nlayers = ["deps"]\n',
    )

    done = command("build")

    assert (done.returncode, done.stderr) == (0, "")
    layer, function = (
        zips.names(root / "dist" / name)
        for name in ("shop-1.0-lambda_layer-deps-python3.13-x86_64.zip", "shop-1.0-lambda-api-python3.13-x86_64.zip")
    )
    assert "python/base/__init__.py" in layer
    assert not [name for name in layer if "shop/" in name or "shop-1.0.dist-info/METADATA" in name]
    assert [name for name in function if name.startswith("base")] == []
    assert "shop/__init__.py" in function


# Projects of Hatch


def make_hatch_project(root: Path, requires: list[str], tables: str, build_requires: str = '"hatchling"') -> None:
    """Write a project that hatchling builds, the one that is installed with the tests."""
    make_local_hatch_project(root, "shop", requires=requires, tables=tables)
    text = (root / "pyproject.toml").read_text()
    text = text.replace("requires = []", f"requires = [{build_requires}]").replace('backend-path = ["."]', "")
    (root / "pyproject.toml").write_text(text.replace('"backend"', '"hatchling.build"'))


def test_a_project_of_hatch_is_built_as_hatch_builds_it(index, root, command, environ):
    index.add("base")
    make_hatch_project(root, ["base"], f'{TABLE}handler = "shop.api.handler"\n')
    (root / "shop/api.py").write_text("import nowhere\n\n\ndef handler(event, context):\n    return event\n")

    theirs = run_module("hatchling", "build", "-t", "lambda", cwd=root, environ=environ)
    first = (root / "dist" / NAME).read_bytes()
    ours = command("build")

    assert "'nowhere' isn't in the zip" in ours.stderr
    assert (ours.returncode, ours.stdout + ours.stderr) == (theirs.returncode, theirs.stdout + theirs.stderr)
    assert (root / "dist" / NAME).read_bytes() == first
    assert builds(root.parent) == []


def test_hatch_builds_with_our_own_table_too_and_the_wheels_table_selects_the_files(root, environ):
    make_hatch_project(root, [], f'{TABLE}[tool.hatch.build.targets.wheel]\nonly-include = ["other.py"]\n')
    (root / "other.py").touch()

    done = run_module("hatchling", "build", "-t", "lambda", cwd=root, environ=environ)

    assert done.returncode == 0, done.stdout + done.stderr
    assert zips.files(root / "dist" / NAME) == ["other.py"]


def test_two_tables_and_options_of_hatch_in_our_own_are_rejected_by_hatch_too(root, environ, command):
    make_hatch_project(root, [], f'{TABLE}packages = ["shop"]\n')
    text = (root / "pyproject.toml").read_text()
    foreign = command("build")
    (root / "pyproject.toml").write_text(f"{text}[tool.hatch.build.targets.lambda]\n")
    theirs = run_module("hatchling", "build", "-t", "lambda", cwd=root, environ=environ)

    assert (foreign.returncode, foreign.stderr) == (
        1,
        (
            "error: tool.hatch-lambda.packages: doesn't apply here, because the build backend selects the files; "
            "select them in the backend's own table, or use exclude-files [misplaced-option]\n"
        ),
    )
    assert (theirs.returncode, theirs.stdout + theirs.stderr) == (
        1,
        (
            "error: tool.hatch-lambda: [tool.hatch.build.targets.lambda] exists too, and only one of the two tables "
            "can have the options; move all options to [tool.hatch.build.targets.lambda], and remove the other table "
            "[table-conflict]\n"
        ),
    )


# Lock files

RELOCK = "run 'hatch-lambda lock' [lock-out-of-date]\n"


def test_a_lock_file_is_written_kept_and_checked(index, root, command):
    index.add("base")
    make_local_project(root, "shop", requires=["base"], tables=TABLE)
    missing = command("lock", "--check")

    locked = command("lock")
    text = (root / "pylock.lambda.toml").read_text()
    checked = command("lock", "--check")
    index.add("more")
    make_local_project(root, "shop", requires=["base", "more"], tables=TABLE)
    changed = command("lock", "--check")
    refused = command("build")

    assert [done.returncode for done in (missing, locked, checked, changed, refused)] == [1, 0, 0, 1, 1]
    assert missing.stderr == "error: pylock.lambda.toml: doesn't exist; run 'hatch-lambda lock' [lock-not-found]\n"
    assert locked.stdout == "pylock.lambda.toml\n  python3.13 on x86_64, 1 package\n  base: new -> 1.0\n"
    assert checked.stdout == "pylock.lambda.toml\n  python3.13 on x86_64, 1 package\n"
    assert changed.stderr == (
        f"error: pylock.lambda.toml: out of date, because locking again would change more: new -> 1.0; {RELOCK}"
    )
    assert refused.stderr.endswith(RELOCK)
    assert (root / "pylock.lambda.toml").read_text() == text


def test_a_lock_file_with_the_right_versions_but_another_text_is_out_of_date(index, root, command):
    index.add("base")
    make_local_project(root, "shop", requires=["base"], tables=TABLE)
    command("build", "lock")
    path = root / "pylock.lambda.toml"
    path.write_text(path.read_text() + "\n")

    done = command("lock", "--check")

    assert (done.returncode, done.stderr) == (
        1,
        f"error: pylock.lambda.toml: out of date, because locking again would change its files or markers; {RELOCK}",
    )


def test_the_lock_file_of_a_project_of_hatch_is_checked_with_hatchs_command(index, root, command):
    index.add("base")
    make_hatch_project(root, ["base"], TABLE)

    missing, locked, checked = command("lock", "--check"), command("lock"), command("lock", "--check")

    assert [done.returncode for done in (missing, locked, checked)] == [1, 0, 0]
    assert missing.stderr == (
        "error: pylock.lambda.toml: doesn't exist; run 'hatch build -t lambda:lock' [lock-not-found]\n"
    )


# What can't be built


def pip_output(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """Return our message, and the lines of pip's output."""
    message, _, output = done.stderr.partition("\n\npip's output:\n")
    return message, output


@pytest.fixture
def refused(root, command):
    """Return a function that runs the command, checks that it fails and keeps the old zip, and returns its errors."""

    def run(*arguments: str, code: int = 1) -> str:
        old = root / "dist" / NAME
        old.parent.mkdir(parents=True, exist_ok=True)
        old.write_bytes(b"older")
        done = command(*(arguments or ("build",)))
        assert (done.returncode, done.stdout) == (code, "")
        assert zips.directory(root / "dist") == {NAME: b"older"}
        return str(done.stderr)

    return run


def test_a_backend_that_fails_is_named_with_its_hook_and_its_last_lines(root, command):
    make_local_project(root, "shop", fails="no compiler for the moon", tables=TABLE)

    message, output = pip_output(command("build"))

    assert message == (
        "error: pyproject.toml: backend can't build the project's wheel (build_wheel failed); fix the cause in pip's "
        "output [build-failed]"
    )
    assert "no compiler for the moon" in output


def test_build_requirements_that_cannot_be_installed_are_named(root, command):
    make_local_project(root, "shop", tables=TABLE)
    text = (root / "pyproject.toml").read_text()
    (root / "pyproject.toml").write_text(text.replace("requires = []", 'requires = ["nowhere"]'))

    message, output = pip_output(command("build"))

    assert message == (
        "error: build-system.requires: pip can't install what backend needs to build the project's wheel; fix the "
        "cause in pip's output [build-failed]"
    )
    assert "nowhere" in output


def test_offline_the_wheel_comes_from_the_cache_or_needs_no_build_requirements(index, root, command):
    index.add("builder")
    make_local_project(root, "shop", tables=TABLE)
    text = (root / "pyproject.toml").read_text()

    without = command("build", HATCH_LAMBDA_OFFLINE="1")
    (root / "pyproject.toml").write_text(text.replace("requires = []", 'requires = ["builder"]'))
    missing = command("build", HATCH_LAMBDA_OFFLINE="1")
    online = command("build")
    cached = command("build", HATCH_LAMBDA_OFFLINE="1")

    assert [done.returncode for done in (without, missing, online, cached)] == [0, 1, 0, 0]
    assert missing.stderr == (
        "error: HATCH_LAMBDA_OFFLINE: the project's wheel isn't in the cache, and pip can't download what backend "
        "needs to build it; build once with network access, or copy the cache [offline]\n"
    )


def test_a_wheel_for_the_build_machine_is_rejected(root, refused):
    make_local_project(root, "shop", tag="cp311-cp311-linux_x86_64", tables=TABLE)

    assert refused() == (
        "error: pyproject.toml: backend builds shop-1.0-cp311-cp311-linux_x86_64.whl, which is only for linux_x86_64; "
        "move the native code to a package with wheels for Linux, or make it pure Python [native-build]\n"
    )


def test_a_wheel_without_files_is_rejected(root, refused):
    make_local_project(root, "shop", tables=TABLE)
    (root / "shop/__init__.py").unlink()

    assert refused() == (
        "error: pyproject.toml: no files selected, because the wheel that backend built contains only metadata; set "
        "the modules or packages of the project in the options of backend [no-files-selected]\n"
    )


def test_metadata_that_differs_is_rejected(root, refused):
    make_local_project(root, "shop", tables=TABLE)
    text = (root / "pyproject.toml").read_text()
    (root / "pyproject.toml").write_text(text.replace('name = "shop"', 'name = "store"').replace('"1.0"', '"1.0.0"'))
    (root / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 2.0\n")
    rest = "; make both the same, or remove"

    both = refused()
    (root / "pyproject.toml").write_text(text.replace("version =", 'dynamic = ["version"] #'))
    of_sdist = refused()

    assert both == (
        f"error: project.name: 'store', but the wheel that the build backend built has the name 'shop'{rest} name here "
        "and list it in project.dynamic [metadata]\n"
    )
    assert of_sdist == (
        f"error: PKG-INFO: '2.0', but the wheel that the build backend built has the version '1.0'{rest} version here "
        "and list it in project.dynamic [metadata]\n"
    )


NOTHING = "pass --requirements FILE [no-build-backend]\n"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param(
            {},
            f"no such file in this directory; run the command in a project's directory, or {NOTHING}",
            id="nothing",
        ),
        pytest.param(
            {"pyproject.toml": '[project]\nname = "shop"\n', "requirements.txt": ""},
            'no build backend, because [build-system] isn\'t set; add it, for example with requires = ["uv_build"] and '
            'build-backend = "uv_build", or pass --requirements pyproject.toml to add all files here '
            "[no-build-backend]\n",
            id="no build system",
        ),
        pytest.param(
            {"pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n'},
            "the root of a workspace, which isn't a project; run the command in the directory of a member "
            "[no-build-backend]\n",
            id="workspace",
        ),
        pytest.param(
            {"pyproject.toml": "[project"},
            "not valid TOML, because Expected ']' at the end of a table declaration (at end of document); correct the "
            "file [metadata]\n",
            id="no TOML",
        ),
    ],
)
def test_a_directory_without_a_build_backend_is_rejected(root, refused, files, message):
    root.mkdir(parents=True)
    for name, text in files.items():
        (root / name).write_text(text)

    assert refused() == f"error: pyproject.toml: {message}"


def test_an_unreadable_pyproject_is_rejected(root, refused):
    (root / "pyproject.toml").mkdir(parents=True)

    assert refused() == "error: pyproject.toml: can't be read (Is a directory); fix the file [unreadable-file]\n"


NAMES = "did you mean 'function'? choose from function, layer, lock"


def test_a_wrong_specifier_a_wrong_build_name_and_a_wrong_directory_are_rejected(root, refused):
    make_local_project(root, "shop", tables=TABLE)
    text = (root / "pyproject.toml").read_text()
    (root / "pyproject.toml").write_text(f"{text}directory = 3\n")

    found = [refused()]
    (root / "pyproject.toml").write_text(text.replace("[project]", '[project]\nrequires-python = ">>3"'))
    found.append(refused())
    (root / "pyproject.toml").write_text(text)
    found.append(refused("build", "fonction"))

    assert found == [
        'error: tool.hatch-lambda.directory: expected a string, found 3; write "3" [option-type]\n',
        "error: project.requires-python: '>>3' isn't a version specifier; for example, write \">=3.13\" [metadata]\n",
        f"error: fonction: unknown build name; {NAMES} [unknown-build-name]\n",
    ]


def test_options_of_a_requirements_file_are_rejected_in_a_project(root, refused):
    make_local_project(root, "shop", tables=TABLE)

    applies = "applies only with --requirements; set"

    assert [refused("build", "--runtime=python3.12", code=2), refused("lock", "--handler=a.b", code=2)] == [
        f"error: --runtime: {applies} runtime in pyproject.toml, or set HATCH_LAMBDA_RUNTIME [command-line]\n",
        f"error: --handler: {applies} handler in pyproject.toml [command-line]\n",
    ]


def test_build_requirements_of_hatch_that_are_not_installed_are_rejected(root, refused):
    requires = '"hatchling", "no-such-hook", "gone; sys_platform == \'x\'", "hatchling<1", "a b"'
    make_hatch_project(root, [], TABLE, requires)
    rest = "in the environment of this command; install it there, or run 'hatch build -t lambda', which does"

    first, second = refused().splitlines()

    assert first == f"error: build-system.requires: 'no-such-hook' isn't installed {rest} [build-requirement]"
    assert second.startswith("error: build-system.requires: 'hatchling<1' doesn't admit ")
    assert second.endswith(f", which is installed {rest} [build-requirement]")
