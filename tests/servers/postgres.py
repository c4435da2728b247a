"""A PostgreSQL server with an empty database, from the system's package."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers.missing import Missing
from tests.servers.process import (
    LOOPBACK,
    Command,
    StartFailed,
    as_user,
    free_ports,
    scratch,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEBIAN = Path("/usr/lib/postgresql")
_INIT_SECONDS = 120
# Nothing here outlives a test run, so no write needs to reach a disk.
_SETTINGS = (
    f"listen_addresses={LOOPBACK}",
    "unix_socket_directories=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
)


@dataclass(frozen=True)
class Postgres:
    """Where a running PostgreSQL answers; it trusts everyone on loopback.

    Attributes:
        host: the loopback address.
        port: the port.
        user: a superuser, who needs no password.
        database: an empty database.
    """

    host: str
    port: int
    user: str = "depmap"
    database: str = "postgres"

    @property
    def dsn(self) -> str:
        """The connection string."""
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.database}"


def fetch() -> Path:
    """Return the folder of the server's programs.

    Raises:
        Missing: there is no PostgreSQL server on this machine.
    """
    # A link on PATH need not have its neighbours beside it.
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    # Debian keeps the programs of each major version off PATH.
    folders = sorted(_DEBIAN.glob("*/bin"), key=lambda path: _version(path.parent.name))
    for folder in reversed(folders):
        if (folder / "initdb").exists():
            return folder
    raise Missing(what="a PostgreSQL server", packages=("postgresql",))


@contextmanager
def running() -> Iterator[Postgres]:
    """Run PostgreSQL on a free loopback port until the block ends.

    Raises:
        Missing: there is no server on this machine, or nobody to run it as.
        StartFailed: it did not start.
    """
    programs, user = fetch(), _user()
    (port,) = free_ports(1)
    server = Postgres(LOOPBACK, port)
    with scratch("postgres") as folder:
        if user is not None:
            shutil.chown(folder, user)
        _initialise(programs, folder, server.user, user)
        argv = _argv(programs, folder, port)
        # SIGINT is its fast shutdown; on SIGTERM it waits for clients to leave.
        command = Command("postgres", argv, folder, user=user, stop=signal.SIGINT)
        with serving(command, lambda: _accepts(programs, server)):
            yield server


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", name))


def _user() -> str | None:
    """Whom the server runs as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise Missing(what="a user to run PostgreSQL as", packages=("postgresql",))


def _initialise(programs: Path, folder: Path, owner: str, user: str | None) -> None:
    argv = (
        *(str(programs / "initdb"), f"--pgdata={folder / 'data'}", f"--username={owner}"),
        *("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"),
    )
    done = subprocess.run(
        as_user(argv, user),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=_INIT_SECONDS,
    )
    if done.returncode:
        message = f"initdb ended with code {done.returncode}:\n{done.stdout}{done.stderr}"
        raise StartFailed(message)


def _argv(programs: Path, folder: Path, port: int) -> tuple[str, ...]:
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    return (str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port), *settings)


def _accepts(programs: Path, server: Postgres) -> bool:
    argv = (str(programs / "pg_isready"), "-q", "-h", server.host, "-p", str(server.port))
    return subprocess.run(argv, check=False).returncode == 0
