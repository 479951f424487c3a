"""What is wrong with folders, archives and workspaces: one line each, and no archive."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.make_sibling import builds, make_hatch_sibling, make_sibling

if TYPE_CHECKING:
    from tests.conftest import ProjectFolder

DIRECT = "\n[tool.hatch.metadata]\nallow-direct-references = true\n"
CIRCLE = "take one of the requirements out of the circle"


@pytest.fixture(autouse=True)
def stranger(index):
    """A package of somebody else on the index, under the name of ours."""
    index.add("lib", "99.0")


@pytest.fixture
def requiring(project):
    """Return a function that gives the project these requirements and tables."""

    def configure(*dependencies, tables=""):
        project.configure(dependencies=list(dependencies), project=DIRECT + tables)
        return project

    return configure


def refused(project: ProjectFolder, **environ: str) -> list[str]:
    """Build, see that nothing came of it, and return the lines that were said."""
    built = project.build(**environ)
    assert built.code == 1, built.output
    assert "Traceback" not in built.output
    assert built.archives == ()
    return built.output.splitlines()


def test_a_folder_that_is_not_there(requiring, tmp_path):
    lines = refused(requiring("lib @ {root:uri}/../lib"))

    assert lines == [f"project.dependencies: requires lib from {tmp_path / 'lib'}, which is not there; see to the path"]


def test_a_folder_without_pyproject(requiring, tmp_path):
    (tmp_path / "lib").mkdir()

    lines = refused(requiring("lib @ {root:uri}/../lib"))

    assert lines == [
        (
            f"project.dependencies: requires lib from {tmp_path / 'lib'}, which has no build system; give it a "
            "pyproject.toml with [build-system]"
        )
    ]


def test_a_folder_without_build_system(requiring, tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/pyproject.toml").write_text('[project]\nname = "lib"\nversion = "1"\n')

    lines = refused(requiring("lib @ {root:uri}/../lib"))

    assert lines == [
        (
            f"project.dependencies: requires lib from {tmp_path / 'lib'}, which has no build system; give it a "
            "pyproject.toml with [build-system]"
        )
    ]


def test_a_folder_whose_pyproject_is_not_toml(requiring, tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/pyproject.toml").write_text("build-system = ")

    lines = refused(requiring("lib @ {root:uri}/../lib"))

    assert lines == [
        (
            f"project.dependencies: requires lib from {tmp_path / 'lib'}, whose pyproject.toml cannot be read; Invalid "
            "value (at end of document); mend it"
        )
    ]


def test_a_build_that_fails_ends_with_its_last_words_and_without_credentials(requiring, tmp_path):
    fails = "\n".join([*(f"line {number}" for number in range(40)), "see https://user:s3cret@host/why"])
    make_sibling(tmp_path / "lib", "lib", fails=fails)

    lines = refused(requiring("lib @ {root:uri}/../lib"))

    assert lines[:2] == [
        (
            f"project.dependencies: requires lib from {tmp_path / 'lib'}, which cannot be built; the end of what pip "
            "said follows"
        ),
        "",
    ]
    assert [line.strip() for line in lines if "line 39" in line or "see" in line] == [
        "line 39",
        "see https://****@host/why",
    ]
    assert not [line for line in lines if "line 0" in line or "s3cret" in line]


@pytest.mark.parametrize("tag", ["cp313-cp313-linux_x86_64", "cp313-cp313-manylinux_2_17_x86_64"])
def test_a_sibling_that_builds_a_wheel_for_this_machine(requiring, tmp_path, tag):
    make_sibling(tmp_path / "lib", "lib", tag=tag)

    lines = refused(requiring("lib @ {root:uri}/../lib"))

    assert lines == [
        (
            f"project.dependencies: requires lib from {tmp_path / 'lib'}, which builds lib-1.0-{tag}.whl, which is for "
            f"{tag.rpartition('-')[2]} only; build a wheel of it on Amazon Linux and require that, or make it pure"
        )
    ]


def test_a_sibling_whose_wheel_says_pure_and_holds_native_code(requiring, tmp_path):
    make_sibling(tmp_path / "lib", "lib", files={"lib/fast.bin": b"\x7fELF\x02\x01\x01" + bytes(57)})

    lines = refused(requiring("lib @ {root:uri}/../lib"))

    assert lines == [
        (
            f"project.dependencies: requires lib from {tmp_path / 'lib'}, which builds lib-1.0-py3-none-any.whl, in "
            "which lib/fast.bin is native code for this machine; build a wheel of it on Amazon Linux and require that, "
            "or make it pure"
        )
    ]


def test_a_folder_in_which_something_else_is(requiring, tmp_path):
    make_sibling(tmp_path / "lib", "other")

    lines = refused(requiring("lib @ {root:uri}/../lib"))

    assert lines == [
        f"project.dependencies: requires lib from {tmp_path / 'lib'}, where other is; mend the name or the place"
    ]


def test_a_folder_in_which_something_else_is_that_was_built_under_its_own_name_before(requiring, tmp_path):
    make_sibling(tmp_path / "lib", "libtwo")
    requiring("libtwo @ {root:uri}/../lib").build().archive.unlink()

    lines = refused(requiring("lib-two @ {root:uri}/../lib"))

    assert lines == [
        f"project.dependencies: requires lib-two from {tmp_path / 'lib'}, where libtwo is; mend the name or the place"
    ]


def test_a_sibling_of_another_version(project, tmp_path):
    make_sibling(tmp_path / "lib", "lib")
    project.configure(dependencies=["lib>=2"], project='\n[tool.uv.sources]\nlib = { path = "../lib" }\n')

    lines = refused(project)

    assert lines == [f"project.dependencies: requires lib>=2; {tmp_path / 'lib'} is lib 1.0; change one of them"]


@pytest.mark.parametrize("other", ["there", "wheels/lib-1.0-py3-none-any.whl"])
def test_two_places_for_one_name(requiring, tmp_path, other):
    make_sibling(tmp_path / "lib", "lib")
    make_sibling(tmp_path / "middle", "middle", requires=[f"lib @ {(tmp_path / other).as_uri()}"])

    lines = refused(requiring("lib @ {root:uri}/../lib", "middle @ {root:uri}/../middle"))

    assert lines == [
        (
            f"middle 1.0: takes lib from {tmp_path / other}, and project.dependencies from {tmp_path / 'lib'}; let "
            "both name one place"
        )
    ]


def test_a_circle_through_the_project_itself(requiring, tmp_path):
    make_sibling(tmp_path / "lib", "lib", requires=["shop"])

    lines = refused(requiring("lib @ {root:uri}/../lib"))

    assert lines == [f"lib 1.0: requires shop, which is the project itself; {CIRCLE}"]


def test_a_circle_between_siblings(requiring, tmp_path):
    for name, needed in {"a": "b", "b": "c", "c": "a"}.items():
        make_sibling(tmp_path / name, name, requires=[f"{needed} @ {(tmp_path / needed).as_uri()}"])

    lines = refused(requiring("a @ {root:uri}/../a"))

    assert lines == [
        f"a: requires b, which in turn requires a; {CIRCLE}",
        f"b: requires c, which in turn requires b; {CIRCLE}",
    ]
    assert sorted(builds(tmp_path)) == ["a-1.0", "b-1.0", "c-1.0"]


def test_a_name_of_ours_that_only_a_package_of_the_index_requires(index, project, tmp_path):
    index.add("framework", requires=["lib"])
    make_sibling(tmp_path / "lib", "lib")
    project.configure(dependencies=["framework"], project='\n[tool.uv.sources]\nlib = { path = "../lib" }\n')

    lines = refused(project)

    assert lines == [
        (
            f"framework 1.0: requires lib, which the project takes from {tmp_path / 'lib'}, and not from an index; add "
            "it to project.dependencies"
        )
    ]


def test_a_package_of_the_index_that_requires_the_project_itself(index, project):
    index.add("plugin", requires=["shop"])
    index.add("shop", "99.0")
    project.configure(dependencies=["plugin"])

    lines = refused(project)

    assert lines == [
        (
            "plugin 1.0: requires shop, which is the project itself; what an index has under that name is not it; do "
            "without the one, or rename the other"
        )
    ]


def test_a_name_that_is_to_come_from_one_index_only(index, project):
    index.add("other")
    project.configure(dependencies=["other"], project='\n[tool.uv.sources]\nother = { index = "private" }\n')

    lines = refused(project)

    assert lines == [
        (
            f"tool.uv.sources.other in {project.root / 'pyproject.toml'}: takes other from the index 'private', which "
            "only a lock of uv keeps to; run 'uv export --format pylock.toml --no-emit-project -o pylock.toml' and set "
            'lock = "pylock.toml"'
        )
    ]


EXPECTED = "expected a table with one of workspace, path, git, url, index"
SOURCES = {
    "'nonsense'": f"{EXPECTED}; found 'nonsense'; see to the source",
    "3": f"{EXPECTED}; found 3; see to the source",
    "{}": f"{EXPECTED}; found {{}}; see to the source",
    "[3]": f"{EXPECTED}; found 3; see to the source",
    "{ workspce = true }": f"{EXPECTED}; found {{'workspce': True}}; see to the source",
    "{ path = 3 }": "expected a string as path; found 3; see to the source",
    "{ url = [] }": "expected a string as url; found []; see to the source",
    "{ git = true }": "expected a string as git; found True; see to the source",
    "{ git = 'https://host/lib', tag = 1.0 }": "expected a string as tag; found 1.0; see to the source",
    "{ path = '../lib', marker = 3 }": "expected a string as marker; found 3; see to the source",
    "{ path = '../lib', marker = 'windows' }": "expected a marker; found 'windows'; see to the source",
    "{ git = 'https://host/lib', tagg = 'v3' }": "unknown key 'tagg'; did you mean 'tag'?",
    "{ git = 'https://host/lib', tag = 'v3', branch = 'dev' }": (
        "expected at most one of rev, tag, branch; found tag and branch; see to the source"
    ),
    "{ path = '../lib', git = 'https://host/lib' }": (
        "expected one of workspace, path, git, url, index; found path and git; see to the source"
    ),
    "{ workspace = true }": (
        "no workspace with a member 'lib' is around {folder}; see to tool.uv.workspace.members, and build in its "
        "checkout, as an unpacked sdist is in no workspace"
    ),
    "{ workspace = false }": (
        "no workspace with a member 'lib' is around {folder}; see to tool.uv.workspace.members, and build in its "
        "checkout, as an unpacked sdist is in no workspace"
    ),
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_that_is_none(requiring, tmp_path, source):
    expected = SOURCES[source].replace("{folder}", str(tmp_path / "project"))

    lines = refused(requiring("lib", tables=f"\n[tool.uv.sources]\nlib = {source}\n"))

    assert lines == [f"tool.uv.sources.lib in {tmp_path / 'project/pyproject.toml'}: {expected}"]


def test_keys_of_a_source_that_are_no_misspellings_of_what_is_known_are_left_to_uv(requiring, tmp_path):
    make_sibling(tmp_path / "lib", "lib")

    built = requiring("lib", tables="\n[tool.uv.sources]\nlib = { path = '../lib', quux = 1 }\n").build()

    assert built.code == 0, built.output


@pytest.mark.parametrize("written", ["./lib", "../lib", "lib-1.0-py3-none-any.whl"])
def test_a_direct_reference_that_is_no_url(requiring, written):
    lines = refused(requiring(f"lib @ {written}"))

    assert lines == [
        (
            f"project.dependencies: requires lib @ {written}, which is no URL; give it from the project's folder on, "
            f"such as lib @ {{root:uri}}/{written.removeprefix('./')}"
        )
    ]


UV, HATCH = "tool.uv.workspace", "tool.hatch.envs.default.workspace"
TABLES = {
    "tool.uv.sources = 3": ("tool.uv.sources", "expected a table; found 3; see to it"),
    "tool.uv.workspace = []": (UV, "expected a table; found []; see to it"),
    "tool.uv.workspace.members = 3": (UV, "expected paths as members; found 3; see to the workspace"),
    "tool.uv.workspace.members = [3]": (UV, "expected paths as members; found [3]; see to the workspace"),
    "tool.uv.workspace = { members = [''], exclude = 'x' }": (
        UV,
        "expected paths as exclude; found 'x'; see to the workspace",
    ),
    "tool.hatch.envs.default.workspace = 3": (HATCH, "expected a table; found 3; see to it"),
    "tool.hatch.envs.default.workspace.members = '../*'": (
        HATCH,
        "expected paths as members; found '../*'; see to the workspace",
    ),
    "tool.hatch.envs.default.workspace.members = [{ features = [] }]": (
        HATCH,
        "expected paths as members; found [{'features': []}]; see to the workspace",
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_of_sources_or_a_workspace_that_is_none(project, tmp_path, table):
    project.configure(dependencies=["lib"])
    pyproject = project.root / "pyproject.toml"
    pyproject.write_text(f"{table}\n{pyproject.read_text()}")

    lines = refused(project)

    address, problem = TABLES[table]
    assert lines == [f"{address} in {pyproject}: {problem}"]


# Offline


def test_offline_a_sibling_and_a_local_archive_are_still_built(requiring, tmp_path):
    make_sibling(tmp_path / "lib", "lib")

    built = requiring("lib @ {root:uri}/../lib").build(HATCH_LAMBDA_OFFLINE="1")

    assert built.code == 0, built.output
    assert builds(tmp_path) == ["lib-1.0"]


def test_offline_an_archive_elsewhere_is_refused(requiring, index):
    url = f"http://user:s3cret@{index.host}/files/lib-1.0.tar.gz"

    lines = refused(requiring(f"lib @ {url}"), HATCH_LAMBDA_OFFLINE="1")

    assert lines == [
        (
            f"HATCH_LAMBDA_OFFLINE: lib from http://****@{index.host}/files/lib-1.0.tar.gz was not built before; build "
            "once with the network"
        )
    ]


# Locks


def test_a_lock_holds_what_is_not_our_own_and_a_build_uses_it(index, requiring, tmp_path):
    index.add("base")
    make_sibling(tmp_path / "lib", "lib", requires=["base"])
    project = requiring("lib @ {root:uri}/../lib")
    locked = project.build(target="lambda:lock")
    index.add("base", "2.0")
    index.requests.clear()

    built = project.build()

    assert locked.code == 0, locked.output
    assert built.code == 0, built.output
    assert names_in_lock(project) == ["base", "base-1.0-py3-none-any.whl"]
    assert index.requests == []


def names_in_lock(project: ProjectFolder) -> list[str]:
    """Return the names of packages and files in the project's lock."""
    lines = (project.root / "pylock.lambda.toml").read_text().splitlines()
    return [line.split('"')[1] for line in lines if line.startswith("name = ")]


def test_a_siblings_new_requirement_makes_the_lock_stale(index, requiring, tmp_path):
    index.add("base")
    index.add("more")
    make_sibling(tmp_path / "lib", "lib", requires=["base"])
    project = requiring("lib @ {root:uri}/../lib")
    project.build(target="lambda:lock")
    make_sibling(tmp_path / "lib", "lib", requires=["base", "more"])

    lines = refused(project)

    assert lines == [
        "lib 1.0: requires more; pylock.lambda.toml lacks it; refresh it with hatch build -t lambda:lock",
        "pylock.lambda.toml: since it was made: added 'more'",
    ]


def test_a_lock_that_has_our_own_name_gives_way_to_the_sibling(index, requiring, project, tmp_path):
    make_sibling(tmp_path / "lib", "lib")
    project.configure(dependencies=["lib"])
    project.build(target="lambda:lock")
    shutil.rmtree(tmp_path / "store")
    index.requests.clear()

    built = requiring("lib @ {root:uri}/../lib").build()

    assert built.code == 0, built.output
    assert builds(tmp_path) == ["lib-1.0"]
    assert index.requests == []


def test_a_lock_of_uv_may_have_the_sibling_as_a_folder(index, requiring, project, tmp_path):
    make_sibling(tmp_path / "lib", "lib")
    requiring("lib @ {root:uri}/../lib")
    project.write(
        "pylock.lambda.toml",
        'lock-version = "1.0"\ncreated-by = "uv"\n[[packages]]\nname = "lib"\ndirectory = { path = "../lib" }\n',
    )

    built = project.build()

    assert built.code == 0, built.output
    assert builds(tmp_path) == ["lib-1.0"]


def test_a_sibling_that_hatchling_cannot_build_shows_why(requiring, tmp_path):
    make_hatch_sibling(tmp_path / "lib", "lib", tables="[tool.hatch.build.targets.wheel]\npackages = 3\n")

    lines = refused(requiring("lib @ {root:uri}/../lib"))

    assert lines[0] == (
        f"project.dependencies: requires lib from {tmp_path / 'lib'}, which cannot be built; the end of what pip said "
        "follows"
    )
    assert "TypeError: Field `tool.hatch.build.targets.wheel.packages` must be an array of strings" in "".join(lines)
