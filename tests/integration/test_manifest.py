"""The description of an archive that is written beside it, where that is asked for."""

from __future__ import annotations

import json

from hatch_lambda.cli import main


def test_the_manifest_is_what_info_tells_of_the_archive(index, project, capsys):
    index.add("lib", "1.0")
    project.configure('manifest = true\nhandler = "shop.api.handler"', dependencies=["lib"])

    built = project.build()

    assert built.code == 0, built.output
    assert main(["info", "--json", str(built.archive)]) == 0
    written = built.archive.with_suffix(".json").read_text("ascii")
    assert written == capsys.readouterr().out
    assert [one["name"] for one in json.loads(written)["distributions"]] == ["lib", "shop"]


def test_without_the_option_nothing_stands_beside_the_archive(project):
    built = project.build()

    assert list(built.archive.parent.iterdir()) == [built.archive]


def test_cleaning_removes_the_manifest_with_its_archive_and_no_other_file(project):
    project.configure("manifest = true")
    directory = project.build().archive.parent
    other = project.write("dist/other.json", "{}")

    project.build("--clean-only")

    assert list(directory.iterdir()) == [other]


def test_cleaning_removes_what_a_killed_build_left_of_the_manifest(project):
    project.configure("manifest = true")
    archive = project.build().archive
    project.write(f"dist/.{archive.stem}.json.abc123.partial", "{")
    other = project.write("dist/.other.json.abc123.partial", "{")

    project.build("--clean-only")

    assert list(archive.parent.iterdir()) == [other]


def test_a_manifest_that_cannot_be_written_is_said_in_one_line(project):
    project.configure("manifest = true")
    archive = project.build().archive
    archive.with_suffix(".json").unlink()
    archive.with_suffix(".json").mkdir()

    built = project.build()

    path = archive.with_suffix(".json")
    assert built.code == 1
    assert built.output.splitlines()[-1] == (
        f"{path}: cannot be written; Is a directory; see to that, then build again"
    )


def test_a_manifest_that_is_neither_wanted_nor_not_is_refused(project):
    project.configure('manifest = "yes"')

    built = project.build()

    assert built.output == (
        "error: tool.hatch.build.targets.lambda.manifest: expected true or false, found 'yes'; write manifest = true "
        "[option-type]\n"
    )
