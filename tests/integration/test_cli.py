"""The command ``hatch-lambda``: its output and exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from hatch_lambda.checks import ZIP_CHECKS
from hatch_lambda.cli import COMMANDS, main
from hatch_lambda.runtime.runtimes import RUNTIMES
from tests.support.existing_zips import HANDLER, installed, our_zip, zip_of
from tests.support.make_wheel import metadata
from tests.support.permissions import run_without_root_permissions
from tests.support.zips import contents

NAMES = [runtime.name for runtime in RUNTIMES]

CHECKED = ", ".join(check.__name__.removeprefix("check_").replace("_", " ") for check in ZIP_CHECKS) + ", zipped"
"""The line of verify on what it checked."""

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
def test_an_invalid_command_line_ends_with_code_2_and_usage(capsys, arguments):
    code, out, err = run(capsys, *arguments)

    assert (code, out) == (2, "")
    assert err.startswith("usage: hatch-lambda")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(capsys, name):
    code, out, _ = run(capsys, name, "--help")

    assert code == 0
    assert out.startswith(f"usage: hatch-lambda {name}")


def test_the_version_is_printed(capsys):
    from hatch_lambda import __version__

    assert run(capsys, "--version") == (0, f"hatch-lambda {__version__}\n", "")


def test_the_command_can_print_to_another_stream_and_ends_with_code_130_if_interrupted(tmp_path):
    class Interrupted(io.StringIO):
        def write(self, _: str) -> int:
            raise KeyboardInterrupt

    path, stream = our_zip(tmp_path), io.StringIO()

    with redirect_stdout(stream):
        printed = main(["info", str(path)])
    with redirect_stdout(Interrupted()):
        interrupted = main(["info", str(path)])

    assert (printed, interrupted) == (0, 130)
    assert stream.getvalue().startswith(f"{path.name}: function\n")


def test_a_problem_is_one_line_on_stderr_and_code_1(capsys, tmp_path):
    path = tmp_path / "gone.zip"

    assert run(capsys, "info", path) == (
        1,
        "",
        f"error: {path}: file not found; build it first, or fix the path [file-not-found]\n",
    )


def test_a_name_in_a_zip_cannot_steer_the_terminal_by_way_of_a_problem(capsys, tmp_path):
    name = "lib/\x9b31m\u202e.py"
    path = zip_of(tmp_path, installed("lib", files={name: ""}, record=f"{name},sha256=other,0\n"))

    code, _, err = run(capsys, "verify", path)

    line = (
        "error: lib/\\x9b31m\\u202e.py: doesn't match its hash in lib-1.0.dist-info/RECORD; rebuild the zip, or "
        "download it again [record-mismatch]\n"
    )
    assert (code, err) == (1, line)


def test_a_closed_output_pipe_prints_no_traceback(tmp_path):
    path = zip_of(tmp_path, {f"folder{number}/{'x' * 200}": "" for number in range(2000)})
    process = subprocess.Popen([*MODULE, "info", "--json", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    assert process.stderr

    process.stdout.close()

    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("files", [1, 2000])
def test_an_output_that_cannot_be_written_is_one_line(tmp_path, files):
    path = zip_of(tmp_path, {f"folder{number}/{'x' * 200}": "" for number in range(files)})

    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*MODULE, "info", "--json", path], stdout=full, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, done.stderr) == (
        1,
        (
            b"error: standard output: can't be written (No space left on device); redirect it to another file "
            b"[output-not-written]\n"
        ),
    )


@pytest.mark.skipif(os.name != "posix", reason="needs devices and pipes")
@pytest.mark.parametrize("command", [["info"], ["verify"], ["diff", "a.zip"], ["deploy", "--function=f"]])
@pytest.mark.parametrize("kind", ["device", "pipe"])
def test_a_file_that_is_not_regular_is_rejected_before_it_is_read(tmp_path, command, kind):
    zip_of(tmp_path, {"a": ""}, "a.zip")
    path = tmp_path / "fifo" if kind == "pipe" else Path("/dev/zero")
    if kind == "pipe":
        os.mkfifo(path)
    little = 'ulimit -v 2000000; exec "$@"'  # or the memory of the machine might go

    done = subprocess.run(
        ["bash", "-c", little, "bash", *MODULE, *command, path],
        cwd=tmp_path,
        env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[0] == f"error: {path}: not a regular file; pass the path of a zip [special-file]"


@pytest.mark.parametrize("command", ["info", "verify"])
def test_a_zip_without_read_permission_is_rejected_with_that_reason(tmp_path, command):
    path = zip_of(tmp_path, {"a": ""}, "a.zip")
    path.chmod(0)

    done = run_without_root_permissions([*MODULE, command, path])

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {path}: can't be read (Permission denied); fix its permissions [unreadable-file]\n"


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
    assert not {"hatchling", "packaging", "pathspec", "zipfile", "hatch_lambda.archive.read", "boto3"} & modules


# info


def test_info_shows_why_a_package_is_in_a_zip(capsys, tmp_path):
    files = {**installed("app"), **installed("lib"), "app-1.0.dist-info/METADATA": metadata("app", "1.0", ["lib>=1"])}

    code, out, err = run(capsys, "info", zip_of(tmp_path, files), "--why=lib", "--runtime=python3.13")

    assert (code, out, err) == (0, "lib 1.0\n  required by app 1.0, as lib>=1\n", "")


def test_info_shows_the_target_and_the_contents_of_a_zip_of_ours(capsys, tmp_path):
    path = our_zip(tmp_path)
    size = path.stat().st_size

    code, out, err = run(capsys, "info", path)

    assert (code, err) == (0, "")
    shown = re.sub(r"(sha256 {8}|CodeSha256 {4}).*", r"\1…", out)
    shown = re.sub(r"\([\d,]+ bytes, ", "(… bytes, ", shown)
    shown = re.sub(r" +[\d.]+ (?:bytes|KiB)", "  N", shown)
    assert shown == (
        "shop.zip: function\n"
        "  runtime       python3.13\n"
        "  architecture  x86_64\n"
        "  handler       shop.api.handler\n"
        "  zipped  N (… bytes, 0.0% of the direct upload limit)\n"
        "  unzipped  N (… bytes, 0.0% of Lambda's limit)\n"
        "  sha256        …\n"
        "  CodeSha256    …\n"
        "\n"
        "                 zipped   unzipped  files\n"
        "  shop 0.1.0  N  N      4\n"
        "  lib 1.0  N  N      4\n"
        "  all files  N  N      8\n"
    )
    assert f"({size:,} bytes" in out


def test_info_prints_the_errors_and_warnings_of_the_checks(capsys, tmp_path):
    code, out, err = run(capsys, "info", our_zip(tmp_path, handler="shop.api.handle"))

    assert code == 0
    assert "shop.api.handle'" not in out
    assert err == (
        "error: handler 'shop.api.handle': shop/api.py doesn't define 'handle'; did you mean 'handler'? "
        "[handler-not-found]\n"
    )


def test_the_json_of_info_has_messages_with_their_codes(capsys, tmp_path):
    code, out, err = run(capsys, "info", "--json", our_zip(tmp_path, handler="shop.api.handle"))

    assert (code, err) == (0, "")
    assert json.loads(out)["problems"] == [
        "handler 'shop.api.handle': shop/api.py doesn't define 'handle'; did you mean 'handler'? [handler-not-found]"
    ]


def test_info_shows_warnings_after_the_description_on_stderr(capsys, tmp_path):
    path = zip_of(tmp_path, {"app.py": HANDLER, "queue.py": ""})

    code, out, err = run(capsys, "info", path, "--handler", "app.handler")

    assert (code, "warning" in out) == (0, False)
    assert err == (
        "warning: queue.py: hides the standard library's 'queue' module on Lambda; exclude it with exclude-files = "
        '["/queue.py"] [shadows-stdlib]\n'
    )


@pytest.mark.parametrize("arguments", [["--help"], ["info", "--help"], ["verify", "--help"], ["diff", "--help"]])
def test_help_has_the_exit_codes(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    lines = capsys.readouterr().out.splitlines()
    assert (caught.value.code, lines[-1]) == (0, "Exit codes: 0 success, 1 a problem, 2 wrong usage, 130 interrupted.")


def test_info_shows_what_zips_of_other_tools_do_not_contain(capsys, tmp_path):
    tag = "cp312-cp312-manylinux_2_28_aarch64"
    path = zip_of(tmp_path, {"app.py": HANDLER, **installed("native", tag=tag)})

    _, out, _ = run(capsys, "info", path)

    assert out.splitlines()[1:4] == [
        "  runtime       python3.12 (from native code)",
        "  architecture  arm64 (from native code)",
        "  handler       unknown",
    ]
    assert "  (no package)   43 bytes   46 bytes      1\n" in out


def test_info_as_json_contains_every_number(capsys, tmp_path):
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
def test_info_is_not_misled_by_a_forged_description(capsys, tmp_path, said):
    described = {"schema": 1, "kind": "function", "runtime": "nodejs", **said}
    path = zip_of(tmp_path, {**installed("shop"), "shop-1.0.dist-info/lambda.json": json.dumps(described)})

    code, out, _ = run(capsys, "info", path, "--json")

    assert code == 0
    assert (json.loads(out)["runtime"], json.loads(out)["architecture"]) == (None, None)


def test_info_shows_the_sizes_in_a_zip(capsys, tmp_path):
    path = zip_of(tmp_path, {"lib/big.so": bytes(3 << 20), "app.py": "", "lib/\x7f\u202e": ""})

    code, out, _ = run(capsys, "info", path, "--tree", "--depth", "2")

    assert (code, out.splitlines()) == (
        0,
        [
            "     3.0 MiB  /",
            "     3.0 MiB  ├─ lib/",
            "     3.0 MiB  │  ├─ big.so",
            "     0 bytes  │  └─ \\x7f\\u202e",
            "     0 bytes  └─ app.py",
        ],
    )


@pytest.mark.parametrize("depth", ["0", "-1", "many"])
def test_an_invalid_depth_ends_with_usage(capsys, depth):
    code, _, err = run(capsys, "info", "a.zip", "--tree", "--depth", depth)

    assert code == 2
    assert f"argument --depth: expected a whole number above 0; found {depth!r}" in err


def test_a_depth_without_a_tree_is_an_error(capsys, tmp_path):
    assert run(capsys, "info", zip_of(tmp_path, {"app.py": ""}), "--depth", "3") == (
        2,
        "",
        "error: --depth: has no effect without --tree; add --tree, or remove --depth [command-line]\n",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--json", "--why=lib"], "--json: isn't available with --why"),
        (["--tree", "--json"], "--json: isn't available with --tree"),
        (["--tree", "--html=a.html", "--sbom=a.json"], "--tree: isn't available with --html"),
        (["--why=lib", "--sbom=a.json"], "--why: isn't available with --sbom"),
    ],
)
def test_info_prints_one_thing_and_no_option_is_ignored(capsys, tmp_path, arguments, message):
    error = f"error: {message}; remove one of them [command-line]\n"

    assert run(capsys, "info", zip_of(tmp_path, {"app.py": ""}), *arguments) == (2, "", error)


# diff


def test_diff_ends_with_0_unless_exit_code_is_set(capsys, tmp_path):
    old, new = our_zip(tmp_path, "a.zip"), our_zip(tmp_path, "b.zip", libraries={"lib": "1.1"})

    plain, asked = run(capsys, "diff", old, new), run(capsys, "diff", old, new, "--exit-code")

    assert (plain[0], asked[0], plain[1]) == (0, 1, asked[1])
    assert "  ~ lib" in plain[1]


def test_diff_of_the_same_bytes_ends_with_0(capsys, tmp_path):
    path = our_zip(tmp_path)

    assert run(capsys, "diff", path, path, "--exit-code") == (0, "shop.zip -> shop.zip\n  the same bytes\n", "")


def test_diff_as_json_has_the_same_content(capsys, tmp_path):
    old, new = our_zip(tmp_path, "a.zip"), our_zip(tmp_path, "b.zip", libraries={})

    code, out, _ = run(capsys, "diff", old, new, "--json", "--exit-code")

    assert code == 1
    changes = {change["name"]: change["change"] for change in json.loads(out)["changes"]}
    assert changes == {"lib": "removed", "shop": "files"}


# verify


def test_verify_prints_what_it_verified(capsys, tmp_path):
    assert run(capsys, "verify", our_zip(tmp_path)) == (
        0,
        (
            "shop.zip: function\n"
            "  8 files match their checksums\n"
            "  6 files compared with the hashes in 2 RECORDs\n"
            f"  checked for python3.13 on x86_64: {CHECKED}\n"
            "  no problems found\n"
        ),
        "",
    )


def test_verify_ends_with_all_problems(capsys, tmp_path):
    files = {**contents(our_zip(tmp_path)), "shop/api.py": b"x = 1\n"}

    code, out, err = run(capsys, "verify", zip_of(tmp_path, files))

    assert code == 1
    assert "no problems found" not in out
    assert err.splitlines() == [
        (
            "error: shop/api.py: doesn't match its hash in shop-0.1.0.dist-info/RECORD; rebuild the zip, or "
            "download it again [record-mismatch]"
        ),
        "error: handler 'shop.api.handler': shop/api.py doesn't define 'handler'; choose from 'x' [handler-not-found]",
    ]


def test_verify_checks_for_the_target_that_is_given(capsys, tmp_path):
    path = zip_of(tmp_path, {"app.py": HANDLER})
    given = ("--runtime", "python3.12", "--architecture", "arm64", "--handler", "app.main")

    code, out, err = run(capsys, "verify", path, *given)

    assert (code, err) == (
        1,
        ("error: handler 'app.main': app.py doesn't define 'main'; did you mean 'handler'? [handler-not-found]\n"),
    )
    assert out.splitlines()[3] == f"  checked for python3.12 on arm64: {CHECKED}"


def test_verify_prints_the_target_of_a_zip_without_a_description(capsys, tmp_path):
    _, out, _ = run(capsys, "verify", zip_of(tmp_path, {"app.py": HANDLER}))

    assert out.splitlines()[3] == (
        f"  checked for python3.14 on x86_64 (assumed; pass --runtime and --architecture): {CHECKED}"
    )


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        (
            "--runtime",
            "nodejs",
            f"error: --runtime: unknown runtime 'nodejs'; choose from {', '.join(reversed(NAMES))} [unknown-runtime]",
        ),
        (
            "--architecture",
            "arm",
            (
                "error: --architecture: unknown architecture 'arm'; did you mean 'arm64'? choose from x86_64, arm64 "
                "[unknown-architecture]"
            ),
        ),
    ],
)
def test_a_target_that_does_not_exist_is_rejected(capsys, tmp_path, option, value, message):
    assert run(capsys, "verify", our_zip(tmp_path), option, value) == (1, "", f"{message}\n")


def test_a_runtime_that_the_table_lacks_can_be_given(capsys, tmp_path):
    code, out, _ = run(capsys, "info", our_zip(tmp_path), "--runtime", "python3.99")

    assert code == 0
    assert "  runtime       python3.99\n" in out


# Layers


def layered(directory: Path) -> tuple[Path, Path]:
    """Write a function whose handler is in its layer, and the layer."""
    described = {"schema": 1, "kind": "function", "name": "shop", "version": "0.1.0", "layers": ["base"]}
    about = {"runtime": "python3.13", "architecture": "x86_64", "handler": "base.handler"}
    function = {"hatch-lambda/shop-function.json": json.dumps({**described, **about}), "app.py": ""}
    files = {"base/__init__.py": HANDLER}
    return zip_of(directory, function, "f.zip"), zip_of(
        directory, installed("base", files=files, root="python/"), "l.zip"
    )


def test_a_function_is_checked_with_the_layers_that_are_named(capsys, tmp_path):
    function, layer = layered(tmp_path)

    sound = run(capsys, "verify", function, "--layer", layer)
    broken = run(capsys, "verify", function, "--layer", layer, "--handler", "base.main")

    assert (sound[0], sound[1].splitlines()[-1]) == (0, "  no problems found")
    assert (broken[0], broken[2]) == (
        1,
        (
            "error: handler 'base.main': python/base/__init__.py doesn't define 'main'; did you mean 'handler'? "
            "[handler-not-found]\n"
        ),
    )


def test_without_its_layers_a_functions_handler_is_not_checked(capsys, tmp_path):
    function, _ = layered(tmp_path)

    code, _, err = run(capsys, "verify", function)

    assert code == 0
    assert err == (
        "warning: f.zip: handler and imports weren't checked without its layers; pass each with --layer ZIP "
        "[unchecked]\n"
    )


def test_with_some_of_its_layers_a_functions_handler_is_not_checked(capsys, tmp_path):
    _, layer = layered(tmp_path)
    described = {"schema": 1, "kind": "function", "handler": "more.handler", "layers": ["base", "more"]}
    function = zip_of(tmp_path, {"hatch-lambda/shop.json": json.dumps(described)})

    code, _, err = run(capsys, "verify", function, "--layer", layer)

    assert code == 0
    assert err == (
        f"warning: {function.name}: handler and imports weren't checked without all of its layers; pass each with "
        "--layer ZIP [unchecked]\n"
    )


def test_files_of_a_project_whose_dist_info_lies_in_a_layer_are_its_own(capsys, tmp_path):
    function, _ = layered(tmp_path)

    _, out, _ = run(capsys, "info", function)

    assert "  layers        base\n" in out
    assert "  shop 0.1.0 " in out
