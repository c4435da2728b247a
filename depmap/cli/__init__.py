"""The command line. Data goes to stdout, words and progress to stderr."""

from __future__ import annotations

import os
import sys
import traceback

import click

from depmap.cli.lazy import LazyGroup
from depmap.cli.settings import Settings
from depmap.errors import DepmapError

INTERRUPTED = 130
_EPILOG = (
    "Exit codes: 0 fine, gaps included; 1 a check failed; 2 wrong usage, configuration or input; "
    "3 a source could not be read; 130 interrupted."
)


@click.group(
    cls=LazyGroup,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="depmap")
def depmap() -> None:
    """Find the dependencies between services that nobody wrote down.

    depmap joins what traces, code, deployment files and people know into one three-layer matrix,
    each entry with its evidence, and derives phases and an order of deployment from it.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit."""
    settings = Settings()
    try:
        code = depmap.main(arguments, standalone_mode=False, obj=settings, prog_name="depmap")
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = 2
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except DepmapError as error:
        _explain(error, settings)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout has gone; Python would complain once more when it closes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:  # noqa: BLE001 - the last line of defence, shown as what it is
        click.secho(f"internal error: {error!r}", err=True, fg="red")
        click.echo("  hint: this is a mistake in depmap; --debug shows where", err=True)
        _trace(settings)
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


def _explain(error: DepmapError, settings: Settings) -> None:
    click.secho("error: ", err=True, fg="red", nl=False)
    click.echo(str(error), err=True)
    _trace(settings)


def _trace(settings: Settings) -> None:
    if settings.debug:
        click.echo(traceback.format_exc(), err=True)
