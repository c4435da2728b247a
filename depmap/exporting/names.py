"""Names that a target takes, whatever the services are called."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.exporting.order import Unit

_LONGEST_STEM = 40
_HASHES = (6, 12, 64)


def safe_ids(units: Iterable[Unit], *, allowed: re.Pattern[str], lower: bool) -> dict[Unit, str]:
    """Return an identifier for each unit: its name where that is allowed, else one made from it.

    Made ones end in a hash of the name, so that they stay the same whoever else is there. No two
    identifiers differ in case only.

    Args:
        units: services, or cycles of several.
        allowed: what the target takes, letters, digits and single hyphens being part of it.
        lower: whether made identifiers are lower case.
    """
    ids: dict[Unit, str] = {}
    taken: set[str] = set()
    rest: list[Unit] = []
    for unit in sorted(units):
        name = unit[0]
        if len(unit) == 1 and allowed.fullmatch(name) and name.casefold() not in taken:
            ids[unit] = name
            taken.add(name.casefold())
        else:
            rest.append(unit)
    for unit in rest:
        made = (_made(unit, length, lower=lower) for length in _HASHES)
        ids[unit] = next(name for name in made if name.casefold() not in taken)
        taken.add(ids[unit].casefold())
    return ids


def _made(unit: Unit, length: int, *, lower: bool) -> str:
    text = "-".join(unit).lower() if lower else "-".join(unit)
    stem = re.sub(r"[^A-Za-z0-9]+", "-", text)[:_LONGEST_STEM].strip("-")
    digest = hashlib.sha256(json.dumps(unit).encode()).hexdigest()[:length]
    return f"{stem if stem[:1].isalpha() else f's-{stem}'.rstrip('-')}-{digest}"
