"""The command ``hatch-lambda``, which builds zips, and inspects, verifies, runs, and deploys existing ones.

Exit codes: 0 for success, 1 for a problem, 2 for wrong usage, 130 if interrupted. Results go to stdout, messages to
stderr. A command is a module in ``COMMANDS`` with ``add_arguments`` and ``run``; it is imported only when it is called.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

from hatch_lambda import __version__
from hatch_lambda.cli.output import discard_stdout, flush, open_closed_streams, print_error
from hatch_lambda.errors import HatchLambdaError

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "hatch-lambda"

COMMANDS = {
    "build": "build the zips of a project, whatever its build backend",
    "lock": "write the lock file of a project, or check it",
    "info": "show the runtime, packages, and sizes of a zip",
    "diff": "compare two zips",
    "verify": "check that a zip is undamaged and works on Lambda",
    "invoke": "run a function from its zip as Lambda does",
    "deploy": "deploy zips to Lambda functions and layers",
}
"""Each command, which is the name of its module, and its summary."""

_EXIT_CODES = "Exit codes: 0 success, 1 a problem, 2 wrong usage, 130 interrupted."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code; raises ``SystemExit`` with 2 for wrong usage."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # the console's encoding might lack characters of file names
    try:
        code = _run(given)
        flush()
    except HatchLambdaError as error:
        print_error(error)
        return error.exit_code
    except BrokenPipeError:  # the reader, such as head, has ended
        discard_stdout()
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _run(given: Sequence[str]) -> int:
    if not given or given[0] not in COMMANDS:
        _overall_parser().parse_args(given)  # prints help, version, or usage, and exits
    name = given[0]
    command = importlib.import_module(f"hatch_lambda.cli.{name}")
    parser = argparse.ArgumentParser(
        prog=f"{PROGRAM} {name}",
        description=command.__doc__,
        epilog=getattr(command, "EPILOG", _EXIT_CODES),
        allow_abbrev=False,
    )
    command.add_arguments(parser)
    code: int = command.run(parser.parse_args(given[1:]))
    return code


def _overall_parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<8}{what}" for name, what in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description=f"Build AWS Lambda zips, and inspect, run, and deploy those of any tool.\n\ncommands:\n{listed}",
        epilog=f"Run '{PROGRAM} COMMAND --help' for details.\n\n{_EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of the commands above")
    return parser
