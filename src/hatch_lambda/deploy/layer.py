"""Publishes versions of a layer and moves functions to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hatch_lambda.deploy.aws import AwsError
from hatch_lambda.deploy.function import wait_until_updated
from hatch_lambda.deploy.preflight import layer_name
from hatch_lambda.deploy.request import Step
from hatch_lambda.deploy.upload import upload

if TYPE_CHECKING:
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.deploy.aws import Connection
    from hatch_lambda.deploy.function import Configuration
    from hatch_lambda.deploy.preflight import Function
    from hatch_lambda.deploy.request import DeployLog, DeployRequest


def publish_layer(
    archive: LambdaZip, layer: str, request: DeployRequest, aws: Connection, log: DeployLog
) -> str | None:
    """Publish a layer version, unless the latest one is the same, and return its ARN; ``None`` in a dry run."""
    name = layer_name(layer)
    latest = _latest(layer, archive, aws)
    if latest and latest["Content"]["CodeSha256"] == archive.code_sha256:
        arn = str(latest["LayerVersionArn"])
        text = f"layer version {latest['Version']} has this content already"
        log.add(Step("layer", name, text, arn, changed=False))
        return arn
    content = upload(archive, request, aws, log)
    fitting = " and ".join((*archive.runtimes, *archive.architectures)) or "any runtime"
    if request.dry_run:
        log.add(Step("layer", name, f"a layer version would be published, for {fitting}", "", changed=True))
        return None
    published = aws.ask_once(
        name,
        "publish_layer_version",
        LayerName=name,
        Content=content,
        **_compatible(archive),
    )
    arn = str(published["LayerVersionArn"])
    text = f"published layer version {published['Version']}, for {fitting}"
    log.add(Step("layer", name, text, arn, changed=True))
    return arn


def _latest(layer: str, archive: LambdaZip, aws: Connection) -> dict[str, Any] | None:
    """Return the layer's latest version for the archive's runtime and architecture; ``None`` if there is none."""
    name, filters = layer_name(layer), {}
    if archive.runtimes:
        filters["CompatibleRuntime"] = archive.runtimes[0]
    if archive.architectures:
        filters["CompatibleArchitecture"] = archive.architectures[0]
    missing = "ResourceNotFoundException"
    try:
        listed = aws.call(name, "list_layer_versions", missing, LayerName=name, MaxItems=1, **filters)["LayerVersions"]
        if not listed:
            return None
        return aws.call(name, "get_layer_version", missing, LayerName=name, VersionNumber=listed[0]["Version"])
    except AwsError:
        return None


def _compatible(archive: LambdaZip) -> dict[str, Any]:
    declared = {"CompatibleRuntimes": archive.runtimes, "CompatibleArchitectures": archive.architectures}
    return {key: list(values) for key, values in declared.items() if values}


def move_layer(
    function: Function, arn: str | None, layer: str, request: DeployRequest, aws: Connection, log: DeployLog
) -> Configuration:
    """Replace the function's version of the layer with this one; return the function's configuration."""
    name = layer_name(layer)
    before = [attached["Arn"] for attached in function.configuration["Layers"]]
    after = [arn if layer_name(other) == name else other for other in before]
    if after == before:
        text = f"has version {_version(arn)} of layer {name} already"
        log.add(Step("layers", function.name, text, str(arn), changed=False))
        return function.configuration
    old = next(other for other in before if layer_name(other) == name)
    change = f"from version {_version(old)} to {_version(arn)}"
    if request.dry_run:
        log.add(Step("layers", function.name, f"layer {name} would move {change}", "", changed=True))
        return function.configuration
    updated = aws.change(
        function.name,
        "update_function_configuration",
        look=lambda: wait_until_updated(function, aws),
        is_done=lambda found: [attached["Arn"] for attached in found.get("Layers", ())] == after,
        FunctionName=function.id,
        Layers=after,
        RevisionId=function.configuration["RevisionId"],
    )
    # the code can only be updated after this update ends
    if request.wait or request.publishes or len(request.zips) > 1:
        updated = wait_until_updated(function, aws)
    log.add(Step("layers", function.name, f"layer {name} moved {change}", str(arn), changed=True))
    return updated


def _version(arn: str | None) -> str:
    return arn.rpartition(":")[2] if arn else "the new one"
