"""Starts a command in a file system that looks like Lambda's; a program that needs only the standard library.

Its arguments are a file with the plan as JSON (the fields of ``sandbox.Plan``) and a descriptor, to which it writes
``started PID`` or ``failed REASON``. It doesn't need root, but user namespaces, in which any user can mount. It ends as
the command ends. If it is killed, the kernel kills every process that the command has started.

The first process in a namespace of processes ignores the signals that it sends itself, and adopts orphans. As on
Lambda, that is another process than the command.

Sources: ``man 7 user_namespaces``, ``man 7 pid_namespaces``; the numbers are those of ``linux/sched.h``,
``linux/mount.h``, and ``linux/prctl.h``, read 2026-11-27.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

_NAMESPACES = 0x00020000 | 0x08000000 | 0x10000000 | 0x20000000
"""Those of mounts, of shared memory, of users, and of processes."""

_READ_ONLY, _NO_SUID, _NO_DEVICES, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_LOCKED_FLAGS = {os.ST_NOSUID: 2, os.ST_NODEV: 4, os.ST_NOEXEC: 8, os.ST_NOATIME: 1024, os.ST_NODIRATIME: 2048}
"""Flags that a user namespace can't remove from a mount, as ``statvfs`` and as ``mount`` number them."""

_SET_PARENT_DEATH_SIGNAL, _SET_NO_NEW_PRIVILEGES = 1, 38
_LIBC = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> int:
    """Run the command of the plan, and return its exit code."""
    plan = json.loads(Path(arguments[1]).read_text("utf-8"))
    with os.fdopen(int(arguments[2]), "w") as status:
        os.set_inheritable(status.fileno(), False)  # noqa: FBT003  # positional only
        try:
            _call(_LIBC.prctl, _SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
            _enter_namespaces(plan["user"], plan["group"])
            if os.fork() == 0:
                _stay(status)
            pid = os.fork()
            if pid == 0:
                _start(plan, status)
        except OSError as error:
            status.write(f"failed {error.strerror}\n")
            return 1
        status.write(f"started {pid}\n")
    _, ended = os.waitpid(pid, 0)
    if os.WIFSIGNALED(ended):
        with suppress(OSError):  # SIGKILL can't be handled
            signal.signal(os.WTERMSIG(ended), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(ended))
    return os.WEXITSTATUS(ended)


def _enter_namespaces(user: int, group: int) -> None:
    """Enter namespaces in which this user and group have the given numbers, and every right over the mounts."""
    own_user, own_group = os.geteuid(), os.getegid()
    _call(_LIBC.unshare, _NAMESPACES)
    Path("/proc/self/setgroups").write_text("deny", "ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {own_user} 1", "ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {own_group} 1", "ascii")


def _stay(status: TextIO) -> None:
    """Be the first process of the namespace until the launcher ends; doesn't return."""
    _call(_LIBC.prctl, _SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # orphans don't stay as zombies
    for descriptor in (0, 1, 2, status.fileno()):
        os.close(descriptor)  # their other ends wait until no process has them open
    while True:
        signal.pause()


def _start(plan: dict[str, Any], status: TextIO) -> None:
    """Replace this process with the command; doesn't return."""
    try:
        _call(_LIBC.prctl, _SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        _call(_LIBC.prctl, _SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        _mount_all(plan)
        os.chdir(plan["directory"])
        os.execve(plan["command"][0], plan["command"], plan["environ"])  # noqa: S606  # no shell
    except OSError as error:
        place = f" for {error.filename}" if error.filename else ""
        status.write(f"failed {error.strerror}{place}\n")
        status.flush()
    os._exit(1)


def _mount_all(plan: dict[str, Any]) -> None:
    """Mount the file system of the plan, and make it the root of this process."""
    root = plan["root"]
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    _mount("tmpfs", root, "tmpfs", _NO_SUID | _NO_DEVICES, "mode=755")
    for directory in plan["directories"]:
        os.makedirs(root + directory, exist_ok=True)  # noqa: PTH103  # root is a prefix of absolute paths
    for path, target in plan["links"].items():
        Path(root + path).symlink_to(target)
    for path, text in plan["files"].items():
        Path(root + path).write_text(text, "utf-8")
    for source, target, writable in plan["binds"]:
        with suppress(FileNotFoundError):
            _bind(source, root + target, writable=writable)
    _mount_processes(root)
    os.chroot(root)
    os.chdir("/")
    for command in plan["prepare"]:
        _run(command)
    _mount(None, "/", None, _REMOUNT | _READ_ONLY | _NO_SUID | _NO_DEVICES)


def _bind(source: str, target: str, *, writable: bool) -> None:
    """Show a file or a directory at another path; raises ``FileNotFoundError`` if this machine lacks it."""
    if Path(source).is_dir():
        os.makedirs(target, exist_ok=True)  # noqa: PTH103  # as above
    else:
        os.stat(source)  # noqa: PTH116  # raises, as is said above
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).touch()
    _mount(source, target, None, _BIND | _RECURSIVE)
    if not writable:
        flags = os.statvfs(source).f_flag
        kept = sum(flag for locked, flag in _LOCKED_FLAGS.items() if flags & locked)
        _mount(None, target, None, _BIND | _REMOUNT | _READ_ONLY | kept)


def _mount_processes(root: str) -> None:
    """Mount ``/proc`` of the namespace; in a container that doesn't allow it, that of the container."""
    try:
        _mount("proc", root + "/proc", "proc", _NO_SUID | _NO_DEVICES)
    except PermissionError:
        _mount("/proc", root + "/proc", None, _BIND | _RECURSIVE)


def _run(command: list[str]) -> None:
    """Run a program to its end, without output; one that is missing or fails makes no difference."""
    pid = os.fork()
    if pid == 0:
        quiet = os.open("/dev/null", os.O_RDWR)
        for descriptor in range(3):
            os.dup2(quiet, descriptor)
        with suppress(OSError):
            os.execve(command[0], command, {})  # noqa: S606  # no shell
        os._exit(1)
    os.waitpid(pid, 0)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    try:
        _call(_LIBC.mount, *texts[:3], ctypes.c_ulong(flags), texts[3])
    except OSError as error:
        raise OSError(error.errno, error.strerror, source or target) from None


def _call(function: Any, *arguments: Any) -> None:
    """Call a function of the C library; raises ``OSError`` if it fails."""
    if function(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    sys.exit(main(sys.argv))
