"""One measured run of a program: wall time, processor time, memory of all its processes together,
and how much of the machine others used meanwhile, by which a figure can be believed or not.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).parents[2]
_STEP: Final = 0.05
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_SHARE: Final = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_IDLE: Final = (3, 4)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took.

    Attributes:
        wall: seconds.
        cpu: processor seconds of all its processes.
        others: cores that other processes used meanwhile.
        peak: memory of all its processes together, in MB; pages they share count once.
    """

    wall: float
    cpu: float
    others: float
    peak: float


def python(*arguments: str) -> list[str]:
    """Return the command of a Python program."""
    return [sys.executable, *arguments]


def links(path: Path, *options: str) -> list[str]:
    """Return the command of ``depmap links``, its output thrown away."""
    return python("-m", "depmap", "links", str(path), "--format", "json", "--output", os.devnull,
                  *options)  # fmt: skip


def run(command: Sequence[str], times: int = 1) -> Run:
    """Run a program, and return the fastest of several runs.

    Raises:
        CalledProcessError: it fails.
    """
    return min((_once(command) for _ in range(times)), key=lambda found: found.wall)


def _once(command: Sequence[str]) -> Run:
    busy, own, waited = _busy(), time.process_time(), _of_children()
    begun = time.perf_counter()
    peak = 0
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            peak = max(peak, _memory(process.pid))
            time.sleep(_STEP)
    wall = time.perf_counter() - begun
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    cpu = _of_children() - waited
    others = _busy() - busy - cpu - (time.process_time() - own)
    return Run(wall, cpu, max(0.0, others) / wall, peak / 1e6)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _busy() -> float:
    """Return the seconds all cores have worked since the machine started."""
    fields = [int(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(fields[:8]) - sum(fields[at] for at in _IDLE)) / _TICKS


def _memory(pid: int) -> int:
    """Return the memory of a process and all below it, in bytes; shared pages count once."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    found = _SHARE.search(text)
    own = int(found[1]) * 1024 if found else 0
    return own + sum(_memory(int(child)) for child in below)
