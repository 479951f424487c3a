"""Lambda's Python runtimes: what each can load, and for how long.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html and lambda-runtimes.html (names, operating
systems, dates), read 2026-11-23; aws-lambda-builders 1.68.0, ``_RUNTIME_GLIBC`` (glibc by Python version);
https://github.com/aws/aws-lambda-roadmap/issues/55 (the preview of python3.15). AWS moves the dates now and then, so
they are told in warnings and never refuse a build.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["supported", "deprecated", "preview", "custom"]


@dataclass(frozen=True, slots=True)
class System:
    """An operating system that runtimes are built on, and the version of its C library."""

    name: str
    glibc: tuple[int, int]


AMAZON_LINUX_2 = System("Amazon Linux 2", glibc=(2, 26))
AMAZON_LINUX_2023 = System("Amazon Linux 2023", glibc=(2, 34))
"""Source: https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html, read 2026-11-23."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """One Python runtime of Lambda.

    ``patch`` is what markers and Requires-Python see. AWS publishes no patch level and moves it without notice; the
    table holds one that lies behind every published image, and ``python-patch`` overrides it.
    ``deprecation`` is the ISO date on which AWS ends support, where one is set.
    """

    name: str
    python: tuple[int, int]
    patch: int
    system: System
    state: State
    deprecation: str | None = None

    @property
    def python_version(self) -> str:
        """Return the version without its patch level, such as ``3.13``."""
        return ".".join(map(str, self.python))

    @property
    def glibc(self) -> tuple[int, int]:
        """Return the version of the C library that compiled code meets."""
        return self.system.glibc

    @property
    def warning(self) -> str | None:
        """Return a sentence on a runtime that is on its way in or out; ``None`` for all others."""
        if self.state == "deprecated":
            return (
                f"{self.name} is deprecated since {self.deprecation}: AWS no longer patches it and will refuse to "
                "create, then to update functions with it; the archive is built all the same."
            )
        if self.state == "preview":
            return (
                f"{self.name} is a preview that AWS does not support in production; the archive is built all the same."
            )
        return None


RUNTIMES = (
    Runtime("python3.9", (3, 9), 21, AMAZON_LINUX_2, "deprecated", "2025-12-15"),
    Runtime("python3.10", (3, 10), 16, AMAZON_LINUX_2, "deprecated", "2026-10-31"),
    Runtime("python3.11", (3, 11), 11, AMAZON_LINUX_2, "supported", "2027-06-30"),
    Runtime("python3.12", (3, 12), 9, AMAZON_LINUX_2023, "supported", "2028-10-31"),
    Runtime("python3.13", (3, 13), 11, AMAZON_LINUX_2023, "supported", "2029-06-30"),
    Runtime("python3.14", (3, 14), 2, AMAZON_LINUX_2023, "supported", "2029-06-30"),
    Runtime("python3.15", (3, 15), 0, AMAZON_LINUX_2023, "preview"),
)
"""Every runtime that this version knows, oldest first. Sources: the module's docstring."""


def runtime_named(name: str) -> Runtime | None:
    """Return the table's runtime of that name; ``None`` if it has none."""
    return next((runtime for runtime in RUNTIMES if runtime.name == name), None)
