"""The top-level modules of the standard library by Python version; the build Python can have other ones.

Sources: ``Python/stdlib_module_names.h`` of https://github.com/python/cpython (3.10 to 3.14; for 3.9 the files of its
``Lib`` and the modules built into it), and "What's new in Python 3.15" (``Doc/whatsnew/3.15.rst``), read 2026-11-23.
Names that begin with an underscore, and names that exist only on Windows, are excluded.
"""

from __future__ import annotations

_OLDEST = """\
abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii binhex
bisect builtins bz2 calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall
concurrent configparser contextlib contextvars copy copyreg cProfile crypt csv ctypes curses dataclasses
datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl
filecmp fileinput fnmatch formatter fractions ftplib functools gc genericpath getopt getpass gettext glob
graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress
itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap
modulefinder multiprocessing netrc nis nntplib ntpath nturl2path numbers opcode operator optparse os ossaudiodev
parser pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile
pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource
rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket
socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct
subprocess sunau symbol symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios test textwrap
this threading time timeit tkinter token tokenize trace traceback tracemalloc tty turtle turtledemo types typing
unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser wsgiref xdrlib xml xmlrpc zipapp
zipfile zipimport zlib zoneinfo
"""
_CHANGES: dict[tuple[int, int], tuple[str, str]] = {
    (3, 10): ("", "formatter parser symbol"),
    (3, 11): ("tomllib", "binhex"),
    (3, 12): ("", "asynchat asyncore distutils imp smtpd"),
    (3, 13): (
        "",
        """aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap nis nntplib ossaudiodev pipes sndhdr spwd sunau
        telnetlib uu xdrlib""",
    ),
    (3, 14): ("annotationlib compression", ""),
    (3, 15): ("profiling", "sre_compile sre_constants sre_parse"),
}
"""The modules that each version has added since Python 3.9, and removed."""

BUILTIN_MODULES = frozenset(
    {
        *("_abc", "_ast", "_codecs", "_collections", "_functools", "_imp", "_io", "_locale", "_operator", "_signal"),
        *("_sre", "_stat", "_string", "_symtable", "_thread", "_tracemalloc", "_warnings", "_weakref", "atexit"),
        *("builtins", "errno", "faulthandler", "gc", "itertools", "marshal", "posix", "pwd", "sys", "time"),
    }
)
"""Modules that are part of the interpreter on Linux; the build Python can have other ones.

Source: ``Modules/Setup.bootstrap.in`` and ``Modules/config.c.in`` of CPython, 3.11 to 3.14.
"""


def standard_library(python: tuple[int, int]) -> frozenset[str]:
    """Return the public names that this Python can import on Linux without anything else installed."""
    names = set(_OLDEST.split())
    for version, (added, removed) in _CHANGES.items():
        if version <= python:
            names |= set(added.split())
            names -= set(removed.split())
    return frozenset(names)


def was_standard(name: str) -> bool:
    """Return whether the standard library of any runtime's Python has the name."""
    return name in _OLDEST.split() or any(name in added.split() for added, _ in _CHANGES.values())
