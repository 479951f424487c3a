"""Write the pages of the site that come from elsewhere in the repository: ``python -m docs.pages``.

Git ignores them. They need only the standard library, because the site is built without hatch-lambda.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "LICENSE": "license.md",
    "benchmarks/README.md": "benchmarks.md",
}
"""Files of the repository, and the pages that they become."""

_LINK = re.compile(r"(\]\()(?!https?://|#)([^)#]+)")
_LIST_OF_PAGES = re.compile(r"^## Documentation$.*", re.MULTILINE | re.DOTALL)
_BADGES = re.compile(r"^\[?!\[.*\n\n", re.MULTILINE)


def page(source: str) -> str:
    """Return the page for a file of the repository; the README without badges and its list of pages."""
    text = (ROOT / source).read_text("utf-8")
    if source == "README.md":
        text = _BADGES.sub("", _LIST_OF_PAGES.sub("", text), count=1)
    return f"---\nsource: {source}\n---\n\n{moved(text, source)}"


def moved(text: str, source: str) -> str:
    """Return the text of a file of the repository, with links that work from its page."""

    def link(match: re.Match[str]) -> str:
        there = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[2]))
        return match[1] + (PAGES.get(there) or posixpath.relpath(there, "docs"))

    return _LINK.sub(link, text)


def main() -> None:
    """Write every page."""
    for source, name in PAGES.items():
        (DOCS / name).write_text(page(source), "utf-8")


if __name__ == "__main__":
    main()
