"""Which services' data stays with ``aws-services``, and what makes the option an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hatch_lambda.archive.aws_services import SERVICES_OF_PACKAGES
from hatch_lambda.build.aws_services import without_services
from hatch_lambda.build.slim import slim_entries
from hatch_lambda.errors import ConfigError, HatchLambdaError, PlanError
from hatch_lambda.layers import Layer
from hatch_lambda.wheels.cache import WheelCache
from tests.support.samples import config, entry, origin, plan

if TYPE_CHECKING:
    from hatch_lambda.archive.plan import Entry

T = "tool.hatch.build.targets.lambda"
BOTO3, BOTOCORE = origin("boto3"), origin("botocore")
SHARED = ["botocore/data/endpoints.json", "botocore/data/partitions.json", "botocore/client.py", "boto3/session.py"]
SERVICES = ["dynamodb", "s3", "signin", "sqs", "ssm", "sso", "sso-oidc", "sts", "events", "cognito-idp"]
SDK = [
    *(entry(path, "", BOTOCORE) for path in SHARED),
    *(entry(f"botocore/data/{name}/2020-01-01/service-2.json.gz", "12345", BOTOCORE) for name in SERVICES),
    entry("botocore/data/sqs/2020-01-01/paginators-1.json", "", BOTOCORE),
    *(entry(f"boto3/data/{name}/2020-01-01/resources-1.json", "", BOTO3) for name in ("s3", "sqs")),
    *(entry(f"boto3/examples/{name}.rst", "", BOTO3) for name in ("s3", "sqs")),
]


def kept(entries: list[Entry], *services: str, layers: tuple[Layer, ...] = (), **options: Any) -> list[str]:
    """Return the paths that remain with these services."""
    return [one.path for one in without_services(entries, layers, config(aws_services=services, **options))]


def problems(kind: type[HatchLambdaError], *arguments: Any, **options: Any) -> list[str]:
    """Return the errors of the same call."""
    with pytest.raises(kind) as caught:
        kept(*arguments, **options)
    return str(caught.value).splitlines()


def test_data_of_other_services_is_removed_but_what_every_client_needs_stays():
    always = [f"botocore/data/{name}/2020-01-01/service-2.json.gz" for name in ("signin", "sso", "sso-oidc", "sts")]

    assert sorted(kept(SDK, "s3")) == sorted(
        [
            *SHARED,
            *always,
            "botocore/data/s3/2020-01-01/service-2.json.gz",
            "boto3/data/s3/2020-01-01/resources-1.json",
            "boto3/examples/s3.rst",
        ]
    )


def test_services_of_known_packages_stay():
    powertools = entry("aws_lambda_powertools/__init__.py", "", origin("aws-lambda-powertools"))
    own = entry("shop/api.py", "boto3.client('ssm')")

    found = kept([*SDK, powertools, own], "sqs")

    assert {path.split("/")[2] for path in found if path.endswith(".gz")} == {
        *("sqs", "signin", "sso", "sso-oidc", "sts"),
        *{"dynamodb", "s3", "ssm"}.intersection(SERVICES_OF_PACKAGES["aws-lambda-powertools"]),
    }


def test_the_summary_shows_what_was_saved(tmp_path):
    found = slim_entries(SDK, (), (), config(aws_services=("s3",), slim=("tests",)), WheelCache(tmp_path))

    assert found.saved == {"aws-services": 25}


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("dynamo", "did you mean 'dynamodb'?"),
        ("S3", "did you mean 's3'?"),
        ("sqqs", "did you mean 'sqs'?"),
        ("cognito", "did you mean 'cognito-idp'?"),
        ("eventbridge", "did you mean 'events'?"),
        ("step-functions", "choose from cognito-idp, dynamodb, events, s3, signin, sqs, ssm, sso, … (10 in total)"),
    ],
)
def test_an_unknown_service_is_an_error_with_names_that_are_near(name, rest):
    assert problems(ConfigError, SDK, "s3", name) == [
        f"error: {T}.aws-services #2: botocore has no service {name!r}; {rest} [unknown-service]"
    ]


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("boto3.client('sqs')", "client"),
        ("Session().resource('sqs', region_name=R)", "resource"),
        ("session.client(service_name='sqs')", "client"),
        ("client('sqs')", "client"),
    ],
)
def test_a_client_for_a_service_that_is_not_listed_is_an_error(call, shown):
    own = entry("shop/api.py", f"import boto3\n\ndef handler(event, context):\n    {call}\n    boto3.client('s3')\n")

    assert problems(PlanError, [*SDK, own], "s3") == [
        (
            f'error: shop/api.py:4: {shown}("sqs") fails, because aws-services excludes the data of the service; set '
            'aws-services = ["s3", "sqs"] [missing-service]'
        )
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shop/api.py", "boto3.client(name)\nmqtt.client('sensor-1')\nboto3.client(3)\nclient()\nx['client']('sqs')"),
        ("shop/api.py", "boto3.client('sts')"),
        ("shop/api.py", "a resource that isn't Python"),
        ("shop/api.py", "queue = 'sqs'"),
        ("shop/tests/api.py", "boto3.client('sqs')"),
        ("shop/test_api.py", "boto3.client('sqs')"),
        ("shop/conftest.py", "boto3.client('sqs')"),
        ("shop/api.txt", "boto3.client('sqs')"),
    ],
)
def test_other_calls_and_tests_do_not_count(path, text):
    assert path in kept([*SDK, entry(path, text)], "s3")


def test_clients_of_other_packages_do_not_count():
    assert "lib/a.py" in kept([*SDK, entry("lib/a.py", "boto3.client('sqs')", origin("lib"))], "s3")


NO_EFFECT = f"error: {T}.aws-services: has no effect, because botocore isn't in the zip:"


def test_without_botocore_the_option_is_an_error():
    assert problems(ConfigError, [entry("shop/api.py")], "s3") == [
        f"{NO_EFFECT} nothing requires it; require boto3, or remove aws-services [unused-services]"
    ]


@pytest.mark.parametrize("name", ["boto3", "botocore"])
def test_botocore_that_is_left_to_the_runtime_is_an_error(name):
    inherited = {"name": "api", "addresses": {"aws-services": f"{T}.aws-services"}}

    for options in ({}, inherited):
        assert problems(ConfigError, [], "s3", exclude_packages=(name,), **options) == [
            (
                f"{NO_EFFECT} exclude-packages leaves it to the runtime; remove aws-services, or remove boto3 and "
                "botocore from exclude-packages [unused-services]"
            )
        ]


def test_botocore_in_a_layer_is_an_error():
    layer = Layer("base", plan(entry("python/botocore/client.py", "", BOTOCORE)), "3.13")

    assert problems(ConfigError, [], "s3", layers=(layer,)) == [
        f"{NO_EFFECT} a layer provides it; set aws-services in the table of that layer [unused-services]"
    ]


def test_a_zip_that_inherits_the_option_needs_no_botocore():
    own = entry("shop/api.py")

    assert kept([own], "s3", name="api", addresses={"aws-services": f"{T}.aws-services"}) == ["shop/api.py"]
