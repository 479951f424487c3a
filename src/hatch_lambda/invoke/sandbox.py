"""Decides how a function starts on this machine, and starts it: with Lambda's paths if possible.

It shows the function what it would have on Lambda, so that mistakes show too. It isn't for code that you don't trust.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.invoke.unpack import make_read_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_lambda.invoke.host_python import HostPython
    from hatch_lambda.resolve.base import Host

TASK_ROOT, LAYERS, PYTHON_PREFIX, RUNTIME_DIRECTORY = "/var/task", "/opt", "/var/lang", "/var/runtime"
"""Source: "Lambda environment variables" and "Layer paths" in the developer guide,
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, read 2026-11-27; Python's place is that of
AWS's images.
"""

_USER, _GROUP = 993, 990
"""The numbers of ``sbx_user1051``, as which functions run.

Source: https://github.com/aws/aws-lambda-base-images, whose image has the user, read 2026-11-27.
"""

_PASSWORDS = "root:x:0:0:root:/root:/bin/bash\nsbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n"
_LIBRARY_DIRECTORY = "/lib64"
_LINKS = {"/bin": "usr/bin", "/sbin": "usr/sbin", "/usr/lib64": _LIBRARY_DIRECTORY}
_SYSTEM_FILES = (
    *("/etc/hosts", "/etc/nsswitch.conf", "/etc/pki", "/etc/resolv.conf", "/etc/ssl", "/usr/lib/ssl"),
    *("/usr/share/ca-certificates", "/usr/share/zoneinfo"),
    *("/dev/full", "/dev/null", "/dev/random", "/dev/urandom", "/dev/zero"),
)
"""What the function sees of this machine in addition to its Python: names, certificates, time zones, and devices.

There is no ``/dev/shm``, as on Lambda.
"""

_LDCONFIG = "/sbin/ldconfig"


@dataclass(frozen=True)
class Files:
    """The directories of a function on this machine: its zip, its layers, the runtime's packages, and scratch space."""

    root: Path

    @property
    def task(self) -> Path:
        """Return the directory of the function's files."""
        return self.root / "task"

    @property
    def layers(self) -> Path:
        """Return the directory of the layers' files."""
        return self.root / "layers"

    @property
    def packages(self) -> Path:
        """Return the directory of the packages that the runtime includes."""
        return self.root / "packages"

    @property
    def transport(self) -> Path:
        """Return the directory of what replaces the native module of the runtime client where that can't be loaded."""
        return self.root / "transport"

    @property
    def temporary(self) -> Path:
        """Return the directory that is ``/tmp`` of the function."""
        return self.root / "tmp"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A file system and the command that starts in it; ``launcher.py`` reads it as JSON.

    ``binds`` are source, target, and whether it is writable. ``prepare`` are commands that run in it before.
    """

    root: str
    user: int
    group: int
    directories: tuple[str, ...]
    links: Mapping[str, str]
    files: Mapping[str, str]
    binds: tuple[tuple[str, str, bool], ...]
    prepare: tuple[tuple[str, ...], ...]
    directory: str
    command: tuple[str, ...]
    environ: Mapping[str, str]


@dataclass(frozen=True)
class Started:
    """A function that is starting. ``pid`` is its own process, which ``process`` might be the parent of.

    ``difference`` is why Lambda's paths aren't real ones, or ``None`` if they are.
    """

    process: subprocess.Popen[bytes]
    pid: int
    files: Files
    difference: str | None = None

    def lambda_path(self, path: str) -> str:
        """Return a path as it is on Lambda."""
        for place, root in ((self.files.task, TASK_ROOT), (self.files.layers, LAYERS)):
            if Path(path).is_relative_to(place):
                return f"{root}/{Path(path).relative_to(place).as_posix()}"
        return path

    @property
    def output(self) -> IO[bytes]:
        """Return the end of the pipe that the function's output comes from."""
        return self.process.stdout  # type: ignore[return-value]  # it was started with a pipe

    def max_memory(self) -> int | None:
        """Return the highest number of bytes that its process has had in memory so far, if this system reports it."""
        with suppress(OSError):
            for line in Path(f"/proc/{self.pid}/status").read_text("ascii", "replace").splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) << 10
        return None

    def kill(self) -> None:
        """End it, and every process that it has started."""
        if os.name == "posix":
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()


def difference_warning(reason: str) -> Diagnostic:
    """Return a warning about what differs from Lambda if the function has no separate file system."""
    return Diagnostic(
        code="no-sandbox",
        where=f"{TASK_ROOT} and {LAYERS}",
        problem=f"in a temporary directory here, next to this machine's files and libraries, because {reason}",
        fix="pass --docker to run in AWS's image",
        severity="warning",
    )


def start(
    files: Files, python: HostPython, environ: Mapping[str, str], host: Host, options: tuple[str, ...] = ()
) -> Started:
    """Start the runtime with the function; ``options`` are those of Python. Raises ``OSError``."""
    reason = _reason_against(python)
    if reason is None:
        started = _start_isolated(isolated_plan(files, python, environ, options), files, host)
        if isinstance(started, Started):
            return started
        reason = started
    make_read_only([files.task, files.layers])  # as the mounts are otherwise
    files.transport.mkdir()
    shutil.copy(_script("runtime_client.py"), files.transport)
    process = _popen(_plain_command(files, python, options), plain_environ(files, environ, host), files.task)
    return Started(process, process.pid, files, difference=reason)


def _reason_against(python: HostPython) -> str | None:
    """Return why the function can't have a separate file system, as far as that is known before trying."""
    if not (sys.platform == "linux" and python.linux):
        return "this machine doesn't run Linux"
    if not python.glibc:
        return "this machine's C library isn't glibc"
    if not Path(python.program).is_relative_to(python.prefix):
        return f"{python.program} isn't in {python.prefix}"
    return None


def isolated_plan(files: Files, python: HostPython, environ: Mapping[str, str], options: tuple[str, ...]) -> Plan:
    """Return how the function starts with Lambda's paths, and without the libraries that Lambda lacks."""
    program = f"{PYTHON_PREFIX}/{Path(python.program).relative_to(python.prefix).as_posix()}"
    packages, bootstrap = f"{RUNTIME_DIRECTORY}/packages", f"{RUNTIME_DIRECTORY}/bootstrap.py"
    binds = (
        (str(files.task), TASK_ROOT, False),
        (str(files.layers), LAYERS, False),
        (str(files.packages), packages, False),
        (str(_script("bootstrap.py")), bootstrap, False),
        (str(files.temporary), "/tmp", True),  # noqa: S108  # of the function
        (python.prefix, PYTHON_PREFIX, False),
        *((path, path, False) for path in _SYSTEM_FILES),
        *((path, f"/usr/bin/{Path(path).name}", False) for path in python.programs),
        *((path, target, False) for target, path in sorted(_library_places(python.libraries).items())),
        (_LDCONFIG, f"/usr{_LDCONFIG}", False),
    )
    return Plan(
        root=str(files.root / "root"),
        user=_USER,
        group=_GROUP,
        directories=("/dev", "/etc", "/proc", "/usr/bin", "/usr/sbin", "/var", "/lib", _LIBRARY_DIRECTORY),
        links=_LINKS,
        files={"/etc/passwd": _PASSWORDS, "/etc/group": "root:x:0:\nsbx_user1051:x:990:\n"},
        binds=binds,
        prepare=((_LDCONFIG, "-X", _LIBRARY_DIRECTORY),),  # for ctypes.util.find_library
        directory=TASK_ROOT,
        command=(program, *_python_options(options), bootstrap, LAYERS, packages),
        environ={**environ, "LAMBDA_TASK_ROOT": TASK_ROOT, "LAMBDA_RUNTIME_DIR": RUNTIME_DIRECTORY},
    )


def _library_places(libraries: tuple[str, ...]) -> dict[str, str]:
    """Return the file of each library by the paths at which programs look for it, such as ``/lib64/libz.so.1``."""
    files = {Path(path).name: Path(path).resolve() for path in libraries}
    names = {real: {name} for name, real in files.items()}
    for directory in {real.parent for real in names}:
        for link in directory.glob("*.so.*"):
            if link.is_symlink() and link.resolve() in names:
                names[link.resolve()].add(link.name)
    places = {f"{_LIBRARY_DIRECTORY}/{name}": str(real) for real in names for name in (real.name, *names[real])}
    loaders = {f"/lib/{name}": str(real) for name, real in files.items() if name.startswith("ld-")}
    return {**places, **loaders}  # programs have the whole path of their loader


def _start_isolated(plan: Plan, files: Files, host: Host) -> Started | str:
    """Start the command of a plan; return why not if this machine doesn't allow that."""
    Path(plan.root).mkdir(exist_ok=True)
    written = files.root / "plan.json"
    written.write_text(json.dumps(asdict(plan)), "utf-8")
    reading, writing = os.pipe()
    command = [sys.executable, "-I", "-S", str(_script("launcher.py")), str(written), str(writing)]
    with os.fdopen(reading, encoding="utf-8", errors="replace") as status:
        try:
            process = _popen(command, host.environ, files.root, kept=(writing,))  # it isn't passed on
        finally:
            os.close(writing)
        lines = status.read().splitlines()
    words = dict(line.partition(" ")[::2] for line in lines)
    if "failed" in words or "started" not in words:
        process.kill()
        process.communicate()
        return f"user namespaces don't work here ({words.get('failed') or 'the launcher ended'})"
    return Started(process, int(words["started"]), files)


def _plain_command(files: Files, python: HostPython, options: tuple[str, ...]) -> list[str]:
    places = [files.layers, files.packages, files.transport]
    return [python.program, *_python_options(options), str(_script("bootstrap.py")), *map(str, places)]


def plain_environ(files: Files, environ: Mapping[str, str], host: Host) -> dict[str, str]:
    """Return the variables of a function whose files are in directories of this machine."""
    lists = {name: _moved(environ[name], files) for name in ("LD_LIBRARY_PATH", "PATH") if name in environ}
    needed = {name: host.environ[name] for name in ("SYSTEMROOT",) if name in host.environ}  # for sockets on Windows
    return {
        **needed,
        **environ,
        **lists,
        "LAMBDA_TASK_ROOT": str(files.task),
        "LAMBDA_RUNTIME_DIR": str(files.packages),
        "PYTHONDONTWRITEBYTECODE": "1",  # the user root could write it into the read-only directories
    }


def _moved(value: str, files: Files) -> str:
    """Return a list of Lambda's directories with the function's and the layers' in their place on this machine."""
    places = {TASK_ROOT: files.task, LAYERS: files.layers}
    moved = []
    for path in value.split(":"):
        root = next((root for root in places if path == root or path.startswith(f"{root}/")), None)
        moved.append(f"{places[root]}{path.removeprefix(root)}" if root else path)
    return os.pathsep.join(moved)


def _python_options(options: tuple[str, ...]) -> tuple[str, ...]:
    """Return options with which Python finds nothing of this machine but its standard library."""
    return ("-S", "-s", *options)


def _script(name: str) -> Path:
    return Path(__file__).with_name(name)


def _popen(
    command: list[str], environ: Mapping[str, str], directory: Path, *, kept: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # no shell, and the program is a Python
        command,
        env=environ,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=kept,
    )
