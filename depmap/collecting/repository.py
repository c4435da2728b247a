"""One repository, read by all collectors of code and deployment files together.

Its facts name it and its revision, so that many repositories may be scanned apart, each in its own
CI, and still be joined as if they lay in one folder.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from depmap.collecting.discovery import collector_types
from depmap.collecting.port import Collector, Window, option
from depmap.errors import InputError, SourceUnavailable
from depmap.model.evidence import Evidence, Gap
from depmap.model.facts import Fact
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.collecting.port import Item

SCANNED: Final = frozenset({Source.CODE, Source.DEPLOYMENT})
"""What the collectors of a repository's files are witnesses of."""

SECONDS: Final = 600
_ADDRESS: Final = re.compile(r"(https?|ssh|file)://\S+|[\w.-]+@[\w.-]+:\S+")
_REVISION: Final = re.compile(r"[\w][\w./-]{0,200}")
# What a repository or a person's settings might run is not run.
_SAFE: Final = ("-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never",
                "-c", "core.fsmonitor=false")  # fmt: skip


@dataclass(frozen=True)
class Repository(Collector):
    """Facts from the code and deployment files of a repository."""

    name: ClassVar[str] = "repository"
    source: ClassVar[Source] = Source.CODE

    title: str = option("its name, in locators and in the ledger")
    path: Path | None = option("the folder it lies in", default=None)  # noqa: RUF009
    url: str = option("where git gets it from, if it lies in no folder", default="")
    revision: str = option("which revision it is; with url: which one to get", default="")

    def collect(self, window: Window) -> Iterator[Item]:
        """Yield the facts of all its files, with its name and revision."""
        folder = self.path if self.path is not None else _fetched(self.url, self.revision)
        for cls in collector_types().values():
            if cls.source in SCANNED and cls is not Repository:
                for item in cls(paths=(folder,)).collect(window):  # type: ignore[call-arg]
                    yield self._named(item, cls.name)

    def _named(self, item: Item, collector: str) -> Item:
        if isinstance(item, Fact):
            return replace(item, root=self.title, revision=self.revision)
        if isinstance(item, Gap):
            at = f"@{self.revision}" if self.revision else ""
            return replace(item, locator=f"{self.title}/{item.locator}{at}", collector=collector)
        return replace(item, collector=collector) if isinstance(item, Evidence) else item


def source_of(title: str) -> str:
    """Return the name of a repository's source in the ledger."""
    return f"repository-{title}"


def _fetched(url: str, revision: str) -> Path:
    """Get one revision of a repository, without its history; return the folder.

    Raises:
        InputError: the address or the revision is none.
        SourceUnavailable: git is not there, or fails.
    """
    if not _ADDRESS.fullmatch(url):
        raise InputError(f"{url!r} is no address of a git repository", where="url")
    if revision and not _REVISION.fullmatch(revision):
        raise InputError(f"{revision!r} is no revision", where=url)
    program = shutil.which("git")
    if program is None:
        raise SourceUnavailable("git is not installed", where=url, hint="or give its path")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "depmap"
    folder = cache / "repositories" / hashlib.sha256(url.encode()).hexdigest()[:24]
    folder.mkdir(parents=True, exist_ok=True)
    _git(program, url, folder, "init", "--quiet")
    fetch = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules")
    _git(program, url, folder, *fetch, "--", url, revision or "HEAD")
    _git(program, url, folder, "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD")
    return folder


def _git(program: str, url: str, folder: Path, *arguments: str) -> None:
    """Run git, which may ask nobody anything."""
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "GIT_CONFIG_NOSYSTEM": "1"}
    try:
        done = subprocess.run(
            (program, *_SAFE, *arguments), cwd=folder, env={**os.environ, **quiet},
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise SourceUnavailable(f"git took more than {SECONDS} s", where=url) from None
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SourceUnavailable(
            f"git could not get it: {why}", where=url, hint="check the address and the revision"
        )
