"""Updates one function: its code, a version, an alias."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hatch_lambda.deploy.aws import backoff
from hatch_lambda.deploy.request import Step
from hatch_lambda.deploy.upload import source, upload
from hatch_lambda.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.deploy.aws import Connection
    from hatch_lambda.deploy.preflight import Function
    from hatch_lambda.deploy.request import DeployLog, DeployRequest

    Configuration = Mapping[str, Any]

LONGEST_UPDATE = 600.0
"""Seconds that an update is waited for; AWS gives up on creating network interfaces before that."""


def update_code(
    function: Function,
    current: Configuration,
    archive: LambdaZip,
    request: DeployRequest,
    aws: Connection,
    log: DeployLog,
) -> Configuration:
    """Give the function the archive's code, unless it has it; return its configuration once the update is over."""
    name, ours = function.name, archive.code_sha256
    if function.has(archive):
        log.add(Step("code", name, f"has this code already, CodeSha256 {ours}", ours, changed=False))
        return wait_until_updated(function, aws) if request.wait and not request.dry_run else current
    upload(archive, request, aws, log)
    if request.dry_run:
        log.add(Step("code", name, f"code would be updated to CodeSha256 {ours}", ours, changed=True))
        return current
    updated = aws.change(
        name,
        "update_function_code",
        look=lambda: wait_until_updated(function, aws),
        is_done=lambda found: found["CodeSha256"] == ours,
        FunctionName=function.id,
        Architectures=list(current.get("Architectures", ["x86_64"])),  # left out, it may fall back to x86_64
        **_revision(current),
        **source(archive, request),
    )
    if request.wait:
        updated = wait_until_updated(function, aws)
    _compare(name, updated, ours, log)
    said = "code updated to" if request.wait else "AWS is updating the code to"
    log.add(Step("code", name, f"{said} CodeSha256 {updated['CodeSha256']}", ours, changed=True))
    return updated


def _revision(known: Configuration) -> dict[str, str]:
    """Return the argument by which AWS refuses to change what somebody else has changed since; some that are not AWS
    have none.
    """
    return {"RevisionId": known["RevisionId"]} if "RevisionId" in known else {}


def _compare(name: str, updated: Configuration, ours: str, log: DeployLog) -> None:
    """Make sure that the function runs what was sent; AWS may change it only by signing it."""
    if updated["CodeSha256"] == ours:
        return
    if "SigningJobArn" not in updated:
        raise DeployError(
            f"{name}: runs other code than was sent; CodeSha256 is {updated['CodeSha256']}, expected {ours}; another "
            "deployment may have run; deploy again"
        )
    log.warnings.append(
        f"{name}: AWS signed the code, so that CodeSha256 is {updated['CodeSha256']} and not that of the zip; whether "
        "it is the same code cannot be told, and the next deployment will send it again."
    )


def wait_until_updated(function: Function, aws: Connection, version: str | None = None) -> Configuration:
    """Return the configuration of the function, or of a version of it, once no update is under way.

    Raises ``DeployError`` if the update failed, or is not over after ``LONGEST_UPDATE`` seconds.
    """
    where = f"{function.name}:{version}" if version else function.name
    qualifier = {"Qualifier": version} if version else {}
    for delay in backoff(LONGEST_UPDATE):
        found = aws.call_for_function(where, function.id, **qualifier)
        if "Failed" in {found.get("State"), found.get("LastUpdateStatus")}:
            reason = found.get("LastUpdateStatusReason") or found.get("StateReason") or ""
            raise DeployError(f"{where}: the update failed; AWS says {reason!r}; see to that, then deploy again")
        if found.get("State") != "Pending" and found.get("LastUpdateStatus") != "InProgress":
            return found
        time.sleep(delay)
    raise DeployError(
        f"{where}: the update is not over after {LONGEST_UPDATE:.0f} s; look at the function in AWS, then deploy again"
    )


def publish_version(
    function: Function, current: Configuration, request: DeployRequest, aws: Connection, log: DeployLog
) -> str | None:
    """Publish what the function is now, return the version's number; ``None`` where a dry run cannot know it.

    AWS publishes nothing where neither code nor configuration has changed since the latest version. Source:
    https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html, read 2026-11-23.
    """
    name, latest = function.name, _latest_version(function, aws)
    if request.dry_run:
        return _planned_version(name, latest, log)
    before = latest["Version"] if latest else ""
    published = aws.change(
        name,
        "publish_version",
        look=lambda: _latest_version(function, aws) or {},
        is_done=lambda found: found.get("Version", "") != before and found["CodeSha256"] == current["CodeSha256"],
        FunctionName=function.id,
        CodeSha256=current["CodeSha256"],
        **_revision(current),
    )
    version = str(published["Version"])
    if latest is not None and version == latest["Version"]:
        text = f"version {version} is this code and configuration already"
        log.add(Step("version", name, text, version, changed=False))
    else:
        log.add(Step("version", name, f"published version {version}", version, changed=True))
    if published.get("State") == "Pending":  # SnapStart takes its snapshot now
        wait_until_updated(function, aws, version)
    return version


def _planned_version(name: str, latest: Configuration | None, log: DeployLog) -> str | None:
    """Note what publishing would do, as far as it can be known without doing it."""
    code_changes = any(
        step.action in {"code", "layers"} and step.subject == name and step.changed for step in log.steps
    )
    code = next((step.value for step in log.steps if step.action == "code" and step.subject == name), None)
    if code_changes or latest is None or code not in {None, latest["CodeSha256"]}:
        log.add(Step("version", name, "a version would be published", "", changed=True))
        return None
    version = str(latest["Version"])
    text = f"version {version} has this code; another would be published only if the configuration has changed since"
    log.add(Step("version", name, text, version, changed=False))
    return version


def _latest_version(function: Function, aws: Connection) -> Configuration | None:
    """Return the version published last; ``None`` if there is none."""
    found: list[Configuration] = []
    more: dict[str, str] = {}
    while True:
        answer = aws.call(function.name, "list_versions_by_function", FunctionName=function.id, **more)
        found += [version for version in answer["Versions"] if version["Version"] != "$LATEST"]
        if not answer.get("NextMarker"):
            return max(found, key=lambda version: int(version["Version"]), default=None)
        more = {"Marker": answer["NextMarker"]}


def move_alias(
    function: Function, version: str | None, request: DeployRequest, aws: Connection, log: DeployLog
) -> None:
    """Let the alias point to the version; a share of the calls that it sends elsewhere stays, with a warning."""
    alias, name = function.alias, function.name
    if alias is None or request.alias is None:
        return
    before, label = alias["FunctionVersion"], f"alias {request.alias}"
    if version == before:
        log.add(Step("alias", name, f"{label} is at version {version} already", before, changed=False))
    elif request.dry_run:
        text = f"{label} would move from version {before} to {version or 'the new version'}"
        log.add(Step("alias", name, text, version or "", changed=True))
    else:
        aws.change(
            name,
            "update_alias",
            look=lambda: aws.call(name, "get_alias", FunctionName=function.id, Name=request.alias),
            is_done=lambda found: found["FunctionVersion"] == version,
            FunctionName=function.id,
            Name=request.alias,
            FunctionVersion=version,
            **_revision(alias),
        )
        log.add(Step("alias", name, f"{label} moved from version {before} to {version}", str(version), changed=True))
    for other, share in ((alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}).items():
        log.warnings.append(
            f"{name}: {label} goes on sending {share:.0%} of the calls to version {other}; deploying leaves such "
            "shares as they are."
        )
