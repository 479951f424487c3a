"""Updates one function: its code, a version, an alias."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hatch_lambda.deploy.aws import backoff
from hatch_lambda.deploy.aws_errors import deploy_error
from hatch_lambda.deploy.request import Step
from hatch_lambda.deploy.upload import upload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.deploy.aws import Connection
    from hatch_lambda.deploy.preflight import Function
    from hatch_lambda.deploy.request import DeployLog, DeployRequest

    Configuration = Mapping[str, Any]

LONGEST_UPDATE = 600.0
"""Seconds to wait for an update; AWS stops creating network interfaces before that."""


def update_code(
    function: Function,
    current: Configuration,
    archive: LambdaZip,
    request: DeployRequest,
    aws: Connection,
    log: DeployLog,
) -> Configuration:
    """Update the function's code, unless it is the same; return the configuration after the update ends."""
    name, ours = function.name, archive.code_sha256
    if function.has(archive):
        log.add(Step("code", name, f"has this code already, CodeSha256 {ours}", ours, changed=False))
        return wait_until_updated(function, aws) if request.wait and not request.dry_run else current
    code = upload(archive, request, aws, log)
    if request.dry_run:
        log.add(Step("code", name, f"code would be updated to CodeSha256 {ours}", ours, changed=True))
        return current
    updated = aws.change(
        name,
        "update_function_code",
        look=lambda: wait_until_updated(function, aws),
        is_done=lambda found: found["CodeSha256"] == ours,
        FunctionName=function.id,
        Architectures=list(
            current.get("Architectures", ["x86_64"])
        ),  # without it, the function might fall back to x86_64
        **_revision(current),
        **code,
    )
    if request.wait:
        updated = wait_until_updated(function, aws)
    _compare(name, updated, ours, log)
    text = "code updated to" if request.wait else "AWS is updating the code to"
    log.add(Step("code", name, f"{text} CodeSha256 {updated['CodeSha256']}", ours, changed=True))
    return updated


def _revision(known: Configuration) -> dict[str, str]:
    """Return the argument that makes AWS reject the change if the subject has changed since.

    Some imitations of AWS have none.
    """
    return {"RevisionId": known["RevisionId"]} if "RevisionId" in known else {}


def _compare(name: str, updated: Configuration, ours: str, log: DeployLog) -> None:
    """Check that the function runs the zip's code; only AWS's signing changes it."""
    found = updated["CodeSha256"]
    if found == ours:
        return
    if "SigningJobArn" not in updated:
        problem = f"runs code that isn't in the zip (CodeSha256 is {found}, expected {ours})"
        raise deploy_error("code-mismatch", name, problem, "wait for other deployments, then deploy again")
    log.add_warning(
        "signed-code",
        name,
        f"AWS signed the code (CodeSha256 is {found}), so it can't be compared with the zip",
        "expect the next deployment to send it again",
    )


def wait_until_updated(function: Function, aws: Connection, version: str | None = None) -> Configuration:
    """Return the configuration of the function, or of its version, once no update is in progress.

    Raises ``DeployError`` if the update failed, or is still in progress after ``LONGEST_UPDATE`` seconds.
    """
    where = f"{function.name}:{version}" if version else function.name
    qualifier = {"Qualifier": version} if version else {}
    for delay in backoff(LONGEST_UPDATE):
        found = aws.call_for_function(where, function.id, **qualifier)
        if "Failed" in {found.get("State"), found.get("LastUpdateStatus")}:
            reason = found.get("LastUpdateStatusReason") or found.get("StateReason") or ""
            problem = f"the update failed (AWS response: {reason!r})"
            raise deploy_error("update-failed", where, problem, "fix the cause, then deploy again")
        if found.get("State") != "Pending" and found.get("LastUpdateStatus") != "InProgress":
            return found
        time.sleep(delay)
    problem = f"the update is still in progress after {LONGEST_UPDATE:.0f} s"
    raise deploy_error("function-busy", where, problem, "check the function in the Lambda console, then deploy again")


def publish_version(
    function: Function, current: Configuration, request: DeployRequest, aws: Connection, log: DeployLog
) -> str | None:
    """Publish the function as it is and return the version's number; ``None`` if a dry run can't know it.

    AWS publishes nothing if neither code nor configuration has changed since the latest version. Source:
    https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html, read 2026-11-23.
    """
    name, latest = function.name, _latest_version(function, aws)
    if request.dry_run:
        return planned_version(name, latest, log)
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


def planned_version(name: str, latest: Configuration | None, log: DeployLog) -> str | None:
    """Record what publishing would do, as far as a dry run can know it."""
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
    """Return the latest version; ``None`` if there is none."""
    return max(published_versions(function, aws), key=lambda version: int(version["Version"]), default=None)


def published_versions(function: Function, aws: Connection) -> list[Configuration]:
    """Return the configuration of each published version."""
    found: list[Configuration] = []
    more: dict[str, str] = {}
    while True:
        page = aws.call(function.name, "list_versions_by_function", FunctionName=function.id, **more)
        found += [version for version in page["Versions"] if version["Version"] != "$LATEST"]
        if not page.get("NextMarker"):
            return found
        more = {"Marker": page["NextMarker"]}


def move_alias(
    function: Function, version: str | None, request: DeployRequest, aws: Connection, log: DeployLog
) -> None:
    """Point the alias to the version; warn if it still sends a share of the calls to another one."""
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
        command = f"aws lambda update-alias --function-name {name} --name {request.alias}"
        log.add_warning(
            "weighted-alias",
            name,
            f"{label} still sends {share:.0%} of the calls to version {other}, which deploying doesn't change",
            f"to stop that, run '{command} --routing-config AdditionalVersionWeights={{}}'",
        )
