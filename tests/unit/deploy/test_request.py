"""The options of a deployment, as users type them on the command line and in TOML."""

from __future__ import annotations

from pathlib import Path

import pytest

from hatch_lambda.deploy.request import DeployRequest


def problems(**options) -> list[str]:
    return [str(problem) for problem in DeployRequest(zips=(Path("shop.zip"),), **options).problems()]


def test_a_valid_request_has_no_problems():
    assert problems(functions=("shop",), region="eu-central-1", s3_bucket="artifacts", s3_prefix="lambda") == []


@pytest.mark.parametrize(
    ("in_table", "expected"),
    [
        (
            False,
            [
                "--s3-prefix: no bucket is set; pass --s3-bucket BUCKET [deploy-option]",
                (
                    "--no-wait: AWS publishes a version only after the update ends; remove --no-wait, or remove "
                    "--publish and --alias [deploy-option]"
                ),
                "--update-layers: no layer is set; pass --layer LAYER [layer-not-set]",
                "--update-layers: no function is set; pass --function NAME [function-not-set]",
            ],
        ),
        (
            True,
            [
                's3-prefix: no bucket is set; set s3-bucket = "BUCKET" [deploy-option]',
                (
                    "wait = false: AWS publishes a version only after the update ends; remove wait = false, or remove "
                    "publish and alias [deploy-option]"
                ),
                'update-layers: no layer is set; set layer-name = "LAYER" [layer-not-set]',
                'update-layers: no function is set; set function = "NAME" [function-not-set]',
            ],
        ),
    ],
)
def test_messages_show_options_as_the_user_types_them(in_table, expected):
    options = {"s3_prefix": "lambda", "wait": False, "publish": True, "update_layers": True}

    assert problems(**options, in_table=in_table) == expected


def test_the_layer_has_another_name_in_a_table():
    (problem,) = problems(functions=("shop",), layer="", in_table=True)

    assert problem == (
        "layer-name: '' isn't a name (an empty variable?); give it a value, or remove layer-name [deploy-option]"
    )


def test_a_qualified_function_in_a_table_names_the_alias_to_set():
    (problem,) = problems(functions=("shop:live",), in_table=True)

    assert problem == (
        "function 'shop:live': names a version or an alias, but only $LATEST can be updated; remove ':live', and set "
        'alias = "live" to move an alias [deploy-option]'
    )
