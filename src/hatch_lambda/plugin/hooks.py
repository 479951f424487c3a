"""The classes that Hatch finds through the entry point ``hatch``."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hatchling.plugin import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.plugin.build_hook import LambdaBuildHook
    from hatch_lambda.plugin.builder import LambdaBuilder
    from hatch_lambda.plugin.publisher import LambdaPublisher


@hookimpl
def hatch_register_builder() -> type[LambdaBuilder]:
    """Return the builder of target ``lambda``."""
    with _modules_kept():
        # first, because it compiles large patterns, which can take 20 ms longer at the end of a long chain of imports:
        # for each call that doesn't fit into a chunk of its stack, CPython maps another chunk and unmaps it
        import packaging.requirements  # noqa: F401

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
    with _modules_kept():
        from hatch_lambda.plugin.build_hook import LambdaBuildHook

    return LambdaBuildHook


@contextmanager
def _modules_kept() -> Iterator[None]:
    """Keep the garbage collector away from what is imported, and from all that was imported before.

    Modules live until the end, and the collector takes a tenth of a short build to find that out.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
