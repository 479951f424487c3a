"""Removes from the planned files of a zip the data of AWS services that ``aws-services`` doesn't list."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from hatch_lambda.archive.aws_services import OTHER_NAMES, known_services, required_services, service_of
from hatch_lambda.checks.aws_clients import client_calls
from hatch_lambda.config.table import join_names, list_names
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError, PlanError
from hatch_lambda.layers import versions_in_layers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.layers import Layer

_BOTOCORE = "botocore"


def without_services(entries: Sequence[Entry], layers: Sequence[Layer], config: LambdaConfig) -> tuple[Entry, ...]:
    """Return the entries without the data of services that ``aws-services`` doesn't list and nothing else needs.

    Raises ``ConfigError`` if botocore isn't among the entries or a service is unknown, and ``PlanError`` if a file of
    the project creates a client for a service that isn't listed.
    """
    known = known_services(entries)
    if not known:
        _check_botocore(layers, config)
        return tuple(entries)
    unknown = [
        _unknown_service(name, number, known, config)
        for number, name in enumerate(config.aws_services, 1)
        if name not in known
    ]
    if unknown:
        raise ConfigError(unknown)
    required = required_services(entries, config.aws_services)
    missing = list(_missing_services(entries, set(known) - required, config))
    if missing:
        raise PlanError(missing)
    return tuple(entry for entry in entries if (service_of(entry.path) or _BOTOCORE) in {*required, _BOTOCORE})


def _check_botocore(layers: Sequence[Layer], config: LambdaConfig) -> None:
    """Raise ``ConfigError`` with the reason why botocore isn't in the zip.

    If the zip inherits the option, that is a problem only if botocore is left to the runtime.
    """
    is_excluded = not {"boto3", _BOTOCORE}.isdisjoint(config.exclude_packages)
    if _BOTOCORE in versions_in_layers(layers):
        reason, fix = "a layer provides it", "set aws-services in the table of that layer"
    elif is_excluded:
        reason = "exclude-packages leaves it to the runtime"
        fix = "remove aws-services, or remove boto3 and botocore from exclude-packages"
    else:
        reason, fix = "nothing requires it", "require boto3, or remove aws-services"
    if is_excluded or not config.inherits("aws-services"):
        problem = f"has no effect, because botocore isn't in the zip: {reason}"
        where = config.where("aws-services")
        raise ConfigError(Diagnostic(code="unused-services", where=where, problem=problem, fix=fix))


def _unknown_service(name: str, number: int, known: Sequence[str], config: LambdaConfig) -> Diagnostic:
    lower = name.lower()
    other = OTHER_NAMES.get(lower)
    close = [other] if other in known else get_close_matches(lower, known, n=3)
    fix = f"did you mean {join_names([repr(service) for service in close])}?" if close else ""
    return Diagnostic(
        code="unknown-service",
        where=f"{config.where('aws-services')} #{number}",
        problem=f"botocore has no service {name!r}",
        fix=fix or f"choose from {list_names(known)}",
    )


def _missing_services(entries: Sequence[Entry], services: set[str], config: LambdaConfig) -> Iterator[Diagnostic]:
    for call in client_calls(entries, services, config.target):
        listed = ", ".join(f'"{name}"' for name in (*config.aws_services, call.service))
        yield Diagnostic(
            code="missing-service",
            where=f"{call.path}:{call.line}",
            problem=f'{call.function}("{call.service}") fails, because aws-services excludes the data of the service',
            fix=f"set aws-services = [{listed}]",
        )
