"""``hatch-lambda invoke``: what a function sees, and what comes of each way to fail."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.cli import main
from hatch_lambda.invoke.host_python import describe_python
from hatch_lambda.invoke.runtime_api import MAX_PAYLOAD, Event, RuntimeApi
from hatch_lambda.invoke.sandbox import Files, Started, start
from hatch_lambda.invoke.variables import lambda_variables
from hatch_lambda.resolve.base import Host
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.runtime.provided import SDK
from hatch_lambda.runtime.runtimes import runtime_named
from tests.support.index_server import IndexServer
from tests.support.runtime_client import add_runtime_client

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNTIME = "python" + ".".join(map(str, sys.version_info[:2]))

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Lambda's file system can be shown on Linux only")

APP = """\
import ctypes.util, json, os, subprocess, sys, time

calls = 0


def look(event, context):
    global calls
    calls += 1
    return {
        "calls": calls,
        "environ": sorted(name for name in os.environ),
        "directory": os.getcwd(),
        "path": sys.path[:3],
        "writable": [place for place in ("/var/task", "/opt", "/tmp", "/") if os.access(place, os.W_OK)],
        "libraries": [bool(ctypes.util.find_library(name)) for name in ("c", "hatch_lambda_has_none")],
        "shell": subprocess.run("echo ok", shell=True, capture_output=True, text=True).stdout,
        "processes": len([name for name in os.listdir("/proc") if name.isdigit()]) < 5,
        "left": 0 < context.get_remaining_time_in_millis() <= 30000,
        "table": os.environ.get("TABLE_NAME"),
    }


def echo(event, context):
    print("got", event)
    return event


def raises(event, context):
    raise ValueError("no \\x1b[31m price")


def ends(event, context):
    os._exit(event)


def killed(event, context):
    os.kill(os.getpid(), event)


def recurses_without_an_end(event, context):
    recurses_without_an_end(event, context)


def hangs(event, context):
    time.sleep(60)


def prints(event, context):
    for _ in range(300):
        sys.stdout.write("x" * 99999 + "\\n")


def forks(event, context):
    if os.fork() == 0:
        os.setsid()
        time.sleep(600)
    return "forked"


def returns_object(event, context):
    return object()


def returns_too_much(event, context):
    return "x" * (7 << 20)


def returns_many_digits(event, context):
    sys.set_int_max_str_digits(0)
    return 10 ** 5000
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables with which a run finds the runtime client, which is in the cache after the first one."""
    directory = tmp_path_factory.mktemp("invoke")
    with IndexServer(directory / "index") as index:
        add_runtime_client(index)
        for version in {sdk.version for sdk in SDK.values() if sdk}:
            index.add("boto3", files={"boto3/__init__.py": "__version__ = 'of the runtime'\n"}, version=version)
        yield {
            "HATCH_LAMBDA_CACHE_DIR": str(directory / "cache"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": index.url,
        }


@pytest.fixture
def machine(prepared: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A build machine with that index, and a password in its environment."""
    for name, value in {**prepared, "DEPLOY_PASSWORD": "s3cret"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def app(tmp_path: Path, machine: None) -> Path:
    """The zip of the functions above, as another tool makes it."""
    return write_zip(tmp_path / "app.zip", {"app.py": APP})


def write_zip(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o644 << 16
            archive.writestr(info, text)
    return path


def run(path: Path, handler: str, *arguments: str) -> int:
    return main(["invoke", str(path), f"--runtime={RUNTIME}", f"--handler={handler}", *arguments])


def test_a_function_sees_what_it_sees_on_lambda_and_stays_warm(app, capfd):
    code = run(app, "app.look", "--event=1", "--event=2", "--env=TABLE_NAME=orders")

    printed = capfd.readouterr()
    first, second = map(json.loads, printed.out.splitlines())
    assert code == 0, printed.err
    assert (first["calls"], second["calls"]) == (1, 2)
    assert "DEPLOY_PASSWORD" not in first["environ"]
    assert {"_HANDLER", "AWS_REGION", "LAMBDA_TASK_ROOT", "_X_AMZN_TRACE_ID"} <= set(first["environ"])
    assert {name: first[name] for name in first if name not in {"calls", "environ"}} == {
        "directory": "/var/task",
        "path": ["/var/task", f"/opt/python/lib/{RUNTIME}/site-packages", "/opt/python"],
        "writable": ["/tmp"],
        "libraries": [True, False],
        "shell": "ok\n",
        "processes": True,
        "left": True,
        "table": "orders",
    }
    report = r"REPORT RequestId: [0-9a-f-]{36}  Duration: [\d.]+ ms  Max Memory Used: \d+ MB"
    one, two = printed.err.splitlines()
    assert re.fullmatch(report + r"  Init Duration: [\d.]+ ms", one)
    assert re.fullmatch(report, two)


def test_an_answer_that_this_python_cannot_read_is_a_text_in_the_json(app, capfd):
    code = run(app, "app.returns_many_digits", "--event=1", "--json")

    (event,) = json.loads(capfd.readouterr().out)["events"]
    assert (code, event["ok"], event["answer"]) == (0, True, "1" + "0" * 5000)


@pytest.mark.parametrize(
    ("handler", "event", "error", "message"),
    [
        ("raises", "1", "ValueError", "event #1: failed with ValueError: no \\x1b[31m price; fix the function"),
        (
            "ends",
            "3",
            "Runtime.ExitError",
            ("event #1: failed with Runtime.ExitError: Runtime exited with error: exit status 3; fix the function"),
        ),
        (
            "ends",
            "0",
            "Runtime.ExitError",
            ("event #1: failed with Runtime.ExitError: Runtime exited without providing a reason; fix the function"),
        ),
        (
            "killed",
            "9",
            "Runtime.ExitError",
            "event #1: failed with Runtime.ExitError: Runtime exited with error: signal: killed; fix the function",
        ),
        (
            "recurses_without_an_end",
            "1",
            "RecursionError",
            "event #1: failed with RecursionError: maximum recursion depth exceeded; fix the function",
        ),
        (
            "hangs",
            "1",
            "Sandbox.Timedout",
            (
                "event #1: failed with Sandbox.Timedout: Task timed out after 0.50 seconds; fix "
                "the function, or pass a longer --timeout"
            ),
        ),
        (
            "returns_object",
            "1",
            "Runtime.MarshalError",
            (
                "event #1: failed with Runtime.MarshalError: Unable to marshal response: Object "
                "of type object is not JSON serializable; fix the function"
            ),
        ),
        (
            "returns_too_much",
            "1",
            "Function.ResponseSizeTooLarge",
            (
                "event #1: failed with Function.ResponseSizeTooLarge: Response payload size "
                "exceeded maximum allowed payload size (6291556 bytes); fix the function"
            ),
        ),
        (
            "missing",
            "1",
            "Runtime.HandlerNotFound",
            (
                "handler 'app.missing': can't be loaded, because of Runtime.HandlerNotFound: "
                "Handler 'missing' missing on module 'app'; fix the function"
            ),
        ),
    ],
)
def test_a_failure_is_printed_as_aws_shows_it(app, capfd, handler, event, error, message):
    code = run(app, f"app.{handler}", f"--event={event}", "--timeout=0.5")

    printed = capfd.readouterr()
    assert code == 1
    assert json.loads(printed.out)["errorType"] == error
    assert printed.err.splitlines()[-1] == f"error: {message} [function-failed]"
    assert "\x1b" not in printed.out + printed.err


def test_after_the_end_of_an_environment_the_next_event_gets_a_new_one(app, capfd):
    code = run(app, "app.hangs", "--event=1", "--event=2", "--timeout=0.2", "--json")

    found = json.loads(capfd.readouterr().out)
    assert code == 1
    assert ([one["ok"] for one in found["loads"]], [one["ok"] for one in found["events"]]) == (
        [True, True],
        [False, False],
    )


def test_output_and_processes_are_bounded(app, capfd):
    code = run(app, "app.prints", "--event=1")
    printed = capfd.readouterr()
    forked = run(app, "app.forks", "--event=1")

    assert (code, forked) == (0, 0)
    assert printed.out == "null\n"
    assert len(printed.err) < 12 << 20
    assert "(output above 10 MiB isn't shown)" in printed.err
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "app.forks" not in listed
    assert not [line for line in listed.splitlines() if "/var/runtime/bootstrap.py" in line]


def test_events_come_from_files_and_standard_input(app, capfd, tmp_path, monkeypatch):
    file = tmp_path / "event.json"
    file.write_text('{"a": "\\u00e9"}', "utf-8")
    with file.open() as standard_input:
        monkeypatch.setattr(sys, "stdin", standard_input)

        code = run(app, "app.echo", f"--event=@{file}", "--event=-", "--event=[1]")

    printed = capfd.readouterr()
    assert code == 0
    assert printed.out == '{"a": "\\u00e9"}\n{"a": "\\u00e9"}\n[1]\n'
    assert "got {'a': 'é'}" in printed.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--event={"],
            (
                "--event #1: isn't JSON (Expecting property name enclosed in double quotes: line "
                "1 column 2 (char 1)); pass JSON, @FILE, or - [bad-event]"
            ),
        ),
        (["--event=NaN"], ("--event #1: isn't JSON (NaN isn't a value of JSON); pass JSON, @FILE, or - [bad-event]")),
        (
            ["--event=1", "--event=@/no/such"],
            ("--event #2: '/no/such' can't be read (No such file or directory); fix the path [bad-event]"),
        ),
        (
            ["--event=-", "--event=-"],
            ("--event -: given twice, but standard input can be read only once; remove one of them [command-line]"),
        ),
        (["--env=1X=2"], "--env 1X: not the name of a variable; pass --env NAME=VALUE [command-line]"),
        (
            ["--env=HL_NOT_SET"],
            ("--env HL_NOT_SET: not set in this environment; pass --env HL_NOT_SET=VALUE [command-line]"),
        ),
        (["--html=x.html"], "--html: is a map of import times; add --import-time [command-line]"),
        (
            ["--html=x.html", "--import-time", "--json"],
            ("--html: isn't available with --json; remove one of them [command-line]"),
        ),
        (
            ["--docker", "--import-time"],
            ("--import-time: isn't available with --docker; remove one of them [command-line]"),
        ),
        (
            ["--runtime=python"],
            (
                "--runtime: unknown runtime 'python'; did you mean 'python3.9'? choose from "
                "python3.15, python3.14, python3.13, python3.12, python3.11, python3.10, "
                "python3.9 [unknown-runtime]"
            ),
        ),
    ],
)
def test_wrong_usage_ends_with_2(app, capfd, arguments, message):
    code = run(app, "app.echo", *arguments)

    assert (code, capfd.readouterr()) == (2, ("", f"error: {message}\n"))


def test_zips_that_cannot_be_called_end_with_2_or_3(app, capfd, tmp_path):
    layer = write_zip(tmp_path / "layer.zip", {"python/lib.py": ""})
    program = write_zip(tmp_path / "program.zip", {"run.sh": "#!/bin/sh\n"})
    large = tmp_path / "large.json"
    large.write_text(json.dumps("x" * MAX_PAYLOAD))

    codes = [
        main(["invoke", str(app)]),
        main(["invoke", str(app), f"--runtime={RUNTIME}"]),
        run(layer, "lib.handler"),
        run(tmp_path / "none.zip", "app.echo"),
        run(program, "run.sh"),
        run(app, "app.echo", f"--event=@{large}"),
    ]

    assert codes == [2, 2, 2, 2, 3, 2]
    assert capfd.readouterr().err.splitlines() == [
        "error: app.zip: doesn't declare its runtime; pass --runtime, such as python3.13 [runtime-not-set]",
        "error: app.zip: doesn't declare its handler; pass --handler MODULE.FUNCTION [handler-not-set]",
        f"error: {layer}: is a layer; pass the zip of a function, and this one with --layer [command-line]",
        f"error: {tmp_path / 'none.zip'}: file not found; build it first, or fix the path [file-not-found]",
        (
            "error: program.zip: is a program, and only Python functions can be run (handler 'run.sh'); "
            "test it on Lambda [cannot-run]"
        ),
        "error: --event #1: larger than Lambda's limit of 6 MiB; pass a smaller event [bad-event]",
    ]


@pytest.mark.parametrize("value", ["0", "-1", "901", "x"])
def test_a_timeout_is_a_number_of_seconds(app, value, capsys):
    with pytest.raises(SystemExit) as caught:
        run(app, "app.echo", f"--timeout={value}")

    assert caught.value.code == 2
    assert f"expected seconds above 0, at most 900; found '{value}'" in capsys.readouterr().err


def test_the_time_of_imports_is_shown_by_package_and_as_a_page(machine, tmp_path, capfd):
    files = {
        "app.py": ("import lib, json\nprint('loaded')\n\ndef handler(event, context): ...\n"),
        "lib/__init__.py": "",
    }
    files["lib-1.0.dist-info/METADATA"] = "Metadata-Version: 2.1\nName: lib\nVersion: 1.0\n"
    files["lib-1.0.dist-info/RECORD"] = "lib/__init__.py,,\nlib-1.0.dist-info/METADATA,,\nlib-1.0.dist-info/RECORD,,\n"
    archive = write_zip(tmp_path / "app.zip", files)

    shown = run(archive, "app.handler", "--import-time")
    printed = capfd.readouterr()
    written = run(archive, "app.handler", "--import-time", f"--html={tmp_path / 'imports.html'}")

    assert (shown, written) == (0, 0)
    assert printed.err == "loaded\n"
    assert re.search(r"^ +[\d.]+ ms +[├└]─ lib 1\.0$", printed.out, re.MULTILINE)
    page = (tmp_path / "imports.html").read_text("utf-8")
    assert "<h1>Imports of app.zip</h1>" in page
    assert "<th scope=row>lib 1.0</th>" in page


def test_the_runtimes_sdk_is_available_if_the_zip_has_none(machine, tmp_path, capfd):
    archive = write_zip(tmp_path / "app.zip", {"app.py": "import boto3\ndef handler(e, c): return boto3.__version__\n"})

    assert run(archive, "app.handler") == 0
    assert capfd.readouterr().out == '"of the runtime"\n'


def test_native_code_for_another_architecture_cannot_run(machine, tmp_path, capfd):
    archive = tmp_path / "app.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("app.py", "def handler(event, context): ...\n")
        opened.writestr("lib.so", b"\x7fELF\2\1\1" + bytes(9) + (3).to_bytes(2, "little") + (183).to_bytes(2, "little"))

    code = run(archive, "app.handler")

    assert (code, capfd.readouterr().err) == (
        3,
        (
            "error: app.zip: its native code is for Linux with glibc on arm64, and this "
            "machine's Python is for x86_64; "
            "run it with 'hatch-lambda invoke --docker', or build it for this machine [cannot-run]\n"
        ),
    )


def test_without_the_runtime_client_the_function_cannot_run(app, capfd, tmp_path, monkeypatch):
    monkeypatch.setenv("HATCH_LAMBDA_CACHE_DIR", str(tmp_path / "empty"))
    monkeypatch.setenv("HATCH_LAMBDA_OFFLINE", "1")

    code = run(app, "app.echo")

    assert code == 3
    assert capfd.readouterr().err.splitlines()[0] == (
        "error: awslambdaric, which runs app.zip: not available; "
        "run it once with access to a package index [cannot-run]"
    )


def test_without_user_namespaces_the_function_runs_in_a_temporary_directory(app, prepared):
    script = (
        'echo 0 > /proc/sys/user/max_user_namespaces; exec "$0" -m hatch_lambda invoke '
        f'"$1" --runtime={RUNTIME} --handler=app.echo'
    )
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", script, sys.executable, str(app)]

    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **prepared}, check=False)

    assert (done.returncode, done.stdout) == (0, "{}\n"), done.stderr
    assert done.stderr.splitlines()[0] == (
        "warning: /var/task and /opt: in a temporary directory here, next to this "
        "machine's files and libraries, because "
        "user namespaces don't work here (No space left on device); pass --docker to run in AWS's image [no-sandbox]"
    )


def test_where_the_native_client_is_missing_its_replacement_answers(app, prepared, tmp_path):
    files = Files(tmp_path)
    for directory in (files.task, files.layers, files.packages, files.temporary):
        directory.mkdir()
    with zipfile.ZipFile(app) as archive:
        archive.extractall(files.task)
    for wheel in Path(prepared["HATCH_LAMBDA_CACHE_DIR"]).rglob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(files.packages, [name for name in archive.namelist() if not name.endswith(".so")])
    runtime = runtime_named(RUNTIME)
    assert runtime is not None
    python = describe_python(sys.executable, (), os.environ, ResultCache(tmp_path / "results"))

    with RuntimeApi() as api:
        variables = lambda_variables(runtime, "app.echo", api.address, {})
        started = start(files, replace(python, glibc=False), variables, Host(os.environ, tmp_path))
        api.events.put(Event(b'"hello"', 3.0))
        kinds: list[str] = []
        while not kinds or kinds[-1] != "answer":
            message = api.messages.get(timeout=30)
            kinds.append(message.kind)
        started.kill()
        started.output.close()

    assert started.difference == "this machine's C library isn't glibc"
    assert (kinds[:3], message.body) == (["ready", "sent", "answer"], b'"hello"')
    assert started.lambda_path(str(files.layers / "x")) == "/opt/x"


def test_programs_that_do_not_start_add_no_libraries(tmp_path):
    program = tmp_path / "bin/uname"
    program.parent.mkdir()
    program.write_text("#!/nowhere/sh\n")
    program.chmod(0o755)
    results = ResultCache(tmp_path / "results")

    with_program = describe_python(sys.executable, (), {"PATH": str(program.parent)}, results)
    without = describe_python(sys.executable, (), {"PATH": str(tmp_path)}, results)

    assert with_program == replace(without, programs=(str(program),))


def test_the_memory_of_a_process_that_has_ended_is_unknown(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    memory = Started(process, process.pid, Files(tmp_path)).max_memory()
    process.communicate()

    assert memory is None
