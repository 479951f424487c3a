"""The classes that Hatch finds through the entry point ``hatch``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatchling.plugin import hookimpl

if TYPE_CHECKING:
    from hatch_lambda.plugin.build_hook import LambdaBuildHook
    from hatch_lambda.plugin.builder import LambdaBuilder
    from hatch_lambda.plugin.publisher import LambdaPublisher


@hookimpl
def hatch_register_builder() -> type[LambdaBuilder]:
    """Return the builder of target ``lambda``."""
    from hatch_lambda.plugin.builder import LambdaBuilder

    return LambdaBuilder


@hookimpl
def hatch_register_publisher() -> type[LambdaPublisher]:
    """Return the publisher ``lambda``; only Hatch itself calls this, never a build."""
    from hatch_lambda.plugin.publisher import LambdaPublisher

    return LambdaPublisher


@hookimpl
def hatch_register_build_hook() -> type[LambdaBuildHook]:
    """Return the build hook that builds the zips after the wheel."""
    from hatch_lambda.plugin.build_hook import LambdaBuildHook

    return LambdaBuildHook
