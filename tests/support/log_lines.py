"""Lines as pip 26.3 writes them with ``--log``."""

from __future__ import annotations

from hatch_lambda.resolve.pip.log import PipLog

STAMP = "2026-11-23T08:21:49,769"
INDEX = "http://127.0.0.1:8080/simple/"


def log(*lines: str) -> PipLog:
    """Return a log of these lines, each with a time of day."""
    return PipLog("".join(f"{STAMP} {line}\n" for line in lines))


def looked(*indexes: str) -> str:
    """Return pip's first lines."""
    return f"Looking in indexes: {', '.join(indexes or (INDEX,))}"


def taken(filename: str, pythons: str = "") -> str:
    """Return pip's lines on a file that the target could load."""
    requires = f" (requires-python:{pythons})" if pythons else ""
    return f"  Found link {_link(filename)}{requires}, version: 1.0"


def unfit(filename: str) -> str:
    """Return pip's lines on a wheel for another machine."""
    return _skipped(
        "none of the wheel's tags (a-b-c) are compatible (run pip debug --verbose to show compatible tags)", filename
    )


def sdist(filename: str, pythons: str = "") -> str:
    """Return pip's lines on an sdist, for these versions of Python."""
    line = _skipped(f"No sources permitted for {filename.rpartition('-')[0]}", filename)
    return f"{line} (requires-python:{pythons})" if pythons else line


def other_python(filename: str, pythons: str) -> str:
    """Return pip's lines on a file for other versions of Python."""
    return _skipped(f"1.0 Requires-Python {pythons}", filename) + f" (requires-python:{pythons})"


def yanked(filename: str) -> str:
    """Return pip's lines on a file that was yanked."""
    return _skipped("yanked for reason: it was bad: http://why", filename)


def unknown(filename: str) -> str:
    """Return pip's line on a file that isn't a distribution."""
    return _skipped("unsupported archive format: .exe", filename)


def missing(requirement: str, *versions: str, parent: str = "") -> str:
    """Return pip's lines on a requirement that nothing satisfies; ``versions`` are those that the target could load."""
    asked = f"{requirement} (from {parent})" if parent else requirement
    return (
        f"ERROR: Could not find a version that satisfies the requirement {asked} "
        f"(from versions: {', '.join(versions) or 'none'})"
    )


def unfetched(url: str, reason: str) -> str:
    """Return pip's lines on a page that it could not get."""
    return f"WARNING: Could not fetch URL {url}: {reason} - skipping"


def answered(path: str, status: int) -> str:
    """Return pip's lines on an answer."""
    return f'http://127.0.0.1:8080 "GET {path} HTTP/1.1" {status} 0'


def _skipped(reason: str, filename: str) -> str:
    return f"  Skipping link: {reason}: {_link(filename)}"


def _link(filename: str) -> str:
    url = f"http://127.0.0.1:8080/files/{filename.replace('+', '%2B')}"
    return f"{url}#sha256=ab12 (from {INDEX}{filename.split('-', maxsplit=1)[0]}/)"
