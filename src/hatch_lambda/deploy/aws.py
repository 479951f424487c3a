"""Asks AWS through boto3: throttled requests are repeated, refused ones become one message each."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hatch_lambda.deploy.refusals import no_aws, refused, unreachable
from hatch_lambda.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

THROTTLED = {
    "RequestLimitExceeded",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
"""Codes of AWS that ask for patience. Source: botocore 1.44.5, ``retries/throttling`` and the model of Lambda."""

PATIENCE = 60.0
"""Seconds that a throttled request is repeated for."""


class Refused(Exception):  # noqa: N818
    """AWS refused a request with a code that the caller wants to judge; ``headers`` are its answer's."""

    def __init__(self, code: str, headers: Mapping[str, str]) -> None:
        super().__init__(code)
        self.code = code
        self.headers = headers


class Connection:
    """Lambda and S3 in one region, with the credentials that boto3 finds."""

    def __init__(self, region: str | None, profile: str | None) -> None:
        """Raises ``PublishError`` where there is no boto3, no such profile or no region."""
        try:
            import boto3
            from botocore.exceptions import BotoCoreError
        except ImportError:
            raise PublishError(
                "boto3: not installed; deploying needs it; pip install 'hatch-lambda[deploy]' where this command runs"
            ) from None
        try:
            self._session = boto3.Session(profile_name=profile, region_name=region)
            self._lambda = self._client("lambda")
        except BotoCoreError as error:
            raise unreachable(error) from None
        except ValueError as error:  # botocore has it for the URL of an endpoint
            raise PublishError(
                f"AWS: boto3 cannot be set up; it says {str(error)!r}; see to that, then deploy again"
            ) from None

    @property
    def region(self) -> str:
        """Return the name of the region."""
        return str(self._lambda.meta.region_name)

    def ask(self, where: str, operation: str, expect: str = "", **arguments: Any) -> dict[str, Any]:
        """Return what Lambda answers; raises ``Refused`` for a code in ``expect``, ``PublishError`` for all others."""
        return self._ask(self._lambda, where, operation, expect, arguments)

    def ask_for_function(self, where: str, id_: str, expect: str = "", **arguments: Any) -> dict[str, Any]:
        """Return the configuration of a function, or of a version of it; raises as ``ask`` does."""
        operation = "get_function_configuration"
        found = self.ask(where, operation, expect, FunctionName=id_, **arguments)
        if "CodeSha256" not in found:
            raise no_aws(where, operation)
        return found

    def ask_s3(self, where: str, operation: str, expect: str = "", **arguments: Any) -> dict[str, Any]:
        """Return what S3 answers; raises as ``ask`` does."""
        return self._ask(self._s3, where, operation, expect, arguments)

    @cached_property
    def _s3(self) -> Any:
        return self._client("s3")

    def _client(self, service: str) -> Any:
        from botocore.config import Config

        return self._session.client(service, config=Config(retries={"total_max_attempts": 1, "mode": "standard"}))

    def _ask(self, client: Any, where: str, operation: str, expect: str, arguments: dict[str, Any]) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        for delay in backoff(PATIENCE):
            if "Body" in arguments:
                arguments["Body"].seek(0)  # the request before, which was throttled, has read it
            try:
                answer: dict[str, Any] = getattr(client, operation)(**arguments)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in expect.split():
                    raise Refused(code, error.response["ResponseMetadata"]["HTTPHeaders"]) from None
                if code not in THROTTLED:
                    raise refused(where, error) from None
            except BotoCoreError as error:
                raise unreachable(error) from None
            except (AttributeError, KeyError, TypeError, ValueError):  # what botocore makes of a stranger's answer
                raise no_aws(where, operation) from None
            else:
                return answer
            time.sleep(delay)
        raise PublishError(
            f"{where}: AWS still throttles {operation} after {PATIENCE:.0f} s; others use up the account's rate; "
            "deploy again later"
        )


def backoff(limit: float) -> Iterator[float]:
    """Yield seconds to wait, from a quarter of one up to five each, until they come to ``limit``."""
    delay, waited = 0.25, 0.0
    while waited < limit:
        yield delay
        waited += delay
        delay = min(delay * 2, 5.0)
