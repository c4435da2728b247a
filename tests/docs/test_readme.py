"""The commands of the README give the output that it shows; ``...`` stands for any lines."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from depmap.cli.lazy import COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
ANY = "..."
NOT_RUN = {"make test"}
"""It would run this test."""


@dataclass(frozen=True)
class Step:
    command: str
    shown: tuple[str, ...]


def blocks() -> list[tuple[Step, ...]]:
    found = []
    for text in re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        steps: list[Step] = []
        for line in text.splitlines():
            if line.startswith("$ "):
                steps.append(Step(line[2:], ()))
            else:
                steps[-1] = Step(steps[-1].command, (*steps[-1].shown, line))
        found.append(tuple(steps))
    return found


def matches(shown: tuple[str, ...], given: tuple[str, ...]) -> bool:
    if not shown:
        return not given
    if shown[0] == ANY:
        return any(matches(shown[1:], given[at:]) for at in range(len(given) + 1))
    return bool(given) and shown[0].rstrip() == given[0].rstrip() and matches(shown[1:], given[1:])


@pytest.mark.parametrize("steps", blocks(), ids=lambda steps: steps[-1].command)
def test_a_command_gives_what_the_readme_shows(steps: tuple[Step, ...]) -> None:
    if steps[-1].command in NOT_RUN:
        target = steps[-1].command.partition(" ")[2]
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return
    script = "set -e\n" + "\n".join(step.command for step in steps)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    shown = steps[-1].shown
    assert matches(shown, tuple(done.stdout.splitlines())), done.stdout


def test_there_are_two_commands_and_five_more() -> None:
    assert len(blocks()) >= 7


def test_the_readme_names_no_command_that_is_not_there() -> None:
    named = set(re.findall(r"`depmap ([a-z]+)", README))
    assert named <= set(COMMANDS)
