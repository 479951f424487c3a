"""Damaged text ends in an error message of ours: the table, lock files, METADATA, and existing zips.

``HATCH_LAMBDA_FUZZ`` is the number of inputs of each kind to try, in place of a few that are the same in every run.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from hatch_lambda.archive.read import read_zip
from hatch_lambda.config.archives import read_archives
from hatch_lambda.config.options import HATCH_KEYS
from hatch_lambda.errors import HatchLambdaError, ResolveError, WheelError
from hatch_lambda.inspect.diff import Difference, difference_json, difference_lines
from hatch_lambda.inspect.inspection import inspect, zip_suggestions
from hatch_lambda.inspect.size_tree import tree_lines
from hatch_lambda.inspect.summary import as_json, lines
from hatch_lambda.inspect.treemap import treemap_page
from hatch_lambda.inspect.verify import verify_records
from hatch_lambda.resolve.base import Dependency, Resolution
from hatch_lambda.resolve.lock.file import LockSelection, lock_creator
from hatch_lambda.resolve.lock.read import commits_in, parse_lock, select
from hatch_lambda.resolve.validate import missing_extras, validate
from hatch_lambda.wheels.verify import verify_wheel
from tests.support.damaged import (
    DEEP,
    DESCRIPTIONS,
    DIGITS,
    HUGE,
    LOCKS,
    METADATA,
    damaged,
    grown,
    replaced,
    values,
)
from tests.support.hostile import DEFLATED, Raw, crafted, mild_members, mutated, raw_zip, sound, written
from tests.support.samples import target

MORE = int(os.environ.get("HATCH_LAMBDA_FUZZ", "0"))
EXAMPLES = settings(max_examples=MORE or 100, derandomize=not MORE, deadline=None, database=None)

TARGET = target()
KEYS = sorted(
    {
        *("runtime", "architecture", "python-patch", "handler", "features", "dependency-groups", "layers", "functions"),
        *("constraints", "lock", "resolver", "build-from-source", "exclude-packages", "exclude-files", "collisions"),
        *("scripts", "native-check", "filename", "max-size", "manifest", "project", "layer", "zzz"),
        *HATCH_KEYS,
    }
)


@EXAMPLES
@given(table=st.dictionaries(st.sampled_from(KEYS), values(), max_size=5))
@example(table={"scripts": HUGE, "max-size": DEEP, "resolver": HUGE, "architecture": DEEP, "collisions": HUGE})
@example(table={"runtime": "3." + DIGITS})
@example(table={"runtime": {"name": "x", "python": "3." + DIGITS, "glibc": "2." + DIGITS}})
@example(table={"runtime": "python3.13", "python-patch": "3.13." + DIGITS})
def test_a_table_is_read_or_rejected(table):
    with suppress(HatchLambdaError):
        read_archives(grown(table), requires_python=SpecifierSet(">=3.9"), overrides={})


@EXAMPLES
@given(text=st.one_of(damaged(LOCKS), replaced(LOCKS)))
@example(text=f"{LOCKS[0]}\nx = {DIGITS}")
@example(text=f"{LOCKS[0]}\nx = {'[' * 5000}")
@example(text=LOCKS[0].replace("1000", f"0x{'F' * 5000}"))
@example(text=LOCKS[0].replace("https://host/lib", "http://[::1/lib"))
@example(text=LOCKS[0].replace("requirements = [", "x = ["))
@example(text=LOCKS[0].replace('sys_platform == "linux"', 'sys_platform ~= "linux"'))
@example(text=LOCKS[0].replace('">=3.9"', f'">={DIGITS}"'))
def test_a_lock_is_read_or_rejected(text):
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "pylock.toml").write_text(text, "utf-8")
        lock_creator(directory / "pylock.toml")
        with suppress(HatchLambdaError):
            lock = parse_lock(text, "pylock.toml")
            commits_in(lock, TARGET, "pylock.toml")
            wanted = LockSelection(from_source=(canonicalize_name("b"),))
            select(lock, TARGET, "pylock.toml", base=directory, root=directory, selection=wanted)


@EXAMPLES
@given(text=st.one_of(damaged(METADATA), replaced([text.replace(" ", '"') for text in METADATA])))
@example(text=METADATA[0].replace("Version: 1.0", f"Version: {DIGITS}"))
@example(text=METADATA[0].replace("a>=1", f"a>={DIGITS}"))
@example(text=METADATA[0].replace("a>=1", "a; platform_machine ~= 'x'"))
@example(text=METADATA[0].replace("a>=1", "a; extra == 'y' and platform_machine ~= 'x'"))
@example(text=METADATA[0].replace("a>=1", "a @ http://[::1/a.whl"))
@example(text=METADATA[0].replace(">=3.9", f">={DIGITS}"))
def test_the_metadata_of_a_wheel_is_read_or_rejected(text):
    with tempfile.TemporaryDirectory() as directory:
        path = written(Path(directory), raw_zip(sound(described=text.encode("utf-8", "surrogatepass"))))
        roots = [Dependency("project.dependencies", Requirement("lib[y]"))]
        with suppress(HatchLambdaError):
            wheels = [verify_wheel(path, "")]
            list(missing_extras(roots, wheels, TARGET))
            validate(roots, wheels, TARGET, Resolution(()))


def described(text: str, directory: str = "shop-1.0.dist-info") -> bytes:
    """Return a zip with this description."""
    member = Raw(f"{directory}/lambda.json".encode(), text.encode("utf-8", "surrogatepass"), DEFLATED)
    files = [member, Raw(b"shop/api.py", b"def handler(event, context): ...\n", DEFLATED)]
    return raw_zip([*sound(), *files])


def look(content: bytes) -> None:
    """Do with a zip all that the commands do."""
    with tempfile.TemporaryDirectory() as directory:
        path = written(Path(directory), content, "x.zip")
        try:
            archive = read_zip(path)
            inspection = inspect(archive)
        except HatchLambdaError:
            return
        verify_records(archive)
        json.dumps([as_json(inspection), difference_json(Difference(inspection, inspection))])
        list(lines(inspection))
        list(tree_lines(archive.plan.entries, 9))
        list(difference_lines(Difference(inspection, inspection)))
        treemap_page(inspection, zip_suggestions(inspection)).encode()


@EXAMPLES
@given(content=st.one_of(crafted(), mutated(), st.builds(raw_zip, st.lists(mild_members(), max_size=5))))
def test_a_zip_is_inspected_or_rejected(content):
    look(content)


@EXAMPLES
@given(text=st.one_of(damaged(DESCRIPTIONS), replaced(DESCRIPTIONS)))
@example(text=DESCRIPTIONS[0].replace("shop.api.handler", "\\ud800.x"))
@example(text=DESCRIPTIONS[0].replace('"size": 1', f'"size": {DIGITS}'))
@example(text="[" * 5000)
def test_the_description_in_a_zip_is_used_or_ignored(text):
    look(described(text))


@EXAMPLES
@given(text=damaged(METADATA))
def test_the_metadata_in_a_zip_is_read_or_not(text):
    look(raw_zip(sound(described=text.encode("utf-8", "surrogatepass"))))


# What was found


def test_a_second_dist_info_by_way_of_the_data_directory_is_rejected(tmp_path):
    for scheme in ("purelib", "platlib", "data"):
        evil = Raw(f"lib-1.0.data/{scheme}/evil-2.0.dist-info/METADATA".encode(), b"Name: evil\nVersion: 2.0\n")

        with pytest.raises(WheelError) as caught:
            verify_wheel(written(tmp_path, raw_zip(sound(extra=[evil]))), "")

        assert caught.value.problems == (
            (
                "lib-1.0-py3-none-any.whl: expected one dist-info directory for lib 1.0, but found evil-2.0.dist-info, "
                "lib-1.0.dist-info; require another version, or report it to its maintainers [bad-wheel]"
            ),
        )


def test_a_tag_of_endless_digits_is_of_another_system(tmp_path):
    files = {
        "python/lib.py": "",
        "python/lib-1.0.dist-info/METADATA": "Name: lib\nVersion: 1.0\n",
        "python/lib-1.0.dist-info/WHEEL": f"Tag: cp313-cp313-manylinux_2_{DIGITS}_x86_64\n",
    }
    with zipfile.ZipFile(tmp_path / "layer.zip", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)

    found = inspect(read_zip(tmp_path / "layer.zip"), runtime="python3.13", architecture="x86_64")

    assert len(found.problems) == 1


def test_an_impossible_file_size_is_reported(tmp_path):
    text = LOCKS[0].replace("1000", f"0x{'F' * 5000}")

    found = select(parse_lock(text, "pylock.toml"), TARGET, "pylock.toml", base=tmp_path, root=tmp_path)

    assert found.unfit == {
        "lib": (
            "pylock.toml has lib 1.0, but the size of lib-1.0-py3-none-any.whl isn't possible; run 'hatch build -t "
            "lambda:lock'"
        )
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            LOCKS[0].replace('sys_platform == "linux"', 'sys_platform ~= "linux"'),
            (
                'pylock.toml: lib: its marker \'python_version >= "3.9" and sys_platform ~= "linux"\' can\'t be '
                "evaluated; run 'hatch build -t lambda:lock' [damaged-lock]"
            ),
        ),
        (
            LOCKS[0].replace("python_version ==", "os_name ==="),
            (
                'pylock.toml: its marker \'os_name === "3.13" and platform_machine == "x86_64"\' can\'t be '
                "evaluated; run 'hatch build -t lambda:lock' [damaged-lock]"
            ),
        ),
        (
            f"x = {'[' * 5000}",
            (
                "pylock.toml: not TOML (maximum recursion depth exceeded); run 'hatch build -t lambda:lock' "
                "[damaged-lock]"
            ),
        ),
    ],
)
def test_a_damaged_lock_is_reported_in_one_line(tmp_path, text, problem):
    with pytest.raises(ResolveError) as caught:
        select(parse_lock(text, "pylock.toml"), TARGET, "pylock.toml", base=tmp_path, root=tmp_path)

    assert caught.value.problems == (problem,)
