"""Asks AWS through boto3: what was throttled or not answered is repeated, refused requests become one message each."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hatch_lambda.deploy.aws_errors import client_error, connection_error, not_aws_error
from hatch_lambda.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.exceptions import ClientError

ATTEMPTS = 10
"""How often a request is made at most: about a minute of waiting where AWS throttles it, some seconds where AWS fails.

botocore repeats what was throttled, answered with 500, 502, 503 or 504, or not answered, after longer and longer waits.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html ("standard"), read 2026-11-27.
"""

THROTTLED = {
    "RequestLimitExceeded",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
"""Codes of AWS that ask for patience. Source: botocore 1.44.8, ``retries/standard`` and the model of Lambda."""

PATIENCE = 60.0
"""Seconds that a throttled write is repeated for that would take effect twice."""

CONFLICTS = {"PreconditionFailedException", "ResourceConflictException"}
"""Codes of AWS for a write whose subject has changed, or changes now; a write that is repeated meets its own effect.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html, read 2026-11-27.
"""


class AwsError(Exception):
    """AWS refused a request with a code that the caller wants to judge; ``error`` is botocore's."""

    def __init__(self, error: ClientError) -> None:
        super().__init__(error)
        self.error = error

    @property
    def code(self) -> str:
        """Return AWS's code."""
        return error_code(self.error)

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers of the answer."""
        headers: Mapping[str, str] = self.error.response["ResponseMetadata"]["HTTPHeaders"]
        return headers

    @property
    def is_repeated(self) -> bool:
        """Return whether the request was made before, and what became of that is not known."""
        return bool(self.error.response["ResponseMetadata"].get("RetryAttempts"))


def error_code(error: ClientError) -> str:
    """Return AWS's code of an error."""
    code: str = error.response["Error"]["Code"]
    return code


class Connection:
    """Lambda and S3 in one region, with the credentials that boto3 finds."""

    def __init__(self, region: str | None, profile: str | None) -> None:
        """Raises ``DeployError`` where there is no boto3, no such profile or no region."""
        try:
            import boto3
            from botocore.exceptions import BotoCoreError
        except ImportError:
            raise DeployError(
                "boto3: not installed; deploying needs it; pip install 'hatch-lambda[deploy]' where this command runs"
            ) from None
        try:
            self._session = boto3.Session(profile_name=profile, region_name=region)
            self._lambda = self._client("lambda", ATTEMPTS)
        except BotoCoreError as error:
            raise connection_error(error) from None
        except ValueError as error:  # botocore has it for the URL of an endpoint
            raise DeployError(
                f"AWS: boto3 cannot be set up; it says {str(error)!r}; see to that, then deploy again"
            ) from None

    @property
    def region(self) -> str:
        """Return the name of the region."""
        return str(self._lambda.meta.region_name)

    def call(self, where: str, operation: str, expect: str = "", **arguments: Any) -> dict[str, Any]:
        """Return what Lambda answers; raises ``AwsError`` for a code in ``expect``, ``DeployError`` for all others."""
        return self._call(self._lambda, where, operation, expect, arguments)

    def change(
        self,
        where: str,
        operation: str,
        look: Callable[[], Mapping[str, Any]],
        is_done: Callable[[Mapping[str, Any]], bool],
        **arguments: Any,
    ) -> Mapping[str, Any]:
        """Return what Lambda answers to a write that it refuses if somebody else has changed the subject since.

        If the write was repeated, and refused because the first attempt took effect, return what ``look`` finds.
        """
        try:
            return self.call(where, operation, " ".join(CONFLICTS), **arguments)
        except AwsError as refusal:
            found = look() if refusal.is_repeated else None
            if found is not None and is_done(found):
                return found
            raise client_error(where, refusal.error) from None

    def ask_once(self, where: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Return what Lambda answers to a write that would take effect twice: it is repeated only where throttled."""
        for delay in backoff(PATIENCE):
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
        """Return what S3 answers; raises as ``call`` does."""
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
        except (AttributeError, KeyError, TypeError, ValueError):  # what botocore makes of a stranger's answer
            raise not_aws_error(where, operation) from None
        return answer


def _throttled(where: str, operation: str) -> DeployError:
    return DeployError(
        f"{where}: AWS still throttles {operation} after a minute; others use up the account's rate; deploy again later"
    )


def backoff(limit: float) -> Iterator[float]:
    """Yield seconds to wait, from a quarter of one up to five each, until they come to ``limit``."""
    delay, waited = 0.25, 0.0
    while waited < limit:
        yield delay
        waited += delay
        delay = min(delay * 2, 5.0)
