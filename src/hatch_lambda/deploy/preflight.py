"""Checks the zips, the functions, their aliases, and the bucket before anything changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hatch_lambda.archive.read import read_zip
from hatch_lambda.checks.limits import MAX_DIRECT_UPLOAD, format_size
from hatch_lambda.config.options import MAX_UNZIPPED
from hatch_lambda.deploy.aws import AwsError
from hatch_lambda.deploy.aws_errors import deploy_error
from hatch_lambda.deploy.request import bare_name
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import DeployError, ZipError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.deploy.aws import Connection
    from hatch_lambda.deploy.request import DeployRequest
    from hatch_lambda.diagnostics import Code, Message

CREATE_ALIAS = "aws lambda create-alias --function-name {function} --name {alias} --function-version VERSION"


@dataclass(frozen=True)
class Archives:
    """The zips to deploy: at most one of each kind."""

    function: LambdaZip | None
    layer: LambdaZip | None

    @property
    def both(self) -> tuple[LambdaZip, ...]:
        """Return the zips that exist, the layer first."""
        return tuple(archive for archive in (self.layer, self.function) if archive)


@dataclass(frozen=True)
class Function:
    """A function on AWS: ``id`` is the name that the user gave, ``configuration`` and ``alias`` are AWS's responses."""

    id: str
    configuration: Mapping[str, Any]
    alias: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """Return its name, without the rest of its ARN."""
        return bare_name(self.id)

    def has(self, archive: LambdaZip) -> bool:
        """Return whether its code is the archive's; a failed update might have left it incomplete."""
        same = self.configuration["CodeSha256"] == archive.code_sha256
        return same and self.configuration.get("LastUpdateStatus") != "Failed"


def read_archives(request: DeployRequest) -> Archives:
    """Return the zips; raises ``DeployError`` with everything that Lambda would reject."""
    problems: list[Message] = [*request.problems()]
    found: dict[str, LambdaZip] = {}
    for path in request.zips:
        try:
            archive = read_zip(path)
        except ZipError as error:
            problems += error.diagnostics
            continue
        kind = "layer" if not archive.described and request.layer and not request.functions else archive.kind
        problems += _zip_problems(archive, kind, request)
        if kind in found:
            problem = f"is a second {kind} zip, after {found[kind].path}"
            problems.append(_problem("zip-count", path, problem, "deploy one at a time"))
        found[kind] = archive
    if len(found) == len(request.zips):  # otherwise, an unreadable zip might be the missing one
        problems += _missing_zips(request, found)
    if problems:
        raise DeployError(problems)
    return Archives(found.get("function"), found.get("layer"))


def _missing_zips(request: DeployRequest, found: Collection[str]) -> Iterator[Diagnostic]:
    layer, function, update = map(request.option, ("layer", "function", "update-layers"))
    if request.layer and "layer" not in found:
        where, problem = f"{layer} {request.layer!r}", "none of the zips is a layer"
        yield _problem("zip-count", where, problem, f"add the layer zip, or remove {layer}")
    if request.functions and "function" not in found and not request.update_layers:
        where, problem = f"{function} {request.functions[0]!r}", "none of the zips is for a function"
        fix = f"add {update} to move it to the new layer version, or remove {function}"
        yield _problem("zip-count", where, problem, fix)


def _zip_problems(archive: LambdaZip, kind: str, request: DeployRequest) -> Iterator[Diagnostic]:
    where = archive.path
    if kind == "function" and not request.functions:
        fix = request.with_option("function", "NAME")
        yield _problem("function-not-set", where, "no function to deploy to", fix)
    if kind == "layer" and not request.layer:
        fix = request.with_option("layer", "LAYER")
        yield _problem("layer-not-set", where, "no layer to publish it as", fix)
    if archive.plan.unzipped > MAX_UNZIPPED:
        problem = f"{format_size(archive.plan.unzipped)} unzipped exceeds Lambda's 250 MiB limit"
        yield _problem("too-large", where, problem, f"run 'hatch-lambda info {where}' to find what to exclude")
    if archive.size > MAX_DIRECT_UPLOAD and not request.s3_bucket:
        problem = f"{format_size(archive.size)} zipped exceeds Lambda's 50 MiB limit for a direct upload"
        yield _problem("too-large", where, problem, request.with_option("s3-bucket", "BUCKET"))


def find_functions(request: DeployRequest, archives: Archives, aws: Connection) -> tuple[Function, ...]:
    """Return the functions; raises ``DeployError`` with everything that doesn't match the zips."""
    found: list[Function] = []
    problems: list[Message] = []
    for id_ in request.distinct_functions.values():
        try:
            function = _find(id_, request, aws)
        except AwsError:
            problem = f"no function with this name in {aws.region}"
            created = "create the function" if request.in_table else "create it with --create --role ARN"
            fix = f"check {request.option('region')} and {request.option('profile')}, or {created}"
            problems.append(_problem("function-not-found", bare_name(id_), problem, fix))
            continue
        found.append(function)
        problems += _state_problems(function, archives)
        for archive in archives.both if request.update_layers else filter(None, [archives.function]):
            problems += _target_problems(function, archive)
        if request.update_layers:
            problems += _layer_problems(function, str(request.layer))
        if request.alias and not function.alias:
            command = CREATE_ALIAS.format(function=function.name, alias=request.alias)
            problem = f"alias {request.alias!r} doesn't exist"
            problems.append(_problem("alias-not-found", function.name, problem, f"create it once with '{command}'"))
    if problems:
        raise DeployError(problems)
    return tuple(found)


def _find(id_: str, request: DeployRequest, aws: Connection) -> Function:
    where, missing = bare_name(id_), "ResourceNotFoundException"
    configuration = aws.call_for_function(where, id_, missing)
    alias = None
    if request.alias:
        try:
            alias = aws.call(where, "get_alias", missing, FunctionName=id_, Name=request.alias)
        except AwsError:
            alias = None
    return Function(id_, configuration, alias)


def _state_problems(function: Function, archives: Archives) -> Iterator[Diagnostic]:
    """Yield why the function can't be updated now.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html, read 2026-11-23.
    """
    configuration, name = function.configuration, function.name
    if configuration.get("PackageType") == "Image":
        problem = "uses a container image, which a zip can't replace"
        yield _problem("image-function", name, problem, "create another function for the zip")
    state = configuration.get("State")
    if state == "Pending":
        problem = "AWS is still preparing it (state Pending)"
        yield _problem("function-busy", name, problem, "wait until it is Active, then deploy again")
    if state == "Failed":
        problem = f"is in state Failed (AWS response: {configuration.get('StateReason', '')!r})"
        yield _problem("update-failed", name, problem, "repair the function, or create it again")
    ours = archives.function is not None and function.has(archives.function)
    if configuration.get("LastUpdateStatus") == "InProgress" and not ours:
        problem = "an update is in progress, perhaps from another deployment"
        yield _problem("function-busy", name, problem, "wait until it ends, then deploy again")


def _target_problems(function: Function, archive: LambdaZip) -> Iterator[Diagnostic]:
    configuration, name, zip_name = function.configuration, function.name, archive.path.name
    runtime, architecture = configuration.get("Runtime"), configuration.get("Architectures", ["x86_64"])[0]
    if archive.runtimes and runtime not in archive.runtimes:
        problem = f"its runtime is {runtime}, but {zip_name} is for {_or(archive.runtimes)}"
        fix = f'set runtime = "{runtime}" and rebuild, or change the function\'s runtime first'
        yield _problem("function-mismatch", name, problem, fix)
    if archive.architectures and architecture not in archive.architectures:
        problem = f"its architecture is {architecture}, but {zip_name} is for {_or(archive.architectures)}"
        move = "'aws lambda update-function-code --architectures'"
        fix = f'set architecture = "{architecture}" and rebuild, or change the function first with {move}'
        yield _problem("function-mismatch", name, problem, fix)
    handler = configuration.get("Handler") or ""
    if archive.kind == "function" and archive.described and not _finds_handler(handler, archive, configuration):
        needed = ", ".join(archive.declared("layers"))
        fix = (
            f"add the zip's layers ({needed}) to the function, or change its handler"
            if needed
            else "build the project that contains the module, or change the function's handler first"
        )
        problem = f"its handler is {handler!r}, but {zip_name} doesn't contain that module"
        yield _problem("function-mismatch", name, problem, fix)


def _finds_handler(handler: str, archive: LambdaZip, configuration: Mapping[str, Any]) -> bool:
    """Return whether the handler's module is in the archive, or might be in a layer or behind a wrapper."""
    variables = configuration.get("Environment", {}).get("Variables", {})
    if configuration.get("Layers") or "AWS_LAMBDA_EXEC_WRAPPER" in variables:
        return True
    module = handler.rpartition(".")[0].replace(".", "/")
    return any(path == handler or path.startswith((f"{module}.", f"{module}/")) for path in archive.plan.paths)


def _layer_problems(function: Function, layer: str) -> Iterator[Diagnostic]:
    names = [layer_name(attached["Arn"]) for attached in function.configuration.get("Layers", ())]
    if layer_name(layer) not in names:
        problem = f"doesn't use layer {layer_name(layer)!r} (its layers: {', '.join(names) or 'none'})"
        yield _problem("function-mismatch", function.name, problem, "add the layer to the function once")


def layer_warnings(functions: Sequence[Function], archives: Archives) -> Iterator[Diagnostic]:
    """Yield a warning for each function with fewer layers than its zip needs."""
    needed = archives.function.declared("layers") if archives.function else ()
    for function in functions:
        attached = len(function.configuration.get("Layers", ()))
        if attached < len(needed):
            yield Diagnostic(
                code="undeclared-layers",
                where=function.name,
                problem=f"the zip needs {', '.join(needed)}, but the function has {attached} of {len(needed)} layers",
                fix="add them to the function",
                severity="warning",
            )


def layer_name(arn: str) -> str:
    """Return the name in the ARN of a layer or layer version; a name stays as it is."""
    return arn.partition(":layer:")[2].partition(":")[0] or arn


def _or(names: Sequence[str]) -> str:
    return " or ".join(names)


def _problem(code: Code, where: object, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code=code, where=str(where), problem=problem, fix=fix)


def check_bucket(request: DeployRequest, aws: Connection) -> None:
    """Raise ``DeployError`` if the bucket doesn't exist or isn't in the functions' region, as Lambda requires."""
    if not request.s3_bucket:
        return
    where = f"s3://{request.s3_bucket}"
    try:
        response = aws.call_s3(where, "head_bucket", "301 400 403 404", Bucket=request.s3_bucket)
        headers: Mapping[str, str] = response["ResponseMetadata"]["HTTPHeaders"]
    except AwsError as error:
        if error.code == "404":
            fix = f"create it in {aws.region}, or use another bucket"
            raise deploy_error("bucket-not-found", where, "the bucket doesn't exist", fix) from None
        headers = (
            error.headers
        )  # without permission to list a bucket, AWS still returns its region, and writing might work
    if request.s3_reference:
        _check_versioning(where, request, aws)
    region = headers.get("x-amz-bucket-region", aws.region)
    if region != aws.region:
        problem = f"the bucket is in {region}, but Lambda reads only from its own region, {aws.region}"
        raise deploy_error("bucket-region", where, problem, f"use a bucket in {aws.region}, or deploy to {region}")


def _check_versioning(where: str, request: DeployRequest, aws: Connection) -> None:
    """Raise ``DeployError`` unless the bucket keeps versions, so that the code that Lambda refers to can't change."""
    if aws.call_s3(where, "get_bucket_versioning", Bucket=request.s3_bucket).get("Status") == "Enabled":
        return
    option = request.option("s3-reference")
    command = f"aws s3api put-bucket-versioning --bucket {request.s3_bucket} --versioning-configuration Status=Enabled"
    fix = f"run '{command}', or remove {option}"
    raise deploy_error("bucket-not-versioned", where, f"the bucket isn't versioned, but {option} needs that", fix)
