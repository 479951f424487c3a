"""A finished zip becomes what a function runs, or a version of a layer; infrastructure tools create, this updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_lambda.deploy.aws import Connection
from hatch_lambda.deploy.function import move_alias, publish_version, update_code
from hatch_lambda.deploy.layer import move_layer, publish_layer
from hatch_lambda.deploy.preflight import check_bucket, find_functions, layer_name, layer_warnings, read_archives
from hatch_lambda.deploy.request import Deployment, Journal, Outcome, Step
from hatch_lambda.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hatch_lambda.deploy.preflight import Archives, Function

__all__ = ["Deployment", "Outcome", "Step", "deploy"]


def deploy(wanted: Deployment, tell: Callable[[Step], None]) -> Outcome:
    """Do what is wanted and return what was done; ``tell`` hears of each step as it ends.

    Everything that can be known beforehand is checked before anything is changed. What is done already is not done
    again, so that a deployment that was cut off is completed by the next. Raises ``PublishError``, which says what
    has been done and what has not.
    """
    archives = read_archives(wanted)
    aws = Connection(wanted.where, wanted.profile)
    functions = find_functions(wanted, archives, aws)
    check_bucket(wanted, aws)
    journal = Journal(
        list(_to_do(wanted, archives, functions)), tell, warnings=list(layer_warnings(functions, archives))
    )
    try:
        layer = publish_layer(archives.layer, str(wanted.layer), wanted, aws, journal) if archives.layer else None
        for function in functions:
            _update(function, archives, layer, wanted, aws, journal)
    except PublishError as error:
        raise journal.failure(error) from None
    except KeyboardInterrupt:
        raise journal.interruption() from None
    return journal.outcome()


def _update(
    function: Function, archives: Archives, layer: str | None, wanted: Deployment, aws: Connection, journal: Journal
) -> None:
    current = function.configuration
    if archives.layer and wanted.update_layers:
        current = move_layer(function, layer, str(wanted.layer), wanted, aws, journal)
    if archives.function:
        current = update_code(function, current, archives.function, wanted, aws, journal)
    if wanted.publishes:
        version = publish_version(function, current, wanted, aws, journal)
        move_alias(function, version, wanted, aws, journal)


def _to_do(wanted: Deployment, archives: Archives, functions: tuple[Function, ...]) -> Iterator[str]:
    """Yield the name of each step, in the order of ``deploy``."""
    if archives.layer:
        yield f"{layer_name(str(wanted.layer))}: layer version"
    for function in functions:
        if archives.layer and wanted.update_layers:
            yield f"{function.name}: layer {layer_name(str(wanted.layer))}"
        if archives.function:
            yield f"{function.name}: code"
        if wanted.publishes:
            yield f"{function.name}: version"
        if wanted.alias:
            yield f"{function.name}: alias {wanted.alias}"
