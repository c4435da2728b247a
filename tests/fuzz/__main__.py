"""``python -m tests.fuzz [SECONDS]``: damaged trace files, guided by what readers do.

Needs ``atheris`` (the dependency group ``fuzz``), and stops at the first crash, hang (25 s) or
allocation of 1 GB, leaving the input that led there. Its own memory grows from run to run.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["depmap.tracing"]):
    from tests.tracing.test_packed import SEEDS, survives
    from tests.tracing.test_reading import CALL, VARIANTS
    from tests.tracing.traces import as_jaeger, as_otlp, as_zipkin


def main(seconds: int) -> None:
    """Fuzz every reader."""
    seeds = [*SEEDS, *(made() for made in VARIANTS.values())]
    seeds += [encode(CALL) for encode in (as_jaeger, as_zipkin, as_otlp)]
    with tempfile.TemporaryDirectory(prefix="depmap-fuzz-") as folder:
        for number, seed in enumerate(seeds):
            Path(folder, f"seed-{number}").write_bytes(seed)
        limits = (
            f"-max_total_time={seconds}",
            "-timeout=25",
            "-rss_limit_mb=0",
            "-malloc_limit_mb=1024",
        )
        atheris.Setup([sys.argv[0], folder, *limits, "-max_len=4096"], survives)
        atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 600)
