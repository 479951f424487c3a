"""Deploys with ``hatch publish -p lambda`` and the options of ``[tool.hatch.publish.lambda]``."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch.publish.plugin.interface import PublisherInterface

from hatch_lambda.archive.read import read_zip
from hatch_lambda.config.table import Table
from hatch_lambda.deploy import DeployRequest, deploy
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import (
    ConfigError,
    DeployError,
    HatchLambdaError,
    ProjectError,
    ZipError,
    printable_line,
    shorten,
)
from hatch_lambda.plugin.project_reader import translate_hatch_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.diagnostics import Code, Message

ADDRESS = "tool.hatch.publish.lambda"
LISTS = {"archive", "function"}
TEXTS = ("region", "profile", "alias", "s3-bucket", "s3-prefix", "layer-name")
FLAGS = ("publish", "s3-reference", "update-layers", "wait", "dry-run")
TRUE, FALSE = ("", "1", "true"), ("0", "false")
"""Values of a flag in ``-o``; ``-o publish`` alone is true."""


class LambdaPublisher(PublisherInterface):
    """Deploys zips to AWS Lambda."""

    PLUGIN_NAME = "lambda"

    def publish(self, artifacts: list[str], options: dict[str, Any]) -> None:
        """Deploy the artifacts, by default those in ``dist``; our errors end the program here."""
        try:
            settings = read_settings(self.plugin_config, self.project_config, options)
            if settings.get("update-layers") and not settings.get("layer-name"):
                fix = 'set layer-name = "LAYER"'
                raise DeployError(_problem("layer-not-set", "update-layers", "no layer is set", fix))
            archives = _read(artifacts, Path(self.root)) if artifacts else self._find(settings)
            outcome = deploy(
                _request(settings, archives), lambda step: self.app.display_info(printable_line(str(step)))
            )
        except HatchLambdaError as error:
            self.app.abort(error.text(verbose=self.app.verbosity > 0))
        else:
            for warning in outcome.warnings:
                self.app.display_warning(printable_line(f"warning: {warning}"))

    def _find(self, settings: Mapping[str, Any]) -> tuple[LambdaZip, ...]:
        """Return the zips of the project's current version, one for each kind that the settings deploy."""
        name, version, directory = self._current()
        found: dict[str, list[LambdaZip]] = {"function": [], "layer": []}
        for path in sorted(directory.glob("*.zip")):
            archive = _readable(path)
            about = (archive.described if archive else None) or {}
            if settings.get("archive") and about.get("archive") not in settings["archive"]:
                continue
            if archive and (about.get("name"), about.get("version")) == (name, version):
                found[archive.kind].append(archive)
        kinds = [kind for kind, key in (("function", "function"), ("layer", "layer-name")) if settings.get(key)]
        if not kinds:
            fix = 'set function = "NAME" or layer-name = "LAYER", or pass -o function=NAME'
            raise DeployError(_problem("function-not-set", ADDRESS, "no function or layer to deploy to", fix))
        if settings.get("update-layers") and not found["function"]:
            kinds = ["layer"]  # the functions move to the layer; their code stays
        build_names = " or ".join(settings.get("archive", ()))
        which = f"{name} {version} named {build_names}" if build_names else f"{name} {version}"
        problems = [_not_one(directory, kind, which, found[kind]) for kind in kinds if len(found[kind]) != 1]
        if problems:
            raise DeployError(problems)
        return tuple(found[kind][0] for kind in kinds)

    def _current(self) -> tuple[str, str, Path]:
        """Return the project's name, its version, and its build directory.

        Raises ``DeployError`` if only the build environment knows, for example a version from Git.
        """
        try:
            with translate_hatch_errors():
                metadata = self.app.project.metadata
                directory = Path(self.root, metadata.hatch.build_config.get("directory") or "dist")
                return metadata.core.name, metadata.version, directory
        except ProjectError as error:
            reason = ", ".join(one.problem if isinstance(one, Diagnostic) else one for one in error.diagnostics)
            problem = f"the project's version is known only in a build (Hatch: {reason!r})"
            fix = "pass the zip: hatch publish -p lambda dist/NAME.zip"
            raise DeployError(_problem("metadata", self.root, problem, fix)) from None


def read_settings(user: Mapping[str, Any], project: Mapping[str, Any], options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings; the later argument wins. Raises ``ConfigError`` with every problem.

    The arguments are the table ``publish.lambda`` of Hatch's own configuration, the table in pyproject.toml, and
    ``-o``. The stage that ``-o stage=NAME`` selects comes between the last two.
    """
    given = {key: value for key, value in options.items() if key not in {"no_prompt", "initialize_auth"}}
    stage = given.pop("stage", None)
    problems: list[Message] = []
    read: dict[str, Any] = {}
    stages = project.get("stages", {})
    tables = [("publish.lambda", user), (ADDRESS, project)]
    tables += [(f"{ADDRESS}.stages.{name}", table) for name, table in _tables(stages, problems).items()]
    tables += [("-o", _typed(given))]
    for where, values in tables:
        try:
            settings = _read_table(where, values)
        except ConfigError as error:
            problems += map(_outside_tables, error.diagnostics)
            continue
        if ".stages." not in where or where == f"{ADDRESS}.stages.{stage}":
            read |= settings
    if stage is not None and stage not in stages:
        problems.append(_no_stage(stage, list(stages)))
    if problems:
        raise ConfigError(problems)
    return read


def _read_table(address: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that the table has; raises ``ConfigError``."""
    table = Table(address, values, host_keys=("disable", "stages"))
    read: dict[str, Any] = {key: _texts(table, key) for key in LISTS}
    read |= {key: table.text(key, check=lambda _: None) for key in TEXTS}
    read |= {key: table.flag(key, default=False) for key in FLAGS}
    read["keep"] = table.count("keep")
    known = sorted({*read, "stage"} if address == "-o" else read)
    if address == "-o":
        table.get("stage")  # already read
    for key in values:
        if key not in {*known, "disable", "stages"}:
            table.report("unknown-option", key, "unknown option", _choices(key.replace("_", "-"), known, cutoff=0.75))
    table.finish()
    return {key: value for key, value in read.items() if key in values}


def _texts(table: Table, key: str) -> tuple[str, ...]:
    """Return the strings of an array, or the one string instead of an array."""
    if not isinstance(table.values.get(key), str):
        return table.texts(key)
    one = table.text(key, check=lambda _: None)
    return (one,) if one else ()


def _tables(stages: Any, problems: list[Message]) -> dict[str, Mapping[str, Any]]:
    """Return the stages that are tables, and record a problem for the others."""
    where = f"{ADDRESS}.stages"
    if not isinstance(stages, dict):
        problems.append(_problem("option-type", where, f"{shorten(stages)} isn't a table", f"write [{where}.NAME]"))
        return {}
    problems += [
        _problem("option-type", f"{where}.{name}", f"{shorten(table)} isn't a table", f"write [{where}.{name}]")
        for name, table in stages.items()
        if not isinstance(table, dict)
    ]
    return {name: table for name, table in stages.items() if isinstance(table, dict)}


def _typed(options: Mapping[str, str]) -> dict[str, Any]:
    """Return ``-o`` options as TOML values: lists separated by commas, flags as booleans."""
    typed: dict[str, Any] = dict(options)
    for key in LISTS & typed.keys():
        typed[key] = [name.strip() for name in typed[key].split(",")]
    for flag in FLAGS:
        text = str(typed.get(flag, "none")).lower()
        if text in TRUE + FALSE:
            typed[flag] = text in TRUE
    if str(typed.get("keep", "")).isdecimal():
        typed["keep"] = int(typed["keep"])
    return typed


def _outside_tables(problem: Message) -> Message:
    """Return a problem of ``-o`` or of Hatch's configuration without the address of a table in pyproject.toml."""
    match problem:
        case Diagnostic(where=where, table="-o"):
            return replace(problem, where=where.replace("-o.", "-o ", 1), table="")
        case Diagnostic(where=where, table="publish.lambda"):
            return replace(problem, where=f"Hatch's config.toml: {where}", table="")
    return problem


def _no_stage(stage: str, stages: Sequence[str]) -> Diagnostic:
    fix = _choices(stage, stages) if stages else f"add [{ADDRESS}.stages.{stage}]"
    return _problem("option-value", "-o stage", f"unknown stage {stage!r}", fix)


def _choices(name: str, choices: Sequence[str], cutoff: float = 0.6) -> str:
    """Return the fix for an unknown name: a hint if one is close, and the choices."""
    close = get_close_matches(name, choices, n=1, cutoff=cutoff)
    return f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(choices)}"


def _problem(code: Code, where: object, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code=code, where=str(where), problem=problem, fix=fix)


def _read(artifacts: Sequence[str], root: Path) -> tuple[LambdaZip, ...]:
    """Return the given zips; a directory means the zips in it."""
    return tuple(read_zip(path) for artifact in artifacts for path in _expanded(root / artifact))


def _expanded(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(path.glob("*.zip"))
    else:
        yield path


def _readable(path: Path) -> LambdaZip | None:
    """Return the zip; ``None`` if it can't be read and so isn't from hatch-lambda."""
    try:
        return read_zip(path)
    except ZipError:
        return None


def _not_one(directory: Path, kind: str, project: str, found: Sequence[LambdaZip]) -> Diagnostic:
    if not found:
        fix = f"run 'hatch build -t lambda:{kind}', or pass the path of the zip"
        return _problem("zip-count", directory, f"no {kind} zip of {project}", fix)
    names = ", ".join(archive.path.name for archive in found)
    problem = f"{len(found)} {kind} zips of {project} ({names})"
    return _problem("zip-count", directory, problem, "pass the path of one zip")


def _request(settings: Mapping[str, Any], archives: Sequence[LambdaZip]) -> DeployRequest:
    """Return the request for these zips, without the settings of a kind that isn't among them."""
    kinds = {archive.kind for archive in archives}
    layers = "layer" in kinds
    update_layers = layers and bool(settings.get("update-layers"))
    return DeployRequest(
        zips=tuple(archive.path for archive in archives),
        functions=settings.get("function", ()) if "function" in kinds or update_layers else (),
        region=settings.get("region"),
        profile=settings.get("profile"),
        alias=settings.get("alias"),
        publish=settings.get("publish", False),
        s3_bucket=settings.get("s3-bucket"),
        s3_prefix=settings.get("s3-prefix", ""),
        s3_reference=settings.get("s3-reference", False),
        keep=settings.get("keep") if "function" in kinds or update_layers else None,
        layer=settings.get("layer-name") if layers else None,
        update_layers=update_layers,
        wait=settings.get("wait", True),
        dry_run=settings.get("dry-run", False),
        in_table=True,
    )
