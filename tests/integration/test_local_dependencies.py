"""Local dependencies: directories, archives, and workspaces."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from hatch_lambda.files.programs import uv_program
from tests.conftest import ProjectDirectory
from tests.support import zips
from tests.support.make_local_project import (
    builds,
    make_local_hatch_project,
    make_local_project,
    make_local_setuptools_project,
    make_sdist,
)
from tests.support.make_wheel import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

DIRECT = "\n[tool.hatch.metadata]\nallow-direct-references = true\n"
NATIVE = b"\x7fELF\x02\x01\x01" + bytes(57)
STRANGER = "99.0"
"""A version that an index would win with."""


@pytest.fixture(autouse=True)
def strangers(index):
    """Packages of others on the index, under the names of our own."""
    for name in ("lib", "inner"):
        index.add(name, STRANGER)


def asked(index) -> list[str]:
    """Return the names that the index was asked for."""
    return sorted({path.split("/")[2] for path in index.requests if path.startswith("/simple/")})


# Direct references


@pytest.mark.parametrize("kind", ["directory", "sdist", "wheel"])
def test_a_direct_reference_to_a_file_or_directory_needs_no_index(index, project, tmp_path, kind):
    index.add("base")
    directory = make_local_project(tmp_path / "lib", "lib", requires=["base"])
    places = {
        "directory": directory,
        "sdist": make_sdist(directory, tmp_path / "sdists", "lib"),
        "wheel": make_wheel(tmp_path / "wheels", "lib", requires=["base"]),
    }
    project.configure(dependencies=[f"lib @ {places[kind].as_uri()}"], project=DIRECT)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "lib 1.0"]
    assert "lib/__init__.py" in zips.names(built.archive)
    assert asked(index) == ["base"]


def test_a_directory_can_be_named_with_hatchs_root_variable(index, project, tmp_path):
    make_local_project(tmp_path / "lib", "lib")
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0"]
    assert asked(index) == []


def test_two_spellings_of_a_directory_are_one_source(project, tmp_path):
    make_local_project(tmp_path / "lib", "lib")
    make_local_project(tmp_path / "other", "other", requires=[f"lib @ {(tmp_path / 'lib').as_uri()}"])
    dependencies = ["lib @ {root:uri}/../lib", "other @ {root:uri}/../other"]
    project.configure(dependencies=dependencies, project=DIRECT)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0", "other 1.0"]


def test_dependencies_of_local_dependencies_are_added_under_the_targets_markers(index, project, tmp_path):
    index.add("arm")
    index.add("intel")
    requires = ["arm; platform_machine == 'aarch64'", "intel; platform_machine == 'x86_64'", "never; os_name == 'nt'"]
    directory = make_local_project(tmp_path / "lib", "lib", requires=requires)
    project.configure('architecture = "arm64"', dependencies=[f"lib @ {directory.as_uri()}"], project=DIRECT)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["arm 1.0", "lib 1.0"]


def test_extras_of_local_dependencies_are_added(index, project, tmp_path):
    index.add("fast")
    index.add("slow")
    extras = {"speed": ["fast; sys_platform == 'linux'", "lib[more]"], "more": ["slow"], "never": ["never"]}
    directory = make_local_project(tmp_path / "lib", "lib", extras=extras)
    project.configure(dependencies=[f"lib[speed] @ {directory.as_uri()}"], project=DIRECT)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["fast 1.0", "lib 1.0", "slow 1.0"]


def test_a_package_of_the_index_can_require_a_local_dependency(index, project, tmp_path):
    index.add("framework", requires=["lib"])
    directory = make_local_project(tmp_path / "lib", "lib")
    project.configure(dependencies=["framework", f"lib @ {directory.as_uri()}"], project=DIRECT)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["framework 1.0", "lib 1.0"]
    assert asked(index) == ["framework"]


# uv's sources


def uv_sources(text: str) -> str:
    """Return the table of uv's sources."""
    return f"\n[tool.uv.sources]\n{text}\n"


@pytest.fixture
def monorepo(tmp_path, environ):
    """A workspace's root, without a project of its own."""
    root = ProjectDirectory(tmp_path / "mono", environ)
    root.write("pyproject.toml", '[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    return root


def member(monorepo: ProjectDirectory, name: str, *, dependencies: list[str], project: str = "") -> ProjectDirectory:
    """Return a member of the workspace that a zip is made of."""
    directory = ProjectDirectory(monorepo.root / "packages" / name, monorepo.environ)
    directory.configure(name=name, dependencies=dependencies, project=project)
    directory.write(f"{name}/__init__.py")
    return directory


@pytest.mark.parametrize("where", ["member", "root"])
def test_a_member_of_uvs_workspace_is_added_wherever_its_source_is_written(index, monorepo, where):
    source = uv_sources("lib = { workspace = true }")
    app = member(monorepo, "app", dependencies=["Lib>=1"], project=source if where == "member" else "")
    make_local_project(monorepo.root / "packages/lib", "lib")
    if where == "root":
        monorepo.write("pyproject.toml", f'[tool.uv.workspace]\nmembers = ["packages/*"]\n{source}')

    built = app.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0"]
    assert asked(index) == []


def test_paths_in_the_workspaces_root_start_from_there(index, monorepo):
    make_local_project(monorepo.root / "vendored/lib", "lib")
    source = uv_sources('lib = { path = "vendored/lib", editable = true }')
    monorepo.write("pyproject.toml", f'[tool.uv.workspace]\nmembers = ["packages/*"]\n{source}')
    app = member(monorepo, "app", dependencies=["lib"])

    built = app.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0"]
    assert asked(index) == []


@pytest.mark.parametrize("kind", ["directory", "sdist", "wheel", "url"])
def test_a_source_can_be_a_directory_or_an_archive(index, project, tmp_path, kind):
    directory = make_local_project(tmp_path / "lib", "lib")
    sdist = make_sdist(directory, index.directory, "served")
    make_sdist(directory, tmp_path / "sdists", "lib")
    make_wheel(tmp_path / "wheels", "lib")
    sources = {
        "directory": 'path = "../lib"',
        "sdist": 'path = "../sdists/lib-1.0.tar.gz"',
        "wheel": 'path = "../wheels/lib-1.0-py3-none-any.whl"',
        "url": f'url = "{index.file_url(sdist)}"',
    }
    project.configure(dependencies=["lib"], project=uv_sources(f"lib = {{ {sources[kind]} }}"))

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0"]
    assert asked(index) == []


@pytest.mark.parametrize("name", ["lib", "inner"])
def test_no_command_line_has_the_password_of_an_sdist(index, project, tmp_path, name):
    index.credentials = ("user", "s3cret")
    sdist = make_sdist(make_local_project(tmp_path / "lib", "lib"), index.directory, "lib")
    url = index.file_url(sdist).replace("://", "://user:s3cret@")
    make_local_project(tmp_path / "inner", "inner", requires=["lib"], tables=uv_sources(f'lib = {{ url = "{url}" }}'))
    sources = {"lib": f'url = "{url}"', "inner": 'path = "../inner"'}
    project.configure(dependencies=[name], project=uv_sources(f"{name} = {{ {sources[name]} }}"))

    built = project.build()

    assert built.code == 0, built.output
    assert "lib 1.0" in zips.distributions(built.archive)
    assert index.command_lines
    assert not [line for line in index.command_lines if "s3cret" in line]


@pytest.mark.parametrize("where", ["PIP_INDEX_URL", "PIP_CONFIG_FILE"])
def test_no_command_line_has_the_password_of_the_index_that_a_build_needs(index, project, tmp_path, where):
    index.add("tool")
    index.credentials = ("user", "s3cret")
    directory = make_local_project(tmp_path / "lib", "lib")
    pyproject = directory / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("requires = []", 'requires = ["tool"]'))
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {index.url_with_credentials}\n")
    project.configure(dependencies=["lib"], project=uv_sources("lib = { path = '../lib' }"))
    del project.environ["PIP_INDEX_URL"]
    settings = {"PIP_INDEX_URL": index.url_with_credentials, "PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}

    built = project.build(**{where: settings[where]})

    shown = [line for line in index.command_lines if "s3cret" in line]
    assert built.code == 0, built.output
    assert index.downloads() == ["tool-1.0-py3-none-any.whl"]
    assert bool(shown) is (Version(version("pip")) < Version("26.0")), shown  # the older ones know no other way


def test_the_source_whose_marker_is_true_on_the_target_counts(project, tmp_path):
    make_local_project(tmp_path / "windows", "lib", "1.0")
    make_local_project(tmp_path / "linux", "lib", "2.0")
    entries = [f"{{ path = '../{name}', marker = \"{marker}\" }}" for name, marker in MARKED.items()]
    project.configure(dependencies=["lib"], project=uv_sources(f"lib = [{', '.join(entries)}]"))

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 2.0"]


MARKED = {"windows": "sys_platform == 'win32'", "linux": "sys_platform == 'linux'"}


def test_a_name_comes_from_the_index_if_no_source_applies(index, project):
    sources = "lib = [{ path = '../lib', marker = \"sys_platform == 'win32'\" }]"
    project.configure(dependencies=["lib"], project=uv_sources(sources))

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == [f"lib {STRANGER}"]


# Workspaces


@pytest.mark.parametrize("resolver", ["pip", "uv"])
@pytest.mark.parametrize("workspace", ["uv", "hatch"])
@pytest.mark.parametrize("name", ["app", "inner", "lib"])
def test_a_monorepo_of_three_builds_from_each_member(index, environ, tmp_path, workspace, name, resolver):
    for requirement in ("base", "linux-only"):
        index.add(requirement)
    mono = monorepo_of_three(tmp_path / "mono", workspace)
    project = ProjectDirectory(mono / "packages" / name, environ)
    options = f'\n[tool.hatch.build.targets.lambda]\nruntime = "python3.13"\nresolver = "{resolver}"\n'
    pyproject = project.root / "pyproject.toml"
    project.write("pyproject.toml", pyproject.read_text() + options)
    environ.update(uv_environ(index, tmp_path))

    built = project.build()

    own = {"app": ["inner 1.0", "lib 1.0"], "lib": ["inner 1.0"], "inner": []}[name]
    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == sorted(["base 1.0", "linux-only 1.0", *own])
    assert asked(index) == ["base", "linux-only"]
    assert not [path for path in zips.names(built.archive) if zips.contents(built.archive)[path].startswith(b"\x7fELF")]


def uv_environ(index, tmp_path: Path) -> dict[str, str]:
    """Return the variables by which uv is found and knows the index."""
    found = uv_program(os.environ)
    if found is None:
        pytest.skip("uv is not installed")
    return {"HATCH_UV": found, "UV_CACHE_DIR": str(tmp_path / "uv-cache"), "UV_DEFAULT_INDEX": index.url}


def monorepo_of_three(root: Path, workspace: str) -> Path:
    """Write a monorepo in which ``app`` requires ``lib`` and that requires ``inner``."""
    requires = {
        "app": ["lib"],
        "lib": ["inner"],
        "inner": ["base", "linux-only; sys_platform == 'linux'", "x; os_name == 'nt'"],
    }
    members = '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
    root.mkdir()
    (root / "pyproject.toml").write_text(members if workspace == "uv" else "")
    for name, needed in requires.items():
        tables = uv_sources(f"{needed[0]} = {{ workspace = true }}") if name != "inner" else ""
        if workspace == "hatch":
            tables = '\n[tool.hatch.envs.default.workspace]\nmembers = ["../*"]\n'
        make_local_hatch_project(root / "packages" / name, name, requires=needed, tables=tables)
    return root


# Paths that exist on this machine only


@pytest.mark.parametrize("target", ["lambda", "lambda:lock"])
def test_no_path_of_the_machine_is_in_zip_or_lock(project, tmp_path, target):
    make_local_hatch_project(tmp_path / "inner", "inner")
    requires = ["inner @ {root:uri}/../inner ; python_version >= '3.10'"]
    make_local_hatch_project(tmp_path / "lib", "lib", requires=requires, tables=DIRECT)
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)

    built = project.build(target=target)

    assert built.code == 0, built.output
    made = built.archive.read_bytes() if target == "lambda" else (project.root / "pylock.lambda.toml").read_bytes()
    assert os.fsencode(tmp_path) not in made
    if target == "lambda":
        assert not [name for name, text in zips.contents(built.archive).items() if os.fsencode(tmp_path) in text]
        assert "Requires-Dist: lib\n" in zips.read(built.archive, "shop-0.1.0.dist-info/METADATA")
        needs = "Requires-Dist: inner; python_version >= '3.10'\n"
        assert needs in zips.read(built.archive, "lib-1.0.dist-info/METADATA")


def test_a_wheel_that_was_built_here_has_no_hash_in_the_report(project, tmp_path):
    make_local_project(tmp_path / "lib", "lib")
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)

    built = project.build()

    assert zips.lambda_json(built.archive)["distributions"] == [
        {"name": "lib", "version": "1.0", "wheel": "lib-1.0-py3-none-any.whl"}
    ]


def test_a_copy_elsewhere_built_with_an_empty_cache_gives_the_same_bytes(project, tmp_path):
    make_local_hatch_project(tmp_path / "inner", "inner")
    requires = ["inner @ {root:uri}/../inner"]
    make_local_hatch_project(tmp_path / "lib", "lib", requires=requires, tables=DIRECT)
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)
    copied = ProjectDirectory(tmp_path / "copy/project", project.environ)
    for name in ("inner", "lib", "project"):
        shutil.copytree(tmp_path / name, tmp_path / "copy" / name)

    first = project.build()
    second = copied.build(HATCH_LAMBDA_CACHE_DIR=str(tmp_path / "other-store"), PYTHONHASHSEED="1")

    assert second.code == 0, second.output
    assert second.archive.read_bytes() == first.archive.read_bytes()


def test_setuptools_makes_the_same_bytes_on_any_date_and_with_any_umask(project, tmp_path):
    directory = make_local_setuptools_project(tmp_path / "lib", "lib")
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)
    first = project.build().archive.read_bytes()
    before = os.umask(0o077)
    try:
        shutil.rmtree(directory)
        make_local_setuptools_project(directory, "lib")
        os.utime(directory / "lib/__init__.py", (86_400 * 400, 86_400 * 400))
        second = project.build(HATCH_LAMBDA_CACHE_DIR=str(tmp_path / "other-store"))
    finally:
        os.umask(before)

    assert second.code == 0, second.output
    assert second.archive.read_bytes() == first


# Rebuilding


def test_an_unchanged_local_dependency_is_not_rebuilt_and_its_directory_stays_clean(project, tmp_path):
    directory = make_local_project(tmp_path / "lib", "lib")
    before = tree(directory)
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)

    for architecture in ("x86_64", "arm64"):
        assert project.build(HATCH_LAMBDA_ARCHITECTURE=architecture).code == 0

    assert builds(tmp_path) == ["lib-1.0"]
    assert tree(directory) == before


def tree(directory: Path) -> dict[str, bytes]:
    """Return the bytes of every file below a directory, except the compiled modules that Python leaves."""
    files = (path for path in directory.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


CHANGES = {
    "other content": lambda directory: (directory / "lib/__init__.py").write_text("changed = True\n"),
    "a new file": lambda directory: (directory / "lib/new.py").write_text(""),
    "a file less": lambda directory: (directory / "lib/gone.py").unlink(),
    "another name": lambda directory: (directory / "lib/gone.py").rename(directory / "lib/here.py"),
    "a mode": lambda directory: (directory / "lib/gone.py").chmod(0o755),
    "a package called build": lambda directory: (directory / "lib/build/__init__.py").write_text("changed = True\n"),
    "what another tool built": lambda directory: (directory / "dist/web/index.html").write_text("changed"),
    "behind a link": lambda directory: (directory.parent / "linked/data.txt").write_text("changed"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_local_dependency_is_rebuilt(project, tmp_path, change):
    files = ("lib/gone.py", "lib/build/__init__.py", "dist/web/index.html")
    directory = make_local_project(tmp_path / "lib", "lib", files=dict.fromkeys(files, ""))
    make_local_project(tmp_path / "linked", "linked", files={"data.txt": "data"})
    (directory / "lib/linked").symlink_to(tmp_path / "linked", target_is_directory=True)
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)
    project.build()
    CHANGES[change](directory)

    built = project.build()

    assert built.code == 0, built.output
    assert builds(tmp_path) == ["lib-1.0", "lib-1.0"]


def test_old_files_of_setuptools_are_not_added_and_the_directory_stays_clean(project, tmp_path):
    directory = make_local_setuptools_project(tmp_path / "lib", "lib")
    (directory / "build/lib/lib").mkdir(parents=True)
    (directory / "build/lib/lib/gone.py").write_text("")
    before = tree(directory)
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.files(built.archive) == ["lib/__init__.py", "shop/__init__.py", "shop/api.py"]
    assert tree(directory) == before


READS_BEYOND = {
    "an outer file": '[tool.hatch.build.targets.wheel.force-include]\n"../outside.txt" = "lib/data.txt"\n',
    "a hook": '[tool.hatch.build.hooks.custom]\npath = "hook.py"\n',
    "the environment": '[tool.hatch.version]\nsource = "env"\nvariable = "LIB_VERSION"\n',
}
HOOK = """\
from pathlib import Path
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):
    def initialize(self, version, build_data):
        build_data["force_include"][str(Path(self.root).parent / "outside.txt")] = "lib/data.txt"
"""


@pytest.mark.parametrize("what", ["an outer file", "a hook"])
def test_a_directory_that_reads_outside_files_is_rebuilt_each_time(project, tmp_path, what):
    directory = make_local_hatch_project(tmp_path / "lib", "lib", tables=READS_BEYOND[what])
    (directory / "hook.py").write_text(HOOK)
    (tmp_path / "outside.txt").write_text("before")
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)
    project.build()
    (tmp_path / "outside.txt").write_text("after")

    built = project.build()

    assert built.code == 0, built.output
    assert zips.read(built.archive, "lib/data.txt") == "after"


def test_a_version_from_the_environment_is_looked_up_each_time(project, tmp_path):
    directory = make_local_hatch_project(tmp_path / "lib", "lib", tables=READS_BEYOND["the environment"])
    pyproject = directory / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('version = "1.0"', 'dynamic = ["version"]'))
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)
    project.build(LIB_VERSION="1.0")

    built = project.build(LIB_VERSION="2.0")

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 2.0"]


def test_a_directory_that_reads_outside_files_is_built_once_for_all_zips_of_a_run(project, tmp_path):
    directory = make_local_project(tmp_path / "lib", "lib", files={"setup.py": ""})
    project.configure('architecture = ["x86_64", "arm64"]', dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)

    built = project.build()

    assert built.code == 0, built.output
    assert len(built.archives) == 2
    assert builds(directory.parent) == ["lib-1.0"]


def test_offline_the_last_wheel_of_a_directory_that_reads_outside_files_is_used(project, tmp_path):
    make_local_project(tmp_path / "lib", "lib", files={"setup.py": ""})
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)
    project.build()

    built = project.build(HATCH_LAMBDA_OFFLINE="1")

    assert built.code == 0, built.output
    assert builds(tmp_path) == ["lib-1.0"]


def test_a_local_dependency_is_rebuilt_if_the_variable_is_set(project, tmp_path):
    make_local_project(tmp_path / "lib", "lib")
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)
    project.build()

    built = project.build(HATCH_LAMBDA_REBUILD="1")

    assert built.code == 0, built.output
    assert builds(tmp_path) == ["lib-1.0", "lib-1.0"]


def test_files_of_builds_and_tools_are_not_a_change(project, tmp_path):
    directory = make_local_project(tmp_path / "lib", "lib")
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)
    project.build()
    for path in (
        "build/lib/x.py",
        "dist/lib.whl",
        "lib.egg-info/PKG-INFO",
        "lib/__pycache__/x.pyc",
        ".venv/pyvenv.cfg",
    ):
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text("left")

    built = project.build()

    assert built.code == 0, built.output
    assert builds(tmp_path) == ["lib-1.0"]


def test_the_changed_file_is_in_the_zip(project, tmp_path):
    directory = make_local_project(tmp_path / "lib", "lib")
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)
    project.build()
    (directory / "lib/__init__.py").write_text("changed = True\n")

    built = project.build()

    assert zips.read(built.archive, "lib/__init__.py") == "changed = True\n"


@pytest.mark.parametrize("kind", ["path", "url"])
def test_an_sdist_that_is_replaced_under_its_name_is_rebuilt(index, project, tmp_path, kind):
    directory = make_local_project(tmp_path / "lib", "lib")
    sdist = make_sdist(directory, index.directory, "served")
    source = f'path = "{sdist}"' if kind == "path" else f'url = "{index.file_url(sdist)}"'
    project.configure(dependencies=["lib"], project=uv_sources(f"lib = {{ {source} }}"))
    project.build()
    (directory / "lib/__init__.py").write_text("changed = True\n")
    make_sdist(directory, index.directory, "served")

    built = project.build()

    assert built.code == 0, built.output
    assert zips.read(built.archive, "lib/__init__.py") == "changed = True\n"


def test_a_copy_of_a_monorepo_uses_its_own_local_dependencies(project, tmp_path):
    inner = make_local_hatch_project(tmp_path / "inner", "inner")
    requires = ["inner @ {root:uri}/../inner"]
    make_local_hatch_project(tmp_path / "lib", "lib", requires=requires, tables=DIRECT)
    project.configure(dependencies=["lib @ {root:uri}/../lib"], project=DIRECT)
    project.build()
    copied = ProjectDirectory(tmp_path / "copy/project", project.environ)
    for name in ("inner", "lib", "project"):
        shutil.copytree(tmp_path / name, tmp_path / "copy" / name)
    (tmp_path / "copy/inner/inner/__init__.py").write_text("copied = True\n")
    shutil.rmtree(inner)

    built = copied.build("-c")

    assert built.code == 0, built.output
    assert zips.read(built.archive, "inner/__init__.py") == "copied = True\n"
