"""Sends a zip to Lambda: in the request itself, or through S3 under a key with its hash, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hatch_lambda.checks.limits import format_size
from hatch_lambda.deploy.aws import AwsError
from hatch_lambda.deploy.request import Step

if TYPE_CHECKING:
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.deploy.aws import Connection
    from hatch_lambda.deploy.request import DeployLog, DeployRequest


def upload(archive: LambdaZip, request: DeployRequest, aws: Connection, log: DeployLog) -> dict[str, Any]:
    """Upload the archive to the bucket, unless it is already there; without a bucket, only read it.

    Returns the arguments of Lambda's operations that contain the code or its place in S3.
    """
    if not request.s3_bucket:
        return {"ZipFile": archive.path.read_bytes()}
    key = s3_key(archive, request.s3_prefix)
    where = f"s3://{request.s3_bucket}/{key}"
    place = {"Bucket": request.s3_bucket, "Key": key}
    existing = _existing(where, archive.size, place, aws)
    uploaded = existing
    if existing is None and not request.dry_run:
        with archive.path.open("rb") as content:
            uploaded = aws.call_s3(where, "put_object", Body=content, **place)
    if all(step.subject != where for step in log.steps):
        log.add(_step(where, key, archive, request, is_new=existing is None), completes=False)
    code = {"S3Bucket": request.s3_bucket, "S3Key": key}
    if not request.s3_reference or uploaded is None:
        return code
    return {**code, "S3ObjectVersion": uploaded["VersionId"], "S3ObjectStorageMode": "REFERENCE"}


def _step(where: str, key: str, archive: LambdaZip, request: DeployRequest, *, is_new: bool) -> Step:
    if not is_new:
        return Step("upload", where, "is there already", key, changed=False)
    text = "would be uploaded" if request.dry_run else "uploaded"
    return Step("upload", where, f"{text}, {format_size(archive.size)}", key, changed=True)


def s3_key(archive: LambdaZip, prefix: str) -> str:
    """Return the key of the archive: the prefix as a directory, its name, its hash."""
    directory = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    return f"{directory}{archive.path.stem}-{archive.sha256}.zip"


def _existing(where: str, size: int, place: dict[str, Any], aws: Connection) -> dict[str, Any] | None:
    """Return S3's response about the object, ``None`` if it doesn't exist.

    Without permission to list the bucket, S3 answers 403 if it doesn't exist. Source:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html, read 2026-11-23.
    """
    try:
        found = aws.call_s3(where, "head_object", "400 403 404", **place)
    except AwsError:
        return None
    return found if found["ContentLength"] == size else None
