"""Which files of boto3 and botocore are the data of one AWS service, and which services are always needed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hatch_lambda.archive.plan import Entry

SERVICES_OF_CREDENTIALS = frozenset({"signin", "sso", "sso-oidc", "sts"})
"""Services that botocore itself calls for the credentials of profiles and roles.

Source: ``credentials.py``, ``tokens.py``, and ``utils.py`` of botocore 1.44.8, read 2026-11-28. Files for all services,
such as ``endpoints.json`` and ``partitions.json``, aren't in the directory of any.
"""

SERVICES_OF_PACKAGES = {
    "aws-encryption-sdk": ("kms",),
    "aws-lambda-powertools": ("appconfigdata", "dynamodb", "s3", "secretsmanager", "ssm"),
    "aws-secretsmanager-caching": ("secretsmanager",),
    "awswrangler": (
        *("athena", "bedrock-runtime", "cleanrooms", "dynamodb", "ec2", "emr", "emr-serverless", "glue", "kms", "logs"),
        *("opensearchserverless", "quicksight", "rds-data", "redshift", "redshift-data", "s3", "s3tables", "s3vectors"),
        *("secretsmanager", "timestream-query", "timestream-write"),
    ),
    "datadog-lambda": ("kms", "secretsmanager", "ssm"),
    "langchain-aws": (
        *("bedrock", "bedrock-agent", "bedrock-agent-runtime", "bedrock-runtime", "dynamodb", "kendra"),
        *("neptune-graph", "neptunedata", "qbusiness", "s3vectors", "sagemaker-runtime"),
    ),
    "pynamodb": ("dynamodb",),
    "s3fs": ("s3",),
    "smart-open": ("s3",),
    "watchtower": ("logs",),
}
"""Packages that create clients, and the services of these.

Source: the code of aws-encryption-sdk 4.0.7, aws-lambda-powertools 3.37.0, aws-secretsmanager-caching 1.2.0,
awswrangler 3.17.1, datadog-lambda 8.130.0, langchain-aws 1.9.1, pynamodb 6.1.0, s3fs 2026.9.0, smart-open 9.0.2, and
watchtower 3.4.0, read 2026-11-28.
"""

OTHER_NAMES = {
    "api-gateway": "apigateway",
    "cloudwatch-logs": "logs",
    "cognito": "cognito-idp",
    "eventbridge": "events",
    "parameter-store": "ssm",
    "step-functions": "stepfunctions",
}
"""Names of AWS's manuals for services to which botocore gives another name."""

_DATA = re.compile(r"(?:botocore|boto3)/data/([^/]+)/|boto3/examples/([^/]+)\.rst")
_MODEL = re.compile(r"botocore/data/([^/]+)/[^/]+/service-2\.json(?:\.gz)?")


def service_of(path: str) -> str | None:
    """Return the service whose data is in a file; ``None`` for any other file."""
    found = _DATA.match(path)
    return (found[1] or found[2]) if found else None


def known_services(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Return the services for which botocore, among the entries, can create a client, in alphabetical order."""
    found = (_MODEL.fullmatch(entry.path) for entry in entries)
    return tuple(sorted({match[1] for match in found if match}))


def required_services(entries: Iterable[Entry], services: Iterable[str]) -> frozenset[str]:
    """Return the given services and those that botocore and packages among the entries use without being asked."""
    names = {entry.origin.name for entry in entries}
    others = (service for name in names for service in SERVICES_OF_PACKAGES.get(name, ()))
    return frozenset({*services, *SERVICES_OF_CREDENTIALS, *others})
