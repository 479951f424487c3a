"""The options of an archive as a value, every one of them checked."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal, cast

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name
from pathspec import GitIgnoreSpec

from hatch_lambda.config.table import toml_key
from hatch_lambda.diagnostics import CODES, WARNINGS
from hatch_lambda.errors import shorten
from hatch_lambda.runtime.runtimes import RUNTIMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hatch_lambda.config.table import Table
    from hatch_lambda.diagnostics import Message
    from hatch_lambda.runtime.runtimes import Runtime
    from hatch_lambda.runtime.target import Target

TABLE = "tool.hatch.build.targets.lambda"

MAX_UNZIPPED = 262_144_000 - 1
"""Bytes that a function may take unzipped, layers included.

AWS refuses what is not smaller than 262,144,000 bytes. Source: "Deployment package (.zip file archive) size" in
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2026-11-23, and the error's own words.
"""

MAX_HANDLER_LENGTH = 128
"""Characters. Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html, read 2026-11-23."""

Kind = Literal["function", "layer"]
STEMS: dict[Kind, str] = {"function": "lambda", "layer": "lambda_layer"}
"""What a file name calls the kinds of archive."""

DEFAULT_FILENAME = "{name}-{version}-lambda-{runtime}-{architecture}.zip"
FILENAME_FIELDS = ("name", "version", "archive", "runtime", "architecture")

FILE_KEYS = frozenset(
    {
        "artifacts",
        "bypass-selection",
        "exclude",
        "force-include",
        "ignore-vcs",
        "include",
        "only-include",
        "only-packages",
        "packages",
        "shared-data",
        "shared-scripts",
        "skip-excluded-dirs",
        "sources",
    }
)
"""Options by which Hatch chooses files, for any target or for wheels; each archive may have its own."""

HATCH_KEYS = FILE_KEYS | {
    "dependencies",
    "dev-mode-dirs",
    "dev-mode-exact",
    "directory",
    "hooks",
    "reproducible",
    "require-runtime-dependencies",
    "require-runtime-features",
    "versions",
}
"""Options that Hatch reads from every target's table, and those of wheels that choose files.

Source: https://hatch.pypa.io/latest/config/build/ and https://hatch.pypa.io/latest/plugins/builder/wheel/.
"""

ResolverName = Literal["pip", "uv"]
RESOLVERS: tuple[ResolverName, ...] = ("pip", "uv")

ADDRESSED = (
    "python-patch",
    "features",
    "dependency-groups",
    "layers",
    "constraints",
    "lock",
    "exclude-files",
    "exclude-packages",
    "max-size",
    "filename",
)
"""Options that can turn out wrong after they were read."""

NativeCheck = Literal["error", "warn"]
NATIVE_CHECKS: tuple[NativeCheck, ...] = ("error", "warn")

OTHER_LOCKS = {
    "uv.lock": ("uv export --format pylock.toml --no-emit-project -o pylock.toml", "pylock.toml"),
    "pdm.lock": ("pdm export -f pylock -o pylock.toml", "pylock.toml"),
    "poetry.lock": ("poetry export -f requirements.txt --output requirements.txt", "requirements.txt"),
    "Pipfile.lock": ("pipenv requirements --hash > requirements.txt", "requirements.txt"),
}
"""Locks in a form that only their tool reads: the command that exports each, and the file that it writes.

Sources: ``--help`` of uv 0.13.9 and of the newest pdm and pipenv, read 2026-11-27; the manual of poetry-plugin-export,
https://github.com/python-poetry/poetry-plugin-export, read 2026-11-27.
"""

LOCK_FILE = "pylock.lambda.toml"
"""The lock that is used without being named, and that ``-t lambda:lock`` writes."""


@dataclass(frozen=True, kw_only=True)
class LambdaConfig:
    """Every option of the table. The docstring under a field is its entry in the option reference."""

    target: Target
    """The `runtime` on the `architecture` that the archive is made for."""

    kind: Kind = "function"
    """What the archive is. Not an option."""

    name: str | None = None
    """The name of its table among `functions` or `layers`; none for the one archive of a project. Not an option."""

    build_name: str = "function"
    """What Hatch calls it, after the colon of `-t lambda:`. Not an option."""

    handler: str | None = None
    """The handler as AWS writes it, `"package.module.function"`. The archive must hold it: the module at its root, the
    function at the module's top level; an executable file of the archive, such as `"run.sh"`, will do too. Left out,
    nothing is checked."""

    features: tuple[str, ...] = ()
    """Extras of the project whose requirements go in beside `project.dependencies`."""

    dependency_groups: tuple[str, ...] = ()
    """Groups of `[dependency-groups]` whose requirements go in beside `project.dependencies`."""

    layers: tuple[str, ...] = ()
    """Layers that the function is used with, at most five with those that they need: names of tables under `layers`, or
    paths of layer zips, relative to the project. What they carry stays out of the archive."""

    project: bool = True
    """Whether the project's own files go in. Only for a table under `layers`, where the default is `false`."""

    constraints: tuple[str, ...] = ()
    """Constraint files, as pip reads them, relative to the project."""

    lock: str | None = None
    """A lock, relative to the project: a `pylock.toml` made by any tool, or a requirements file in which every line is
    pinned and has hashes. A file whose name does not end in `.toml` is read as a requirements file, such as
    `requirements.lock`. Nothing is resolved then. A `pylock.lambda.toml` beside `pyproject.toml` is used without
    being named."""

    resolver: ResolverName = "pip"
    """Who resolves where there is no lock, `pip` or `uv`. uv comes with `hatch-lambda[uv]`, and knows fewer levels of
    glibc: for Amazon Linux 2 it takes wheels for 2.17 only, so that a distribution may be older than with pip."""

    build_from_source: tuple[NormalizedName, ...] = ()
    """Distributions that may be built from their sdist on the machine that builds, where they have no wheel. What comes
    of it is taken only if it is pure Python; native code for that machine is refused."""

    exclude_packages: tuple[NormalizedName, ...] = ()
    """Distributions to leave out, together with what only they need. The runtime has boto3, for one; AWS recommends to
    ship one's own all the same, and whoever ships urllib3 must ship boto3 too. What the runtime does not meet, as far
    as its versions are known, is warned of."""

    exclude_files: tuple[str, ...] = ()
    """Paths in the archive to leave out. The patterns are those of `.gitignore`; RECORD files follow."""

    collisions: Mapping[str, NormalizedName] = field(default_factory=dict)
    """Which distribution wins where two ship different files under one path, such as `{ "jwt/**" = "pyjwt" }`. Without
    an entry that is an error; two files with the same content are no collision."""

    scripts: bool = False
    """Whether scripts go to `bin/`: those of distributions, and the project's own, which are its `project.scripts` and
    what `shared-scripts` of its wheel or of this table names. They are run by Lambda's own Python; console scripts
    find their modules from the archive's root."""

    native_check: NativeCheck = "error"
    """Whether native code that the runtime cannot load is an `error`, or only makes the build `warn`. What is looked at
    is told in [What is checked](checks.md#native-code)."""

    filename: str = DEFAULT_FILENAME
    """The archive's file name. `{name}`, `{version}`, `{archive}`, `{runtime}` and `{architecture}` are filled in; what
    is not a letter, a digit or a dot in the version becomes `_`. The default of layers has `lambda_layer` for
    `lambda`, and that of an archive with a name has the name after it."""

    max_size: int = MAX_UNZIPPED
    """Bytes that the archive may take once Lambda has unpacked it. The default is Lambda's own limit, layers included;
    a lower one leaves room for layers."""

    manifest: bool = False
    """Whether a description of the archive as JSON is written beside it, under its name with `.json` in place of
    `.zip`: [the report](report.md) that `hatch-lambda info --json` shows. `twine upload dist/*` refuses such a file;
    who publishes wheels from the same folder sets `directory` too."""

    ignore_warnings: tuple[str, ...] = ()
    """Codes of warnings that you have checked, such as `missing-import`; the build doesn't print them. The code of a
    warning is in brackets at its end, and each has [a heading](messages.md)."""

    warnings: tuple[Message, ...] = ()
    """Sentences about what was read: unknown options, a runtime on its way in or out. Not an option."""

    runtimes: tuple[Runtime, ...] = RUNTIMES
    """The known runtimes that `requires-python` admits. Not an option."""

    addresses: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where in pyproject.toml options stand that messages may be about later. Not an option."""

    def where(self, option: str) -> str:
        """Return the full address of an option, in the table that it stands in."""
        return self.addresses.get(option, f"{TABLE}.{option}")

    def inherits(self, option: str) -> bool:
        """Return whether an option stands in the target's own table, and this archive has another."""
        return self.name is not None and self.where(option) == f"{TABLE}.{option}"

    @property
    def archive(self) -> str:
        """Return what the archive is called in file names: its table's name, or else its kind."""
        return self.name or self.kind

    @property
    def resolved_with(self) -> tuple[object, ...]:
        """Return what two archives must have in common to share one resolution."""
        return (self.target, self.resolver, self.lock, self.constraints, self.build_from_source)


def read_config(
    table: Table, target: Target, *, kind: Kind, name: str | None, runtimes: tuple[Runtime, ...] = RUNTIMES
) -> LambdaConfig:
    """Return the options in the table of an archive, for one of its targets; problems are noted in the table."""
    stem = "-".join(filter(None, (STEMS[kind], name)))
    return LambdaConfig(
        target=target,
        kind=kind,
        name=name,
        handler=table.text("handler", check=_handler_problem) if kind == "function" else None,
        features=table.texts("features"),
        dependency_groups=table.texts("dependency-groups"),
        layers=_read_layers(table),
        project=kind == "function" or (name is not None and table.flag("project", default=False)),
        constraints=table.texts("constraints"),
        lock=table.text("lock", check=_lock_problem),
        resolver=cast("ResolverName", table.choice("resolver", RESOLVERS, default="pip")),
        build_from_source=tuple(map(canonicalize_name, table.texts("build-from-source", check=_name_problem))),
        exclude_packages=tuple(map(canonicalize_name, table.texts("exclude-packages", check=_name_problem))),
        exclude_files=table.texts("exclude-files", check=_pattern_problem),
        collisions=_read_collisions(table),
        scripts=table.flag("scripts", default=False),
        native_check=cast("NativeCheck", table.choice("native-check", NATIVE_CHECKS, default="error")),
        filename=table.text("filename", check=_filename_problem) or DEFAULT_FILENAME.replace("lambda", stem),
        max_size=table.positive("max-size", default=MAX_UNZIPPED),
        manifest=table.flag("manifest", default=False),
        ignore_warnings=_read_ignored(table),
        runtimes=runtimes,
        addresses={option: table.where(option) for option in ADDRESSED},
    )


def _read_ignored(table: Table) -> tuple[str, ...]:
    """Return the codes of warnings that are not printed; one that no warning has is a problem."""
    codes = table.texts("ignore-warnings")
    for number, code in enumerate(codes, 1):
        if code in WARNINGS:
            continue
        close = get_close_matches(code, sorted(WARNINGS), n=1)
        if code in CODES:
            problem, fix = f"{code!r} is the code of an error, which can't be ignored", "remove it"
        else:
            problem, fix = f"unknown code {code!r}", f"did you mean {close[0]!r}?" if close else "remove it"
        table.report("unknown-code", f"ignore-warnings #{number}", problem, fix)
    return codes


def _read_layers(table: Table) -> tuple[str, ...]:
    """Return the layers of an archive; in the target's own table the key may also hold the tables of layers."""
    return () if table.address == TABLE and isinstance(table.get("layers"), dict) else table.texts("layers")


def _read_collisions(table: Table) -> dict[str, NormalizedName]:
    value = table.get("collisions")
    if value is None:
        return {}
    if not isinstance(value, dict):
        table.problem("collisions", f'expected a table such as {{ "jwt/**" = "pyjwt" }}; found {shorten(value)}')
        return {}
    winners = {}
    for pattern, winner in value.items():
        where = f"collisions.{toml_key(pattern)}"
        problem = _pattern_problem(pattern)
        if problem:
            table.problem(where, problem)
        elif not isinstance(winner, str) or _name_problem(winner):
            table.problem(where, f"expected the name of a distribution; found {shorten(winner)}")
        else:
            winners[pattern] = canonicalize_name(winner)
    return winners


def _handler_problem(value: str) -> str | None:
    if len(value) > MAX_HANDLER_LENGTH:
        return f"expected at most {MAX_HANDLER_LENGTH} characters; found {len(value)}"
    if re.search(r"\s", value):
        return f"expected a name without spaces; found {value!r}"
    if ":" in value:
        return f"expected AWS's notation with dots only; found {value!r}; did you mean {value.replace(':', '.')!r}?"
    return None


def _lock_problem(value: str) -> str | None:
    name = PurePosixPath(value.replace("\\", "/"))
    if name.name in OTHER_LOCKS:
        command, lock = OTHER_LOCKS[name.name]
        return f'{value!r} isn\'t a supported format; run {command!r} and set lock = "{lock}"'
    if name.suffix != ".toml" or re.fullmatch(r"pylock(\.[^.]+)?\.toml", name.name):
        return None
    return f"expected pylock.toml, pylock.NAME.toml or a requirements file, whose name ends otherwise; found {value!r}"


def _name_problem(value: str) -> str | None:
    try:
        requirement = Requirement(value)
    except InvalidRequirement:
        return f"expected the name of a distribution; found {value!r}"
    plain = not (requirement.specifier or requirement.extras or requirement.marker or requirement.url)
    return None if plain else f"expected a name alone; found {value!r}; did you mean {requirement.name!r}?"


def _pattern_problem(value: str) -> str | None:
    try:
        GitIgnoreSpec.from_lines([value])
    except ValueError as error:
        return f"expected a pattern as in .gitignore; found {value!r} ({error})"
    return None


def _filename_problem(value: str) -> str | None:
    expected = ", ".join(f"{{{name}}}" for name in FILENAME_FIELDS)
    try:
        parts: Sequence[tuple[str, str | None, str | None, str | None]] = list(string.Formatter().parse(value))
    except ValueError as error:
        return f"expected a file name with {expected}; found {value!r} ({error})"
    for _, name, spec, conversion in parts:
        if name is not None and (name not in FILENAME_FIELDS or spec or conversion):
            found = name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            return f"expected a file name with {expected}; found {'{' + found + '}'!r}"
    if re.search(r'[\\/:*?"<>|\x00-\x1f]', value) or value.startswith("."):
        return f"expected a file name without folders; found {value!r}; set directory for the folder"
    return None if value.endswith(".zip") else f"expected a file name that ends in .zip; found {value!r}"
