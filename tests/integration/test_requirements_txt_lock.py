"""A requirements file with hashes as a lock."""

from __future__ import annotations

import shutil

import pytest

from tests.support import zips
from tests.support.index_server import IndexServer
from tests.support.locks import package, requirements, sha256

FIX = (
    "lock again with the tool that wrote it, for example 'uv pip compile --universal --generate-hashes pyproject.toml "
    "-o requirements.txt'"
)
NEEDED = f"but every line of a lock file needs == and hashes; {FIX} [unsupported-lock]"
PIP = "pip can't use it for python3.13 on x86_64; fix the cause in pip's output"
PIP_FAILED = f"error: requirements.txt: {PIP} [resolver-failed]"


@pytest.fixture
def packages(index, project):
    """Entries of a lock: ``lib`` requires ``base``, which has a wheel for each architecture; ``winny`` has a marker."""
    project.configure('lock = "requirements.txt"', dependencies=["lib", "winny; sys_platform == 'win32'"])
    native = [index.add("base", tag=f"cp313-cp313-manylinux_2_17_{machine}") for machine in ("x86_64", "aarch64")]
    return [
        package(index, *native),
        package(index, index.add("lib", requires=["base"])),
        package(index, index.add("winny"), marker="sys_platform == 'win32'"),
    ]


@pytest.mark.api("pip")
def test_it_pins_the_versions_and_a_second_build_needs_no_index(index, project, packages):
    index.add("lib", "2.0")
    project.write("requirements.txt", requirements(*packages))
    first = project.build()
    index.requests.clear()

    second = project.build()

    assert first.code == 0, first.output
    assert zips.wheels(second.archive) == [
        "base-1.0-cp313-cp313-manylinux_2_17_x86_64.whl",
        "lib-1.0-py3-none-any.whl",
    ]
    assert index.requests == []


@pytest.mark.parametrize("name", ["requirements.lock", "locks/lambda.lock", "requirements.in.lock", "LOCK", ".txt"])
def test_a_file_with_another_ending_is_one_too(project, packages, name):
    project.configure(f'lock = "{name}"', dependencies=["lib"])
    project.write(name, requirements(*packages))

    built = project.build()

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == [
        "base-1.0-cp313-cp313-manylinux_2_17_x86_64.whl",
        "lib-1.0-py3-none-any.whl",
    ]


def test_it_is_for_each_architecture(project, packages):
    project.write("requirements.txt", requirements(*packages))
    project.build()

    built = project.build(HATCH_LAMBDA_ARCHITECTURE="arm64")

    assert built.code == 0, built.output
    assert zips.wheels(built.archives[0]) == [
        "base-1.0-cp313-cp313-manylinux_2_17_aarch64.whl",
        "lib-1.0-py3-none-any.whl",
    ]


def test_a_change_in_a_file_that_it_includes_counts(index, project, packages):
    base, *rest = packages
    project.write("requirements.txt", "-r more.txt\n" + requirements(*rest))
    project.write("more.txt", requirements(base))
    project.build()
    project.write("more.txt", requirements(package(index, index.add("base", "2.0"))))

    built = project.build()

    assert built.code == 0, built.output
    assert zips.wheels(built.archive) == ["base-2.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"]


def test_it_works_offline_after_one_build(project, packages, tmp_path):
    project.write("requirements.txt", requirements(*packages))
    before = project.build().archive.read_bytes()
    shutil.rmtree(project.root / "dist")

    built = project.build(HATCH_LAMBDA_OFFLINE="1", PIP_INDEX_URL="http://127.0.0.1:9/simple/")

    assert built.code == 0, built.output
    assert built.archive.read_bytes() == before


def test_without_the_network_it_cannot_be_used_for_the_first_time(project, packages):
    project.write("requirements.txt", requirements(*packages))

    built = project.build(HATCH_LAMBDA_OFFLINE="1")

    assert built.code == 1
    assert built.output == (
        "error: HATCH_LAMBDA_OFFLINE: requirements.txt has no URLs, and no build for python3.13 on x86_64 is in the "
        "cache; build once with network access, or use a pylock.toml [offline]\n"
    )


def test_every_line_that_is_not_pinned_or_has_no_hash_is_named(index, project, packages):
    hashes = f"--hash=sha256:{sha256(index.directory / 'lib-1.0-py3-none-any.whl')}"
    lines = [f"lib>=1.0 {hashes}", f"lib {hashes}", f"lib==1.* {hashes}", "base==1.0", f"lib==1.0 {hashes}  # fine"]
    project.write("requirements.txt", "".join(f"{line}\n" for line in lines))

    built = project.build()

    assert built.code == 1
    assert built.output == (
        f"error: requirements.txt: 'lib>=1.0' isn't pinned, {NEEDED}\n"
        f"error: requirements.txt: 'lib' isn't pinned, {NEEDED}\n"
        f"error: requirements.txt: 'lib==1.*' isn't pinned, {NEEDED}\n"
        f"error: requirements.txt: 'base==1.0' has no hashes, {NEEDED}\n"
    )
    assert built.archives == ()
    assert index.requests == []


@pytest.mark.parametrize("line", ["-e .", "-e ./packages/core", "--editable=.", "."])
def test_a_line_for_the_project_or_a_directory_must_be_removed(index, project, packages, line):
    project.write("requirements.txt", f"{line}\n" + requirements(*packages))

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: requirements.txt: {line!r} is a local directory, which has no hash; export without it, for "
            "example with uv export --no-emit-project or --no-emit-workspace [unsupported-lock]\n"
        ),
    )
    assert index.requests == []


def test_a_file_without_what_a_distribution_requires_is_rejected(project, packages):
    project.write("requirements.txt", requirements(*packages[1:]))

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: requirements.txt: out of date, because it doesn't contain base and lib 1.0 requires base; "
        f"{FIX} [lock-out-of-date]\n"
    )
    assert built.archives == ()


def test_a_requirement_that_the_file_does_not_satisfy_is_named(index, project, packages):
    project.write("requirements.txt", requirements(*packages))
    project.configure('lock = "requirements.txt"', dependencies=["lib>=2", "more"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: requirements.txt: out of date, because it pins lib 1.0 and project.dependencies requires lib>=2; "
        f"{FIX} [lock-out-of-date]\n"
        "error: requirements.txt: out of date, because it doesn't contain more and project.dependencies requires more; "
        f"{FIX} [lock-out-of-date]\n"
    )


def test_a_wheel_with_another_hash_is_rejected(index, project, packages):
    found = packages[1]["wheels"][0]["hashes"]["sha256"]
    packages[1]["wheels"][0]["hashes"] = {"sha256": "0" * 64}
    project.write("requirements.txt", requirements(*packages))

    built = project.build()

    ours, _, pips = built.output.partition("\n\n")
    assert built.code == 1
    assert ours == PIP_FAILED
    assert pips.startswith("pip's output:\n  ")
    assert pips.endswith(f"        Expected sha256 {'0' * 64}\n               Got        {found}\n")
    assert built.archives == ()


def test_a_file_that_does_not_exist_is_reported(project):
    project.configure('lock = "requirements.txt"', dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: requirements.txt: can't be read (No such file or directory); create it, or remove the option lock "
        "[lock-not-found]\n"
    )


def test_a_file_that_includes_itself_is_left_to_pip(project, packages):
    project.write("requirements.txt", "-r requirements.txt\n" + requirements(*packages))

    built = project.build()

    assert built.code == 1
    assert built.output.startswith(f"{PIP_FAILED}\n\npip's output:\n")


def test_credentials_of_the_index_are_kept_nowhere(project, tmp_path):
    with IndexServer(tmp_path / "private", credentials=("user", "s3cret")) as server:
        entry = package(server, server.add("lib"))
        project.configure('lock = "requirements.txt"', dependencies=["lib"])
        project.write("requirements.txt", requirements(entry))

        built = project.build(PIP_INDEX_URL=server.url_with_credentials)

    assert built.code == 0, built.output
    assert [path for path in tmp_path.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()] == []
