"""``collectors`` and ``schema``: what depmap itself can do."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click
import msgspec

from depmap.cli.output import FORMATS, as_json, as_rows, output_options, write
from depmap.cli.schemas import SCHEMAS
from depmap.collecting.discovery import collector_types

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@output_options(*FORMATS)
def collectors(form: str, output: Path | None) -> None:
    """List the collectors and their options."""
    rows = [
        (name, cls.source.value, option.name, option.metadata.get("help", ""))
        for name, cls in collector_types().items()
        for option in dataclasses.fields(cls)
    ]
    columns = ("collector", "source", "option", "meaning")
    if form == "json":
        data = [dict(zip(columns, row, strict=True)) for row in rows]
        write(as_json({"collectors": data}), output)
    else:
        write(as_rows(form, columns, rows), output)


@click.command()
@click.argument("name", type=click.Choice(list(SCHEMAS)))
def schema(name: str) -> None:
    """Print the JSON schema of an output."""
    packed = msgspec.json.encode(SCHEMAS[name](), order="sorted")
    click.echo(msgspec.json.format(packed, indent=2))
