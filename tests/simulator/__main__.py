"""``python -m tests.simulator [--seeds 1 2 …]``: accuracy on simulated systems.

Every number of the systems and of their witnesses can be changed: ``--services 30``,
``--code-right 0.7``, ``--failures 0.0005 0.002 0.01`` (see ``system.Config`` and
``witnesses.Reliability``). It ends with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields, replace
from typing import Any

from tests.simulator import accuracy, finding, starting
from tests.simulator.system import Config
from tests.simulator.witnesses import Reliability

SEEDS = (1, 2, 3, 4, 5)
_OURS = frozenset({"seed", "stateful"})


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    for cls in (Config, Reliability):
        for item in fields(cls):
            if item.name not in _OURS:
                _add(parser, item.name, item.default)
    chosen = vars(parser.parse_args(arguments))
    config = replace(Config(), **_chosen(chosen, Config()))
    reliability = replace(Reliability(), **_chosen(chosen, Reliability()))
    fine = accuracy.report(chosen["seeds"], config, reliability, say)
    fine &= finding.report(chosen["seeds"], replace(config, mixed=0.0), say)
    fine &= starting.report(chosen["seeds"], say)
    return 0 if fine else 1


def _chosen(chosen: dict[str, Any], value: Config | Reliability) -> dict[str, Any]:
    names = [item.name for item in fields(value) if item.name in chosen]
    return {name: _value(chosen[name]) for name in names}


def _add(parser: argparse.ArgumentParser, name: str, default: Any) -> None:
    many = isinstance(default, tuple)
    parser.add_argument(
        f"--{name.replace('_', '-')}",
        type=type(default[0] if many else default),
        nargs=len(default) if many else None,
        default=default,
    )


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
