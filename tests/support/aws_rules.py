"""Rules of AWS that moto doesn't have: rejected requests, with AWS's text, and fields of a function."""

from __future__ import annotations

import base64
import io
import json
import uuid
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from moto.backends import get_backend

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = "123456789012"

DIRECT = 50 << 20
REQUEST = 70_167_211
UNZIPPED = 262_144_000
"""Bytes. Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2026-11-23; the texts of
the refusals are those that AWS answers with."""

BUSY = (
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
    "PublishVersion",
)
"""What is rejected while the function is created or updated.
Source: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html, read 2026-11-23."""


@dataclass(frozen=True)
class Refusal:
    """An error of AWS."""

    status: int
    code: str
    message: str

    def as_json(self, start_response: Callable[..., Any]) -> list[bytes]:
        """Answer as Lambda does. Source: botocore 1.44.5, ``RestJSONParser``."""
        text = json.dumps({"Type": "User", "message": self.message}).encode()
        headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", self.code)]
        start_response(f"{self.status} Refused", [*headers, ("Content-Length", str(len(text)))])
        return [text]

    def as_s3(self, start_response: Callable[..., Any]) -> list[bytes]:
        """Answer as S3 does; without a body, as to HEAD, where the message is empty."""
        text = f"<Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>" if self.message else ""
        start_response(f"{self.status} Refused", [("Content-Type", "application/xml")])
        return [text.encode()]


@dataclass
class FunctionState:
    """What AWS knows of a function and moto does not; an update is over with the ``polls``-th read."""

    revision: str = field(default_factory=lambda: str(uuid.uuid4()))
    polls: int = 0
    ends: str = "Successful"
    reason: str = ""
    state: str = "Active"
    signed: bool = False

    def change(self) -> None:
        """Give the function a new RevisionId."""
        self.revision = str(uuid.uuid4())


@dataclass
class Rules:
    """The rules, and how the functions behave: an update is over with the ``polls``-th read of it.

    A version that is published is ready after ``version_polls`` reads.
    """

    polls: int = 1
    version_polls: int = 0
    page: int = 50
    states: dict[str, FunctionState] = field(default_factory=dict)

    def state(self, name: str) -> FunctionState:
        """Return the state of the function of that name, to be read or set."""
        return self.states.setdefault(name, FunctionState())

    def refusal(self, operation: str, name: str, given: dict[str, Any], region: str, length: int) -> Refusal | None:
        """Return the error of a rejected request, if any; ``length`` is the bytes of its body."""
        if operation in BUSY:
            return (
                self._too_large(operation, given, length)
                or self._busy(name, region)
                or self._changed(self.state(name).revision, given)
                or self._mismatch(operation, name, given, region)
                or (_bad_code(given, region) if operation == "UpdateFunctionCode" else None)
            )
        if operation == "UpdateAlias":
            alias = _alias(name, given, region)
            return self._changed(alias.revision_id, given) if alias else None
        if operation == "PublishLayerVersion":
            return self._too_large(operation, given["Content"], length) or _bad_code(given["Content"], region)
        return None

    def amended(  # noqa: PLR0911
        self, operation: str, name: str, given: dict[str, Any], region: str, said: dict[str, Any], query: str
    ) -> dict[str, Any]:
        """Return AWS's answer instead of moto's, and record what has changed."""
        if operation in {"ListVersionsByFunction", "ListAliases"}:
            return _page(said, self.page, query)
        if operation == "ListLayerVersions":
            return {**said, "LayerVersions": _matching(said["LayerVersions"], query)}
        if operation == "UpdateAlias":
            alias = _alias(name, {"Name": said["Name"]}, region)
            alias.revision_id = str(uuid.uuid4())
            return {**said, "RevisionId": alias.revision_id}
        if operation == "UpdateFunctionCode":
            # Left out, it "defaults to x86_64". Source: botocore 1.44.5, UpdateFunctionCodeRequest.
            function = _function(name, region)
            function.architectures = given.get("Architectures", ["x86_64"])
            said["Architectures"] = function.architectures
        if operation in {"UpdateFunctionCode", "UpdateFunctionConfiguration"}:
            self.state(name).polls = self.polls
            self.state(name).change()
        if operation == "PublishVersion":
            _function(name, region).code_or_config_updated = False
            self.state(name).change()
            return {**said, "State": "Pending" if self.version_polls else "Active", "RevisionId": str(uuid.uuid4())}
        if operation.startswith("GetFunction") and "Qualifier" in query:
            self.version_polls, left = max(self.version_polls - 1, 0), self.version_polls
            said["State"] = "Pending" if left else self.state(name).state
            return said
        if operation == "GetFunction":
            return {**said, "Configuration": self._configuration(operation, name, said["Configuration"])}
        if "FunctionArn" in said and "Versions" not in said:
            return self._configuration(operation, name, said)
        return said

    def _configuration(self, operation: str, name: str, said: dict[str, Any]) -> dict[str, Any]:
        state = self.state(name)
        if operation == "CreateFunction":
            return {**said, "RevisionId": state.revision}
        if state.polls and operation.startswith("GetFunction"):
            state.polls -= 1
            if not state.polls:
                state.change()  # the end of an update is a change of its own
        said = {**said, "RevisionId": state.revision, "State": state.state}
        said["LastUpdateStatus"] = "InProgress" if state.polls else state.ends
        if state.reason:
            reason = "StateReason" if state.state != "Active" else "LastUpdateStatusReason"
            said[reason] = state.reason
        if state.signed:
            said["CodeSha256"] = base64.b64encode(b"signed by AWS Signer".ljust(32)).decode()
            said["SigningJobArn"] = f"arn:aws:signer:eu-central-1:{ACCOUNT}:/signing-jobs/1"
        return said

    def _too_large(self, operation: str, given: dict[str, Any], length: int) -> Refusal | None:
        code = given.get("ZipFile", "")
        if length >= REQUEST or len(code) * 3 // 4 - code[-2:].count("=") > DIRECT:
            message = f"Request must be smaller than {REQUEST} bytes for the {operation} operation"
            return Refusal(413, "RequestEntityTooLargeException", message)
        return None

    def _busy(self, name: str, region: str) -> Refusal | None:
        state, arn = self.state(name), f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"
        now = "The operation cannot be performed at this time."
        if state.state in {"Pending", "Failed"}:
            message = f"{now} The function is currently in the following state: {state.state}"
            return Refusal(409, "ResourceConflictException", message)
        if state.polls:
            message = f"{now} An update is in progress for resource: {arn}"
            return Refusal(409, "ResourceConflictException", message)
        return None

    def _changed(self, revision: str, given: dict[str, Any]) -> Refusal | None:
        if given.get("RevisionId") in {None, revision}:
            return None
        message = (
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
        )
        return Refusal(412, "PreconditionFailedException", message)

    def _mismatch(self, operation: str, name: str, given: dict[str, Any], region: str) -> Refusal | None:
        """Source: the answer quoted in https://github.com/justinram11/serverless-aws-batch/issues/22."""
        if operation != "PublishVersion" or "CodeSha256" not in given:
            return None
        actual = self._configuration("", name, _function(name, region).get_configuration())["CodeSha256"]
        if given["CodeSha256"] == actual:
            return None
        message = (
            f"CodeSHA256 ({given['CodeSha256']}) is different from current CodeSHA256 in $LATEST ({actual}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
        return Refusal(400, "InvalidParameterValueException", message)


def _bad_code(given: dict[str, Any], region: str) -> Refusal | None:
    """Return what is wrong with the code itself. The texts are answers quoted in public issues."""
    refused = "InvalidParameterValueException"
    if "S3Bucket" in given:
        buckets = get_backend("s3")[ACCOUNT]["aws"].buckets
        bucket = buckets.get(given["S3Bucket"])
        problem = _bad_object(bucket, given["S3Key"], region)
        if problem:
            return Refusal(400, refused, f"Error occurred while GetObject. {problem}")
        content = buckets[given["S3Bucket"]].keys[given["S3Key"]].value
    else:
        content = base64.b64decode(given["ZipFile"])
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unzipped = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:
        return Refusal(400, refused, "Could not unzip uploaded file. Please check your file, then try to upload again.")
    if unzipped >= UNZIPPED:
        return Refusal(400, refused, f"Unzipped size must be smaller than {UNZIPPED} bytes")
    return None


def _bad_object(bucket: Any, key: str, region: str) -> str | None:
    """Source: the answers quoted in https://github.com/hashicorp/terraform/issues/16821 and in moto's models."""
    if bucket is None:
        return "S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist"
    if bucket.region_name != region:
        return (
            "S3 Error Code: PermanentRedirect. S3 Error Message: The bucket is in this region: "
            f"{bucket.region_name}. Please use this region to retry the request"
        )
    if key not in bucket.keys:
        return "S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."
    return None


def _page(said: dict[str, Any], size: int, query: str) -> dict[str, Any]:
    """Return one page of the list of versions or aliases, as AWS does and moto does not."""
    name = "Versions" if "Versions" in said else "Aliases"
    start = int(parse_qs(query).get("Marker", ["0"])[0])
    more = {"NextMarker": str(start + size)} if start + size < len(said[name]) else {}
    return {name: said[name][start : start + size], **more}


def _function(name: str, region: str) -> Any:
    return get_backend("lambda")[ACCOUNT][region].get_function(name)


def _alias(name: str, given: dict[str, Any], region: str) -> Any:
    backend = get_backend("lambda")[ACCOUNT][region]
    return backend.get_alias(given["Name"], name) if "Name" in given else None


def _matching(versions: list[dict[str, Any]], query: str) -> list[dict[str, Any]]:
    """Return the versions of a layer that the filters of ListLayerVersions admit, with the fields that a list has."""
    asked = parse_qs(query)
    runtime, architecture = asked.get("CompatibleRuntime"), asked.get("CompatibleArchitecture")
    return [
        {key: value for key, value in version.items() if key != "Content"}
        for version in versions
        if (not runtime or runtime[0] in version.get("CompatibleRuntimes", ()))
        and (not architecture or architecture[0] in version.get("CompatibleArchitectures", ()))
    ][: int(asked.get("MaxItems", ["50"])[0])]
