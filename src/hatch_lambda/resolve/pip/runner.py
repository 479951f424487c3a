"""Run pip with the environment markers of another machine: ``runner.py MARKERS OVERRIDES ARGUMENT...``.

Without arguments, import most of pip, and then wait for a JSON array on standard input: the environment variables, and
the arguments. Without that, end.

pip evaluates markers for the Python that runs it, whatever ``--platform`` and ``--python-version`` say
(https://github.com/pypa/pip/issues/11664). Here ``default_environment`` answers with MARKERS, a JSON object, in every
copy of ``packaging.markers`` that pip can use. Then, pip's own functions must confirm that this took effect; otherwise,
pip isn't started, so that it never resolves for the wrong machine.

OVERRIDES is the path of a JSON file, or empty: changes of the requirements in metadata, which pip has no option for.
They are made where pip reads metadata, and confirmed in the same way.

This is a separate program. It imports nothing from hatch_lambda, and runs the file that applies overrides by its path.
"""

from __future__ import annotations

import os
import sys

# Nothing may be imported from this file's directory, because its neighbors have the names of other packages.
_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  # pathlib may come from the wrong place yet
sys.path[:] = [path for path in sys.path if os.path.abspath(path) != _HERE]  # noqa: PTH100

import contextlib  # noqa: E402
import functools  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import logging  # noqa: E402
import runpy  # noqa: E402
import tempfile  # noqa: E402
from typing import Any  # noqa: E402

_OVERRIDES = os.path.join(os.path.dirname(_HERE), "overrides.py")  # noqa: PTH118, PTH120  # as above

OLDEST_PIP = (25, 3)
"""The first that resolves without downloading wheels if the index has their metadata.

Source: https://github.com/pypa/pip/issues/12603. Requires-Python follows ``--python-version`` since 24.2.
"""

_IMPORTED = (
    "pip._internal.cli.req_command",
    "pip._internal.resolution.resolvelib.resolver",
    "pip._internal.wheel_builder",
    "pip._vendor.rich.logging",
    "pip._vendor.truststore",
)
"""Most of what pip imports to download."""

UNPROVED = 86
"""Exit code if pip doesn't see the markers of the target; pip itself uses 0 to 4 and 23."""


def main(markers: dict[str, str], overrides: str, arguments: list[str]) -> None:
    """Run pip as its command line does, for a machine with these markers; exits with pip's exit code."""
    if overrides:
        os.environ["_PIP_USE_IMPORTLIB_METADATA"] = "1"  # the other reader of metadata has another interface
    problem = _replace(markers) or _marker_mismatch(markers) or (_override(overrides) if overrides else None)
    if problem:
        sys.stderr.write(f"{problem}\n")
        raise SystemExit(UNPROVED)
    sys.argv = ["pip", *arguments]
    links = SkippedLinks(markers["python_full_version"])
    logging.getLogger("pip._internal.index.package_finder").addFilter(links)
    try:
        runpy.run_module("pip", run_name="__main__", alter_sys=True)
    finally:
        links.append_to([argument.removeprefix("--log=") for argument in arguments if argument.startswith("--log=")])


class SkippedLinks(logging.Filter):
    """Collects pip's log records about skipped links, and appends them to the log with the path of the URL only.

    There are tens of thousands, and pip spends a third of its time on formatting and writing them one by one. pip logs
    records in another form itself. pip skips an sdist without checking more; its record then includes, in pip's wording
    for a wheel, whether it was yanked or is for other versions of Python, and its hash.
    """

    def __init__(self, python: str) -> None:
        super().__init__()
        self._python = python
        self._lines: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether pip logs the record itself."""
        match record.msg, record.args:
            case "Skipping link: %s: %s", (reason, link) if hasattr(link, "path"):
                if str(reason).startswith("No sources permitted"):
                    self._lines.append(self._sdist(str(reason), link))
                else:
                    self._lines.append(f"Skipping link: {reason}: file://{link.path}\n")
                return False
        return True

    def _sdist(self, reason: str, link: Any) -> str:
        sha256 = f"#sha256={link.hash}" if link.hash_name == "sha256" else ""
        return f"Skipping link: {self._skip_reason(link) or reason}: file://{link.path}{sha256}\n"

    def _skip_reason(self, link: Any) -> str | None:
        """Return why pip would skip a wheel with these attributes; ``None`` if it would not."""
        from pip._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet

        if link.is_yanked:
            return f"yanked for reason: {link.yanked_reason or '<none given>'}"
        try:
            fits = SpecifierSet(link.requires_python or "").contains(self._python, prereleases=True)
        except InvalidSpecifier:
            return None
        return None if fits else f"{link.filename} Requires-Python {link.requires_python}"

    def append_to(self, logs: list[str]) -> None:
        """Append the records to each log."""
        for log in logs:
            with open(log, "a", encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # as above
                file.writelines(self._lines)


def _replace(markers: dict[str, str]) -> str | None:
    """Replace ``default_environment`` before pip imports it; return why that isn't possible, if so."""
    try:
        import pip
    except ImportError:
        return f"pip isn't installed for {sys.executable}; require pip in build-system.requires"
    version = tuple(int(part) for part in pip.__version__.split(".")[:2] if part.isdigit())
    if version < OLDEST_PIP:
        return (
            f"pip {pip.__version__} is too old; require pip>={'.'.join(map(str, OLDEST_PIP))} in build-system.requires"
        )
    import pip._vendor.packaging.markers  # Linux distributions alias it to a packaging outside of pip

    copies = [module for name, module in sys.modules.items() if f".{name}".endswith(".packaging.markers")]
    replaced = {id(copy.default_environment) for copy in copies}
    for module in list(sys.modules.values()):  # other modules import the function by its name
        names = getattr(module, "__dict__", {})
        if id(names.get("default_environment")) in replaced:
            names["default_environment"] = lambda: dict(markers)
    return None


def _marker_mismatch(markers: dict[str, str]) -> str | None:
    """Return what pip's own functions evaluate wrongly: requirement lines or metadata; ``None`` if nothing."""
    from pip._internal.metadata import get_metadata_distribution
    from pip._internal.req.constructors import install_req_from_line
    from pip._internal.utils.temp_dir import global_tempdir_manager

    lines = [f'{name}; {name} {operator} "{value}"' for name, value in markers.items() for operator in ("==", "!=")]
    expected = list(markers)
    if [line.partition(";")[0] for line in lines if install_req_from_line(line).match_markers()] != expected:
        return "pip doesn't see the target's markers in requirement lines"
    metadata = "Metadata-Version: 2.1\nName: probe\nVersion: 1\n" + "".join(
        f"Requires-Dist: {line}\n" for line in lines
    )
    with global_tempdir_manager():
        probe = get_metadata_distribution(metadata.encode(), "probe-1-py3-none-any.whl", "probe")
        if [requirement.name for requirement in probe.iter_dependencies()] != expected:
            return "pip doesn't see the target's markers in a distribution's metadata"
    return None


def _override(path: str) -> str | None:
    """Make pip read metadata with changed requirements; return why that isn't possible, if so."""
    from pip._internal.metadata import get_metadata_distribution
    from pip._internal.metadata.base import BaseDistribution

    distributions: Any = BaseDistribution
    from pip._internal.utils.temp_dir import global_tempdir_manager

    with open(path, encoding="utf-8") as file:  # noqa: PTH123  # as above
        changes = [*json.load(file), {"package": "probe", "overrides": ["a==2"], "excluded": ["b"]}]
    overrides = runpy.run_path(_OVERRIDES)["Overrides"].from_json(changes)
    read = distributions.metadata.func

    def metadata(distribution: Any) -> Any:
        message = read(distribution)
        requirements = overrides.apply(message.get_all("Requires-Dist", []), message["Name"], message["Version"])
        del message["Requires-Dist"]
        for requirement in requirements:
            message["Requires-Dist"] = requirement
        return message

    distributions.metadata = functools.cached_property(metadata)
    distributions.metadata.__set_name__(BaseDistribution, "metadata")
    text = "Metadata-Version: 2.1\nName: probe\nVersion: 1\nRequires-Dist: a==1\nRequires-Dist: b\nRequires-Dist: c\n"
    with global_tempdir_manager():
        probe = get_metadata_distribution(text.encode(), "probe-1-py3-none-any.whl", "probe")
        if list(map(str, probe.iter_dependencies())) != ["a==2", "c"]:
            return "pip doesn't see the overrides in a distribution's metadata"
    return None


def _awaited() -> list[str]:
    """Return the arguments that arrive on standard input, after setting the variables that arrive with them."""
    for module in _IMPORTED:
        with contextlib.suppress(ImportError):  # main says what is wrong with this pip, if anything
            importlib.import_module(module)
    request = sys.stdin.read()
    if not request:
        raise SystemExit
    environ, arguments = json.loads(request)
    os.environ.clear()
    os.environ.update(environ)
    tempfile.tempdir = None  # it depends on the variables
    return list(arguments)


if __name__ == "__main__":
    given = sys.argv[1:] or _awaited()
    main(json.loads(given[0]), given[1], given[2:])
