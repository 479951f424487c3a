"""Deploys existing zips: updates functions, publishes layer versions, and creates functions on request.

Start with ``deploy``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.deploy.aws import Connection
from hatch_lambda.deploy.create import check_creation, create_function
from hatch_lambda.deploy.function import move_alias, publish_version, update_code
from hatch_lambda.deploy.layer import move_layer, publish_layer
from hatch_lambda.deploy.preflight import check_bucket, find_functions, layer_name, layer_warnings, read_archives
from hatch_lambda.deploy.prune import prune_versions
from hatch_lambda.deploy.request import DeployLog, DeployRequest, Outcome, Step
from hatch_lambda.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hatch_lambda.deploy.preflight import Archives, Function

__all__ = ["DeployRequest", "Outcome", "Step", "deploy"]


def deploy(request: DeployRequest, report: Callable[[Step], None]) -> Outcome:
    """Deploy the zips and return what was done; ``report`` receives each step when it ends.

    Checks everything that it can before it changes anything. It doesn't repeat what is already done, so that the next
    deployment completes one that was interrupted. Raises ``DeployError``, which lists what was done and what wasn't.
    """
    archives = read_archives(request)
    aws = Connection(request)
    if request.create:
        check_creation(request, archives, aws)
    functions = () if request.create else find_functions(request, archives, aws)
    check_bucket(request, aws)
    log = DeployLog(list(_to_do(request, archives)), report, warnings=list(layer_warnings(functions, archives)))
    try:
        layer = publish_layer(archives.layer, str(request.layer), request, aws, log) if archives.layer else None
        if archives.function and request.create:
            for id_ in request.distinct_functions.values():
                create_function(id_, archives.function, layer, request, aws, log)
        for function in functions:
            _update(function, archives, layer, request, aws, log)
        if request.keep:
            for function in functions:
                prune_versions(function, request.keep, request, aws, log)
    except DeployError as error:
        raise log.failure(error) from None
    except KeyboardInterrupt:
        raise log.interruption() from None
    return log.outcome()


def _update(
    function: Function,
    archives: Archives,
    layer: str | None,
    request: DeployRequest,
    aws: Connection,
    log: DeployLog,
) -> None:
    current = function.configuration
    if archives.layer and request.update_layers:
        current = move_layer(function, layer, str(request.layer), request, aws, log)
    if archives.function:
        current = update_code(function, current, archives.function, request, aws, log)
    if request.publishes:
        version = publish_version(function, current, request, aws, log)
        move_alias(function, version, request, aws, log)


def _to_do(request: DeployRequest, archives: Archives) -> Iterator[str]:
    """Yield the name of each step, in the order of ``deploy``."""
    if archives.layer:
        yield f"{layer_name(str(request.layer))}: layer version"
    for name in request.distinct_functions:
        if archives.layer and request.update_layers:
            yield f"{name}: layer {layer_name(str(request.layer))}"
        if archives.function:
            yield f"{name}: {'function' if request.create else 'code'}"
        if request.publishes:
            yield f"{name}: version"
        if request.alias:
            yield f"{name}: alias {request.alias}"
    if request.keep and not request.create:
        yield from (f"{name}: old versions" for name in request.distinct_functions)
