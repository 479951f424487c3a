"""Known packages: substitutes with wheels of the same code, and libraries that wheels expect from the system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

SUBSTITUTES: dict[NormalizedName, str] = {
    canonicalize_name(name): substitute
    for name, substitute in {
        "cx-oracle": "oracledb",  # https://python-oracledb.readthedocs.io/en/latest/user_guide/appendix_c.html
        "dlib": "dlib-bin",  # https://github.com/alesanfra/dlib-wheels
        "opencv-contrib-python": "opencv-contrib-python-headless",  # https://github.com/opencv/opencv-python#installation-and-usage
        "opencv-python": "opencv-python-headless",  # the same page: "Packages for server (headless) environments"
        "psycopg2": "psycopg2-binary",  # https://www.psycopg.org/docs/install.html#quick-install
        "pycrypto": "pycryptodome",  # https://www.pycryptodome.org/src/introduction
        "pysqlite3": "pysqlite3-binary",  # https://github.com/coleifer/pysqlite3#installing-with-pip
    }.items()
}
"""What to require instead of a package with native code that lacks wheels for Lambda, or whose wheels lack libraries.

Sources: the files of the newest release of both packages on the public index, read 2026-11-27, and the page next to
each row.
"""

LIBRARIES: dict[NormalizedName, tuple[str, ...]] = {
    canonicalize_name(name): libraries
    for name, libraries in {
        "fiona": ("libexpat.so.1",),
        "ibm-db": ("libcrypt.so.1", "libpam.so.0"),
        "rasterio": ("libexpat.so.1",),
    }.items()
}
"""Libraries that the Linux wheels of a package expect from the system, and that Lambda lacks.

Sources: builds with fiona 1.10.1 and ibm-db 3.3.0 on 2026-11-27;
https://github.com/developmentseed/eoapi-cdk/issues/181 (rasterio and fiona), read 2026-11-23.
"""

NATIVE = frozenset({*SUBSTITUTES, *LIBRARIES})
"""Packages that certainly contain native code."""
