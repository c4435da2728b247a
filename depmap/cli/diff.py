"""``diff``: what changed between two snapshots."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from depmap.cli.output import FORMATS, as_json, as_rows, output_options, write
from depmap.history.diff import changes
from depmap.history.store import load

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option("--exit-code", is_flag=True, help="Exit 1 when anything changed.")
@output_options(*FORMATS)
def diff(old: Path, new: Path, exit_code: bool, form: str, output: Path | None) -> int:
    """Show what changed from the snapshot OLD to the snapshot NEW."""
    found = changes(load(old), load(new))
    if form == "json":
        write(as_json({"changes": [asdict(item) for item in found]}), output)
    elif not found and form == "table":
        write("nothing changed", output)
    else:
        rows = [(item.what, item.subject, item.before, item.after, item.basis) for item in found]
        write(as_rows(form, ("what", "subject", "before", "after", "basis"), rows), output)
    return 1 if exit_code and found else 0
