"""The review as Markdown: the same story, short enough for a pull request or a meeting."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from depmap.reporting import charts, content, sentences, strengths, unknown
from depmap.reporting.matrix_view import look
from depmap.reporting.sentences import MARKS, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from depmap.model.finding import Finding
    from depmap.model.snapshot import Snapshot
    from depmap.model.words import Layer

ROWS = 20
"""A meeting reads no longer table; it says what it leaves out, and where that is."""

WIDE = 30
"""A wider matrix is not readable as Markdown: it is counted, and the CSV named."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$&])")


def render_markdown(snapshot: Snapshot) -> str:
    """Return the review as Markdown."""
    parts = (
        _front,
        _matrix,
        _phases,
        _hidden,
        _disagreements,
        _operations,
        _impact,
        _gaps,
        _sources,
    )
    told = [list(part(snapshot)) for part in parts]
    return "\n\n".join("\n".join(lines).rstrip() for lines in told if lines) + "\n"


def matrix_markdown(snapshot: Snapshot, layer: Layer | None = None) -> str:
    """Return the matrix of one layer or of all as a Markdown table."""
    view = look(snapshot, layer, fold_above=len(snapshot.matrix.names))
    marks = {(cell.row, cell.column): MARKS[cell.strength] for cell in view.cells}
    names = [block.members[0] for block in view.blocks]
    numbers = [str(index + 1) for index in range(len(names))]
    rows = [
        [
            f"{row + 1} {text(name)}",
            *(marks.get((row, column), "") for column in range(len(names))),
        ]
        for row, name in enumerate(names)
    ]
    legend = ", ".join(f"{mark} {strength.value}" for strength, mark in MARKS.items())
    lines = [f"{sentences.CONVENTION} {legend}.", ""]
    lines += table(["", *numbers], rows, centred=True)
    lines += ["", f"{sentences.layer_title(layer).capitalize()}: {view.balance}."]
    return "\n".join(lines) + "\n"


def text(value: str) -> str:
    """Return text in which no character means anything to Markdown or HTML."""
    return _SPECIAL.sub(r"\\\1", plain(value)).replace("\n", " ")


def code(value: str) -> str:
    """Return text as a code span, also inside a table."""
    inner = plain(value).replace("`", "'").replace("|", "\\|")
    return f"`{inner}`"


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, centred: bool = False
) -> list[str]:
    """Return a table; its cells are already escaped."""
    rule = [":-:" if centred and index else "---" for index in range(len(header))]
    return [f"| {' | '.join(row)} |" for row in (header, rule, *rows)]


def _front(snapshot: Snapshot) -> Iterator[str]:
    yield f"# {text(snapshot.project)}: dependency review {text(snapshot.quarter)}"
    yield ""
    yield f"As of {sentences.day(snapshot.as_of)}. {' '.join(content.verdict(snapshot))}"
    for sentence in content.failed_sources(snapshot):
        yield ""
        yield f"**This review is partial.** {text(sentence)}"
    yield ""
    numbers = [[item.value, item.label, item.detail] for item in content.headlines(snapshot)]
    yield from table(["", "What", "Of which"], numbers)
    yield ""
    yield "## Decisions wanted"
    yield ""
    decisions = snapshot.findings[: content.DECISIONS]
    for index, item in enumerate(decisions, start=1):
        yield f"{index}. **{item.severity}** {text(item.message)} {code(item.fingerprint)}"
        yield from (f"   - {text(detail)}" for detail in item.details[:4])
    if not decisions:
        yield "None."
    yield from _more(len(decisions), len(snapshot.findings), "findings", "index.html")


def _matrix(snapshot: Snapshot) -> Iterator[str]:
    yield "## Matrix"
    yield ""
    if len(snapshot.matrix.names) <= WIDE:
        yield matrix_markdown(snapshot).rstrip()
    else:
        yield f"{len(snapshot.matrix.names):,} rows: see `index.html` or `matrix.csv`."
    above = content.backward(snapshot)
    if above:
        yield ""
        yield "Above the diagonal, pointing at what comes later:"
        yield ""
        yield from (f"- {text(sentences.dependency(item))}" for item in above[:ROWS])
        yield from _more(ROWS, len(above), "dependencies", "index.html")


def _phases(snapshot: Snapshot) -> Iterator[str]:
    yield "## Phases and waves"
    yield ""
    rows = [
        [sentences.PHASE_TITLES[row.phase], str(number), _units(units)]
        for row in content.phase_rows(snapshot)
        for number, units in row.waves
    ]
    yield from table(["Phase", "Wave", "Together"], rows)
    lines = [text(sentences.cycle(item)) for item in snapshot.plan.cycles]
    lines += [text(note) for note in snapshot.plan.notes]
    lines += [
        f"Gate after {gate.phase}: {text(sentences.gate(gate))}" for gate in snapshot.plan.gates
    ]
    if lines:
        yield ""
        yield from (f"- {line}" for line in lines)


def _units(units: Sequence[tuple[str, ...]]) -> str:
    shown = ", ".join(" + ".join(text(name) for name in unit) for unit in units[:ROWS])
    rest = len(units) - ROWS
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def _hidden(snapshot: Snapshot) -> Iterator[str]:
    yield "## Hidden dependencies"
    yield ""
    found = [
        [text(row.words), f"{row.amount:,}"] for row in charts.combinations(snapshot.coverage)
    ]
    yield from table(["Found by exactly", "Dependencies"], found)
    yield from _missing(snapshot)
    yield from _section(content.findings_by_section(snapshot)["hidden"])
    alone = content.single_source(snapshot)
    if alone:
        yield ""
        yield "Found by one source alone:"
        yield ""
        for item in alone[:ROWS]:
            said = text(sentences.dependency(item))
            yield f"- {item.sources[0]}: {said}{_where(item.evidence[0].locators)}"
        yield from _more(ROWS, len(alone), "dependencies", "dependencies.csv")
    doubtful = content.unconfirmed(snapshot)
    if doubtful:
        yield ""
        yield "Claimed and not confirmed:"
        yield ""
        yield from (f"- {text(sentences.dependency(item))}" for item in doubtful[:ROWS])
        yield from _more(ROWS, len(doubtful), "dependencies", "dependencies.csv")


def _missing(snapshot: Snapshot) -> Iterator[str]:
    """How much is missing, what could be judged, and what to find out next."""
    known = snapshot.coverage
    for sentence in unknown.measured(known):
        yield ""
        yield text(sentence)
    if known.kinds:
        yield ""
        yield from table(unknown.KINDS, _cells(map(unknown.kind_row, known.kinds)))
        yield ""
        yield f"{unknown.UNSEEN} {text(unknown.floor(known))}"
    if known.growth:
        yield ""
        yield text(unknown.growth(known.growth))
    if snapshot.incidents:
        yield ""
    for item in snapshot.incidents[:ROWS]:
        yield f"- {text(unknown.incident(item))}{_where(item.locators)}"
    if snapshot.detections:
        yield ""
        yield from table(
            unknown.DETECTIONS, _cells(map(unknown.detection_row, snapshot.detections))
        )
    if snapshot.inquiries:
        asked = snapshot.inquiries[: content.ASKED]
        yield ""
        yield "What to find out next, by the share of all requests that it would change:"
        yield ""
        yield from table(unknown.INQUIRIES, _cells(unknown.inquiry_rows(snapshot, asked)))
        yield from _more(content.ASKED, len(snapshot.inquiries), "questions", "depmap ask")


def _cells(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    return [[text(cell) for cell in row] for row in rows]


def _where(locators: Sequence[str]) -> str:
    return f" {code(locators[0])}" if locators else ""


def _disagreements(snapshot: Snapshot) -> Iterator[str]:
    sections = content.findings_by_section(snapshot)
    yield "## Disagreements"
    yield from _section(sections["conflict"]) if sections["conflict"] else ("", "None.")
    yield ""
    yield "## Other findings"
    yield from _section(sections["other"]) if sections["other"] else ("", "None.")


def _operations(snapshot: Snapshot) -> Iterator[str]:
    """Fold the strengths by operation away, of those that differ rather than not."""
    several = [i for i in snapshot.matrix.confirmed() if strengths.by_operation(i.strength)]
    found = [item for item in several if item.strength.differs >= strengths.LIKELY]
    found.sort(key=lambda item: (-item.strength.differs, item.key))
    if several:
        yield "## Strength by operation"
        yield ""
        yield strengths.tally(several)
    for item in found[:ROWS]:
        pair = f"{item.consumer} -> {item.provider} ({item.kind.value})"
        said = f"{plain(pair)}: {strengths.differing(item.strength)}"
        yield ""
        # a backslash escapes nothing within HTML
        yield f"<details><summary>{escape(said)}</summary>"
        yield ""
        yield from table(strengths.OPERATIONS, _cells(strengths.operation_rows(item.strength)))
        yield ""
        yield from filter(None, (strengths.left_out(item.strength),))
        yield "</details>"
    yield from _more(ROWS, len(found), "dependencies", "index.html")


def _section(findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield ""
    for item in findings[:ROWS]:
        yield f"- **{item.severity}** {text(item.message)} {code(item.fingerprint)}"
        yield from (f"  - {text(detail)}" for detail in item.details[:4])
    yield from _more(ROWS, len(findings), "findings", "index.html")


def _impact(snapshot: Snapshot) -> Iterator[str]:
    yield "## What fails when"
    yield ""
    losses = content.losses(snapshot)
    rows = [
        [text(item.impact.node), _share(item), text(sentences.listed(item.impact.fails, 6))]
        for item in losses[:ROWS]
    ]
    yield from table(["Down", "Of all requests fail", "Stops"], rows)
    yield from _more(ROWS, len(losses), "nodes", "index.html")


def _share(item: content.Loss) -> str:
    if item.expected is None:
        return "no traces"
    return text(sentences.share(item.expected, item.best, item.worst))


def _gaps(snapshot: Snapshot) -> Iterator[str]:
    yield "## Gaps"
    yield ""
    yield from (f"- {text(sentences.gap(item))}" for item in snapshot.gaps[:ROWS])
    if not snapshot.gaps:
        yield "None."
    yield from _more(ROWS, len(snapshot.gaps), "gaps", "index.html")


def _sources(snapshot: Snapshot) -> Iterator[str]:
    yield "## Sources"
    yield ""
    rows = [
        [text(item.name), text(item.collector), text(sentences.freshness(item, snapshot.as_of))]
        for item in snapshot.sources
    ]
    yield from table(["Source", "Collector", "Brought"], rows)


def _more(shown: int, total: int, noun: str, where: str) -> Iterator[str]:
    if total > shown:
        yield ""
        yield f"{shown:,} of {total:,} {noun} are shown; all are in `{where}`."
