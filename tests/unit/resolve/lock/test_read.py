"""Locks as values: what is read, selected, and written."""

from __future__ import annotations

import pytest
from packaging.markers import Marker
from packaging.pylock import Pylock, PylockSelectError
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.build.lock_report import LockChange, LockReport
from hatch_lambda.errors import ResolveError
from hatch_lambda.resolve.base import Dependency, Pin
from hatch_lambda.resolve.commit import Commit
from hatch_lambda.resolve.lock.file import LockSelection, lock_creator
from hatch_lambda.resolve.lock.read import commits_in, parse_lock, select
from hatch_lambda.resolve.lock.write import LockedState, LockPart, OptionalPart, make_lock, read_locked, write_lock
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import Target

TARGET = Target(RUNTIMES[2], "x86_64")
ROOTS = [Dependency("project.dependencies", Requirement("lib"))]
HEAD = 'lock-version = "1.0"\ncreated-by = "uv"\n'


def test_our_lock_reads_back_as_the_same_pins(tmp_path):
    pins = (_pin("base", "2.0"), _pin("lib", "1.0+cpu"))

    lock = parse_lock(make_lock([LockPart(TARGET, tuple(pins), tuple(ROOTS))], tmp_path, tmp_path), "pylock.toml")

    assert select(lock, TARGET, "pylock.toml", base=tmp_path, root=tmp_path).pins == pins


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("pyjwt-2.10.1-py3-none-any.whl", "PyJWT-2.10.1-py3-none-any.whl"),
        ("jaraco_classes-3.4-py3-none-any.whl", "jaraco.classes-3.4-py3-none-any.whl"),
    ],
)
def test_a_file_name_that_uv_has_normalized_is_that_of_the_url(tmp_path, name, url):
    wheel = f'{{name = "{name}", url = "https://index/{url}", hashes = {{sha256 = "{"a" * 64}"}}}}'
    package = canonicalize_name(name.partition("-")[0])
    text = f'{HEAD}[[packages]]\nname = "{package}"\nversion = "{name.split("-")[1]}"\nwheels = [{wheel}]\n'
    lock = parse_lock(text, "pylock.toml")

    resolution = select(lock, TARGET, "pylock.toml", base=tmp_path, root=tmp_path)

    assert [pin.filename for pin in resolution.pins] == [url]


def test_our_lock_is_the_same_for_any_order_of_pins_and_requirements(tmp_path):
    pins = [_pin("base"), _pin("lib")]
    roots = [*ROOTS, Dependency("dependency-groups.dev", Requirement("base"))]

    texts = {
        make_lock([LockPart(TARGET, tuple(pins), tuple(roots))], tmp_path, tmp_path),
        make_lock([LockPart(TARGET, tuple(pins[::-1]), (*roots[::-1], *roots))], tmp_path, tmp_path),
    }

    assert len(texts) == 1


def test_our_lock_has_for_each_target_what_its_extras_and_groups_add(tmp_path):
    arm = Target(RUNTIMES[3], "arm64")
    names = {name: canonicalize_name(name) for name in ("lib", "fast", "job")}
    fast = OptionalPart("extras", canonicalize_name("speed"), frozenset({names["fast"]}))
    both = OptionalPart("dependency_groups", canonicalize_name("ops"), frozenset({names["fast"], names["job"]}))
    parts = [
        LockPart(TARGET, (_pin("lib"), _pin("fast")), tuple(ROOTS), (fast,)),
        LockPart(arm, (_pin("lib"), _pin("fast"), _pin("job")), tuple(ROOTS), (fast, both)),
    ]

    lock = parse_lock(make_lock(parts, tmp_path, tmp_path), "pylock.toml")

    def selected(target: Target, wanted: LockSelection | None = None) -> set[str]:
        return {str(pin.name) for pin in select(lock, target, "", base=tmp_path, root=tmp_path, selection=wanted).pins}

    assert (lock.extras, lock.dependency_groups) == (["speed"], ["ops"])
    assert selected(TARGET) == selected(arm) == {"lib"}
    assert selected(TARGET, LockSelection(("speed",))) == selected(arm, LockSelection(("speed",))) == {"lib", "fast"}
    assert selected(TARGET, LockSelection(groups=("ops",))) == {"lib"}
    assert selected(arm, LockSelection(groups=("ops",))) == {"lib", "fast", "job"}


def test_the_commits_and_versions_of_all_extras_are_kept(tmp_path):
    commit = Commit(canonicalize_name("core"), Version("1"), "git", "https://example.com/c.git", "main", "c" * 40, None)
    optional = OptionalPart("extras", canonicalize_name("fast"), frozenset(map(canonicalize_name, ("core", "lib"))))
    path = tmp_path / "pylock.toml"
    path.write_text(make_lock([LockPart(TARGET, (commit, _pin("lib")), (), (optional,))], tmp_path, tmp_path))

    assert read_locked(path, TARGET).labels == {"lib": "1.0", "core": "1 at ccccccc"}


def test_our_lock_has_neither_credentials_nor_fragments(tmp_path):
    pin = _pin("lib", url="https://user:s3cret@example.com/lib-1.0-py3-none-any.whl#sha256=0")

    lock = parse_lock(make_lock([LockPart(TARGET, (pin,), tuple(ROOTS))], tmp_path, tmp_path), "pylock.toml")

    assert [wheel.url for wheel in lock.packages[0].wheels or ()] == ["https://example.com/lib-1.0-py3-none-any.whl"]


def test_a_path_outside_of_the_project_is_not_locked(tmp_path):
    outside = tmp_path / "outside" / "lib-1.0-py3-none-any.whl"
    pins = [_pin("base", sha256=None), _pin("lib", url=outside.as_uri())]

    with pytest.raises(ResolveError) as caught:
        make_lock([LockPart(TARGET, tuple(pins), tuple(ROOTS))], tmp_path / "project", tmp_path / "project")

    assert str(caught.value) == (
        "error: base 1.0: can't be locked, because its index provides no sha256; use an index that provides it "
        "[unlockable]\n"
        f"error: lib 1.0: can't be locked, because {outside} is only on this machine; move it into the project, or to "
        "an index [unlockable]"
    )


def test_the_lock_of_every_runtime_and_architecture_is_for_it_alone(tmp_path):
    targets = [Target(runtime, architecture) for runtime in RUNTIMES for architecture in ("x86_64", "arm64")]
    for target in targets:
        lock = parse_lock(make_lock([LockPart(target, (), ())], tmp_path, tmp_path), "pylock.toml")
        (environment,) = lock.environments or ()

        assert [other for other in targets if environment.evaluate(dict(other.markers))] == [target]


def test_the_best_wheel_of_a_release_is_chosen(tmp_path):
    tags = ["py3-none-any", "cp311-cp311-manylinux_2_17_x86_64", "cp311-abi3-manylinux_2_26_x86_64"]
    files = "".join(_wheel(f"lib-1.0-{tag}.whl") for tag in tags)
    lock = parse_lock(f'{HEAD}[[packages]]\nname = "lib"\nversion = "1.0"\n{files}', "pylock.toml")

    resolution = select(lock, TARGET, "pylock.toml", base=tmp_path, root=tmp_path)

    assert [pin.filename for pin in resolution.pins] == ["lib-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"]


def test_a_release_that_might_not_be_needed_is_not_an_error(tmp_path):
    wheel = _wheel("lib-1.0-cp311-cp311-win_amd64.whl")
    lock = parse_lock(f'{HEAD}[[packages]]\nname = "lib"\nversion = "1.0"\n{wheel}', "pylock.toml")

    resolution = select(lock, TARGET, "pylock.toml", base=tmp_path, root=tmp_path)

    assert resolution.pins == ()
    assert resolution.unfit == {
        "lib": "pylock.toml has lib 1.0, but no wheel for python3.11 on x86_64 (its wheels are for win_amd64); lock "
        "again with uv"
    }
    assert resolution.fix == "lock again with uv"


@pytest.mark.parametrize("declared", ["", "extras = []\ndependency-groups = []\n", 'extras = ["slow"]\n'])
def test_extras_and_groups_that_a_lock_does_not_declare_can_be_in_it(tmp_path, declared):
    lock = parse_lock(f"{HEAD}{declared}{_package('lib')}{_package('job')}", "pylock.toml")

    resolution = select(
        lock, TARGET, "pylock.toml", base=tmp_path, root=tmp_path, selection=LockSelection(("fast",), ("ops", "dev"))
    )

    assert [pin.name for pin in resolution.pins] == ["lib", "job"]


@pytest.mark.parametrize(
    ("features", "groups", "selected"),
    [
        ((), (), ["base"]),
        (("Big_Data",), (), ["base", "fast"]),
        ((), ("Ops.Team",), ["base", "job"]),
        (("big-data", "unknown"), ("ops-team", "unknown"), ["base", "fast", "job"]),
    ],
)
def test_declared_extras_and_groups_are_chosen_however_they_are_spelt_and_default_groups_always(
    tmp_path, features, groups, selected
):
    text = (
        f'{HEAD}extras = ["big-data"]\ndependency-groups = ["Ops_Team"]\ndefault-groups = ["Default"]\n'
        + _package("base", "'default' in dependency_groups")
        + _package("fast", "'big.data' in extras")
        + _package("job", "'OPS-team' in dependency_groups and 'big-data' not in dependency_groups")
    )

    resolution = select(
        parse_lock(text, "pylock.toml"),
        TARGET,
        "pylock.toml",
        base=tmp_path,
        root=tmp_path,
        selection=LockSelection(features, groups),
    )

    assert [pin.name for pin in resolution.pins] == selected


def test_a_locked_directory_or_repository_is_reported_with_a_separate_reason(tmp_path):
    lock = parse_lock(f"{HEAD}{FOLDER}{REPOSITORY}{_package('lib')}", "pylock.toml")
    wanted = LockSelection(("fast",), ("ops",))

    resolution = select(lock, TARGET, "pylock.toml", base=tmp_path, root=tmp_path, selection=wanted)

    assert [pin.name for pin in resolution.pins] == ["lib"]
    fix = "require it from there in the project, or lock again with uv"
    assert resolution.unfit == {
        "app": f"pylock.toml has app, but only from a directory; {fix}",
        "core": f"pylock.toml has core, but only from Git; {fix}",
    }
    assert list(commits_in(lock, TARGET, "pylock.toml", wanted).found) == ["core"]


def test_a_repository_for_other_pythons_has_no_commit(tmp_path):
    lock = parse_lock(f"{HEAD}{REPOSITORY.replace('[packages.vcs]', PYTHON_312)}", "pylock.toml")

    resolution = select(lock, TARGET, "pylock.toml", base=tmp_path, root=tmp_path)

    assert commits_in(lock, TARGET, "pylock.toml").found == {}
    assert resolution.unfit == {
        "core": "pylock.toml has core, which requires Python >=3.12, but the runtime has "
        f"{TARGET.python_full_version}; lock again with uv",
    }


def test_an_unknown_error_about_a_lock_is_shown_as_it_is(tmp_path):
    lock = parse_lock(f"{HEAD}{_package('lib')}", "pylock.toml")
    fields = {name: getattr(lock, name) for name in Pylock.__dataclass_fields__}

    with pytest.raises(ResolveError) as caught:
        select(StricterPylock(**fields), TARGET, "pylock.toml", base=tmp_path, root=tmp_path)

    assert str(caught.value) == (
        "error: pylock.toml: PylockSelectError: Unsigned lock; lock again with uv, or if the lock file is right, "
        "report it to the maintainers of hatch-lambda [damaged-lock]"
    )


def test_a_lock_for_no_environment_is_rejected(tmp_path):
    lock = parse_lock(f"{HEAD}environments = []\n{_package('lib')}", "pylock.toml")

    with pytest.raises(ResolveError) as caught:
        select(lock, TARGET, "pylock.toml", base=tmp_path, root=tmp_path)

    assert str(caught.value) == (
        "error: pylock.toml: made for no environment, not for python3.11 on x86_64; lock again with uv [lock-mismatch]"
    )


@pytest.mark.parametrize("marker", ["'fast' in extras", "extra == 'fast'", "platform_machine ~= 'x86_64'"])
def test_a_lock_whose_environments_cannot_be_evaluated_is_rejected(tmp_path, marker):
    lock = parse_lock(f'{HEAD}environments = ["{marker}"]\n{_package("lib")}', "pylock.toml")

    with pytest.raises(ResolveError) as caught:
        select(lock, TARGET, "pylock.toml", base=tmp_path, root=tmp_path)

    shown = str(Marker(marker))
    assert str(caught.value) == (
        f"error: pylock.toml: its marker {shown!r} can't be evaluated; lock again with uv [damaged-lock]"
    )


@pytest.mark.parametrize("marker", ["extra == 'fast'", "sys_platform == 'linux' and platform_machine ~= 'x86_64'"])
def test_a_release_whose_marker_cannot_be_evaluated_is_rejected(tmp_path, marker):
    lock = parse_lock(HEAD + _package("lib", marker), "pylock.toml")

    with pytest.raises(ResolveError) as caught:
        select(lock, TARGET, "pylock.toml", base=tmp_path, root=tmp_path)

    shown = str(Marker(marker))
    assert str(caught.value) == (
        f"error: pylock.toml: lib: its marker {shown!r} can't be evaluated; lock again with uv [damaged-lock]"
    )


def test_our_lock_has_no_versions_if_a_marker_cannot_be_evaluated(tmp_path):
    path = tmp_path / "pylock.lambda.toml"
    head = HEAD.replace('"uv"', '"hatch-lambda"')
    path.write_text(head + _package("lib", "os_name ~= 'posix'"))

    assert read_locked(path, TARGET) == LockedState()


def test_the_versions_of_a_lock_are_those_it_names(tmp_path):
    path = tmp_path / "pylock.toml"
    path.write_text(make_lock([LockPart(TARGET, (_pin("lib"), _pin("base", "2.0")), tuple(ROOTS))], tmp_path, tmp_path))

    assert read_locked(path, TARGET).versions == {"base": Version("2.0"), "lib": Version("1.0")}


@pytest.mark.parametrize("content", [None, b"", b"= 1", b"\xff\xfe"])
def test_a_lock_of_ours_that_cannot_be_read_has_no_versions(tmp_path, content):
    path = tmp_path / "pylock.lambda.toml"
    if content is not None:
        path.write_bytes(content)

    assert read_locked(path, TARGET) == LockedState()


def test_a_lock_is_written_in_one_step_in_a_new_directory(tmp_path):
    path = tmp_path / "locks" / "pylock.toml"

    write_lock(path, "text\n")

    assert path.read_bytes() == b"text\n"
    assert list(path.parent.iterdir()) == [path]


def test_an_unchanged_lock_is_left_alone(tmp_path):
    path = tmp_path / "pylock.toml"
    path.write_bytes(b"one\r\ntwo\r\n")

    write_lock(path, "one\ntwo\n")

    assert path.read_bytes() == b"one\r\ntwo\r\n"


def test_a_lock_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "pylock.toml"

    with pytest.raises(ResolveError) as caught:
        write_lock(path, "text\n")

    assert str(caught.value) in {
        f"error: {path}: the lock file can't be written ({reason}); fix that, then lock again [lock-not-written]"
        for reason in ("File exists", "Not a directory")
    }


def test_a_lock_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    path = tmp_path / "pylock.toml"
    path.mkdir()

    with pytest.raises(ResolveError):
        write_lock(path, "text\n")

    assert list(tmp_path.iterdir()) == [path]


def test_the_report_of_a_lock_lists_what_changed(tmp_path):
    before = {canonicalize_name(name): "1.0" for name in ("gone", "moved", "same")}
    after = {canonicalize_name("moved"): "2.0", canonicalize_name("same"): "1.0"}
    after[canonicalize_name("added")] = "3.0"
    change = LockChange(TARGET, before, after, ("moved 2.0 instead of 3.0: why",))
    report = LockReport(tmp_path / "pylock.toml", (change,), ())

    assert list(report.lines()) == [
        "  python3.11 on x86_64, 3 packages",
        "  added: new -> 3.0",
        "  gone: 1.0 -> gone",
        "  moved: 1.0 -> 2.0",
    ]
    assert report.notes == ("moved 2.0 instead of 3.0: why",)
    assert list(report.details()) == []


def _pin(name: str, version: str = "1.0", *, url: str | None = None, sha256: str | None = "a" * 64) -> Pin:
    filename = f"{name}-{version}-py3-none-any.whl"
    return Pin(canonicalize_name(name), Version(version), url or f"https://example.com/{filename}", sha256)


class StricterPylock(Pylock):
    """A lock as a later release of packaging might evaluate it."""

    def select(self, **_):
        raise PylockSelectError("Unsigned lock")


FOLDER = '[[packages]]\nname = "app"\n[packages.directory]\npath = "."\n'
REPOSITORY = (
    '[[packages]]\nname = "core"\n[packages.vcs]\ntype = "git"\nurl = "https://example.com/core.git"\n'
    f'commit-id = "{"c" * 40}"\n'
)
PYTHON_312 = 'requires-python = ">=3.12"\n[packages.vcs]'


def _package(name: str, marker: str = "") -> str:
    entry = f'[[packages]]\nname = "{name}"\nversion = "1.0"\n' + (f'marker = "{marker}"\n' if marker else "")
    return entry + _wheel(f"{name}-1.0-py3-none-any.whl")


def _wheel(filename: str) -> str:
    return f'[[packages.wheels]]\nurl = "https://example.com/{filename}"\nhashes = {{ sha256 = "{"a" * 64}" }}\n'


def test_a_lock_that_cannot_be_opened_is_reported(tmp_path):
    (tmp_path / "pylock.toml").mkdir()

    with pytest.raises(ResolveError) as caught:
        lock_creator(tmp_path / "pylock.toml")

    assert caught.value.problems == (
        "pylock.toml: can't be read (Is a directory); fix its permissions [unreadable-file]",
    )
