"""``import``: spreadsheets and catalogues into the ledger."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from depmap.cli.output import FORMATS, as_json, as_rows, output_options, write
from depmap.cli.settings import Settings, pass_settings
from depmap.errors import InputError
from depmap.model.evidence import Evidence, Gap
from depmap.wording import several

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.collecting.port import Collector

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_COLUMNS = ("consumer", "provider", "kind", "strength", "when", "stance", "place")


@click.command("import")
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="PATH...",
    type=click.Path(path_type=Path, exists=True),
)
@click.option(
    "--map",
    "header_map",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A TOML file that says what the headers of a foreign table mean.",
)
@click.option("--name", default="", help="The source's name in the ledger; from the file's.")
@click.option("--dry-run", is_flag=True, help="Show what would be imported, write nothing.")
@click.option("--strict", is_flag=True, help="Exit 1 when there is any gap.")
@output_options(*FORMATS)
@pass_settings
def import_(
    settings: Settings,
    paths: tuple[Path, ...],
    header_map: Path | None,
    name: str,
    dry_run: bool,
    strict: bool,
    form: str,
    output: Path | None,
) -> int:
    """Read answers from PATH into the ledger.

    PATH is an .xlsx or .csv table, or a Backstage catalogue: YAML files or a folder with them. A
    filled-in `depmap interview sheet` is read back as it is; other tables need a --map with
    [columns] such as consumer = "Calling system". Every answer keeps the cell it stands in.
    Importing under the same name again replaces what was imported before.
    """
    from depmap.collecting.port import EVER
    from depmap.interviewing.writing import on_one_line

    collector = _collector(paths, header_map)
    items = list(collector.collect(EVER))
    claims = [item for item in items if isinstance(item, Evidence)]
    gaps = [item for item in items if isinstance(item, Gap)]
    for gap in gaps:
        text = f"{gap.locator}: {gap.what}" + (f": {gap.why}" if gap.why else "")
        settings.say(on_one_line(text))
    if gaps and not claims:
        raise InputError("there is no answer in it that could be imported", where=str(paths[0]))
    write(_shown(claims, form), output)
    if not dry_run:
        source = name or f"import-{_UNSAFE.sub('-', paths[0].stem)}"
        _keep(settings, source, collector)
        settings.say(f"written to the ledger as {source}; `depmap build` joins it")
    settings.say(f"{several(len(claims), 'answer')}, {several(len(gaps), 'gap')}")
    return 1 if strict and gaps else 0


def _collector(paths: Sequence[Path], header_map: Path | None) -> Collector:
    from depmap.collecting.discovery import collector_type

    kinds = {
        "backstage" if path.suffix.casefold() in {".yaml", ".yml"} or path.is_dir() else "tables"
        for path in paths
    }
    if len(kinds) > 1:
        raise InputError("import tables and catalogues one after the other")
    (kind,) = kinds
    if kind == "backstage":
        if header_map:
            raise InputError("a catalogue needs no map of headers", where=str(header_map))
        return collector_type(kind)(paths=tuple(paths))  # type: ignore[call-arg]
    return collector_type(kind)(paths=tuple(paths), map=header_map)  # type: ignore[call-arg]


def _keep(settings: Settings, source: str, collector: Collector) -> None:
    from depmap import pipeline
    from depmap.config import ConfiguredSource

    project = settings.project()
    if any(item.name == source for item in project.sources):
        raise InputError(
            f"depmap.toml has a source {source!r} already", hint="give another --name"
        )
    only = dataclasses.replace(project, sources=(ConfiguredSource(source, collector),))
    pipeline.collect(only)


def _shown(claims: Sequence[Evidence], form: str) -> str:
    rows = [
        (
            item.consumer,
            item.provider,
            item.kind.value,
            item.strength.value,
            item.when,
            item.stance.value,
            ", ".join(item.locators),
        )
        for item in claims
    ]
    if form == "json":
        return as_json({"answers": [dict(zip(_COLUMNS, row, strict=True)) for row in rows]})
    return as_rows(form, _COLUMNS, rows)
