"""Run a function from its zip as Lambda does, and print its answer."""

from __future__ import annotations

import json
import os
import re
import sys
from argparse import ArgumentTypeError
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch_lambda.archive.read import read_zip
from hatch_lambda.cli.output import flush, print_json, print_lines, print_messages
from hatch_lambda.cli.output_file import check_file, write_file
from hatch_lambda.cli.target_options import add_target_arguments
from hatch_lambda.cli.usage import check_exclusive, usage_error
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError, FunctionError, HostError, UsageError, ZipError
from hatch_lambda.inspect.inspection import read_target
from hatch_lambda.invoke.docker import started_container
from hatch_lambda.invoke.explain import Setting, explained_failure
from hatch_lambda.invoke.import_page import import_page
from hatch_lambda.invoke.import_time import ImportLog, by_package, import_time_lines
from hatch_lambda.invoke.runtime_api import MAX_PAYLOAD
from hatch_lambda.invoke.sandbox import LAYERS, TASK_ROOT, difference_warning
from hatch_lambda.invoke.session import Function, started_function
from hatch_lambda.resolve.base import Host
from hatch_lambda.run.settings import read_settings
from hatch_lambda.wheels.cache import WheelCache

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.invoke.import_time import PackageTime
    from hatch_lambda.invoke.session import Outcome, Session
    from hatch_lambda.run.settings import Settings

EPILOG = "Exit codes: 0 answer, 1 the function failed, 2 wrong usage, 3 this machine can't run it, 130 interrupted."

REPORT_SCHEMA = 1
"""Version of the JSON layout; it increases when a field changes its meaning or is removed."""

_SECONDS = 30.0
_MOST_SECONDS = 900.0
"""Source: "Timeout" in https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2026-11-27."""

_SETTING = Setting(
    add_variable="pass --env {}=VALUE",
    add_layer="pass the layer that includes it with --layer",
    more_time="fix the function, or pass a longer --timeout",
    other="fix the function",
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("zip", type=Path, metavar="ZIP", help="function zip, made by any tool")
    add_target_arguments(parser)
    add = parser.add_argument
    add(
        "--event",
        action="append",
        default=[],
        metavar="EVENT",
        help="event: JSON, @FILE, or - for standard input (default: {}); can be repeated, for one warm environment",
    )
    add(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="variable of the function; without =VALUE, with the value that it has here; can be repeated",
    )
    add(
        "--timeout",
        type=_seconds,
        default=_SECONDS,
        metavar="SECONDS",
        help=f"the longest time for an event (default: {_SECONDS:.0f})",
    )
    add("--import-time", action="store_true", help="print how long each import takes, by package")
    add("--html", type=Path, metavar="FILE", help="with --import-time: write a page with a map of the times")
    add("--docker", action="store_true", help="run in AWS's image, with docker, podman, or finch")
    add("--json", action="store_true", help="print JSON at the end")


@dataclass(frozen=True, kw_only=True)
class _Request:
    """What the command line asks for, read and checked."""

    function: Function
    archives: tuple[LambdaZip, ...]
    events: tuple[bytes, ...]
    settings: Settings


def run(options: Namespace) -> int:
    """Run the function, print its answers, and return 0; raises ``FunctionError`` if it failed."""
    request = _read_request(options)
    printer = _Printer(answers=not (options.json or options.import_time), reports=not options.docker)
    log = ImportLog(_show)
    for outcome in _outcomes(request, options, log):
        printer.add(outcome)
    packages = by_package(log.modules, [archive.plan for archive in request.archives])
    if options.json:
        print_json(_as_json(request.function, printer.outcomes, packages))
    elif options.html:
        write_file("--html", options.html, import_page(options.zip.name, packages))
        print_lines([str(options.html)])
    elif options.import_time:
        print_lines(import_time_lines(packages))
    failures = tuple(_failures(request, printer.outcomes))
    if failures:
        raise FunctionError(failures)
    return 0


def _read_request(options: Namespace) -> _Request:
    """Return what to run; raises ``UsageError``."""
    try:
        if options.html:
            check_file("--html", options.html, ".html")
        _check_options(options)
        archives = tuple(read_zip(path) for path in (options.zip, *options.layer))
        return _Request(
            function=_function(options, archives),
            archives=archives,
            events=tuple(_events(options.event or ([] if options.import_time else ["{}"]))),
            settings=read_settings(os.environ),
        )
    except (ConfigError, ZipError) as error:
        raise UsageError(error.diagnostics) from None


def _check_options(options: Namespace) -> None:
    check_exclusive([f"--{name}" for name in ("import-time", "docker") if getattr(options, name.replace("-", "_"))])
    check_exclusive([f"--{name}" for name in ("html", "json") if getattr(options, name)])
    if options.html and not options.import_time:
        raise usage_error("--html", "is a map of import times", "add --import-time")
    if options.event.count("-") > 1:
        raise usage_error("--event -", "given twice, but standard input can be read only once", "remove one of them")


def _function(options: Namespace, archives: Sequence[LambdaZip]) -> Function:
    archive = archives[0]
    if archive.kind == "layer":
        raise usage_error(str(options.zip), "is a layer", "pass the zip of a function, and this one with --layer")
    found = read_target(archive, runtime=options.runtime, architecture=options.architecture, handler=options.handler)
    name = archive.path.name
    if found.runtime is None:
        raise usage_error(name, "doesn't declare its runtime", "pass --runtime, such as python3.13", "runtime-not-set")
    if found.handler is None:
        raise usage_error(name, "doesn't declare its handler", "pass --handler MODULE.FUNCTION", "handler-not-set")
    if archive.plan.paths.get(found.handler):
        problem = f"is a program, and only Python functions can be run (handler {found.handler!r})"
        raise HostError(Diagnostic(code="cannot-run", where=name, problem=problem, fix="test it on Lambda"))
    return Function(
        name=name,
        path=archive.path,
        layers=tuple(layer.path for layer in archives[1:]),
        target=found.target,
        handler=found.handler,
        variables=dict(_variables(options.env)),
        seconds=options.timeout,
    )


def _events(texts: Sequence[str]) -> Iterator[bytes]:
    for number, text in enumerate(texts, 1):
        where = f"--event #{number}"
        body = _event_text(text, where)
        if len(body) > MAX_PAYLOAD:
            problem = f"larger than Lambda's limit of {MAX_PAYLOAD >> 20} MiB"
            raise usage_error(where, problem, "pass a smaller event", "bad-event")
        try:
            json.loads(body, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise usage_error(where, f"isn't JSON ({error})", "pass JSON, @FILE, or -", "bad-event") from None
        yield body


def _event_text(text: str, where: str) -> bytes:
    """Return the event that a text means; one byte above the limit is enough."""
    if text == "-":
        return sys.stdin.buffer.read(MAX_PAYLOAD + 1)
    if not text.startswith("@"):
        return os.fsencode(text)
    try:
        with Path(text[1:]).open("rb") as file:
            return file.read(MAX_PAYLOAD + 1)
    except OSError as error:
        problem = f"{text[1:]!r} can't be read ({error.strerror})"
        raise usage_error(where, problem, "fix the path", "bad-event") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} isn't a value of JSON")


def _outcomes(request: _Request, options: Namespace, log: ImportLog) -> Iterator[Outcome]:
    """Run the function, and yield how it loaded and how each event ended."""
    settings, function = request.settings, request.function
    host = Host(os.environ, Path.cwd(), offline=settings.offline, rebuild=settings.rebuild)
    if options.docker:
        with started_container(function, host, _show) as container:
            yield from map(container.invoke, request.events)
        return
    python_options = ("-X", "importtime") if options.import_time else ()
    show = log.add if options.import_time else _show
    with WheelCache(settings.cache) as wheel_cache:
        yield from _outcomes_here(
            request.events, lambda: started_function(function, wheel_cache, host, show, python_options)
        )


def _outcomes_here(events: Sequence[bytes], start: Callable[[], AbstractContextManager[Session]]) -> Iterator[Outcome]:
    """Yield the outcomes of events in one warm environment; after one that ends it, the next ones get a new one."""
    left = list(events)
    is_first = True
    while is_first or left:
        with start() as session:
            if session.difference and is_first:
                print_messages(warnings=[difference_warning(session.difference)])
            is_first = False
            outcome = session.load()
            yield outcome
            while left and not outcome.ended:
                outcome = session.invoke(left.pop(0))
                yield outcome
            if not outcome.request_id and outcome.ended:
                return  # it can't be loaded


@dataclass
class _Printer:
    """Prints each outcome as it comes: the answer to stdout, and a line like Lambda's to stderr."""

    answers: bool
    reports: bool
    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Print an outcome; one of loading is printed only if it failed, as Lambda answers events then."""
        before = self.outcomes[-1] if self.outcomes else None
        self.outcomes.append(outcome)
        if self.reports and outcome.request_id:
            _show(_report_line(outcome, before if before and not before.request_id else None))
        if self.answers and (outcome.request_id or not outcome.ok):
            print_lines([_ascii_json(outcome.body)])
            flush()


def _report_line(outcome: Outcome, loaded: Outcome | None) -> str:
    parts = [f"REPORT RequestId: {outcome.request_id}", f"Duration: {outcome.seconds * 1000:.2f} ms"]
    if outcome.memory is not None:
        parts.append(f"Max Memory Used: {outcome.memory / (1 << 20):.0f} MB")
    if loaded:
        parts.append(f"Init Duration: {loaded.seconds * 1000:.2f} ms")
    return "  ".join(parts)


def _show(line: str) -> None:
    """Write a printable line to stderr, if anyone still reads that."""
    with suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _ascii_json(text: str) -> str:
    """Return JSON with everything but printable ASCII escaped; outside of strings, it has nothing else."""
    escaped = re.sub(r"[^ -~]", lambda letter: json.dumps(letter[0])[1:-1], text.strip())
    return escaped.replace("##", "#\\u0023")


def _failures(request: _Request, outcomes: Sequence[Outcome]) -> Iterator[Diagnostic]:
    task, *layers = request.archives
    roots = [(TASK_ROOT, task.plan), *((LAYERS, layer.plan) for layer in layers)]
    number = 0
    for outcome in outcomes:
        number += bool(outcome.request_id)
        where = f"event #{number}" if outcome.request_id else f"handler {request.function.handler!r}"
        if not outcome.ok:
            yield explained_failure(where, outcome, roots, _SETTING)[0]


def _as_json(function: Function, outcomes: Sequence[Outcome], packages: Sequence[PackageTime]) -> dict[str, Any]:
    """Return what happened as JSON; docs/reference/commands.md describes the fields."""
    return {
        "schema": REPORT_SCHEMA,
        "runtime": function.target.runtime.name,
        "architecture": function.target.architecture,
        "handler": function.handler,
        "loads": [_outcome_json(outcome) for outcome in outcomes if not outcome.request_id],
        "events": [_outcome_json(outcome) for outcome in outcomes if outcome.request_id],
        "imports": [
            {
                "package": package.name,
                "milliseconds": package.microseconds / 1000,
                "modules": {module.name: module.microseconds / 1000 for module in package.modules},
            }
            for package in packages
        ],
    }


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    try:
        answer = json.loads(outcome.body or "null")
    except (ValueError, RecursionError):
        answer = outcome.body
    return {
        "ok": outcome.ok,
        "answer" if outcome.ok else "error": answer,
        "milliseconds": round(outcome.seconds * 1000, 3),
        "max-memory-bytes": outcome.memory,
    }


def _variables(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the value of each variable; one without a value has the value that it has here."""
    for text in texts:
        name, equals, value = text.partition("=")
        if not _NAME.fullmatch(name):
            raise usage_error(f"--env {name}", "not the name of a variable", "pass --env NAME=VALUE")
        if not equals and name not in os.environ:
            raise usage_error(f"--env {name}", "not set in this environment", f"pass --env {name}=VALUE")
        yield name, value if equals else os.environ[name]


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 < float(text) <= _MOST_SECONDS:
            return float(text)
    raise ArgumentTypeError(f"expected seconds above 0, at most {_MOST_SECONDS:.0f}; found {text!r}")
