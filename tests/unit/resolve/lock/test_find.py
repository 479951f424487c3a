"""Which lock file a build uses, and which one ``-t lambda:lock`` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from hatch_lambda.config.options import LambdaConfig
from hatch_lambda.errors import ConfigError
from hatch_lambda.resolve.base import Host
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.resolve.lock.find import (
    chosen_lock,
    has_foreign_lock,
    has_lock_of_uv,
    is_replaceable_lock,
    lock_path,
)
from hatch_lambda.resolve.lock.read import LockResolver
from hatch_lambda.resolve.lock.uv_lock import UvLockResolver
from hatch_lambda.resolve.uv_settings import UvSettings
from tests.support.samples import target

if TYPE_CHECKING:
    from pathlib import Path

OPTION = "tool.hatch.build.targets.lambda.lock"
MEMBERS = '[tool.uv.workspace]\nmembers = ["packages/*"]\n'


def found(directory: Path, lock: str | Literal[False] | None = None) -> str | None:
    """Return the name of the lock file that a build in the directory uses."""
    config = LambdaConfig(target=target(), lock=lock)
    resolver = chosen_lock(config, Host({}, directory), ResultCache(directory / "cache"), UvSettings(), directory)
    return resolver.file.name if isinstance(resolver, LockResolver | UvLockResolver) else None


@pytest.fixture
def member(tmp_path):
    """A member of a uv workspace with a uv.lock in its root."""
    directory = tmp_path / "packages/api"
    directory.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "root"\n{MEMBERS}', "utf-8")
    (directory / "pyproject.toml").write_text('[project]\nname = "api"\n', "utf-8")
    (tmp_path / "uv.lock").touch()
    return directory


def test_ours_comes_before_that_of_uv_and_false_disables_both(member):
    assert [found(member), found(member, lock=False)] == ["../../uv.lock", None]

    (member / "uv.lock").touch()  # which uv itself ignores in a member

    assert found(member) == "../../uv.lock"

    (member / "pylock.lambda.toml").touch()

    assert [found(member), found(member, lock=False)] == ["pylock.lambda.toml", None]


def test_that_of_uv_can_be_named(member):
    assert found(member, "../../uv.lock") == "../../uv.lock"
    assert found(member.parent.parent, "uv.lock") == "uv.lock"


@pytest.mark.parametrize("name", ["uv.lock", "pylock.lambda.toml"])
def test_a_link_to_nothing_is_found(tmp_path, name):
    (tmp_path / name).symlink_to("nowhere")

    assert found(tmp_path) == name


def test_the_lock_file_of_an_unrelated_workspace_is_not_found(tmp_path):
    (tmp_path / "uv.lock").touch()
    (tmp_path / "api").mkdir()

    assert found(tmp_path / "api") is None


def test_a_uv_lock_that_uv_would_not_read_is_rejected(member):
    with pytest.raises(ConfigError) as caught:
        found(member, "uv.lock")

    assert str(caught.value) == (
        f"error: {OPTION}: 'uv.lock' isn't the project's lock file, which uv keeps at ../../uv.lock; set lock = "
        '"../../uv.lock" [lock-mismatch]'
    )


@pytest.mark.parametrize(
    ("lock", "foreign", "of_uv", "replaceable"),
    [
        (None, True, True, True),
        (False, False, False, False),
        ("uv.lock", True, True, False),
        ("requirements.txt", True, False, False),
        ("pylock.toml", False, False, True),
    ],
)
def test_locks_of_other_tools_are_known(tmp_path, lock, foreign, of_uv, replaceable):
    (tmp_path / "uv.lock").touch()
    config, host = LambdaConfig(target=target(), lock=lock), Host({}, tmp_path)

    assert (has_foreign_lock(config, host), has_lock_of_uv(config, host)) == (foreign, of_uv)
    assert is_replaceable_lock(config, host) == replaceable


@pytest.mark.parametrize(
    ("lock", "line"),
    [
        (
            None,
            (
                "uv.lock: already pins the dependencies, and builds would use pylock.lambda.toml instead; run "
                "'uv lock', or set lock = \"pylock.lambda.toml\" to use that [lock-conflict]"
            ),
        ),
        (False, f"{OPTION}: false, so no build would use the lock file; remove the option [lock-conflict]"),
        (
            "uv.lock",
            (
                f"{OPTION}: -t lambda:lock doesn't write the format of 'uv.lock'; run 'uv lock', or set lock = "
                '"pylock.lambda.toml" [unsupported-lock]'
            ),
        ),
        (
            "requirements.txt",
            (
                f"{OPTION}: -t lambda:lock doesn't write the format of 'requirements.txt'; update the file with its "
                'own tool, or set lock = "pylock.lambda.toml" [unsupported-lock]'
            ),
        ),
    ],
)
def test_no_second_lock_file_is_written(tmp_path, lock, line):
    (tmp_path / "uv.lock").touch()

    with pytest.raises(ConfigError) as caught:
        lock_path(LambdaConfig(target=target(), lock=lock), Host({}, tmp_path))

    assert str(caught.value) == f"error: {line}"


@pytest.mark.parametrize("lock", [None, "pylock.lambda.toml", "pylock.api.toml"])
def test_a_lock_file_that_is_ours_or_named_is_written(tmp_path, lock):
    (tmp_path / "uv.lock").touch()
    (tmp_path / "pylock.lambda.toml").touch()

    path = lock_path(LambdaConfig(target=target(), lock=lock), Host({}, tmp_path))

    assert path == tmp_path / (lock or "pylock.lambda.toml")
