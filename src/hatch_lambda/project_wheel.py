"""The project as the wheel that its own build backend builds: the files and the metadata of any backend but Hatch's."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hatch_lambda.config.table_names import value_at
from hatch_lambda.dependencies.sdist_builds import built_wheel, native_reason
from hatch_lambda.dependencies.source_tree import fingerprint, reads_beyond
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ProjectError, ResolveError
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.project import PROJECT_FILE, Project
from hatch_lambda.resolve.base import OFFLINE_VARIABLE
from hatch_lambda.resolve.hosts import resolving_host
from hatch_lambda.resolve.pip.sdists import build_from
from hatch_lambda.resolve.uv_settings import UvSettings, read_uv_settings
from hatch_lambda.resolve.workspace import workspace_root
from hatch_lambda.zipfiles.metadata_headers import read_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from hatch_lambda.progress import Progress
    from hatch_lambda.resolve.base import Host
    from hatch_lambda.wheels.cache import WheelCache
    from hatch_lambda.wheels.wheel import Wheel

SETUPTOOLS = "setuptools.build_meta:__legacy__"
"""The backend of a project that names none. Source: https://peps.python.org/pep-0517/#source-trees, read 2026-11-28."""

_EXTRA = re.compile(r"\bextra\b")

_REQUIREMENTS = "installing build dependencies did not"
_HOOKS = {
    "getting requirements to build wheel": "get_requires_for_build_wheel",
    "preparing metadata": "prepare_metadata_for_build_wheel",
    "building wheel": "build_wheel",
}
"""What pip prints if build requirements can't be installed, and what it calls its steps, each with its hook.

Both are in lower case. Source: ``pip/_internal/wheel_builder.py`` and ``pip/_internal/operations``, read 2026-11-28.
"""


@dataclass(frozen=True)
class BackendProject:
    """A project that another backend than Hatch's builds, read from its ``pyproject`` and, when needed, its wheel."""

    directory: Path
    pyproject: Mapping[str, Any]
    wheel_cache: WheelCache
    host: Host
    step: Callable[[str], AbstractContextManager[Progress]]

    @cached_property
    def requires_python(self) -> SpecifierSet:
        """Return which Pythons the project supports; raises ``ProjectError``."""
        declared = value_at(self.pyproject, "project.requires-python")
        is_static = bool(value_at(self.pyproject, "project")) and not self._is_dynamic("requires-python")
        return specifiers(str(declared or "") if is_static else self.wheel.requires_python or "")

    @property
    def version(self) -> str:
        """Return the version of the wheel."""
        return self.wheel.version

    @cached_property
    def project(self) -> Project:
        """Return the project as its wheel describes it; raises ``ProjectError`` or ``ResolveError``."""
        groups = self.pyproject.get("dependency-groups")
        return project_of(self.wheel, dependency_groups=groups if isinstance(groups, dict) else {}, uv=self._uv)

    @cached_property
    def wheel(self) -> Wheel:
        """Return the project's wheel, built once for each state of the directory.

        Raises ``ResolveError`` if the backend fails or builds native code, and ``ProjectError`` if the wheel has no
        files, or another name or version than pyproject.toml or an sdist's PKG-INFO.
        """
        with self.step("build"):
            wheel = self._known_wheel() or self._build()
        problems = (*_mismatches(self._declared, wheel), *_empty_problem(wheel, self._backend))
        if problems:
            raise ProjectError(problems)
        return replace(wheel, built=True)

    @cached_property
    def _uv(self) -> UvSettings:
        return read_uv_settings(self.directory, workspace_root(self.directory))

    @property
    def _backend(self) -> str:
        return str(value_at(self.pyproject, "build-system.build-backend") or SETUPTOOLS).partition(":")[0]

    @property
    def _key(self) -> tuple[str, ...]:
        return "project", str(self.directory), fingerprint(self.directory)

    def _is_dynamic(self, field: str) -> bool:
        dynamic = value_at(self.pyproject, "project.dynamic")
        return isinstance(dynamic, list) and field in dynamic

    @property
    def _declared(self) -> dict[str, tuple[str, str]]:
        """Return name and version with the place that declares them: pyproject.toml, or PKG-INFO of an sdist."""
        found = {
            field: (f"project.{field}", value)
            for field in ("name", "version")
            if isinstance(value := value_at(self.pyproject, f"project.{field}"), str)
        }
        try:
            headers = read_headers((self.directory / "PKG-INFO").read_text("utf-8", "replace"))
        except OSError:
            return found
        listed = {field: ("PKG-INFO", str(headers[field])) for field in ("name", "version") if headers[field]}
        return listed | found

    def _known_wheel(self) -> Wheel | None:
        fresh = not self.host.offline and (self.host.rebuild or reads_beyond(self.directory))
        known = self.wheel_cache.results.get(built_wheel, *self._key, of_this_build=fresh)
        return self.wheel_cache.find(known) if known else None

    def _build(self) -> Wheel:
        what = f"{PROJECT_FILE}: the project's wheel"
        with temporary_directory() as directory:
            try:
                file = build_from(self.directory, what, Path(directory), resolving_host(self.host, self._uv))
            except ResolveError as error:
                raise _backend_error(error, self._backend, offline=self.host.offline) from None
            reason = native_reason(file)
            if reason:
                problem = f"{self._backend} builds {file.name}, which {reason}"
                fix = "move the native code to a package with wheels for Linux, or make it pure Python"
                raise ResolveError(Diagnostic(code="native-build", where=PROJECT_FILE, problem=problem, fix=fix))
            wheel = self.wheel_cache.add(file, expected=None)
        self.wheel_cache.results.put({"wheel": wheel.sha256, "python": platform.python_version()}, *self._key)
        return wheel


def specifiers(text: str) -> SpecifierSet:
    """Return the Pythons that a text admits; raises ``ProjectError`` if it isn't a version specifier."""
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        problem, fix = f"{text!r} isn't a version specifier", 'for example, write ">=3.13"'
        where = "project.requires-python"
        raise ProjectError(Diagnostic(code="metadata", where=where, problem=problem, fix=fix)) from None


def project_of(wheel: Wheel, *, dependency_groups: Mapping[str, Any], uv: UvSettings) -> Project:
    """Return the project that a wheel contains, with what only pyproject.toml declares.

    Raises ``ProjectError`` if its metadata has a malformed requirement.
    """
    requirements = [_requirement(text) for text in wheel.requires_dist]
    extras = [canonicalize_name(extra) for extra in wheel.provides_extra]
    for_extras = [one for one in requirements if one.marker and _EXTRA.search(str(one.marker))]
    return Project(
        name=wheel.name,
        version=wheel.version,
        dependencies=tuple(str(one) for one in requirements if one not in for_extras),
        optional_dependencies={extra: [str(one) for one in for_extras if _names(one, extra)] for extra in extras},
        dependency_groups=dependency_groups,
        uv=uv,
        dist_info=wheel.dist_info,
        metadata="",
        wheel=wheel,
    )


def _requirement(text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement:
        problem = f"its wheel requires {text!r}, which isn't a requirement"
        fix = "write it as NAME>=VERSION or NAME @ URL"
        raise ProjectError(Diagnostic(code="metadata", where=PROJECT_FILE, problem=problem, fix=fix)) from None


def _names(requirement: Requirement, extra: str) -> bool:
    """Return whether the marker of a requirement names an extra."""
    names = re.findall(r"""["']([^"']*)["']""", str(requirement.marker))
    return extra in {canonicalize_name(name) for name in names}


def _backend_error(error: ResolveError, backend: str, *, offline: bool) -> ResolveError:
    """Return the error of a build with the hook that failed, as far as pip's output names it."""
    output = error.detail.lower()
    if offline and _REQUIREMENTS in output:
        problem = f"the project's wheel isn't in the cache, and pip can't download what {backend} needs to build it"
        fix = "build once with network access, or copy the cache"
        return ResolveError(Diagnostic(code="offline", where=OFFLINE_VARIABLE, problem=problem, fix=fix))
    hook = next((hook for step, hook in _HOOKS.items() if step in output), "")
    where, problem = PROJECT_FILE, f"{backend} can't build the project's wheel{f' ({hook} failed)' if hook else ''}"
    if _REQUIREMENTS in output:
        where, problem = "build-system.requires", f"pip can't install what {backend} needs to build the project's wheel"
    fix = "fix the cause in pip's output"
    found = Diagnostic(code="build-failed", where=where, problem=problem, fix=fix)
    return ResolveError(found, detail=error.detail, excerpt=error.excerpt)


def _mismatches(declared: Mapping[str, tuple[str, str]], wheel: Wheel) -> Iterator[Diagnostic]:
    """Yield a problem for the name and the version if the wheel has another one."""
    for field, (where, value) in declared.items():
        built = wheel.name if field == "name" else wheel.version
        if _normalized(field, value) != _normalized(field, built):
            problem = f"{value!r}, but the wheel that the build backend built has the {field} {built!r}"
            fix = f"make both the same, or remove {field} here and list it in project.dynamic"
            yield Diagnostic(code="metadata", where=where, problem=problem, fix=fix)


def _normalized(field: str, value: str) -> str | Version:
    try:
        return canonicalize_name(value) if field == "name" else Version(value)
    except InvalidVersion:
        return value


def _empty_problem(wheel: Wheel, backend: str) -> Iterator[Diagnostic]:
    if all(member.name.startswith(f"{wheel.dist_info}/") for member in wheel.members):
        problem = f"no files selected, because the wheel that {backend} built contains only metadata"
        fix = f"set the modules or packages of the project in the options of {backend}"
        yield Diagnostic(code="no-files-selected", where=PROJECT_FILE, problem=problem, fix=fix)
