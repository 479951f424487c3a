"""``hatch-lambda build --requirements FILE`` in a directory that isn't a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import zips
from tests.support.programs import run_module

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

HANDLER = "import base\n\n\ndef lambda_handler(event, context):\n    return base.__name__\n"
NAME = "my_function-lambda-python3.13-x86_64.zip"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with the handler of AWS's console, and a requirements file."""
    directory = tmp_path / "my function"
    directory.mkdir()
    (directory / "lambda_function.py").write_text(HANDLER)
    (directory / "requirements.txt").write_text("base>=1  # a comment\n")
    return directory


@pytest.fixture
def command(root, environ) -> Command:
    """Return a function that runs our command in the directory with its requirements file."""

    def run(*arguments: str, requirements: str = "requirements.txt") -> subprocess.CompletedProcess[str]:
        command, *rest = arguments
        options = [f"--requirements={requirements}", *rest]
        return run_module("hatch_lambda", command, *options, cwd=root, environ=environ)

    return run


def test_the_directory_and_its_requirements_are_the_zip(index, root, command):
    index.add("base")
    (root / ".gitignore").write_text("ignored.py\nnotes/\n")
    for path in (
        *("data/table.json", "helper.py", "requirements-dev.txt"),
        *(".env", ".git/config", "__pycache__/helper.pyc", "dist/old.py", "env/pyvenv.cfg", "env/lib.py", "ignored.py"),
        *("node_modules/a.js", "notes/n.txt", "old.pyc", "package.zip", "poetry.lock"),
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()

    done = command("build", "--runtime=python3.13")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == [
        f"dist/{NAME}",
        "  python3.13 on x86_64, handler lambda_function.lambda_handler",
    ]
    assert zips.names(root / "dist" / NAME) == [
        "base-1.0.dist-info/METADATA",
        "base-1.0.dist-info/RECORD",
        "base-1.0.dist-info/WHEEL",
        "base/__init__.py",
        "data/table.json",
        "helper.py",
        "lambda_function.py",
        "my_function-0.dist-info/METADATA",
        "my_function-0.dist-info/RECORD",
        "my_function-0.dist-info/lambda.json",
        "requirements-dev.txt",
    ]


def test_options_are_in_a_table_or_on_the_command_line(index, root, command):
    index.add("base")
    (root / "pyproject.toml").write_text(
        '[project]\nname = "Orders"\nversion = "2.0"\n'
        '[tool.hatch-lambda]\nruntime = "python3.12"\nhandler = "app.run"\ndirectory = "out"\n'
    )
    (root / "app.py").write_text("def run(event, context):\n    pass\n\n\ndef other(event, context):\n    pass\n")

    done = command("build", "layer", "function", "--architecture=arm64", "--handler=app.other")

    function, layer = (f"orders-2.0-lambda{kind}-python3.12-arm64.zip" for kind in ("", "_layer"))
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in done.stdout.splitlines() if line.startswith(("out", "  python"))] == [
        f"out/{layer}",
        "  python3.12 on arm64",
        f"out/{function}",
        "  python3.12 on arm64, handler app.other",
    ]
    assert zips.files(root / "out" / function) == ["app.py", "base/__init__.py", "lambda_function.py"]
    assert [name for name in zips.names(root / "out" / layer) if name.endswith(".py")] == ["python/base/__init__.py"]


def test_a_file_with_hashes_is_the_lock_file(index, root, command):
    locked = index.add("base")
    index.add("base", "2.0")
    (root / "requirements.txt").write_text(f"base==1.0 --hash=sha256:{zips.sha256(locked.read_bytes())}\n")

    built = command("build", "--runtime=python3.13")
    refused = command("lock", "--runtime=python3.13")

    assert (built.returncode, zips.distributions(root / "dist" / NAME)) == (0, ["base 1.0"])
    assert (refused.returncode, refused.stderr) == (
        1,
        (
            "error: requirements.txt: hatch-lambda lock doesn't write the format of 'requirements.txt'; update the "
            'file with its own tool, or set lock = "pylock.lambda.toml" [unsupported-lock]\n'
        ),
    )


def test_a_uv_lock_is_not_for_a_requirements_file(index, root, command):
    index.add("base")
    (root / "requirements.txt").write_text("base\n")
    (root / "uv.lock").write_text("version = 1\n")

    built = command("build", "--runtime=python3.13")
    locked = command("lock", "--runtime=python3.13")
    again = command("build", "--runtime=python3.13")

    assert [done.stderr for done in (built, locked, again)] == ["", "", ""]
    assert ["  locked by pylock.lambda.toml" in done.stdout for done in (built, again)] == [False, True]


def test_other_files_are_included_and_constrain_the_versions(index, root, command):
    for version in ("1.0", "1.5", "2.0"):
        index.add("base", version)
    index.add("more")
    (root / "constraints.txt").write_text("base<2\n")
    (root / "reqs").mkdir()
    (root / "reqs/more.txt").write_text("-r ../requirements.txt\nmore \\\n  ==1.0\n")
    (root / "requirements.txt").write_text("-c constraints.txt\nbase\n--requirement=reqs/more.txt\n")

    done = command("build", "--runtime=python3.13")

    assert (done.returncode, done.stderr) == (0, "")
    assert zips.distributions(root / "dist" / NAME) == ["base 1.5", "more 1.0"]


def test_the_lock_command_in_messages_has_the_options(index, root, command):
    index.add("base")
    options = ["--runtime=python3.13", "--architecture=arm64"]
    command("lock", *options)
    (root / "requirements.txt").write_text("base>=1\nmore\n")

    refused = command("build", *options)

    assert (refused.returncode, refused.stderr) == (
        1,
        (
            "error: pylock.lambda.toml: out of date, because it doesn't contain more and requirements.txt requires "
            "more; run 'hatch-lambda lock --requirements=requirements.txt --runtime=python3.13 --architecture=arm64' "
            "[lock-out-of-date]\n"
        ),
    )


def test_the_requirements_can_be_those_of_a_pyproject_without_a_build_backend(index, root, command):
    for name in ("base", "more"):
        index.add(name)
    text = '[project]\nname = "shop"\nversion = "1.0"\ndependencies = ["base>=1"]\n[dependency-groups]\nx = ["more"]\n'
    (root / "pyproject.toml").write_text(
        f'{text}[tool.hatch-lambda]\nruntime = "python3.13"\ndependency-groups = ["x"]\n'
    )

    built = command("build", requirements="pyproject.toml")
    (root / "pyproject.toml").write_text(text.replace("base>=1", "base>=3"))
    unresolved = command("build", "--runtime=python3.13", requirements="pyproject.toml")
    (root / "pyproject.toml").write_text(text.replace("base>=1", "base=>1"))
    refused = command("build", "--runtime=python3.13", requirements="pyproject.toml")

    archive = root / "dist/shop-1.0-lambda-python3.13-x86_64.zip"
    assert (built.returncode, built.stderr) == (0, "")
    assert zips.distributions(archive) == ["base 1.0", "more 1.0"]
    assert unresolved.stderr == (
        "error: project.dependencies: no release of base satisfies base>=3 (the newest is 1.0); loosen the requirement "
        "[no-release]\n"
    )
    assert refused.stderr == (
        "error: project.dependencies #1: 'base=>1' isn't a requirement; write it as NAME>=VERSION or NAME @ URL "
        "[metadata]\n"
    )


NO_INDEX = (
    "is a setting of pip, which the build reads from variables and pip's configuration; remove it, and set "
    "PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, or PIP_FIND_LINKS [metadata]\n"
)
SECRET = "--extra-index-url https://****@host.example/simple"
NO_OPTION = "is an option of pip, which the build doesn't have; write the line as a requirement [metadata]\n"
NO_REQUIREMENT = "isn't a requirement; write it as NAME>=VERSION or NAME @ URL [metadata]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "--extra-index-url https://u:p@host.example/simple\n",
            f"{SECRET!r} {NO_INDEX}",
        ),
        ("-f wheels\n-e .\n", f"'-f wheels' {NO_INDEX}error: requirements.txt: '-e .' {NO_OPTION}"),
        ("./lib\nbase=1\n", f"'./lib' {NO_REQUIREMENT}error: requirements.txt: 'base=1' {NO_REQUIREMENT}"),
    ],
)
def test_lines_that_are_not_requirements_are_rejected(root, command, text, message):
    (root / "requirements.txt").write_text(text)

    done = command("build", "--runtime=python3.13")

    assert (done.returncode, done.stderr) == (1, f"error: requirements.txt: {message}")


def test_files_that_cannot_be_read_are_rejected(root, command):
    (root / "requirements.txt").write_text("-r more.txt\n")

    missing, included = command("build", requirements="requirement.txt"), command("build")

    assert missing.stderr == (
        "error: requirement.txt: can't be read (No such file or directory); pass an existing file to --requirements "
        "[unreadable-file]\n"
    )
    assert included.stderr == (
        "error: more.txt: can't be read (No such file or directory) (included by requirements.txt); correct the line "
        "[unreadable-file]\n"
    )


def test_options_of_the_command_line_are_checked(root, command):
    (root / "lambda_function.py").write_text("def run(event, context):\n    pass\n")

    found = [command("build"), command("build", "--runtime=py313", "--architecture=arm")]

    assert [done.stderr for done in found] == [
        (
            "error: --runtime: not set, and requires-python doesn't determine it; choose python3.14, python3.13, "
            "python3.12, or python3.11 [runtime-not-set]\n"
        ),
        (
            "error: the command line has 2 problems:\n"
            "  runtime: unknown runtime 'py313'; did you mean 'python3.13'? [unknown-runtime]\n"
            "  architecture: unknown architecture 'arm'; did you mean 'arm64'? [unknown-architecture]\n"
        ),
    ]
