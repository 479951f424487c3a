"""Brings a zip to Lambda: in the request itself, or through S3 under a key that carries its hash, never twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hatch_lambda.checks.limits import mebibytes
from hatch_lambda.deploy.aws import Refused
from hatch_lambda.deploy.request import Step

if TYPE_CHECKING:
    from hatch_lambda.archive.read import FinishedArchive
    from hatch_lambda.deploy.aws import Connection
    from hatch_lambda.deploy.request import Deployment, Journal


def upload(archive: FinishedArchive, wanted: Deployment, aws: Connection, journal: Journal) -> None:
    """Upload the archive to the bucket, unless it is there already; nothing happens where no bucket is named."""
    key = s3_key(archive, wanted.s3_prefix)
    where = f"s3://{wanted.s3_bucket}/{key}"
    if not wanted.s3_bucket or any(step.subject == where for step in journal.steps):
        return
    place = {"Bucket": wanted.s3_bucket, "Key": key}
    if _is_there(where, archive.size, place, aws):
        journal.note(Step("upload", where, "is there already", key, changed=False))
        return
    if not wanted.dry_run:
        with archive.path.open("rb") as content:
            aws.ask_s3(where, "put_object", Body=content, **place)
    said = "would be uploaded" if wanted.dry_run else "uploaded"
    journal.note(Step("upload", where, f"{said}, {mebibytes(archive.size)}", key, changed=True))


def source(archive: FinishedArchive, wanted: Deployment) -> dict[str, Any]:
    """Return the arguments that tell Lambda where the code is."""
    if wanted.s3_bucket:
        return {"S3Bucket": wanted.s3_bucket, "S3Key": s3_key(archive, wanted.s3_prefix)}
    return {"ZipFile": archive.path.read_bytes()}


def s3_key(archive: FinishedArchive, prefix: str) -> str:
    """Return the key of the archive: the prefix as a folder, its name, its hash."""
    folder = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    return f"{folder}{archive.path.stem}-{archive.sha256}.zip"


def _is_there(where: str, size: int, place: dict[str, Any], aws: Connection) -> bool:
    """Return whether the object exists; without leave to list the bucket, S3 answers 403 for one that does not.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html, read 2026-11-23.
    """
    try:
        found = aws.ask_s3(where, "head_object", "400 403 404", **place)
    except Refused:
        return False
    return bool(found["ContentLength"] == size)
