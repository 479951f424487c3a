"""Fetched wheels: credentials, the cache, and rejected downloads."""

from __future__ import annotations

import json
import stat
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support import zips
from tests.support.index_server import IndexServer
from tests.support.make_wheel import metadata

if TYPE_CHECKING:
    from pathlib import Path

USER, PASSWORD = "ann", "s3cret-pa55"

KEYRING = """\
#!/bin/sh
case "$*" in
  "--mode=creds --output=json get "*) echo '{answer}' ;;
  "get "*" {user}") echo '{password}' ;;
  *) exit 1 ;;
esac
"""
"""The command ``keyring``, as old and new releases of pip call it."""


@pytest.fixture
def private(tmp_path):
    """An index that requires a user name and a password, with two wheels."""
    with IndexServer(tmp_path / "private", credentials=(USER, PASSWORD)) as server:
        server.add("lib", requires=["base"])
        server.add("base")
        yield server


def bytes_below(directory: Path) -> bytes:
    """Return all that is in a directory: names, files, and the members of zips."""
    found = []
    for path in sorted(directory.rglob("*")):
        found.append(str(path).encode())
        if path.is_file():
            found.append(path.read_bytes())
        if path.is_file() and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found += [archive.read(name) for name in archive.namelist()]
    return b"\n".join(found)


@pytest.mark.parametrize("verbosity", ["0", "2"])
def test_credentials_in_the_index_url_work_and_stay_secret(project, private, tmp_path, verbosity):
    project.configure(dependencies=["lib"])

    built = project.build(PIP_INDEX_URL=private.url_with_credentials, HATCH_VERBOSE=verbosity)

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "lib 1.0"]
    assert PASSWORD not in built.output
    assert PASSWORD.encode() not in bytes_below(project.root / "dist")
    assert PASSWORD.encode() not in bytes_below(tmp_path / "store")


@pytest.mark.parametrize(("verbosity", "is_shown"), [("0", False), ("1", False), ("2", True)])
def test_the_output_of_pip_is_shown_only_at_the_highest_verbosity(index, project, verbosity, is_shown):
    index.add("lib")
    project.configure(dependencies=["lib"])

    built = project.build(HATCH_VERBOSE=verbosity)

    assert built.code == 0, built.output
    assert (f"Looking in indexes: {index.url}" in built.output) == is_shown
    assert ("Successfully downloaded lib" in built.output) == is_shown


def test_credentials_in_a_failure_stay_secret(project, private):
    project.configure(dependencies=["nosuch"])

    built = project.build(PIP_INDEX_URL=private.url_with_credentials, HATCH_VERBOSE="2")

    assert built.code == 1
    assert PASSWORD not in built.output
    assert (
        f"error: project.dependencies: no package 'nosuch' in http://****@{private.host}/simple/; "
        "check the spelling, or set PIP_INDEX_URL to an index that has it [unknown-package]"
    ) in built.output.splitlines()


def test_credentials_in_a_direct_url_work_and_stay_secret(project, private, tmp_path):
    url = private.file_url(private.directory / "base-1.0-py3-none-any.whl").replace("//", f"//{USER}:{PASSWORD}@")
    project.configure(dependencies=[f"base @ {url}"], project="[tool.hatch.metadata]\nallow-direct-references = true\n")

    built = project.build(HATCH_VERBOSE="2")

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0"]
    assert PASSWORD not in built.output
    assert PASSWORD.encode() not in bytes_below(project.root / "dist")
    assert PASSWORD.encode() not in bytes_below(tmp_path / "store")
    assert f"Requires-Dist: base @ http://****@{private.host}/files/base-1.0-py3-none-any.whl" in zips.read(
        built.archive, "shop-0.1.0.dist-info/METADATA"
    )


def test_credentials_of_an_extra_index_work(index, project, private):
    index.add("public")
    project.configure(dependencies=["lib", "public"])

    built = project.build(PIP_EXTRA_INDEX_URL=private.url_with_credentials)

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "lib 1.0", "public 1.0"]
    assert PASSWORD not in built.output


@pytest.mark.api("pip")
def test_credentials_in_pip_conf_work(project, private, tmp_path):
    conf = tmp_path / "pip.conf"
    conf.write_text(f"[global]\nindex-url = {private.url_with_credentials}\n", "utf-8")
    project.configure(dependencies=["lib"])
    del project.environ["PIP_INDEX_URL"]

    built = project.build(PIP_CONFIG_FILE=str(conf), HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "lib 1.0"]


def test_credentials_in_netrc_work(project, private, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1\nlogin {USER}\npassword {PASSWORD}\n", "utf-8")
    netrc.chmod(0o600)
    project.configure(dependencies=["lib"])

    built = project.build(PIP_INDEX_URL=private.url, NETRC=str(netrc))

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "lib 1.0"]
    assert PASSWORD not in built.output


@pytest.mark.parametrize("provider", [{"PIP_KEYRING_PROVIDER": "subprocess"}, {}], ids=["subprocess", "auto"])
def test_credentials_in_a_keyring_work(project, private, tmp_path, provider):
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "keyring.py").write_text("raise ImportError('only the command is installed')\n", "utf-8")
    command = tmp_path / "bin" / "keyring"
    command.parent.mkdir()
    answer = json.dumps({"username": USER, "password": PASSWORD})
    command.write_text(KEYRING.format(user=USER, password=PASSWORD, answer=answer), "utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    paths = {name: project.environ.get(name, "") for name in ("PATH", "PYTHONPATH")}
    project.configure(dependencies=["lib"])

    built = project.build(
        **provider,
        PIP_INDEX_URL=private.url.replace("//", f"//{USER}@"),
        PATH=f"{command.parent}:{paths['PATH']}",
        PYTHONPATH=f"{modules}:{paths['PYTHONPATH']}",
    )

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "lib 1.0"]
    assert PASSWORD not in built.output


def test_a_keyring_that_python_can_import_works(project, private, tmp_path):
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "keyring.py").write_text(
        "from types import SimpleNamespace\n\n\n"
        f"def get_credential(service, user):\n    return SimpleNamespace(username={USER!r}, password={PASSWORD!r})\n",
        "utf-8",
    )
    project.configure(dependencies=["lib"])

    built = project.build(PIP_INDEX_URL=private.url, PYTHONPATH=f"{modules}:{project.environ.get('PYTHONPATH', '')}")

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["base 1.0", "lib 1.0"]


def test_a_wrong_password_is_one_clear_line(project, private):
    project.configure(dependencies=["lib"])

    built = project.build(PIP_INDEX_URL=private.url_with_credentials.replace(PASSWORD, "wr0ng"))

    assert built.code == 1
    assert built.output.rstrip("\n") == (
        f"error: {private.url}lib/: the index denies access (HTTP 401); put the user name and "
        "password into the index URL, netrc, or a keyring [index-access]"
    )
    assert "wr0ng" not in built.output
    assert "Traceback" not in built.output
    assert built.archives == ()


@pytest.mark.api("pip")
def test_no_password_at_all_is_one_clear_line_and_no_prompt(project, private):
    project.configure(dependencies=["lib"])

    built = project.build(PIP_INDEX_URL=private.url)

    assert built.code == 1
    assert built.output == (
        f"error: {private.url}lib/: the index requires a user name and password, and pip found none "
        "that it accepts; put the user name and password into the index URL, netrc, or a keyring "
        "[index-access]\n"
    )


def test_a_file_that_needs_a_password_unlike_its_page_is_one_line(index, project, private):
    url = private.file_url(private.directory / "base-1.0-py3-none-any.whl")
    index.add("outer", requires=[f"base @ {url.replace('//', f'//{USER}:{PASSWORD}@')}"])
    project.configure(dependencies=["outer"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        f"error: {url}: the index requires a user name and password, and pip found none that it "
        "accepts; put the user name and password into the index URL, netrc, or a keyring "
        "[index-access]\n"
    )


def test_a_second_build_fetches_nothing(index, project):
    index.described = True
    index.add("lib", requires=["base"])
    index.add("base")
    project.configure(dependencies=["lib"])
    first = project.build()
    before = first.archive.read_bytes()
    fetched = index.downloads()

    second = project.build()

    assert second.code == 0, second.output
    assert sorted(fetched) == ["base-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"]
    assert index.downloads() == fetched
    assert second.archive.read_bytes() == before


def stored_wheel(store: Path) -> Path:
    """Return the only wheel in a cache."""
    (found,) = store.rglob("*.whl")
    return found


def damage_a_byte(store: Path) -> None:
    """Change one byte of the wheel, not its size."""
    wheel = stored_wheel(store)
    wheel.chmod(0o644)
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 0xFF
    wheel.write_bytes(content)


def remove_the_wheel(store: Path) -> None:
    """Leave only the description."""
    stored_wheel(store).unlink()


def cut_the_description(store: Path) -> None:
    """Leave half of the description."""
    description = stored_wheel(store).with_name("wheel.json")
    text = description.read_text("utf-8")
    description.chmod(0o644)
    description.write_text(text[: len(text) // 2], "utf-8")


@pytest.mark.parametrize("damage", [damage_a_byte, remove_the_wheel, cut_the_description])
def test_a_damaged_cache_is_repaired(index, project, tmp_path, damage):
    index.described = True
    wheel = index.add("lib")
    project.configure(dependencies=["lib"])
    before = project.build().archive.read_bytes()
    damage(tmp_path / "store")

    built = project.build()

    assert built.code == 0, built.output
    assert built.archive.read_bytes() == before
    assert stored_wheel(tmp_path / "store").read_bytes() == wheel.read_bytes()
    assert index.downloads() == [wheel.name, wheel.name]


def test_builds_that_start_at_once_share_a_cache(index, project, tmp_path):
    for number in range(10):
        index.add(f"lib-{number}", files={f"lib_{number}.py": "x = 1\n" * 10_000})
    project.configure(dependencies=[f"lib-{number}" for number in range(10)])
    runtimes = ["python3.11", "python3.12", "python3.13", "python3.14"]

    with ThreadPoolExecutor(len(runtimes)) as pool:
        builds = list(pool.map(lambda runtime: project.build(HATCH_LAMBDA_RUNTIME=runtime), runtimes))

    assert [built.code for built in builds] == [0, 0, 0, 0], builds
    archives = sorted((project.root / "dist").iterdir())
    assert [zips.distributions(path) for path in archives] == [[f"lib-{number} 1.0" for number in range(10)]] * 4
    assert sorted(path.name for path in (tmp_path / "store").rglob("*.whl")) == [
        f"lib_{number}-1.0-py3-none-any.whl" for number in range(10)
    ]
    assert list((tmp_path / "store").rglob("staging-*")) == []


def test_a_cache_that_cannot_be_created_is_replaced_for_the_build(index, project, tmp_path):
    index.add("lib")
    file = tmp_path / "a-file"
    file.write_text("", "utf-8")
    project.configure(dependencies=["lib"])

    built = project.build(HATCH_LAMBDA_CACHE_DIR=str(file / "store"))

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0"]
    assert (
        f"warning: {file}/store/wheels/1: can't write to the wheel cache (Not a directory); make it writable, or set "
        "HATCH_LAMBDA_CACHE_DIR to another directory [cache-not-writable]"
    ) in built.output.splitlines()


def test_an_index_whose_metadata_differs_from_the_wheels_is_rejected(index, project):
    index.add("hidden")
    wheel = index.add("lib", requires=["hidden>=1", "never; sys_platform == 'win32'"])
    index.metadata[wheel.name] = metadata("lib", "1.0")
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: lib 1.0: requires hidden>=1, but the resolution doesn't contain it; report it to the "
        "index owner, because the index and the wheel disagree [index-mismatch]\n"
    )
    assert built.archives == ()


def test_an_index_that_adds_to_a_wheels_metadata_is_rejected(index, project):
    index.add("smuggled")
    wheel = index.add("lib")
    index.metadata[wheel.name] = metadata("lib", "1.0", ["smuggled"])
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: smuggled 1.0: nothing requires it on python3.13 on x86_64; report it to the index owner, because the "
        "index and the wheel disagree [index-mismatch]\n"
    )
    assert built.archives == ()


def test_an_index_that_hides_which_python_a_wheel_requires_is_rejected(index, project):
    wheel = index.add("lib", requires_python=">=3.14")
    index.metadata[wheel.name] = metadata("lib", "1.0")
    index.silent = True
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        "error: lib-1.0-py3-none-any.whl: requires Python >=3.14, but python3.13 has 3.13.11; require another version, "
        "or change runtime or architecture [wrong-platform]\n"
    )
    assert built.archives == ()


@pytest.mark.api("pip")
@pytest.mark.parametrize("described", [False, True], ids=["while resolving", "while fetching"])
def test_a_wheel_with_a_wrong_hash_is_rejected(index, project, tmp_path, described):
    index.described = described
    wheel = index.add("lib")
    expected = zips.sha256(wheel.read_bytes())
    index.spoiled[wheel.name] = b"something else"
    found = zips.sha256(index.spoiled[wheel.name])
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output.rstrip("\n") == (
        f"error: lib-1.0-py3-none-any.whl: its SHA-256 is {found} instead of {expected}; rebuild, and "
        "if that doesn't help, report it to the index owner [hash-mismatch]"
    )
    assert "Traceback" not in built.output
    assert list((tmp_path / "store").rglob("*.whl")) == []


@pytest.mark.parametrize("described", [False, True], ids=["while resolving", "while fetching"])
def test_an_interrupted_download_is_reported(index, project, tmp_path, described):
    index.described = described
    wheel = index.add("lib")
    index.truncated.add(wheel.name)
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert built.output.rstrip("\n") == (
        "error: lib-1.0-py3-none-any.whl: the download was interrupted; check the network, then rebuild [fetch-failed]"
    )
    assert "Traceback" not in built.output
    assert list((tmp_path / "store").rglob("*.whl")) == []


@pytest.mark.parametrize(
    ("described", "problem"),
    [
        (
            False,
            (
                "error: project.dependencies: pip can't resolve the requirements for python3.13 on x86_64; "
                "fix the cause in pip's output [resolver-failed]"
            ),
        ),
        (True, ("error: pip: can't download the wheels; fix the cause in pip's output, then rebuild [fetch-failed]")),
    ],
    ids=["while resolving", "while fetching"],
)
def test_a_file_that_is_not_a_wheel_is_rejected_if_the_index_has_no_hashes(project, tmp_path, described, problem):
    with IndexServer(tmp_path / "plain", hashes=False) as plain:
        plain.described = described
        wheel = plain.add("lib")
        plain.spoiled[wheel.name] = b"an error page"
        project.configure(dependencies=["lib"])

        built = project.build(PIP_INDEX_URL=plain.url)

    assert built.code == 1
    assert built.output.partition("\n\n")[0] == problem
    assert "Traceback" not in built.output
    assert built.archives == ()
    assert list((tmp_path / "store").rglob("*.whl")) == []


def test_names_that_differ_in_case_only_are_all_in_the_zip(index, project):
    files = {"lib/Case.py": "1", "lib/case.py": "2", "LIB/case.py": "3"}
    index.add("lib", files=files)
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 0, built.output
    found = zips.contents(built.archive)
    assert {name: found[name].decode() for name in files} == files


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        ("../evil.py", "the path '../evil.py' isn't a plain path inside the zip"),
        ("/etc/evil", "the path '/etc/evil' isn't a plain path inside the zip"),
        ("c:evil.py", "the path 'c:evil.py' contains a backslash, a drive letter, or a control character"),
    ],
)
def test_a_hostile_wheel_is_rejected(index, project, tmp_path, member, problem):
    index.add("evil", infos=[(zipfile.ZipInfo(member), b"x")])
    project.configure(dependencies=["evil"])

    built = project.build()

    assert built.code == 1
    assert built.output == (
        f"error: evil-1.0-py3-none-any.whl: {problem}; require another version, or report it to its maintainers "
        "[bad-wheel]\n"
    )
    assert built.archives == ()
    assert list((tmp_path / "store").rglob("*.whl")) == []


def test_several_hostile_wheels_are_rejected_together_and_in_order(index, project, tmp_path):
    index.add("good")
    for name in ("worse", "bad"):
        index.add(name, infos=[(zipfile.ZipInfo(f"../{name}.py"), b"x")])
    project.configure(dependencies=["worse", "good", "bad"])

    built = project.build()

    assert built.code == 1
    assert built.output == "".join(
        f"error: {name}-1.0-py3-none-any.whl: the path '../{name}.py' isn't a plain path inside the zip; require "
        "another version, or report it to its maintainers [bad-wheel]\n"
        for name in ("bad", "worse")
    )
    assert built.archives == ()
    assert [wheel.name for wheel in (tmp_path / "store").rglob("*.whl")] == ["good-1.0-py3-none-any.whl"]


def test_indexes_with_and_without_hashes_go_together(index, project, tmp_path):
    with IndexServer(tmp_path / "without", hashes=False) as without:
        index.add("lib")
        without.add("other")
        without.described = True  # so that pip does not read the wheel, and knows no hash of it
        project.configure(dependencies=["lib", "other"])

        built = project.build(PIP_EXTRA_INDEX_URL=without.url)

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0", "other 1.0"]
