"""The README and the URLs of the package's metadata, with the address of the repository that a workflow runs in."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)(\[[^\]]*\]\()(?!https?://|#)")


class CustomMetadataHook(MetadataHookInterface):
    """Sets ``readme`` and ``urls``, unless the sdist that the build starts from has them."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Make the README's links absolute and add URLs if GitHub's variables have the repository's address."""
        if "readme" in metadata:
            return
        text = Path(self.root, "README.md").read_text("utf-8")
        if repository := repository_url():
            text = with_absolute_links(text, repository, tag=f"v{metadata['version']}")
            metadata["urls"] = urls(repository)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def repository_url() -> str:
    """Return the address of the repository; empty outside of GitHub's workflows."""
    server, name = (os.environ.get(f"GITHUB_{part}", "") for part in ("SERVER_URL", "REPOSITORY"))
    return f"{server}/{name}" if server and name else ""


def with_absolute_links(text: str, repository: str, *, tag: str) -> str:
    """Return Markdown whose links to files lead to the repository, and whose images show in other places too."""
    return _LINK.sub(lambda found: f"{found[0]}{repository}/{'raw' if found[1] else 'blob'}/{tag}/", text)


def urls(repository: str) -> dict[str, str]:
    """Return the project's URLs, with the site of the docs if ``SITE_URL`` has its address."""
    return {
        "Documentation": os.environ.get("SITE_URL") or f"{repository}/tree/main/docs",
        "Source": repository,
        "Issues": f"{repository}/issues",
        "Changelog": f"{repository}/blob/main/CHANGELOG.md",
    }
