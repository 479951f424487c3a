"""Git dependencies."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import zips
from tests.support.git import bare_clone, commit_all, git
from tests.support.git_server import GitServer
from tests.support.locks import package, pylock, requirements
from tests.support.make_local_project import builds, make_local_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DIRECT = "\n[tool.hatch.metadata]\nallow-direct-references = true\n"


class Repository:
    """A repository of a distribution ``lib``, with tag ``v1``, whose working directory is elsewhere."""

    def __init__(self, tmp_path: Path) -> None:
        self.directory = make_local_project(tmp_path / "work/lib", "lib", requires=["base"])
        self.bare = tmp_path / "served/lib.git"
        self.first = self.commit("first = True\n")
        git(self.directory, "tag", "v1")
        bare_clone(self.directory, self.bare)
        self.url = f"git+{self.bare.as_uri()}"

    def commit(self, text: str) -> str:
        """Put another text into the distribution, and return the commit."""
        (self.directory / "lib/__init__.py").write_text(text)
        commit = commit_all(self.directory)
        bare_clone(self.directory, self.bare)
        return commit


@pytest.fixture
def repository(tmp_path, index):
    index.add("base")
    index.add("lib", "99.0")
    return Repository(tmp_path)


def built_from(archive: Path) -> str | None:
    """Return the source of ``lib`` in the zip's description."""
    (found,) = (entry for entry in zips.lambda_json(archive)["distributions"] if entry["name"] == "lib")
    return str(found["built-from"]) if "built-from" in found else None


@pytest.mark.parametrize("ref", ["@v1", "@main", "@COMMIT", ""])
def test_a_tag_a_branch_or_a_commit_is_built_and_the_commit_is_printed(index, project, repository, ref):
    url = repository.url + ref.replace("COMMIT", repository.first)
    project.configure(dependencies=[f"lib @ {url}"], project=DIRECT)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "lib 1.0"]
    assert built_from(built.archive) == f"{repository.url}@{repository.first}"
    assert not [path for path in index.requests if path.startswith("/simple/lib/")]


SOURCES = ['tag = "v1"', 'branch = "main"', 'rev = "COMMIT"', 'rev = "v1"', ""]


@pytest.mark.parametrize("ref", SOURCES)
def test_uvs_sources_name_repositories_too(project, repository, ref):
    source = ", ".join(filter(None, (f'git = "{repository.bare.as_uri()}"', ref.replace("COMMIT", repository.first))))
    project.configure(dependencies=["lib"], project=f"\n[tool.uv.sources]\nlib = {{ {source} }}\n")

    built = project.build()

    assert built.code == 0, built.output
    assert built_from(built.archive) == f"{repository.url}@{repository.first}"


def test_a_subdirectory_of_a_repository_is_built(project, index, tmp_path):
    index.add("base")
    make_local_project(tmp_path / "work/packages/lib", "lib")
    commit = commit_all(tmp_path / "work")
    url = bare_clone(tmp_path / "work", tmp_path / "served.git").as_uri()
    source = f'git = "{url}", branch = "main", subdirectory = "packages/lib"'
    project.configure(dependencies=["lib"], project=f"\n[tool.uv.sources]\nlib = {{ {source} }}\n")

    built = project.build()

    assert built.code == 0, built.output
    assert built_from(built.archive) == f"git+{url}@{commit}#subdirectory=packages/lib"


@pytest.mark.parametrize("ref", ["main", "v1"])
def test_a_moved_branch_or_tag_is_rebuilt_and_an_unmoved_one_is_not(project, repository, ref):
    project.configure(dependencies=[f"lib @ {repository.url}@{ref}"], project=DIRECT)
    for _ in range(2):
        project.build()
    unmoved = builds(repository.directory.parent)
    second = repository.commit("second = True\n")
    git(repository.directory, "tag", "--force", "v1")
    bare_clone(repository.directory, repository.bare)

    built = project.build()

    assert unmoved == ["lib-1.0"]
    assert built.code == 0, built.output
    assert zips.read(built.archive, "lib/__init__.py") == "second = True\n"
    assert built_from(built.archive) == f"{repository.url}@{second}"


# Locks


def locked(project) -> dict[str, Any]:
    """Return ``lib`` in our lock."""
    lock = tomllib.loads((project.root / "pylock.lambda.toml").read_text())
    found: list[dict[str, Any]] = [package for package in lock["packages"] if package["name"] == "lib"]
    assert len(found) == 1
    return found[0]


@pytest.mark.api("pip", "packaging", "tomli-w")
def test_a_lock_has_the_commit_that_a_build_uses(project, repository):
    project.configure(dependencies=[f"lib @ {repository.url}@main"], project=DIRECT)
    made = project.build(target="lambda:lock")
    repository.commit("second = True\n")

    built = project.build()

    assert made.code == 0, made.output
    assert f"  lib: new -> 1.0 at {repository.first[:7]}" in made.output.splitlines()
    assert locked(project) == {
        "name": "lib",
        "version": "1.0",
        "vcs": {
            "type": "git",
            "path": os.path.relpath(repository.bare, project.root),
            "requested-revision": "main",
            "commit-id": repository.first,
        },
    }
    assert built.code == 0, built.output
    assert zips.read(built.archive, "lib/__init__.py") == "first = True\n"
    assert built_from(built.archive) == f"{repository.url}@{repository.first}"


@pytest.mark.parametrize(("upgrade", "moves"), [("", False), ("other", False), ("lib", True), ("1", True)])
def test_locking_again_keeps_the_commit_unless_it_is_upgraded(project, repository, upgrade, moves):
    project.configure(dependencies=[f"lib @ {repository.url}"], project=DIRECT)
    project.build(target="lambda:lock")
    second = repository.commit("second = True\n")

    built = project.build(target="lambda:lock", HATCH_LAMBDA_UPGRADE=upgrade)

    assert built.code == 0, built.output
    assert locked(project)["vcs"]["commit-id"] == (second if moves else repository.first)
    moved = f"  lib: 1.0 at {repository.first[:7]} -> 1.0 at {second[:7]}"
    assert (moved in built.output.splitlines()) is moves


def test_the_lock_of_another_tool_has_the_commit_too(index, project, repository):
    vcs = {"type": "git", "url": repository.bare.as_uri(), "requested-revision": "main", "commit-id": repository.first}
    base = package(index, index.directory / "base-1.0-py3-none-any.whl")
    project.write("pylock.toml", pylock(base, {"name": "lib", "version": "1.0", "vcs": vcs}))
    project.configure('lock = "pylock.toml"', dependencies=[f"lib @ {repository.url}@main"], project=DIRECT)
    repository.commit("second = True\n")

    built = project.build()

    assert built.code == 0, built.output
    assert built_from(built.archive) == f"{repository.url}@{repository.first}"


@pytest.mark.parametrize("ref", ["", "@main", "@COMMIT"])
def test_a_requirements_file_with_hashes_has_the_commit_too(index, project, repository, ref):
    base = package(index, index.directory / "base-1.0-py3-none-any.whl")
    line = f"lib @ {repository.url}@{repository.first}\n    # via shop (pyproject.toml)\n"
    project.write("req.txt", requirements(base) + line)
    url = repository.url + ref.replace("COMMIT", repository.first)
    project.configure('lock = "req.txt"', dependencies=[f"lib @ {url}"], project=DIRECT)
    repository.commit("second = True\n")

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "lib 1.0"]
    assert built_from(built.archive) == f"{repository.url}@{repository.first}"


def test_a_requirements_file_without_the_commit_leaves_it_to_the_repository(index, project, repository):
    base = package(index, index.directory / "base-1.0-py3-none-any.whl")
    project.write("req.txt", requirements(base) + f"lib @ {repository.url}@main\n")
    project.configure('lock = "req.txt"', dependencies=[f"lib @ {repository.url}@main"], project=DIRECT)
    second = repository.commit("second = True\n")

    built = project.build()

    assert built.code == 0, built.output
    assert built_from(built.archive) == f"{repository.url}@{second}"


def test_a_requirements_file_can_include_others_and_contain_git_and_local_dependencies(index, project, repository):
    base = index.directory / "base-1.0-py3-none-any.whl"
    (project.root / "locks/wheels").mkdir(parents=True)
    shutil.copy(base, project.root / "locks/wheels")
    project.write("locks/req.txt", "--no-index\n--find-links wheels\n-c limits.txt\n-r more/base.txt\n")
    project.write("locks/limits.txt", f"never==1.0 --hash=sha256:{'0' * 64}\n")
    text = requirements(package(index, base))
    project.write(
        "locks/more/base.txt",
        f"# continues nothing \\\n-c ../limits.txt\n{text}lib @ {repository.url}@{repository.first}\n",
    )
    project.configure('lock = "locks/req.txt"', dependencies=[f"lib @ {repository.url}"], project=DIRECT)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "lib 1.0"]
    assert built_from(built.archive) == f"{repository.url}@{repository.first}"


def test_a_repository_of_a_requirements_file_that_the_project_does_not_name_is_rejected(index, project, repository):
    base = package(index, index.directory / "base-1.0-py3-none-any.whl")
    project.write("req.txt", requirements(base) + f"lib @ {repository.url}@{repository.first}\n")
    project.configure('lock = "req.txt"', dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: project.dependencies: requires lib, and req.txt has lib, but only from Git; require it from there in "
        "the project, or lock again with the tool that wrote it, for example 'uv pip compile --universal "
        "--generate-hashes pyproject.toml -o requirements.txt' [no-wheel]\n"
    )


def test_a_lock_without_the_commit_is_out_of_date(project, repository):
    project.configure(dependencies=["base"])
    project.build(target="lambda:lock")
    project.configure(dependencies=["base", f"lib @ {repository.url}@main"], project=DIRECT)

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: pylock.lambda.toml: out of date, because it has no commit of lib and project.dependencies requires lib "
        f"from {repository.url}@main; run 'hatch build -t lambda:lock' [lock-out-of-date]\n"
    )


def test_a_lock_of_another_branch_or_tag_is_out_of_date(project, repository):
    project.configure(dependencies=[f"lib @ {repository.url}@main"], project=DIRECT)
    project.build(target="lambda:lock")
    project.configure(dependencies=[f"lib @ {repository.url}@v1"], project=DIRECT)

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: pylock.lambda.toml: out of date, because it pins lib at main and project.dependencies requires lib "
        f"from {repository.url}@v1; run 'hatch build -t lambda:lock' [lock-out-of-date]\n"
    )


def test_what_a_lock_calls_a_commit_has_to_be_one(project, repository):
    project.configure(dependencies=[f"lib @ {repository.url}@main"], project=DIRECT)
    project.build(target="lambda:lock")
    lock = project.root / "pylock.lambda.toml"
    lock.write_text(lock.read_text().replace(repository.first, "v1"))

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: pylock.lambda.toml: out of date, because it has no commit of lib and project.dependencies requires lib "
        f"from {repository.url}@main; run 'hatch build -t lambda:lock' [lock-out-of-date]\n"
    )


@pytest.fixture
def rewritten(repository) -> str:
    """A commit that was the branch's, and is gone from the repository."""
    gone = repository.commit("gone = True\n")
    git(repository.directory, "reset", "-q", "--hard", repository.first)
    bare_clone(repository.directory, repository.bare)
    git(repository.bare, "reflog", "expire", "--expire=now", "--all")
    git(repository.bare, "gc", "-q", "--prune=now")
    return str(gone)


@pytest.mark.parametrize("target", ["lambda", "lambda:lock"])
def test_a_locked_commit_that_is_gone_from_the_repository_can_be_upgraded(project, repository, rewritten, target):
    project.configure(dependencies=[f"lib @ {repository.url}@main"], project=DIRECT)
    project.build(target="lambda:lock")
    lock = project.root / "pylock.lambda.toml"
    lock.write_text(lock.read_text().replace(repository.first, rewritten))

    built = project.build(target=target)

    ours, _, pips = built.output.partition("\n\n")
    assert built.code == 1
    assert ours == (
        f"error: project.dependencies: lib from {repository.url}@{rewritten} can't be built; if the repository no "
        "longer has the commit that pylock.lambda.toml pins, run 'HATCH_LAMBDA_UPGRADE=lib hatch build -t "
        "lambda:lock' [build-failed]"
    )
    assert rewritten in pips
    freed = project.build(target="lambda:lock", HATCH_LAMBDA_UPGRADE="lib")
    assert freed.code == 0, freed.output
    assert locked(project)["vcs"]["commit-id"] == repository.first


@pytest.mark.parametrize("name", ["pylock.toml", "req.txt"])
def test_a_commit_that_another_tool_locked_and_that_is_gone_is_for_that_tool(
    index, project, repository, rewritten, name
):
    vcs = {"type": "git", "url": repository.bare.as_uri(), "requested-revision": "main", "commit-id": rewritten}
    base = package(index, index.directory / "base-1.0-py3-none-any.whl")
    project.write("pylock.toml", pylock(base, {"name": "lib", "version": "1.0", "vcs": vcs}))
    project.write("req.txt", requirements(base) + f"lib @ {repository.url}@{rewritten}\n")
    project.configure(f'lock = "{name}"', dependencies=[f"lib @ {repository.url}@main"], project=DIRECT)

    built = project.build()

    fix = {
        "pylock.toml": "pip",
        "req.txt": (
            "the tool that wrote it, for example 'uv pip compile --universal --generate-hashes pyproject.toml "
            "-o requirements.txt'"
        ),
    }[name]
    assert built.code == 1
    assert built.output.partition("\n\n")[0] == (
        f"error: project.dependencies: lib from {repository.url}@{rewritten} can't be built; if the repository no "
        f"longer has the commit that {name} pins, lock again with {fix} [build-failed]"
    )


def test_with_a_lock_a_branch_needs_no_repository_once_it_was_built(project, repository):
    project.configure(dependencies=[f"lib @ {repository.url}@main"], project=DIRECT)
    project.build(target="lambda:lock")
    shutil.rmtree(repository.bare)

    built = project.build()

    assert built.code == 0, built.output
    assert builds(repository.directory.parent) == ["lib-1.0"]


def test_a_whole_commit_needs_no_repository_once_it_was_built(project, repository):
    project.configure(dependencies=[f"lib @ {repository.url}@{repository.first}"], project=DIRECT)
    project.build()
    shutil.rmtree(repository.bare)

    built = project.build()

    assert built.code == 0, built.output
    assert builds(repository.directory.parent) == ["lib-1.0"]


def test_offline_the_commit_that_was_last_seen_of_a_branch_is_used(project, repository):
    project.configure(dependencies=[f"lib @ {repository.url}@main"], project=DIRECT)
    project.build(target="lambda:lock")
    repository.commit("second = True\n")

    built = project.build(HATCH_LAMBDA_OFFLINE="1")

    assert built.code == 0, built.output
    assert zips.read(built.archive, "lib/__init__.py") == "first = True\n"
    assert built_from(built.archive) == f"{repository.url}@{repository.first}"


@pytest.mark.parametrize("ref", ["main", "COMMIT"])
def test_offline_a_repository_that_was_not_built_before_is_rejected(project, repository, ref):
    url = f"{repository.url}@{ref.replace('COMMIT', repository.first)}"
    project.configure(dependencies=[f"lib @ {url}"], project=DIRECT)

    built = project.build(HATCH_LAMBDA_OFFLINE="1")

    assert built.code == 1
    assert built.output == (
        f"error: HATCH_LAMBDA_OFFLINE: no wheel of lib from {url} is in the cache; build once with network access, or "
        "copy the cache [offline]\n"
    )
    assert built.archives == ()


def test_a_repository_that_is_not_there_is_named(project, tmp_path):
    url = f"git+{(tmp_path / 'nothing.git').as_uri()}"
    project.configure(dependencies=[f"lib @ {url}"], project=DIRECT)

    built = project.build()

    assert built.code == 1
    assert built.output.splitlines()[0] == (
        f"error: project.dependencies: lib from {url} can't be downloaded; fix the cause in pip's output [fetch-failed]"
    )
    assert f"fatal: '{tmp_path / 'nothing.git'}' does not appear to be a git repository" in built.output
    assert built.archives == ()


@pytest.fixture
def served(repository) -> Iterator[GitServer]:
    """A server of the repository that wants a password."""
    with GitServer(repository.bare.parent) as server:
        yield server


@pytest.fixture
def host(served: GitServer) -> str:
    """The address of that server."""
    return served.host


def test_a_private_repository_over_http_is_built_and_its_password_is_nowhere(project, repository, host, tmp_path):
    url = f"git+http://user:s3cret@{host}/lib.git@v1"
    make_local_project(tmp_path / "middle", "middle", requires=[f"lib @ {url}"])
    dependencies = [f"lib @ {url}", f"middle @ {(tmp_path / 'middle').as_uri()}"]
    project.configure(dependencies=dependencies, project=DIRECT)
    locked = project.build(target="lambda:lock")

    built = project.build()

    assert locked.code == 0, locked.output
    assert built.code == 0, built.output
    assert built_from(built.archive) == f"git+http://****@{host}/lib.git@{repository.first}"
    written = [(project.root / "pylock.lambda.toml").read_bytes(), built.output.encode(), locked.output.encode()]
    assert zips.read(built.archive, "middle-1.0.dist-info/METADATA").splitlines()[-1] == (
        f"Requires-Dist: lib @ git+http://****@{host}/lib.git@v1"
    )
    assert not [text for text in [*written, *zips.contents(built.archive).values()] if b"s3cret" in text]


@pytest.mark.parametrize("user", ["user:s3cret", "s3cret"])
def test_no_command_line_has_the_password_of_a_repository(project, served, user):
    served.credentials = ("user", "s3cret") if ":" in user else ("s3cret", "")
    project.configure(dependencies=[f"lib @ git+http://{user}@{served.host}/lib.git@v1"], project=DIRECT)

    built = project.build()

    assert built.code == 0, built.output
    assert [line for line in served.command_lines if f"http://{served.host}/lib.git" in line]
    assert not [line for line in served.command_lines if "s3cret" in line]


def test_the_password_of_a_repository_in_a_repository_is_not_kept(project, repository, served, tmp_path):
    source = f"lib = {{ git = 'http://user:s3cret@{served.host}/lib.git', tag = 'v1' }}"
    make_local_project(tmp_path / "middle", "middle", requires=["lib"], tables=f"[tool.uv.sources]\n{source}")
    commit_all(tmp_path / "middle")
    url = bare_clone(tmp_path / "middle", tmp_path / "middle.git").as_uri()
    project.configure(dependencies=[f"middle @ git+{url}"], project=DIRECT)

    built = [project.build() for _ in range(2)]

    assert [one.code for one in built] == [0, 0], built
    assert built_from(built[1].archive) == f"git+http://****@{served.host}/lib.git@{repository.first}"
    kept = [file for file in (tmp_path / "store").rglob("*") if file.is_file()]
    assert kept
    assert not [file for file in kept if b"s3cret" in file.read_bytes()]


def test_the_password_is_masked_if_the_repository_cannot_be_cloned(project, host):
    project.configure(dependencies=[f"lib @ git+http://user:wr0ng@{host}/lib.git@v1"], project=DIRECT)

    built = project.build()

    assert built.code == 1
    assert built.output.splitlines()[0] == (
        f"error: project.dependencies: lib from git+http://****@{host}/lib.git@v1 can't be downloaded; fix the cause "
        "in pip's output [fetch-failed]"
    )
    assert "wr0ng" not in built.output
    assert built.archives == ()
