"""Deploy zips to Lambda functions and layers."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch_lambda.cli.argument_types import whole_number
from hatch_lambda.cli.output import discard_stdout, flush, print_json, print_lines
from hatch_lambda.deploy import DeployRequest, deploy
from hatch_lambda.errors import OutputError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from hatch_lambda.deploy import Outcome, Step

REPORT_SCHEMA = 1
"""Version of the JSON layout; it increases when a field changes its meaning or is removed."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "zips", type=Path, nargs="+", metavar="ZIP", help="a function's zip, a layer's zip, or one of each"
    )
    add = parser.add_argument
    add("--function", action="append", default=[], metavar="NAME", help="name or ARN of a function; repeatable")
    add("--region", metavar="REGION", help="default: the region in the functions' ARNs, or the one that boto3 finds")
    add("--profile", metavar="PROFILE", help="profile in the AWS configuration files")
    add("--publish", action="store_true", help="publish a version")
    add("--alias", metavar="ALIAS", help="publish a version and move this alias to it; the alias must exist")
    add("--s3-bucket", metavar="BUCKET", help="upload through S3; required above 50 MiB")
    add("--s3-prefix", metavar="PREFIX", default="", help="directory in the bucket")
    add("--layer", metavar="LAYER", help="publish the layer zip as a version of this layer")
    add("--update-layers", action="store_true", help="move the functions to the new version of the layer")
    add("--s3-reference", action="store_true", help="let Lambda read the code from the bucket, which must be versioned")
    add("--create", action="store_true", help="create the functions, which must not exist yet")
    add("--role", metavar="ARN", help="role of a created function")
    add("--memory", type=whole_number, metavar="MB", help="memory of a created function (default: AWS's, 128)")
    add("--timeout", type=whole_number, metavar="S", help="timeout of a created function (default: AWS's, 3)")
    add("--layer-version", action="append", default=[], metavar="ARN", help="layer of a created function; repeatable")
    add(
        "--keep",
        type=whole_number,
        metavar="N",
        help="delete all but the newest N versions, unless an alias uses them",
    )
    add("--wait", action=BooleanOptionalAction, default=True, help="wait until AWS has finished")
    add("--dry-run", action="store_true", help="check everything and print what would be done, but change nothing")
    add("--json", action="store_true", help="print JSON at the end")


def run(options: Namespace) -> int:
    """Deploy, print what was done, and return 0; raises ``DeployError``."""
    request = DeployRequest(
        zips=tuple(options.zips),
        functions=tuple(options.function),
        region=options.region,
        profile=options.profile,
        alias=options.alias,
        publish=options.publish,
        s3_bucket=options.s3_bucket,
        s3_prefix=options.s3_prefix,
        s3_reference=options.s3_reference,
        layer=options.layer,
        update_layers=options.update_layers,
        create=options.create,
        role=options.role,
        memory=options.memory,
        timeout=options.timeout,
        layer_versions=tuple(options.layer_version),
        keep=options.keep,
        wait=options.wait,
        dry_run=options.dry_run,
    )
    printer = _StepPrinter()
    outcome = deploy(request, _silent if options.json else printer.write)
    printer.check()
    if options.json:
        print_json(as_json(outcome, dry_run=request.dry_run))
    else:
        print_lines(f"warning: {warning}" for warning in outcome.warnings)
    return 0


def as_json(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    """Return what was done as JSON; docs/how-to/deploy.md describes the fields."""
    return {
        "schema": REPORT_SCHEMA,
        "dry-run": dry_run,
        "steps": [asdict(step) for step in outcome.steps],
        "warnings": list(map(str, outcome.warnings)),
    }


@dataclass
class _StepPrinter:
    """Prints each step; if that's impossible, the deployment still continues."""

    error: OutputError | None = None

    def write(self, step: Step) -> None:
        """Write the step at once: the next one might take minutes."""
        try:
            print_lines([str(step)])
            flush()
        except BrokenPipeError:  # the reader, such as head, has seen enough
            discard_stdout()
        except OutputError as error:
            self.error = error

    def check(self) -> None:
        """Raise ``OutputError`` if a step couldn't be printed."""
        if self.error:
            raise self.error


def _silent(_: Step) -> None:
    """Write nothing."""
