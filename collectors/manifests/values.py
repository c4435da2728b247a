"""The values that a chart is filled in with, as plain values."""

from __future__ import annotations

from typing import Any

from collectors.manifests import yamls
from collectors.manifests.yamls import Item

MAX_DIGITS = 15
_FIXED: dict[str, bool] = {"true": True, "false": False}


def read(text: str) -> Any:
    """The first document of a text; None where there is none."""
    return next((plain(one) for one in yamls.documents(text, "") if isinstance(one, Item)), None)


def mapping(text: str) -> dict[str, Any]:
    """The first document of a text, where it is a mapping; else an empty one."""
    found = read(text)
    return found if isinstance(found, dict) else {}


def plain(item: Item) -> Any:
    """An item as a plain value: whole numbers and switches as what they are."""
    if isinstance(item.value, dict):
        return {key: plain(one) for key, one in item.value.items()}
    if isinstance(item.value, list):
        return [plain(one) for one in item.value]
    if item.value is None:
        return None
    if item.text.lower() in _FIXED:
        return _FIXED[item.text.lower()]
    whole = item.text.removeprefix("-")
    short = whole.isdecimal() and whole.isascii() and len(whole) <= MAX_DIGITS
    return int(item.text) if short and (whole == "0" or whole[0] != "0") else item.text
