"""``python -m tests.bench [NAME...]``: speed and memory, as ratios measured in one run.

Names: files, growth, statistics, others, parquet, spark, scan, build; all of them by default.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
from typing import TYPE_CHECKING, Final

from tests.bench.lake import lake
from tests.bench.measuring import Run, links, python, run
from tests.bench.writing import BLOCK, ENCODERS, file, forget, scratch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZES: Final = (BLOCK, 4 * BLOCK, 16 * BLOCK)
WIDE: Final = 160 * BLOCK
TIMES: Final = 3


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def told(what: str, spans: int, found: Run, more: str = "") -> None:
    """Print one figure as a row of a table."""
    say(
        f"| {what} | {spans:,} | {found.wall:.2f} | {spans / found.wall:,.0f} | {found.cpu:.2f} "
        f"| {found.peak:,.0f} | {found.others:.2f} | {more} |"
    )


def heading(text: str) -> None:
    """Print the head of a table."""
    say(f"\n## {text}\n")
    say("| what | spans | wall s | spans/s | CPU s | peak MB | others' cores | ratio |")
    say("|---|---|---|---|---|---|---|---|")


def files(folder: Path) -> None:
    """Whole process, file to links, against the floor."""
    for heavy in (False, True):
        heading(f"File to links, {'12' if heavy else '4'} attributes a span")
        for form in ENCODERS:
            for spans in SIZES:
                path = file(folder, form, spans, heavy=heavy)
                times = TIMES if spans < SIZES[-1] else 1
                floor = run(python("-m", "tests.bench.floor", form, str(path)), times)
                found = run(links(path), times)
                ratio = f"{found.wall / floor.wall:.2f} x floor ({floor.wall:.2f} s)"
                told(form, spans, found, ratio)


def growth(folder: Path) -> None:
    """Sixteen times the data, less than eighteen times the time."""
    heading("Growth: 16 times the data")
    for form in ENCODERS:
        small, large = (
            run(links(file(folder, form, spans, heavy=False)), times)
            for spans, times in ((SIZES[0], TIMES), (SIZES[-1], 1))
        )
        told(form, SIZES[-1], large, f"{large.wall / small.wall:.1f} x the time")


def statistics(folder: Path) -> None:
    """What the statistics for strength and impact cost beside bare links, in one process."""
    heading("Statistics: units, critical paths, loads and call-tree shapes")
    spans = SIZES[1]
    for form in ENCODERS:
        path = file(folder, form, spans, heavy=False)
        bare, full = (
            run(python("-m", "tests.bench.bare", how, str(path)), TIMES)
            for how in ("bare", "full")
        )
        told(f"{form}, bare", spans, bare)
        told(f"{form}, with statistics", spans, full, f"{full.wall / bare.wall:.2f} x bare")


def others(folder: Path) -> None:
    """Against what one would write without it."""
    heading("Zipkin JSON, against a loop over parents and against pandas")
    spans = SIZES[1]
    path = file(folder, "zipkin", spans, heavy=False)
    found = run(links(path), TIMES)
    told("depmap", spans, found, "1")
    for way in ("loop", "pandas"):
        other = run(python("-m", "tests.bench.others", way, str(path)))
        told(way, spans, other, f"{other.wall / found.wall:.2f} x depmap")


def parquet(folder: Path) -> None:
    """From Parquet, in memory and on disk."""
    heading("Parquet to links")
    for spans, times in ((SIZES[-1], TIMES), (WIDE, 1)):
        told("parquet", spans, run(links(lake(folder, spans)), times))


def spark(folder: Path) -> None:
    """The same on Spark, in this machine."""
    heading("Parquet to links on Spark, local[2]")
    if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
        say("Spark or Java is not there.")
        return
    options = ("--engine", "spark", "--master", "local[2]")
    told("spark", SIZES[-1], run(links(lake(folder, SIZES[-1]), *options)))


def scan(folder: Path) -> None:
    """Scanning code; measured by a module of its own."""
    del folder  # it makes a tree of its own, which it scans cold
    if importlib.util.find_spec("tests.bench.scan"):
        importlib.import_module("tests.bench.scan").main()


def build(folder: Path) -> None:
    """From a ledger to a snapshot; measured by a module of its own."""
    importlib.import_module("tests.bench.build").main(folder, say)


ALL: Final[dict[str, Callable[[Path], None]]] = {
    "files": files,
    "growth": growth,
    "statistics": statistics,
    "others": others,
    "parquet": parquet,
    "spark": spark,
    "scan": scan,
    "build": build,
}


def main(names: list[str]) -> int:
    """Run benchmarks by name."""
    unknown = set(names) - set(ALL)
    if unknown:
        say(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
        return 2
    folder = scratch()
    forget(folder)
    say(f"{len(os.sched_getaffinity(0))} cores; a figure is void where others used many of them")
    for name in names or ALL:
        ALL[name](folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
