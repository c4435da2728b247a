"""Precision and recall of a scan against a hand-read truth. Knows the JSON, not the code."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.accuracy.truths import FAMILY, Coupling, Row, Truth, normal

NEAR = 5
"""Lines that a place may be off."""

CONFIRMED = 0.5
_GROUPS = {
    "service": ("service", "rpc", "event"),
    "infrastructure": ("database", "cache", "search", "messaging"),
    "startup": ("startup",),
}


@dataclass(frozen=True, slots=True)
class Measure:
    found: int
    wanted: int
    wrong: int

    @property
    def recall(self) -> float:
        return self.found / self.wanted if self.wanted else 1.0

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.wrong) if self.found + self.wrong else 1.0

    @property
    def f1(self) -> float:
        total = self.recall + self.precision
        return 2 * self.recall * self.precision / total if total else 0.0


@dataclass(slots=True)
class Score:
    measures: dict[str, Measure] = field(default_factory=dict)
    shares: dict[str, tuple[int, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def table(self) -> str:
        lines = [f"{'':<16}{'precision':>10}{'recall':>8}{'F1':>6}   found/wanted, wrong"]
        for name, one in self.measures.items():
            lines.append(
                f"{name:<16}{one.precision:>10.2f}{one.recall:>8.2f}{one.f1:>6.2f}"
                f"   {one.found}/{one.wanted}, {one.wrong}"
            )
        lines += [f"{name:<16}{right:>10}/{total}" for name, (right, total) in self.shares.items()]
        return "\n".join([*lines, *self.notes])


@dataclass(slots=True)
class Found:
    """What a scan says of one (consumer, provider, family)."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def strength(self) -> str:
        held = {row["strength"] for row in self.rows if row["confidence"] >= CONFIRMED}
        return next((one for one in ("strong", "weak", "optional") if one in held), "undetermined")


def score(truth: Truth, scan: dict[str, Any]) -> Score:
    """Compare a scan, as its JSON, with a truth."""
    names = _names(truth, scan)
    found: dict[tuple[str, str, str], Found] = defaultdict(Found)
    for row in scan["evidence"]:
        family = FAMILY.get(row["kind"])
        if family and row["confidence"] >= CONFIRMED and row["stance"] == "supports":
            ends = [
                names.get(normal(row[end]), normal(row[end])) for end in ("consumer", "provider")
            ]
            found[ends[0], ends[1], family].rows.append(row)
    result = Score()
    matched: list[tuple[Row, Found]] = []
    for group in _GROUPS:
        result.measures[group] = _measure(truth, found, group, matched, result.notes)
    result.measures["shared"] = _measure_shared(truth, scan, names, result.notes)
    _shares(truth, found, matched, result)
    return result


def _names(truth: Truth, scan: dict[str, Any]) -> dict[str, str]:
    """Names of the scan as the truth calls them, by way of either one's aliases."""
    known = set(truth.names.values())
    names: dict[str, str] = {}
    for node in scan["services"]:
        every = [truth.name(name) for name in (node["name"], *node["aliases"])]
        names[normal(node["name"])] = next((one for one in every if one in known), every[0])
    return names


def _measure(
    truth: Truth,
    found: dict[tuple[str, str, str], Found],
    group: str,
    matched: list[tuple[Row, Found]],
    notes: list[str],
) -> Measure:
    families = _GROUPS[group]
    hits = wanted = 0
    for row in truth.rows:
        if not set(row.families[:1]) & set(families):
            continue
        keys = [(row.consumer, row.provider, family) for family in row.families]
        key = next((one for one in keys if one in found), None)
        wanted += row.core
        if key is not None:
            hits += row.core
            matched.append((row, found[key]))
        elif row.core:
            notes.append(f"missed: {group} {row.consumer} -> {row.provider} {row.operations}")
    allowed = {(r.consumer, r.provider, family) for r in truth.rows for family in r.families}
    wrong = [key for key in found if key[2] in families and key not in allowed]
    notes.extend(f"wrong: {group} {' -> '.join(key[:2])} ({key[2]})" for key in sorted(wrong))
    return Measure(hits, wanted, len(wrong))


def _measure_shared(
    truth: Truth, scan: dict[str, Any], names: dict[str, str], notes: list[str]
) -> Measure:
    given = [
        Coupling(
            row["kind"], frozenset(names.get(normal(one), normal(one)) for one in row["members"])
        )
        for row in scan["shared"]
        if row["confidence"] >= CONFIRMED
    ]
    hits, used = 0, set[int]()
    core = [one for one in truth.couplings if one.core]
    for row in truth.couplings:
        match = next((n for n, one in enumerate(given) if _covers(one, row)), None)
        if match is not None:
            hits += row.core
            used.add(match)
        elif row.core:
            notes.append(f"missed: shared {row.kind} of {sorted(row.members)}")
    wrong = [one for n, one in enumerate(given) if n not in used]
    notes.extend(f"wrong: shared {one.kind} of {sorted(one.members)}" for one in wrong)
    return Measure(hits, len(core), len(wrong))


def _covers(one: Coupling, row: Coupling) -> bool:
    return one.kind == row.kind and one.members >= row.members


def _shares(
    truth: Truth,
    found: dict[tuple[str, str, str], Found],
    matched: list[tuple[Row, Found]],
    result: Score,
) -> None:
    with_operation = [(row, one) for row, one in matched if row.operations and row.core]
    right = [pair for pair in with_operation if _same_operation(*pair)]
    result.shares["operation"] = (len(right), len(with_operation))
    result.notes.extend(
        f"operation: {row.consumer} -> {row.provider} {row.operations} and not "
        f"{sorted({one['operation'] for one in found.rows})}"
        for row, found in with_operation
        if not _same_operation(row, found)
    )
    _judge(matched, result)
    placed = [(row, one) for row, one in matched if row.places and row.core]
    result.shares["evidence line"] = (sum(_near(*pair) for pair in placed), len(placed))
    confirmed = [row for row in truth.negatives if _reported(row, found)]
    result.shares["negatives said"] = (len(confirmed), len(truth.negatives))
    result.notes.extend(f"negative: {row.consumer} -> {row.provider}" for row in confirmed)


def _judge(matched: list[tuple[Row, Found]], result: Score) -> None:
    judged = [(row, one) for row, one in matched if row.strengths]
    agreeing = [1 for row, one in judged if one.strength in row.strengths]
    result.shares["strength"] = (len(agreeing), len(judged))
    result.notes.extend(
        f"strength: {row.consumer} -> {row.provider} ({row.families[0]}) is {row.strengths}, "
        f"not {one.strength}"
        for row, one in judged
        if one.strength not in row.strengths
    )


def _reported(row: Row, found: dict[tuple[str, str, str], Found]) -> bool:
    return any(
        key[:2] == (row.consumer, row.provider) and (not row.families or key[2] in row.families)
        for key in found
    )


def _plain(operation: str) -> str:
    text = re.sub(r"\{[^{}]*\}|<[^<>]*>", "{}", operation)
    text = re.sub(r"^tables?\s+(\S+).*", r"\1", text)
    return text.rstrip("/").casefold()


def _same_operation(row: Row, found: Found) -> bool:
    given = {_plain(one["operation"]) for one in found.rows}
    given |= {one.partition(" ")[2] for one in given if one.startswith("* ")}
    return any(_plain(one) in given for one in row.operations)


def _near(row: Row, found: Found) -> bool:
    given = [_split(place) for one in found.rows for place in one["locators"]]
    for wanted in row.places:
        path, line = _split(wanted)
        config = not path.endswith(".py")
        if any(path == p and (config or abs(line - n) <= NEAR) for p, n in given):
            return True
    return False


def _split(place: str) -> tuple[str, int]:
    path, _, line = place.rpartition(":")
    number = re.match(r"\d+", line)
    return path, int(number[0]) if number else 0
