"""Builds the zips after the wheel, for front ends that support only the targets sdist and wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

from hatch_lambda.errors import printable_line
from hatch_lambda.plugin.builder import LambdaBuilder


class LambdaBuildHook(BuildHookInterface[BuilderConfig]):
    """Builds what ``-t lambda`` builds next to each wheel that isn't editable."""

    PLUGIN_NAME = "lambda"

    _built = False

    def clean(self, versions: list[str]) -> None:
        """Remove the zips if the wheel is cleaned; they stay if ``--clean-hooks-after`` runs this."""
        if self._counts(*versions) and not self._built:
            list(self._builder().build(directory=self.directory, clean_only=True))  # a generator; it builds nothing

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Build the zips into the wheel's directory and print their paths."""
        if self._counts(version):
            self._built = True
            for archive in self._builder().build(directory=str(Path(artifact_path).parent)):
                self.app.display_info(printable_line(archive))

    def _counts(self, *versions: str) -> bool:
        """Return whether this is a build of a wheel for others; Hatch runs a global hook for every target."""
        return self.target_name == "wheel" and "standard" in versions

    def _builder(self) -> LambdaBuilder:
        builder = self.build_config.builder
        return LambdaBuilder(self.root, builder.plugin_manager, builder.raw_config, builder.metadata, builder.app)
