"""Publishes versions of a layer and moves functions to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hatch_lambda.deploy.aws import Refused
from hatch_lambda.deploy.function import settled
from hatch_lambda.deploy.preflight import layer_name
from hatch_lambda.deploy.request import Step
from hatch_lambda.deploy.upload import source, upload

if TYPE_CHECKING:
    from hatch_lambda.archive.read import FinishedArchive
    from hatch_lambda.deploy.aws import Connection
    from hatch_lambda.deploy.function import Configuration
    from hatch_lambda.deploy.preflight import Function
    from hatch_lambda.deploy.request import Deployment, Journal


def publish_layer(
    archive: FinishedArchive, layer: str, wanted: Deployment, aws: Connection, journal: Journal
) -> str | None:
    """Publish a version of the layer, unless the latest one is the same, and return its ARN; ``None`` in a dry run."""
    name = layer_name(layer)
    latest = _latest(layer, archive, aws)
    if latest and latest["Content"]["CodeSha256"] == archive.code_sha256:
        arn = str(latest["LayerVersionArn"])
        text = f"layer version {latest['Version']} has this content already"
        journal.note(Step("layer", name, text, arn, changed=False))
        return arn
    upload(archive, wanted, aws, journal)
    fitting = " and ".join((*archive.runtimes, *archive.architectures)) or "any runtime"
    if wanted.dry_run:
        journal.note(Step("layer", name, f"a layer version would be published, for {fitting}", "", changed=True))
        return None
    published = aws.ask_once(
        name,
        "publish_layer_version",
        LayerName=name,
        Content=source(archive, wanted),
        **_compatible(archive),
    )
    arn = str(published["LayerVersionArn"])
    text = f"published layer version {published['Version']}, for {fitting}"
    journal.note(Step("layer", name, text, arn, changed=True))
    return arn


def _latest(layer: str, archive: FinishedArchive, aws: Connection) -> dict[str, Any] | None:
    """Return the layer's latest version for the archive's runtime and architecture; ``None`` if there is none."""
    name, asked = layer_name(layer), {}
    if archive.runtimes:
        asked["CompatibleRuntime"] = archive.runtimes[0]
    if archive.architectures:
        asked["CompatibleArchitecture"] = archive.architectures[0]
    missing = "ResourceNotFoundException"
    try:
        listed = aws.ask(name, "list_layer_versions", missing, LayerName=name, MaxItems=1, **asked)["LayerVersions"]
        if not listed:
            return None
        return aws.ask(name, "get_layer_version", missing, LayerName=name, VersionNumber=listed[0]["Version"])
    except Refused:
        return None


def _compatible(archive: FinishedArchive) -> dict[str, Any]:
    offered = {"CompatibleRuntimes": archive.runtimes, "CompatibleArchitectures": archive.architectures}
    return {key: list(values) for key, values in offered.items() if values}


def move_layer(
    function: Function, arn: str | None, layer: str, wanted: Deployment, aws: Connection, journal: Journal
) -> Configuration:
    """Let the function use that version of the layer, in the place of the one it has; return its configuration."""
    name = layer_name(layer)
    before = [attached["Arn"] for attached in function.configuration["Layers"]]
    after = [arn if layer_name(other) == name else other for other in before]
    if after == before:
        text = f"has version {_version(arn)} of layer {name} already"
        journal.note(Step("layers", function.name, text, str(arn), changed=False))
        return function.configuration
    old = next(other for other in before if layer_name(other) == name)
    change = f"from version {_version(old)} to {_version(arn)}"
    if wanted.dry_run:
        journal.note(Step("layers", function.name, f"layer {name} would move {change}", "", changed=True))
        return function.configuration
    updated = aws.change(
        function.name,
        "update_function_configuration",
        look=lambda: settled(function, aws),
        is_done=lambda found: [attached["Arn"] for attached in found.get("Layers", ())] == after,
        FunctionName=function.id,
        Layers=after,
        RevisionId=function.configuration["RevisionId"],
    )
    # the code can only be updated once this is over, so it is waited for where code follows as well
    if wanted.wait or wanted.publishes or len(wanted.zips) > 1:
        updated = settled(function, aws)
    journal.note(Step("layers", function.name, f"layer {name} moved {change}", str(arn), changed=True))
    return updated


def _version(arn: str | None) -> str:
    return arn.rpartition(":")[2] if arn else "the new one"
