"""A Zipkin server that keeps spans in memory, from its published jar."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.servers import cache
from tests.servers.missing import Missing, program
from tests.servers.process import LOOPBACK, Command, answers, free_ports, scratch, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = "3.5.1"
MAX_SPANS = 2_000_000
_KEY = f"zipkin-server-{VERSION}-exec.jar"
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
_ARTIFACT = f"io.zipkin:zipkin-server:{VERSION}:jar:exec"
_FETCH_SECONDS = 1200


@dataclass(frozen=True)
class Zipkin:
    """Where a running Zipkin answers.

    Attributes:
        url: the server, without a path.
    """

    url: str

    @property
    def spans_url(self) -> str:
        """Where an exporter posts spans."""
        return f"{self.url}/api/v2/spans"


def fetch() -> Path:
    """Download the jar unless it is there already, and return it.

    Raises:
        Missing: there is no Maven or no Java, or the download failed.
    """
    kept = cache.keep(_KEY, _download)
    java()
    return kept


def java() -> str:
    """Return the Java program: `$JAVA_HOME/bin/java`, else the one on PATH."""
    home = os.environ.get("JAVA_HOME")
    names = (f"{home}/bin/java", "java") if home else ("java",)
    return program(*names, packages=("default-jre-headless",))


@contextmanager
def running() -> Iterator[Zipkin]:
    """Run Zipkin on a free loopback port until the block ends.

    Raises:
        Missing: the jar has not been downloaded, or there is no Java.
        StartFailed: it did not start.
    """
    jar = cache.folder() / _KEY
    if not jar.exists():
        raise Missing(what="Zipkin", cure="python -m tests.servers.fetch")
    (port,) = free_ports(1)
    with scratch("zipkin") as folder:
        command = Command("zipkin", _argv(jar, port), folder, _environment(port), seconds=120)
        url = f"http://{LOOPBACK}:{port}"
        with serving(command, lambda: answers(f"{url}/health")):
            yield Zipkin(url)


def _argv(jar: Path, port: int) -> tuple[str, ...]:
    # The documented variables choose the port but not the address; only the web
    # server's own property does, and it replaces the whole list of ports.
    listening = (
        f"--armeria.ports[0].ip={LOOPBACK}",
        f"--armeria.ports[0].port={port}",
        "--armeria.ports[0].protocols[0]=http",
    )
    return (java(), "-Xmx1g", "-XX:TieredStopAtLevel=1", "-jar", str(jar), *listening)


def _environment(port: int) -> dict[str, str]:
    return {"QUERY_PORT": str(port), "MEM_MAX_SPANS": str(MAX_SPANS), "STORAGE_TYPE": "mem"}


def _download(folder: Path) -> Path:
    maven = program("mvn", packages=("maven",))
    argv = (maven, "-q", "-B", _PLUGIN, f"-Dartifact={_ARTIFACT}", f"-DoutputDirectory={folder}")
    done = subprocess.run(
        argv, cwd=folder, capture_output=True, text=True, check=False, timeout=_FETCH_SECONDS
    )
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[:3])
        cure = f"Maven must be able to get {_ARTIFACT}; it said\n{said}"
        raise Missing(what="Zipkin", cure=cure)
    return folder / _KEY
