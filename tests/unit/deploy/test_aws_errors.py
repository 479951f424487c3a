"""The errors of boto3 become messages."""

from __future__ import annotations

import pytest
from botocore.exceptions import ParamValidationError, SSOTokenLoadError, TokenRetrievalError, UnauthorizedSSOTokenError

from hatch_lambda.deploy.aws import backoff
from hatch_lambda.deploy.aws_errors import connection_error


@pytest.mark.parametrize(
    "error",
    [
        SSOTokenLoadError(error_msg="no token"),
        TokenRetrievalError(provider="sso", error_msg="expired"),
        UnauthorizedSSOTokenError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_expired_sign_in_is_reported(error):
    reported = connection_error(error)

    assert str(reported) == (
        f"error: AWS credentials: the sign-in can't be used ({type(error).__name__}); run 'aws sso login' or 'aws "
        "login', then deploy again [aws-credentials]"
    )


def test_an_old_boto3_is_reported():
    report = 'Parameter validation failed:\nUnknown parameter in input: "S3ObjectStorageMode", must be one of: ZipFile'

    assert str(connection_error(ParamValidationError(report=report))) == (
        'error: boto3: too old for this request (\'Unknown parameter in input: "S3ObjectStorageMode", must be one of: '
        "ZipFile'); upgrade boto3 [boto3-outdated]"
    )


def test_waits_grow_to_five_seconds_and_end():
    waits = list(backoff(20))

    assert waits == [0.25, 0.5, 1, 2, 4, 5, 5, 5]
