"""Wheels whose file name and ``WHEEL`` file disagree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hatch_lambda.archive.plan import WheelContent
from hatch_lambda.checks.wheel_tags import check_wheel_tags
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.wheels.wheel import wheel_entries
from tests.support.make_wheel import make_wheel, renamed
from tests.support.samples import candidate, entry, plan, verified


@pytest.mark.parametrize(
    ("inside", "in_name", "shown"),
    [
        ("py3-none-any", "py3-none-manylinux1_x86_64", "py3-none-any"),
        ("cp313-cp313-linux_x86_64", "cp313-cp313-manylinux_2_17_x86_64", "cp313-cp313-linux_x86_64"),
        ("py3-none-any", "py2.py3-none-any", "py3-none-any"),
        (
            "py2.py3.cp313-none-any.linux_x86_64",
            "py3-none-any",
            "cp313-none-any, cp313-none-linux_x86_64, py2-none-any and 3 more",
        ),
    ],
)
def test_a_file_name_that_has_other_tags_than_the_wheel_file_is_a_warning(tmp_path, inside, in_name, shown):
    wheel = verified(renamed(make_wheel(tmp_path, "play", tag=inside), in_name))

    found = list(check_wheel_tags(candidate(plan(*wheel_entries(wheel, scripts_for=None)))))

    assert [(diagnostic.severity, str(diagnostic)) for diagnostic in found] == [
        (
            "warning",
            (
                f"play-1.0-{in_name}.whl: its WHEEL file has other tags ({shown}) than its file name; report it "
                "to the maintainers [tag-mismatch]"
            ),
        )
    ]


@pytest.mark.parametrize(
    ("inside", "in_name"), [("py2.py3-none-any", "py3.py2-none-any"), ("no tag", "py3-none-any"), ("", "py3-none-any")]
)
def test_tags_in_another_order_and_no_tags_at_all_do_not_disagree(tmp_path, inside, in_name):
    wheel = verified(renamed(make_wheel(tmp_path, "play", tag=inside), in_name))

    assert list(check_wheel_tags(candidate(plan(*wheel_entries(wheel, scripts_for=None))))) == []


def test_what_is_from_no_wheel_has_no_tags_to_disagree(tmp_path):
    wheel = verified(make_wheel(tmp_path, "play"))
    made = plan(*wheel_entries(wheel, scripts_for=None), entry("shop-0.1.0.dist-info/WHEEL", "Tag: py3-none-any"))
    zipped = wheel.path.rename(tmp_path / "play.zip")
    entries = [
        replace(found, content=replace(found.content, wheel=zipped, sha256=""))
        if isinstance(found.content, WheelContent)
        else found
        for found in made.entries
    ]

    assert list(check_wheel_tags(candidate(plan(*entries)))) == []


def test_the_wheel_file_is_read_once(tmp_path):
    wheel = verified(renamed(make_wheel(tmp_path, "play"), "py2-none-any"))
    made = replace(candidate(plan(*wheel_entries(wheel, scripts_for=None))), results=ResultCache(tmp_path / "memory"))
    first = list(check_wheel_tags(made))
    wheel.path.write_bytes(b"no zip any more")

    again = list(check_wheel_tags(replace(made, results=ResultCache(tmp_path / "memory"))))

    assert len(first) == 1
    assert again == first
