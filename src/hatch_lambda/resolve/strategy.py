"""What resolves without a lock file: pip or uv."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError
from hatch_lambda.files.programs import uv_program
from hatch_lambda.resolve.constraints import constraint_files
from hatch_lambda.resolve.hosts import resolving_host
from hatch_lambda.resolve.index_settings import UvIndexSettings, uv_settings_like_pip
from hatch_lambda.resolve.pip.uv_counterparts import (
    explaining_environment,
    resolving_environment,
    unsupported_settings,
)
from hatch_lambda.resolve.uv_indexes import names_index, with_user_indexes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.utils import NormalizedName

    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.diagnostics import Code
    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.pip.resolver import PipResolver
    from hatch_lambda.resolve.uv import UvResolver
    from hatch_lambda.resolve.uv_settings import UvSettings


@dataclass(frozen=True, kw_only=True)
class ResolverChoice:
    """The tool that resolves without a lock file, and why.

    ``host`` is what pip and uv see of the build machine. ``program`` is the path of uv, and ``options`` are those of
    its command. With ``same_releases``, both select the same.
    """

    tool: Literal["pip", "uv"]
    reason: str
    host: Host
    program: str = ""
    options: tuple[str, ...] = ()
    same_releases: bool = True

    def __str__(self) -> str:
        return f"{self.tool}, {self.reason}"


def choose_resolver(config: LambdaConfig, host: Host, uv: UvSettings) -> ResolverChoice:
    """Return the tool that resolves.

    Raises ``ConfigError`` if the configuration leaves no choice, and the tool can't follow the settings of the other.
    """
    program = uv_program(host.environ)
    reason = _pip_reason(config, program)
    if reason:
        return _pip_choice(reason, host, uv)
    if not program:
        fix = 'use "hatch-lambda[uv]" in build-system.requires, or set resolver = "pip"'
        raise ConfigError(_resolver_problem(config, "resolver-missing", "uv isn't installed", fix))
    own = names_index(host.environ, host.directory, uv)
    like_pip = UvIndexSettings({}) if own else uv_settings_like_pip(host.environ, host.directory)
    if isinstance(like_pip, str) and config.resolver == "auto":
        return _pip_choice(f"because {like_pip}", host, uv)
    if isinstance(like_pip, str):
        problem, fix = f"'uv' isn't possible, because {like_pip}", 'set resolver = "pip", or name an index in [tool.uv]'
        raise ConfigError(_resolver_problem(config, "option-value", problem, fix))
    searched = with_user_indexes(uv, host.environ, host.directory)
    seen_by_pip = explaining_environment(searched, host.environ) if own else resolving_environment(uv, host.environ)
    return ResolverChoice(
        tool="uv",
        reason=f"with {'uv' if own else 'pip'}'s index settings",
        host=replace(resolving_host(host, uv), environ={**seen_by_pip, **like_pip.variables}),
        program=program,
        options=like_pip.options,
        same_releases=not own and not unsupported_settings(uv),
    )


def _resolver_problem(config: LambdaConfig, code: Code, problem: str, fix: str) -> Diagnostic:
    where = config.where("resolver")
    return Diagnostic(code=code, where=where, problem=problem, fix=fix, table=where.rpartition(".")[0])


def _pip_reason(config: LambdaConfig, program: str | None) -> str:
    """Return why pip resolves whatever the settings are; empty if uv, whose path is ``program``, resolves."""
    if config.resolver == "pip":
        return 'because of resolver = "pip"'
    if config.resolver == "uv":
        return ""
    from hatch_lambda.resolve.uv import knows_glibc

    if not knows_glibc(config.target):
        return f"because uv doesn't know glibc {'.'.join(map(str, config.target.runtime.glibc))}"
    return "" if program else "because uv isn't installed"


def _pip_choice(reason: str, host: Host, uv: UvSettings) -> ResolverChoice:
    problems = unsupported_settings(uv)
    if problems:
        raise ConfigError(problems)
    return ResolverChoice(tool="pip", reason=reason, host=resolving_host(host, uv))


def pip_resolver(config: LambdaConfig, choice: ResolverChoice, uv: UvSettings, host: Host) -> PipResolver:
    """Return pip as the resolver; raises ``ConfigError`` for a missing constraint file."""
    from hatch_lambda.resolve.pip.resolver import PipResolver

    return PipResolver(host, _constraints(config, host), config.runtimes, uv, str(choice))


def uv_resolver(
    config: LambdaConfig, choice: ResolverChoice, indexes: Mapping[NormalizedName, tuple[str, str]], host: Host
) -> UvResolver:
    """Return uv as the resolver; raises ``ConfigError`` for a missing constraint file.

    ``indexes`` are name and URL of the only index of a package.
    """
    from hatch_lambda.resolve.uv import UvResolver

    return UvResolver(host, _constraints(config, host), indexes, choice.options, choice.program, str(choice))


def _constraints(config: LambdaConfig, host: Host) -> tuple[str, ...]:
    return constraint_files(config.constraints, host.directory, config.where("constraints"))
