"""Gets what the tests with real servers need: `python -m tests.servers.fetch`.

What is missing is printed with the way to get it. With DEPMAP_REQUIRE_ALL=1 that is
a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers import jaeger, postgres, prometheus, redis, zipkin
from tests.servers.missing import Missing, program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_INSTALL_SECONDS = 1800


def graphviz() -> Path:
    """Return the program that draws graphs."""
    return Path(program("dot", packages=("graphviz",)))


def chromium() -> Path:
    """Return a browser for the tests of the HTML report."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return Path(program(*names, packages=("chromium",)))


# The quick ones first, so that what is missing shows before the long build.
NEEDS: Mapping[str, Callable[[], Path]] = {
    "Graphviz": graphviz,
    "Chromium": chromium,
    "PostgreSQL": postgres.fetch,
    "Redis": redis.fetch,
    "Prometheus": prometheus.fetch,
    "Zipkin": zipkin.fetch,
    "Jaeger": jaeger.fetch,
}


def main(needs: Mapping[str, Callable[[], Path]] = NEEDS) -> int:
    """Get everything; return the exit code."""
    missing = _get(needs)
    asked: set[str] = set()
    while wanted := _packages(missing.values()) - asked:
        if not _install(wanted):
            break
        asked |= wanted
        missing = _get({name: needs[name] for name in missing})
    for name, reason in missing.items():
        _say(f"{name}: {reason}")
    return int(bool(missing) and os.environ.get("DEPMAP_REQUIRE_ALL") == "1")


def _get(needs: Mapping[str, Callable[[], Path]]) -> dict[str, Missing]:
    missing: dict[str, Missing] = {}
    for name, fetch in needs.items():
        try:
            _say(f"{name}: {fetch()}")
        except Missing as reason:
            missing[name] = reason
    return missing


def _packages(missing: Iterable[Missing]) -> set[str]:
    return {package for reason in missing for package in reason.packages}


def _install(packages: set[str]) -> bool:
    """Install Debian packages; False where we may not, or it fails."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    _say(f"installing {' '.join(sorted(packages))}")
    options = ("-qq", "-y", "-o", "DPkg::Lock::Timeout=600", "--no-install-recommends")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (("update",), ("install", *sorted(packages))):
        done = subprocess.run(
            (apt, *options, *words), check=False, env=environment, timeout=_INSTALL_SECONDS
        )
        if done.returncode:
            return False
    return True


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
