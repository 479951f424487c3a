"""Unusable lock files: one line each, and no zip."""

from __future__ import annotations

import sys
from urllib.parse import unquote

import pytest
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from tests.support.locks import package, pylock, sha256
from tests.support.permissions import run_without_root_permissions

RUN = "run 'hatch build -t lambda:lock'"
PIP = "lock again with pip"
HAS = "error: project.dependencies: requires lib, and pylock.toml has lib"


@pytest.fixture
def refused(project):
    """Return a function that builds with a lock file and returns the output; the build fails and makes no zip."""

    def build(lock, name="pylock.toml"):
        project.configure(f'lock = "{name}"', dependencies=["lib"])
        (project.root / name).write_bytes(lock.encode() if isinstance(lock, str) else lock)
        built = project.build()
        assert built.code == 1
        assert list((project.root / "dist").iterdir()) == []
        return built.output

    return build


@pytest.fixture
def lib(index):
    """The entry of a release in a lock; it requires nothing."""
    return package(index, index.add("lib"))


def test_a_lock_that_is_not_toml_is_rejected(refused):
    assert refused("lock-version = \n") == (
        f"error: pylock.toml: not TOML (Invalid value (at line 1, column 16)); {RUN} [damaged-lock]\n"
    )


def test_a_lock_that_is_not_utf_8_is_rejected(refused):
    assert refused(b"\xe4\n") == (
        f"error: pylock.toml: not TOML (Invalid statement (at line 1, column 1)); {RUN} [damaged-lock]\n"
    )


def test_a_toml_file_that_is_not_a_pylock_is_rejected(refused):
    assert refused("version = 1\n") == (
        f"error: pylock.toml: not a lock file of PEP 751 (Missing required value in 'lock-version'); {RUN} "
        "[damaged-lock]\n"
    )


def test_a_lock_of_a_later_version_is_rejected(refused, lib):
    assert refused(pylock(lib, lock_version="2.0")) == (
        f"error: pylock.toml: lock-version '2.0' isn't supported; write version 1.0 with an older tool, or {RUN} "
        "[unsupported-lock]\n"
    )


def test_a_wheel_of_another_distribution_is_rejected(refused, lib):
    assert refused(pylock({**lib, "name": "other"})) == (
        "error: pylock.toml: not a lock file of PEP 751 (Name in 'lib-1.0-py3-none-any.whl' is not consistent with "
        f"package name 'other' in 'packages[0].wheels[0]'); {RUN} [damaged-lock]\n"
    )


def _archive(index, filename: str) -> str:
    """Return a lock whose lib is an archive with this file name in its URL."""
    archive = {"url": f"http://{index.host}/files/{filename}", "hashes": {"sha256": "0" * 64}}
    return pylock({"name": "lib", "version": "1.0", "archive": archive})


@pytest.mark.parametrize("tag", ["other-1.0-py3-none-any", "lib-2.0-py3-none-any", "lib-1.0-py3-none-any%2F"])
def test_an_archive_that_is_a_wheel_of_another_release_is_rejected(refused, index, tag):
    assert refused(_archive(index, f"{tag}.whl")) == (
        f"error: lib 1.0: '{unquote(tag)}.whl' is a wheel of another package or version; lock again, or report it to "
        "the index owner [index-mismatch]\n"
    )


def test_an_archive_without_the_file_name_of_a_wheel_is_rejected(refused, index):
    with pytest.raises(InvalidWheelFilename) as reason:
        parse_wheel_filename("lib.whl")

    assert refused(_archive(index, "lib.whl")) == (
        f"error: lib 1.0: 'lib.whl' isn't the file name of a wheel ({reason.value}); lock again, or report it to the "
        "index owner [index-mismatch]\n"
    )


def test_an_empty_lock_is_rejected(refused):
    assert refused(pylock()) == (
        "error: pylock.toml: out of date, because it doesn't contain lib and project.dependencies requires lib; "
        f"{PIP} [lock-out-of-date]\n"
    )


def test_a_lock_without_what_a_distribution_requires_is_rejected(refused, index):
    lib = package(index, index.add("lib", requires=["base"]))

    assert refused(pylock(lib)) == (
        "error: pylock.toml: out of date, because it doesn't contain base and lib 1.0 requires base; "
        f"{PIP} [lock-out-of-date]\n"
    )


def test_a_release_that_is_locked_twice_for_the_target_is_rejected(refused, index, lib):
    newer = package(index, index.add("lib", "2.0"), marker="sys_platform == 'linux'")

    assert refused(pylock(lib, newer)) == (
        f"error: pylock.toml: lib is in it twice for python3.13 on x86_64; {PIP} [damaged-lock]\n"
    )


def test_a_lock_for_another_system_is_rejected(refused, lib):
    assert refused(pylock(lib, environments=["sys_platform == 'win32'", "sys_platform == 'darwin'"])) == (
        'error: pylock.toml: made for sys_platform == "win32" or sys_platform == "darwin", not for python3.13 on '
        f"x86_64; {PIP} [lock-mismatch]\n"
    )


def test_a_lock_for_other_pythons_is_rejected(refused, lib):
    assert refused(pylock(lib, requires_python=">=3.14", environments=["sys_platform == 'linux'"])) == (
        f"error: pylock.toml: made for Python >=3.14, but python3.13 has 3.13.11; {PIP} [lock-mismatch]\n"
    )


def test_a_release_for_other_pythons_is_rejected(refused, lib):
    assert refused(pylock({**lib, "requires-python": ">=3.14"})) == (
        f"{HAS} 1.0, which requires Python >=3.14, but the runtime has 3.13.11; {PIP} [no-wheel]\n"
    )


@pytest.mark.parametrize(
    ("tags", "offer"),
    [
        (
            ["cp313-cp313-win_amd64", "cp313-cp313-macosx_11_0_arm64"],
            "its wheels are for macosx arm64, win_amd64",
        ),
        (["cp313-cp313-manylinux_2_39_x86_64"], "it needs glibc 2.39 or newer, the runtime's glibc is 2.34"),
        (
            ["cp311-cp311-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_17_x86_64"],
            "its wheels are for cp311, cp312, the runtime is cp313",
        ),
    ],
)
def test_a_release_without_a_wheel_for_the_target_is_rejected_with_what_it_has(refused, index, tags, offer):
    lib = package(index, *(index.add("lib", tag=tag) for tag in tags))

    assert refused(pylock(lib)) == (f"{HAS} 1.0, but no wheel for python3.13 on x86_64 ({offer}); {PIP} [no-wheel]\n")


def test_a_release_with_an_sdist_only_is_rejected(refused, index):
    sdist = index.add_sdist("lib", "1.0")
    entry = {"url": f"http://{index.host}/files/{sdist.name}", "hashes": {"sha256": sha256(sdist)}}

    assert refused(pylock({"name": "lib", "version": "1.0", "sdist": entry})) == (
        f"{HAS} 1.0, but no wheel for python3.13 on x86_64 (it has only an sdist (lib-1.0.tar.gz)); set "
        f'build-from-source = ["lib"] if it is pure Python, then {PIP} [no-wheel]\n'
    )


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (
            {"vcs": {"type": "git", "url": "https://example.com/lib.git", "commit-id": "a" * 40}},
            "from Git; require it from there in the project, or",
        ),
        ({"directory": {"path": "../lib"}}, "from a directory; require it from there in the project, or"),
        (
            {"archive": {"url": "https://example.com/lib-1.0.tar.gz", "hashes": {"sha256": "a" * 64}}},
            "as lib-1.0.tar.gz, which isn't a wheel;",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_locked_source_tree_is_rejected(refused, source, kind):
    assert refused(pylock({"name": "lib", "version": "1.0", **source})) == (
        f"{HAS} 1.0, but only {kind} {PIP} [no-wheel]\n"
    )


@pytest.mark.parametrize("filename", ["lib.whl", "lib-one-py3-none-any.whl"])
def test_an_archive_without_a_version_is_rejected(refused, filename):
    archive = {"url": f"https://example.com/{filename}", "hashes": {"sha256": "a" * 64}}

    assert refused(pylock({"name": "lib", "archive": archive})) == (
        f"{HAS}, but the file name {filename} has no version; {PIP} [no-wheel]\n"
    )


def test_a_wheel_without_sha256_is_rejected(refused, lib):
    lib["wheels"][0]["hashes"] = {"sha512": "a" * 128}

    assert refused(pylock(lib)) == (f"{HAS} 1.0, but lib-1.0-py3-none-any.whl has no sha256; {PIP} [no-wheel]\n")


def test_a_file_name_that_disagrees_with_the_url_is_rejected_without_its_credentials(refused, index, lib):
    lib["wheels"][0] |= {
        "name": "lib-1.0-py2.py3-none-any.whl",
        "url": f"http://user:s3cret@{index.host}/files/lib-1.0-py3-none-any.whl",
    }

    assert refused(pylock(lib)) == (
        f"{HAS} 1.0, but its file name lib-1.0-py2.py3-none-any.whl differs from its URL "
        f"http://****@{index.host}/files/lib-1.0-py3-none-any.whl; {PIP} [no-wheel]\n"
    )


@pytest.mark.parametrize("by", ["url", "path"])
def test_a_file_outside_of_the_project_is_rejected(refused, index, lib, by):
    file = index.directory / "lib-1.0-py3-none-any.whl"
    del lib["wheels"][0]["url"]
    lib["wheels"][0][by] = file.as_uri() if by == "url" else "../index/lib-1.0-py3-none-any.whl"

    assert refused(pylock(lib)) == (
        f"{HAS} 1.0, but lib-1.0-py3-none-any.whl is outside the project, its workspace, and its repository; move it "
        "into one [no-wheel]\n"
    )


def test_a_missing_file_is_rejected(refused, lib):
    del lib["wheels"][0]["url"]
    lib["wheels"][0]["path"] = "wheels/lib-1.0-py3-none-any.whl"

    assert refused(pylock(lib)) == (f"{HAS} 1.0, but wheels/lib-1.0-py3-none-any.whl doesn't exist; {PIP} [no-wheel]\n")


def test_a_wheel_with_another_hash_is_rejected(refused, lib):
    found, lib["wheels"][0]["hashes"]["sha256"] = lib["wheels"][0]["hashes"]["sha256"], "0" * 64

    assert refused(pylock(lib)) == (
        f"error: lib-1.0-py3-none-any.whl: its SHA-256 is {found} instead of {'0' * 64}; rebuild, and if that doesn't "
        "help, report it to the index owner [hash-mismatch]\n"
    )


def test_a_hash_that_is_a_path_is_rejected_and_nothing_there_is_removed(refused, tmp_path, lib):
    victim = tmp_path / "victim"
    victim.mkdir()
    lib["wheels"][0]["hashes"]["sha256"] = str(victim)

    assert refused(pylock(lib)) == (
        f"error: lib 1.0: its sha256 {str(victim)!r} isn't 64 hexadecimal digits; lock again, or fix the index "
        "[damaged-lock]\n"
    )
    assert victim.is_dir()


def test_a_url_of_several_lines_is_rejected(refused, index, lib):
    lib["wheels"][0]["url"] = f"http://{index.host}/\n--no-binary=:all:\n/lib-1.0-py3-none-any.whl"

    assert refused(pylock(lib)) == (
        f"error: lib 1.0: its URL 'http://{index.host}/\\n--no-binary=:all:\\n/lib-1.0-py3-none-any.whl' isn't a URL "
        "without spaces; lock again, or fix the index [damaged-lock]\n"
    )


def test_a_wheel_of_another_size_is_rejected(refused, index, lib):
    size = (index.directory / "lib-1.0-py3-none-any.whl").stat().st_size
    lib["wheels"][0]["size"] = size + 1_000_000

    assert refused(pylock(lib)) == (
        f"error: lib-1.0-py3-none-any.whl: is {size:,} bytes, but the lock file says {size + 1_000_000:,}; lock again "
        "[damaged-lock]\n"
    )


def test_a_wheel_that_is_missing_on_its_server_is_rejected(refused, index, lib):
    (index.directory / "lib-1.0-py3-none-any.whl").unlink()

    ours, _, pips = refused(pylock(lib)).partition("\n\n")

    assert ours == "error: pip: can't download the wheels; fix the cause in pip's output, then rebuild [fetch-failed]"
    assert pips.startswith(
        f"pip's output:\n  ERROR: HTTP error 404 while getting http://{index.host}/files/lib-1.0-py3-none-any.whl\n"
    )


def test_a_variable_in_a_locked_url_is_never_sent(project, index, lib):
    lib["wheels"][0]["url"] += "?token=${SECRET}"
    project.configure('lock = "pylock.toml"', dependencies=["lib"])
    project.write("pylock.toml", pylock(lib))

    built = project.build(SECRET="s3cret")

    assert built.code == 0, built.output
    assert [path for path in index.requests if "token" in path] == [
        "/files/lib-1.0-py3-none-any.whl?token=$%7BSECRET%7D"
    ]


def test_wrong_credentials_in_a_locked_url_are_reported_without_them(refused, index, lib):
    index.credentials = ("user", "s3cret")
    lib["wheels"][0]["url"] = lib["wheels"][0]["url"].replace("//", "//user:wr0ng@")

    assert refused(pylock(lib)) == (
        f"error: http://{index.host}/files/lib-1.0-py3-none-any.whl: the index requires a user name and password, and "
        "pip found none that it accepts; put the user name and password into the index URL, netrc, or a keyring "
        "[index-access]\n"
    )


def test_two_locks_are_one_too_many(refused, project, lib):
    project.write("pylock.lambda.toml", pylock(lib))

    assert refused(pylock(lib)) == (
        "error: tool.hatch.build.targets.lambda.lock: 'pylock.toml', but pylock.lambda.toml exists too; remove one of "
        "them [lock-conflict]\n"
    )


def test_a_lock_that_does_not_exist_is_reported(project):
    project.configure('lock = "pylock.toml"', dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output == (f"error: pylock.toml: can't be read (No such file or directory); {RUN} [lock-not-found]\n")


def test_a_file_of_another_kind_is_not_a_lock(project):
    project.configure('lock = "uv.toml"', dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: tool.hatch.build.targets.lambda.lock: 'uv.toml' isn't the name of a lock file; rename it to "
        "pylock.toml or pylock.NAME.toml, or use a requirements file [unsupported-lock]\n"
    )


def test_a_lock_in_another_tools_format_is_reported_with_its_export_command(project):
    project.configure('lock = "poetry.lock"', dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: tool.hatch.build.targets.lambda.lock: 'poetry.lock' isn't a supported format; run 'poetry export -f "
        'requirements.txt --output requirements.txt\' and set lock = "requirements.txt" [unsupported-lock]\n'
    )


@pytest.mark.parametrize("name", ["pylock.toml", "pylock.lambda.toml", "requirements.txt"])
def test_a_lock_without_read_permission_is_reported_so(project, name):
    project.configure(f'lock = "{name}"', dependencies=["lib"])
    project.write(name).chmod(0)

    command = [sys.executable, "-m", "hatchling", "build", "-t", "lambda"]
    done = run_without_root_permissions(command, cwd=project.root, environ=project.environ)

    assert (done.returncode, done.stderr) == (
        1,
        f"error: {name}: can't be read (Permission denied); fix its permissions [unreadable-file]\n",
    )
