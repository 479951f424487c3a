"""Which libraries a module opens by name when it is imported."""

from __future__ import annotations

import textwrap

import pytest

from hatch_lambda.checks.dlopen import Library, Opened, may_open, read_module
from tests.support.samples import TOO_DEEP

IMPORTS = """\
import ctypes, ctypes.util, os, platform, sys
from contextlib import suppress
from ctypes.util import find_library
"""


def opened(source: str) -> list[list[str]]:
    """Return the names of the libraries that a module with these statements needs, one of each list."""
    found = read_module((IMPORTS + textwrap.dedent(source)).encode(), "lib/__init__.py").opened
    return [[library.name for library in one.libraries] for one in found]


NEEDED = {
    "CDLL": ("lib = ctypes.CDLL('libfoo.so.1')", [["libfoo.so.1"]]),
    "CDLL without a version": ("ctypes.CDLL('libfoo.so', ctypes.RTLD_GLOBAL)", [["libfoo.so"]]),
    "CDLL by keyword": ("lib = ctypes.CDLL(name='libfoo.so')", [["libfoo.so"]]),
    "PyDLL": ("lib = ctypes.PyDLL('libfoo.so')", [["libfoo.so"]]),
    "LoadLibrary": ("lib = ctypes.cdll.LoadLibrary('libfoo.so')", [["libfoo.so"]]),
    "an alias of the module": ("import ctypes as C\nlib = C.CDLL('libfoo.so')", [["libfoo.so"]]),
    "an alias of the function": ("from ctypes import CDLL as load\nlib = load('libfoo.so')", [["libfoo.so"]]),
    "an alias of cdll": ("from ctypes import cdll\nlib = cdll.LoadLibrary('libfoo.so')", [["libfoo.so"]]),
    "all of ctypes": ("from ctypes import *\nlib = cdll.LoadLibrary('libfoo.so')", [["libfoo.so"]]),
    "util from ctypes": (
        "from ctypes import util\nlib = ctypes.CDLL(util.find_library('foo'))",
        [["foo"]],
    ),
    "cffi": ("from cffi import FFI\nffi = FFI()\nlib = ffi.dlopen('foo')", [["foo"]]),
    "cffi with a file": ("from ._ffi import ffi as _ffi\nlib = _ffi.dlopen('libfoo.so.1')", [["libfoo.so.1"]]),
    "cffi at once": ("from cffi import FFI\nlib = FFI().dlopen('libfoo.so.1')", [["libfoo.so.1"]]),
    "find_library at once": ("lib = ctypes.CDLL(ctypes.util.find_library('foo'))", [["foo"]]),
    "find_library through a name": ("path = find_library('foo')\nlib = ctypes.CDLL(path)", [["foo"]]),
    "a name that raises": ("path = find_library('foo')\nif not path:\n    raise ImportError('no foo')", [["foo"]]),
    "a name that is None raises": ("path = find_library('foo')\nif path is None:\n    raise ImportError", [["foo"]]),
    "a walrus that raises": ("if not (path := find_library('foo')):\n    raise ImportError", [["foo"]]),
    "a name that else raises": ("path = find_library('foo')\nif path:\n    pass\nelse:\n    raise OSError", [["foo"]]),
    "an assertion": ("path = find_library('foo')\nassert path, 'no foo'", [["foo"]]),
    "a module-level name": ("NAME = 'libfoo.so'\nlib = ctypes.CDLL(NAME)", [["libfoo.so"]]),
    "an annotated name": ("NAME: str = 'libfoo.so'\nlib: object = ctypes.CDLL(NAME)", [["libfoo.so"]]),
    "alternatives": ("lib = ctypes.CDLL(find_library('foo') or 'libfoo.so.1')", [["foo", "libfoo.so.1"]]),
    "a second name": (
        "path = find_library('foo')\nif not path:\n    path = find_library('foo2')\nlib = ctypes.CDLL(path)",
        [["foo", "foo2"]],
    ),
    "a variable of the environment": (
        "lib = ctypes.CDLL(os.environ.get('FOO') or find_library('foo'))",
        [["foo"]],
    ),
    "a default of the environment": ("lib = ctypes.CDLL(os.environ.get('FOO', 'libfoo.so'))", [["libfoo.so"]]),
    "a default by keyword": ("lib = ctypes.CDLL(os.getenv('FOO', default='libfoo.so'))", [["libfoo.so"]]),
    "a loop over a tuple": (
        """
        for name in ('foo', 'foo2', 'foo.dll', 'lib/libfoo.dylib'):
            path = find_library(name)
            if path:
                break
        else:
            raise ImportError('no foo')
        """,
        [["foo", "foo2", "foo.dll", "lib/libfoo.dylib"][:2]],
    ),
    "a loop over a list with try": (
        """
        NAMES = ['libfoo.so.2', 'libfoo.so.1']
        lib = None
        for name in NAMES:
            try:
                lib = ctypes.CDLL(name)
                break
            except OSError:
                continue
        if lib is None:
            raise ImportError
        """,
        [["libfoo.so.2", "libfoo.so.1"]],
    ),
    "a try that raises another error": (
        "try:\n    lib = ctypes.CDLL('libfoo.so')\nexcept OSError as error:\n    raise ImportError from error",
        [["libfoo.so"]],
    ),
    "a try that raises on Linux": (
        """
        try:
            lib = ctypes.CDLL('libfoo.so')
        except OSError:
            if platform.system() == 'Windows':
                lib = None
            else:
                raise
        """,
        [["libfoo.so"]],
    ),
    "a try with another library": (
        "try:\n    lib = ctypes.CDLL('libfoo.so.2')\nexcept OSError:\n    lib = ctypes.CDLL('libfoo.so.1')",
        [["libfoo.so.2", "libfoo.so.1"]],
    ),
    "a try for something else": (
        "try:\n    lib = ctypes.CDLL('libfoo.so')\nexcept (AttributeError, KeyError):\n    pass",
        [["libfoo.so"]],
    ),
    "finally": ("try:\n    pass\nfinally:\n    lib = ctypes.CDLL('libfoo.so')", [["libfoo.so"]]),
    "finally after a guard": (
        "try:\n    import fast\nexcept ImportError:\n    fast = None\nfinally:\n    lib = ctypes.CDLL('libfoo.so')",
        [["libfoo.so"]],
    ),
    "a name that is checked after a try": (
        """
        try:
            lib = ctypes.CDLL('libfoo.so')
        except OSError:
            lib = None
        if lib is None:
            raise ImportError('no foo')
        """,
        [["libfoo.so"]],
    ),
    "Linux": ("if sys.platform == 'linux':\n    lib = ctypes.CDLL('libfoo.so')", [["libfoo.so"]]),
    "startswith": ("if sys.platform.startswith('linux'):\n    lib = ctypes.CDLL('libfoo.so')", [["libfoo.so"]]),
    "POSIX": ("if os.name == 'posix':\n    lib = ctypes.CDLL('libfoo.so')", [["libfoo.so"]]),
    "platform": ("if platform.system().lower() == 'linux':\n    lib = ctypes.CDLL('libfoo.so')", [["libfoo.so"]]),
    "not Windows": ("if os.name != 'nt':\n    lib = ctypes.CDLL('libfoo.so')", [["libfoo.so"]]),
    "else": (
        """
        _system = platform.system()
        if _system == 'Windows':
            lib = ctypes.CDLL('foo.dll')
        elif _system == 'Darwin':
            lib = ctypes.CDLL('libfoo.dylib')
        else:
            lib = ctypes.CDLL('libfoo.so')
        """,
        [["libfoo.so"]],
    ),
    "a name by platform": (
        "NAME = 'foo.dll' if sys.platform == 'win32' else 'libfoo.so'\nlib = ctypes.CDLL(NAME)",
        [["libfoo.so"]],
    ),
    "a name by a text": ("NAME = 'libfoo.so' if 'x' else None\nlib = ctypes.CDLL(NAME)", [["libfoo.so"]]),
    "a name by something else": (
        "NAME = 'libfoo.so' if sys.maxsize > 2**32 else 'libfoo32.so'\nlib = ctypes.CDLL(NAME)",
        [["libfoo.so", "libfoo32.so"]],
    ),
    "a class": ("class Foo:\n    lib = ctypes.CDLL('libfoo.so')", [["libfoo.so"]]),
    "with": ("with open('x') as x:\n    lib = ctypes.CDLL('libfoo.so')", [["libfoo.so"]]),
    "a part of an expression": ("version = ctypes.CDLL('libfoo.so').foo_version()", [["libfoo.so"]]),
    "an argument": ("lib = print(ctypes.CDLL('libfoo.so'))", [["libfoo.so"]]),
    "a function": ("def load():\n    return ctypes.CDLL('libfoo.so')\nlib = load()", [["libfoo.so"]]),
    "a function with the name as its argument": (
        "def load(name):\n    return ctypes.CDLL(name)\nlib = load('libfoo.so')",
        [["libfoo.so"]],
    ),
    "a function that tries names": (
        """
        def load(*, debug=False):
            for name in ('libfoo.so.2', 'libfoo.so.1'):
                try:
                    return ctypes.CDLL(name)
                except OSError:
                    pass
            raise ImportError('no foo')
        lib = load()
        """,
        [["libfoo.so.2", "libfoo.so.1"]],
    ),
    "a function that may return nothing": (
        """
        def load():
            with suppress(OSError):
                return ctypes.CDLL('libfoo.so')
        lib = load()
        if not lib:
            raise ImportError('no foo')
        """,
        [["libfoo.so"]],
    ),
    "a name or its version": (
        "path = find_library('foo')\nif not path or version(path) < 3:\n    raise OSError(path)",
        [["foo"]],
    ),
    "a walrus that is None": ("if (path := find_library('foo')) is None:\n    raise ImportError", [["foo"]]),
    "a file if no library is found": (
        """
        path = find_library('foo')
        if path:
            lib = ctypes.CDLL(path)
        else:
            lib = ctypes.CDLL('libfoo.so.1')
        """,
        [["foo", "libfoo.so.1"]],
    ),
    "two libraries": (
        "a = ctypes.CDLL('liba.so')\nb = ctypes.CDLL('libb.so')\nagain = ctypes.CDLL('liba.so')",
        [["liba.so"], ["libb.so"]],
    ),
    "either of two": (
        "a, b = None, None\na = find_library('a')\nb = find_library('b')\nif not a and not b:\n    raise OSError",
        [["a", "b"]],
    ),
}


@pytest.mark.parametrize("kind", NEEDED)
def test_a_library_that_is_opened_by_name_is_needed(kind):
    source, names = NEEDED[kind]

    assert opened(source) == names


NOT_NEEDED = {
    "nothing": "",
    "the program itself": "lib = ctypes.CDLL(None)",
    "an empty name": "lib = ctypes.CDLL('')\nother = ctypes.CDLL(find_library(''))",
    "a file of the package": "lib = ctypes.CDLL(os.path.join(os.path.dirname(__file__), 'libfoo.so'))",
    "a file by its path": "lib = ctypes.CDLL('/opt/lib/libfoo.so')",
    "a file of the package or a library": "lib = ctypes.CDLL(bundled() or 'libfoo.so')",
    "a relative path": "lib = ctypes.CDLL('./libfoo.so')",
    "any name": "lib = ctypes.CDLL(name)\nfind_library(name)",
    "no name": "lib = ctypes.CDLL()\npath = find_library()\nother = ffi.dlopen()",
    "a name of Windows": "lib = ctypes.CDLL('msvcrt')\nother = ctypes.WinDLL('kernel32.dll')",
    "a framework of macOS": "lib = ctypes.CDLL(find_library('CoreFoundation'))",
    "a file of macOS": "lib = ctypes.CDLL('/System/Library/Frameworks/Security.framework/Security')",
    "a file of Windows": "lib = ctypes.CDLL(find_library('libfoo.dll'))",
    "Windows": "if sys.platform == 'win32':\n    lib = ctypes.CDLL('libfoo.so')",
    "Windows in a tuple": "if sys.platform in ('win32', 'cygwin'):\n    lib = ctypes.CDLL('libfoo.so')",
    "not Linux": "if sys.platform not in {'linux'}:\n    lib = ctypes.CDLL('libfoo.so')",
    "macOS or Windows": "if os.name == 'nt' or sys.platform == 'darwin':\n    lib = ctypes.CDLL('libfoo.so')",
    "not POSIX and more": "if more and not os.name == 'posix':\n    lib = ctypes.CDLL('libfoo.so')",
    "Windows, startswith": "if sys.platform.startswith(('win', 'cyg')):\n    lib = ctypes.CDLL('libfoo.so')",
    "a module for Windows": "if sys.platform != 'win32':\n    raise ImportError\nlib = ctypes.CDLL('libfoo.so')",
    "a module for macOS": "assert sys.platform == 'darwin'\nlib = ctypes.CDLL('libfoo.so')",
    "a program": "if __name__ == '__main__':\n    lib = ctypes.CDLL('libfoo.so')",
    "types only": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    lib = ctypes.CDLL('libfoo.so')",
    "some condition": "if 'FOO' in os.environ:\n    lib = ctypes.CDLL('libfoo.so')",
    "a strange comparison": "if sys.platform in 5 or 1 < 2 < 3:\n    lib = ctypes.CDLL('libfoo.so')",
    "a strange call": "if sys.platform.startswith(5) or x.startswith('x'):\n    lib = ctypes.CDLL('libfoo.so')",
    "a guard": "try:\n    lib = ctypes.CDLL('libfoo.so')\nexcept OSError:\n    lib = None",
    "a guard for all": "try:\n    lib = ctypes.CDLL('libfoo.so')\nexcept:\n    lib = None",
    "a guard of the module's own": "try:\n    lib = ctypes.CDLL('libfoo.so')\nexcept lib.Error:\n    lib = None",
    "suppress": "with suppress(OSError):\n    lib = ctypes.CDLL('libfoo.so')",
    "a name that may be missing": "path = find_library('foo')\nif path:\n    lib = ctypes.CDLL(path)",
    "a name that is wrong if it is there": (
        "path = find_library('foo')\nif path and not os.path.exists(path):\n    raise OSError(path)"
    ),
    "a name that is not None": "path = find_library('foo')\nif path is not None:\n    raise OSError(path)",
    "an assertion on something else": "path = find_library('foo')\nassert path is None or path.startswith('/usr')",
    "a file of the package if no library is found": (
        "path = find_library('foo')\nlib = ctypes.CDLL(path) if path else None\nif not path:\n    lib = bundled()"
    ),
    "a library if nothing else is found": "lib = bundled() or ctypes.CDLL('libfoo.so')",
    "a library if something else holds": "lib = wanted and ctypes.CDLL('libfoo.so')",
    "a name and an unknown condition": "path = find_library('foo')\nif not path and strict:\n    raise OSError(path)",
    "a name that nothing opens": "path = find_library('foo')",
    "what comes after a file of the package": (
        "try:\n    lib = ctypes.CDLL(bundled)\nexcept OSError:\n    lib = ctypes.CDLL('libfoo.so')"
    ),
    "a loop over unknown names": "for name in names:\n    lib = ctypes.CDLL('libfoo.so')",
    "a loop over pairs": "for name, path in pairs:\n    pass\nelse:\n    path = None",
    "a function": "def load():\n    return ctypes.CDLL('libfoo.so')",
    "a method": "class Foo:\n    def load(self):\n        return ctypes.CDLL('libfoo.so')",
    "a lambda": "load = lambda: ctypes.CDLL('libfoo.so')",
    "a function that calls itself": "def load():\n    return load()\nload()",
    "a function of the same name": "def find_library(name):\n    return name\nfind_library('foo')",
    "a name that is something else": "CDLL = print\nlib = CDLL('libfoo.so')",
    "another CDLL": "from mine import CDLL\nlib = CDLL('libfoo.so')",
    "after a return": "def load():\n    return None\n    ctypes.CDLL('libfoo.so')\nload()",
    "unreached": "raise ImportError\nlib = ctypes.CDLL('libfoo.so')",
}


@pytest.mark.parametrize("kind", NOT_NEEDED)
def test_what_a_module_can_do_without_is_not_needed(kind):
    assert opened(NOT_NEEDED[kind]) == []


def test_a_library_is_reported_with_its_line_and_the_start_of_its_file():
    found = read_module(b"import ctypes.util\n\nctypes.CDLL(ctypes.util.find_library('foo') or 'libfoo.so.1')", "a.py")

    assert found.opened == (Opened(3, (Library("foo", "libfoo"), Library("libfoo.so.1", "libfoo"))),)


@pytest.mark.parametrize(
    ("path", "source", "imports"),
    [
        ("a/b.py", "import x.y, z as w", {"x.y", "z"}),
        ("a/b.py", "from x import y", {"x", "x.y"}),
        ("a/b.py", "from . import c", {"a", "a.c"}),
        ("a/__init__.py", "from .c import d", {"a.c", "a.c.d"}),
        ("a/b/c.py", "from ..d import e", {"a.d", "a.d.e"}),
        ("a.py", "try:\n    import x\nexcept ImportError:\n    import y\n", set()),
        ("a.py", "if sys.platform == 'win32':\n    import x\n", {"sys"}),
        ("a.py", "def f():\n    import x\n", set()),
    ],
)
def test_what_a_module_surely_imports_is_reported_by_its_full_name(path, source, imports):
    prefix = "import sys\n" if "sys" in imports else ""

    assert read_module((prefix + source).encode(), path).imports == imports


def test_functions_that_call_each_other_many_times_are_not_followed_for_ever():
    functions = [f"def f{number}():\n" + f"    f{number + 1}()\n" * 200 for number in range(3)]

    assert opened("\n".join([*functions, "def f3():\n    ctypes.CDLL('libfoo.so')\nf0()\n"])) == []


@pytest.mark.parametrize("source", [b"this is no Python", b"\0", b"\xff\xfe", b"x = (", b""])
def test_a_module_that_is_not_python_opens_nothing(source):
    assert read_module(source, "a.py") == ((), frozenset())


@pytest.mark.parametrize("expression", TOO_DEEP)
def test_a_module_that_is_too_deep_opens_nothing(expression):
    assert read_module(f"import ctypes\nx = {expression}".encode(), "a.py") == ((), frozenset())


def test_a_module_without_any_of_the_functions_need_not_be_parsed():
    assert may_open(b"from ctypes.util import find_library")
    assert not may_open(b"import ctypes")
