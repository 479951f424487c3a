"""Whether the runtime can load the native code in the archive, told from what the files say of themselves.

A file counts where the runtime would load it: as an extension module, or as a library that one needs. All else that is
native, such as Windows launchers, is data. The rules are those of ``ld.so(8)`` and of CPython's ``importlib``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.checks.base import Finding
from hatch_lambda.checks.elf import numbers
from hatch_lambda.checks.native_files import native_files
from hatch_lambda.checks.wheel_tags import tags_inside, wheel_filename
from hatch_lambda.resolve.known_packages import SUBSTITUTES
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import wheel_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hatch_lambda.archive.plan import Origin
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.checks.native_files import NativeFile
    from hatch_lambda.runtime.runtimes import System
    from hatch_lambda.runtime.target import Target

_BITS = 64
_SYSTEMS = {"Mach-O": "macOS", "PE": "Windows"}
_SHOWN = 4
"""Libraries that a message names before it counts."""


@dataclass(frozen=True)
class _Problem:
    """Why one file cannot be loaded. ``is_certain`` is whether the distribution fails with it."""

    file: NativeFile
    what: str
    found: str
    fix: str
    is_certain: bool


def check_native(candidate: Candidate) -> Iterator[Finding]:
    """Yield a finding for each kind of native code that the runtime cannot load, by distribution.

    It is an error where it is sure that the distribution fails, or the file is the project's own; else a warning, as
    is all of it with ``native-check = "warn"``.
    """
    files = tuple(native_files(candidate.plan, candidate.results))
    beneath = [file for layer in candidate.layers for file in native_files(layer.plan, candidate.results)]
    libraries = _Libraries([*files, *beneath], candidate.config.target)
    by_origin: dict[Origin, list[NativeFile]] = defaultdict(list)
    for file in files:
        by_origin[file.entry.origin].append(file)
    for origin, own in by_origin.items():
        if origin.project:
            found = [problem for file in own for problem in _of_project(file, libraries)]
        else:
            found = list(_of_wheel(own, libraries, is_pure=partial(_is_pure, candidate, origin)))
        yield from (_finding(problems, candidate) for problems in _folded(found))


class _Libraries:
    """The libraries that a module can be linked with on the target: those of the archive, its layers and the runtime.

    A library of the archive or a layer counts wherever it is: packages load what they bring along before what needs it.
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
        """Return the names of libraries that are needed, directly or not, and surely or perhaps nowhere."""
        needed = {name for file in self.reached(start) for name in file.native.needed}
        return tuple(sorted(needed - self._files.keys() - self.system.libraries))

    def is_uncertain(self, names: Iterable[str]) -> bool:
        """Return whether the runtime may have all of these after all."""
        return self.system.uncertain is None or self.system.uncertain.issuperset(names)

    def fix(self, file: NativeFile) -> str:
        """Return what helps where a file needs newer symbols: a newer runtime only if there is one that has them."""
        systems = {runtime.system for runtime in RUNTIMES if runtime.state == "supported"}
        newer = [system for system in systems if system.glibc > self.system.glibc]
        helps = any(self.too_new(file, system) is None for system in newer)
        return "use an older release of it, or a newer runtime" if helps else "use an older release of it"

    def too_new(self, file: NativeFile, system: System) -> str | None:
        """Return the first symbols that are newer than those of a system, as ``needs …; … has …``."""
        sets = {"GLIBC": system.glibc, "GLIBCXX": system.glibcxx, "CXXABI": system.cxxabi, "GCC": system.gcc}
        for library, name, version in file.native.versions:
            highest = sets[name]
            if highest and library in system.libraries and library not in self._files and numbers(version) > highest:
                return f"needs {name}_{version} of {library}; {system.name} has {name}_{'.'.join(map(str, highest))}"
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


def _of_project(file: NativeFile, libraries: _Libraries) -> Iterator[_Problem]:
    target = libraries.target
    foreign = _foreign(file, target) or _other_python(file, target)
    fix = "exclude it, or build it for the target on Amazon Linux before"
    if foreign:
        yield _Problem(file, foreign, f"the target is {target}", fix, is_certain=True)
    else:
        yield from _unloadable(file, libraries, fix)
        missing = libraries.missing(file)
        if missing:
            yield _missing(file, missing, libraries, is_certain=not libraries.is_uncertain(missing))


def _of_wheel(files: Sequence[NativeFile], libraries: _Libraries, *, is_pure: Callable[[], bool]) -> Iterator[_Problem]:
    """Yield what is wrong with the files of one wheel; ``is_pure`` returns whether its tags are for any platform.

    If they are, nothing is sure: the wheel might do without its native code.
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
        yield _Problem(file, what, f"the target is {target}", _ASK, is_certain=not (by_name or pure))
    for problem in _of_fitting(fitting, files, libraries):
        yield replace(problem, is_certain=problem.is_certain and not is_pure())


def _nothing_for_target(files: Sequence[NativeFile], target: Target, *, pure: bool) -> Iterator[_Problem]:
    """Yield the native code of a wheel that has none for the target.

    A pure wheel might have some for Windows that Linux does without: launchers, as in pip's and setuptools' wheels, and
    .NET, as in pythonnet's.
    """
    for file in sorted(files, key=lambda file: file.native.format != "ELF"):
        if not pure or file.native.format != "PE" or file.entry.path.endswith(".pyd"):
            is_loaded = file.native.kind == "library" or file.native.format != "ELF"
            what = _foreign(file, target) or ""
            yield _Problem(file, what, f"the target is {target}", _ASK, is_certain=is_loaded and not pure)


_ASK = "use another release of it, and tell its maintainers"


def _of_fitting(units: Sequence[NativeFile], files: Sequence[NativeFile], libraries: _Libraries) -> Iterator[_Problem]:
    """Yield what keeps files of the right kind from being loaded; what no module needs may be made for other places."""
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
        yield _Problem(file, "damaged native code", file.native.damage, "replace it by a sound one", is_certain=True)
    too_new = libraries.too_new(file, libraries.system)
    if too_new:
        what, _, found = too_new.partition("; ")
        yield _Problem(file, what, found, fix, is_certain=True)


def _missing(file: NativeFile, names: Sequence[str], libraries: _Libraries, *, is_certain: bool) -> _Problem:
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    kind, verb = ("it", "is") if len(names) == 1 else ("them", "are")
    found = f"neither the archive nor {libraries.system.name} has {kind}"
    if libraries.is_uncertain(names):
        found = (
            f"{'they' if verb == 'are' else kind} {verb} not in the archive, and perhaps not in {libraries.system.name}"
        )
    substitute = SUBSTITUTES.get(canonicalize_name(file.entry.origin.name))
    if substitute:
        fix = f"require {substitute} instead, or put {kind} into the archive's lib/ folder"
    else:
        fix = f"put {kind} into the archive's lib/ folder, or use a distribution that brings {kind} along"
    return _Problem(file, f"needs {shown}", found, fix, is_certain)


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
    """Return the problems of one distribution with those of a kind together; the project's files stand alone."""
    kinds: dict[object, list[_Problem]] = defaultdict(list)
    for problem in problems:
        alone = problem.file.entry.path if problem.file.entry.origin.project else ""
        kinds[problem.what.partition(" ")[0], problem.found, problem.is_certain, alone].append(problem)
    return list(kinds.values())


def _finding(problems: Sequence[_Problem], candidate: Candidate) -> Finding:
    first, others = problems[0], len(problems) - 1
    origin = first.file.entry.origin
    alike = f", and {others} more of its files" if others else ""
    owner = "" if origin.project else f" ({origin}{alike})"
    text = f"{first.file.entry.path}: {first.what}{owner}; {first.found}; {first.fix}"
    if first.is_certain and candidate.config.native_check == "error":
        return Finding("error", text)
    return Finding("warning", f"{text}; the archive is built all the same.")
