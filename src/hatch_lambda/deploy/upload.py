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


def upload(archive: LambdaZip, request: DeployRequest, aws: Connection, log: DeployLog) -> None:
    """Upload the archive to the bucket, unless it is already there; without a bucket, do nothing."""
    key = s3_key(archive, request.s3_prefix)
    where = f"s3://{request.s3_bucket}/{key}"
    if not request.s3_bucket or any(step.subject == where for step in log.steps):
        return
    place = {"Bucket": request.s3_bucket, "Key": key}
    if _is_there(where, archive.size, place, aws):
        log.add(Step("upload", where, "is there already", key, changed=False))
        return
    if not request.dry_run:
        with archive.path.open("rb") as content:
            aws.call_s3(where, "put_object", Body=content, **place)
    text = "would be uploaded" if request.dry_run else "uploaded"
    log.add(Step("upload", where, f"{text}, {format_size(archive.size)}", key, changed=True))


def source(archive: LambdaZip, request: DeployRequest) -> dict[str, Any]:
    """Return the arguments that contain the code or its place in S3."""
    if request.s3_bucket:
        return {"S3Bucket": request.s3_bucket, "S3Key": s3_key(archive, request.s3_prefix)}
    return {"ZipFile": archive.path.read_bytes()}


def s3_key(archive: LambdaZip, prefix: str) -> str:
    """Return the key of the archive: the prefix as a directory, its name, its hash."""
    directory = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    return f"{directory}{archive.path.stem}-{archive.sha256}.zip"


def _is_there(where: str, size: int, place: dict[str, Any], aws: Connection) -> bool:
    """Return whether the object exists; without permission to list the bucket, S3 answers 403 if it doesn't.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html, read 2026-11-23.
    """
    try:
        found = aws.call_s3(where, "head_object", "400 403 404", **place)
    except AwsError:
        return False
    return bool(found["ContentLength"] == size)
