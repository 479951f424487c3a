"""Deletes old versions of a function that no alias uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.deploy.aws import AwsError
from hatch_lambda.deploy.function import published_versions
from hatch_lambda.deploy.request import Step
from hatch_lambda.errors import DeployError

if TYPE_CHECKING:
    from hatch_lambda.deploy.aws import Connection
    from hatch_lambda.deploy.preflight import Function
    from hatch_lambda.deploy.request import DeployLog, DeployRequest


def prune_versions(function: Function, keep: int, request: DeployRequest, aws: Connection, log: DeployLog) -> None:
    """Delete all versions except the newest ``keep`` and those that an alias uses.

    AWS rejects the deletion of a version that something else uses, for example provisioned concurrency; that is a
    warning. In a dry run, an alias that would move still uses its version.
    """
    name = function.name
    numbers = sorted(int(version["Version"]) for version in published_versions(function, aws))
    if request.dry_run and any(_is_planned(step, name) for step in log.steps):
        keep -= 1  # the newest would be the version that isn't published yet
    used = _used_versions(function, aws)
    old = [str(number) for number in numbers[: len(numbers) - keep] if str(number) not in used]
    deleted: list[str] = []
    try:
        deleted.extend(version for version in old if request.dry_run or _delete(function, version, aws, log))
    except DeployError:
        if deleted:
            log.add(_step(name, deleted, request), completes=False)
        raise
    log.add(_step(name, deleted, request))


def _is_planned(step: Step, name: str) -> bool:
    return step.action == "version" and step.subject == name and step.changed


def _step(name: str, deleted: list[str], request: DeployRequest) -> Step:
    if not deleted:
        return Step("prune", name, "no old versions to delete", "", changed=False)
    verb = "would delete" if request.dry_run else "deleted"
    versions = f"version{'s' if len(deleted) > 1 else ''} {', '.join(deleted)}"
    return Step("prune", name, f"{verb} {versions}, which no alias uses", ",".join(deleted), changed=True)


def _used_versions(function: Function, aws: Connection) -> set[str]:
    """Return the versions that an alias points to or sends a share of its calls to."""
    used: set[str] = set()
    more: dict[str, str] = {}
    while True:
        page = aws.call(function.name, "list_aliases", FunctionName=function.id, **more)
        for alias in page["Aliases"]:
            weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
            used |= {alias["FunctionVersion"], *weights}
        if not page.get("NextMarker"):
            return used
        more = {"Marker": page["NextMarker"]}


def _delete(function: Function, version: str, aws: Connection, log: DeployLog) -> bool:
    """Delete one version and return whether it is gone; without a version, AWS would delete the whole function."""
    rejected = "InvalidParameterValueException ResourceConflictException"
    try:
        aws.call(function.name, "delete_function", rejected, FunctionName=function.id, Qualifier=str(int(version)))
    except AwsError as error:
        problem = (
            f"version {version} wasn't deleted (AWS response: {error.error.response['Error'].get('Message', '')!r})"
        )
        log.add_warning("version-not-deleted", function.name, problem, "remove what uses it, then delete it")
        return False
    return True
