"""Write the lock file of the project in the current directory, whatever its build backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.cli import project

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the file is out of date")
    project.add_arguments(parser)


def run(options: Namespace) -> int:
    """Write or check the lock files, print what changed, and return 0; ends the program if that fails."""
    pyproject = project.read_project_file()
    if project.is_built_by_hatch(options, pyproject):
        from hatch_lambda.plugin.command import lock_with_hatch

        lock_with_hatch(pyproject, project.console_of(options), check=options.check)
        return 0
    with project.opened_run(options, pyproject, locking=True) as opened:
        opened.lock(check=options.check)
    return 0
