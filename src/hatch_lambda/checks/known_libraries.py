"""Packages whose libraries are opened by name in a way that their source doesn't show at once.

Each row was read in the source of the newest release on 2026-11-27: the file opens the libraries when the package is
imported, and raises if they are missing.
"""

from __future__ import annotations

from typing import NamedTuple


class KnownModule(NamedTuple):
    """A file that opens libraries, all of which it needs, unless one of ``instead`` is in the zip.

    ``libraries`` are the starts of their files' names. ``fix`` is a package that includes them, if there is one.
    """

    path: str
    libraries: tuple[str, ...]
    instead: tuple[str, ...] = ()
    fix: str = ""


_PANGO = ("libgobject-2.0", "libpango-1.0", "libharfbuzz", "libfontconfig", "libpangoft2-1.0")

KNOWN_MODULES = (
    KnownModule("cairocffi/__init__.py", ("libcairo",)),  # cairocffi 1.7.1, which cairosvg requires
    KnownModule("enchant/_enchant.py", ("libenchant",)),  # pyenchant 3.3.0
    KnownModule("fluidsynth.py", ("libfluidsynth",)),  # pyfluidsynth 1.4.0
    KnownModule("magic/loader.py", ("libmagic",)),  # python-magic 0.4.27
    KnownModule(  # psycopg 3.3.9
        "psycopg/pq/_pq_ctypes.py", ("libpq",), ("psycopg_binary", "psycopg_c"), "require psycopg[binary]"
    ),
    KnownModule("pylibdmtx/dmtx_library.py", ("libdmtx",)),  # pylibdmtx 0.1.10
    KnownModule("pyvips/__init__.py", ("libvips",), ("_libvips",), "require pyvips-binary"),  # pyvips 2.1.0
    KnownModule("pyzbar/zbar_library.py", ("libzbar",)),  # pyzbar 0.1.9
    KnownModule("soundfile.py", ("libsndfile",)),  # soundfile 0.14.0, whose wheels for platforms include it
    KnownModule("vlc.py", ("libvlc",)),  # python-vlc 3.0.21203
    KnownModule("wand/api.py", ("libMagickWand",)),  # Wand 0.7.2
    KnownModule("weasyprint/text/ffi.py", _PANGO),  # weasyprint 70.0
)
