"""Build the zips of the project in the current directory, whatever its build backend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.cli import project

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="build name of a zip (default: all that are declared)")
    parser.add_argument("-d", "--directory", type=Path, metavar="DIR", help="directory for the zips (default: dist)")
    project.add_arguments(parser)


def run(options: Namespace) -> int:
    """Build the zips, print a report on each, and return 0; ends the program if that fails."""
    pyproject = project.read_project_file()
    if project.is_built_by_hatch(options, pyproject):
        from hatch_lambda.plugin.command import build_with_hatch

        build_with_hatch(pyproject, options.names, options.directory, project.console_of(options))
        return 0
    with project.opened_run(options, pyproject, options.directory) as opened:
        opened.build(options.names)
    return 0
