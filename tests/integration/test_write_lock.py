"""The lock file that ``-t lambda:lock`` writes."""

from __future__ import annotations

import shutil
import sys
from typing import Any

import pytest
import tomli_w
from packaging.pylock import Pylock
from packaging.version import Version

from tests.conftest import ProjectDirectory
from tests.support import zips
from tests.support.index_server import IndexServer
from tests.support.locks import sha256
from tests.support.make_wheel import make_wheel

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DIRECT = "\n[tool.hatch.metadata]\nallow-direct-references = true\n"
LOCK = "pylock.lambda.toml"

WHOLE = """\
lock-version = "1.0"
environments = [
    "python_version == \\"3.13\\" and platform_machine == \\"x86_64\\" and sys_platform == \\"linux\\" \
and implementation_name == \\"cpython\\"",
]
created-by = "hatch-lambda"

[[packages]]
name = "base"
version = "1.0"

[[packages.wheels]]
name = "base-1.0-py3-none-any.whl"
url = "http://{index}/files/base-1.0-py3-none-any.whl"

[packages.wheels.hashes]
sha256 = "{base}"

[[packages]]
name = "lib"
version = "1.0"

[[packages.wheels]]
name = "lib-1.0-py3-none-any.whl"
url = "http://{index}/files/lib-1.0-py3-none-any.whl"

[packages.wheels.hashes]
sha256 = "{lib}"

[tool.hatch-lambda]
requirements = [
    "base; sys_platform == \\"linux\\"",
    "lib>=1",
]
"""


@pytest.mark.api("packaging", "tomli-w")
def test_the_lock_is_a_pylock_of_the_target(index, project):
    base, lib = index.add("base"), index.add("lib", requires=["base"])
    project.configure(dependencies=["lib>=1", "base; sys_platform == 'linux'"])

    built = project.build(target="lambda:lock")

    assert built.output == (f"{LOCK}\n  python3.13 on x86_64, 2 packages\n  base: new -> 1.0\n  lib: new -> 1.0\n")
    assert (project.root / LOCK).read_bytes().decode() == WHOLE.format(
        index=index.host, base=sha256(base), lib=sha256(lib)
    )
    assert Pylock.from_dict(tomllib.loads((project.root / LOCK).read_text())).lock_version == Version("1.0")
    assert sorted(path.name for path in (project.root / "dist").iterdir()) == []


def test_a_lock_is_not_written_if_nothing_changes(index, project):
    index.add("lib")
    project.configure(dependencies=["lib"])
    project.build(target="lambda:lock")
    index.add("lib", "2.0")
    before = (project.root / LOCK).stat()

    again = project.build(target="lambda:lock")

    after = (project.root / LOCK).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert again.output == f"{LOCK}\n  python3.13 on x86_64, 1 package\n"


def test_an_upgrade_changes_every_version(index, project):
    _lock_then_release(index, project)

    upgraded = project.build(target="lambda:lock", HATCH_LAMBDA_UPGRADE="1")

    assert upgraded.output == f"{LOCK}\n  python3.13 on x86_64, 2 packages\n  base: 1.0 -> 2.0\n  lib: 1.0 -> 2.0\n"


def test_an_upgrade_by_name_changes_that_version_only(index, project):
    _lock_then_release(index, project)

    upgraded = project.build(target="lambda:lock", HATCH_LAMBDA_UPGRADE="LIB")

    assert upgraded.output == f"{LOCK}\n  python3.13 on x86_64, 2 packages\n  lib: 1.0 -> 2.0\n"


def test_an_upgrade_of_an_unlocked_package_is_reported(index, project):
    _lock_then_release(index, project)

    refreshed = project.build(target="lambda:lock", HATCH_LAMBDA_UPGRADE="lib, libb")

    assert refreshed.output == (
        f"{LOCK}\n  python3.13 on x86_64, 2 packages\n  lib: 1.0 -> 2.0\nwarning: "
        "HATCH_LAMBDA_UPGRADE: 'libb' isn't in the lock file; check the spelling, or remove the name "
        "[unused-upgrade]\n"
    )


def test_a_changed_requirement_changes_its_version_only(index, project):
    _lock_then_release(index, project)
    project.configure(dependencies=["lib>=2"])

    refreshed = project.build(target="lambda:lock")

    assert refreshed.output == f"{LOCK}\n  python3.13 on x86_64, 2 packages\n  lib: 1.0 -> 2.0\n"


def test_credentials_of_the_index_stay_out_of_the_lock(project, tmp_path):
    with IndexServer(tmp_path / "private", credentials=("user", "s3cret")) as server:
        server.add("lib")
        project.configure(dependencies=["lib"])

        locked = project.build(target="lambda:lock", PIP_INDEX_URL=server.url_with_credentials)
        shutil.rmtree(tmp_path / "store")
        built = project.build(PIP_INDEX_URL=server.url_with_credentials)

        assert locked.code == 0, locked.output
        assert f'url = "http://{server.host}/files/lib-1.0-py3-none-any.whl"' in (project.root / LOCK).read_text()
        assert "s3cret" not in (project.root / LOCK).read_text() + locked.output
        assert built.code == 0, built.output


def test_credentials_of_a_required_url_stay_out_of_the_lock_and_are_used_with_it(project, tmp_path):
    with IndexServer(tmp_path / "private", credentials=("user", "s3cret")) as server:
        wheel = server.add("lib")
        project.configure(
            "[tool.hatch.metadata]\nallow-direct-references = true\n",
            dependencies=[f"lib @ http://user:s3cret@{server.host}/files/{wheel.name}"],
        )

        locked = project.build(target="lambda:lock")
        shutil.rmtree(tmp_path / "store")
        built = project.build()

        assert locked.code == 0, locked.output
        lock = tomllib.loads((project.root / LOCK).read_text())
        assert lock["packages"][0]["wheels"][0]["url"] == f"http://{server.host}/files/{wheel.name}"
        assert "s3cret" not in (project.root / LOCK).read_text() + locked.output
        assert built.code == 0, built.output


def test_a_wheel_in_the_project_is_locked_by_its_path(index, project):
    make_wheel(project.root / "wheels", "private")
    project.configure(dependencies=["private"])

    locked = project.build(target="lambda:lock", PIP_FIND_LINKS="wheels")
    built = project.build()

    assert locked.code == 0, locked.output
    assert _wheel_of(project)["path"] == "wheels/private-1.0-py3-none-any.whl"
    assert str(project.root) not in (project.root / LOCK).read_text()
    assert zips.wheels(built.archive) == ["private-1.0-py3-none-any.whl"]


def test_paths_in_a_lock_are_relative_to_its_own_directory(index, project, tmp_path):
    make_wheel(project.root / "wheels", "private")
    project.configure('lock = "locks/new/pylock.toml"', dependencies=["private"])

    locked = project.build(target="lambda:lock", PIP_FIND_LINKS="wheels")
    shutil.rmtree(tmp_path / "store")
    built = project.build()

    assert locked.code == 0, locked.output
    assert _wheel_of(project, "locks/new/pylock.toml")["path"] == "../../wheels/private-1.0-py3-none-any.whl"
    assert built.code == 0, built.output


def test_a_wheel_outside_of_the_project_cannot_be_locked(index, project, tmp_path):
    wheel = make_wheel(tmp_path / "elsewhere", "private")
    project.configure(dependencies=["private"])

    locked = project.build(target="lambda:lock", PIP_FIND_LINKS=str(tmp_path / "elsewhere"))

    assert locked.code == 1
    assert locked.output == (
        f"error: private 1.0: can't be locked, because {wheel} is only on this machine; move it into the project, or "
        "to an index [unlockable]\n"
    )
    assert not (project.root / LOCK).exists()


@pytest.mark.parametrize("resolver", ["pip", "uv"])
@pytest.mark.parametrize("query", ["?token=T0KEN", "?X-Amz-Expires=60&X-Amz-Signature=T0KEN"])
def test_a_link_with_a_credential_in_its_query_is_not_locked(index, project, tmp_path, query, resolver):
    index.add("lib")
    index.query = query
    project.configure(f'resolver = "{resolver}"', dependencies=["lib"])

    locked = project.build(target="lambda:lock", UV_CACHE_DIR=str(tmp_path / "uv-cache"), UV_DEFAULT_INDEX=index.url)

    name = query.rpartition("&")[2].strip("?").partition("=")[0]
    assert locked.code == 1
    assert locked.output == (
        f"error: lib 1.0: can't be locked, because its URL has credentials in the query ({name}); use an index with a "
        "user name and password, or build without a lock file [credentials-in-lock]\n"
    )
    assert not (project.root / LOCK).exists()


@pytest.mark.parametrize("query", ["", "?v=1"])
def test_a_wheel_that_is_named_by_its_url_is_locked_if_that_has_no_credential(index, project, query):
    url = f"{index.file_url(index.add('lib'))}{query}"
    project.configure(dependencies=[f"lib @ {url}"], project=DIRECT)
    locked = project.build(target="lambda:lock")
    project.configure(dependencies=[f"lib @ {url}&token=T0KEN"], project=DIRECT)

    refused = project.build(target="lambda:lock") if query else None

    assert locked.code == 0, locked.output
    (entry,) = tomllib.loads((project.root / LOCK).read_text())["packages"]
    assert entry["wheels"][0]["url"] == url
    assert refused is None or (refused.code == 1 and "T0KEN" not in refused.output), refused
    assert "T0KEN" not in (project.root / LOCK).read_text()


AROUND = {
    "repository": (".git/HEAD", ""),
    "workspace": ("pyproject.toml", '[tool.uv.workspace]\nmembers = ["project"]\n'),
}


@pytest.mark.parametrize("resolver", ["pip", "uv"])
@pytest.mark.parametrize("around", AROUND)
def test_a_wheel_next_to_the_project_is_locked_with_its_relative_path(index, project, tmp_path, around, resolver):
    index.add("model", "99.0")
    wheel = make_wheel(tmp_path / "wheels", "model")
    path, text = AROUND[around]
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(text)
    source = f'model = {{ path = "../wheels/{wheel.name}" }}'
    project.configure(f'resolver = "{resolver}"', dependencies=["model"], project=f"\n[tool.uv.sources]\n{source}\n")
    uv = {"UV_CACHE_DIR": str(tmp_path / "uv-cache"), "UV_DEFAULT_INDEX": index.url}
    locked = project.build(target="lambda:lock", **uv)
    shutil.copytree(project.root, tmp_path / "copy/project")
    shutil.copytree(wheel.parent, tmp_path / "copy/wheels")
    (tmp_path / "copy" / path).parent.mkdir(exist_ok=True)
    (tmp_path / "copy" / path).write_text(text)

    built = ProjectDirectory(tmp_path / "copy/project", project.environ).build(
        HATCH_LAMBDA_OFFLINE="1", HATCH_LAMBDA_CACHE_DIR=str(tmp_path / "other")
    )

    assert locked.code == 0, locked.output
    (entry,) = tomllib.loads((project.root / LOCK).read_text())["packages"]
    assert entry["wheels"] == [
        {"name": wheel.name, "path": f"../wheels/{wheel.name}", "hashes": {"sha256": sha256(wheel)}}
    ]
    assert str(tmp_path) not in (project.root / LOCK).read_text()
    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["model 1.0"]
    assert index.requests == []


def test_a_lock_that_cannot_be_read_is_rewritten(index, project):
    index.add("lib")
    project.configure(dependencies=["lib"])
    (project.root / LOCK).write_bytes(b"<<<<<<< \xe4\n")

    locked = project.build(target="lambda:lock")

    assert locked.output == f"{LOCK}\n  python3.13 on x86_64, 1 package\n  lib: new -> 1.0\n"


def test_a_lock_that_cannot_be_made_leaves_the_old_one(index, project):
    index.add("lib")
    project.configure(dependencies=["lib"])
    project.build(target="lambda:lock")
    before = (project.root / LOCK).read_bytes()
    project.configure(dependencies=["lib", "nowhere"])

    locked = project.build(target="lambda:lock")

    assert locked.code == 1
    assert locked.output == (
        f"error: project.dependencies: no package 'nowhere' in {index.url}; check the spelling, or "
        "set PIP_INDEX_URL to an index that has it [unknown-package]\n"
    )
    assert (project.root / LOCK).read_bytes() == before


def test_a_requirements_file_is_not_written(index, project):
    project.configure('lock = "requirements.txt"')

    locked = project.build(target="lambda:lock")

    assert locked.code == 1
    assert locked.output == (
        "error: tool.hatch.build.targets.lambda.lock: -t lambda:lock doesn't write the format of 'requirements.txt'; "
        'update the file with its own tool, or set lock = "pylock.lambda.toml" [unsupported-lock]\n'
    )


def test_a_project_without_requirements_has_an_empty_lock(index, project):
    locked = project.build(target="lambda:lock")
    built = project.build()

    assert locked.output == f"{LOCK}\n  python3.13 on x86_64\n"
    assert built.code == 0, built.output
    assert index.requests == []


def _lock_then_release(index: IndexServer, project: ProjectDirectory) -> None:
    for version in ("1.0", "2.0"):
        index.add("base", version)
        index.add("lib", version, requires=["base"])
        if version == "1.0":
            project.configure(dependencies=["lib"])
            project.build(target="lambda:lock")


def _wheel_of(project: ProjectDirectory, path: str = LOCK) -> dict[str, Any]:
    wheel: dict[str, Any] = tomllib.loads((project.root / path).read_text())["packages"][0]["wheels"][0]
    return wheel


def test_an_upgrade_by_name_also_upgrades_what_that_version_requires(index, project):
    index.add("lib", requires=["base"])
    for name in ("base", "other"):
        index.add(name)
    project.configure(dependencies=["lib", "other"])
    project.build(target="lambda:lock")
    index.add("lib", "2.0", requires=["base>=2"])
    for name in ("base", "other"):
        index.add(name, "2.0")

    upgraded = project.build(target="lambda:lock", HATCH_LAMBDA_UPGRADE="lib")

    assert upgraded.output == (f"{LOCK}\n  python3.13 on x86_64, 3 packages\n  base: 1.0 -> 2.0\n  lib: 1.0 -> 2.0\n")


def test_a_changed_url_leaves_alone_what_has_nothing_to_do_with_it(index, project):
    old, new = (index.add("lib", version) for version in ("1.0", "2.0"))
    index.add("other")
    allowed = "[tool.hatch.metadata]\nallow-direct-references = true\n"
    project.configure(dependencies=[f"lib @ {index.file_url(old)}", "other"], project=allowed)
    project.build(target="lambda:lock")
    index.add("other", "2.0")
    project.configure(dependencies=[f"lib @ {index.file_url(new)}", "other"], project=allowed)

    refreshed = project.build(target="lambda:lock")

    assert refreshed.output == f"{LOCK}\n  python3.13 on x86_64, 2 packages\n  lib: 1.0 -> 2.0\n"


def test_a_changed_requirement_leaves_alone_what_has_nothing_to_do_with_it(index, project):
    index.add("lib", requires=["base"])
    for name in ("base", "other"):
        index.add(name)
    project.configure(dependencies=["lib", "other"])
    project.build(target="lambda:lock")
    index.add("lib", "2.0", requires=["base>=2"])
    for name in ("base", "other"):
        index.add(name, "2.0")
    project.configure(dependencies=["lib>=2", "other"])

    refreshed = project.build(target="lambda:lock")

    assert refreshed.output == (f"{LOCK}\n  python3.13 on x86_64, 3 packages\n  base: 1.0 -> 2.0\n  lib: 1.0 -> 2.0\n")


@pytest.mark.parametrize("resolver", ["pip", "uv"])
def test_a_narrowed_requirement_upgrades_only_what_it_needs(index, project, tmp_path, resolver):
    project.environ.update(UV_CACHE_DIR=str(tmp_path / "uv-cache"), UV_DEFAULT_INDEX=index.url)
    for version in ("1.0", "2.0", "3.0"):
        index.add("base", version)
    index.add("app", "1.0")
    index.add("app", "2.0", requires=["base<2", "shared", "new"])
    index.add("app", "3.0", requires=["base>=2", "shared"])
    for name in ("shared", "other"):
        index.add(name)
    options = f'resolver = "{resolver}"'
    project.configure(options, dependencies=["app", "other"])
    before = project.build(target="lambda:lock")
    for name in ("shared", "other", "new"):
        index.add(name, "2.0")
    project.configure(options, dependencies=["app<3", "other"])

    locked = project.build(target="lambda:lock")

    assert before.code == 0, before.output
    assert locked.output == (
        f"{LOCK}\n  python3.13 on x86_64, 5 packages\n  app: 3.0 -> 2.0\n  base: 3.0 -> 1.0\n  new: new -> 2.0\n"
    )


def test_pip_upgrades_everything_if_a_locked_version_conflicts_with_what_changed(index, project):
    for name in ("app", "lib", "other"):
        index.add(name)
    index.add("tool", requires=["lib<2"])
    project.configure('resolver = "pip"', dependencies=["app", "tool", "other"])
    before = project.build(target="lambda:lock")
    index.add("app", "2.0", requires=["lib>=2"])
    for name in ("lib", "tool", "other"):
        index.add(name, "2.0")
    project.configure('resolver = "pip"', dependencies=["app>=2", "tool", "other"])

    locked = project.build(target="lambda:lock")

    assert before.code == 0, before.output
    assert locked.output == (
        f"{LOCK}\n  python3.13 on x86_64, 4 packages\n"
        "  app: 1.0 -> 2.0\n  lib: 1.0 -> 2.0\n  other: 1.0 -> 2.0\n  tool: 1.0 -> 2.0\n"
    )


def test_the_lock_of_another_tool_is_not_overwritten(index, project):
    index.add("lib")
    project.configure('lock = "pylock.toml"', dependencies=["lib"])
    foreign = project.write("pylock.toml", 'lock-version = "1.0"\ncreated-by = "uv"\npackages = []\n')

    refused = project.build(target="lambda:lock")

    assert (refused.code, refused.output) == (
        1,
        (
            "error: pylock.toml: not overwritten, because it was created by uv; remove it, or set lock to another file "
            "[lock-conflict]\n"
        ),
    )
    assert foreign.read_text() == 'lock-version = "1.0"\ncreated-by = "uv"\npackages = []\n'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'lock-version = "2.0"\ncreated-by = "uv"\n', "was created by uv"),
        (b'created-by = "pdm"\n<<<<<<< \xe4\n', "was created by pdm"),
        (b"not = [a lock\n", "has no created-by"),
        (b'[metadata]\ncreated-by = "hatch-lambda"\n', "has no created-by"),
    ],
)
def test_a_file_that_is_not_marked_as_ours_is_not_overwritten(index, project, content, reason):
    index.add("lib")
    project.configure('lock = "pylock.toml"', dependencies=["lib"])
    (project.root / "pylock.toml").write_bytes(content)

    refused = project.build(target="lambda:lock")

    assert (refused.code, refused.output) == (
        1,
        (
            f"error: pylock.toml: not overwritten, because it {reason}; remove it, or set lock to another file "
            "[lock-conflict]\n"
        ),
    )
    assert (project.root / "pylock.toml").read_bytes() == content


def test_the_lock_of_another_tool_under_our_name_is_not_overwritten_either(index, project):
    index.add("lib")
    project.configure(dependencies=["lib"])
    project.write(LOCK, 'lock-version = "2.0"\ncreated-by = "uv"\n')

    refused = project.build(target="lambda:lock")

    assert refused.output == (
        f"error: {LOCK}: not overwritten, because it was created by uv; remove it, or set lock to another file "
        "[lock-conflict]\n"
    )


def test_our_lock_that_a_merge_has_damaged_is_rewritten(index, project):
    index.add("lib")
    project.configure('lock = "pylock.toml"', dependencies=["lib"])
    project.build(target="lambda:lock")
    whole = (project.root / "pylock.toml").read_text()
    project.write("pylock.toml", whole.replace("[[packages]]", "<<<<<<< ours\n[[packages]]", 1))

    locked = project.build(target="lambda:lock")

    assert locked.code == 0, locked.output
    assert (project.root / "pylock.toml").read_text() == whole


def test_a_zips_separate_lock_of_an_unknown_tool_is_reported(index, project):
    index.add("lib")
    project.configure("[tool.hatch.build.targets.lambda.functions.api]\nlock = 'pylock.api.toml'", dependencies=["lib"])
    foreign = project.write("pylock.api.toml", "not = [a lock\n")

    refused = project.build(target="lambda:lock")

    assert (refused.code, foreign.read_text()) == (1, "not = [a lock\n")
    assert refused.output == (
        "error: pylock.api.toml: not overwritten, because it has no created-by; remove it, or set lock to another file "
        "[lock-conflict]\n"
    )


def test_a_lock_declares_the_extras_and_groups_that_it_is_made_for(index, project):
    _optional_project(index, project, 'features = ["Fast_Path"]\ndependency-groups = ["Ops"]')

    made = project.build(target="lambda:lock")

    assert made.code == 0, made.output
    lock = Pylock.from_dict(tomllib.loads((project.root / LOCK).read_text()))
    assert (lock.extras, lock.dependency_groups, lock.default_groups) == (["fast-path"], ["ops"], None)
    markers = {package.name: str(package.marker or "") for package in lock.packages}
    assert markers == {
        "base": "",
        "common": '"fast-path" in extras or "ops" in dependency_groups',
        "fast": '"fast-path" in extras',
        "job": '"ops" in dependency_groups',
        "lib": "",
    }


@pytest.mark.api("packaging")
@pytest.mark.parametrize(
    ("options", "held"),
    [
        ("", ["base", "lib"]),
        ('features = ["fast.path"]', ["base", "common", "fast", "lib"]),
        ('dependency-groups = ["ops"]', ["base", "common", "job", "lib"]),
        ('dependency-groups = ["OPS"]\nfeatures = ["fast-path"]', ["base", "common", "fast", "job", "lib"]),
    ],
)
def test_a_lock_is_for_each_choice_of_its_extras_and_groups(index, project, options, held):
    _optional_project(index, project, 'features = ["fast-path"]\ndependency-groups = ["ops"]')
    project.build(target="lambda:lock")
    _configure_optional(project, options)

    built = project.build(HATCH_LAMBDA_OFFLINE="1", HATCH_VERBOSE="1")

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == [f"{name}-1.0-py3-none-any.whl" for name in held]
    assert "left out" not in built.output


def test_locking_again_keeps_the_versions_of_extras_and_groups(index, project):
    _optional_project(index, project, 'features = ["fast-path"]\ndependency-groups = ["ops"]')
    project.build(target="lambda:lock")
    before = (project.root / LOCK).read_bytes()
    for name in ("base", "common", "fast", "job", "lib"):
        index.add(name, "2.0")

    again = project.build(target="lambda:lock")

    assert again.output == f"{LOCK}\n  python3.13 on x86_64, 5 packages\n"
    assert (project.root / LOCK).read_bytes() == before


def test_a_feature_that_the_lock_was_not_made_for_makes_it_out_of_date(index, project):
    _optional_project(index, project, "")
    project.build(target="lambda:lock")
    _configure_optional(project, 'features = ["fast-path"]')

    stale, refreshed, built = project.build(), project.build(target="lambda:lock"), project.build()

    assert stale.output == (
        f"error: {LOCK}: out of date, because it doesn't contain fast and project.optional-dependencies.fast-path "
        "requires fast; run 'hatch build -t lambda:lock' [lock-out-of-date]\n"
    )
    assert refreshed.code == 0
    assert [wheel.partition("-")[0] for wheel in zips.wheels(built.archive)] == ["base", "common", "fast", "lib"]


def test_a_lock_of_before_that_declares_nothing_has_it_all(index, project):
    _optional_project(index, project, 'features = ["fast-path"]\ndependency-groups = ["ops"]')
    project.build(target="lambda:lock")
    lock = tomllib.loads((project.root / LOCK).read_text())
    del lock["extras"], lock["dependency-groups"]
    bare = [{key: value for key, value in entry.items() if key != "marker"} for entry in lock["packages"]]
    project.write(LOCK, tomli_w.dumps(lock | {"packages": bare}))

    built = project.build()

    assert built.code == 0, built.output
    assert [wheel.partition("-")[0] for wheel in zips.wheels(built.archive)] == ["base", "common", "fast", "job", "lib"]


def _optional_project(index: IndexServer, project: ProjectDirectory, options: str) -> None:
    """Configure a project whose extra and group have a requirement in common, and one that is always there."""
    for name in ("base", "common"):
        index.add(name)
    index.add("lib", requires=["base"])
    index.add("fast", requires=["common", "base"])
    index.add("job", requires=["common"])
    _configure_optional(project, options)


def _configure_optional(project: ProjectDirectory, options: str) -> None:
    tables = '[project.optional-dependencies]\nfast-path = ["fast"]\n[dependency-groups]\nOps = ["job", "lib"]\n'
    project.configure(options, dependencies=["lib"], project=tables)
