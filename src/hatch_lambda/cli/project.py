"""Finds out which project a command is for: one of Hatch, of another build backend, or with a requirements file."""

from __future__ import annotations

import os
import re
import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch_lambda.cli.console import CommandConsole
from hatch_lambda.cli.usage import usage_error
from hatch_lambda.config.table_names import FoundTable, find_table, value_at
from hatch_lambda.config.targets import VARIABLES
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ProjectError
from hatch_lambda.files.toml_file import load_toml
from hatch_lambda.project import PROJECT_FILE
from hatch_lambda.project_wheel import BackendProject
from hatch_lambda.requirements_project import RequirementsProject
from hatch_lambda.resolve.base import LOCK_COMMAND
from hatch_lambda.run.console import Reporter, prepare_streams
from hatch_lambda.run.project_run import ProjectRun, opened_wheelhouse, read_output
from hatch_lambda.run.settings import read_settings

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Mapping, Sequence

    from hatch_lambda.dependencies.wheelhouse import Wheelhouse

COMMAND_LINE = "command-line"
"""The address of options that are on the command line; messages have ``--`` instead."""

FUNCTION_OPTIONS = ("runtime", "architecture", "handler")
"""Options of the table that the command line can have if there is a requirements file."""

_WORDING = {
    re.escape(LOCK_COMMAND): "hatch-lambda lock",
    "-t lambda:lock(?= doesn't)": "hatch-lambda lock",
    "hatch -v build -t lambda": "hatch-lambda build -v",
    r"-t lambda:(?=\S)": "",
    r'use "hatch-lambda\[uv\]" in build-system\.requires': "install hatch-lambda[uv]",
}
"""How this command spells what messages name as Hatch's users write it."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that the commands for a project share."""
    parser.add_argument(
        "--requirements",
        type=Path,
        metavar="FILE",
        help="make the zip of the files in this directory and the packages in a requirements file or pyproject.toml",
    )
    parser.add_argument("--runtime", metavar="NAME", help="with --requirements: the runtime, such as python3.13")
    parser.add_argument("--architecture", metavar="NAME", help="with --requirements: x86_64 (the default) or arm64")
    parser.add_argument("--handler", metavar="NAME", help="with --requirements: the handler, such as module.function")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="print more; repeat it for pip's output")
    parser.add_argument("-q", "--quiet", action="count", default=0, help="print less")


def console_of(options: Namespace, wording: Mapping[str, str] | None = None) -> CommandConsole:
    """Return the console with the verbosity of the command line."""
    return CommandConsole(options.verbose - options.quiet, wording or {})


def read_project_file() -> Mapping[str, Any]:
    """Return the content of pyproject.toml, empty without one; raises ``ProjectError`` if it can't be read."""
    path = Path(PROJECT_FILE)
    return load_toml(path) if path.exists() else {}


def is_built_by_hatch(options: Namespace, pyproject: Mapping[str, Any]) -> bool:
    """Return whether Hatch's backend builds the project; raises ``UsageError`` for options that don't apply to one."""
    if options.requirements:
        return False
    for name in FUNCTION_OPTIONS:
        if getattr(options, name):
            variable = f", or set {VARIABLES[name]}" if name in VARIABLES else ""
            problem, fix = "applies only with --requirements", f"set {name} in pyproject.toml{variable}"
            raise usage_error(f"--{name}", problem, fix)
    return str(value_at(pyproject, "build-system.build-backend")).partition(".")[0] == "hatchling"


@contextmanager
def opened_run(
    options: Namespace, pyproject: Mapping[str, Any], directory: Path | None = None, *, locking: bool = False
) -> Iterator[ProjectRun]:
    """Yield the run for a project that Hatch doesn't build; errors in the block end the program with a message.

    ``directory`` is that of the zips, if the command line has one. ``locking`` is whether it writes lock files only.
    """
    prepare_streams()
    root = Path.cwd()
    reporter = Reporter(console_of(options, _wording(options)), root, os.environ)
    with reporter.ending():
        settings = read_settings(os.environ)
        table = _table(options, pyproject, root, locking=locking)
        output = root / (directory or read_output(table).directory)
        with opened_wheelhouse(root, os.environ, settings, reporter) as wheelhouse:
            yield ProjectRun(
                readable=_readable(options, pyproject, output, wheelhouse),
                table=table,
                directory=output,
                wheelhouse=wheelhouse,
                settings=settings,
                reporter=reporter,
                environ=os.environ,
                rebuild=lambda name: ["build", name, *_function_arguments(options), "--directory"],
            )


def _wording(options: Namespace) -> dict[str, str]:
    if not options.requirements:
        return _WORDING
    is_project_file = options.requirements.as_posix() == PROJECT_FILE
    return {
        **_WORDING,
        re.escape(LOCK_COMMAND): shlex.join(["hatch-lambda", "lock", *_function_arguments(options)]),
        rf"\b{COMMAND_LINE}\.lock\b": options.requirements.as_posix(),
        rf"\b{COMMAND_LINE}\.": "--",
        rf"{PROJECT_FILE} \[{COMMAND_LINE}\]": "the command line",
        **({} if is_project_file else {r"project\.dependencies": options.requirements.as_posix()}),
    }


def _function_arguments(options: Namespace) -> Sequence[str]:
    names = ("requirements", *FUNCTION_OPTIONS)
    return [f"--{name}={value}" for name in names if (value := getattr(options, name))]


def _readable(
    options: Namespace, pyproject: Mapping[str, Any], output: Path, wheelhouse: Wheelhouse
) -> BackendProject | RequirementsProject:
    root = wheelhouse.host.directory
    if options.requirements:
        return RequirementsProject(root, root / options.requirements, pyproject, output)
    problem = _backend_problem(root, pyproject)
    if problem:
        raise ProjectError(problem)
    return BackendProject(root, pyproject, wheelhouse.wheel_cache, wheelhouse.host, wheelhouse.step)


def _table(options: Namespace, pyproject: Mapping[str, Any], root: Path, *, locking: bool) -> FoundTable:
    """Return our table; with a requirements file, the options of the command line are added to it."""
    target = value_at(pyproject, "tool.hatch.build.targets.lambda")
    found = find_table(pyproject, target, hatch=False)
    if not options.requirements:
        return found
    readable = RequirementsProject(root, root / options.requirements, pyproject, root)
    given = {name: value for name in FUNCTION_OPTIONS if (value := getattr(options, name))}
    address = found.address if found.values else COMMAND_LINE
    implied = readable.implied_options(locking=locking)
    return FoundTable(address, {**implied, **found.values, **given}, found.host_keys)


def _backend_problem(root: Path, pyproject: Mapping[str, Any]) -> Diagnostic | None:
    """Return why no build backend can build the project; ``None`` if one can."""
    if value_at(pyproject, "build-system") is not None or (root / "setup.py").is_file():
        return None
    if not pyproject:
        listed = "requirements.txt" if (root / "requirements.txt").is_file() else "FILE"
        problem = "no such file in this directory"
        fix = f"run the command in a project's directory, or pass --requirements {listed}"
    elif value_at(pyproject, "tool.uv.workspace") is not None and value_at(pyproject, "project") is None:
        problem, fix = "the root of a workspace, which isn't a project", "run the command in the directory of a member"
    else:
        problem = "no build backend, because [build-system] isn't set"
        backend = 'requires = ["uv_build"] and build-backend = "uv_build"'
        fix = f"add it, for example with {backend}, or pass --requirements {PROJECT_FILE} to add all files here"
    return Diagnostic(code="no-build-backend", where=PROJECT_FILE, problem=problem, fix=fix)
