"""Tables in the format that was asked for, to stdout or a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SCHEMA_VERSION = 1
FORMATS = ("table", "json", "csv", "markdown")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def output_options(*formats: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--format`` (the first is the default) and ``--output``."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        choice = click.Choice(formats)
        command = click.option(
            "--output", type=click.Path(path_type=Path), help="Write to a file instead of stdout."
        )(command)
        return click.option(
            "--format", "form", type=choice, default=formats[0], show_default=True
        )(command)

    return decorate


def write(text: str, output: Path | None) -> None:
    """Write to stdout, or to a file."""
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")


def as_json(data: dict[str, Any]) -> str:
    """Return data as JSON with ``schema_version`` first."""
    import msgspec

    packed = msgspec.json.encode({"schema_version": SCHEMA_VERSION, **data})
    return msgspec.json.format(packed, indent=2).decode() + "\n"


def as_rows(form: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return rows as table, CSV or Markdown."""
    texts = [[_text(value) for value in row] for row in rows]
    if form == "csv":
        return _csv(columns, texts)
    if form == "markdown":
        return _markdown(columns, texts)
    return _table(columns, texts)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return str(value)


def _csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    # A spreadsheet would run a cell that begins like a formula.
    writer.writerows(
        [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows
    )
    return target.getvalue()


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [list(columns), *([cell.replace("\n", " ") for cell in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in lines
    )
