"""``scan``: code and deployment files to services, dependencies and gaps."""

from __future__ import annotations

from pathlib import Path

import click

from depmap.api import scan as scan_folders
from depmap.cli.output import as_json, output_options, write
from depmap.cli.settings import Settings, pass_settings
from depmap.scanning.scan import render_scan, scan_json


@click.command()
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    metavar="DIR...",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
)
@click.option("--strict", is_flag=True, help="Exit 1 when there is any gap.")
@output_options("text", "json")
@pass_settings
def scan(
    settings: Settings, folders: tuple[Path, ...], strict: bool, form: str, output: Path | None
) -> int:
    """Find dependencies in code and deployment files of one or many folders.

    Nothing that is found is imported or executed, and the values of secrets are never kept.
    """
    found = scan_folders(*folders)
    write(as_json(scan_json(found)) if form == "json" else render_scan(found), output)
    settings.say(f"{len(found.evidence)} claims, {len(found.gaps)} gaps")
    return 1 if strict and found.gaps else 0
