"""Locks as values: what is read, what is chosen, what is written."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.errors import ResolveError
from hatch_lambda.report import LockChange, LockReport
from hatch_lambda.resolve.base import Demand, Pin
from hatch_lambda.resolve.lock import parse_lock, select
from hatch_lambda.resolve.locking import Locked, LockPart, locked, make_lock, write_lock
from hatch_lambda.runtimes import RUNTIMES
from hatch_lambda.target import Target

TARGET = Target(RUNTIMES[2], "x86_64")
ROOTS = [Demand("project.dependencies", Requirement("lib"))]
HEAD = 'lock-version = "1.0"\ncreated-by = "uv"\n'


def test_our_lock_reads_back_as_the_same_pins(tmp_path):
    pins = (_pin("base", "2.0"), _pin("lib", "1.0+cpu"))

    lock = parse_lock(make_lock([LockPart(TARGET, tuple(pins), tuple(ROOTS))], tmp_path, tmp_path), "pylock.toml")

    assert select(lock, TARGET, "pylock.toml", base=tmp_path, root=tmp_path).pins == pins


def test_our_lock_is_the_same_whatever_the_order_of_pins_and_requirements(tmp_path):
    pins = [_pin("base"), _pin("lib")]
    roots = [*ROOTS, Demand("dependency-groups.dev", Requirement("base"))]

    texts = {
        make_lock([LockPart(TARGET, tuple(pins), tuple(roots))], tmp_path, tmp_path),
        make_lock([LockPart(TARGET, tuple(pins[::-1]), (*roots[::-1], *roots))], tmp_path, tmp_path),
    }

    assert len(texts) == 1


def test_our_lock_has_neither_credentials_nor_fragments(tmp_path):
    pin = _pin("lib", url="https://user:s3cret@example.com/lib-1.0-py3-none-any.whl#sha256=0")

    lock = parse_lock(make_lock([LockPart(TARGET, (pin,), tuple(ROOTS))], tmp_path, tmp_path), "pylock.toml")

    assert [wheel.url for wheel in lock.packages[0].wheels or ()] == ["https://example.com/lib-1.0-py3-none-any.whl"]


def test_what_nobody_else_could_fetch_is_not_locked(tmp_path):
    outside = tmp_path / "outside" / "lib-1.0-py3-none-any.whl"
    pins = [_pin("base", sha256=None), _pin("lib", url=outside.as_uri())]

    with pytest.raises(ResolveError) as caught:
        make_lock([LockPart(TARGET, tuple(pins), tuple(ROOTS))], tmp_path / "project", tmp_path / "project")

    assert str(caught.value) == (
        "base 1.0: its index gives no sha256; without one it cannot be locked\n"
        f"lib 1.0: comes from {outside}, which only this machine has; put it on an index or into the project"
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


def test_a_release_that_nobody_may_need_is_no_reason_to_stop(tmp_path):
    wheel = _wheel("lib-1.0-cp311-cp311-win_amd64.whl")
    lock = parse_lock(f'{HEAD}[[packages]]\nname = "lib"\nversion = "1.0"\n{wheel}', "pylock.toml")

    resolution = select(lock, TARGET, "pylock.toml", base=tmp_path, root=tmp_path)

    assert resolution.pins == ()
    assert resolution.unfit == {
        "lib": "pylock.toml has lib 1.0, but no wheel for python3.11 on x86_64, its wheels are for win_amd64; make it "
        "anew with uv"
    }
    assert resolution.remedy == "make it anew with uv"


def test_the_versions_of_a_lock_are_those_it_names(tmp_path):
    path = tmp_path / "pylock.toml"
    path.write_text(make_lock([LockPart(TARGET, (_pin("lib"), _pin("base", "2.0")), tuple(ROOTS))], tmp_path, tmp_path))

    assert locked(path, TARGET).versions == {"base": Version("2.0"), "lib": Version("1.0")}


@pytest.mark.parametrize("content", [None, b"", b"= 1", b"\xff\xfe"])
def test_a_lock_of_ours_that_cannot_be_read_has_no_versions(tmp_path, content):
    path = tmp_path / "pylock.lambda.toml"
    if content is not None:
        path.write_bytes(content)

    assert locked(path, TARGET) == Locked()


def test_a_lock_is_put_in_place_in_one_step_in_a_folder_of_its_own(tmp_path):
    path = tmp_path / "locks" / "pylock.toml"

    write_lock(path, "text\n")

    assert path.read_bytes() == b"text\n"
    assert list(path.parent.iterdir()) == [path]


def test_a_lock_that_says_the_same_is_left_alone(tmp_path):
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
        f"{path}: cannot be written (File exists); the lock is as it was",
        f"{path}: cannot be written (Not a directory); the lock is as it was",
    }


def test_a_lock_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    path = tmp_path / "pylock.toml"
    path.mkdir()

    with pytest.raises(ResolveError):
        write_lock(path, "text\n")

    assert list(tmp_path.iterdir()) == [path]


def test_the_report_of_a_lock_tells_what_changed(tmp_path):
    before = {canonicalize_name(name): "1.0" for name in ("gone", "moved", "same")}
    after = {canonicalize_name("moved"): "2.0", canonicalize_name("same"): "1.0"}
    after[canonicalize_name("added")] = "3.0"
    change = LockChange(TARGET, before, after, ("moved 2.0 instead of 3.0: why",))
    report = LockReport(tmp_path / "pylock.toml", (change,), ())

    assert list(report.lines()) == [
        "  python3.11 on x86_64, 3 distributions",
        "  added: new -> 3.0",
        "  gone: 1.0 -> gone",
        "  moved: 1.0 -> 2.0",
        "  older: moved 2.0 instead of 3.0: why",
    ]
    assert list(report.details()) == []


def _pin(name: str, version: str = "1.0", *, url: str | None = None, sha256: str | None = "a" * 64) -> Pin:
    filename = f"{name}-{version}-py3-none-any.whl"
    return Pin(canonicalize_name(name), Version(version), url or f"https://example.com/{filename}", sha256)


def _wheel(filename: str) -> str:
    return f'[[packages.wheels]]\nurl = "https://example.com/{filename}"\nhashes = {{ sha256 = "{"a" * 64}" }}\n'
