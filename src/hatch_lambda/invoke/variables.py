"""The environment variables of a function: Lambda's, and those of its configuration; none of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.invoke.runtime_api import FUNCTION_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_lambda.runtime.runtimes import Runtime

_REGION = "us-east-1"


def lambda_variables(runtime: Runtime, handler: str, api: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a function, of which ``given`` are those that its configuration adds or replaces.

    ``api`` is the address of the Runtime API. There are no credentials. Source:
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime, read
    2026-11-27; ``PATH`` and ``LD_LIBRARY_PATH`` are those of AWS's images.
    """
    return {
        "AWS_DEFAULT_REGION": _REGION,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_NAME": FUNCTION_NAME,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{FUNCTION_NAME}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "AWS_REGION": _REGION,
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": (
            "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
        ),
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "TZ": ":UTC",
        **given,
        "_HANDLER": handler,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime.name}",
        "AWS_LAMBDA_RUNTIME_API": api,
    }
