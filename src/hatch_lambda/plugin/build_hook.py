"""The same job after the wheel, for front ends that know of no other targets than sdist and wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

from hatch_lambda.errors import printable_line
from hatch_lambda.plugin.builder import LambdaBuilder


class LambdaBuildHook(BuildHookInterface[BuilderConfig]):
    """Builds what ``-t lambda`` builds, beside each wheel that is not an editable one."""

    PLUGIN_NAME = "lambda"

    _built = False

    def clean(self, versions: list[str]) -> None:
        """Remove the archives where the wheel is cleaned; they stay where hooks tidy up after themselves."""
        if self._counts(*versions) and not self._built:
            for _ in self._builder().build(directory=self.directory, clean_only=True):
                pass  # nothing is built

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Build the archives into the wheel's folder and tell their paths."""
        if self._counts(version):
            self._built = True
            for archive in self._builder().build(directory=str(Path(artifact_path).parent)):
                self.app.display_info(printable_line(archive))

    def _counts(self, *versions: str) -> bool:
        """Return whether a wheel is built that others will install; a global hook is asked for every target."""
        return self.target_name == "wheel" and "standard" in versions

    def _builder(self) -> LambdaBuilder:
        builder = self.build_config.builder
        return LambdaBuilder(self.root, builder.plugin_manager, builder.raw_config, builder.metadata, builder.app)
