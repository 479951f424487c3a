"""The plan of a zip: who wins a path, what is excluded, and the resulting RECORD."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import re
from dataclasses import replace

import pytest
from packaging.utils import canonicalize_name

from hatch_lambda.archive.bytecode import bytecode_path
from hatch_lambda.archive.plan import (
    ArchivePlan,
    Entry,
    FileContent,
    Origin,
    PlanOptions,
    TextContent,
    WheelContent,
    make_plan,
    offered_plan,
    open_content,
)
from hatch_lambda.errors import PlanError, ProjectError, WheelError
from hatch_lambda.wheels.wheel import wheel_entries
from hatch_lambda.zipfiles.record import record_digest
from tests.support.make_wheel import make_wheel
from tests.support.samples import SHOP, entry, origin, verified

ALPHA, BETA, GAMMA = origin("Alpha"), origin("beta", "2.0"), origin("gamma", "3.0")

BETA_WINS = canonicalize_name("beta")

EMPTY = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
ONE = "sha256=a4ayc_80_OGda4BO_1o_V0etpOqiLx1JwB5S3beHW0s"


def rows(plan: ArchivePlan, owner: Origin) -> list[list[str]]:
    """Return what a distribution's RECORD in the plan says."""
    content = plan.paths[f"{owner.dist_info}/RECORD"].content
    assert isinstance(content, TextContent)
    return list(csv.reader(io.StringIO(content.data.decode(), newline="")))


def texts(plan: ArchivePlan) -> dict[str, bytes]:
    """Return what is in every file of the plan but the RECORDs."""
    found = {path: planned.content for path, planned in plan.paths.items() if not path.endswith("/RECORD")}
    return {path: content.data for path, content in found.items() if isinstance(content, TextContent)}


def problems(*entries, **choices) -> list[str]:
    """Return the lines of the message that planning ends in."""
    with pytest.raises(PlanError) as caught:
        make_plan(entries, PlanOptions(**choices))
    return str(caught.value).splitlines()


def test_entries_are_sorted_by_path():
    offered = [entry("b.py"), entry("a/b.py"), entry("a.py"), entry("é.py"), entry("B.py")]

    plans = {make_plan(order, PlanOptions()) for order in itertools.permutations(offered)}

    (plan,) = plans
    assert [planned.path for planned in plan.entries] == [
        "B.py",
        "a.py",
        "a/b.py",
        "b.py",
        "shop-0.1.0.dist-info/RECORD",
        "é.py",
    ]


def test_nothing_makes_an_empty_plan():
    plan = make_plan([], PlanOptions())

    assert (plan, plan.unzipped, plan.sizes) == (ArchivePlan(()), 0, {})


def test_record_lists_every_file_of_its_distribution_with_hash_and_size():
    plan = make_plan([entry("b.py", "1", ALPHA), entry("a, b.py", "", ALPHA), entry("c.py", "1", BETA)], PlanOptions())

    assert rows(plan, ALPHA) == [["a, b.py", EMPTY, "0"], ["b.py", ONE, "1"], ["alpha-1.0.dist-info/RECORD", "", ""]]
    assert rows(plan, BETA) == [["c.py", ONE, "1"], ["beta-2.0.dist-info/RECORD", "", ""]]


def test_record_has_unix_line_ends_on_every_system():
    plan = make_plan([entry("b.py", "1", ALPHA)], PlanOptions())

    content = plan.paths["alpha-1.0.dist-info/RECORD"].content
    assert content == TextContent(f"b.py,{ONE},1\nalpha-1.0.dist-info/RECORD,,\n".encode())


def test_a_files_hash_is_that_of_its_bytes(tmp_path):
    data = b"x" * (1 << 20) + b"y"
    path = tmp_path / "large"
    path.write_bytes(data)

    digest = FileContent(path, len(data)).digest

    assert digest == record_digest(hashlib.sha256(data).digest())


def test_a_path_that_a_distribution_has_twice_is_in_record_once():
    plan = make_plan([entry("f", "1", ALPHA), entry("f", "1", ALPHA)], PlanOptions())

    assert rows(plan, ALPHA) == [["f", ONE, "1"], ["alpha-1.0.dist-info/RECORD", "", ""]]


def test_a_file_with_the_path_of_a_record_is_replaced_by_it():
    offered = [entry("beta-2.0.dist-info/RECORD", "1", ALPHA), entry("f", "1", ALPHA), entry("g", "1", BETA)]

    plan = make_plan(offered, PlanOptions())

    assert [planned.path for planned in plan.entries] == list(plan.paths)
    assert rows(plan, ALPHA) == [["f", ONE, "1"], ["alpha-1.0.dist-info/RECORD", "", ""]]
    assert rows(plan, BETA) == [["g", ONE, "1"], ["beta-2.0.dist-info/RECORD", "", ""]]


def test_sizes_are_summed_by_distribution_the_largest_first():
    plan = make_plan([entry("a", "1", ALPHA), entry("b", "22" * 100, BETA), entry("c", "3", ALPHA)], PlanOptions())

    records = {owner: plan.paths[f"{owner.dist_info}/RECORD"].content.size for owner in (ALPHA, BETA)}
    assert list(plan.sizes.items()) == [(BETA, 200 + records[BETA]), (ALPHA, 2 + records[ALPHA])]
    assert plan.unzipped == 202 + records[ALPHA] + records[BETA]


def test_an_owner_names_itself():
    assert str(ALPHA) == "Alpha 1.0"


# Collisions


def test_a_file_that_several_distributions_ship_alike_is_kept_once_and_in_each_record():
    plan = make_plan([entry("ns/__init__.py", "1", ALPHA), entry("ns/__init__.py", "1", BETA)], PlanOptions())

    assert texts(plan) == {"ns/__init__.py": b"1"}
    assert plan.paths["ns/__init__.py"].origin == ALPHA
    assert rows(plan, ALPHA) == [["ns/__init__.py", ONE, "1"], ["alpha-1.0.dist-info/RECORD", "", ""]]
    assert rows(plan, BETA) == [["ns/__init__.py", ONE, "1"], ["beta-2.0.dist-info/RECORD", "", ""]]


def test_a_path_of_two_distributions_with_different_contents_is_rejected():
    assert problems(entry("jwt/api.py", "1", BETA), entry("jwt/api.py", "2", ALPHA)) == [
        (
            "error: jwt/api.py: Alpha 1.0 and beta 2.0 provide different files; name the one to use, as in "
            'collisions = { "jwt/**" = "beta" }, or exclude a package [collision]'
        )
    ]


def test_contents_of_the_same_size_are_distinguished_by_their_bytes():
    (line,) = problems(entry("six.py", "1", ALPHA), entry("six.py", "2", BETA))

    assert line == (
        "error: six.py: Alpha 1.0 and beta 2.0 provide different files; name the one to use, as in "
        'collisions = { "six.py" = "alpha" }, or exclude a package [collision]'
    )


def test_all_errors_are_reported_together():
    entries = [
        entry("a", "1", ALPHA),
        entry("a", "2", BETA),
        entry("a", "3", GAMMA),
        entry("b", "1", ALPHA),
        entry("b/c", "2", BETA),
    ]

    assert problems(*entries) == [
        (
            "error: a: Alpha 1.0 and beta 2.0 and gamma 3.0 provide different files; name the one to use, as in "
            'collisions = { "a" = "alpha" }, or exclude a package [collision]'
        ),
        (
            "error: b: a file of Alpha 1.0 and a directory of beta 2.0; exclude one of them with exclude-files "
            "[path-conflict]"
        ),
    ]


@pytest.mark.parametrize("order", list(itertools.permutations([(ALPHA, "1"), (BETA, "2"), (GAMMA, "2")])))
def test_the_named_winner_gets_the_path_in_any_order(order):
    offered = [entry("jwt/api.py", text, owner) for owner, text in order]

    plan = make_plan(offered, PlanOptions(collisions={"jwt/**": BETA_WINS}))

    assert texts(plan) == {"jwt/api.py": b"2"}


def test_the_record_of_a_loser_no_longer_lists_the_file():
    offered = [entry("jwt/api.py", "1", ALPHA), entry("jwt/api.py", "2", BETA), entry("alpha.py", "", ALPHA)]

    plan = make_plan(offered, PlanOptions(collisions={"jwt/**": BETA_WINS}))

    assert rows(plan, ALPHA) == [["alpha.py", EMPTY, "0"], ["alpha-1.0.dist-info/RECORD", "", ""]]
    assert [row[0] for row in rows(plan, BETA)] == ["jwt/api.py", "beta-2.0.dist-info/RECORD"]


def test_a_distribution_that_loses_every_file_keeps_its_record():
    offered = [entry("jwt/api.py", "1", ALPHA), entry("jwt/api.py", "2", BETA)]

    plan = make_plan(offered, PlanOptions(collisions={"jwt/**": BETA_WINS}))

    assert rows(plan, ALPHA) == [["alpha-1.0.dist-info/RECORD", "", ""]]


def test_a_third_distribution_with_the_winners_contents_lists_the_file_too():
    offered = [entry("f", "1", ALPHA), entry("f", "22", BETA), entry("f", "1", GAMMA)]

    plan = make_plan(offered, PlanOptions(collisions={"f": canonicalize_name("Alpha")}))

    assert texts(plan) == {"f": b"1"}
    assert rows(plan, GAMMA) == [["f", ONE, "1"], ["gamma-3.0.dist-info/RECORD", "", ""]]
    assert rows(plan, BETA) == [["beta-2.0.dist-info/RECORD", "", ""]]


def test_the_first_pattern_that_matches_names_the_winner():
    offered = [entry("jwt/api.py", "1", ALPHA), entry("jwt/api.py", "2", BETA)]

    plan = make_plan(offered, PlanOptions(collisions={"*.py": canonicalize_name("Alpha"), "jwt/**": BETA_WINS}))

    assert texts(plan) == {"jwt/api.py": b"1"}


def test_the_project_can_be_the_winner():
    offered = [entry("f", "1", ALPHA), entry("f", "2", SHOP)]

    plan = make_plan(offered, PlanOptions(collisions={"f": canonicalize_name("shop")}))

    assert plan.paths["f"].origin == SHOP


def test_a_winner_without_the_file_is_reported():
    lines = problems(entry("f", "1", ALPHA), entry("f", "2", BETA), collisions={"f": "gamma"})

    assert lines == [
        (
            "error: f: Alpha 1.0 and beta 2.0 provide different files, and 'gamma' from collisions isn't one of them; "
            "name one of them in collisions [collision]"
        )
    ]


def test_a_pattern_for_a_collision_that_is_not_there_changes_nothing():
    plan = make_plan([entry("f", "1", ALPHA)], PlanOptions(collisions={"f": canonicalize_name("gamma")}))

    assert texts(plan) == {"f": b"1"}


# Files left out


def test_excluded_files_are_gone_from_the_zip_and_from_record():
    offered = [entry("a/b.txt", "1", ALPHA), entry("a/b.py", "1", ALPHA), entry("a/keep.txt", "1", ALPHA)]

    plan = make_plan(offered, PlanOptions(exclude_files=("*.txt", "!keep.txt")))

    assert texts(plan) == {"a/b.py": b"1", "a/keep.txt": b"1"}
    assert [row[0] for row in rows(plan, ALPHA)] == ["a/b.py", "a/keep.txt", "alpha-1.0.dist-info/RECORD"]
    assert plan.warnings == ()


def test_an_excluded_file_collides_with_nothing():
    offered = [entry("f", "1", ALPHA), entry("f", "2", BETA), entry("g", "", ALPHA)]

    plan = make_plan(offered, PlanOptions(exclude_files=("/f",)))

    assert texts(plan) == {"g": b""}


def test_records_can_be_excluded_like_any_other_file():
    plan = make_plan([entry("f", "1", ALPHA), entry("g", "", BETA)], PlanOptions(exclude_files=("alpha-*.dist-info/",)))

    assert list(plan.paths) == ["beta-2.0.dist-info/RECORD", "f", "g"]
    assert plan.warnings == ()


def test_a_distribution_whose_files_are_all_excluded_has_no_record():
    plan = make_plan([entry("a/f", "1", ALPHA), entry("g", "", BETA)], PlanOptions(exclude_files=("a/",)))

    assert list(plan.paths) == ["beta-2.0.dist-info/RECORD", "g"]


def test_a_pattern_that_matches_nothing_warns():
    patterns = ("*.txt", "nothing/", "!nobody", "# a comment", "")

    plan = make_plan([entry("f.txt", "1", ALPHA), entry("g", "", ALPHA)], PlanOptions(exclude_files=patterns))

    assert tuple(map(str, plan.warnings)) == (
        "exclude-files: no file matches 'nothing/'; remove the entry [unused-exclusion]",
        "exclude-files: no file matches '!nobody'; remove the entry [unused-exclusion]",
    )


# Files and directories


def test_a_path_that_is_both_a_file_and_a_directory_is_rejected():
    lines = problems(entry("a/b", "", ALPHA), entry("a/b/c/d", "", BETA), entry("a", "", SHOP))

    assert lines == [
        (
            "error: a: a file of shop 0.1.0 and a directory of Alpha 1.0; exclude one of them with exclude-files "
            "[path-conflict]"
        ),
        (
            "error: a/b: a file of Alpha 1.0 and a directory of beta 2.0; exclude one of them with exclude-files "
            "[path-conflict]"
        ),
    ]


def test_a_directory_instead_of_a_record_is_rejected():
    lines = problems(entry("beta-2.0.dist-info/RECORD/f", "1", ALPHA), entry("g", "1", BETA))

    assert lines == [
        (
            "error: beta-2.0.dist-info/RECORD: a file of beta 2.0 and a directory of Alpha 1.0; exclude one of "
            "them with "
            "exclude-files [path-conflict]"
        )
    ]


def test_excluding_the_file_leaves_the_directory():
    plan = make_plan([entry("a", "", ALPHA), entry("a/b", "1", BETA)], PlanOptions(exclude_files=("a/b",)))

    assert texts(plan) == {"a": b""}


def test_a_name_that_starts_like_a_directory_is_not_in_it():
    plan = make_plan([entry("a", "", ALPHA), entry("a.b/c", "1", BETA), entry("a-b", "", BETA)], PlanOptions())

    assert list(texts(plan)) == ["a", "a-b", "a.b/c"]


def test_all_files_of_a_layer_except_those_next_to_it_have_a_prefix():
    leftover = Origin("shop", "0.1.0", None, project=True)
    beside = entry("hatch-lambda/shop.json", "{}", leftover)

    plan = make_plan(
        [entry("f", "1", ALPHA), entry("g", "2", leftover)], PlanOptions(), prefix="python/", beside=[beside]
    )

    assert [found.path for found in plan.entries] == [
        "hatch-lambda/shop.json",
        f"python/{ALPHA.dist_info}/RECORD",
        "python/f",
        "python/g",
    ]


def test_a_record_is_relative_to_the_prefix():
    plan = make_plan([entry("f", "1", ALPHA)], PlanOptions(), prefix="python/")

    record = plan.paths[f"python/{ALPHA.dist_info}/RECORD"].content
    assert isinstance(record, TextContent)
    assert [row.split(",")[0] for row in record.data.decode().splitlines()] == ["f", f"{ALPHA.dist_info}/RECORD"]


@pytest.mark.parametrize("path", ["C:x.py", "a\\b", "a\nb", "d/" * 2042 + "xy", "caf\udce9"])
def test_a_path_that_is_invalid_in_a_zip_is_an_error(path):
    with pytest.raises(PlanError) as caught:
        make_plan([entry("fine", "", ALPHA), entry(path, "", BETA)], PlanOptions())

    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(f"beta 2.0: the path {path!r} ")
    assert caught.value.problems[0].endswith("; exclude it with exclude-files [unsafe-path]")


def test_a_path_that_is_invalid_in_a_zip_can_be_excluded():
    assert make_plan([entry("a\\b", "", SHOP), entry("c", "", SHOP)], PlanOptions(("a*",))).paths.keys() == {
        "c",
        "shop-0.1.0.dist-info/RECORD",
    }


def test_a_path_counts_with_its_directory():
    path = "d/" * 2040 + "x"

    assert path in make_plan([entry(path, "", ALPHA)], PlanOptions()).paths
    with pytest.raises(PlanError, match="is longer than Linux allows"):
        make_plan([entry(path, "", ALPHA)], PlanOptions(), prefix="python/")


def test_the_size_is_known_before_any_file_is_read(tmp_path):
    entries = [
        replace(entry("a", "", ALPHA), content=FileContent(tmp_path / "missing", 10)),
        entry("a", "123", BETA),
        entry("a", "1234", ALPHA),
        entry("b", "12345", BETA),
        replace(entry("left", "", ALPHA), content=FileContent(tmp_path / "missing", 100)),
    ]

    assert offered_plan(entries, PlanOptions(("left",))).unzipped == 8


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ProjectError) as caught:
        make_plan([entry("shop/file", tmp_path)], PlanOptions())

    assert (
        str(caught.value)
        == f"error: {tmp_path}: can't be read (Is a directory); fix it, or exclude it [unreadable-file]"
    )


def test_a_wheel_that_is_removed_or_damaged_while_it_is_checked_is_named(tmp_path):
    wheel = make_wheel(tmp_path, "lib", files={"lib/__init__.py": "x = 1\n" * 100})
    found = next(one for one in wheel_entries(verified(wheel), scripts_for=None) if one.path == "lib/__init__.py")
    assert isinstance(found.content, WheelContent)
    data = bytearray(wheel.read_bytes())
    data[found.content.member.offset] ^= 0xFF
    wheel.write_bytes(data)

    with pytest.raises(WheelError) as damaged, open_content(found.content) as file:
        file.read()
    wheel.unlink()
    with pytest.raises(WheelError) as gone, open_content(found.content):
        pass

    fix = "rebuild to download it again [bad-wheel]"
    where = f"error: {wheel}: can't be read"
    assert re.fullmatch(f"{re.escape(where)} \\(.+\\); {re.escape(fix)}", str(damaged.value))
    assert str(gone.value) == f"{where} ([Errno 2] No such file or directory: '{wheel}'); {fix}"


# Bytecode


def module(path: str, text: str, owner: Origin = SHOP, pyc: str = "") -> Entry:
    """Return a module with bytecode."""
    source = entry(path, text, owner)
    return replace(source, bytecode=entry(bytecode_path(path, (3, 13)), pyc or f"compiled {text}", owner))


A_PYC = "lib/__pycache__/a.cpython-313.pyc"


def test_bytecode_is_in_the_zip_and_in_record():
    plan = make_plan([module("lib/a.py", "1", ALPHA)], PlanOptions())

    assert texts(plan) == {"lib/a.py": b"1", A_PYC: b"compiled 1"}
    assert [path for path, *_ in rows(plan, ALPHA)] == [A_PYC, "lib/a.py", "alpha-1.0.dist-info/RECORD"]
    assert plan.bytecode == len("compiled 1")


def test_the_bytecode_of_a_layer_is_below_its_prefix():
    plan = make_plan([module("lib/a.py", "1")], PlanOptions(), prefix="python/")

    assert f"python/{A_PYC}" in plan.paths


@pytest.mark.parametrize(
    ("pattern", "left"),
    [("*.py", []), ("__pycache__/", ["lib/a.py"]), ("*.pyc", ["lib/a.py"]), ("other/", ["lib/a.py", A_PYC])],
)
def test_patterns_exclude_bytecode_and_an_excluded_module_has_none(pattern, left):
    plan = make_plan([module("lib/a.py", "1"), entry("other/x", "")], PlanOptions((pattern,)))

    assert sorted(path for path in plan.paths if path.startswith("lib/")) == sorted(left)
    assert plan.warnings == ()


def test_a_file_of_two_owners_has_the_bytecode_of_the_first_in_both_records():
    entries = [module("lib/a.py", "1", ALPHA, "first"), module("lib/a.py", "1", BETA, "second")]

    plan = make_plan(entries, PlanOptions())

    assert texts(plan)[A_PYC] == b"first"
    assert [[row for row in rows(plan, owner) if row[0] == A_PYC] for owner in (ALPHA, BETA)] == [
        [[A_PYC, record_digest(hashlib.sha256(b"first").digest()), "5"]]
    ] * 2


def test_the_winner_of_a_collision_wins_with_its_bytecode():
    entries = [module("lib/a.py", "1", ALPHA, "first"), module("lib/a.py", "2", BETA, "second")]

    plan = make_plan(entries, PlanOptions(collisions={"lib/**": BETA_WINS}))

    assert texts(plan) == {"lib/a.py": b"2", A_PYC: b"second"}
    assert A_PYC not in {path for path, *_ in rows(plan, ALPHA)}


def test_a_file_where_bytecode_would_be_stays():
    plan = make_plan([module("lib/a.py", "1"), entry(A_PYC, "mine")], PlanOptions())

    assert texts(plan)[A_PYC] == b"mine"
