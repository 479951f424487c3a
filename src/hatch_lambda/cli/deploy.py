"""Brings finished zips to AWS: the code of functions that exist, versions, aliases, layers."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch_lambda.cli.output import discard_stdout, flush, print_json, print_lines
from hatch_lambda.deploy import DeployRequest, deploy
from hatch_lambda.errors import OutputError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from hatch_lambda.deploy import Outcome, Step

REPORT_SCHEMA = 1
"""Version of the layout of the JSON; it rises when a field changes its meaning or goes away."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "zips", type=Path, nargs="+", metavar="ZIP", help="a function's zip, a layer's zip, or one of each"
    )
    add = parser.add_argument
    add("--function", action="append", default=[], metavar="NAME", help="name or ARN of a function; may be repeated")
    add("--region", metavar="REGION", help="default: that of the functions' ARNs, else what boto3 finds")
    add("--profile", metavar="PROFILE", help="profile of the AWS configuration files")
    add("--publish", action="store_true", help="publish a version")
    add("--alias", metavar="ALIAS", help="publish a version and move this alias to it; the alias must exist")
    add("--s3-bucket", metavar="BUCKET", help="upload through S3; needed above 50 MiB")
    add("--s3-prefix", metavar="PREFIX", default="", help="folder in the bucket")
    add("--layer", metavar="LAYER", help="name of the layer to publish the layer's zip as a version of")
    add("--update-layers", action="store_true", help="move the functions that have the layer to its new version")
    add("--wait", action=BooleanOptionalAction, default=True, help="wait until AWS is done")
    add("--dry-run", action="store_true", help="check everything, say what would be done, change nothing")
    add("--json", action="store_true", help="as JSON, once all is done")


def run(options: Namespace) -> int:
    """Deploy, say what was done and return 0; raises ``DeployError``."""
    request = DeployRequest(
        zips=tuple(options.zips),
        functions=tuple(options.function),
        region=options.region,
        profile=options.profile,
        alias=options.alias,
        publish=options.publish,
        s3_bucket=options.s3_bucket,
        s3_prefix=options.s3_prefix,
        layer=options.layer,
        update_layers=options.update_layers,
        wait=options.wait,
        dry_run=options.dry_run,
    )
    told = _StepPrinter()
    outcome = deploy(request, _silent if options.json else told.tell)
    told.check()
    if options.json:
        print_json(as_json(outcome, dry_run=request.dry_run))
    else:
        print_lines(f"warning: {warning}" for warning in outcome.warnings)
    return 0


def as_json(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    """Return what was done as a value of JSON; docs/how-to/deploy.md says what each field means."""
    return {
        "schema": REPORT_SCHEMA,
        "dry-run": dry_run,
        "steps": [asdict(step) for step in outcome.steps],
        "warnings": list(outcome.warnings),
    }


@dataclass
class _StepPrinter:
    """Tells of each step; that nobody takes the words does not end a deployment half-way."""

    error: OutputError | None = None

    def tell(self, step: Step) -> None:
        """Write the step at once: the next one may take minutes."""
        try:
            print_lines([str(step)])
            flush()
        except BrokenPipeError:  # the reader, such as head, has seen enough
            discard_stdout()
        except OutputError as error:
            self.error = error

    def check(self) -> None:
        """Raise ``OutputError`` if a step could not be told."""
        if self.error:
            raise self.error


def _silent(_: Step) -> None:
    """Write nothing."""
