"""What AWS and boto3 say when they refuse, in our words; never a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.errors import DeployError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
UNKNOWN = {
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
"""What AWS says to these may quote the signed request, token included; it is not repeated."""

DENIED = {"AccessDenied", "AccessDeniedException"}

FIXES = {
    "PreconditionFailedException": "somebody else changed it meanwhile; deploy again",
    "ResourceConflictException": "another deployment may be under way; wait for it, then deploy again",
    "RequestEntityTooLargeException": "upload it through S3 with s3-bucket",
    "CodeStorageExceededException": "delete versions and layers that nobody uses",
}


FAILED = 500
"""The lowest HTTP status by which a server says that it has failed. Source: RFC 9110, section 15.6."""

LONGEST = 500
"""Letters that are shown of what AWS says."""


def not_aws_error(where: str, operation: str) -> DeployError:
    """Return that an answer is none of AWS as one problem."""
    return DeployError(
        f"{where}: what answered {operation} is not AWS; look at AWS_ENDPOINT_URL and at proxies, then deploy again"
    )


def client_error(where: str, error: ClientError) -> DeployError:
    """Return a refused request as one problem, with AWS's own words in it."""
    code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    said = " ".join(str(said).split())[:LONGEST]  # a proxy may answer with a page
    operation = error.operation_name
    if code in EXPIRED:
        return DeployError("credentials: AWS says that they have expired; sign in again, then deploy again")
    if code in UNKNOWN:
        return DeployError(
            f"credentials: AWS does not accept them ({code}); look at profile, AWS_PROFILE and AWS_ACCESS_KEY_ID"
        )
    if code in DENIED:
        return DeployError(
            f"{where}: access denied to {operation}; AWS says {said!r}; allow it to these credentials, or use others"
        )
    fails = error.response["ResponseMetadata"].get("HTTPStatusCode", 0) >= FAILED
    fix = FIXES.get(code, "deploy again later" if fails else "see what AWS says")
    return DeployError(f"{where}: AWS refuses {operation} ({code}); it says {said!r}; {fix}")


def connection_error(error: BotoCoreError) -> DeployError:
    """Return what kept boto3 from asking at all as one problem."""
    kind = type(error).__name__
    if kind in {"NoCredentialsError", "PartialCredentialsError"}:
        return DeployError(
            "credentials: boto3 finds none, or only a part; set AWS_PROFILE or sign in, see "
            "https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html"
        )
    if kind == "NoRegionError":
        return DeployError("region: none is named; name it with region or AWS_DEFAULT_REGION")
    if kind == "ProfileNotFound":
        return DeployError(f"profile: {error}; aws configure list-profiles lists those that there are")
    if any(word in kind for word in ("SSO", "Token", "Login")):
        return DeployError(
            f"credentials: the sign-in cannot be used ({kind}); sign in again with aws sso login or aws login, then "
            "deploy again"
        )
    return DeployError(f"AWS: it cannot be asked ({kind}); boto3 says {str(error)!r}; see to that, then deploy again")
