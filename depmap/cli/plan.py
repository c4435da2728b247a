"""``plan``: the order of deployment, for people and for the tools that carry it out."""

from __future__ import annotations

from pathlib import Path

import click

from depmap.cli.output import output_options, write
from depmap.cli.settings import Settings, known_node, pass_settings
from depmap.exporting import TARGETS, export
from depmap.planning import plan_subset
from depmap.reporting.terminal import render_plan


@click.command()
@click.option("--only", multiple=True, metavar="SERVICE", help="Only these; may be repeated.")
@click.option("--to", "target", type=click.Choice([item.name for item in TARGETS]), help="Export.")
@click.option("--snapshot", type=click.Path(path_type=Path), help="The snapshot; the newest.")
@output_options("text", "json")
@pass_settings
def plan(
    settings: Settings,
    only: tuple[str, ...],
    target: str | None,
    snapshot: Path | None,
    form: str,
    output: Path | None,
) -> None:
    """Show phases, waves, gates and rollback, or export them to the tool that carries them out.

    With --only, the order that holds among these services, also where it runs through others.
    What is exported is read back and compared with the plan.
    """
    loaded = settings.snapshot(snapshot)
    chosen = loaded.plan
    if only:
        chosen = plan_subset(chosen, [known_node(loaded, name) for name in only])
    if target is None and form == "text":
        write(render_plan(chosen), output)
        return
    text, verification = export(chosen, target or "json")
    write(text, output)
    settings.say(f"read back: {'; '.join(verification.sentences()) or 'the same order'}")
