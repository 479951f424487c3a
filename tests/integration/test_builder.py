"""The builder through hatchling, as Hatch runs it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from hatch_lambda.archive.plan import TextContent
from hatch_lambda.plugin.builder import LambdaBuilder
from tests.support import zips
from tests.support.git import commit_all


@pytest.mark.api("hatchling", "packaging", "platformdirs", "pip")
def test_a_zip_contains_the_project_and_its_dependencies_at_its_root(index, project):
    index.add("lib", requires=["base"])
    index.add("base")
    project.configure('handler = "shop.api.handler"', dependencies=["lib"])

    built = project.build()

    assert built.code == 0, built.output
    assert zips.names(built.archive) == [
        "base-1.0.dist-info/METADATA",
        "base-1.0.dist-info/RECORD",
        "base-1.0.dist-info/WHEEL",
        "base/__init__.py",
        "lib-1.0.dist-info/METADATA",
        "lib-1.0.dist-info/RECORD",
        "lib-1.0.dist-info/WHEEL",
        "lib/__init__.py",
        "shop-0.1.0.dist-info/METADATA",
        "shop-0.1.0.dist-info/RECORD",
        "shop-0.1.0.dist-info/lambda.json",
        "shop/__init__.py",
        "shop/api.py",
    ]
    assert built.archive.name == "shop-0.1.0-lambda-python3.13-x86_64.zip"


@pytest.fixture
def build_both(project, monkeypatch):
    """Return a function that builds wheel and zip in this process and returns the paths of the files in both."""
    for name in [name for name in os.environ if name.startswith("HATCH_")]:
        monkeypatch.delenv(name)

    def build() -> tuple[list[str], list[str]]:
        built = [
            next(iter(builder(str(project.root)).build(directory=str(project.root / "dist"))))
            for builder in (WheelBuilder, LambdaBuilder)
        ]
        wheel, archive = (zips.files(Path(path)) for path in built)
        return sorted(wheel), archive

    return build


LAYOUTS = {
    "a flat package": (["shop/__init__.py", "shop/api.py"], ["shop/__init__.py", "shop/api.py"]),
    "a src layout": (["src/shop/__init__.py", "src/shop/api.py"], ["shop/__init__.py", "shop/api.py"]),
    "a single module": (["shop.py"], ["shop.py"]),
    "a namespace package": (["space/shop/__init__.py", "space/shop/api.py"], None),
    "data inside of a package": (["shop/__init__.py", "shop/templates/page.html"], None),
}


@pytest.mark.api("hatchling")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_without_options_the_files_are_those_of_the_wheel(project, build_both, layout):
    given, expected = LAYOUTS[layout]
    shutil.rmtree(project.root / "shop")
    for path in [*given, "tests/test_shop.py", "README.md"]:
        project.write(path, f"{path}\n")

    wheel, archive = build_both()

    assert archive == wheel == (expected or sorted(given))


TREE = ("shop/__init__.py", "shop/data.json", "shop/made.py", "src/extra/__init__.py", "src/extra/more.py", "README.md")
CHOICES = {
    'packages = ["shop", "src/extra"]': [
        "extra/__init__.py",
        "extra/more.py",
        "shop/__init__.py",
        "shop/api.py",
        "shop/data.json",
    ],
    'include = ["/shop"]': ["shop/__init__.py", "shop/api.py", "shop/data.json"],
    'include = ["/shop"]\nexclude = ["*.json"]': ["shop/__init__.py", "shop/api.py"],
    'only-include = ["shop/api.py"]': ["shop/api.py"],
    'packages = ["shop"]\nforce-include = { "README.md" = "shop/about.md" }': [
        "shop/__init__.py",
        "shop/about.md",
        "shop/api.py",
        "shop/data.json",
    ],
    'only-include = ["src/extra"]\nsources = ["src"]': ["extra/__init__.py", "extra/more.py"],
    'only-include = ["src/extra"]\nsources = { "src/extra" = "renamed" }': ["renamed/__init__.py", "renamed/more.py"],
    'packages = ["shop"]\nartifacts = ["shop/made.py"]': [
        "shop/__init__.py",
        "shop/api.py",
        "shop/data.json",
        "shop/made.py",
    ],
    'packages = ["shop"]\nignore-vcs = true': ["shop/__init__.py", "shop/api.py", "shop/data.json", "shop/made.py"],
}


@pytest.mark.parametrize(
    "table", ["tool.hatch.build.targets.lambda", "tool.hatch.build.targets.wheel", "tool.hatch.build"]
)
@pytest.mark.parametrize("choice", CHOICES)
def test_hatch_chooses_the_files_by_our_table_the_wheels_or_that_of_all_targets(project, build_both, table, choice):
    ours = table.endswith(".lambda")
    project.configure(choice if ours else "", project="" if ours else f"[{table}]\n{choice}\n")
    project.write(".gitignore", "made.py\n")
    for path in TREE:
        project.write(path, f"{path}\n")

    wheel, archive = build_both()

    assert archive == CHOICES[choice]
    assert ours or wheel == CHOICES[choice]


def test_the_choice_in_our_table_wins_over_the_wheels(project):
    project.configure('packages = ["shop"]', project='[tool.hatch.build.targets.wheel]\npackages = ["other"]\n')
    project.write("other/__init__.py")

    built = project.build()

    assert zips.files(built.archive) == ["shop/__init__.py", "shop/api.py"]


def test_what_the_wheel_installs_as_data_goes_to_the_root(project):
    project.configure(project='[tool.hatch.build.targets.wheel.shared-data]\n"etc/shop.toml" = "etc/shop.toml"\n')
    project.write("etc/shop.toml", "a = 1\n")

    built = project.build()

    assert zips.files(built.archive) == ["etc/shop.toml", "shop/__init__.py", "shop/api.py"]


def test_shared_data_can_be_in_our_table(project):
    project.configure('[tool.hatch.build.targets.lambda.shared-data]\n"etc/shop.toml" = "etc/shop.toml"\n')
    project.write("etc/shop.toml")

    built = project.build()

    assert "etc/shop.toml" in zips.names(built.archive)
    assert "warning" not in built.output


def test_files_that_git_ignores_are_not_in_the_zip(project):
    project.write(".gitignore", "secrets.py\n")
    project.write("shop/secrets.py", "KEY = 'x'\n")

    built = project.build()

    assert zips.files(built.archive) == ["shop/__init__.py", "shop/api.py"]


def test_compiled_files_of_the_project_are_not_in_the_zip(project):
    project.write("shop/__pycache__/api.cpython-313.pyc", "compiled")
    project.write("shop/old.pyc", "compiled")

    built = project.build()

    assert zips.files(built.archive) == ["shop/__init__.py", "shop/api.py"]


def test_a_link_to_a_file_becomes_the_file(project):
    project.write("common/shared.py", "shared = True\n")
    (project.root / "shop/linked.py").symlink_to("../common/shared.py")

    built = project.build()

    assert zips.read(built.archive, "shop/linked.py") == "shared = True\n"
    assert zips.kind(built.archive, "shop/linked.py") == stat.S_IFREG


def test_the_executable_bit_of_a_file_is_kept_and_nothing_else_of_its_mode(project):
    project.write("shop/run.sh", "#!/bin/sh\n").chmod(0o700)
    project.write("shop/data.txt").chmod(0o600)

    built = project.build()

    assert zips.mode(built.archive, "shop/run.sh") == 0o755
    assert zips.mode(built.archive, "shop/data.txt") == 0o644


def test_names_beyond_ascii_are_kept(project):
    project.write("shop/größe_日本.txt", "ü\n")

    built = project.build()

    assert zips.read(built.archive, "shop/größe_日本.txt") == "ü\n"
    assert "shop/größe_日本.txt" in [path for path, *_ in zips.record(built.archive, "shop-0.1.0.dist-info")]


def test_a_project_with_dependencies_only_gives_a_zip_of_them(index, project):
    index.add("lib")
    project.configure(
        name="layer", dependencies=["lib"], project="[tool.hatch.build.targets.wheel]\nbypass-selection = true\n"
    )

    built = project.build()

    assert built.code == 0, built.output
    assert zips.files(built.archive) == ["lib/__init__.py"]


def test_hatch_vcs_gives_the_version_and_the_file_name_is_safe(project):
    text = (project.root / "pyproject.toml").read_text("utf-8")
    text = text.replace('"hatch-lambda"]', '"hatch-lambda", "hatch-vcs"]').replace(
        'version = "0.1.0"', 'dynamic = ["version"]'
    )
    project.write("pyproject.toml", f'{text}[tool.hatch.version]\nsource = "vcs"\n')
    project.write(".gitignore", "dist/\n")
    commit = commit_all(project.root)

    built = project.build()

    version = zips.lambda_json(built.archive)["version"]
    assert built.code == 0, built.output
    assert re.fullmatch(r"0\.1\.dev1\+g[0-9a-f]{7,}", version)
    assert commit.startswith(version.partition("+g")[2])
    assert built.archive.name == f"shop-{version.replace('+', '_')}-lambda-python3.13-x86_64.zip"
    assert zips.dist_infos(built.archive) == [f"shop-{version}.dist-info"]


HOOK = """
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):
    def initialize(self, version, build_data):
        Path(self.root, "shop", "made.py").write_text(f"made_for = {self.target_name!r}, {version!r}\\n")
        build_data["artifacts"].append("shop/made.py")
        build_data["force_include"]["notes.txt"] = "shop/notes.txt"
        build_data["dependencies"].append("lib")

    def finalize(self, version, build_data, artifact):
        size = Path(artifact).stat().st_size
        Path(self.root, "finalized").write_text(f"{version} {Path(artifact).name} {size}")
"""


@pytest.mark.api("hatchling")
@pytest.mark.parametrize("table", ["tool.hatch.build.targets.lambda", "tool.hatch.build"])
@pytest.mark.parametrize("selection", ["", 'packages = ["shop"]\n'])
def test_a_build_hook_adds_files_and_dependencies(index, project, table, selection):
    index.add("lib")
    project.configure(f"{selection}[{table}.hooks.custom]\n")
    project.write("hatch_build.py", HOOK)
    project.write("notes.txt", "from outside\n")
    project.write(".gitignore", "made.py\n")

    built = project.build()

    assert built.code == 0, built.output
    assert zips.files(built.archive) == [
        "lib/__init__.py",
        "shop/__init__.py",
        "shop/api.py",
        "shop/made.py",
        "shop/notes.txt",
    ]
    assert zips.read(built.archive, "shop/made.py") == "made_for = 'lambda', 'function'\n"
    assert "Requires-Dist: lib\n" in zips.read(built.archive, "shop-0.1.0.dist-info/METADATA")
    assert (project.root / "finalized").read_text() == (f"function {built.archive.name} {built.archive.stat().st_size}")


def test_hooks_only_runs_the_hooks_and_builds_nothing(project):
    project.configure("hooks = { custom = {} }")
    project.write("hatch_build.py", HOOK)

    built = project.build("--hooks-only")

    assert (built.code, built.output, built.archives) == (0, "", ())
    assert (project.root / "shop/made.py").read_text() == "made_for = 'lambda', 'function'\n"


def test_no_hooks_builds_without_them(project):
    project.configure("hooks = { custom = {} }")
    project.write("hatch_build.py", HOOK)

    built = project.build("--no-hooks")

    assert zips.files(built.archive) == ["shop/__init__.py", "shop/api.py"]


@pytest.mark.api("hatchling")
def test_dependencies_can_come_from_a_metadata_hook(index, project):
    index.add("lib")
    text = (project.root / "pyproject.toml").read_text("utf-8")
    text = text.replace("dependencies = []", 'dynamic = ["dependencies"]')
    project.write("pyproject.toml", f"{text}[tool.hatch.metadata.hooks.custom]\n")
    project.write(
        "hatch_build.py",
        "from hatchling.metadata.plugin.interface import MetadataHookInterface\n\n\n"
        "class Hook(MetadataHookInterface):\n"
        "    def update(self, metadata):\n"
        "        metadata['dependencies'] = ['lib']\n",
    )

    built = project.build()

    assert built.code == 0, built.output
    assert zips.files(built.archive) == ["lib/__init__.py", "shop/__init__.py", "shop/api.py"]


PROJECT = """
description = "Sells things"
license = "MIT"
license-files = ["LICENSE", "licenses/*.txt"]
scripts = { shop-tool = "shop.api:main" }
entry-points = { "shop.plugins" = { first = "shop.api:handler" } }
"""


@pytest.fixture
def rich(index, project):
    """A project with everything that a zip can contain: scripts, licenses, a wheel with all kinds of members."""
    program = zipfile.ZipInfo("lib/program", (2021, 3, 4, 5, 6, 8))
    program.external_attr = (stat.S_IFREG | 0o775) << 16
    stored = zipfile.ZipInfo("lib/stored.bin", (2021, 3, 4, 5, 6, 8))
    stored.external_attr = (stat.S_IFREG | 0o600) << 16
    index.add(
        "lib",
        files={
            "lib/__init__.py": "def main():\n    print('lib says hello')\n",
            "lib/__pycache__/old.cpython-313.pyc": b"compiled",
            "lib/legacy.pyc": b"compiled",
            "lib-1.0.data/data/share/lib.txt": "data",
            "lib-1.0.data/headers/lib.h": "header",
            "lib-1.0.data/platlib/lib_platform.py": "",
            "lib-1.0.data/purelib/lib_pure.py": "",
            "lib-1.0.data/scripts/lib-script": "#!python\nprint('a script')\n",
            "lib-1.0.data/scripts/lib-shell": "#!/bin/sh\necho shell\n",
            "lib-1.0.dist-info/INSTALLER": "pip\n",
            "lib-1.0.dist-info/REQUESTED": "",
            "lib-1.0.dist-info/direct_url.json": "{}",
            "lib-1.0.dist-info/licenses/LICENSE": "free",
        },
        scripts={"lib-tool": "lib:main"},
        infos=[(program, b"#!/bin/sh\n"), (stored, b"stored")],
    )
    project.configure('handler = "shop.api.handler"', dependencies=["lib"], project=PROJECT)
    project.write("shop/api.py", "def handler(event, context): ...\n\n\ndef main():\n    print('shop says hello')\n")
    project.write("LICENSE", "MIT\n")
    project.write("licenses/third.txt", "Other\n")
    return project


RICH = [
    "lib-1.0.dist-info/METADATA",
    "lib-1.0.dist-info/RECORD",
    "lib-1.0.dist-info/WHEEL",
    "lib-1.0.dist-info/entry_points.txt",
    "lib-1.0.dist-info/licenses/LICENSE",
    "lib/__init__.py",
    "lib/program",
    "lib/stored.bin",
    "lib_platform.py",
    "lib_pure.py",
    "share/lib.txt",
    "shop-0.1.0.dist-info/METADATA",
    "shop-0.1.0.dist-info/RECORD",
    "shop-0.1.0.dist-info/entry_points.txt",
    "shop-0.1.0.dist-info/lambda.json",
    "shop-0.1.0.dist-info/licenses/LICENSE",
    "shop-0.1.0.dist-info/licenses/licenses/third.txt",
    "shop/__init__.py",
    "shop/api.py",
]


def test_a_zip_contains_only_what_lambda_uses(rich):
    built = rich.build()

    assert built.code == 0, built.output
    assert zips.names(built.archive) == RICH


def test_a_zip_has_no_unusual_features(rich):
    built = rich.build()

    with zipfile.ZipFile(built.archive) as archive:
        infos = archive.infolist()
        assert archive.testzip() is None
        assert archive.comment == b""
    assert {info.create_system for info in infos} == {3}
    assert {(info.create_version, info.extract_version) for info in infos} == {(20, 20)}
    assert {info.date_time for info in infos} == {(2020, 2, 2, 0, 0, 0)}
    assert {info.flag_bits for info in infos} == {0}
    assert {info.compress_type for info in infos} == {zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED}
    assert {info.extra for info in infos} == {b""}
    assert {info.filename for info in infos if info.external_attr >> 16 != stat.S_IFREG | 0o644} == {"lib/program"}
    assert zips.mode(built.archive, "lib/program") == 0o755


@pytest.mark.skipif(shutil.which("unzip") is None, reason="needs the program unzip")
def test_unzip_finds_nothing_wrong(rich):
    rich.write("shop/größe.txt", "ü\n")
    built = rich.build()

    done = subprocess.run(["unzip", "-tqq", built.archive], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_each_record_lists_exactly_the_files_of_its_distribution(rich):
    built = rich.build()

    contents = zips.contents(built.archive)
    listed = []
    for dist_info in zips.dist_infos(built.archive):
        *rows, own = zips.record(built.archive, dist_info)
        assert own == [f"{dist_info}/RECORD", "", ""]
        assert rows == [[path, TextContent(contents[path]).digest, str(len(contents[path]))] for path, *_ in rows]
        listed += [path for path, *_ in [*rows, own]]
    assert sorted(listed) == zips.names(built.archive)


def test_the_projects_own_metadata_is_that_of_its_wheel(rich):
    built = rich.build("-t", "wheel")

    (wheel,) = (rich.root / "dist").glob("*.whl")
    for name in ("METADATA", "entry_points.txt", "licenses/LICENSE", "licenses/licenses/third.txt"):
        path = f"shop-0.1.0.dist-info/{name}"
        assert zips.read(built.archive, path) == zips.read(wheel, path)


def test_lambda_json_has_the_target_and_the_packages_of_the_zip(index, rich):
    built = rich.build()

    wheel = index.directory / "lib-1.0-py3-none-any.whl"
    assert zips.lambda_json(built.archive) == {
        "schema": 1,
        "kind": "function",
        "archive": None,
        "name": "shop",
        "version": "0.1.0",
        "runtime": "python3.13",
        "architecture": "x86_64",
        "handler": "shop.api.handler",
        "layers": [],
        "distributions": [
            {
                "name": "lib",
                "version": "1.0",
                "wheel": wheel.name,
                "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
                "size": wheel.stat().st_size,
            }
        ],
    }


def test_importlib_metadata_finds_the_distributions_of_an_unpacked_zip(rich, tmp_path):
    built = rich.build()

    directory = zips.unpack(built.archive, tmp_path / "task")

    found = {item.name: item for item in importlib.metadata.distributions(path=[str(directory)])}
    assert {name: item.version for name, item in found.items()} == {"lib": "1.0", "shop": "0.1.0"}
    assert found["shop"].requires == ["lib"]
    assert {(entry.group, entry.name, entry.value) for item in found.values() for entry in item.entry_points} == {
        ("console_scripts", "lib-tool", "lib:main"),
        ("console_scripts", "shop-tool", "shop.api:main"),
        ("shop.plugins", "first", "shop.api:handler"),
    }
    assert sorted(str(file) for item in found.values() for file in item.files or ()) == RICH
    assert all(Path(str(file.locate())).is_file() for item in found.values() for file in item.files or ())


SCRIPTS = ["bin/lib-script", "bin/lib-shell", "bin/lib-tool", "bin/shop-tool"]


def test_scripts_are_added_to_bin_only_with_the_option(rich):
    rich.configure("scripts = true", dependencies=["lib"], project=PROJECT)

    built = rich.build()

    assert built.code == 0, built.output
    assert zips.names(built.archive) == [*SCRIPTS, *RICH]
    assert {zips.mode(built.archive, path) for path in SCRIPTS} == {0o755}
    assert {path: zips.read(built.archive, path).partition("\n")[0] for path in SCRIPTS} == {
        "bin/lib-script": "#!/var/lang/bin/python3.13",
        "bin/lib-shell": "#!/bin/sh",
        "bin/lib-tool": "#!/var/lang/bin/python3.13",
        "bin/shop-tool": "#!/var/lang/bin/python3.13",
    }


SHARED_SCRIPTS = """
[tool.hatch.build.targets.{target}.shared-scripts]
programs = "/"
"tools/once.py" = "shop-once"
"""


@pytest.mark.parametrize("target", ["wheel", "lambda"])
def test_scripts_of_the_project_go_to_bin_as_those_of_wheels_do(project, target):
    project.configure("scripts = true", project=SHARED_SCRIPTS.format(target=target))
    project.write("programs/shop-env", "#!/usr/bin/env python3\nprint('env')\n")
    project.write("programs/sub/shop-shell", "#!/bin/sh\necho python\n")
    project.write("tools/once.py", "#!python -u\r\nprint('once')\n")

    built = project.build()

    found = ["bin/shop-env", "bin/shop-once", "bin/sub/shop-shell"]
    assert built.code == 0, built.output
    assert "warning" not in built.output
    assert zips.files(built.archive) == [*found, "shop/__init__.py", "shop/api.py"]
    assert {zips.mode(built.archive, path) for path in found} == {0o755}
    assert [zips.read(built.archive, path) for path in found] == [
        "#!/var/lang/bin/python3.13\nprint('env')\n",
        "#!/var/lang/bin/python3.13\nprint('once')\n",
        "#!/bin/sh\necho python\n",
    ]
    assert set(found) <= {path for path, *_ in zips.record(built.archive, "shop-0.1.0.dist-info")}


def test_scripts_of_the_project_stay_out_unless_asked_for(project):
    project.configure(project=SHARED_SCRIPTS.format(target="wheel"))
    project.write("programs/shop-env", "#!/usr/bin/env python3\n")
    project.write("tools/once.py")

    built = project.build()

    assert built.code == 0, built.output
    assert zips.files(built.archive) == ["shop/__init__.py", "shop/api.py"]


def test_scripts_that_a_build_hook_adds_go_to_bin(project):
    project.configure("scripts = true", project="[tool.hatch.build.hooks.custom]")
    project.write("hatch_build.py", HOOK_WITH_A_SCRIPT)
    project.write("made/shop-hooked", "#!python3.11\n")

    built = project.build()

    assert built.code == 0, built.output
    assert zips.read(built.archive, "bin/shop-hooked") == "#!/var/lang/bin/python3.13\n"


HOOK_WITH_A_SCRIPT = """\
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):
    def initialize(self, version, build_data):
        build_data["shared_scripts"]["made/shop-hooked"] = "shop-hooked"
"""


def test_scripts_run_from_any_directory_once_lambdas_python_is_there(rich, tmp_path):
    rich.configure("scripts = true", dependencies=["lib"], project=PROJECT)
    directory = zips.unpack(rich.build().archive, tmp_path / "task") / "bin"
    for program in directory.iterdir():
        program.write_text(program.read_text().replace("/var/lang/bin/python3.13", sys.executable))

    said = {
        program.name: subprocess.check_output([program], cwd=tmp_path, text=True) for program in directory.iterdir()
    }

    assert said == {
        "lib-script": "a script\n",
        "lib-shell": "shell\n",
        "lib-tool": "lib says hello\n",
        "shop-tool": "shop says hello\n",
    }


def test_source_date_epoch_dates_every_entry(rich):
    built = rich.build(SOURCE_DATE_EPOCH="1700000000")

    assert zips.dates(built.archive) == {(2023, 11, 14, 22, 13, 20)}


def test_a_build_that_need_not_be_reproducible_has_the_date_of_today(project):
    project.configure("reproducible = false")
    before = time.gmtime(time.time() - 2)[:6]

    built = project.build()

    (date,) = zips.dates(built.archive)
    assert before <= date <= time.gmtime()[:6]


@pytest.mark.api("pathspec")
def test_exclude_files_removes_files_from_the_zip_and_its_records(index, project):
    index.add("lib", files={"lib/__init__.py": "", "lib/tests/test_lib.py": "", "lib/tests/keep.py": ""})
    project.configure('exclude-files = ["lib/tests/*", "!keep.py", "lib-*.dist-info/WHEEL"]', dependencies=["lib"])
    project.write("shop/tests/test_shop.py")

    built = project.build()

    assert built.code == 0, built.output
    assert "warning" not in built.output
    assert zips.names(built.archive) == [
        "lib-1.0.dist-info/METADATA",
        "lib-1.0.dist-info/RECORD",
        "lib/__init__.py",
        "lib/tests/keep.py",
        "shop-0.1.0.dist-info/METADATA",
        "shop-0.1.0.dist-info/RECORD",
        "shop-0.1.0.dist-info/lambda.json",
        "shop/__init__.py",
        "shop/api.py",
        "shop/tests/test_shop.py",
    ]
    assert [path for path, *_ in zips.record(built.archive, "lib-1.0.dist-info")] == [
        "lib-1.0.dist-info/METADATA",
        "lib/__init__.py",
        "lib/tests/keep.py",
        "lib-1.0.dist-info/RECORD",
    ]


def test_collisions_names_whose_file_wins_and_the_loser_s_record_lacks_it(index, project):
    index.add("one", files={"one.py": "", "shared/a.py": "1"})
    index.add("two", files={"two.py": "", "shared/a.py": "2"})
    project.configure('collisions = { "shared/**" = "Two" }', dependencies=["one", "two"])

    built = project.build()

    assert built.code == 0, built.output
    assert zips.read(built.archive, "shared/a.py") == "2"
    assert "shared/a.py" not in [path for path, *_ in zips.record(built.archive, "one-1.0.dist-info")]
    assert "shared/a.py" in [path for path, *_ in zips.record(built.archive, "two-1.0.dist-info")]


def test_the_project_can_win_over_a_dependency(index, project):
    index.add("lib", files={"lib.py": "", "shop/api.py": "not ours"})
    project.configure('collisions = { "shop/api.py" = "shop" }', dependencies=["lib"])

    built = project.build()

    assert built.code == 0, built.output
    assert zips.read(built.archive, "shop/api.py").startswith("def handler")


def test_a_file_that_two_distributions_ship_alike_belongs_to_both(index, project):
    index.add("one", files={"one.py": "", "shared/a.py": "same"})
    index.add("two", files={"two.py": "", "shared/a.py": "same"})
    project.configure(dependencies=["one", "two"])

    built = project.build()

    assert built.code == 0, built.output
    assert zips.files(built.archive).count("shared/a.py") == 1
    for dist_info in ("one-1.0.dist-info", "two-1.0.dist-info"):
        assert "shared/a.py" in [path for path, *_ in zips.record(built.archive, dist_info)]


def test_filename_is_a_template(project):
    project.configure(
        'filename = "{architecture}-{name}_{runtime}_{version}.zip"', name="shop", version="1!2.0+local.1"
    )

    built = project.build()

    assert built.archive.name == "x86_64-shop_python3.13_1_2.0_local.1.zip"


@pytest.mark.parametrize(
    ("options", "arguments", "variables", "directory"),
    [
        ('directory = "out"', [], {}, "out"),
        ('directory = "out"', ["-d", "elsewhere/deep"], {}, "elsewhere/deep"),
        ("", ["--directory", "elsewhere"], {}, "elsewhere"),
        ('directory = "out"', [], {"HATCH_BUILD_LOCATION": "from-variable"}, "from-variable"),
    ],
)
def test_hatch_chooses_the_directory(project, options, arguments, variables, directory):
    project.configure(options)

    built = project.build(*arguments, **variables)

    assert built.code == 0, built.output
    assert list(zips.directory(project.root / directory)) == ["shop-0.1.0-lambda-python3.13-x86_64.zip"]
    assert built.output.startswith(f"{directory}/shop-0.1.0-lambda-python3.13-x86_64.zip\n")
    assert not (project.root / "dist").exists()


def test_variables_override_runtime_and_architecture(index, project):
    index.add("lib", tag="cp312-cp312-manylinux_2_17_aarch64")
    project.configure('architecture = "x86_64"', dependencies=["lib"])

    built = project.build(HATCH_LAMBDA_RUNTIME="python3.12", HATCH_LAMBDA_ARCHITECTURE="arm64")

    described = zips.lambda_json(built.archive)
    assert built.archive.name == "shop-0.1.0-lambda-python3.12-arm64.zip"
    assert (described["runtime"], described["architecture"]) == ("python3.12", "arm64")
    assert described["distributions"][0]["wheel"] == "lib-1.0-cp312-cp312-manylinux_2_17_aarch64.whl"


def test_zip_sdist_and_wheel_are_built_together(project):
    built = project.build("-t", "sdist", "-t", "wheel")

    assert built.code == 0, built.output
    assert sorted(zips.directory(project.root / "dist")) == [
        "shop-0.1.0-lambda-python3.13-x86_64.zip",
        "shop-0.1.0-py2.py3-none-any.whl",
        "shop-0.1.0.tar.gz",
    ]


def test_the_kind_of_zip_can_be_named(project):
    built = project.build(target="lambda:function")

    assert (built.code, built.archive.name) == (0, "shop-0.1.0-lambda-python3.13-x86_64.zip")
    assert zips.lambda_json(built.archive)["kind"] == "function"


OURS = (
    "shop-0.1.0-lambda-python3.13-x86_64.zip",
    "shop-0.1.0-lambda-python3.13-x86_64.zip.too-large",
    ".shop-0.0.8-lambda-python3.13-x86_64.zip.too-large.a_b1c2d3.partial",
    "shop-0.0.9-lambda-python3.11-arm64.zip",
    "shop-0.1.dev1_g123abc-lambda-python3.12-x86_64.zip",
    ".shop-0.1.0-lambda-python3.13-x86_64.zip.a_b1c2d3.partial",
    ".shop-0.0.8-lambda-python3.13-x86_64.zip.a_b1c2d3.partial",
)
NOT_OURS = (
    "shop_extra-0.1.0-lambda-python3.13-x86_64.zip",
    "my_shop-0.1.0-lambda-python3.13-x86_64.zip",
    "shop-0.1.0-py3-none-any.whl",
    "shop-0.1.0.tar.gz",
    "shop-0.1.0-lambda-python3.13-x86_64.zip.sha256",
    "shop-0.1.0.zip",
    "notes.zip",
)


def test_clean_removes_our_zips_and_nothing_else(project):
    for name in (*OURS, *NOT_OURS):
        project.write(f"dist/{name}", "old")

    built = project.build("-c")

    assert built.code == 0, built.output
    found = zips.directory(project.root / "dist")
    assert zips.names(project.root / "dist" / OURS[0])
    assert sorted(found) == sorted([*NOT_OURS, OURS[0]])
    assert {found[name] for name in NOT_OURS} == {b"old"}


def test_clean_only_builds_nothing(project):
    for name in (*OURS, *NOT_OURS):
        project.write(f"dist/{name}", "old")

    built = project.build("--clean-only")

    assert (built.code, built.output) == (0, "")
    assert sorted(zips.directory(project.root / "dist")) == sorted(NOT_OURS)


def test_clean_follows_the_template_of_the_file_name(project):
    project.configure('filename = "{name}.{runtime}[1].zip"')
    for name in ("shop.python3.12[1].zip", "shop.python3.121.zip", OURS[0]):
        project.write(f"dist/{name}", "old")

    built = project.build("--clean-only")

    assert (built.code, built.output) == (0, "")
    assert sorted(zips.directory(project.root / "dist")) == sorted(["shop.python3.121.zip", OURS[0]])


def test_the_builder_works_without_a_command_line(project, monkeypatch):
    monkeypatch.chdir(project.root.parent)
    builder = LambdaBuilder(str(project.root))

    paths = list(builder.build(directory=str(project.root / "out"), versions=["function"]))

    assert paths == [str(project.root / "out/shop-0.1.0-lambda-python3.13-x86_64.zip")]
    assert zips.files(Path(paths[0])) == ["shop/__init__.py", "shop/api.py"]


@pytest.mark.parametrize("table", ['packages = ["src/shop"]', ""], ids=["chosen", "by default"])
def test_what_our_table_excludes_is_taken_from_the_wheels_files(project, table):
    shutil.rmtree(project.root / "shop")
    project.configure('exclude = ["src/shop/left.py"]\n[tool.hatch.build.targets.wheel]\nexclude = ["*.txt"]\n' + table)
    for path in ("src/shop/__init__.py", "src/shop/left.py", "src/shop/notes.txt", "tests/test_shop.py"):
        project.write(path)

    built = project.build()

    assert [name for name in zips.names(built.archive) if ".dist-info/" not in name] == ["shop/__init__.py"]


def test_a_table_that_selects_files_inherits_nothing_from_the_wheel(project):
    project.configure('packages = ["shop"]\n[tool.hatch.build.targets.wheel]\nexclude = ["shop/api.py"]')

    built = project.build()

    assert [name for name in zips.names(built.archive) if ".dist-info/" not in name] == [
        "shop/__init__.py",
        "shop/api.py",
    ]


def test_a_zip_without_files_of_the_project_is_reported(project):
    (project.root / "empty").mkdir()
    project.configure('packages = ["empty"]')

    built = project.build()

    assert built.output.splitlines()[-1] == (
        "warning: shop-0.1.0-lambda-python3.13-x86_64.zip: includes no files of the project, because Hatch "
        "selects none; select them with packages or only-include, or ignore this if it is meant to have "
        "dependencies only [no-files-selected]"
    )


def test_a_requirement_on_a_package_of_the_runtime_is_checked(project, index):
    index.add("boto3", "9.0", requires=["urllib3"])
    index.add("urllib3", "2.5.0")
    index.add("lib", requires=["boto3>=9"])
    project.configure('exclude-packages = ["boto3"]', dependencies=["lib", "urllib3"])

    built = project.build()

    assert built.code == 0
    assert zips.distributions(built.archive) == ["lib 1.0", "urllib3 2.5.0"]
    assert [line for line in built.output.splitlines() if "exclude-packages" in line] == [
        (
            "warning: lib 1.0: python3.13 includes boto3 1.38.36 (as of 2025-08-22), which doesn't satisfy "
            "boto3>=9; remove boto3 from exclude-packages [excluded-version]"
        ),
        (
            "warning: tool.hatch.build.targets.lambda.exclude-packages: excludes boto3, but not urllib3 2.5.0, "
            "which might not work with python3.13's boto3 1.38.36; exclude all parts of AWS's SDK or none: add "
            '"urllib3", or remove "boto3" [sdk-mixture]'
        ),
    ]


def test_a_missing_import_is_reported(project):
    project.write("shop/api.py", "import requests\n\n\ndef handler(event, context): ...\n")

    built = project.build()

    assert built.code == 0
    assert (
        "warning: shop/api.py:1: 'requests' isn't in the zip or in python3.13; add it to project.dependencies, "
        "or ignore this if a layer provides it [missing-import]\n"
    ) in built.output
