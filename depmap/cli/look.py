"""``matrix``, ``why`` and ``impact``: looking at a snapshot."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from depmap.cli.output import FORMATS, as_json, output_options, write
from depmap.cli.settings import Settings, known_node, pass_settings
from depmap.model.words import Layer
from depmap.reporting.records import dependency_record
from depmap.reporting.story import render_impact, render_why
from depmap.reporting.terminal import render_matrix

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency
    from depmap.model.snapshot import Snapshot

_SNAPSHOT = click.option(
    "--snapshot", type=click.Path(path_type=Path), help="The snapshot to look at; the newest."
)


@click.command()
@click.option("--layer", type=click.Choice([layer.value for layer in Layer]), help="One layer.")
@_SNAPSHOT
@output_options(*FORMATS)
@pass_settings
def matrix(
    settings: Settings, layer: str | None, snapshot: Path | None, form: str, output: Path | None
) -> None:
    """Show the dependency matrix: a row depends on a column, providers first."""
    loaded = settings.snapshot(snapshot)
    chosen = Layer(layer) if layer else None
    if form == "json":
        rows = [
            dependency_record(item) for item in loaded.matrix.dependencies if _in(item, chosen)
        ]
        parts = {"names": loaded.matrix.names, "dependencies": rows}
        write(as_json({**parts, "coverage": loaded.coverage}), output)
    else:
        write(render_matrix(loaded, chosen, form), output)


@click.command()
@click.argument("consumer")
@click.argument("provider", required=False)
@_SNAPSHOT
@output_options("text", "json")
@pass_settings
def why(
    settings: Settings,
    consumer: str,
    provider: str | None,
    snapshot: Path | None,
    form: str,
    output: Path | None,
) -> None:
    """Tell the story of the dependency of CONSUMER on PROVIDER, with its evidence.

    With one name: what it is, and why each of its other names means it.
    """
    loaded = settings.snapshot(snapshot)
    if provider is None:
        write(_node(loaded, known_node(loaded, consumer), form), output)
        return
    pair = (known_node(loaded, consumer), known_node(loaded, provider))
    if form == "json":
        found = loaded.matrix.between(*pair)
        rows = [{**dependency_record(item), "evidence": item.evidence} for item in found]
        write(as_json({"dependencies": rows}), output)
    else:
        write(render_why(loaded, *pair), output)


@click.command()
@click.argument("node")
@click.option(
    "--set",
    "more",
    multiple=True,
    help="A node that is down as well, or a shared resource: all that use it. Repeatable.",
)
@_SNAPSHOT
@output_options("text", "json")
@pass_settings
def impact(
    settings: Settings,
    node: str,
    more: tuple[str, ...],
    snapshot: Path | None,
    form: str,
    output: Path | None,
) -> None:
    """Show what fails when NODE is down, and who waits how long when it hangs, by operation."""
    loaded = settings.snapshot(snapshot)
    name = known_node(loaded, node)
    found = next((item for item in loaded.impacts if item.node == name), None)
    if more:
        from depmap.pipeline import impact_together

        down = {name, *(member for text in more for member in _meant(loaded, text))}
        found = impact_together(settings.project(), loaded, down)
    if found is None:
        message = f"Nothing is known to depend on {name}."
        write(as_json({"impact": None}) if form == "json" else message, output)
    elif form == "json":
        write(as_json({"impact": found}), output)
    else:
        write(render_impact(found, loaded), output)


def _meant(loaded: Snapshot, text: str) -> tuple[str, ...]:
    """Return what a person means by a failure set: the users of a resource, or one node."""
    users = [item.members for item in loaded.shared if item.resource == text]
    return users[0] if users else (known_node(loaded, text),)


def _node(loaded: Snapshot, name: str, form: str) -> str:
    from depmap.merging.proposals import propose
    from depmap.reporting.node import render_node

    node = next(item for item in loaded.nodes if item.name == name)
    maybe = [
        item
        for item in propose(loaded.nodes, loaded.matrix.dependencies)
        if name in {item.name, item.other}
    ]
    if form == "json":
        return as_json({"node": node, "maybe": [asdict(item) for item in maybe]})
    lines = [f"{item.other if item.name == name else item.name}: {item.why}" for item in maybe]
    return render_node(loaded, node, lines)


def _in(item: Dependency, layer: Layer | None) -> bool:
    return layer is None or item.layer is layer
