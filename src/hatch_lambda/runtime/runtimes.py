"""Lambda's Python runtimes: what each can load, and for how long.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html and lambda-runtimes.html (names, operating
systems, dates), read 2026-11-23; for the dates on which AWS blocks functions, cfn-lint 1.58.0,
``LmbdRuntimeLifecycle.json``, and AWS's notice in
https://github.com/aws-samples/iam-identity-center-team/issues/535, read 2026-11-27; aws-lambda-builders 1.68.0,
``_RUNTIME_GLIBC`` (glibc by Python version); https://github.com/aws/aws-lambda-roadmap/issues/55 (the preview of
python3.15). AWS sometimes moves the dates, so builds only warn of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hatch_lambda.diagnostics import Diagnostic

if TYPE_CHECKING:
    from hatch_lambda.diagnostics import WarningCode

State = Literal["supported", "deprecated", "preview", "custom"]


_CERTAIN = frozenset(
    {
        *("ld-linux-aarch64.so.1", "ld-linux-x86-64.so.2", "libBrokenLocale.so.1", "libanl.so.1", "libc.so.6"),
        *("libdl.so.2", "libm.so.6", "libmvec.so.1", "libnss_dns.so.2", "libnss_files.so.2", "libpthread.so.0"),
        *("libresolv.so.2", "librt.so.1", "libthread_db.so.1", "libutil.so.1"),
        *("libgcc_s.so.1", "libstdc++.so.6", "libz.so.1"),
    }
)
"""Libraries that are on every runtime: glibc's own, and those that the wheels of numpy or pillow need.

Of the libraries that PEP 600 lets wheels expect, Lambda has these. It lacks libGL, libX11, and similar ones
(https://github.com/lambci/docker-lambda/issues/318) and libexpat (https://github.com/lambgeo/geo-layer/issues/11,
https://github.com/developmentseed/eoapi-cdk/issues/181), all read 2026-11-23.
"""

_UNCERTAIN = frozenset(
    {
        *("libatomic.so.1", "libbz2.so.1", "libcom_err.so.2", "libcrypt.so.1", "libcrypt.so.2", "libcurl.so.4"),
        *("libgio-2.0.so.0", "libglib-2.0.so.0", "libgmodule-2.0.so.0", "libgobject-2.0.so.0", "libgthread-2.0.so.0"),
        *("libgssapi_krb5.so.2", "libk5crypto.so.3", "libkrb5.so.3", "libkrb5support.so.0", "liblzma.so.5"),
        *("libncursesw.so.6", "libnghttp2.so.14", "libnsl.so.1", "libreadline.so.8", "libsqlite3.so.0"),
        *("libtinfo.so.6", "libuuid.so.1", "libxml2.so.2", "libzstd.so.1"),
        *(f"libpython3.{minor}.so.1.0" for minor in range(9, 16)),
    }
)
"""Libraries that some image of a runtime has, or that its Python might include; AWS promises none of them.

Source: the packages of the Amazon Linux images in https://github.com/docker-library/official-images/pull/21808 and of
a Lambda image in https://github.com/aws/aws-lambda-base-images/issues/173, read 2026-11-23.
"""


@dataclass(frozen=True)
class System:
    """An operating system that runtimes are built on, and what native code can use there.

    ``glibcxx``, ``cxxabi``, and ``gcc`` are the highest versions of symbols in libstdc++ and libgcc. ``libraries``
    exist, ``uncertain`` ones might exist, and all others don't. ``None`` means unknown.
    """

    name: str
    glibc: tuple[int, int]
    glibcxx: tuple[int, ...] | None = None
    cxxabi: tuple[int, ...] | None = None
    gcc: tuple[int, ...] | None = None
    libraries: frozenset[str] = _CERTAIN
    uncertain: frozenset[str] | None = None


AMAZON_LINUX_2 = System(
    "Amazon Linux 2",
    glibc=(2, 26),
    glibcxx=(3, 4, 24),
    cxxabi=(1, 3, 11),
    gcc=(7, 0, 0),
    uncertain=_UNCERTAIN | {"libcrypto.so.10", "libffi.so.6", "libssl.so.10"},
)
AMAZON_LINUX_2023 = System(
    "Amazon Linux 2023",
    glibc=(2, 34),
    glibcxx=(3, 4, 29),
    cxxabi=(1, 3, 13),
    gcc=(11, 0),
    uncertain=_UNCERTAIN | {"libcrypto.so.3", "libffi.so.8", "libgomp.so.1", "libssl.so.3"},
)
"""Sources: https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html (glibc, and GCC 7.3 and 11);
https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html (the versions of these compilers), both read 2026-11-23.
libgomp is missing from Amazon Linux 2: https://github.com/dmlc/xgboost/issues/11048.
"""


@dataclass(frozen=True)
class Runtime:
    """One Python runtime of Lambda.

    ``patch`` is the patch level that markers and Requires-Python see. AWS doesn't publish it and changes it without
    notice; the table has one that isn't newer than any published image, and ``python-patch`` overrides it.
    ``deprecation`` is the ISO date on which AWS ends support, if there is one; a deprecated runtime also has those from
    which AWS rejects new functions and updates. ``magic`` is the number at the start of its bytecode files; ``None``
    before the first release of that Python.
    """

    name: str
    python: tuple[int, int]
    patch: int
    system: System
    state: State
    deprecation: str | None = None
    magic: int | None = None
    create_blocked: str | None = None
    update_blocked: str | None = None

    @property
    def python_version(self) -> str:
        """Return the version without its patch level, such as ``3.13``."""
        return ".".join(map(str, self.python))

    @property
    def glibc(self) -> tuple[int, int]:
        """Return the version of the C library that native code can use."""
        return self.system.glibc

    def warning(self, where: str) -> Diagnostic | None:
        """Return a warning about a deprecated or preview runtime; ``where`` is what sets the runtime."""
        code: WarningCode
        if self.state == "deprecated":
            code = "deprecated-runtime"
            problem = (
                f"{self.name} is deprecated since {self.deprecation}, and AWS blocks new functions from "
                f"{self.create_blocked} and updates from {self.update_blocked}"
            )
        elif self.state == "preview":
            code = "preview-runtime"
            problem = f"{self.name} is a preview that AWS doesn't support in production"
        else:
            return None
        newest = next(runtime for runtime in reversed(RUNTIMES) if runtime.state == "supported")
        return Diagnostic(code=code, where=where, problem=problem, fix=f"use {newest.name}", severity="warning")


RUNTIMES = (
    Runtime("python3.9", (3, 9), 21, AMAZON_LINUX_2, "deprecated", "2025-12-15", 3425, "2027-02-01", "2027-03-03"),
    Runtime("python3.10", (3, 10), 16, AMAZON_LINUX_2, "deprecated", "2026-10-31", 3439, "2027-02-01", "2027-03-03"),
    Runtime("python3.11", (3, 11), 11, AMAZON_LINUX_2, "supported", "2027-06-30", 3495),
    Runtime("python3.12", (3, 12), 9, AMAZON_LINUX_2023, "supported", "2028-10-31", 3531),
    Runtime("python3.13", (3, 13), 11, AMAZON_LINUX_2023, "supported", "2029-06-30", 3571),
    Runtime("python3.14", (3, 14), 2, AMAZON_LINUX_2023, "supported", "2029-06-30", 3627),
    Runtime("python3.15", (3, 15), 0, AMAZON_LINUX_2023, "preview"),
)
"""Every runtime that this version of hatch-lambda knows, oldest first. Sources: the module's docstring; for the numbers
of bytecode, ``importlib.util.MAGIC_NUMBER`` of CPython 3.9 to 3.13, and ``pycore_magic_number.h`` of CPython 3.14
(https://github.com/python/cpython/blob/3.14/Include/internal/pycore_magic_number.h), read 2026-11-27.
"""


def runtime_named(name: str) -> Runtime | None:
    """Return the known runtime with a name, or ``None``."""
    return next((runtime for runtime in RUNTIMES if runtime.name == name), None)
