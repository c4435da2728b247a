"""``links``: from trace files to links, without configuration or ledger."""

from __future__ import annotations

from pathlib import Path

import click

from depmap.cli.output import FORMATS, as_json, as_rows, output_options, write
from depmap.cli.settings import Settings, pass_settings
from depmap.tracing.files import link_files
from depmap.tracing.table import LINK_COLUMNS, link_record

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
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path)
)
@click.option("--by", type=click.Choice(["operation"]), help="Split rows by operation.")
@click.option("--strict", is_flag=True, help="Exit 1 when there is any gap.")
@output_options(*FORMATS)
@pass_settings
def links(
    settings: Settings,
    paths: tuple[Path, ...],
    by: str | None,
    strict: bool,
    form: str,
    output: Path | None,
) -> int:
    """Find the links in trace files of any known format.

    PATH is a file, a folder, or - for standard input; all of them are one set of spans. Jaeger
    JSON, Zipkin v2 JSON and OTLP JSON are recognised by their content, also compressed.
    """
    found, gaps = link_files(paths, by_operation=by == "operation")
    rows = [link_record(item) for item in found.rows]
    if form == "json":
        unseen = [{"what": gap.what, "why": gap.why, "locator": gap.locator} for gap in gaps]
        write(as_json({"links": rows, "gaps": unseen}), output)
    else:
        columns = _IN_TABLE if form == "table" else LINK_COLUMNS
        table = [[row[column] for column in columns] for row in rows]
        write(as_rows(form, columns, table), output)
    for gap in gaps if form != "json" else ():
        settings.say(f"gap: {gap.what}: {gap.why}" + (f" [{gap.locator}]" if gap.locator else ""))
    return 1 if strict and gaps else 0
