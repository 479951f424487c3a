"""A real browser without a window, and what it shows of a page."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""The program; ``None`` if PATH has none."""

_QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--window-size=1200,800"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
)


def rendered(page: Path, profile: Path, *, script: str = "") -> str:
    """Return the page's elements as the browser has them once its scripts, and then ``script``, have run."""
    assert CHROMIUM
    shown = page.with_suffix(".shown.html")
    shown.write_text(f"{page.read_text('utf-8')}<script>{script}</script>", "utf-8")
    command = [CHROMIUM, *_QUIET, f"--user-data-dir={profile}", "--virtual-time-budget=2000", "--dump-dom"]
    done = subprocess.run([*command, shown.as_uri()], capture_output=True, check=True, timeout=120)
    return done.stdout.decode("utf-8")


def cells(document: str) -> list[tuple[str, float]]:
    """Return the tooltip and the area, in square pixels, of each outermost cell of the map."""
    map_ = document[document.index('<div id="map">') : document.index('<p id="status"')]
    pattern = r'<div class="cell[^"]* top" title="([^"]*)"[^>]* style="[^"]*?width: ([\d.]+)px; height: ([\d.]+)px'
    return [(title, float(width) * float(height)) for title, width, height in re.findall(pattern, map_)]
