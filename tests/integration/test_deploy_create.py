"""Functions that ``--create`` creates, code that Lambda reads from S3, and old versions that are deleted."""

from __future__ import annotations

import json

import pytest

from hatch_lambda.deploy import create as creation
from hatch_lambda.errors import DeployError
from tests.support.aws import ACCOUNT, REGION, ROLE
from tests.support.deployments import OLD, code_sha256, deployed, function_zip, layer_zip, run
from tests.support.existing_zips import zip_of
from tests.support.zips import sha256

NEW = {"functions": ("shop",), "create": True, "role": ROLE}
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop"
NOT_ASSUMED = "The role defined for the function cannot be assumed by Lambda."


def problems_of(*zips, **options) -> tuple[str, ...]:
    """Return the problems of a deployment that is rejected."""
    with pytest.raises(DeployError) as caught:
        deployed(*zips, **options)
    return caught.value.problems


def test_a_function_is_created_then_updated_then_pruned(aws, tmp_path):
    first, second, third = (function_zip(tmp_path, text) for text in ("one", "two", "three"))
    options = ("--function", "shop", "--alias", "live")

    created = run("deploy", first, *options, "--create", "--role", ROLE, "--memory", "256", "--timeout", "20")
    updated = run("deploy", second, *options)
    pruned = run("deploy", third, *options, "--keep", "2")

    assert created == (
        0,
        (
            f"shop: function created for python3.13 on x86_64, CodeSha256 {code_sha256(first)}\n"
            "shop: published version 1\n"
            "shop: alias live created at version 1\n"
        ),
        "",
    )
    assert updated.out.splitlines()[1:] == ["shop: published version 2", "shop: alias live moved from version 1 to 2"]
    assert pruned.out.splitlines()[2:] == [
        "shop: alias live moved from version 2 to 3",
        "shop: deleted version 1, which no alias uses",
    ]
    client = aws.client("lambda")
    configuration = client.get_function_configuration(FunctionName="shop")
    assert (configuration["MemorySize"], configuration["Timeout"]) == (256, 20)
    assert (configuration["Handler"], configuration["Runtime"]) == ("shop.api.handler", "python3.13")
    versions = client.list_versions_by_function(FunctionName="shop")["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "2", "3"]


def test_without_the_option_nothing_is_created(aws, tmp_path):
    problems = problems_of(function_zip(tmp_path), functions=("shop",))

    assert problems == (
        (
            f"shop: no function with this name in {REGION}; check --region and --profile, or create it with "
            "--create --role ARN [function-not-found]"
        ),
    )
    assert aws.written == []


def test_a_new_function_gets_its_layers(aws, tmp_path):
    other = aws.client("lambda").publish_layer_version(LayerName="other", Content={"ZipFile": OLD})["LayerVersionArn"]
    aws.asked.clear()

    steps, _ = deployed(function_zip(tmp_path), layer_zip(tmp_path), layer="deps", layer_versions=(other,), **NEW)

    assert steps == [
        "deps: published layer version 1, for python3.13 and x86_64",
        f"shop: function created for python3.13 on x86_64, CodeSha256 {code_sha256(tmp_path / 'shop-new.zip')}",
    ]
    layers = aws.client("lambda").get_function_configuration(FunctionName="shop")["Layers"]
    assert [layer["Arn"] for layer in layers] == [other, f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:deps:1"]


def test_a_dry_run_creates_nothing(aws, tmp_path):
    path = function_zip(tmp_path)

    alone, _ = deployed(path, dry_run=True, **NEW)
    steps, _ = deployed(path, alias="live", dry_run=True, **NEW)

    assert alone == steps[:1]
    assert steps == [
        f"shop: function would be created for python3.13 on x86_64, CodeSha256 {code_sha256(path)}",
        "shop: a version would be published",
        "shop: alias live would be created",
    ]
    assert aws.written == []


def test_without_waiting_nothing_is_asked_after_the_creation(aws, tmp_path):
    path = function_zip(tmp_path)

    steps, _ = deployed(path, wait=False, **NEW)

    assert steps == [f"shop: function created for python3.13 on x86_64, CodeSha256 {code_sha256(path)}"]
    assert aws.asked[-1] == "CreateFunction"


def test_a_function_that_exists_is_not_created_again(aws, tmp_path):
    aws.create_function("shop", OLD)

    problems = problems_of(function_zip(tmp_path), **NEW)

    assert problems == (f"shop: exists already in {REGION}; remove --create to update it [function-exists]",)
    assert aws.written == []


def test_a_zip_with_an_incomplete_description_creates_no_function(aws, tmp_path):
    foreign = zip_of(tmp_path, {"app.py": ""}, "foreign.zip")
    without_handler = function_zip(tmp_path, handler=None)

    assert problems_of(foreign, **NEW) == (
        (
            "foreign.zip: doesn't contain its runtime and handler, because another tool made it; build it with "
            "hatch-lambda, or create the function first [not-creatable]"
        ),
    )
    assert problems_of(without_handler, **NEW) == (
        'shop-new.zip: has no handler; set handler = "MODULE.FUNCTION" and rebuild [not-creatable]',
    )


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"create": True}, "--create: a function needs a role; pass --role ARN [deploy-option]"),
        (
            {"create": True, "role": "runner"},
            (
                "--role: 'runner' isn't the ARN of a role; pass it like --role arn:aws:iam::123456789012:role/orders "
                "[deploy-option]"
            ),
        ),
        (
            {"role": ROLE},
            (
                "--role: applies only to a function that --create creates; add --create, or remove --role "
                "[deploy-option]"
            ),
        ),
        (
            {"memory": 256},
            (
                "--memory: applies only to a function that --create creates; add --create, or remove --memory "
                "[deploy-option]"
            ),
        ),
        (
            {"create": True, "role": ROLE, "memory": 64},
            "--memory: 64 MiB is too little; pass at least 128 [deploy-option]",
        ),
        ({"s3_reference": True}, "--s3-reference: no bucket is set; pass --s3-bucket BUCKET [deploy-option]"),
    ],
)
def test_options_that_do_not_fit_together_are_rejected(aws, tmp_path, options, problem):
    assert problems_of(function_zip(tmp_path), functions=("shop",), **options) == (problem,)
    assert aws.asked == []


def test_creating_needs_a_function_and_moves_no_layers(aws, tmp_path):
    options = {"layer": "deps", "update_layers": True, "create": True, "role": ROLE}

    problems = problems_of(layer_zip(tmp_path), keep=3, **options)

    assert problems == (
        "--keep: no function is set; pass --function NAME [function-not-set]",
        "--create: no function is set; pass --function NAME [function-not-set]",
        (
            "--update-layers: moves existing functions, but --create creates new ones; remove --update-layers "
            "[deploy-option]"
        ),
        "--update-layers: no function is set; pass --function NAME [function-not-set]",
    )


def test_a_role_that_lambda_cannot_assume_yet_is_tried_again(aws, tmp_path):
    aws.refuse("CreateFunction", 400, "InvalidParameterValueException", NOT_ASSUMED, times=2)

    steps, _ = deployed(function_zip(tmp_path), **NEW)

    assert steps[0].startswith("shop: function created")
    assert aws.written == ["CreateFunction"] * 3


def test_a_role_that_lambda_never_assumes_is_named(aws, tmp_path, monkeypatch):
    monkeypatch.setattr(creation, "LONGEST_ROLE", 0.5)
    aws.refuse("CreateFunction", 400, "InvalidParameterValueException", NOT_ASSUMED)

    problems = problems_of(function_zip(tmp_path), **NEW)

    assert problems == (
        (
            f"shop: Lambda can't assume the role {ROLE!r}, even after 0 s; allow lambda.amazonaws.com in the role's "
            "trust policy, then deploy again [role-not-assumed]"
        ),
        "done: nothing",
        "not done: shop: function",
    )


def test_another_rejection_is_reported_at_once(aws, tmp_path):
    aws.refuse("CreateFunction", 400, "InvalidParameterValueException", "Unsupported region.")

    problems = problems_of(function_zip(tmp_path), **NEW)

    assert problems[0] == (
        "shop: AWS rejected CreateFunction (InvalidParameterValueException: 'Unsupported region.'); correct that, then "
        "deploy again [aws-rejected]"
    )
    assert aws.written == ["CreateFunction"]


def test_a_creation_whose_answer_is_lost_counts(aws, tmp_path):
    aws.lose("answer", "CreateFunction")

    steps, _ = deployed(function_zip(tmp_path), publish=True, **NEW)

    assert [step.partition(" for ")[0] for step in steps] == ["shop: function created", "shop: published version 1"]


# Code that stays in S3


def test_lambda_reads_the_code_from_a_versioned_bucket(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.create_bucket("artifacts")
    aws.client("s3").put_bucket_versioning(Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"})
    path = function_zip(tmp_path)

    first, _ = deployed(path, functions=("shop",), s3_bucket="artifacts", s3_reference=True)
    (request,) = [body for operation, body in aws.bodies if operation == "UpdateFunctionCode"]
    again, _ = deployed(layer_zip(tmp_path), layer="deps", s3_bucket="artifacts", s3_reference=True)
    (content,) = [body["Content"] for operation, body in aws.bodies if operation == "PublishLayerVersion"]

    key = f"shop-new-{sha256(path.read_bytes())}.zip"
    version = aws.client("s3").head_object(Bucket="artifacts", Key=key)["VersionId"]
    assert {name: request[name] for name in ("S3Bucket", "S3Key", "S3ObjectVersion", "S3ObjectStorageMode")} == {
        "S3Bucket": "artifacts",
        "S3Key": key,
        "S3ObjectVersion": version,
        "S3ObjectStorageMode": "REFERENCE",
    }
    assert content["S3ObjectStorageMode"] == "REFERENCE"
    assert (len(first), len(again)) == (2, 2)


def test_a_bucket_without_versions_is_rejected(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.create_bucket("artifacts")

    problems = problems_of(function_zip(tmp_path), functions=("shop",), s3_bucket="artifacts", s3_reference=True)

    assert problems == (
        (
            "s3://artifacts: the bucket isn't versioned, but --s3-reference needs that; run 'aws s3api "
            "put-bucket-versioning --bucket artifacts --versioning-configuration Status=Enabled', or remove "
            "--s3-reference [bucket-not-versioned]"
        ),
    )
    assert aws.written == []


# Old versions


def _publish(aws, count: int) -> None:
    """Create a function with as many versions, of which an alias uses the first and sends a share to the second."""
    aws.rules.polls = 0
    aws.create_function("shop", OLD, Publish=True)
    client = aws.client("lambda")
    for number in range(2, count + 1):
        client.update_function_code(FunctionName="shop", ZipFile=_code(number), Publish=True)
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    client.create_alias(FunctionName="shop", Name="old", FunctionVersion="1", RoutingConfig=routing)
    aws.asked.clear()


def _code(number: int) -> bytes:
    return OLD[:-2] + bytes([1, 0]) + bytes([number])


def test_versions_that_an_alias_uses_stay(aws, tmp_path):
    _publish(aws, 5)
    path = function_zip(tmp_path)

    planned, _ = deployed(path, functions=("shop",), publish=True, keep=2, dry_run=True)
    done, _ = deployed(path, functions=("shop",), publish=True, keep=2)
    nothing, _ = deployed(path, functions=("shop",), keep=2)

    assert planned[-1] == "shop: would delete versions 3, 4, which no alias uses"
    assert done[-1] == "shop: deleted versions 3, 4, which no alias uses"
    assert nothing[-1] == "shop: no old versions to delete"


def test_versions_stay_whatever_page_of_aliases_uses_them(aws, tmp_path):
    _publish(aws, 4)
    aws.client("lambda").create_alias(FunctionName="shop", Name="test", FunctionVersion="3")
    aws.rules.page = 1

    steps, _ = deployed(function_zip(tmp_path), functions=("shop",), keep=1, publish=True)

    assert steps[-1] == "shop: deleted version 4, which no alias uses"


def test_a_version_that_aws_keeps_is_a_warning(aws, tmp_path):
    _publish(aws, 3)
    aws.refuse("DeleteFunction", 409, "ResourceConflictException", "It has provisioned concurrency.", times=1)

    steps, warnings = deployed(function_zip(tmp_path), functions=("shop",), keep=1, publish=True)

    assert steps[-1] == "shop: no old versions to delete"
    assert warnings == (
        (
            "shop: version 3 wasn't deleted (AWS response: 'It has provisioned concurrency.'); remove what uses it, "
            "then delete it [version-not-deleted]"
        ),
    )


def test_a_deletion_that_is_denied_lists_what_was_deleted(aws, tmp_path):
    _publish(aws, 5)
    denied = "not authorized to perform lambda:DeleteFunction"
    aws.after("DeleteFunction", lambda: aws.refuse("DeleteFunction", 403, "AccessDeniedException", denied))

    problems = problems_of(function_zip(tmp_path), functions=("shop",), keep=1)

    assert problems[0] == (
        f"shop: access denied to DeleteFunction (AWS response: {denied!r}); allow it for these credentials, or use "
        "others [access-denied]"
    )
    assert problems[1].endswith("; shop: deleted version 3, which no alias uses")
    assert problems[2] == "not done: shop: old versions"


def test_a_deletion_that_is_denied_at_once_keeps_all_versions(aws, tmp_path):
    _publish(aws, 3)
    path = function_zip(tmp_path)
    denied = "not authorized to perform lambda:DeleteFunction"
    aws.refuse("DeleteFunction", 403, "AccessDeniedException", denied)

    problems = problems_of(path, functions=("shop",), keep=1, publish=True)

    assert problems == (
        (
            f"shop: access denied to DeleteFunction (AWS response: {denied!r}); allow it for these credentials, or use "
            "others [access-denied]"
        ),
        f"done: shop: code updated to CodeSha256 {code_sha256(path)}; shop: published version 4",
        "not done: shop: old versions",
    )


@pytest.mark.parametrize("keep", ["0", "-1", "many"])
def test_an_invalid_number_to_keep_ends_with_usage(tmp_path, keep):
    ended = run("deploy", function_zip(tmp_path), "--function", "shop", "--keep", keep)

    assert ended.code == 2
    assert f"argument --keep: expected a whole number above 0; found {keep!r}" in ended.err


def test_json_lists_the_new_steps(aws, tmp_path):
    ended = run("deploy", function_zip(tmp_path), "--function", "shop", "--create", "--role", ROLE, "--json")

    assert [(step["action"], step["value"]) for step in json.loads(ended.out)["steps"]] == [("create", ARN)]
