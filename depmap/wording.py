"""Counts in sentences."""

from __future__ import annotations


def several(amount: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun: ``1 pair``, ``2 pairs``."""
    return f"{amount:,} {noun if amount == 1 else plural or f'{noun}s'}"


def dependencies(amount: int) -> str:
    """Return a count of dependencies, as the subject of a sentence."""
    return several(amount, "dependency", "dependencies")
