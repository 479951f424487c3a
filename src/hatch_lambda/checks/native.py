"""Whether the runtime can load the native code in the archive, judged by the headers of the files.

A file counts if the runtime would load it: as an extension module, or as a library that one needs. Other native code,
for example Windows launchers, is data. The rules are those of ``ld.so(8)`` and of CPython's ``importlib``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.checks.base import error, warning
from hatch_lambda.checks.elf import numbers
from hatch_lambda.checks.native_files import native_files
from hatch_lambda.checks.wheel_tags import tags_inside, wheel_filename
from hatch_lambda.layers import LAYER_PREFIX
from hatch_lambda.resolve.known_packages import SUBSTITUTES
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import wheel_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hatch_lambda.archive.plan import Origin
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.checks.native_files import NativeFile
    from hatch_lambda.config.options import Kind
    from hatch_lambda.diagnostics import Diagnostic, WarningCode
    from hatch_lambda.runtime.runtimes import System
    from hatch_lambda.runtime.target import Target

_BITS = 64
_SYSTEMS = {"Mach-O": "macOS", "PE": "Windows"}
_SHOWN = 4
"""Libraries that a message names before it counts."""


@dataclass(frozen=True, kw_only=True)
class _Problem:
    """Why a file can't be loaded: ``what`` it is or needs, and ``because``, which problems of one kind share.

    ``is_certain`` is whether the distribution fails with it.
    """

    code: WarningCode
    file: NativeFile
    what: str
    because: str
    fix: str
    is_certain: bool


def check_native(candidate: Candidate) -> Iterator[Diagnostic]:
    """Yield an error or a warning for each kind of native code that the runtime can't load, by distribution.

    It is an error if the distribution certainly fails or the file is the project's, unless ``native-check`` is "warn".
    """
    files = tuple(native_files(candidate.plan, candidate.results))
    layer_files = [file for layer in candidate.layers for file in native_files(layer.plan, candidate.results)]
    libraries = _Libraries([*files, *layer_files], candidate.config.target)
    by_origin: dict[Origin, list[NativeFile]] = defaultdict(list)
    for file in files:
        by_origin[file.entry.origin].append(file)
    for origin, own in by_origin.items():
        if origin.project:
            found = [problem for file in own for problem in _of_project(file, libraries, candidate.config.kind)]
        else:
            found = list(_of_wheel(own, libraries, is_pure=partial(_is_pure, candidate, origin)))
        yield from (_diagnostic(problems, candidate) for problems in _folded(found))


class _Libraries:
    """The libraries that a module can be linked with on Lambda: those of the archive, its layers, and the runtime.

    A library of the archive or a layer counts in any directory: packages load their libraries before they are needed.
    """

    def __init__(self, files: Iterable[NativeFile], target: Target) -> None:
        self.target = target
        self.system: System = target.runtime.system
        self._files: dict[str, NativeFile] = {}
        for file in files:
            if file.native.format == "ELF" and _foreign(file, target) is None:
                for name in (file.entry.path.rpartition("/")[2], file.native.soname):
                    self._files.setdefault(name, file)

    def reached(self, start: NativeFile) -> Iterator[NativeFile]:
        """Yield a file and all files of the archive that are loaded with it."""
        seen, pending = {start.entry.path}, [start]
        while pending:
            file = pending.pop()
            yield file
            for name in file.native.needed:
                needed = self._files.get(name)
                if needed and needed.entry.path not in seen:
                    seen.add(needed.entry.path)
                    pending.append(needed)

    def missing(self, start: NativeFile) -> tuple[str, ...]:
        """Return the names of the libraries that a file needs, directly or not, and that might be missing."""
        needed = {name for file in self.reached(start) for name in file.native.needed}
        return tuple(sorted(needed - self._files.keys() - self.system.libraries))

    def is_uncertain(self, names: Iterable[str]) -> bool:
        """Return whether the runtime might have all of these."""
        return self.system.uncertain is None or self.system.uncertain.issuperset(names)

    def fix(self, file: NativeFile) -> str:
        """Return the fix if a file needs newer symbols: a newer runtime only if there is one that has them."""
        systems = {runtime.system for runtime in RUNTIMES if runtime.state == "supported"}
        newer = [system for system in systems if system.glibc > self.system.glibc]
        helps = any(self.too_new(file, system) is None for system in newer)
        name = file.entry.origin.name
        older = f"require an older release of {name}" if name else f"build it on Amazon Linux for {self.target}"
        return f"{older}, or use a newer runtime" if helps else older

    def too_new(self, file: NativeFile, system: System) -> str | None:
        """Return the first symbols that are newer than those of a system, as ``needs …, but … has …``."""
        sets = {"GLIBC": system.glibc, "GLIBCXX": system.glibcxx, "CXXABI": system.cxxabi, "GCC": system.gcc}
        for library, name, version in file.native.versions:
            highest = sets[name]
            if highest and library in system.libraries and library not in self._files and numbers(version) > highest:
                return (
                    f"needs {name}_{version} of {library}, but {system.name} has {name}_{'.'.join(map(str, highest))}"
                )
        return None


def _foreign(file: NativeFile, target: Target) -> str | None:
    native = file.native
    if native.format != "ELF":
        return f"native code for {_SYSTEMS[native.format]}"
    if native.bits != _BITS:
        return f"{native.bits}-bit native code for {native.machine}"
    return f"native code for {native.machine}" if native.machine != target.machine else None


def _other_python(file: NativeFile, target: Target) -> str | None:
    if file.python is None or file.python == target.runtime.python_version:
        return None
    return f"an extension module for Python {file.python}"


def _wrong_platform(file: NativeFile, what: str, target: Target, fix: str, *, is_certain: bool) -> _Problem:
    because = f"which {target} can't load"
    return _Problem(code="wrong-platform", file=file, what=what, because=because, fix=fix, is_certain=is_certain)


def _of_project(file: NativeFile, libraries: _Libraries, kind: Kind) -> Iterator[_Problem]:
    """Yield what is wrong with a file of the project."""
    target = libraries.target
    foreign = _foreign(file, target) or _other_python(file, target)
    pattern = file.entry.path.removeprefix(LAYER_PREFIX if kind == "layer" else "")
    fix = f'exclude it with exclude-files = ["/{pattern}"], or build it on Amazon Linux for {target}'
    if foreign:
        yield _wrong_platform(file, foreign, target, fix, is_certain=True)
    else:
        yield from _unloadable(file, libraries, fix)
        missing = libraries.missing(file)
        if missing:
            yield _missing(file, missing, libraries, is_certain=not libraries.is_uncertain(missing))


def _of_wheel(files: Sequence[NativeFile], libraries: _Libraries, *, is_pure: Callable[[], bool]) -> Iterator[_Problem]:
    """Yield what is wrong with the files of one wheel; ``is_pure`` returns whether its tags are for any platform.

    If they are, nothing is certain: the wheel might work without its native code.
    """
    target = libraries.target
    modules = [file for file in files if file.is_module]
    if not modules and all(_foreign(file, target) for file in files):
        yield from _nothing_for_target(files, target, pure=is_pure())
        return
    units = modules or [file for file in files if file.native.kind == "library" and _foreign(file, target) is None]
    wrong = {file.entry.path: _foreign(file, target) or _other_python(file, target) for file in units}
    fitting = [file for file in units if wrong[file.entry.path] is None]
    stems = {file.stem for file in fitting}
    unfit = [file for file in units if file not in fitting and file.stem not in stems]
    pure = bool(unfit) and is_pure()
    for file in unfit if not pure or not fitting else ():
        by_name = fitting and _other_python(file, target)  # a wheel for several Pythons that has this one
        what = wrong[file.entry.path] or ""
        yield _wrong_platform(file, what, target, _another_release(file, target), is_certain=not (by_name or pure))
    for problem in _of_fitting(fitting, files, libraries):
        yield replace(problem, is_certain=problem.is_certain and not is_pure())


def _nothing_for_target(files: Sequence[NativeFile], target: Target, *, pure: bool) -> Iterator[_Problem]:
    """Yield the native code of a wheel that has none for the target.

    A pure wheel might have some for Windows that Linux doesn't need: launchers, as in pip's and setuptools' wheels, and
    .NET, as in pythonnet's.
    """
    for file in sorted(files, key=lambda file: file.native.format != "ELF"):
        if not pure or file.native.format != "PE" or file.entry.path.endswith(".pyd"):
            is_loaded = file.native.kind == "library" or file.native.format != "ELF"
            what = _foreign(file, target) or ""
            yield _wrong_platform(file, what, target, _another_release(file, target), is_certain=is_loaded and not pure)


def _another_release(file: NativeFile, target: Target) -> str:
    """Return the fix for a file of a distribution, or of an existing zip that doesn't say whose it is."""
    name = file.entry.origin.name
    if not name:
        return f"remove it, or build it on Amazon Linux for {target}"
    return f"require another release of {name}, and report it to the maintainers"


def _of_fitting(units: Sequence[NativeFile], files: Sequence[NativeFile], libraries: _Libraries) -> Iterator[_Problem]:
    """Yield why files of the right kind can't be loaded; those that no module needs might be for other systems."""
    own = {file.entry.path for file in files}
    reached = {file.entry.path: file for unit in units for file in libraries.reached(unit)}
    for path in sorted(reached.keys() & own):
        yield from _unloadable(reached[path], libraries, libraries.fix(reached[path]))
    for file in files:
        is_elf = file.native.format == "ELF" and _foreign(file, libraries.target) is None
        if is_elf and file.entry.path not in reached and not file.native.damage and not file.is_module:
            found = _unloadable(file, libraries, libraries.fix(file))
            yield from (replace(problem, is_certain=False) for problem in found)
    missing = {unit.entry.path: libraries.missing(unit) for unit in units}
    is_whole = all(names and not libraries.is_uncertain(names) for names in missing.values())
    for unit in units:
        if missing[unit.entry.path]:
            yield _missing(unit, missing[unit.entry.path], libraries, is_certain=is_whole)


def _unloadable(file: NativeFile, libraries: _Libraries, fix: str) -> Iterator[_Problem]:
    if file.native.damage:
        yield _Problem(
            code="damaged-library",
            file=file,
            what="damaged native code",
            because=f"because {file.native.damage}",
            fix="replace the file" if file.entry.origin.project else _another_release(file, libraries.target),
            is_certain=True,
        )
    too_new = libraries.too_new(file, libraries.system)
    if too_new:
        what, because = too_new.split(", ")
        yield _Problem(code="glibc-too-old", file=file, what=what, because=because, fix=fix, is_certain=True)


def _missing(file: NativeFile, names: Sequence[str], libraries: _Libraries, *, is_certain: bool) -> _Problem:
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    them, verb = ("it", "isn't") if len(names) == 1 else ("them", "aren't")
    because = f"which {verb} in the zip or in {libraries.system.name}"
    if libraries.is_uncertain(names):
        because = f"which {verb} in the zip and might not be in {libraries.system.name}"
    substitute = SUBSTITUTES.get(canonicalize_name(file.entry.origin.name))
    add = f"add {them} to lib/ in the zip with force-include"
    fix = (
        f"require {substitute} instead, or {add}" if substitute else f"{add}, or require a package that includes {them}"
    )
    return _Problem(
        code="missing-library", file=file, what=f"needs {shown}", because=because, fix=fix, is_certain=is_certain
    )


def _is_pure(candidate: Candidate, origin: Origin) -> bool:
    """Return whether a wheel is for any platform: by its file name, or in an existing zip by its ``WHEEL`` file."""
    path = f"{origin.dist_info}/WHEEL"
    entry = candidate.plan.paths.get(path) or candidate.modules.get(path)
    if entry is None:
        return False
    filename = wheel_filename(entry.content)
    tags = wheel_tags(filename) if filename else tags_inside(entry.content, candidate.results)
    return any(tag.platform == "any" for tag in tags)


def _folded(problems: Iterable[_Problem]) -> list[list[_Problem]]:
    """Return the problems of one distribution grouped by kind; those of the project's files stay separate."""
    kinds: dict[object, list[_Problem]] = defaultdict(list)
    for problem in problems:
        alone = problem.file.entry.path if problem.file.entry.origin.project else ""
        kinds[problem.what.partition(" ")[0], problem.because, problem.is_certain, alone].append(problem)
    return list(kinds.values())


def _diagnostic(problems: Sequence[_Problem], candidate: Candidate) -> Diagnostic:
    """Return one error or warning for problems of one kind."""
    first, count = problems[0], len(problems) - 1
    origin = first.file.entry.origin
    more = f", and {count} more file{'s' if count > 1 else ''}" if count else ""
    where = first.file.entry.path + (f" ({origin}{more})" if origin.name and not origin.project else "")
    is_error = first.is_certain and candidate.config.native_check == "error"
    return (error if is_error else warning)(first.code, where, f"{first.what}, {first.because}", first.fix)
