"""Updates one function: its code, a version, an alias."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hatch_lambda.deploy.aws import backoff
from hatch_lambda.deploy.request import Step
from hatch_lambda.deploy.upload import source, upload
from hatch_lambda.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_lambda.archive.read import FinishedArchive
    from hatch_lambda.deploy.aws import Connection
    from hatch_lambda.deploy.preflight import Function
    from hatch_lambda.deploy.request import Deployment, Journal

    Configuration = Mapping[str, Any]

LONGEST_UPDATE = 600.0
"""Seconds that an update is waited for; AWS gives up on creating network interfaces before that."""


def update_code(
    function: Function,
    current: Configuration,
    archive: FinishedArchive,
    wanted: Deployment,
    aws: Connection,
    journal: Journal,
) -> Configuration:
    """Give the function the archive's code, unless it has it; return its configuration once the update is over."""
    name, ours = function.name, archive.code_sha256
    if function.has(archive):
        journal.note(Step("code", name, f"has this code already, CodeSha256 {ours}", ours, changed=False))
        return settled(function, aws) if wanted.wait and not wanted.dry_run else current
    upload(archive, wanted, aws, journal)
    if wanted.dry_run:
        journal.note(Step("code", name, f"code would be updated to CodeSha256 {ours}", ours, changed=True))
        return current
    updated = aws.change(
        name,
        "update_function_code",
        look=lambda: settled(function, aws),
        is_done=lambda found: found["CodeSha256"] == ours,
        FunctionName=function.id,
        Architectures=list(current.get("Architectures", ["x86_64"])),  # left out, it may fall back to x86_64
        **_revision(current),
        **source(archive, wanted),
    )
    if wanted.wait:
        updated = settled(function, aws)
    _compare(name, updated, ours, journal)
    said = "code updated to" if wanted.wait else "AWS is updating the code to"
    journal.note(Step("code", name, f"{said} CodeSha256 {updated['CodeSha256']}", ours, changed=True))
    return updated


def _revision(known: Configuration) -> dict[str, str]:
    """Return the argument by which AWS refuses to change what somebody else has changed since; some that are not AWS
    have none.
    """
    return {"RevisionId": known["RevisionId"]} if "RevisionId" in known else {}


def _compare(name: str, updated: Configuration, ours: str, journal: Journal) -> None:
    """Make sure that the function runs what was sent; AWS may change it only by signing it."""
    if updated["CodeSha256"] == ours:
        return
    if "SigningJobArn" not in updated:
        raise PublishError(
            f"{name}: runs other code than was sent; CodeSha256 is {updated['CodeSha256']}, expected {ours}; another "
            "deployment may have run; deploy again"
        )
    journal.warnings.append(
        f"{name}: AWS signed the code, so that CodeSha256 is {updated['CodeSha256']} and not that of the zip; whether "
        "it is the same code cannot be told, and the next deployment will send it again."
    )


def settled(function: Function, aws: Connection, version: str | None = None) -> Configuration:
    """Return the configuration of the function, or of a version of it, once no update is under way.

    Raises ``PublishError`` if the update failed, or is not over after ``LONGEST_UPDATE`` seconds.
    """
    where = f"{function.name}:{version}" if version else function.name
    qualifier = {"Qualifier": version} if version else {}
    for delay in backoff(LONGEST_UPDATE):
        found = aws.ask_for_function(where, function.id, **qualifier)
        if "Failed" in {found.get("State"), found.get("LastUpdateStatus")}:
            reason = found.get("LastUpdateStatusReason") or found.get("StateReason") or ""
            raise PublishError(f"{where}: the update failed; AWS says {reason!r}; see to that, then deploy again")
        if found.get("State") != "Pending" and found.get("LastUpdateStatus") != "InProgress":
            return found
        time.sleep(delay)
    raise PublishError(
        f"{where}: the update is not over after {LONGEST_UPDATE:.0f} s; look at the function in AWS, then deploy again"
    )


def publish_version(
    function: Function, current: Configuration, wanted: Deployment, aws: Connection, journal: Journal
) -> str | None:
    """Publish what the function is now, return the version's number; ``None`` where a dry run cannot know it.

    AWS publishes nothing where neither code nor configuration has changed since the latest version. Source:
    https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html, read 2026-11-23.
    """
    name, latest = function.name, _latest_version(function, aws)
    if wanted.dry_run:
        return _foretold(name, latest, journal)
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
        journal.note(Step("version", name, text, version, changed=False))
    else:
        journal.note(Step("version", name, f"published version {version}", version, changed=True))
    if published.get("State") == "Pending":  # SnapStart takes its snapshot now
        settled(function, aws, version)
    return version


def _foretold(name: str, latest: Configuration | None, journal: Journal) -> str | None:
    """Note what publishing would do, as far as it can be known without doing it."""
    code_changes = any(
        step.action in {"code", "layers"} and step.subject == name and step.changed for step in journal.steps
    )
    code = next((step.value for step in journal.steps if step.action == "code" and step.subject == name), None)
    if code_changes or latest is None or code not in {None, latest["CodeSha256"]}:
        journal.note(Step("version", name, "a version would be published", "", changed=True))
        return None
    version = str(latest["Version"])
    text = f"version {version} has this code; another would be published only if the configuration has changed since"
    journal.note(Step("version", name, text, version, changed=False))
    return version


def _latest_version(function: Function, aws: Connection) -> Configuration | None:
    """Return the version published last; ``None`` if there is none."""
    found: list[Configuration] = []
    more: dict[str, str] = {}
    while True:
        answer = aws.ask(function.name, "list_versions_by_function", FunctionName=function.id, **more)
        found += [version for version in answer["Versions"] if version["Version"] != "$LATEST"]
        if not answer.get("NextMarker"):
            return max(found, key=lambda version: int(version["Version"]), default=None)
        more = {"Marker": answer["NextMarker"]}


def move_alias(function: Function, version: str | None, wanted: Deployment, aws: Connection, journal: Journal) -> None:
    """Let the alias point to the version; a share of the calls that it sends elsewhere stays, with a warning."""
    alias, name = function.alias, function.name
    if alias is None or wanted.alias is None:
        return
    before, label = alias["FunctionVersion"], f"alias {wanted.alias}"
    if version == before:
        journal.note(Step("alias", name, f"{label} is at version {version} already", before, changed=False))
    elif wanted.dry_run:
        text = f"{label} would move from version {before} to {version or 'the new version'}"
        journal.note(Step("alias", name, text, version or "", changed=True))
    else:
        aws.change(
            name,
            "update_alias",
            look=lambda: aws.ask(name, "get_alias", FunctionName=function.id, Name=wanted.alias),
            is_done=lambda found: found["FunctionVersion"] == version,
            FunctionName=function.id,
            Name=wanted.alias,
            FunctionVersion=version,
            **_revision(alias),
        )
        journal.note(
            Step("alias", name, f"{label} moved from version {before} to {version}", str(version), changed=True)
        )
    for other, share in ((alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}).items():
        journal.warnings.append(
            f"{name}: {label} goes on sending {share:.0%} of the calls to version {other}; deploying leaves such "
            "shares as they are."
        )
