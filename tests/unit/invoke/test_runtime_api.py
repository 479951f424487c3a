"""The Runtime API, and the client that replaces the native one where that can't be loaded."""

from __future__ import annotations

import http.client

import pytest

from hatch_lambda.invoke import runtime_client
from hatch_lambda.invoke.runtime_api import FUNCTION_ARN, MAX_PAYLOAD, Event, RuntimeApi


def post(api: RuntimeApi, path: str, body: bytes, **headers: str) -> int:
    connection = http.client.HTTPConnection(api.address)
    connection.request("POST", path, body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_client_gets_events_and_sends_answers_and_errors(monkeypatch):
    with RuntimeApi() as api:
        monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", api.address)
        api.events.put(Event(b'{"a": 1}', 3.0, "request-1"))
        runtime_client.initialize_client("agent")

        body, headers = runtime_client.next()
        runtime_client.post_invocation_result("request-1", b'"answer"', "application/json", None)
        runtime_client.post_error("request-1", '{"errorType": "X"}', "")
        messages = [api.messages.get(timeout=9) for _ in range(4)]

    assert (body, headers["Lambda-Runtime-Aws-Request-Id"]) == (b'{"a": 1}', "request-1")
    assert headers["Lambda-Runtime-Invoked-Function-Arn"] == FUNCTION_ARN
    assert [(message.kind, message.body) for message in messages] == [
        ("ready", b""),
        ("sent", b""),
        ("answer", b'"answer"'),
        ("error", b'{"errorType": "X"}'),
    ]


def test_an_answer_above_the_limit_is_rejected(monkeypatch):
    with RuntimeApi() as api:
        monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", api.address)

        with pytest.raises(RuntimeError, match="413"):
            runtime_client.post_invocation_result("1", b"x" * (MAX_PAYLOAD + 1), "application/json")

        assert api.messages.get(timeout=9).kind == "too-large"


def test_other_requests_are_rejected():
    with RuntimeApi() as api:
        connection = http.client.HTTPConnection(api.address)
        connection.request("GET", "/2018-06-01/runtime/restore/next")
        unknown = connection.getresponse()
        unknown.read()
        connection.close()
        waiting = http.client.HTTPConnection(api.address)
        waiting.request("GET", "/2018-06-01/runtime/invocation/next")

        statuses = [
            unknown.status,
            post(api, "/2018-06-01/runtime/invocation/1/other", b""),
            post(api, "/elsewhere", b""),
            post(api, "/2018-06-01/runtime/init/error", b"{}"),
            post(api, "/hatch-lambda/import-error", b"{}"),
            post(api, "/2018-06-01/runtime/init/error", b"", **{"Content-Length": "x"}),
        ]

    waiting.close()
    assert statuses == [404, 404, 404, 202, 202, 411]


def test_a_long_header_as_of_a_deep_traceback_is_accepted():
    with RuntimeApi() as api:
        long = {"Lambda-Runtime-Function-XRay-Error-Cause": "x" * (1 << 20)}

        assert post(api, "/2018-06-01/runtime/invocation/1/error", b"{}", **long) == 202
        assert api.messages.get(timeout=9).kind == "error"
