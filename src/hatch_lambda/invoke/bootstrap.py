"""Starts a handler as Lambda's ``/var/runtime/bootstrap.py`` does; the Python of the runtime runs it, from 3.9 on.

Its arguments are the directory of the layers and the directories of the runtime's packages. Python must be started with
``-S``, so that nothing of this machine is importable but its standard library.

Source: ``bootstrap.py`` in AWS's images of python3.10 and python3.11 (the order of imports and of ``sys.path``), read
2026-11-27.
"""

from __future__ import annotations

import json
import logging  # noqa: F401  # Lambda has it loaded before the handler
import os
import site
import sys
import time  # noqa: F401  # as above
import traceback
import warnings  # noqa: F401  # as above

TYPE_CHECKING = False  # typing isn't loaded on Lambda
if TYPE_CHECKING:
    from types import ModuleType

OWN_FRAMES = 2
"""The innermost frames of ours in a traceback: the recorder, and ``importlib.import_module``."""


def main(layers: str, *packages: str) -> None:
    """Run the handler; doesn't return before the runtime client does."""
    sys.argv[1:] = []
    sys.path[1:1] = packages
    _add_builtins()

    import awslambdaric.bootstrap as client  # those of Lambda, before its files are importable
    from awslambdaric.__main__ import main as run

    _add_function(layers)
    client.importlib = _Recorder(client.importlib)
    if "importtime" in sys._xoptions:  # noqa: SLF001  # documented
        sys.stderr.write(IMPORTS_START)
        sys.stderr.flush()
    run([sys.argv[0], os.environ["_HANDLER"]])


IMPORTS_START = "import time: the handler\n"
"""What precedes the output of ``-X importtime`` that is about the handler."""


def _add_builtins() -> None:
    """Add ``exit``, ``help``, and the others, which Python adds without ``-S``."""
    site.ENABLE_USER_SITE = False
    site.setquit()
    site.setcopyright()
    site.sethelper()


def _add_function(layers: str) -> None:
    """Make the function and its layers importable, and run their ``.pth`` files."""
    task_root = os.environ["LAMBDA_TASK_ROOT"]
    version = "python{}.{}".format(*sys.version_info[:2])
    roots = [f"{layers}/python/lib/{version}/site-packages", f"{layers}/python"]
    found = [task_root] if "PYTHONPATH" in os.environ else [task_root, *roots]
    sys.path[0:0] = found
    for directory in found:
        site.addsitedir(directory)


class _Recorder:
    """``importlib`` for the runtime client, which drops the traceback of an import that fails; this reports it."""

    def __init__(self, importlib: ModuleType) -> None:
        self._importlib = importlib

    def import_module(self, name: str) -> ModuleType:
        """Return the module that the runtime client imports."""
        try:
            module: ModuleType = self._importlib.import_module(name)
        except BaseException as error:
            _report(error)
            raise
        return module


def _report(error: BaseException) -> None:
    """Send the traceback of an import to the Runtime API of ``runtime_api.py``."""
    import http.client

    frames = traceback.extract_tb(error.__traceback__)[OWN_FRAMES:]
    found = {
        "type": type(error).__name__,
        "message": str(error),
        "module": getattr(error, "name", None) if isinstance(error, ImportError) else None,
        "frames": [[frame.filename, frame.lineno, frame.name, frame.line] for frame in frames],
    }
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"], timeout=10)
    connection.request("POST", "/hatch-lambda/import-error", json.dumps(found))
    connection.getresponse().read()


if __name__ == "__main__":
    main(*sys.argv[1:])
