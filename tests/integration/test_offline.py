"""Builds that must not use the network."""

from __future__ import annotations

import shutil

from tests.support import zips
from tests.support.index_server import IndexServer
from tests.support.locks import package, pylock


def test_a_lock_and_a_filled_cache_need_no_network(index, project):
    index.add("lib", requires=["base"])
    index.add("base")
    project.configure(dependencies=["lib"])
    project.build(target="lambda:lock")
    index.requests.clear()

    built = project.build(HATCH_LAMBDA_OFFLINE="1")

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["base-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"]
    assert index.requests == []


def test_a_lock_with_paths_in_the_project_needs_neither_network_nor_cache(index, project):
    entries = [package(index, index.add("lib", requires=["base"])), package(index, index.add("base"))]
    for entry in entries:
        entry["wheels"][0]["path"] = f"wheels/{entry['wheels'][0]['name']}"
        del entry["wheels"][0]["url"]
    shutil.copytree(index.directory, project.root / "wheels")
    project.configure(dependencies=["lib"])
    project.write("pylock.lambda.toml", pylock(*entries))

    built = project.build(HATCH_LAMBDA_OFFLINE="true")

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["base-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"]
    assert index.requests == []


def test_each_wheel_that_is_missing_is_named(index, project):
    base, lib, here = index.add("base"), index.add("lib", requires=["base", "here"]), index.add("here")
    project.configure(dependencies=["here"])
    project.write("pylock.lambda.toml", pylock(package(index, here)))
    project.build("-c")
    shutil.rmtree(project.root / "dist")
    project.configure(dependencies=["lib"])
    project.write("pylock.lambda.toml", pylock(*(package(index, wheel) for wheel in (base, here, lib))))
    index.requests.clear()

    built = project.build(HATCH_LAMBDA_OFFLINE="1")

    problem = "isn't in the cache; build once with network access, or copy the cache [offline]"
    assert built.code == 1
    assert built.output == (
        f"error: HATCH_LAMBDA_OFFLINE: base-1.0-py3-none-any.whl {problem}\n"
        f"error: HATCH_LAMBDA_OFFLINE: lib-1.0-py3-none-any.whl {problem}\n"
    )
    assert built.archives == ()
    assert index.requests == []


def test_nothing_is_resolved_without_the_network(index, project):
    index.add("lib")
    project.configure(dependencies=["lib"])

    built = project.build(HATCH_LAMBDA_OFFLINE="1")
    locked = project.build(target="lambda:lock", HATCH_LAMBDA_OFFLINE="1")

    assert (built.code, locked.code) == (1, 1)
    assert (
        built.output
        == locked.output
        == (
            "error: HATCH_LAMBDA_OFFLINE: uv can't resolve offline; run "
            "'hatch build -t lambda:lock' online first [offline]\n"
        )
    )
    assert index.requests == []


def test_a_project_without_requirements_needs_no_network(project):
    built = project.build(HATCH_LAMBDA_OFFLINE="1")

    assert built.code == 0, built.output


def test_a_copied_cache_works_on_another_machine(project, tmp_path):
    project.configure(dependencies=["lib"])
    with IndexServer(tmp_path / "passing") as server:
        server.add("lib")
        project.build(target="lambda:lock", PIP_INDEX_URL=server.url)
    shutil.move(tmp_path / "store", tmp_path / "brought")

    built = project.build(HATCH_LAMBDA_CACHE_DIR=str(tmp_path / "brought"), HATCH_LAMBDA_OFFLINE="1")

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["lib-1.0-py3-none-any.whl"]
