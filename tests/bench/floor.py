"""The floor: the same file through bare msgspec decoding, and nothing else.

Run as ``python -m tests.bench.floor FORM FILE``.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import msgspec

from depmap.tracing.reading import jaeger_wire as jaeger
from depmap.tracing.reading import otlp_wire as otlp
from depmap.tracing.reading import zipkin

_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_TRACE = msgspec.json.Decoder(list[zipkin.Lean])
_JAEGER = msgspec.json.Decoder(jaeger.LeanTrace)
_OTLP = msgspec.json.Decoder(otlp.Document[otlp.LeanGroup])
_ANSWER = msgspec.json.Decoder(jaeger.Document)


def main(form: str, path: Path) -> None:
    """Decode a file, one trace or line at a time."""
    gc.disable()
    if form == "otlp":
        with path.open("rb") as stream:
            for line in stream:
                _OTLP.decode(line)
        return
    data = path.read_bytes()
    if form == "zipkin":
        for piece in _RAWS.decode(data):
            _TRACE.decode(piece)
    else:
        for piece in _ANSWER.decode(data).data or ():
            _JAEGER.decode(piece)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
