"""Lambda and S3 on 127.0.0.1: moto as a server, behind a layer that is as strict as AWS."""

from __future__ import annotations

import io
import json
import os
import re
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import boto3
import requests
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from tests.support.aws_rules import Refusal, Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from werkzeug.serving import BaseWSGIServer

REGION = "eu-central-1"
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/runner"

OPERATIONS = (
    ("GET", r"/2015-03-31/functions/([^/]+)/configuration", "GetFunctionConfiguration"),
    ("PUT", r"/2015-03-31/functions/([^/]+)/configuration", "UpdateFunctionConfiguration"),
    ("PUT", r"/2015-03-31/functions/([^/]+)/code", "UpdateFunctionCode"),
    ("GET", r"/2015-03-31/functions/([^/]+)/versions", "ListVersionsByFunction"),
    ("POST", r"/2015-03-31/functions/([^/]+)/versions", "PublishVersion"),
    ("GET", r"/2015-03-31/functions/([^/]+)/aliases/[^/]+", "GetAlias"),
    ("PUT", r"/2015-03-31/functions/([^/]+)/aliases/[^/]+", "UpdateAlias"),
    ("POST", r"/2015-03-31/functions/([^/]+)/aliases", "CreateAlias"),
    ("GET", r"/2015-03-31/functions/([^/]+)/aliases", "ListAliases"),
    ("DELETE", r"/2015-03-31/functions/([^/]+)", "DeleteFunction"),
    ("GET", r"/2015-03-31/functions/([^/]+)", "GetFunction"),
    ("POST", r"/2015-03-31/functions/?", "CreateFunction"),
    ("GET", r"/2018-10-31/layers/([^/]+)/versions", "ListLayerVersions"),
    ("POST", r"/2018-10-31/layers/([^/]+)/versions", "PublishLayerVersion"),
    ("GET", r"/2018-10-31/layers/([^/]+)/versions/\d+", "GetLayerVersion"),
    ("HEAD", r"/[^/]+/?", "HeadBucket"),
    ("GET", r"/[^/]+/?", "GetBucketVersioning"),
    ("HEAD", r"/[^/]+/.+", "HeadObject"),
    ("PUT", r"/[^/]+/?", "CreateBucket"),
    ("PUT", r"/[^/]+/.+", "PutObject"),
    ("POST", r"/[^/]+/.+", "MultipartUpload"),
)
"""Method, path and name of each operation that may be asked for. Source: botocore 1.44.5, service models."""

WRITES = {name for method, _, name in OPERATIONS if method in {"PUT", "POST", "DELETE"}}


@dataclass
class Fault:
    """The reaction to a request for an operation: a rejection, or an action before or after moto answers it.

    ``loses`` has the connection end without an answer: before the request takes effect, or after.
    """

    operation: str
    times: int
    refusal: Refusal | None = None
    loses: Literal["", "request", "answer"] = ""
    before: Callable[[], object] | None = None
    after: Callable[[], object] | None = None


@dataclass
class AwsServer:
    """A context in which ``url`` answers as Lambda and S3 do.

    ``asked`` names the operations, in order; ``bodies`` are the bodies of those of Lambda.
    """

    asked: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rules: Rules = field(default_factory=Rules)
    bodies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __enter__(self) -> AwsServer:  # noqa: PYI034
        """Start the server in a thread, on a port of its own."""
        self._clients: dict[tuple[str, str], Any] = {}
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reset(self) -> None:
        """Forget all functions, layers, buckets and faults."""
        requests.post(f"{self.url}/moto-api/reset", timeout=10)
        self.rules = Rules()
        self.faults.clear()
        self.bodies.clear()
        self.client("iam").create_role(RoleName="runner", AssumeRolePolicyDocument="{}")
        self.asked.clear()

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables that send an SDK, and the aws command, here, whatever the machine is set up for."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example-secret",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a client of the server that does not depend on the environment."""
        if (service, region) not in self._clients:
            self._clients[service, region] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.url,
                aws_access_key_id="AKIATESTS",
                aws_secret_access_key="tests",
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self._clients[service, region]

    def create_function(self, name: str, code: bytes, **options: Any) -> dict[str, Any]:
        """Create a function of python3.13 on x86_64 and return its configuration."""
        given = {"Runtime": "python3.13", "Handler": "shop.api.handler", "Role": ROLE, "Architectures": ["x86_64"]}
        created: dict[str, Any] = self.client("lambda").create_function(
            **{**given, "FunctionName": name, "Code": {"ZipFile": code}, **options}
        )
        self.asked.clear()
        return created

    def create_bucket(self, name: str, region: str = REGION) -> None:
        """Create a bucket in a region."""
        configuration = {"LocationConstraint": region}
        self.client("s3", region).create_bucket(Bucket=name, CreateBucketConfiguration=configuration)
        self.asked.clear()

    def refuse(self, operation: str, status: int, code: str, message: str, times: int = 1_000_000) -> None:
        """Reject the next requests for an operation; ``times`` is how many."""
        self.faults.append(Fault(operation, times, refusal=Refusal(status, code, message)))

    def lose(self, what: Literal["request", "answer"], operation: str, times: int = 1) -> None:
        """Hang up on the next requests for an operation, before or after they have taken effect."""
        self.faults.append(Fault(operation, times, loses=what))

    def before(self, operation: str, action: Callable[[], object], *, drop: bool = False) -> None:
        """Act once, before the next request for the operation takes effect; with ``drop``, it has none."""
        refusal = Refusal(500, "Dropped", "dropped") if drop else None
        self.faults.append(Fault(operation, 1, before=action, refusal=refusal))

    def after(self, operation: str, action: Callable[[], object]) -> None:
        """Act once, after the next request for the operation took effect and before it is answered."""
        self.faults.append(Fault(operation, 1, after=action))

    @property
    def written(self) -> list[str]:
        """Return the operations that change something, in the order they were asked for."""
        return [name for name in self.asked if name in WRITES]

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as WSGI requires: reject, or let moto answer and change its answer."""
        operation, name = _operation(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        self.asked.append(operation)
        fault = self._fault(operation)
        if fault.before:
            fault.before()
        if fault.loses == "request":
            return _hung_up(environ, start_response)
        in_s3 = not environ["PATH_INFO"].startswith(("/2015-03-31/", "/2018-10-31/"))
        if in_s3:
            if fault.refusal:
                return fault.refusal.as_s3(start_response)
            answer = list(self._moto(environ, start_response))
        else:
            refusal, answer = self._answer_lambda(environ, operation, name, fault.refusal)
            if refusal:
                return refusal.as_json(start_response)
            start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer[0])))])
        if fault.after:
            fault.after()
        return _hung_up(environ, start_response) if fault.loses else answer

    def _answer_lambda(
        self, environ: dict[str, Any], operation: str, name: str, refusal: Refusal | None
    ) -> tuple[Refusal | None, list[bytes]]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        given = json.loads(body) if body and operation in WRITES else {}
        self.bodies.append((operation, given))
        if operation == "UpdateAlias":
            given["Name"] = environ["PATH_INFO"].rpartition("/")[2]
        region = environ["HTTP_AUTHORIZATION"].split("/")[2]
        refusal = refusal or self.rules.refusal(operation, name, given, region, length)
        if refusal:
            return refusal, []
        status: list[str] = []
        environ["wsgi.input"] = io.BytesIO(body)
        text = b"".join(self._moto(environ, lambda code, *_: status.append(code)))
        if not status[0].startswith("2"):
            said = json.loads(text)
            code = said.get("__type") or said.get("Code") or "ServiceException"
            return Refusal(int(status[0][:3]), code, said.get("message") or said.get("Message") or ""), []
        query = environ.get("QUERY_STRING", "")
        amended = self.rules.amended(operation, name, given, region, json.loads(text or b"{}"), query)
        return None, [json.dumps(amended).encode()]

    def _fault(self, operation: str) -> Fault:
        for fault in self.faults:
            if fault.operation == operation and fault.times:
                fault.times -= 1
                return fault
        return Fault("", 0)


def _hung_up(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Close the connection, so that the answer is lost."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    start_response("500 Hung up", [])
    return [b""]


def _operation(method: str, path: str) -> tuple[str, str]:
    """Return the operation that a request asks for, and of which function or layer, by name."""
    for verb, pattern, name in OPERATIONS:
        found = re.fullmatch(pattern, path)
        if verb == method and found:
            subject = found[1] if found.groups() else ""
            return name, subject.rpartition("function:")[2].rpartition("layer:")[2]
    return f"{method} {path}", ""
