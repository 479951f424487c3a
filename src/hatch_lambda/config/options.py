"""The options of an archive as a checked value."""

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

from hatch_lambda.config.table import ValueProblem, choose, toml_key
from hatch_lambda.diagnostics import CODES, WARNINGS
from hatch_lambda.errors import shorten
from hatch_lambda.runtime.runtimes import RUNTIMES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hatch_lambda.config.table import Table
    from hatch_lambda.diagnostics import Message
    from hatch_lambda.runtime.runtimes import Runtime
    from hatch_lambda.runtime.target import Target

TABLE = "tool.hatch.build.targets.lambda"
"""The address of our table: that of a build target of Hatch."""

OWN_TABLE = "tool.hatch-lambda"
"""The other address of our table, for projects that don't use Hatch."""

MAX_UNZIPPED = 262_144_000 - 1
"""The largest unzipped size of a function with its layers, in bytes.

AWS rejects 262,144,000 bytes or more. Source: "Deployment package (.zip file archive) size" in
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2026-11-23, and the text of AWS's error.
"""

MAX_HANDLER_LENGTH = 128
"""Characters. Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html, read 2026-11-23."""

Kind = Literal["function", "layer"]
STEMS: dict[Kind, str] = {"function": "lambda", "layer": "lambda_layer"}
"""The kinds of archive as file names spell them."""

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
"""Options with which Hatch selects files, for any target or for wheels; each archive can have its own."""

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
"""Options that Hatch reads from every target's table, and those of wheels that select files.

Source: https://hatch.pypa.io/latest/config/build/ and https://hatch.pypa.io/latest/plugins/builder/wheel/.
"""

OUTPUT_KEYS = frozenset({"directory", "reproducible", "versions"})
"""Those of Hatch's options that also apply if another backend builds the project, or in ``OWN_TABLE``."""

WHEEL_KEYS = ("core-metadata-version", "extra-metadata", "macos-max-compat", "sbom-files", "strict-naming")
"""Options of Hatch's wheels that have no meaning for a zip. Source: https://hatch.pypa.io/latest/plugins/builder/wheel/."""

SYNONYMS = {
    "arch": "architecture",
    "compile": "bytecode",
    "compile-bytecode": "bytecode",
    "pyc": "bytecode",
    "platform": "architecture",
    "python": "runtime",
    "python-version": "runtime",
    "exclude-dependencies": "exclude-packages",
    "entry-point": "handler",
    "entrypoint": "handler",
    "extras": "features",
    "groups": "dependency-groups",
    "lock-file": "lock",
    "lockfile": "lock",
    "output": "directory",
    "package": "packages",
}
"""Names that other tools give to an option, and the option, ours or Hatch's, that each means."""

_FUNCTION_SETTINGS = (
    *("description", "environment", "ephemeral-storage", "event", "events", "function-name", "memory", "memory-size"),
    *("policies", "reserved-concurrency", "role", "snap-start", "tags", "timeout", "tracing", "vpc"),
)
"""Settings of a function in AWS SAM, CDK, Terraform, and the Serverless Framework."""

_DEPLOY_SETTINGS = ("alias", "layer-name", "profile", "region", "s3-bucket", "s3-prefix", "stages", "update-layers")

MISPLACED = {
    "include-packages": ValueProblem(
        "unknown option, because the zip includes all dependencies",
        "add the package to project.dependencies",
        "unknown-option",
    ),
    **dict.fromkeys(
        _FUNCTION_SETTINGS,
        ValueProblem(
            "belongs to the function's configuration, not to the zip",
            "set it with the tool that creates the function",
            "misplaced-option",
        ),
    ),
    **dict.fromkeys(
        _DEPLOY_SETTINGS,
        ValueProblem(
            "belongs to deployment, not to the zip", "move it to [tool.hatch.publish.lambda]", "misplaced-option"
        ),
    ),
    **dict.fromkeys(
        WHEEL_KEYS,
        ValueProblem("is an option of wheels only", "move it to [tool.hatch.build.targets.wheel]", "misplaced-option"),
    ),
}
"""Names that belong elsewhere, in whichever table."""


def misplaced(address: str, host_keys: Collection[str]) -> dict[str, ValueProblem]:
    """Return names that belong elsewhere than in the table at an address, from which Hatch reads ``host_keys``."""
    selecting = ValueProblem(
        "doesn't apply here, because the build backend selects the files",
        "select them in the backend's own table, or use exclude-files",
        "misplaced-option",
    )
    of_hatch = ValueProblem("doesn't apply here, because only Hatch has this option", "remove it", "misplaced-option")
    return {
        "project": ValueProblem(
            "is an option of layers only", f"move it to [{address}.layers.NAME]", "misplaced-option"
        ),
        **{name: selecting if name in FILE_KEYS else of_hatch for name in HATCH_KEYS - set(host_keys)},
        **MISPLACED,
    }


ResolverName = Literal["auto", "pip", "uv"]
RESOLVERS: tuple[ResolverName, ...] = ("auto", "pip", "uv")

SmokeTest = bool | Literal["required"]

ADDRESSED = (
    "python-patch",
    "features",
    "dependency-groups",
    "layers",
    "constraints",
    "lock",
    "resolver",
    "exclude-files",
    "exclude-packages",
    "bytecode",
    "aws-services",
    "max-size",
    "filename",
    "smoke-test",
    "smoke-test-env",
)
"""Options that a later step can report a problem of."""

NativeCheck = Literal["error", "warn"]
NATIVE_CHECKS: tuple[NativeCheck, ...] = ("error", "warn")

OTHER_LOCKS = {
    "pdm.lock": ("pdm export -f pylock -o pylock.toml", "pylock.toml"),
    "poetry.lock": ("poetry export -f requirements.txt --output requirements.txt", "requirements.txt"),
    "Pipfile.lock": ("pipenv requirements --hash > requirements.txt", "requirements.txt"),
}
"""Lock files that only their own tool reads: the command that exports each, and the file that it writes.

Sources: ``--help`` of the newest pdm and pipenv, read 2026-11-27; the manual of poetry-plugin-export,
https://github.com/python-poetry/poetry-plugin-export, read 2026-11-27.
"""

LOCK_FILE = "pylock.lambda.toml"
"""The lock file that a build uses by default, and that ``-t lambda:lock`` writes."""

UV_LOCK = "uv.lock"
"""uv's lock file, which a build uses if there is no ``pylock.lambda.toml``.

Source: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile, read 2026-11-27.
"""


@dataclass(frozen=True, kw_only=True)
class LambdaConfig:
    """The options of one archive.

    The docstring below a field is its entry in the option reference: what it sets, then an example in TOML.
    """

    target: Target
    """The `runtime` and the `architecture`."""

    kind: Kind = "function"
    """The kind of archive. Not an option."""

    name: str | None = None
    """The name of its table in `functions` or `layers`; `None` for the only archive of a project. Not an option."""

    build_name: str = "function"
    """Its name after the colon of `-t lambda:`. Not an option."""

    handler: str | None = None
    """The function that Lambda calls, in AWS's notation: `"package.module.function"`. The build fails if the module
    isn't at the root of the zip, or if the function isn't at the top level of the module. The handler can also be an
    executable file in the zip, such as `"run.sh"`. Without this option, the build doesn't check the handler.

        handler = "orders.api.handler"
    """

    features: tuple[str, ...] = ()
    """Extras of the project whose requirements are added to `project.dependencies`.

        features = ["data"]
    """

    dependency_groups: tuple[str, ...] = ()
    """Groups of `[dependency-groups]` whose requirements are added to `project.dependencies`.

        dependency-groups = ["lambda"]
    """

    layers: tuple[str, ...] = ()
    """Layers that the function uses: names of tables in `layers`, or paths of layer zips, relative to the project.
    Packages in a layer are excluded from the zip. Lambda allows five layers, including those that layers need.

        [tool.hatch.build.targets.lambda.functions.api]
        layers = ["base", "dist/extra-layer.zip"]

        [tool.hatch.build.targets.lambda.layers.base]
        features = ["base"]
    """

    project: bool = True
    """Whether a layer includes the project's own files. Only for tables in `layers`, where the default is `false`.

        [tool.hatch.build.targets.lambda.layers.base]
        project = true
    """

    constraints: tuple[str, ...] = ()
    """Constraints files in pip's format: paths relative to the project, or URLs.

        constraints = ["constraints.txt"]
    """

    lock: str | Literal[False] | None = None
    """The lock file, relative to the project: a `pylock.toml` of any tool, the project's `uv.lock`, or a requirements
    file with one pinned version and hashes per line. A file with another name that doesn't end in `.toml` is read as a
    requirements file. With a lock file, the build doesn't resolve. By default, the build uses the `pylock.lambda.toml`
    next to `pyproject.toml`, or else the `uv.lock` of the project or its uv workspace. `false` makes it resolve anyway.

        lock = "pylock.toml"
    """

    resolver: ResolverName = "auto"
    """The tool that resolves requirements if there is no lock file: `pip`, `uv`, or `auto`. With `auto`, uv resolves if
    it is installed, knows the runtime's glibc, and can look where pip looks; otherwise, pip does. `-v` shows which one,
    and why. See [Choose the resolver](../how-to/resolve-with-uv.md).

        resolver = "pip"
    """

    build_from_source: tuple[NormalizedName, ...] = ()
    """Packages that can be built from their sdist on the build machine if they have no wheel. The result must be pure
    Python; hatch-lambda rejects native code that was compiled for the build machine.

        build-from-source = ["docopt"]
    """

    exclude_packages: tuple[NormalizedName, ...] = ()
    """Packages to exclude, together with packages that only they need. For example, the runtime includes boto3. AWS
    recommends that you ship your own version; if you ship urllib3, ship boto3 too. The build warns if the known version
    in the runtime doesn't satisfy your requirement.

        exclude-packages = ["boto3"]
    """

    exclude_files: tuple[str, ...] = ()
    """Files to exclude: paths in the zip, as patterns of `.gitignore`. RECORD files are updated.

        exclude-files = ["tests/", "*.pyi"]
    """

    slim: tuple[str, ...] = ()
    """Groups of files to remove that packages ship but functions don't use: `tests`, `type-stubs`, `headers`, `docs`,
    and `symbols`. See [what each group removes](slim.md). RECORD files are updated.

        slim = ["tests", "type-stubs", "headers", "docs", "symbols"]
    """

    aws_services: tuple[str, ...] = ()
    """AWS services, under the names that boto3 gives them, whose data stays in the zip; the data of all others is
    removed from boto3 and botocore. What every client needs stays, and so do services that
    [known packages](slim.md#services-of-packages) use. The build fails if a file of the project creates a client for
    another service. Without this option, all services stay.

        aws-services = ["s3", "dynamodb"]
    """

    collisions: Mapping[str, NormalizedName] = field(default_factory=dict)
    """The package whose file to keep if several packages ship different files at one path. The keys are patterns of
    `.gitignore`. Without an entry, a collision is an error; files with the same content don't collide.

        collisions = { "jwt/**" = "pyjwt" }
    """

    scripts: bool = False
    """Whether to add scripts to `bin/`: those of dependencies, `project.scripts`, and the `shared-scripts` of the wheel
    table or of this table. Lambda's Python runs them; console scripts find their modules at the root of the zip.

        scripts = true
    """

    bytecode: bool = False
    """Whether to add the bytecode of every module, so that Lambda doesn't compile it at each cold start. It needs a
    CPython of the runtime's minor version on the build machine. See [add bytecode](../how-to/bytecode.md).

        bytecode = true
    """

    native_check: NativeCheck = "error"
    """Whether native code that the runtime can't load is an `error`, or makes the build `warn`. See
    [what the build checks](checks.md#native-code).

        native-check = "warn"
    """

    smoke_test: SmokeTest = False
    """Whether to load the handler before the zip replaces the existing one, as [`hatch-lambda
    invoke`](../how-to/test-locally.md) does. The build fails if an import fails, for example because a library is
    missing. If the build machine can't run the function, the build warns; with `"required"`, it fails. Layers have no
    handler and aren't tested.

        smoke-test = true
    """

    smoke_test_env: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of the function in the [smoke test](#smoke-test). It has none of the build machine's.

        smoke-test-env = { TABLE_NAME = "orders" }
    """

    filename: str = DEFAULT_FILENAME
    """The file name of the zip. You can use `{name}`, `{version}`, `{archive}`, `{runtime}`, and `{architecture}`. In
    the version, characters other than letters, digits, and dots become `_`. The default for layers has `lambda_layer`
    instead of `lambda`, followed by the name of the table if there is one.

        filename = "{name}-{architecture}.zip"
        directory = "build"
    """

    max_size: int = MAX_UNZIPPED
    """The largest unzipped size of the zip: a number of bytes, or a string in `KiB`, `MiB`, or `GiB`. The default is
    Lambda's limit of 250 MiB for a function with its layers; set less to reserve space for layers.

        max-size = "200 MiB"
    """

    manifest: bool = False
    """Whether to write the [JSON report](report.md) of `hatch-lambda info --json` next to the zip, with `.json` instead
    of `.zip` in its name. `twine upload dist/*` rejects such files; if you publish wheels from the same directory, also
    set `directory`.

        manifest = true
        directory = "build"
    """

    sbom: bool = False
    """Whether to add a software bill of materials in the format of CycloneDX to the project's `dist-info`. Requires
    `hatch-lambda[sbom]`.

        sbom = true
    """

    ignore_warnings: tuple[str, ...] = ()
    """Codes of warnings that the build doesn't print, because you have checked them. The code is in brackets at the end
    of a warning; each code has [a heading](messages.md).

        ignore-warnings = ["missing-import"]
    """

    table: str = TABLE
    """The address of the table that declares all archives. Not an option."""

    warnings: tuple[Message, ...] = ()
    """Warnings about the configuration, such as a deprecated runtime. Not an option."""

    runtimes: tuple[Runtime, ...] = RUNTIMES
    """The known runtimes that satisfy `requires-python`. Not an option."""

    addresses: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The addresses in pyproject.toml of options that later steps report problems of. Not an option."""

    def where(self, option: str) -> str:
        """Return the full address of an option in the table that it is in."""
        return self.addresses.get(option, f"{self.table}.{option}")

    def inherits(self, option: str) -> bool:
        """Return whether an option is in the build target's table, and this archive has its own table."""
        return self.name is not None and self.where(option) == f"{self.table}.{option}"

    @property
    def archive(self) -> str:
        """Return the name of the archive in file names: its table's name, or else its kind."""
        return self.name or self.kind

    @property
    def resolved_with(self) -> tuple[object, ...]:
        """Return the options that two archives must share to be resolved together."""
        return (self.target, self.resolver, self.lock, self.constraints, self.build_from_source)


def read_config(
    table: Table, target: Target, *, kind: Kind, name: str | None, runtimes: tuple[Runtime, ...] = RUNTIMES
) -> LambdaConfig:
    """Return the options in the table of an archive, for one of its targets; the table records problems."""
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
        lock=table.text_or_false("lock", check=_lock_problem),
        resolver=cast("ResolverName", table.choice("resolver", RESOLVERS, default="auto")),
        build_from_source=tuple(map(canonicalize_name, table.texts("build-from-source", check=_name_problem))),
        exclude_packages=tuple(map(canonicalize_name, table.texts("exclude-packages", check=_name_problem))),
        exclude_files=table.texts("exclude-files", check=_pattern_problem),
        slim=table.texts("slim", check=_slim_problem),
        aws_services=table.texts("aws-services"),
        collisions=_read_collisions(table),
        scripts=table.flag("scripts", default=False),
        bytecode=table.flag("bytecode", default=False),
        native_check=cast("NativeCheck", table.choice("native-check", NATIVE_CHECKS, default="error")),
        smoke_test=_read_smoke_test(table),
        smoke_test_env=_read_smoke_test_env(table),
        filename=table.text("filename", check=_filename_problem) or DEFAULT_FILENAME.replace("lambda", stem),
        max_size=table.size("max-size", default=MAX_UNZIPPED),
        manifest=table.flag("manifest", default=False),
        sbom=table.flag("sbom", default=False),
        ignore_warnings=_read_ignored(table),
        table=table.root,
        runtimes=runtimes,
        addresses={option: table.where(option) for option in ADDRESSED},
    )


def _read_ignored(table: Table) -> tuple[str, ...]:
    """Return the codes of warnings that aren't printed; a code without a warning is a problem."""
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
    """Return the layers of an archive; in the build target's table, the key can also contain the tables of layers."""
    return () if table.above is None and isinstance(table.get("layers"), dict) else table.texts("layers")


def _read_collisions(table: Table) -> dict[str, NormalizedName]:
    value = table.get("collisions")
    if value is None:
        return {}
    if not isinstance(value, dict):
        problem = f"expected a table, found {shorten(value)}"
        table.report("option-type", "collisions", problem, 'for example, write collisions = { "jwt/**" = "pyjwt" }')
        return {}
    winners = {}
    for pattern, winner in value.items():
        if isinstance(winner, str):
            found = _pattern_problem(pattern) or _name_problem(winner)
        else:
            problem = f"expected a string, found {shorten(winner)}"
            found = ValueProblem(problem, "name the package whose file to keep", "option-type")
        if found:
            table.report(found.code, f"collisions.{toml_key(pattern)}", found.problem, found.fix)
        else:
            winners[pattern] = canonicalize_name(winner)
    return winners


def _read_smoke_test(table: Table) -> SmokeTest:
    value = table.get("smoke-test")
    if value == "required":
        return "required"
    if isinstance(value, str) and value.lower() not in {"true", "false"}:
        table.report(
            "option-value", "smoke-test", f"unknown value {shorten(value)}", 'write true, false, or "required"'
        )
        return False
    return table.flag("smoke-test", default=False)


def _read_smoke_test_env(table: Table) -> dict[str, str]:
    value = table.get("smoke-test-env")
    if value is None:
        return {}
    example = 'for example, write smoke-test-env = { TABLE_NAME = "orders" }'
    if not isinstance(value, dict):
        table.report("option-type", "smoke-test-env", f"expected a table, found {shorten(value)}", example)
        return {}
    for name, text in value.items():
        address = f"smoke-test-env.{toml_key(name)}"
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            table.report("option-value", address, f"{name!r} isn't the name of an environment variable", example)
        elif not isinstance(text, str):
            fix = f'write "{shorten(text)}"' if isinstance(text, int | float) else "write one string in quotes"
            table.report("option-type", address, f"expected a string, found {shorten(text)}", fix)
    return {name: text for name, text in value.items() if isinstance(text, str)}


def _handler_problem(value: str) -> ValueProblem | None:
    if len(value) > MAX_HANDLER_LENGTH:
        return ValueProblem(f"{len(value)} characters exceed Lambda's limit of {MAX_HANDLER_LENGTH}", "shorten it")
    if re.search(r"\s", value):
        return ValueProblem(f"{value!r} contains a space", f"did you mean {''.join(value.split())!r}?")
    if ":" in value:
        problem = f"{value!r} contains a colon, but Lambda separates names with dots"
        return ValueProblem(problem, f"did you mean {value.replace(':', '.')!r}?")
    return None


def _lock_problem(value: str) -> ValueProblem | None:
    name = PurePosixPath(value.replace("\\", "/"))
    if name.name in OTHER_LOCKS:
        command, lock = OTHER_LOCKS[name.name]
        fix = f'run {command!r} and set lock = "{lock}"'
        return ValueProblem(f"{value!r} isn't a supported format", fix, "unsupported-lock")
    if name.suffix != ".toml" or re.fullmatch(r"pylock(\.[^.]+)?\.toml", name.name):
        return None
    fix = "rename it to pylock.toml or pylock.NAME.toml, or use a requirements file"
    return ValueProblem(f"{value!r} isn't the name of a lock file", fix, "unsupported-lock")


def _name_problem(value: str) -> ValueProblem | None:
    try:
        requirement = Requirement(value)
    except InvalidRequirement:
        return ValueProblem(f"{shorten(value)} isn't a package name", 'for example, write "boto3"')
    if requirement.specifier or requirement.extras or requirement.marker or requirement.url:
        return ValueProblem(f"expected only a package name, found {value!r}", f"did you mean {requirement.name!r}?")
    return None


def _slim_problem(value: str) -> ValueProblem | None:
    from hatch_lambda.archive.slim import SLIM_NAMES  # here, because few zips have this option

    return None if value in SLIM_NAMES else ValueProblem(f"unknown group {value!r}", choose(value, SLIM_NAMES))


def _pattern_problem(value: str) -> ValueProblem | None:
    try:
        GitIgnoreSpec.from_lines([value])
    except ValueError:
        return ValueProblem(f"{value!r} isn't a pattern of .gitignore", "correct or remove it")
    return None


def _filename_problem(value: str) -> ValueProblem | None:
    fields = [f"{{{name}}}" for name in FILENAME_FIELDS]
    try:
        parts: Sequence[tuple[str, str | None, str | None, str | None]] = list(string.Formatter().parse(value))
    except ValueError:
        return ValueProblem(f"unmatched brace in {value!r}", "close it, or write {{ or }} for the character")
    for _, name, spec, conversion in parts:
        if name is not None and (name not in FILENAME_FIELDS or spec or conversion):
            found = name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            return ValueProblem(f"unknown field '{{{found}}}'", choose(f"{{{name}}}", fields))
    name = value.replace("\\", "/").rpartition("/")[2]
    if name != value:
        directory = value.replace("\\", "/").rpartition("/")[0] or "/"
        return ValueProblem(f"{value!r} contains a directory", f'set directory = "{directory}" and filename = "{name}"')
    if re.search(r'[:*?"<>|\x00-\x1f]', value):
        return ValueProblem(f"{value!r} contains a character that file names can't have everywhere", "remove it")
    if value.startswith("."):
        return ValueProblem(f"{value!r} starts with a dot", "start it with a letter or a digit")
    return (
        None
        if value.endswith(".zip")
        else ValueProblem(f"{value!r} doesn't end in .zip", f"did you mean {value + '.zip'!r}?")
    )
