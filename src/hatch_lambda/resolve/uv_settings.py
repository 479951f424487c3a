"""Reads ``[tool.uv]``: the settings of uv that count for a Lambda build, whichever tool resolves.

``SETTINGS`` has a row for each key. A setting that a build can't follow is an error if it would make a difference.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, is_normalized_name
from packaging.version import InvalidVersion, Version

from hatch_lambda.config.table import Table, ValueProblem, toml_key
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError, masked, shorten
from hatch_lambda.files.toml_file import read_toml
from hatch_lambda.resolve.base import Dependency, split_url
from hatch_lambda.resolve.overrides import Overrides, RequirementChange

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName

    from hatch_lambda.runtime.target import Target

Effect = Literal["both", "pip can", "uv", "uv.lock", "builds", "wheels", "never", "unused"]
Kind = Literal["any", "date", "flag", "text", "texts", "table"]

EFFECTS: Mapping[Effect, str] = {
    "both": "Counts with uv, with pip, and with lock files",
    "pip can": "Counts with uv and with pip; a value without a counterpart in pip is an error with pip",
    "uv": "Counts with uv, and is an error with pip",
    "uv.lock": "Counts when `uv lock` resolves; a build is for one target and doesn't need it",
    "builds": "Is an error if the build builds such a package from source, because it can't be followed",
    "wheels": "Is an error if the zip needs such a package, because the build uses wheels",
    "never": "Is an error if names have sources, because those names are never looked up on an index",
    "unused": "Has no effect on a zip",
}
"""What each effect means, for the reference."""


@dataclass(frozen=True)
class Setting:
    """A key of ``[tool.uv]``: its effect on a build, the kind of its value, and the value that is like none."""

    key: str
    effect: Effect
    kind: Kind = "any"
    choices: tuple[str, ...] = ()


_UNUSED = (
    *("add-bounds", "audit", "build-backend", "cache-dir", "cache-keys", "check-url", "compile-bytecode"),
    *("concurrent-builds", "concurrent-downloads", "concurrent-installs", "default-groups", "dependency-groups"),
    *("dev-dependencies", "graalpy-install-mirror", "link-mode", "managed", "native-tls", "no-cache", "package"),
    *("preview", "preview-features", "publish-url", "pyodide-install-mirror", "pypy-install-mirror"),
    *("python-downloads", "python-downloads-json-url", "python-install-mirror", "python-preference", "reinstall"),
    *("reinstall-package", "required-version", "system-certs", "trusted-publishing", "upgrade", "upgrade-package"),
)

SETTINGS = (
    Setting("build-constraint-dependencies", "both"),
    Setting("conflicts", "both"),
    Setting("constraint-dependencies", "both"),
    Setting("dependency-metadata", "both"),
    Setting("exclude-dependencies", "both"),
    Setting("override-dependencies", "both"),
    Setting("sources", "both"),
    Setting("workspace", "both"),
    Setting("allow-insecure-host", "pip can", "texts"),
    Setting("exclude-newer", "pip can", "date"),
    Setting("extra-index-url", "pip can", "texts"),
    Setting("find-links", "pip can", "texts"),
    Setting("http-proxy", "pip can", "text"),
    Setting("https-proxy", "pip can", "text"),
    Setting("index", "pip can"),
    Setting("index-strategy", "pip can", "text", ("first-index", "unsafe-first-match", "unsafe-best-match")),
    Setting("index-url", "pip can", "text"),
    Setting("keyring-provider", "pip can", "text", ("disabled", "subprocess")),
    Setting("no-index", "pip can", "flag"),
    Setting("no-proxy", "pip can", "texts"),
    Setting("pip", "pip can", "table"),
    Setting(
        "prerelease", "pip can", "text", ("if-necessary", "if-necessary-or-explicit", "allow", "disallow", "explicit")
    ),
    Setting("exclude-newer-package", "uv", "table"),
    Setting("offline", "uv", "flag"),
    Setting("prerelease-package", "uv", "table"),
    Setting("resolution", "uv", "text", ("highest", "lowest", "lowest-direct")),
    Setting("torch-backend", "uv", "text"),
    Setting("environments", "uv.lock"),
    Setting("fork-strategy", "uv.lock"),
    Setting("minimum-libc-version", "uv.lock"),
    Setting("required-environments", "uv.lock"),
    Setting("config-settings", "builds", "table"),
    Setting("config-settings-package", "builds", "table"),
    Setting("extra-build-dependencies", "builds", "table"),
    Setting("extra-build-variables", "builds", "table"),
    Setting("no-build", "builds", "flag"),
    Setting("no-build-isolation", "builds", "flag"),
    Setting("no-build-isolation-package", "builds", "texts"),
    Setting("no-build-package", "builds", "texts"),
    Setting("require-build-hashes", "builds", "flag"),
    Setting("no-binary", "wheels", "flag"),
    Setting("no-binary-package", "wheels", "texts"),
    Setting("no-sources", "never", "flag"),
    Setting("no-sources-package", "never", "texts"),
    *(Setting(key, "unused") for key in _UNUSED),
)
"""Every key that uv knows; the first of some choices is the default.

Source: the keys that uv 0.13.9 lists when it finds an unknown one, and their meaning in
https://docs.astral.sh/uv/reference/settings/, read 2026-11-28.
"""

_ROWS = {setting.key: setting for setting in SETTINGS}

_IN_PYPROJECT = ("constraint-dependencies", "exclude-dependencies", "override-dependencies")
"""Keys that ``uv lock`` ignores in uv.toml.

Source: https://docs.astral.sh/uv/reference/settings/#override-dependencies, read 2026-11-28.
"""

_OF_MEMBERS = frozenset({"index", "sources", "workspace"})
"""Keys that uv reads from the pyproject.toml of a workspace member too."""

_IN_PIP_TABLE = frozenset(
    {
        *("dependency-metadata", "exclude-newer", "exclude-newer-package", "extra-index-url", "find-links"),
        *("index-strategy", "index-url", "keyring-provider", "no-index", "prerelease", "resolution", "torch-backend"),
    }
)
"""Keys that ``[tool.uv.pip]`` overrides, and that the command line of uv doesn't."""


@dataclass(frozen=True)
class UvIndex:
    """An index in ``[[tool.uv.index]]``; ``more`` are its other keys."""

    name: str
    url: str
    explicit: bool = False
    default: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Conflicting:
    """An extra or a group that excludes others, of a package of the workspace or of any."""

    kind: Literal["extra", "group"]
    name: NormalizedName
    package: str = ""


@dataclass(frozen=True, kw_only=True)
class UvSettings:
    """What uv's settings of a project, or of the workspace that it is in, say about a build.

    ``others`` has each other setting that is set and has an effect, by its key, and ``addresses`` where each key is.
    URLs are as written, except that a path is absolute.
    """

    overrides: Overrides = field(default_factory=Overrides)
    constraints: tuple[str, ...] = ()
    build_constraints: tuple[str, ...] = ()
    indexes: tuple[UvIndex, ...] = ()
    conflicts: tuple[frozenset[Conflicting], ...] = ()
    others: Mapping[str, Any] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)

    def where(self, key: str) -> str:
        """Return the address of a setting."""
        return self.addresses.get(key, f"tool.uv.{key}")

    def with_indexes(self, urls: Mapping[str, str]) -> UvSettings:
        """Return the settings with more indexes by name, which are only for names that have them as their source."""
        more = (UvIndex(name, url, explicit=True) for name, url in urls.items())
        return replace(self, indexes=(*self.indexes, *more))

    def unsupported(self, key: str, problem: str, fix: str) -> Diagnostic:
        """Return that a build can't follow a setting."""
        return Diagnostic(code="unsupported-setting", where=self.where(key), problem=problem, fix=fix)

    def conflict(self, project: str, extras: Collection[str], groups: Collection[str]) -> list[str]:
        """Return extras and groups of the project that exclude each other, as in ``extra 'a'``; empty if none do."""
        chosen = {("extra", canonicalize_name(name)) for name in extras}
        chosen |= {("group", canonicalize_name(name)) for name in groups}
        packages = {"", canonicalize_name(project)}
        hits = ({(one.kind, one.name) for one in found if one.package in packages} for found in self.conflicts)
        both = next((sorted(hit & chosen) for hit in hits if len(hit & chosen) > 1), [])
        return [f"{kind} {name!r}" for kind, name in both]

    @property
    def constraint_dependencies(self) -> tuple[Dependency, ...]:
        """Return the constraints as requirements, which apply only to what is required anyway."""
        where = self.where("constraint-dependencies")
        return tuple(Dependency(where, Requirement(text)) for text in self.constraints)

    def changes(self, names: Collection[NormalizedName], target: Target) -> list[str]:
        """Return the changes of requirements for the summary of a zip with the packages ``names``.

        An override with a marker that doesn't apply to the target excludes its name.
        """
        found = []
        for change in self.overrides.changes:
            found += [
                f"override {masked(text)}"
                for text in change.overrides
                for one in (Requirement(text),)
                if canonicalize_name(one.name) in names or not target.holds(one.marker)
            ]
            found += [f"exclude {name}" for name in change.excluded]
            if change.metadata is not None and change.package in names:
                found.append(f"metadata of {change.package}")
        return list(dict.fromkeys(found))

    def problems(
        self,
        *,
        built: Collection[NormalizedName],
        wheels: Collection[NormalizedName],
        sources: Collection[NormalizedName],
    ) -> tuple[Diagnostic, ...]:
        """Return an error for each setting that what was resolved doesn't follow.

        ``built`` are the packages that are built from source, ``wheels`` the others, and ``sources`` the names with a
        source.
        """
        concerned = {"builds": built, "wheels": wheels, "never": sources}
        return tuple(
            self.unsupported(setting.key, problem.format(", ".join(names)), fix)
            for setting in SETTINGS
            if setting.effect in concerned and setting.key in self.others
            if (names := _named(setting.key, self.others[setting.key], concerned[setting.effect]))
            for problem, fix in (_REASONS[setting.effect],)
        )


_REASONS: Mapping[Effect, tuple[str, str]] = {
    "builds": (
        "can't be followed, because the build builds {} from source",
        "remove the setting, or require a release with a wheel",
    ),
    "wheels": ("can't be followed, because the zip needs a wheel of {}", "remove the setting"),
    "never": (
        "can't be followed, because a name with a source is never looked up on an index ({})",
        "remove the setting or the source",
    ),
}


def _named(key: str, value: Any, names: Collection[NormalizedName]) -> list[NormalizedName]:
    """Return the names that a setting is about: those in it, or all if it has none."""
    if key.endswith("-package") or key.startswith("extra-build-"):
        return sorted(set(map(canonicalize_name, value)) & set(names))
    return sorted(names)


def read_uv_settings(directory: Path, root: Path) -> UvSettings:
    """Return uv's settings for the project in ``directory``, whose workspace has its root in ``root``.

    Like uv, it reads pyproject.toml and uv.toml of the root only, except for indexes that the sources of a member can
    name. Raises ``ConfigError`` with each value that can't be used, and each setting in a place that uv ignores.
    """
    directory, root = directory.resolve(), root.resolve()
    file = os.path.relpath(root / "pyproject.toml", directory).replace(os.sep, "/")
    address = "tool.uv" if root == directory else f"{file}: tool.uv"
    uv_toml = read_toml(root / "uv.toml")
    top = Table(address, {**_uv_table(root, address), **uv_toml}, host_keys=())
    settings = _read(top, root)
    for key in _IN_PYPROJECT:
        if key in uv_toml:
            top.add(_misplaced(f"uv.toml: {key}", "'uv lock' doesn't read it there", file))
    if root != directory:
        own = Table("tool.uv", _uv_table(directory, "tool.uv"), host_keys=(), above=top, own_keys=("index",))
        found = tuple(replace(index, explicit=True) for index in _read_indexes(own, directory))
        settings = replace(settings, indexes=(*settings.indexes, *found))
        for key in sorted(own.values.keys() & _ROWS.keys() - _OF_MEMBERS):
            if _ROWS[key].effect != "unused":
                top.add(_misplaced(f"tool.uv.{key}", "uv reads it only from the root of the workspace", file))
    top.finish()
    return settings


def read_indexes(directory: Path) -> dict[str, UvIndex]:
    """Return the indexes in a directory's pyproject.toml by name; raises ``ConfigError``."""
    top = Table(f"{directory / 'pyproject.toml'}: tool.uv", _uv_table(directory, "tool.uv"), host_keys=())
    found = {index.name: index for index in _read_indexes(top, directory)}
    top.finish()
    return found


def _uv_table(directory: Path, address: str) -> dict[str, Any]:
    tool = read_toml(directory / "pyproject.toml").get("tool", {})
    values = tool.get("uv", {}) if isinstance(tool, dict) else {}
    if isinstance(values, dict):
        return values
    problem, fix = f"expected a table, found {shorten(values)}", "write it as [tool.uv]"
    raise ConfigError(Diagnostic(code="option-type", where=address, problem=problem, fix=fix))


def _misplaced(where: str, problem: str, file: str) -> Diagnostic:
    return Diagnostic(code="misplaced-option", where=where, problem=problem, fix=f"move it to [tool.uv] in {file}")


def _read(top: Table, root: Path) -> UvSettings:
    """Return the settings in a table, with those in its table ``pip``; the table records problems."""
    for key in top.values.keys() - _ROWS.keys():
        _report_typo(top, key)
    pip = _table(top, "pip")
    inner = {key: value for key, value in pip.items() if key in _IN_PIP_TABLE}
    table = Table(f"{top.address}.pip", inner, host_keys=(), above=top)
    values = {setting.key: _value(table, setting) for setting in SETTINGS if setting.effect not in {"both", "unused"}}
    for key in ("index-url", "extra-index-url", "find-links"):
        values[key] = _absolute(values[key], root)
    return UvSettings(
        overrides=Overrides(
            (
                *_changes(table, "override-dependencies", "overrides", _requirement_problem),
                *_changes(table, "exclude-dependencies", "excluded", _name_problem),
                *_metadata(table),
            )
        ),
        constraints=table.texts("constraint-dependencies", check=_requirement_problem),
        build_constraints=table.texts("build-constraint-dependencies", check=_requirement_problem),
        indexes=tuple(_read_indexes(table, root)),
        conflicts=tuple(_read_conflicts(table)),
        others={key: value for key, value in values.items() if value and key not in {"index", "pip"}},
        addresses={key: table.where(key) for key in _ROWS},
    )


def _report_typo(table: Table, key: str) -> None:
    """Report a key that is close to one of uv's; any other can be one of a later uv."""
    close = get_close_matches(key, _ROWS, n=1, cutoff=0.8)
    if close:
        table.report("unknown-option", toml_key(key), "unknown setting of uv", f"did you mean {close[0]!r}?")


def _value(table: Table, setting: Setting) -> Any:
    """Return the value of a setting; nothing for the default."""
    key = setting.key
    if setting.choices:
        chosen = table.choice(key, setting.choices, default=setting.choices[0])
        return None if chosen == setting.choices[0] else chosen
    found: Any = table.get(key)
    if setting.kind == "flag":
        found = table.flag(key, default=False)
    elif setting.kind == "text" or (setting.kind == "date" and found is not False):
        found = table.text(key, check=lambda _: None)
    elif setting.kind == "texts":
        found = table.texts(key)
    elif setting.kind == "table":
        found = _table(table, key)
    return found


def _table(table: Table, key: str) -> dict[str, Any]:
    value = table.get(key)
    if value is None or isinstance(value, dict):
        return value or {}
    table.report("option-type", key, f"expected a table, found {shorten(value)}", f"write {key} = {{ … }}")
    return {}


def _items(table: Table, key: str) -> Iterator[tuple[str, Any]]:
    """Yield each item of an array, with its address below the table's."""
    value = table.get(key)
    if isinstance(value, list):
        yield from ((f"{key} #{number}", item) for number, item in enumerate(value, 1))
    elif value is not None:
        table.report("option-type", key, f"expected an array, found {shorten(value)}", "write it in brackets")


def _inner(table: Table, where: str, values: Mapping[str, Any]) -> Table:
    """Return a table in an array, whose problems are those of the outer table."""
    address = f"{table.where(where.partition(' ')[0]).rpartition('.')[0]}.{where}"
    return Table(address, values, host_keys=(), above=table, own_keys=_KEYS_OF_ITEMS)


_KEYS_OF_ITEMS = ("default", "dependencies", "explicit", "name", "package", "requires-dist", "url", "version")


def _changes(
    table: Table, key: str, changed: str, check: Callable[[str], ValueProblem | None]
) -> Iterator[RequirementChange]:
    """Yield what an array of requirements or names changes everywhere, and what its tables change in one package."""
    everywhere: list[str] = []
    for where, item in _items(table, key):
        if isinstance(item, dict):
            inner = _inner(table, where, item)
            package = _inner(table, f"{where}.package", _table(inner, "package"))
            yield _change(package, changed, inner.texts("dependencies", check=check))
        elif not isinstance(item, str):
            fix = "write a name in quotes, or a table"
            table.report("option-type", where, f"expected a string or a table, found {shorten(item)}", fix)
        elif problem := check(item):
            table.report(problem.code, where, problem.problem, problem.fix)
        else:
            everywhere.append(item)
    if everywhere:
        yield _change(None, changed, everywhere)


def _change(package: Table | None, changed: str, texts: Collection[str]) -> RequirementChange:
    """Return a change of every requirement, or in the releases that a table with ``name`` and ``version`` means."""
    fields: dict[str, Any] = {changed: tuple(map(canonicalize_name, texts) if changed == "excluded" else texts)}
    if package is None:
        return RequirementChange(**fields)
    name = package.text("name", check=_name_problem)
    if package.values and "name" not in package.values:
        package.report("option-value", "name", "not set", "name the package")
    version = package.text("version", check=_version_problem)
    return RequirementChange(package=canonicalize_name(name or ""), version=version or "", **fields)


def _metadata(table: Table) -> Iterator[RequirementChange]:
    for where, item in _items(table, "dependency-metadata"):
        if isinstance(item, dict):
            inner = _inner(table, where, item)
            yield _change(inner, "metadata", inner.texts("requires-dist", check=_requirement_problem))
        else:
            problem, fix = f"expected a table, found {shorten(item)}", "write each as [[tool.uv.dependency-metadata]]"
            table.report("option-type", where, problem, fix)


def _read_conflicts(table: Table) -> Iterator[frozenset[Conflicting]]:
    for where, items in _items(table, "conflicts"):
        if isinstance(items, list) and all(isinstance(item, dict) for item in items):
            yield frozenset(
                Conflicting(kind, canonicalize_name(str(item[kind])), canonicalize_name(str(item.get("package", ""))))
                for item in items
                for kind in _CONFLICTING
                if kind in item
            )
        else:
            problem, fix = f"expected an array of tables, found {shorten(items)}", 'write [{ extra = "a" }, …]'
            table.report("option-type", where, problem, fix)


_CONFLICTING: tuple[Literal["extra", "group"], ...] = ("extra", "group")


def _read_indexes(table: Table, root: Path) -> Iterator[UvIndex]:
    for where, item in _items(table, "index"):
        if not isinstance(item, dict):
            problem, fix = f"expected a table, found {shorten(item)}", "write each as [[tool.uv.index]]"
            table.report("option-type", where, problem, fix)
            continue
        inner = _inner(table, where, item)
        url = inner.text("url", check=lambda _: None)
        if "url" not in item:
            inner.report("option-value", "url", "not set", "set it to the URL of the index")
        yield UvIndex(
            name=inner.text("name", check=lambda _: None) or "",
            url=_absolute(url or "", root),
            explicit=inner.flag("explicit", default=False),
            default=inner.flag("default", default=False),
            more={key: value for key, value in item.items() if key not in {"name", "url", "explicit", "default"}},
        )


def _absolute(value: Any, root: Path) -> Any:
    """Return a URL, or each of several, with the URL of a path instead of the path."""
    if isinstance(value, tuple):
        return tuple(_absolute(url, root) for url in value)
    return (root / value).absolute().as_uri() if value and not split_url(value).scheme else value


def _requirement_problem(text: str) -> ValueProblem | None:
    try:
        Requirement(text)
    except InvalidRequirement:
        return ValueProblem(f"{shorten(text)} isn't a requirement", "write it as NAME>=VERSION or NAME @ URL")
    return None


def _name_problem(text: str) -> ValueProblem | None:
    is_name = is_normalized_name(canonicalize_name(text))
    return None if is_name else ValueProblem(f"{shorten(text)} isn't the name of a package", "write a name only")


def _version_problem(text: str) -> ValueProblem | None:
    try:
        Version(text)
    except InvalidVersion:
        return ValueProblem(f"{shorten(text)} isn't a version", 'write it like "1.2.3"')
    return None
