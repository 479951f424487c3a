"""The command ``hatch-lambda``: what it writes where, and its exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from hatch_lambda.cli import COMMANDS, main
from tests.support.finished import HANDLER, installed, our_zip, zip_of

MODULE = (sys.executable, "-m", "hatch_lambda")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run the command and return its exit code and what it wrote to stdout and stderr."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as end:
        code = int(end.code or 0)
    written = capsys.readouterr()
    return code, written.out, written.err


# The program


@pytest.mark.parametrize("arguments", [[], ["fly"], ["info"], ["info", "a.zip", "--bogus"]])
def test_a_command_line_that_is_none_ends_with_code_2_and_usage(capsys, arguments):
    code, out, err = run(capsys, *arguments)

    assert (code, out) == (2, "")
    assert err.startswith("usage: hatch-lambda")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(capsys, name):
    code, out, _ = run(capsys, name, "--help")

    assert code == 0
    assert out.startswith(f"usage: hatch-lambda {name}")


def test_the_version_is_told(capsys):
    from hatch_lambda import __version__

    assert run(capsys, "--version") == (0, f"hatch-lambda {__version__}\n", "")


def test_a_problem_is_one_line_on_stderr_and_code_1(capsys, tmp_path):
    path = tmp_path / "gone.zip"

    assert run(capsys, "info", path) == (1, "", f"{path}: there is no such file\n")


def test_a_reader_that_has_seen_enough_gets_no_traceback(tmp_path):
    path = zip_of(tmp_path, {f"folder{number}/{'x' * 200}": "" for number in range(2000)})
    process = subprocess.Popen([*MODULE, "info", "--json", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    assert process.stderr

    process.stdout.close()

    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


def test_a_console_of_few_letters_shows_the_others_escaped(tmp_path, environ):
    path = zip_of(tmp_path, installed("lib"), "日本.zip")

    done = subprocess.run(
        [*MODULE, "info", path], env={**environ, "PYTHONIOENCODING": "cp1252"}, capture_output=True, check=True
    )

    assert done.stdout.splitlines()[0] == rb"\u65e5\u672c.zip: function"


def test_the_command_starts_without_what_only_other_commands_need():
    script = "import sys, hatch_lambda.cli; print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    modules = set(done.stdout.split())
    assert "hatch_lambda.cli" in modules
    assert not {"hatchling", "packaging", "pathspec", "zipfile", "hatch_lambda.finished", "boto3"} & modules


# info


def test_info_tells_what_a_zip_of_ours_is_for_and_what_is_in_it(capsys, tmp_path):
    path = our_zip(tmp_path)
    size = path.stat().st_size

    code, out, err = run(capsys, "info", path)

    assert (code, err) == (0, "")
    shown = re.sub(r"(sha256 {8}|CodeSha256 {4}).*", r"\1…", out)
    shown = re.sub(r"\([\d,]+ bytes, ", "(… bytes, ", shown)
    assert shown == (
        "shop.zip: function\n"
        "  runtime       python3.13\n"
        "  architecture  x86_64\n"
        "  handler       shop.api.handler\n"
        "  zipped        0.0 MiB (… bytes, 0.0% of what Lambda takes directly)\n"
        "  unzipped      0.0 MiB (… bytes, 0.0% of Lambda's limit)\n"
        "  sha256        …\n"
        "  CodeSha256    …\n"
        "\n"
        "               zipped  unzipped  files\n"
        "  shop 0.1.0  0.0 MiB   0.0 MiB      4\n"
        "  lib 1.0     0.0 MiB   0.0 MiB      4\n"
        "  all files   0.0 MiB   0.0 MiB      8\n"
    )
    assert f"({size:,} bytes" in out


def test_info_tells_problems_and_warnings_as_the_checks_word_them(capsys, tmp_path):
    code, out, _ = run(capsys, "info", our_zip(tmp_path, handler="shop.api.handle"))

    assert code == 0
    assert out.splitlines()[-1] == (
        "  problem: handler 'shop.api.handle': shop/api.py defines no 'handle'; did you mean 'handler'?"
    )


def test_info_says_what_others_zips_do_not_tell(capsys, tmp_path):
    tag = "cp312-cp312-manylinux_2_28_aarch64"
    path = zip_of(tmp_path, {"app.py": HANDLER, **installed("native", tag=tag)})

    _, out, _ = run(capsys, "info", path)

    assert out.splitlines()[1:4] == [
        "  runtime       python3.12 (from its native code)",
        "  architecture  arm64 (from its native code)",
        "  handler       not said",
    ]
    assert "  (no distribution)  0.0 MiB   0.0 MiB      1\n" in out


def test_info_as_json_holds_every_number(capsys, tmp_path):
    path = our_zip(tmp_path)

    _, out, _ = run(capsys, "info", path, "--json")

    found = json.loads(out)
    assert (found["schema"], found["file"], found["kind"]) == (1, "shop.zip", "function")
    assert (found["runtime"], found["architecture"], found["target-source"]) == ("python3.13", "x86_64", "lambda.json")
    assert found["zipped"] == path.stat().st_size
    assert [(one["name"], one["wheel"], one["project"]) for one in found["distributions"]] == [
        ("lib", "lib-1.0-py3-none-any.whl", False),
        ("shop", None, True),
    ]
    assert sum(one["unzipped"] for one in found["distributions"]) == found["unzipped"]
    assert found["unowned"] == {"zipped": 0, "unzipped": 0, "files": 0}


@pytest.mark.parametrize("said", [{"architecture": "abacus"}, {"runtime": 5}, {"distributions": [1, {"name": []}]}])
def test_info_is_not_misled_by_a_description_that_somebody_wrote(capsys, tmp_path, said):
    described = {"schema": 1, "kind": "function", "runtime": "nodejs", **said}
    path = zip_of(tmp_path, {**installed("shop"), "shop-1.0.dist-info/lambda.json": json.dumps(described)})

    code, out, _ = run(capsys, "info", path, "--json")

    assert code == 0
    assert (json.loads(out)["runtime"], json.loads(out)["architecture"]) == (None, None)
