"""Records of the ledger, to and from JSON: each is a frozen value of the model."""

from __future__ import annotations

from functools import cache

import msgspec

from depmap.model import deployed, facts, relations
from depmap.model.evidence import Audit, Boot, Evidence, Flow, Gap, Node, Shared
from depmap.model.finding import Finding

Record = Evidence | Audit | Boot | Node | Shared | Finding | Gap | Flow | facts.Fact
"""What the ledger holds."""

_FACTS = (facts, deployed, relations)
"""The modules that define facts."""

_ENCODER = msgspec.json.Encoder(order="deterministic")


@cache
def record_types() -> dict[str, type[Record]]:
    """Return each type of record by the name it has on disk."""
    plain: tuple[type[Record], ...] = (Evidence, Audit, Boot, Node, Shared, Finding, Gap, Flow)
    stated = [
        cls
        for module in _FACTS
        for cls in vars(module).values()
        if isinstance(cls, type) and issubclass(cls, facts.Fact)
    ]
    return {cls.__name__: cls for cls in (*plain, *stated)}


@cache
def _decoder(name: str) -> msgspec.json.Decoder[Record]:
    return msgspec.json.Decoder(record_types()[name])


def encode(record: Record) -> str:
    """Return a record as JSON, keys in the order of its fields."""
    return _ENCODER.encode(record).decode()


def decode(name: str, body: str) -> Record:
    """Return the record that was encoded; ``name`` is that of its type."""
    return _decoder(name).decode(body)
