"""``links``: from trace files to links, without configuration or ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from depmap.cli.output import FORMATS, as_json, as_rows, output_options, write
from depmap.cli.settings import Settings, pass_settings
from depmap.errors import InputError
from depmap.tracing.engines import Engine, link_paths
from depmap.tracing.explaining import explain
from depmap.tracing.naming import Identity
from depmap.tracing.selecting import Selection
from depmap.tracing.stores import StoreIdentity, folded
from depmap.tracing.table import LINK_COLUMNS, link_details, link_record
from depmap.wording import several

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from depmap.model.evidence import Gap
    from depmap.tracing.explaining import Explanation
    from depmap.tracing.links import Link

_IN_TABLE = (
    "consumer",
    "provider",
    "kind",
    "calls",
    "errors",
    "p50_ms",
    "p95_ms",
    "observed",
    "virtual",
    "operation",
)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--by", type=click.Choice(["operation"]), help="Split rows by operation.")
@click.option(
    "--tag", "tags", multiple=True, metavar="KEY=VALUE",
    help="Only traces in which a span or its resource has this attribute. Repeatable.",
)  # fmt: skip
@click.option(
    "--trace", "traces", multiple=True, metavar="ID", help="Only this trace. Repeatable."
)
@click.option(
    "--min-calls", type=click.IntRange(min=1), default=1, help="Only links with as many."
)
@click.option(
    "--identity", type=click.Choice([item.value for item in Identity]), show_default=True,
    default=Identity.NAME.value, help="What tells services apart; each includes those before it.",
)  # fmt: skip
@click.option(
    "--databases", type=click.Choice([item.value for item in StoreIdentity]), show_default=True,
    default=StoreIdentity.ADDRESS.value, help="What tells databases and caches apart.",
)  # fmt: skip
@click.option(
    "--sampling", type=click.FloatRange(0, 1, min_open=True), default=1.0, metavar="SHARE",
    help="The share of traces that was kept (0-1), where they do not record it.",
)  # fmt: skip
@click.option(
    "--explain", "pair", nargs=2, metavar="CONSUMER PROVIDER",
    help="Say why this link is there, or why it may be missing.",
)  # fmt: skip
@click.option(
    "--engine", type=click.Choice([item.value for item in Engine]), default=Engine.LOCAL.value,
    show_default=True, help="What works links out; spark reads spans in Parquet, also by URL.",
)  # fmt: skip
@click.option(
    "--master", metavar="URL", help="Spark's master, as local[2]; else what it is configured for."
)
@click.option("--strict", is_flag=True, help="Exit 1 when there is any gap.")
@output_options(*FORMATS)
@pass_settings
def links(
    settings: Settings,
    paths: tuple[str, ...],
    by: str | None,
    tags: tuple[str, ...],
    traces: tuple[str, ...],
    min_calls: int,
    identity: str,
    databases: str,
    sampling: float,
    pair: tuple[str, str] | None,
    engine: str,
    master: str | None,
    strict: bool,
    form: str,
    output: Path | None,
) -> int:
    """Find the links in trace files of any known format.

    PATH is a file, a folder, or - for standard input; all of them are one set of spans. Jaeger
    JSON, Zipkin JSON, OTLP (JSON or protobuf) and depmap's own Parquet are recognised by their
    content, also packed with gzip or zstd.
    """
    selection = Selection(
        traces=traces,
        tags=tuple(map(_tag, tags)),
        identity=Identity(identity),
        sampling=sampling,
    )
    found, gaps = link_paths(
        paths,
        engine=Engine(engine),
        master=master,
        by_operation=by == "operation",
        selection=selection,
    )
    found = folded(found, StoreIdentity(databases))
    if pair:
        _write_explanation(explain(found, *pair), form, output)
        return 0
    kept = [item for item in found.rows if item.calls >= min_calls]
    _write_links(kept, gaps, form, output)
    if len(kept) < len(found.rows):
        settings.say(f"not shown: {several(len(found.rows) - len(kept), 'link')} with fewer calls")
    for gap in gaps if form != "json" else ():
        settings.say(f"gap: {gap.text}: {gap.why}" + (f" [{gap.locator}]" if gap.locator else ""))
    return 1 if strict and gaps else 0


def _tag(text: str) -> tuple[str, str]:
    """Return the key and value of a tag."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise InputError(f"{text!r} is no tag", where="--tag", hint="write --tag key=value")
    return key, value


def _write_links(
    rows: Sequence[Link], gaps: Sequence[Gap], form: str, output: Path | None
) -> None:
    """Write links, in JSON with all that is known of them."""
    if form == "json":
        unseen = [{"what": gap.text, "why": gap.why, "locator": gap.locator} for gap in gaps]
        told = [{**link_record(item), **link_details(item)} for item in rows]
        write(as_json({"links": told, "gaps": unseen}), output)
        return
    columns = _IN_TABLE if form == "table" else LINK_COLUMNS
    records = [link_record(item) for item in rows]
    table = [[record[column] for column in columns] for record in records]
    write(as_rows(form, columns, table), output)


def _write_explanation(explanation: Explanation, form: str, output: Path | None) -> None:
    """Write why a link is there or not."""
    if form == "json":
        rows = [{**link_record(item), **link_details(item)} for item in explanation.rows]
        write(as_json({"explanation": explanation.record(), "links": rows}), output)
        return
    table = [
        [item.what, item.count or "", item.why, item.example] for item in explanation.findings
    ]
    heading = "is linked to" if explanation.rows else "is not linked to"
    text = as_rows(form, ("what", "count", "why", "example"), table)
    if form == "table":
        text = f"{explanation.consumer} {heading} {explanation.provider}\n\n{text}"
    write(text, output)
