"""Server processes: started on loopback, waited for, and always ended."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from tests.servers.missing import program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.05
_GRACE_SECONDS = 10.0
_TAIL_LINES = 30


class StartFailed(RuntimeError):  # noqa: N818 - it says what happened
    """A server ended, or was not ready in time; the message ends with its log."""


@dataclass(frozen=True)
class Command:
    """How to start a server.

    Attributes:
        name: what to call it in a message.
        argv: the program, by absolute path, and its arguments.
        environment: variables on top of the current ones.
        folder: where it runs.
        user: whom it runs as; None for the current user.
        seconds: how long it may take until it is ready.
        stop: the signal that asks it to end.
    """

    name: str
    argv: tuple[str, ...]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    user: str | None = None
    seconds: float = 60.0
    stop: signal.Signals = signal.SIGTERM


def free_ports(count: int) -> tuple[int, ...]:
    """Return that many different loopback ports on which nothing listens."""
    with ExitStack() as held:
        sockets = [held.enter_context(closing(socket.socket())) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return tuple(int(one.getsockname()[1]) for one in sockets)


def as_user(argv: tuple[str, ...], user: str | None) -> tuple[str, ...]:
    """Return a command line that runs as another user and ends with its parent.

    A test run that is killed would leave its servers behind. The kernel counts the
    thread that starts a server as its parent, so start servers from the main thread.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is not None:
        identity = (f"--reuid={user}", f"--regid={user}", "--clear-groups") if user else ()
        return (setpriv, *identity, "--pdeathsig=TERM", *argv)
    if user is None:
        return argv
    return (program("runuser", packages=("util-linux",)), "-u", user, "--", *argv)


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """Yield a private folder for one server."""
    with tempfile.TemporaryDirectory(prefix=f"depmap-{name}-", ignore_cleanup_errors=True) as path:
        yield Path(path)


@contextmanager
def serving(command: Command, ready: Callable[[], bool]) -> Iterator[None]:
    """Run a server until the block ends.

    Args:
        command: how to start it.
        ready: whether it answers; asked until it says yes or time is up.

    Raises:
        StartFailed: it ended or did not answer in time.
    """
    with tempfile.NamedTemporaryFile(prefix=f"depmap-{command.name}-", suffix=".log") as log:
        process = subprocess.Popen(
            as_user(command.argv, command.user),
            cwd=command.folder,
            env={**os.environ, **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=log.file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(process, command, ready, Path(log.name))
            yield
        finally:
            _end(process, command.stop)


def answers(url: str) -> bool:
    """Whether a GET of this address succeeds."""
    with suppress(requests.RequestException):
        return requests.get(url, timeout=5).ok
    return False


def listens(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
        return True
    return False


def _wait(
    process: subprocess.Popen[bytes], command: Command, ready: Callable[[], bool], log: Path
) -> None:
    deadline = time.monotonic() + command.seconds
    while not ready():
        if (code := process.poll()) is not None:
            raise StartFailed(_report(f"{command.name} ended with code {code}", log))
        if time.monotonic() > deadline:
            waited = f"{command.name} was not ready after {command.seconds:g} s"
            raise StartFailed(_report(waited, log))
        time.sleep(_POLL_SECONDS)


def _report(what: str, log: Path) -> str:
    tail = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
    return "\n".join([f"{what}; its log ends:", *tail])


def _end(process: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    for number in (stop, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
