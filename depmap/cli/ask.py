"""``ask``: what to find out next, by what it would change; as a list or as a questionnaire."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from depmap.cli.output import as_json, as_rows, output_options, write
from depmap.cli.settings import Settings, pass_settings
from depmap.reporting.unknown import known, worth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depmap.interviewing.questions import Question
    from depmap.model.coverage import Inquiry
    from depmap.model.snapshot import Snapshot

_SUFFIXES = frozenset({".yaml", ".yml"})
_COLUMNS = ("value", "how", "about", "dependency", "ask", "question", "known so far")


@click.command()
@click.option(
    "--most", type=click.IntRange(min=1), default=20, show_default=True, help="So many at most."
)
@click.option("--snapshot", type=click.Path(path_type=Path), help="The snapshot; the newest.")
@output_options("table", "json", "markdown", "yaml")
@pass_settings
def ask(
    settings: Settings, most: int, snapshot: Path | None, form: str, output: Path | None
) -> None:
    """Rank the next failure experiments and interview questions by what they would change.

    The value is the share of all requests by which the expected impact of a failure would change.
    As YAML it is a questionnaire: one interview a service, with ? where a person must decide. An
    --output FILE that ends in .yaml is written so.
    """
    loaded = settings.snapshot(snapshot)
    chosen = loaded.inquiries[:most]
    held = {item.key: item for item in loaded.matrix.dependencies}
    if form == "table" and output is not None and output.suffix in _SUFFIXES:
        form = "yaml"
    if form == "yaml":
        write(_questionnaire(loaded, chosen), output)
        experiments = sum(item.how == "experiment" for item in chosen)
        if experiments:
            verb = "is an experiment" if experiments == 1 else "are experiments"
            settings.say(f"{experiments} more {verb}: `depmap ask` says which")
    elif form == "json":
        told = [{**asdict(item), "known": known(item, held)} for item in chosen]
        write(as_json({"inquiries": told}), output)
    elif not chosen and form == "table":
        write("nothing is open that a question would change", output)
    else:
        rows = [(*_row(item), known(item, held)) for item in chosen]
        write(as_rows(form, _COLUMNS, rows), output)


def _row(item: Inquiry) -> tuple[str, ...]:
    pair = f"{item.consumer} -> {item.provider}" if item.provider else item.consumer
    return (worth(item), item.how, item.about, pair, item.whom, item.question)


def _questionnaire(snapshot: Snapshot, chosen: Sequence[Inquiry]) -> str:
    """Return the questions to people as interviews, one document for each service."""
    from depmap.interviewing.writing import new_interview, on_one_line

    asked = [item for item in chosen if item.how == "interview"]
    documents = []
    for consumer in dict.fromkeys(item.consumer for item in asked):
        node = snapshot.node(consumer)
        if node is None:
            continue
        mine = [item for item in asked if item.consumer == consumer]
        loose = [f"# ask: {on_one_line(item.question)}\n" for item in mine if not item.provider]
        entries = list(_entries(snapshot, consumer, mine))
        documents.append(new_interview(node, entries, snapshot.as_of) + "".join(loose))
    return "---\n".join(documents) or "# no question is open that a person could answer\n"


def _entries(snapshot: Snapshot, consumer: str, asked: Sequence[Inquiry]) -> Iterator[Question]:
    """Yield each dependency that is asked about once, with the question above what is known."""
    from depmap.interviewing.questions import Question, questions, target_of

    known = {(item.provider, item.kind): item for item in questions(snapshot, consumer)}
    done: set[tuple[str, str | None]] = set()
    for item in asked:
        key = (item.provider, None if item.kind and item.kind.is_call else item.kind)
        if not item.provider or key in done:
            continue
        done.add(key)
        node = snapshot.node(item.provider)
        new = Question(
            consumer=consumer,
            provider=item.provider,
            target=target_of(node.kind) if node else "service",
            kind=key[1],
            seen=item.because,
        )
        found = known.get(key, new)
        yield replace(found, seen=(item.question, *found.seen))
