"""What all collectors of servers have in common: how the server is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

from depmap.collecting.credentials import Credentials
from depmap.collecting.http import Backend
from depmap.collecting.port import Collector, option
from depmap.collecting.sessions import MAX_CONCURRENCY
from depmap.collecting.tls import Tls
from depmap.errors import InputError


@dataclass(frozen=True)
class ServedCollector(Collector):
    """Reads a server over HTTP.

    Options name where a secret is, and never hold it.
    """

    url: str = option("address of the server, with its base path")
    _: KW_ONLY
    token_env: str = option("environment variable with a bearer token", default="")
    basic_env: str = option("environment variable with user:password", default="")
    token_command: str = option(
        "command, run without a shell, that prints a bearer token; again when the token expires",
        default="",
    )
    header_env: Mapping[str, str] | None = option(
        "further headers, each with the environment variable that holds its value", default=None
    )
    headers: Mapping[str, str] | None = option(
        "further headers with values that are no secrets, such as a tenant", default=None
    )
    # Ruff takes a path for mutable, and ``option`` for a call that is shared; neither is so.
    ca_file: Path | None = option(  # noqa: RUF009
        "certificates of the authorities that the server's is verified with, in PEM", default=None
    )
    cert_file: Path | None = option("our own certificate, in PEM (mTLS)", default=None)  # noqa: RUF009
    key_file: Path | None = option("its key, if in a file of its own", default=None)  # noqa: RUF009
    concurrency: int = option("requests that are under way at once", default=2)
    rate: float = option("requests in a second, at most; 0: no bound", default=100.0)
    timeout: float = option("seconds until the server must begin to answer", default=60.0)
    pause: float = option(
        "seconds until a request that failed is sent again; it doubles", default=0.5
    )
    patience: float = option(
        "seconds to wait for a server that goes away in the middle of a pull", default=60.0
    )

    def backend(self, url: str = "") -> Backend:
        """Return the server, to be used in a ``with``.

        Args:
            url: its address, where it is another than the option says.

        Raises:
            InputError: an option cannot be used.
        """
        if not 1 <= self.concurrency <= MAX_CONCURRENCY:
            raise InputError(
                f"concurrency is {self.concurrency}; it must be from 1 to {MAX_CONCURRENCY}",
                where=self.url,
            )
        if self.timeout <= 0:
            raise InputError(f"timeout is {self.timeout:g}; it must be above 0", where=self.url)
        return Backend(
            url or self.url,
            credentials=Credentials(
                token_env=self.token_env,
                basic_env=self.basic_env,
                token_command=self.token_command,
                header_env=self.header_env,
                headers=self.headers,
            ),
            tls=Tls(self.ca_file, self.cert_file, self.key_file),
            rate=self.rate,
            seconds=self.timeout,
            pause=self.pause,
        )
