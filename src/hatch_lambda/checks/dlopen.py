"""Which shared libraries a Python module opens by name when it is imported, read from its source without running it.

Only what certainly happens on Linux counts: what runs at the module's top level, with a literal name. It doesn't count
if the module works without the library, or if the code is for other systems.
"""

from __future__ import annotations

import ast
import operator
import re
import threading
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LAYOUT = 1
"""Version of what is read from a module; it rises when that changes, so that older results aren't used."""

_HINTS = (b"find_library", b"dlopen", b"DLL", b"LoadLibrary")
"""What is in the source of each module that opens a library by name; ``DLL`` is a part of two names."""

_FIND = "ctypes.util.find_library"
_OPEN = frozenset({"ctypes.CDLL", "ctypes.PyDLL", "ctypes.cdll.LoadLibrary", "ctypes.pydll.LoadLibrary"})
"""Source: https://docs.python.org/3/library/ctypes.html#loading-shared-libraries, read 2026-11-27."""

_ALL_OF_CTYPES = ("CDLL", "PyDLL", "cdll", "pydll")

_CFFI = "dlopen"
"""A method of any ``FFI``, which finds libraries as ``find_library`` does too.

Source: https://cffi.readthedocs.io/en/stable/cdef.html, "ffi.dlopen", read 2026-11-27.
"""

_LINUX = {"sys.platform": "linux", "os.name": "posix", "platform.system()": "Linux", "__name__": ""}
"""Source: https://docs.python.org/3/library/sys.html#sys.platform and os.name, platform.system; read 2026-11-27."""

_ELSEWHERE = frozenset(
    {
        *(
            "advapi32",
            "gdi32",
            "kernel32",
            "msvcr100",
            "msvcrt",
            "ntdll",
            "ole32",
            "psapi",
            "shell32",
            "user32",
            "ws2_32",
        ),
        *("AppKit", "ApplicationServices", "Carbon", "Cocoa", "CoreAudio", "CoreFoundation", "CoreGraphics"),
        *("CoreServices", "Foundation", "IOKit", "OpenDirectory", "Quartz", "Security", "SystemConfiguration", "objc"),
    }
)
"""Libraries of Windows and frameworks of macOS, which no module asks for on Linux.

Source: https://learn.microsoft.com/windows/win32/apiindex/windows-api-list, and /System/Library/Frameworks of macOS.
"""

_FILE = re.compile(r"(?P<stem>[^/\s]+?)\.so(\.\d+)*")
_OTHER_SYSTEM = re.compile(r".*\.(dll|dylib|framework)|/System/.*", re.IGNORECASE)
_NO_IMPORT_ERROR = frozenset({"AttributeError", "IndexError", "KeyError", "TypeError", "ValueError", "UnicodeError"})
"""Exceptions that a missing library doesn't raise."""

_DEEPEST, _MOST = 3, 100
"""Functions of the module that are followed into one another, and calls that are followed in all."""


class Library(NamedTuple):
    """A library as the source names it, and the start of its file's name, for example ``libpq``."""

    name: str
    stem: str


class Opened(NamedTuple):
    """Libraries that a line opens; the module needs one of them."""

    line: int
    libraries: tuple[Library, ...]


class Module(NamedTuple):
    """What certainly happens on Linux when a module is imported: libraries that it opens, modules that it imports."""

    opened: tuple[Opened, ...]
    imports: frozenset[str]


_PARSING = threading.Lock()
"""For the filters of warnings, which all threads share."""


def may_open(source: bytes) -> bool:
    """Return whether a module might open a library by name, without parsing it."""
    return any(hint in source for hint in _HINTS)


def read_module(source: bytes, path: str) -> Module:
    """Return what a module does; nothing if the build Python can't parse it. ``path`` is from the root."""
    reader = _Reader(path)
    try:
        with _PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(source).body
        reader.run(body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Module((), frozenset())
    first: dict[tuple[Library, ...], Opened] = {}
    for opened in reader.opened:
        first.setdefault(opened.libraries, opened)
    return Module(tuple(first.values()), frozenset(reader.imports))


class _Name(NamedTuple):
    """A text that is, or was found by, the name of a library."""

    text: str
    found: bool = False


Names = tuple[_Name, ...]
"""The possible values of a variable; ``None`` if they are unknown."""

End = Literal["raise", "return"] | None
"""How a block certainly ends; ``None`` if the code after it might run."""

_UNKNOWN = object()


class _Reader:
    """Goes through the statements of a module in their order, as Python on Linux would.

    ``_sure`` is whether the module fails if a statement does; ``_maybe`` whether a statement might not be reached.
    """

    def __init__(self, path: str) -> None:
        self.opened: list[Opened] = []
        self.imports: set[str] = set()
        self._package = path.split("/")[:-1]
        self._aliases: dict[str, str] = {}
        self._names: dict[str, Names | None] = {}
        self._constants: dict[str, Any] = {}
        self._functions: dict[str, ast.FunctionDef] = {}
        self._tried: list[_Name] = []
        self._sure = True
        self._maybe = False
        self._depth = 0
        self._calls = 0

    def run(self, body: Iterable[ast.stmt]) -> End:
        """Go through a block."""
        for node in body:
            end = self._statement(node)
            if end:
                return end
        return None

    def _guarded(self, body: Iterable[ast.stmt]) -> End:
        """Go through a block that might not be run, or whose failure is caught."""
        kept = self._sure, self._maybe
        self._sure, self._maybe = False, True
        end = self.run(body)
        self._sure, self._maybe = kept
        return end

    def _statement(self, node: ast.stmt) -> End:  # noqa: C901, PLR0911, PLR0912  # one case for each kind of statement
        match node:
            case ast.Raise():
                return "raise"
            case ast.Return(value=value):
                self._value(value)
                return "return"
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._bind(name, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self._bind(name, value)
            case ast.Assert(test=test):
                if self._constant(test) is False:
                    return "raise"
                missing, names = self._if_missing(test)
                if missing is not _UNKNOWN and not missing:
                    self._open(test.lineno, names)
            case ast.FunctionDef(name=name):
                self._aliases.pop(name, None)
                self._functions[name] = node
            case ast.ClassDef(body=body):
                self.run(body)
            case ast.If():
                return self._if(node)
            case ast.Try():
                return self._try(node)
            case ast.For():
                self._for(node)
            case ast.With(items=items, body=body):
                is_guard = any("suppress" in ast.dump(item.context_expr) for item in items)
                return self._guarded(body) and None if is_guard else self.run(body)
            case ast.Expr(value=value) | ast.Assign(value=value):
                self._value(value)
        return None

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
            tops = {name.partition(".")[0] for name in found}
            self._aliases |= {top: top for top in tops}
            self._aliases |= {alias.asname: alias.name for alias in node.names if alias.asname}
        else:
            base = self._package[: len(self._package) + 1 - node.level] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            names = {alias.asname or alias.name: alias.name for alias in node.names}
            names |= {name: name for name in _ALL_OF_CTYPES if (module, "*") == ("ctypes", node.names[0].name)}
            self._aliases |= {name: f"{module}.{original}" for name, original in names.items()}
            found = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        if self._sure:
            self.imports.update(found)

    def _bind(self, name: str, value: ast.expr) -> None:
        before = self._names.get(name, ()) if self._maybe else ()
        self._names[name] = _joined([before, self._value(value)])
        self._constants[name] = _UNKNOWN if self._maybe else self._constant(value)
        self._aliases.pop(name, None)

    def _if(self, node: ast.If) -> End:
        verdict = self._constant(node.test)
        if verdict is not _UNKNOWN:
            return self.run(node.body if verdict else node.orelse)
        self._value(node.test)
        missing, names = self._if_missing(node.test)
        if missing is _UNKNOWN or not names:
            ends = [self._guarded(node.body), self._guarded(node.orelse)]
        else:
            without, other = (node.body, node.orelse) if missing else (node.orelse, node.body)
            ends = [self._guarded(other), self._without(names, without, node.lineno)]
        return ends[0] if ends[0] == ends[1] else None

    def _if_missing(self, test: ast.expr) -> tuple[Any, Names]:
        """Return what a test is if the libraries in its variables are missing, and these libraries."""
        found = {
            node.id: tuple(name for name in self._names.get(node.id) or () if name.found)
            for node in ast.walk(test)
            if isinstance(node, ast.Name)
        }
        kept = self._constants
        self._constants = kept | {variable: None for variable, names in found.items() if names}
        verdict = self._constant(test)
        self._constants = kept
        return verdict, tuple(name for names in found.values() for name in names)

    def _without(self, tried: Names, body: Iterable[ast.stmt], line: int) -> End:
        """Go through what follows if the libraries that were tried are missing: the module needs them, or the next."""
        kept = self._sure, self._maybe, self.opened, self.imports
        self._sure, self._maybe, self.opened, self.imports = True, True, [], set()
        end = self.run(body)
        others = self.opened
        self._sure, self._maybe, self.opened, self.imports = kept
        if end == "raise":
            self._open(line, tried)
        for found in others if tried else ():
            names = tuple(_Name(library.name, found=True) for library in found.libraries)
            self._open(found.line, (*tried, *names))
        return end

    def _try(self, node: ast.Try) -> End:
        guards = [handler for handler in node.handlers if _may_catch(handler) and not _raises(handler.body)]
        if not guards:
            end = self.run([*node.body, *node.orelse])
            return self.run(node.finalbody) or end
        before = len(self._tried)
        self._guarded([*node.body, *node.orelse])
        tried = tuple(self._tried[before:])
        for handler in guards:
            self._without(tried, handler.body, handler.lineno)
        return self.run(node.finalbody)

    def _for(self, node: ast.For) -> None:
        names = self._value(node.iter)
        if isinstance(node.target, ast.Name):
            self._names[node.target.id] = names
        before = len(self._tried)
        if names:
            self.run(node.body)
        else:
            self._guarded(node.body)
        if self._guarded(node.orelse) == "raise":
            self._open(node.lineno, tuple(self._tried[before:]))

    def _value(self, node: ast.expr | None) -> Names | None:  # noqa: C901, PLR0911  # one case for each expression
        """Return which names of libraries an expression might have, and note what it opens."""
        match node:
            case None | ast.Constant(value=None) | ast.Lambda():
                return ()
            case ast.Constant(value=str(text)):
                return (_Name(text),)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return _joined([self._value(part) for part in parts])
            case ast.BoolOp(op=op, values=[first, *others]):
                names = [self._value(first), *map(self._possible, others)]
                return _joined(names) if isinstance(op, ast.Or) else None
            case ast.IfExp(test=test, body=body, orelse=orelse):
                verdict = self._constant(test)
                if verdict is _UNKNOWN:
                    return _joined(map(self._possible, (body, orelse)))
                return self._value(body if verdict else orelse)
            case ast.Name(id=name):
                return self._names.get(name)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                self._bind(name, value)
                return self._names[name]
            case ast.Call():
                return self._call(node)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._value(child)
        return None

    def _possible(self, node: ast.expr) -> Names | None:
        """Return the same as ``_value``, for an expression that might not be evaluated."""
        kept, self._sure = self._sure, False
        names = self._value(node)
        self._sure = kept
        return names

    def _call(self, node: ast.Call) -> Names | None:
        called = self._dotted(node.func)
        arguments = [self._value(argument) for argument in node.args]
        named = {keyword.arg: self._value(keyword.value) for keyword in node.keywords}
        first = arguments[0] if arguments else named.get("name")
        if called in {"os.environ.get", "os.getenv"}:
            return arguments[1] if len(arguments) > 1 else named.get("default", ())
        if called == _FIND:
            found = tuple(name._replace(found=True) for name in first or ())
            self._tried += found
            return found if first else None
        if called in _OPEN:
            return self._open(node.lineno, first or ())
        if isinstance(node.func, ast.Attribute):
            self._value(node.func.value)
            if node.func.attr == _CFFI:
                return self._open(node.lineno, tuple(name._replace(found=True) for name in first or ()))
        function = self._functions.get(called)
        is_followed = function and self._depth < _DEEPEST and self._calls < _MOST
        return self._follow(function, arguments) if function and is_followed else None

    def _follow(self, function: ast.FunctionDef, arguments: Sequence[Names | None]) -> Names | None:
        """Go through a function of the module that it calls; return the libraries that were tried there."""
        kept = self._names.copy(), self._constants.copy(), self._maybe
        parameters = [argument.arg for argument in function.args.args]
        self._names |= dict(zip(parameters, arguments, strict=False))
        self._constants |= dict.fromkeys(parameters, _UNKNOWN)
        self._depth += 1
        self._calls += 1
        before = len(self._tried)
        end = self.run(function.body)
        tried = tuple(name._replace(found=True) for name in self._tried[before:])
        self._depth -= 1
        self._names, self._constants, self._maybe = kept
        if end == "raise":
            self._open(function.lineno, tried)
        return tried or None

    def _open(self, line: int, names: Names) -> Names | None:
        """Record that one of the libraries is opened; return them, ``None`` if one might be a file of the package."""
        libraries = {name: library for name in names if (library := _library(name))}
        if not libraries or any("/" in name.text and not _is_elsewhere(name) for name in names):
            return None
        self._tried += libraries
        if self._sure:
            self.opened.append(Opened(line, tuple(dict.fromkeys(libraries.values()))))
        return tuple(name._replace(found=True) for name in libraries)

    def _dotted(self, node: ast.expr) -> str:
        """Return the full name of what an expression refers to, if its imports show it."""
        if isinstance(node, ast.Name):
            return self._aliases.get(node.id, node.id)
        return f"{self._dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else "?"

    def _constant(self, node: ast.expr) -> Any:  # noqa: C901, PLR0911  # one case for each kind of expression
        """Return the certain value of an expression on Linux, or ``_UNKNOWN``; nothing of the module is run."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return _known(tuple(map(self._constant, parts)))
            case ast.Name(id=name) | ast.NamedExpr(target=ast.Name(id=name)) if name in self._constants:
                return self._constants[name]
            case ast.Name() | ast.Attribute():
                dotted = self._dotted(node)
                return False if dotted.endswith("TYPE_CHECKING") else _LINUX.get(dotted, _UNKNOWN)
            case ast.Call(func=func, args=[]) if f"{self._dotted(func)}()" in _LINUX:
                return _LINUX[f"{self._dotted(func)}()"]
            case ast.Call(func=ast.Attribute(value=value, attr=("lower" | "startswith") as method), args=arguments):
                return _called(self._constant(value), method, self._constant(ast.Tuple(arguments)))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                value = self._constant(operand)
                return value if value is _UNKNOWN else not value
            case ast.BoolOp(op=op, values=parts):
                values = [self._constant(part) for part in parts]
                decisive = isinstance(op, ast.Or)
                if any(value is not _UNKNOWN and bool(value) == decisive for value in values):
                    return decisive
                return _UNKNOWN if any(value is _UNKNOWN for value in values) else not decisive
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return _compared(self._constant(left), op, self._constant(right))
        return _UNKNOWN


def _known(values: tuple[Any, ...]) -> Any:
    return _UNKNOWN if any(value is _UNKNOWN for value in values) else values


def _called(value: Any, method: str, arguments: Any) -> Any:
    if not isinstance(value, str) or arguments is _UNKNOWN:
        return _UNKNOWN
    with suppress(TypeError):
        return getattr(value, method)(*arguments)
    return _UNKNOWN


def _compared(left: Any, op: ast.cmpop, right: Any) -> Any:
    compare = _COMPARISONS.get(type(op))
    if compare and _known((left, right)) is not _UNKNOWN:
        with suppress(TypeError):
            return compare(left, right)
    return _UNKNOWN


_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}


def _joined(parts: Iterable[Names | None]) -> Names | None:
    names: dict[_Name, None] = {}
    for part in parts:
        if part is None:
            return None
        names |= dict.fromkeys(part)
    return tuple(names)


def _library(name: _Name) -> Library | None:
    """Return the library of a name; ``None`` if no library on Linux has such a name."""
    file = _FILE.fullmatch(name.text)
    if file:
        return Library(name.text, file["stem"])
    if not name.found or not name.text or "/" in name.text or _is_elsewhere(name):
        return None
    return Library(name.text, name.text if name.text.startswith("lib") else f"lib{name.text}")


def _is_elsewhere(name: _Name) -> bool:
    return name.text in _ELSEWHERE or _OTHER_SYSTEM.fullmatch(name.text) is not None


def _may_catch(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler might catch what a missing library raises."""
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(not isinstance(name, ast.Name) or name.id not in _NO_IMPORT_ERROR for name in names)


def _raises(body: Sequence[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Raise)
