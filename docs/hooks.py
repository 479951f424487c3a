"""A hook of mkdocs: adds pages from elsewhere in the repository, with links that work in both places."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "LICENSE": "license.md",
    "benchmarks/README.md": "benchmarks.md",
}
"""Files of the repository, and the pages that they become."""

_LINK = re.compile(r"(\]\()(?!https?://|#)([^)#]+)")
_FIRST_PART = re.compile(r"^## Documentation$.*", re.MULTILINE | re.DOTALL)
_BADGES = re.compile(r"^\[?!\[.*\n\n", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each file outside of ``docs/``; the README without badges and its list of pages."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text("utf-8")
        if source == "README.md":
            text = _BADGES.sub("", _FIRST_PART.sub("", text))
        files.append(File.generated(config, page, content=moved(text, source)))
    return files


def moved(text: str, source: str) -> str:
    """Return the text of a file of the repository, with links that work from its page."""
    directory = posixpath.dirname(PAGES[source])

    def link(match: re.Match[str]) -> str:
        there = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[2]))
        page = PAGES.get(there) or posixpath.relpath(there, "docs")
        return match[1] + posixpath.relpath(page, directory or ".")

    return _LINK.sub(link, text)
