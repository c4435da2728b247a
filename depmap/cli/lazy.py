"""Commands that are imported only when they are called, so that ``--help`` answers at once."""

from __future__ import annotations

import importlib
import keyword
from typing import TYPE_CHECKING

import click

from depmap.cli.settings import shared_options
from depmap.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("depmap.cli.init", "Write a commented depmap.toml from what the folder holds."),
    "run": ("depmap.cli.run", "Collect, build and report in one go."),
    "collect": ("depmap.cli.run", "Pull the configured sources into the ledger."),
    "doctor": ("depmap.cli.doctor", "Say how each source is, and what cures it."),
    "build": ("depmap.cli.run", "Build the snapshot of a quarter from the ledger."),
    "report": ("depmap.cli.run", "Write the report of a snapshot."),
    "links": ("depmap.cli.links", "Find the links in trace files of any known format."),
    "scan": ("depmap.cli.scan", "Find dependencies in code and deployment files."),
    "names": ("depmap.cli.names", "List names that may be one thing, and join them."),
    "interview": ("depmap.cli.interview", "Ask people, and read what they wrote."),
    "import": ("depmap.cli.import_tables", "Read answers from spreadsheets and catalogues."),
    "matrix": ("depmap.cli.look", "Show the dependency matrix."),
    "why": ("depmap.cli.look", "Tell the story of a dependency, with its evidence."),
    "impact": ("depmap.cli.look", "Show what fails with a node."),
    "ask": ("depmap.cli.ask", "Rank the next questions and experiments by what they change."),
    "plan": ("depmap.cli.plan", "Show phases, waves, gates and rollback, or export them."),
    "diff": ("depmap.cli.diff", "Show what changed between two snapshots."),
    "ledger": ("depmap.cli.ledger", "Forget what is old, and put ledgers together."),
    "collectors": ("depmap.cli.about", "List the collectors and their options."),
    "schema": ("depmap.cli.about", "Print the JSON schema of an output."),
}
"""Each command: the module that holds it under its own name, and its one-line help."""


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Add the options that every command understands."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.params.extend(shared_options())

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if name not in COMMANDS:
            return None
        module, _ = COMMANDS[name]
        # ``import`` is a word of Python, which no function may be called.
        attribute = f"{name}_" if keyword.iskeyword(name) else name
        command: click.Command = getattr(importlib.import_module(module), attribute)
        _share(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a command, with a hint for a misspelt one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            hint = did_you_mean(args[0], COMMANDS)
            if hint:
                raise click.UsageError(f"{error.message} {hint}", ctx) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _share(command: click.Command) -> None:
    """Let a command and its sub-commands take the shared options, once."""
    known = {param.name for param in command.params}
    command.params.extend(option for option in shared_options() if option.name not in known)
    if isinstance(command, click.Group):
        subcommands: Sequence[click.Command] = list(command.commands.values())
        for sub in subcommands:
            _share(sub)
