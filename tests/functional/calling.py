"""Calling the command line as a shell would, in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from depmap.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def call(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> Answer:
    capfd.readouterr()
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    out, err = capfd.readouterr()
    assert isinstance(left.value.code, int)
    return Answer(left.value.code, out, err)
