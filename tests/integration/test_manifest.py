"""The JSON report next to a zip, if the option asks for it."""

from __future__ import annotations

import json

from hatch_lambda.cli import main


def test_the_json_report_is_what_info_prints_about_the_zip(index, project, capsys):
    index.add("lib", "1.0")
    project.configure('manifest = true\nhandler = "shop.api.handler"', dependencies=["lib"])

    built = project.build()

    assert built.code == 0, built.output
    assert main(["info", "--json", str(built.archive)]) == 0
    written = built.archive.with_suffix(".json").read_text("ascii")
    assert written == capsys.readouterr().out
    assert [one["name"] for one in json.loads(written)["distributions"]] == ["lib", "shop"]


def test_without_the_option_nothing_is_next_to_the_zip(project):
    built = project.build()

    assert list(built.archive.parent.iterdir()) == [built.archive]


def test_cleaning_removes_the_json_report_with_its_zip_and_no_other_file(project):
    project.configure("manifest = true")
    directory = project.build().archive.parent
    other = project.write("dist/other.json", "{}")

    project.build("--clean-only")

    assert list(directory.iterdir()) == [other]


def test_cleaning_removes_the_temporary_json_report_of_a_killed_build(project):
    project.configure("manifest = true")
    archive = project.build().archive
    project.write(f"dist/.{archive.stem}.json.abc123.partial", "{")
    other = project.write("dist/.other.json.abc123.partial", "{")

    project.build("--clean-only")

    assert list(archive.parent.iterdir()) == [other]


def test_a_json_report_that_cannot_be_written_is_one_line(project):
    project.configure("manifest = true")
    archive = project.build().archive
    archive.with_suffix(".json").unlink()
    archive.with_suffix(".json").mkdir()

    built = project.build()

    path = archive.with_suffix(".json")
    assert built.code == 1
    assert built.output.splitlines()[-1] == (
        f"error: {path}: can't be written (Is a directory); fix that, and rebuild [write-failed]"
    )


def test_a_value_of_manifest_that_is_not_a_boolean_is_rejected(project):
    project.configure('manifest = "yes"')

    built = project.build()

    assert built.output == (
        "error: tool.hatch.build.targets.lambda.manifest: expected true or false, found 'yes'; write manifest = true "
        "[option-type]\n"
    )
