"""The command ``hatch-lambda``: what can be done with a finished zip.

Exit codes: 0 if all is well, 1 for a problem, 2 for a command line that is none. What was asked for goes to stdout,
problems go to stderr. A command is a module with ``add_arguments`` and ``run``, named in ``COMMANDS``, and is imported
only when it is called.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

from hatch_lambda import __version__
from hatch_lambda.cli.output import discard_stdout, flush, open_closed_streams, say_error
from hatch_lambda.errors import HatchLambdaError

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "hatch-lambda"

COMMANDS = {
    "info": "what a zip was made for, what is in it, and what fills it",
    "diff": "what changed from one zip to another",
    "verify": "whether a zip is sound and fit for Lambda",
    "deploy": "brings zips to AWS: code of functions, versions, aliases, layers",
}
"""Each command, the name of its module here, with what it shows."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code; raises ``SystemExit`` with 2 for arguments that it does not know."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a console may lack the letters of a file's name
    try:
        code = _run(given)
        flush()
    except HatchLambdaError as error:
        say_error(error)
        return error.exit_code
    except BrokenPipeError:  # the reader, such as head, has seen enough
        discard_stdout()
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _run(given: Sequence[str]) -> int:
    if not given or given[0] not in COMMANDS:
        _overall_parser().parse_args(given)  # ends the program, with help, version or usage
    name = given[0]
    command = importlib.import_module(f"hatch_lambda.cli.{name}")
    parser = argparse.ArgumentParser(prog=f"{PROGRAM} {name}", description=command.__doc__, allow_abbrev=False)
    command.add_arguments(parser)
    code: int = command.run(parser.parse_args(given[1:]))
    return code


def _overall_parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<8}{what}" for name, what in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description=f"Looks into a finished AWS Lambda zip, ours or another's, and deploys it.\n\ncommands:\n{listed}",
        epilog=f"{PROGRAM} COMMAND --help tells more. Exit codes: 0 all is well, 1 a problem, 2 wrong usage.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="what to do")
    return parser
