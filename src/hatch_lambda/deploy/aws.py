"""Sends requests to AWS through boto3, repeats throttled and unanswered ones, and reports rejected ones."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hatch_lambda.deploy.aws_errors import client_error, connection_error, deploy_error, not_aws_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.exceptions import ClientError

    from hatch_lambda.deploy.request import DeployRequest
    from hatch_lambda.errors import DeployError

ATTEMPTS = 10
"""How often a request is made at most: about a minute of waiting if AWS throttles it, a few seconds if AWS fails.

botocore repeats a request that was throttled, not answered, or answered with 500, 502, 503, or 504, and waits longer
each time.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html ("standard"), read 2026-11-27.
"""

THROTTLED = {
    "RequestLimitExceeded",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
"""Codes of throttled requests. Source: botocore 1.44.8, ``retries/standard`` and the model of Lambda."""

LONGEST_THROTTLING = 60.0
"""Seconds of repeating a throttled write that botocore must not repeat."""

CONFLICTS = {"PreconditionFailedException", "ResourceConflictException"}
"""Codes for a write whose subject has changed or is changing; a repeated write can conflict with its first attempt.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html, read 2026-11-27.
"""


class AwsError(Exception):
    """AWS rejected a request with a code that the caller expected; ``error`` is botocore's."""

    def __init__(self, error: ClientError) -> None:
        super().__init__(error)
        self.error = error

    @property
    def code(self) -> str:
        """Return AWS's code."""
        return error_code(self.error)

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers of the response."""
        headers: Mapping[str, str] = self.error.response["ResponseMetadata"]["HTTPHeaders"]
        return headers

    @property
    def is_repeated(self) -> bool:
        """Return whether the request was made before, with an unknown result."""
        return bool(self.error.response["ResponseMetadata"].get("RetryAttempts"))


def error_code(error: ClientError) -> str:
    """Return AWS's code of an error."""
    code: str = error.response["Error"]["Code"]
    return code


class Connection:
    """Lambda and S3 in one region, with the credentials that boto3 finds."""

    def __init__(self, request: DeployRequest) -> None:
        """Raises ``DeployError`` if boto3, the profile, or the region is missing."""
        try:
            import boto3
            from botocore.exceptions import BotoCoreError, NoRegionError
        except ImportError:
            fix = "run \"pip install 'hatch-lambda[deploy]'\" in the environment of this command"
            raise deploy_error("boto3-missing", "boto3", "not installed, but deploying needs it", fix) from None
        try:
            self._session = boto3.Session(profile_name=request.profile, region_name=request.where)
            self._lambda = self._client("lambda", ATTEMPTS)
        except NoRegionError:
            fix = "set region or AWS_DEFAULT_REGION" if request.in_table else "pass --region or set AWS_DEFAULT_REGION"
            raise deploy_error("region-not-set", "AWS region", "not set", fix) from None
        except BotoCoreError as error:
            raise connection_error(error) from None
        except ValueError as error:  # botocore raises it for the URL of an endpoint
            problem, fix = (
                f"boto3 rejected its configuration ({str(error)!r})",
                "check AWS_ENDPOINT_URL, then deploy again",
            )
            raise deploy_error("aws-connection", "AWS", problem, fix) from None

    @property
    def region(self) -> str:
        """Return the name of the region."""
        return str(self._lambda.meta.region_name)

    def call(self, where: str, operation: str, expect: str = "", **arguments: Any) -> dict[str, Any]:
        """Return Lambda's response; raises ``AwsError`` for a code in ``expect``, ``DeployError`` for all others."""
        return self._call(self._lambda, where, operation, expect, arguments)

    def change(
        self,
        where: str,
        operation: str,
        look: Callable[[], Mapping[str, Any]],
        is_done: Callable[[Mapping[str, Any]], bool],
        expect: str = "",
        **arguments: Any,
    ) -> Mapping[str, Any]:
        """Return Lambda's response to a write that it rejects if the subject has changed since.

        If the write was repeated, and rejected because the first attempt took effect, return the result of ``look``.
        Raises ``AwsError`` for a code in ``expect``.
        """
        try:
            return self.call(where, operation, f"{' '.join(CONFLICTS)} {expect}", **arguments)
        except AwsError as rejection:
            if rejection.code in expect.split():
                raise
            found = look() if rejection.is_repeated else None
            if found is not None and is_done(found):
                return found
            raise client_error(where, rejection.error) from None

    def ask_once(self, where: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Return Lambda's response to a write that must not take effect twice: repeat it only if it was throttled."""
        for delay in backoff(LONGEST_THROTTLING):
            try:
                return self._call(self._lambda_once, where, operation, " ".join(THROTTLED), arguments)
            except AwsError:
                time.sleep(delay)
        raise _throttled(where, operation)

    def call_for_function(self, where: str, id_: str, expect: str = "", **arguments: Any) -> dict[str, Any]:
        """Return the configuration of a function, or of a version of it; raises as ``call`` does."""
        operation = "get_function_configuration"
        found = self.call(where, operation, expect, FunctionName=id_, **arguments)
        if "CodeSha256" not in found:
            raise not_aws_error(where, operation)
        return found

    def call_s3(self, where: str, operation: str, expect: str = "", **arguments: Any) -> dict[str, Any]:
        """Return S3's response; raises as ``call`` does."""
        return self._call(self._s3, where, operation, expect, arguments)

    @cached_property
    def _lambda_once(self) -> Any:
        return self._client("lambda", 1)

    @cached_property
    def _s3(self) -> Any:
        return self._client("s3", ATTEMPTS)

    def _client(self, service: str, attempts: int) -> Any:
        from botocore.config import Config

        retries = {"total_max_attempts": attempts, "mode": "standard"}
        return self._session.client(service, config=Config(retries=retries))

    def _call(self, client: Any, where: str, operation: str, expect: str, arguments: dict[str, Any]) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = getattr(client, operation)(**arguments)
        except ClientError as error:
            code = error_code(error)
            if code in expect.split():
                raise AwsError(error) from None
            if code in THROTTLED:
                raise _throttled(where, operation) from None
            raise client_error(where, error) from None
        except BotoCoreError as error:
            raise connection_error(error) from None
        except (AttributeError, KeyError, TypeError, ValueError):  # botocore can't parse a response that isn't from AWS
            raise not_aws_error(where, operation) from None
        return answer


def _throttled(where: str, operation: str) -> DeployError:
    problem = f"AWS still throttles {operation} after a minute, because the account's request rate is used up"
    return deploy_error("throttled", where, problem, "deploy again later")


def backoff(limit: float) -> Iterator[float]:
    """Yield seconds to wait, from 0.25 up to 5 each, until their sum reaches ``limit``."""
    delay, waited = 0.25, 0.0
    while waited < limit:
        yield delay
        waited += delay
        delay = min(delay * 2, 5.0)
