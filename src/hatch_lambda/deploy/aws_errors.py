"""Turns the errors of AWS and boto3 into messages, without credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import DeployError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

    from hatch_lambda.diagnostics import Code

EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
UNKNOWN = {
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
"""AWS's text for these codes can quote the signed request with its token, so it isn't shown."""

DENIED = {"AccessDenied", "AccessDeniedException"}

FIXES = {
    "PreconditionFailedException": "deploy again, because someone changed it at the same time",
    "ResourceConflictException": "wait for the other deployment, then deploy again",
    "RequestEntityTooLargeException": "upload the zip through an S3 bucket",
    "CodeStorageExceededException": "delete unused versions of functions and layers",
}

BUSY = {"PreconditionFailedException", "ResourceConflictException"}

FAILED = 500
"""The lowest HTTP status of a server error. Source: RFC 9110, section 15.6."""

LONGEST = 500
"""Characters of AWS's response that are shown."""


def deploy_error(code: Code, where: str, problem: str, fix: str) -> DeployError:
    """Return an error with one problem."""
    return DeployError(Diagnostic(code=code, where=where, problem=problem, fix=fix))


def not_aws_error(where: str, operation: str) -> DeployError:
    """Return the error for a response that can't be from AWS."""
    problem, fix = f"the server that answered {operation} isn't AWS", "check AWS_ENDPOINT_URL and proxies"
    return deploy_error("aws-connection", where, problem, f"{fix}, then deploy again")


def client_error(where: str, error: ClientError) -> DeployError:
    """Return the error for a request that AWS rejected, with AWS's own text."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    message = " ".join(str(message).split())[:LONGEST]  # a proxy can answer with a page
    operation = error.operation_name
    if code in EXPIRED:
        return _credentials_error("expired", "sign in again, then deploy again")
    if code in UNKNOWN:
        return _credentials_error(
            f"AWS rejected them ({code})", "check the profile, AWS_PROFILE, and AWS_ACCESS_KEY_ID"
        )
    if code in DENIED:
        problem = f"access denied to {operation} (AWS response: {message!r})"
        return deploy_error("access-denied", where, problem, "allow it for these credentials, or use others")
    problem = f"AWS rejected {operation} ({code}: {message!r})"
    is_server_error = error.response["ResponseMetadata"].get("HTTPStatusCode", 0) >= FAILED
    fix = FIXES.get(code, "deploy again later" if is_server_error else "correct that, then deploy again")
    return deploy_error("function-busy" if code in BUSY else "aws-rejected", where, problem, fix)


def connection_error(error: BotoCoreError) -> DeployError:
    """Return the error for a request that boto3 couldn't make."""
    kind = type(error).__name__
    if kind in {"NoCredentialsError", "PartialCredentialsError"}:
        fix = (
            "set AWS_PROFILE or sign in (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html)"
        )
        return _credentials_error("not found, or incomplete", fix)
    if kind == "ProfileNotFound":
        where, fix = (
            f"AWS profile {error.kwargs['profile']!r}",
            "run 'aws configure list-profiles' to list the profiles",
        )
        return deploy_error("aws-credentials", where, "not found", fix)
    if any(word in kind for word in ("SSO", "Token", "Login")):
        fix = "run 'aws sso login' or 'aws login', then deploy again"
        return _credentials_error(f"the sign-in can't be used ({kind})", fix)
    if kind == "ParamValidationError":
        reason = str(error).splitlines()[-1].strip()
        return deploy_error("boto3-outdated", "boto3", f"too old for this request ({reason!r})", "upgrade boto3")
    problem, fix = (
        f"can't connect ({kind}: {str(error)!r})",
        "check the network and AWS_ENDPOINT_URL, then deploy again",
    )
    return deploy_error("aws-connection", "AWS", problem, fix)


def _credentials_error(problem: str, fix: str) -> DeployError:
    return deploy_error("aws-credentials", "AWS credentials", problem, fix)
