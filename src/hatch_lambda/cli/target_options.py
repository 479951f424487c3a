"""The options for the runtime, architecture, handler, and layers of a zip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.archive.read import read_zip
from hatch_lambda.inspect.inspection import inspect

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from hatch_lambda.inspect.inspection import Inspection


def add_target_arguments(parser: ArgumentParser) -> None:
    """Add the options, which override what the zip declares."""
    parser.add_argument("--runtime", metavar="NAME", help="runtime of the zip, such as python3.13")
    parser.add_argument("--architecture", metavar="NAME", help="architecture of the zip: x86_64 or arm64")
    parser.add_argument("--handler", metavar="NAME", help="handler of the function, such as package.module.function")
    parser.add_argument(
        "--layer",
        type=Path,
        action="append",
        default=[],
        metavar="ZIP",
        help="layer of the function; can be repeated",
    )


def inspected(options: Namespace) -> Inspection:
    """Return the inspection of the zip on the command line; raises ``ZipError``."""
    return inspect(
        read_zip(options.zip),
        runtime=options.runtime,
        architecture=options.architecture,
        handler=options.handler,
        layers=[read_zip(path) for path in options.layer],
    )
