"""Whether everything fits, before anything is changed: the zips, the functions as AWS has them, their aliases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hatch_lambda.archive.read import read_zip
from hatch_lambda.checks.limits import MAX_DIRECT_UPLOAD
from hatch_lambda.config.options import MAX_UNZIPPED
from hatch_lambda.deploy.aws import AwsError
from hatch_lambda.deploy.request import bare_name
from hatch_lambda.errors import DeployError, ZipError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.deploy.aws import Connection
    from hatch_lambda.deploy.request import DeployRequest
    from hatch_lambda.diagnostics import Message

CREATE_ALIAS = "aws lambda create-alias --function-name {function} --name {alias} --function-version VERSION"


@dataclass(frozen=True)
class Archives:
    """The zips to deploy: at most one of each kind."""

    function: LambdaZip | None
    layer: LambdaZip | None

    @property
    def both(self) -> tuple[LambdaZip, ...]:
        """Return those that there are, the layer first."""
        return tuple(archive for archive in (self.layer, self.function) if archive)


@dataclass(frozen=True)
class Function:
    """A function as AWS has it: ``id`` is how it was named, ``configuration`` and ``alias`` are AWS's answers."""

    id: str
    configuration: Mapping[str, Any]
    alias: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """Return its name, without what an ARN has around it."""
        return bare_name(self.id)

    def has(self, archive: LambdaZip) -> bool:
        """Return whether its code is the archive's; an update that failed may have left it half-way."""
        same = self.configuration["CodeSha256"] == archive.code_sha256
        return same and self.configuration.get("LastUpdateStatus") != "Failed"


def read_archives(request: DeployRequest) -> Archives:
    """Return the zips; raises ``DeployError`` naming everything that Lambda would refuse."""
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
            problems.append(f"{path}: found a second zip of a {kind}, after {found[kind].path}; deploy one at a time")
        found[kind] = archive
    if len(found) == len(request.zips):  # else what cannot be read may be what is asked for
        problems += _unmet(request, found)
    if problems:
        raise DeployError(problems)
    return Archives(found.get("function"), found.get("layer"))


def _unmet(request: DeployRequest, found: Collection[str]) -> Iterator[str]:
    if request.layer and "layer" not in found:
        yield f"layer {request.layer!r}: none of the zips is a layer; build one, or leave out layer"
    if request.functions and "function" not in found and not request.update_layers:
        yield (
            f"function {request.functions[0]!r}: none of the zips is for a function; say update-layers to move it to "
            "the layer's new version, or leave out function"
        )


def _zip_problems(archive: LambdaZip, kind: str, request: DeployRequest) -> Iterator[str]:
    where = archive.path
    if kind == "function" and not request.functions:
        yield f"{where}: it is for a function, and none is named; name it with function"
    if kind == "layer" and not request.layer:
        yield f"{where}: it is a layer, and no name is given for it; name it with layer"
    if archive.plan.unzipped > MAX_UNZIPPED:
        yield f"{where}: unzipped, {archive.plan.unzipped:,} bytes; Lambda accepts less than {MAX_UNZIPPED + 1:,}"
    if archive.size > MAX_DIRECT_UPLOAD and not request.s3_bucket:
        yield (
            f"{where}: {archive.size:,} bytes; Lambda takes {MAX_DIRECT_UPLOAD:,} directly; name a bucket to upload it "
            "through with s3-bucket"
        )


def find_functions(request: DeployRequest, archives: Archives, aws: Connection) -> tuple[Function, ...]:
    """Return the functions; raises ``DeployError`` naming everything that does not fit."""
    found: list[Function] = []
    problems: list[Message] = []
    for id_ in {bare_name(id_): id_ for id_ in request.functions}.values():
        try:
            function = _find(id_, request, aws)
        except AwsError:
            problems.append(
                f"{bare_name(id_)}: no such function in {aws.region}; deploying updates what exists; look at region "
                "and profile, or create it"
            )
            continue
        found.append(function)
        problems += _state_problems(function, archives)
        for archive in archives.both if request.update_layers else filter(None, [archives.function]):
            problems += _target_problems(function, archive)
        if request.update_layers:
            problems += _layer_problems(function, str(request.layer))
        if request.alias and not function.alias:
            command = CREATE_ALIAS.format(function=function.name, alias=request.alias)
            problems.append(f"{function.name}: no alias {request.alias!r}; create it once: {command}")
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


def _state_problems(function: Function, archives: Archives) -> Iterator[str]:
    """Yield why the function cannot be updated now.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html, read 2026-11-23.
    """
    configuration, name = function.configuration, function.name
    if configuration.get("PackageType") == "Image":
        yield f"{name}: made of a container image, which no zip can replace; create another function for the zip"
    state = configuration.get("State")
    if state == "Pending":
        yield f"{name}: AWS still prepares it (state Pending); wait until it is Active, then deploy again"
    if state == "Failed":
        yield f"{name}: in state Failed; AWS says {configuration.get('StateReason', '')!r}; repair or create it anew"
    ours = archives.function is not None and function.has(archives.function)
    if configuration.get("LastUpdateStatus") == "InProgress" and not ours:
        yield f"{name}: an update is under way; another deployment may run; wait for it, then deploy again"


def _target_problems(function: Function, archive: LambdaZip) -> Iterator[str]:
    configuration, name = function.configuration, function.name
    runtime, architecture = configuration.get("Runtime"), configuration.get("Architectures", ["x86_64"])[0]
    fitting = archive.runtimes
    if fitting and runtime not in fitting:
        yield (
            f"{name}: its runtime is {runtime}; {archive.path.name} is for {_or(fitting)}; build for {runtime}, or "
            "change the function's runtime first"
        )
    fitting = archive.architectures
    if fitting and architecture not in fitting:
        yield (
            f"{name}: its architecture is {architecture}; {archive.path.name} is for {_or(fitting)}; build for "
            f"{architecture}, or move the function first: aws lambda update-function-code --architectures"
        )
    handler = configuration.get("Handler") or ""
    if archive.kind == "function" and archive.described and not _finds_handler(handler, archive, configuration):
        needed = ", ".join(archive.declared("layers"))
        fix = (
            f"add its layers, {needed}, to the function, or change its handler"
            if needed
            else "build the project that has it, or change the function's handler first"
        )
        yield f"{name}: its handler is {handler!r}; {archive.path.name} has no such module; {fix}"


def _finds_handler(handler: str, archive: LambdaZip, configuration: Mapping[str, Any]) -> bool:
    """Return whether the handler's module is in the archive, or may be elsewhere: in a layer, or behind a wrapper."""
    variables = configuration.get("Environment", {}).get("Variables", {})
    if configuration.get("Layers") or "AWS_LAMBDA_EXEC_WRAPPER" in variables:
        return True
    module = handler.rpartition(".")[0].replace(".", "/")
    return any(path == handler or path.startswith((f"{module}.", f"{module}/")) for path in archive.plan.paths)


def _layer_problems(function: Function, layer: str) -> Iterator[str]:
    names = [layer_name(attached["Arn"]) for attached in function.configuration.get("Layers", ())]
    if layer_name(layer) not in names:
        has = f"its layers are {', '.join(names)}" if names else "it has no layers"
        yield f"{function.name}: has no layer {layer_name(layer)!r} to move; {has}; add it once to the function"


def layer_warnings(functions: Sequence[Function], archives: Archives) -> Iterator[str]:
    """Yield a sentence for each function that has fewer layers than its zip was made to be used with."""
    needed = archives.function.declared("layers") if archives.function else ()
    for function in functions:
        has = len(function.configuration.get("Layers", ()))
        if has < len(needed):
            yield (
                f"{function.name}: the zip was made for use with {', '.join(needed)}, but the function has {has} "
                f"layers, not {len(needed)}; what is in them is not in the zip. Add them to the function."
            )


def layer_name(arn: str) -> str:
    """Return the name in the ARN of a layer or of its version; what is no ARN is a name."""
    return arn.partition(":layer:")[2].partition(":")[0] or arn


def _or(names: Sequence[str]) -> str:
    return " or ".join(names)


def check_bucket(request: DeployRequest, aws: Connection) -> None:
    """Raise ``DeployError`` if there is no such bucket, or not in the functions' region, as Lambda demands."""
    if not request.s3_bucket:
        return
    where = f"s3://{request.s3_bucket}"
    try:
        answer = aws.call_s3(where, "head_bucket", "301 400 403 404", Bucket=request.s3_bucket)
        headers: Mapping[str, str] = answer["ResponseMetadata"]["HTTPHeaders"]
    except AwsError as error:
        if error.code == "404":
            raise DeployError(f"{where}: no such bucket; create it in {aws.region}, or name another") from None
        headers = error.headers  # who may not list a bucket may yet write to it, and is told where it is
    region = headers.get("x-amz-bucket-region", aws.region)
    if region != aws.region:
        raise DeployError(
            f"{where}: the bucket is in {region}; Lambda reads from buckets in its own region, {aws.region}; name "
            "another bucket, or deploy there"
        )
