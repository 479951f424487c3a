"""The four functions of awslambdaric's own native module, for systems that it has no wheel for.

Everything else of awslambdaric is the same everywhere. ``sandbox.py`` puts a copy last on the search path, so that the
native module is used wherever Python can load it.

Source: ``runtime_client.cpp`` of awslambdaric 4.2.2, read 2026-11-27.
"""

from __future__ import annotations

import http.client
import os
from typing import Any

_PREFIX = "/2018-06-01/runtime/invocation/"
_ACCEPTED = 202


def initialize_client(user_agent: str) -> None:
    """Do nothing, because no connection is kept."""


def next() -> tuple[bytes, dict[str, str]]:  # noqa: A001  # awslambdaric's name
    """Return the next event, and the headers that came with it."""
    response, body = _request("GET", "next")
    return body, dict(response.getheaders())


def post_invocation_result(invoke_id: str, body: bytes, content_type: str, *_: Any) -> None:
    """Send the answer to an event; raises ``RuntimeError`` if it isn't accepted."""
    _post(f"{invoke_id}/response", body, {"Content-Type": content_type})


def post_error(invoke_id: str, body: str, xray_fault: str, *_: Any) -> None:
    """Send the error of an event; raises ``RuntimeError`` if it isn't accepted."""
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-XRay-Error-Cause": xray_fault}
    _post(f"{invoke_id}/error", body.encode(), headers)


def _post(path: str, body: bytes, headers: dict[str, str]) -> None:
    response, _ = _request("POST", path, body, headers)
    if response.status != _ACCEPTED:
        raise RuntimeError(f"Failed to post invocation response: {response.status}")


def _request(
    method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        connection.request(method, _PREFIX + path, body, headers or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()
