"""``hatch publish -p lambda``: deploys through Hatch, as ``[tool.hatch.publish.lambda]`` says."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch.publish.plugin.interface import PublisherInterface

from hatch_lambda.archive.read import read_zip
from hatch_lambda.config.table import Table
from hatch_lambda.deploy import DeployRequest, deploy
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

LISTS = {"archive", "function"}
TEXTS = ("region", "profile", "alias", "s3-bucket", "s3-prefix", "layer-name")
FLAGS = ("publish", "update-layers", "wait", "dry-run")
TRUE, FALSE = ("", "1", "true"), ("0", "false")
"""Spellings of a flag in ``-o``; ``-o publish`` alone is true."""


class LambdaPublisher(PublisherInterface):
    """Deploys finished zips to AWS Lambda."""

    PLUGIN_NAME = "lambda"

    def publish(self, artifacts: list[str], options: dict[str, Any]) -> None:
        """Deploy the artifacts, by default those in ``dist``; the one place where our errors end the program."""
        try:
            settings = read_settings(self.plugin_config, self.project_config, options)
            if settings.get("update-layers") and not settings.get("layer-name"):
                raise DeployError("publish.lambda: update-layers names no layer; set layer-name, or leave it out")
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
        """Return this project's zips of its current version, one of each kind that the settings have a name for."""
        name, version, directory = self._current()
        found: dict[str, list[LambdaZip]] = {"function": [], "layer": []}
        for path in sorted(directory.glob("*.zip")):
            archive = _ours(path)
            about = (archive.described if archive else None) or {}
            if settings.get("archive") and about.get("archive") not in settings["archive"]:
                continue
            if archive and (about.get("name"), about.get("version")) == (name, version):
                found[archive.kind].append(archive)
        kinds = [kind for kind, key in (("function", "function"), ("layer", "layer-name")) if settings.get(key)]
        if not kinds:
            raise DeployError("publish.lambda: nothing to deploy to; set function or layer-name, or give one with -o")
        if settings.get("update-layers") and not found["function"]:
            kinds = ["layer"]  # the functions move to the layer, their code stays
        called = " or ".join(settings.get("archive", ()))
        which = f"{name} {version} called {called}" if called else f"{name} {version}"
        problems = [_not_one(directory, kind, which, found[kind]) for kind in kinds if len(found[kind]) != 1]
        if problems:
            raise DeployError(problems)
        return tuple(found[kind][0] for kind in kinds)

    def _current(self) -> tuple[str, str, Path]:
        """Return the project's name, its version, and the folder that it is built into.

        Raises ``DeployError`` where only the build environment knows, such as for a version from git.
        """
        try:
            with translate_hatch_errors():
                metadata = self.app.project.metadata
                directory = Path(self.root, metadata.hatch.build_config.get("directory") or "dist")
                return metadata.core.name, metadata.version, directory
        except ProjectError as error:
            raise DeployError(
                f"{self.root}: the project's version is not known here; Hatch says {str(error)!r}; name the zip to "
                "deploy"
            ) from None


def read_settings(user: Mapping[str, Any], project: Mapping[str, Any], options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what to do; the later argument wins. Raises ``ConfigError`` naming every problem.

    They are the table ``publish.lambda`` of Hatch's own configuration, that of pyproject.toml, and ``-o``; the stage
    that ``-o stage=NAME`` chooses lies between the last two.
    """
    given = {key: value for key, value in options.items() if key not in {"no_prompt", "initialize_auth"}}
    stage = given.pop("stage", None)
    address = "tool.hatch.publish.lambda"
    problems: list[str] = []
    read: dict[str, Any] = {}
    stages = project.get("stages", {})
    tables = [("publish.lambda", user), (address, project)]
    tables += [(f"{address}.stages.{name}", table) for name, table in _tables(stages, problems).items()]
    tables += [("-o", _typed(given))]
    for where, values in tables:
        try:
            settings = _read_table(where, values)
        except ConfigError as error:
            problems += (problem.replace("-o.", "-o ", 1) for problem in error.problems)
            continue
        if ".stages." not in where or where == f"{address}.stages.{stage}":
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
    if address == "-o":
        table.get("stage")  # which was taken before
    table.unknown()
    table.finish()
    return {key: value for key, value in read.items() if key in values}


def _texts(table: Table, key: str) -> tuple[str, ...]:
    """Return the strings of an array, or the one string that stands in place of it."""
    if not isinstance(table.values.get(key), str):
        return table.texts(key)
    one = table.text(key, check=lambda _: None)
    return (one,) if one else ()


def _tables(stages: Any, problems: list[str]) -> dict[str, Mapping[str, Any]]:
    """Return the stages that are tables, and note those that are none."""
    where = "tool.hatch.publish.lambda.stages"
    if not isinstance(stages, dict):
        problems.append(f"{where}: expected a table of tables; found {shorten(stages)}")
        return {}
    problems += [
        f"{where}.{name}: expected a table; found {shorten(table)}"
        for name, table in stages.items()
        if not isinstance(table, dict)
    ]
    return {name: table for name, table in stages.items() if isinstance(table, dict)}


def _typed(options: Mapping[str, str]) -> dict[str, Any]:
    """Return ``-o`` options as TOML would have them: several functions parted by commas, flags as booleans."""
    typed: dict[str, Any] = dict(options)
    for key in LISTS & typed.keys():
        typed[key] = [name.strip() for name in typed[key].split(",")]
    for flag in FLAGS:
        spelt = str(typed.get(flag, "none")).lower()
        if spelt in TRUE + FALSE:
            typed[flag] = spelt in TRUE
    return typed


def _no_stage(stage: str, stages: Sequence[str]) -> str:
    if not stages:
        return f"-o stage: no stage {stage!r}; the project has none; add [tool.hatch.publish.lambda.stages.{stage}]"
    close = get_close_matches(stage, stages, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"-o stage: no stage {stage!r}; expected one of {', '.join(stages)}{hint}"


def _read(artifacts: Sequence[str], root: Path) -> tuple[LambdaZip, ...]:
    """Return the zips that were named; a folder stands for those in it."""
    return tuple(read_zip(path) for artifact in artifacts for path in _expanded(root / artifact))


def _expanded(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(path.glob("*.zip"))
    else:
        yield path


def _ours(path: Path) -> LambdaZip | None:
    """Return the zip; ``None`` for one that cannot be read, which is none of ours."""
    try:
        return read_zip(path)
    except ZipError:
        return None


def _not_one(directory: Path, kind: str, project: str, found: Sequence[LambdaZip]) -> str:
    if not found:
        return f"{directory}: no zip of {project} for a {kind}; build it with hatch build -t lambda:{kind}, or name one"
    names = ", ".join(archive.path.name for archive in found)
    return f"{directory}: found {len(found)} zips of {project} for a {kind}: {names}; name the one to deploy"


def _request(settings: Mapping[str, Any], archives: Sequence[LambdaZip]) -> DeployRequest:
    """Return the deployment of these zips; settings for a kind that is not among them are left out."""
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
        layer=settings.get("layer-name") if layers else None,
        update_layers=update_layers,
        wait=settings.get("wait", True),
        dry_run=settings.get("dry-run", False),
    )
