"""What boto3 says when it cannot ask at all, in our words."""

from __future__ import annotations

import pytest
from botocore.exceptions import SSOTokenLoadError, TokenRetrievalError, UnauthorizedSSOTokenError

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
def test_a_session_that_has_ended_is_to_be_opened_again(error):
    told = connection_error(error)

    assert str(told) == (
        f"credentials: the sign-in cannot be used ({type(error).__name__}); sign in again with aws sso login or aws "
        "login, then deploy again"
    )


def test_waiting_grows_to_five_seconds_and_comes_to_an_end():
    waits = list(backoff(20))

    assert waits == [0.25, 0.5, 1, 2, 4, 5, 5, 5]
