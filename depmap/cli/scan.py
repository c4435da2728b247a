"""``scan``: code and deployment files to services, dependencies and gaps."""

from __future__ import annotations

from pathlib import Path

import click

from depmap.api import scan as scan_folders
from depmap.cli.output import as_json, output_options, write
from depmap.cli.settings import Settings, pass_settings
from depmap.collecting.files import named_roots
from depmap.collecting.repository import Repository
from depmap.pipeline import scan_into
from depmap.scanning.scan import render_scan, scan_json
from depmap.wording import several


@click.command()
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    metavar="DIR...",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
)
@click.option("--strict", is_flag=True, help="Exit 1 when there is any gap.")
@click.option(
    "--ledger",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write what the files state to this ledger, to be joined with other repositories.",
)
@click.option("--revision", default="", help="With --ledger: the revision that is scanned.")
@click.option("--repository", default="", help="With --ledger: its name; the folder's.")
@output_options("text", "json")
@pass_settings
def scan(
    settings: Settings,
    folders: tuple[Path, ...],
    strict: bool,
    ledger: Path | None,
    revision: str,
    repository: str,
    form: str,
    output: Path | None,
) -> int:
    """Find dependencies in code and deployment files of one or many folders.

    Nothing that is found is imported or executed, and the values of secrets are never kept.

    With --ledger, for the CI of one of many repositories: what was there of the same repository is
    replaced, and `depmap build` joins all of them.
    """
    if ledger is not None:
        return _write(settings, folders, ledger, revision, repository, strict=strict)
    if revision or repository:
        raise click.UsageError("--revision and --repository go with --ledger")
    found = scan_folders(*folders)
    write(as_json(scan_json(found)) if form == "json" else render_scan(found), output)
    settings.say(f"{several(len(found.evidence), 'claim')}, {several(len(found.gaps), 'gap')}")
    return 1 if strict and found.gaps else 0


def _write(
    settings: Settings,
    folders: tuple[Path, ...],
    ledger: Path,
    revision: str,
    repository: str,
    *,
    strict: bool,
) -> int:
    """Write the facts of repositories to a ledger."""
    if repository and len(folders) > 1:
        raise click.UsageError("--repository names one folder, and there are several")
    gaps = 0
    for root, folder in named_roots(folders):
        source = Repository(title=repository or root, path=folder, revision=revision)
        found = scan_into(ledger, source)
        gaps += len(found.gaps)
        settings.say(f"{source.title}: {found.records} facts and gaps in {ledger}")
    return 1 if strict and gaps else 0
