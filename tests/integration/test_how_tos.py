"""The how-tos on deploying are correct: their commands run, and other tools can read their files."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from hatch_lambda.plugin.publisher import FLAGS, LISTS, TEXTS, read_settings
from tests.support import pages
from tests.support.deployments import OLD, code_sha256, function_zip, layer_zip, run
from tests.support.make_local_project import make_local_project

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
TEXT = (HOW_TO / "deploy.md").read_text("utf-8")
TOOLS = (HOW_TO / "deploy-sam-cdk-terraform.md").read_text("utf-8")
ACTIONS = (HOW_TO / "deploy-from-github-actions.md").read_text("utf-8")
IMAGE = (HOW_TO / "container-image.md").read_text("utf-8")
ZIP = "dist/orders-1.0.0-lambda-python3.13-arm64.zip"
PROGRAMS = {"aws": "awscli", "hatch": "hatch", "hatch-lambda": "hatch_lambda"}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(text: str) -> list[list[str]]:
    """Return the commands of the examples that we can run; other tests install."""
    lines = [line for block in pages.blocks(text) if block.language in pages.SHELL for line in pages.shell_lines(block)]
    return [words for words in map(shlex.split, lines) if words[0] in PROGRAMS]


@pytest.fixture
def orders(aws, tmp_path, monkeypatch):
    """The account and the project of the how-to."""
    client = aws.client("lambda")
    layer = client.publish_layer_version(LayerName="orders-deps", Content={"ZipFile": OLD})
    options = {"Handler": "shop.api.handler", "Architectures": ["arm64"], "Layers": [layer["LayerVersionArn"]]}
    aws.create_function("orders", OLD, Publish=True, **options)
    client.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    aws.create_bucket("artifacts")
    aws.client("s3").put_bucket_versioning(Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"})
    aws.client("iam").create_role(RoleName="orders", AssumeRolePolicyDocument="{}")
    aws.asked.clear()
    for name in ("HATCH_DATA_DIR", "HATCH_CACHE_DIR", "HATCH_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "HATCH_CONFIG").write_text("")
    project = '[project]\nname = "orders"\nversion = "1.0.0"\n'
    (tmp_path / "pyproject.toml").write_text(project + blocks(TEXT, "toml")[0])
    (tmp_path / "dist").mkdir()
    function_zip(tmp_path, architecture="arm64").rename(tmp_path / ZIP)
    made = layer_zip(tmp_path, **{"compatible-architectures": ["arm64"]})
    made.rename(tmp_path / ZIP.replace("-lambda-", "-lambda_layer-"))
    return tmp_path


def test_every_command_of_the_how_to_works(aws, orders):
    ran = [run(*_for_a_new_function(words), program=PROGRAMS[name], cwd=orders) for name, *words in commands(TEXT)]

    assert [ended.code for ended in ran] == [0] * 12, ran
    configuration = aws.client("lambda").get_function_configuration(FunctionName="orders")
    assert configuration["CodeSha256"] == code_sha256(orders / ZIP)
    assert configuration["Layers"][0]["Arn"].endswith(":layer:orders-deps:2")


def _for_a_new_function(words: list[str]) -> list[str]:
    """Return the arguments of a command; one that creates the function creates another, because it exists already."""
    return [word if word != "orders" else "orders-new" for word in words] if "--create" in words else words


def test_the_permissions_are_those_that_deploying_uses(aws, orders):
    layer = ZIP.replace("-lambda-", "-lambda_layer-")
    options = ("--function", "orders", "--layer", "orders-deps", "--update-layers", "--alias", "live")
    (policy,) = map(json.loads, blocks(TEXT, "json"))
    allowed = {action.split(":")[1] for statement in policy["Statement"] for action in statement["Action"]}

    run("deploy", ZIP, layer, *options, "--s3-bucket", "artifacts", cwd=orders)
    run("deploy", ZIP, layer, *options, cwd=orders)

    heads = {"HeadBucket": "ListBucket", "HeadObject": "GetObject"}
    assert {heads.get(operation, operation) for operation in aws.asked} == allowed


def test_the_table_of_the_how_to_is_accepted_and_its_keys_are_all_that_there_are():
    table = tomllib.loads(blocks(TEXT, "toml")[0])["tool"]["hatch"]["publish"]["lambda"]

    settings = read_settings({}, table, {"stage": "test"})

    assert settings == {
        "function": ("orders-test",),
        "layer-name": "orders-deps",
        "region": "eu-central-1",
        "alias": "test",
    }
    listed = TEXT.partition("The options are ")[2].partition(". You can")[0]
    assert set(re.findall(r"`([^`]+)`", listed)) == {*LISTS, *TEXTS, *FLAGS, "keep"}


def test_terraform_compares_the_hash_of_the_file_that_it_sends():
    resources = blocks(TOOLS, "hcl")

    found = [dict(re.findall(r"^  (\w+) += (.+)$", resource, re.MULTILINE)) for resource in resources]

    for arguments in found:
        assert arguments["source_code_hash"] == f"filebase64sha256({arguments['filename']})"
    (options,) = (
        tomllib.loads(block)["tool"]["hatch"]["build"]["targets"]["lambda"] for block in blocks(TOOLS, "toml")
    )
    assert found[0]["filename"] == f'"dist/{options["filename"]}"'


def test_templates_and_programs_of_other_tools_name_the_zip():
    sam, building, serverless = map(yaml.safe_load, blocks(TOOLS, "yaml"))
    cdk, command = map(ast.parse, blocks(TOOLS, "python"))

    assert building["Resources"]["Orders"]["Metadata"] == {"BuildMethod": "makefile"}
    assert ["hatch-lambda", "build"] in [
        ast.literal_eval(one) for one in ast.walk(command) if isinstance(one, ast.List)
    ]
    assert sam["Resources"]["Orders"]["Properties"]["CodeUri"] == ZIP
    assert serverless["functions"]["orders"]["package"]["artifact"] == ZIP
    assert ZIP in {node.value for node in ast.walk(cdk) if isinstance(node, ast.Constant)}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no make")
def test_sam_gets_the_unpacked_zip_from_the_makefile(tmp_path, environ):
    (makefile,) = blocks(TOOLS, "makefile")
    root = make_local_project(tmp_path / "orders", "orders", tables='[tool.hatch-lambda]\nruntime = "python3.13"\n')
    (root / "Makefile").write_text(makefile)
    (tmp_path / "artifacts").mkdir()
    environ |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"}

    command = ["make", "build-Orders", f"ARTIFACTS_DIR={tmp_path / 'artifacts'}"]
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in (tmp_path / "artifacts").iterdir()) == ["orders", "orders-1.0.dist-info"]


def test_each_job_of_the_workflow_gets_only_what_is_its_own():
    (workflow,) = map(yaml.safe_load, blocks(ACTIONS, "yaml"))
    jobs: dict[str, Any] = workflow["jobs"]

    uploaded, pypi, deploy = (
        [step["with"] for step in jobs[job]["steps"] if "artifact" in step.get("uses", "")]
        for job in ("build", "pypi", "deploy")
    )

    assert [(given["name"], given["path"].split()) for given in uploaded] == [
        ("python", ["dist/*.tar.gz", "dist/*.whl"]),
        ("lambda", ["dist/*.zip"]),
    ]
    assert [given["name"] for given in pypi] == ["python"]
    assert [given["name"] for given in deploy] == ["lambda"]
    assert jobs["deploy"]["needs"] == jobs["pypi"]["needs"] == "build"


def test_the_image_is_of_the_runtime_and_architecture_that_the_zip_was_built_for():
    (dockerfile,) = blocks(IMAGE, "dockerfile")
    (command,) = blocks(IMAGE, "bash")

    ((runtime, architecture),) = re.findall(r"-lambda-(python[\d.]+)-(\w+)\.zip", dockerfile)

    assert set(re.findall(r"^FROM public\.ecr\.aws/lambda/(\S+)", dockerfile, re.MULTILINE)) == {
        runtime.replace("python", "python:")
    }
    assert f"--platform linux/{architecture}" in command
