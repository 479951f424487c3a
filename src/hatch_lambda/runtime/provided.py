"""Packages that Lambda's runtimes include in addition to Python: AWS's SDK, and the runtime interface client.

Names: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html ("Boto3 and its dependencies") and the metadata
of awslambdaric 4.2.2, read 2026-11-23. AWS no longer publishes versions, and changes them without notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from packaging.utils import NormalizedName


@dataclass(frozen=True)
class SdkVersion:
    """A published version of boto3 and botocore in a runtime; ``observed`` is the ISO date of that.

    ``evidence`` says how good it is: what a user saw in a running function, or what a project of AWS states.
    """

    version: str
    observed: str
    evidence: Literal["a user's function", "a project of AWS"]
    source: str


_POWERTOOLS = SdkVersion(
    "1.34.32",
    "2024-04-24",
    "a project of AWS",
    "https://github.com/aws-powertools/powertools-lambda-python/issues/4195",
)
_AIOBOTO3 = SdkVersion("1.38.36", "2025-08-22", "a user's function", "https://github.com/terricain/aioboto3/issues/381")
_TITILER = SdkVersion(
    "1.40.4", "2025-09-07", "a user's function", "https://github.com/developmentseed/titiler-cmr/pull/73"
)

SDK: dict[str, SdkVersion | None] = {
    "python3.9": _POWERTOOLS,
    "python3.10": _POWERTOOLS,
    "python3.11": _POWERTOOLS,
    "python3.12": _TITILER,
    "python3.13": _AIOBOTO3,
    "python3.14": None,
    "python3.15": None,
}
"""By runtime, the newest that was published by 2026-11-28; ``None`` if unknown, as is the rest of the SDK."""

_MODULES = {
    "boto3": "boto3",
    "botocore": "botocore",
    "s3transfer": "s3transfer",
    "jmespath": "jmespath",
    "python-dateutil": "dateutil",
    "six": "six",
    "urllib3": "urllib3",
    "awslambdaric": "awslambdaric",
    "simplejson": "simplejson",
    "snapshot-restore-py": "snapshot_restore_py",
}

DISTRIBUTIONS = frozenset(_MODULES)
"""The distributions that every runtime includes."""

MODULES = frozenset({*_MODULES.values(), "aws_durable_execution_sdk_python", "pip", "runtime_client"})
"""The modules that they provide, and other ones in the runtime; the durable SDK is in python3.13 and newer only."""

SDK_CORE = frozenset({"boto3", "botocore", "s3transfer", "urllib3"})
"""Packages that work only in matching versions. The rest of the SDK rarely changes, and other packages need it."""


def known_version(runtime: str, name: NormalizedName) -> SdkVersion | None:
    """Return the version of a distribution that a user found in the runtime; ``None`` if that isn't known."""
    return SDK.get(runtime) if name in {"boto3", "botocore"} else None


_LOADED = """\
__future__ __main__ _collections_abc _decimal _json _sitebuiltins _weakrefset abc atexit awslambdaric builtins codecs
collections copyreg decimal encodings enum functools genericpath importlib io itertools json keyword linecache logging
marshal math numbers operator os posix posixpath re reprlib runtime_client simplejson site stat string sys threading
time traceback types warnings weakref zipimport
"""
_LOADED_TOO = {
    (3, 9): "heapq sre_compile sre_constants sre_parse token tokenize",
    (3, 10): "sre_compile sre_constants sre_parse token tokenize",
    (3, 11): "contextlib textwrap token tokenize",
    (3, 12): "contextlib textwrap token tokenize",
    (3, 13): "contextlib textwrap",
}
"""Modules that each Python has loaded in addition; those of newer ones aren't known.

Source: ``sys.modules`` of CPython 3.9.18, 3.10.13, 3.11.7, 3.12.1, and 3.13.0 after the imports of AWS's
``bootstrap.py`` (``json``, ``logging``, ``os``, ``site``, ``sys``, ``time``, ``traceback``, ``warnings``, and
``awslambdaric.__main__``), which come before it adds ``/var/task`` to ``sys.path``. ``bootstrap.py`` is that of the
images of python3.10 and python3.11; awslambdaric is 4.2.2 (4.0.4 on 3.9), and 3.0.0 and 4.0.0 load these too. Read
2026-11-27.
"""


def loaded_modules(python: tuple[int, int]) -> frozenset[str]:
    """Return the top-level modules that the runtime has certainly loaded before it imports the handler."""
    return frozenset((_LOADED + _LOADED_TOO.get(python, "")).split())
