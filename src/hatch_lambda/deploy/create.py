"""Creates functions that don't exist yet, and their aliases; only for ``--create``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hatch_lambda.deploy.aws import AwsError, backoff
from hatch_lambda.deploy.aws_errors import client_error, deploy_error
from hatch_lambda.deploy.function import planned_version, publish_version, wait_until_updated
from hatch_lambda.deploy.preflight import Function
from hatch_lambda.deploy.request import Step, bare_name
from hatch_lambda.deploy.upload import upload
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.deploy.aws import Connection
    from hatch_lambda.deploy.preflight import Archives
    from hatch_lambda.deploy.request import DeployLog, DeployRequest
    from hatch_lambda.diagnostics import Code

LONGEST_ROLE = 30.0
"""Seconds to wait until Lambda can assume a new role; IAM is eventually consistent.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html ("Changes that I make are not always
immediately visible"), read 2026-11-28.
"""

_NOT_ASSUMED = "cannot be assumed by Lambda"
"""Part of Lambda's response for such a role. Source: https://github.com/hashicorp/terraform/issues/7198."""


def check_creation(request: DeployRequest, archives: Archives, aws: Connection) -> None:
    """Raise ``DeployError`` if a function exists, or if the zip doesn't contain what AWS must know about a new one."""
    problems = [*(_zip_problems(archives.function) if archives.function else ())]
    for name, id_ in request.distinct_functions.items():
        try:
            aws.call_for_function(name, id_, "ResourceNotFoundException")
        except AwsError:
            continue
        problem = f"exists already in {aws.region}"
        problems.append(_problem("function-exists", name, problem, "remove --create to update it"))
    if problems:
        raise DeployError(problems)


def _zip_problems(archive: LambdaZip) -> Iterator[Diagnostic]:
    where = archive.path.name
    if not archive.described:
        problem = "doesn't contain its runtime and handler, because another tool made it"
        yield _problem("not-creatable", where, problem, "build it with hatch-lambda, or create the function first")
    elif not archive.declared("handler"):
        yield _problem("not-creatable", where, "has no handler", 'set handler = "MODULE.FUNCTION" and rebuild')


def _problem(code: Code, where: str, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code=code, where=where, problem=problem, fix=fix)


def create_function(
    id_: str, archive: LambdaZip, layer: str | None, request: DeployRequest, aws: Connection, log: DeployLog
) -> None:
    """Create a function and, if they are requested, a version of it and an alias for that.

    ``layer`` is the ARN of the layer version that this deployment published, if any.
    """
    name = bare_name(id_)
    code = upload(archive, request, aws, log)
    made = f"{archive.runtimes[0]} on {archive.architectures[0]}, CodeSha256 {archive.code_sha256}"
    if request.dry_run:
        log.add(Step("create", name, f"function would be created for {made}", "", changed=True))
        if request.publishes:
            planned_version(name, None, log)
        if request.alias:
            log.add(Step("alias", name, f"alias {request.alias} would be created", "", changed=True))
        return
    configuration = _create(name, {**_arguments(id_, archive, layer, request), "Code": code}, aws)
    function = Function(id_, configuration, alias=None)
    if request.wait:
        configuration = wait_until_updated(function, aws)
    log.add(Step("create", name, f"function created for {made}", str(configuration["FunctionArn"]), changed=True))
    if request.publishes:
        published = publish_version(function, configuration, request, aws, log)
        _create_alias(function, str(published), request, aws, log)


def _arguments(id_: str, archive: LambdaZip, layer: str | None, request: DeployRequest) -> dict[str, Any]:
    layers = [*request.layer_versions, *([layer] if layer else [])]
    optional = {"MemorySize": request.memory, "Timeout": request.timeout, "Layers": layers}
    return {
        "FunctionName": id_,
        "Runtime": archive.runtimes[0],
        "Architectures": [archive.architectures[0]],
        "Handler": archive.declared("handler")[0],
        "Role": request.role,
        **{name: value for name, value in optional.items() if value},
    }


def _create(name: str, arguments: Mapping[str, Any], aws: Connection) -> Mapping[str, Any]:
    """Return the configuration of the new function; repeat the request while Lambda can't assume the role yet."""
    for delay in backoff(LONGEST_ROLE):
        try:
            return aws.change(
                name,
                "create_function",
                look=lambda: aws.call_for_function(name, arguments["FunctionName"]),
                is_done=lambda found: found["Role"] == arguments["Role"],
                expect="InvalidParameterValueException",
                **arguments,
            )
        except AwsError as rejection:
            if _NOT_ASSUMED not in str(rejection.error):
                raise client_error(name, rejection.error) from None
        time.sleep(delay)
    problem = f"Lambda can't assume the role {arguments['Role']!r}, even after {LONGEST_ROLE:.0f} s"
    fix = "allow lambda.amazonaws.com in the role's trust policy, then deploy again"
    raise deploy_error("role-not-assumed", name, problem, fix)


def _create_alias(function: Function, version: str, request: DeployRequest, aws: Connection, log: DeployLog) -> None:
    if request.alias is None:
        return
    aws.change(
        function.name,
        "create_alias",
        look=lambda: aws.call(function.name, "get_alias", FunctionName=function.id, Name=request.alias),
        is_done=lambda found: found["FunctionVersion"] == version,
        FunctionName=function.id,
        Name=request.alias,
        FunctionVersion=version,
    )
    text = f"alias {request.alias} created at version {version}"
    log.add(Step("alias", function.name, text, version, changed=True))
