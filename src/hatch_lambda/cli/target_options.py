"""Options that say what a zip is for, where the zip itself does not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.archive.read import read_zip
from hatch_lambda.inspect.inspection import inspect

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from hatch_lambda.inspect.inspection import Inspection


def add_target_arguments(parser: ArgumentParser) -> None:
    """Add the options; what is given wins over what the zip says."""
    parser.add_argument("--runtime", metavar="NAME", help="the runtime it is for, such as python3.13")
    parser.add_argument("--architecture", metavar="NAME", help="x86_64 or arm64")
    parser.add_argument("--handler", metavar="NAME", help="the handler, as in package.module.function")
    parser.add_argument(
        "--layer", type=Path, action="append", default=[], metavar="ZIP", help="a layer that it is used with, in order"
    )


def inspected(options: Namespace) -> Inspection:
    """Return what is known of the zip that the command line names; raises ``ZipError``."""
    return inspect(
        read_zip(options.zip),
        runtime=options.runtime,
        architecture=options.architecture,
        handler=options.handler,
        layers=[read_zip(path) for path in options.layer],
    )
