"""Links with and without the statistics for strength and impact, in one process.

Run as ``python -m tests.bench.bare HOW FILE``, HOW being ``bare`` or ``full``. Bare leaves out the
units, critical paths, loads and call-tree shapes; everything else is the same code.
"""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import numpy as np

from depmap.tracing.drawing import Drawn
from depmap.tracing.engines.local import link_paths
from depmap.tracing.units import Units
from depmap.tracing.waits import Waits

if TYPE_CHECKING:
    from depmap.model.evidence import Flow
    from depmap.tracing.calls import Calls, Column, Scene


def _no_waits(_scene: Scene, calls: Calls) -> Waits:
    nothing = np.zeros(len(calls), np.bool_)
    return Waits(np.full(len(calls), -1), nothing, nothing)


def _no_units(_scene: Scene, _calls: Calls, _row: Column, _unit: Column, many: int) -> Units:
    none, empty = np.zeros(many, np.int64), np.zeros(0, np.int64)
    return Units(
        failed=none, failed_too=none, clean=none, clean_failed=none, minute_row=empty,
        minute=empty, retries=none, failed_finally=none, weights=(none,) * 4, splits=[()] * many,
    )  # fmt: skip


def _no_draw(_scene: Scene, _calls: Calls, _row: Column, many: int) -> Drawn:
    return Drawn(critical=[()] * many, seen=[()] * many)


def _no_flows(_scene: Scene, _calls: Calls, _waited: Column) -> tuple[list[Flow], Counter[str]]:
    return [], Counter()


def _no_load(_scene: Scene) -> tuple[tuple[int, int], ...]:
    return ()


BARE: Final[dict[str, dict[str, Any]]] = {
    "depmap.tracing.linking": {
        "waits_of": _no_waits, "flows_of": _no_flows, "load_of": _no_load,
    },
    "depmap.tracing.rows": {"draw": _no_draw, "count_units": _no_units},
}  # fmt: skip


def main(how: str, path: Path) -> None:
    """Link a file, with the statistics or without."""
    with ExitStack() as left_out:
        for module, functions in BARE.items() if how == "bare" else ():
            left_out.enter_context(patch.multiple(module, **functions))
        link_paths([path], processes=1)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
