"""What pip sees of the build machine: its environment with uv's settings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hatch_lambda.resolve.pip.uv_counterparts import fetching_environment, resolving_environment
from hatch_lambda.resolve.uv_indexes import with_user_indexes

if TYPE_CHECKING:
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.uv_settings import UvSettings


def resolving_host(host: Host, uv: UvSettings) -> Host:
    """Return the host with which pip resolves and builds: with the indexes and other settings of uv."""
    return replace(host, environ=resolving_environment(uv, host.environ), build_constraints=uv.build_constraints)


def fetching_host(config: LambdaConfig, host: Host, uv: UvSettings, *, locked: bool) -> Host:
    """Return the host with which pip fetches what a lock file, uv, or pip pinned: with credentials of uv's indexes."""
    if config.resolver == "pip" and not locked:
        return replace(host, environ=resolving_environment(uv, host.environ))
    known = with_user_indexes(uv, host.environ, host.directory)
    return replace(host, environ=fetching_environment(known, host.environ))
