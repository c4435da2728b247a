"""``ledger``: forgetting what is old, and putting the ledgers of many teams together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from depmap.cli.settings import Duration, Settings, pass_settings
from depmap.wording import several

if TYPE_CHECKING:
    from datetime import timedelta


@click.group()
def ledger() -> None:
    """Keep the ledger: forget what is old, put ledgers together."""


@ledger.command()
@click.option("--keep", type=Duration(), required=True, help="How far back, such as 400d.")
@pass_settings
def prune(settings: Settings, keep: timedelta) -> None:
    """Remove the hours that are older than --keep.

    What belongs to no hour (code, deployment files, people's files) stays.
    """
    from depmap.ledger.keeping import prune
    from depmap.ledger.ledger import Ledger

    before = settings.moment() - keep
    removed = prune(Ledger(settings.project().ledger), before)
    for source, windows in removed.items():
        click.echo(f"{source}: {several(windows, 'hour')} before {before:%Y-%m-%d %H:00} removed")
    if not removed:
        settings.say(f"nothing is older than {before:%Y-%m-%d %H:00} UTC")


@ledger.command()
@click.argument("others", nargs=-1, required=True, metavar="LEDGER...", type=click.Path(
    path_type=Path, exists=True, file_okay=False
))  # fmt: skip
@pass_settings
def merge(settings: Settings, others: tuple[Path, ...]) -> None:
    """Put what other ledgers hold into that of depmap.toml.

    Doing it again changes nothing. Where two hold different things for one window of one source,
    nothing is written.
    """
    from depmap.ledger.keeping import merge
    from depmap.ledger.ledger import Ledger

    added = merge(Ledger(settings.project().ledger), others)
    for source, windows in added.items():
        click.echo(f"{source}: {several(windows, 'window')} added")
    if not added:
        settings.say("all of it is there already")
