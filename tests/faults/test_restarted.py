"""A real Jaeger that is killed in the middle of a pull, and started again or not."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from depmap.collecting.progress import Progress
from depmap.config import load
from depmap.pipeline import Collected, collect
from tests.collectors.pushing import Estate
from tests.faults.estates import EACH, HOURS, Live, calls, gaps, on_jaeger
from tests.servers import jaeger as jaegers
from tests.servers.process import Command, free_ports, scratch, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("jaeger")]


@dataclass(frozen=True)
class Again:
    """A Jaeger that can be started again at the same address."""

    server: jaegers.Jaeger
    command: Command
    ports: dict[str, int]

    @contextmanager
    def running(self) -> Iterator[jaegers.Jaeger]:
        with serving(self.command, lambda: jaegers._ready(self.server, self.ports)):
            yield self.server


@pytest.fixture
def again() -> Iterator[Again]:
    ports = dict(zip(jaegers._PORTS, free_ports(len(jaegers._PORTS)), strict=True))
    with scratch("jaeger-again") as folder:
        config = folder / "config.yaml"
        config.write_text(
            jaegers._CONFIG.format(host="127.0.0.1", traces=jaegers.MAX_TRACES, **ports)
        )
        argv = (str(jaegers._kept()), "--config", str(config))
        command = Command("jaeger", argv, folder, stop=signal.SIGKILL)
        yield Again(jaegers._server(ports), command, ports)


class Pausing(Progress):
    """Stops a pull when its first hours are written, until it may go on."""

    def __init__(self) -> None:
        self.paused, self.go = threading.Event(), threading.Event()
        self._marks = 0

    def reached(self, until: datetime) -> None:  # noqa: ARG002
        self._marks += 1
        if self._marks == 2:
            self.paused.set()
            assert self.go.wait(60)


class Pull:
    """A pull in a thread of its own: servers must be started by the main one."""

    def __init__(self, live: Live, folder: Path, patience: float = 60) -> None:
        self.progress = Pausing()
        self.found: list[Collected] = []
        self._config = live.config(folder, patience=patience)
        self._live = live
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self.progress.paused.wait(60)

    def _run(self) -> None:
        found = collect(load(self._config), window=self._live.window, progress=self.progress)
        self.found += found

    def end(self) -> Collected:
        self.progress.go.set()
        self._thread.join(120)
        return self.found[0]


def test_a_server_that_comes_back_with_its_traces_is_gone_on_with(
    again: Again, tmp_path: Path
) -> None:
    estate = Estate.new()
    with again.running() as server:
        live = on_jaeger(server, estate)
        pull = Pull(live, tmp_path)
    with again.running() as server:
        on_jaeger(server, estate)
        found = pull.end()
    assert found.trouble == ""
    assert calls(tmp_path) == dict.fromkeys(live.hours, EACH)


def test_a_server_that_is_away_for_a_while_is_waited_for(again: Again, tmp_path: Path) -> None:
    with again.running() as server:
        live = on_jaeger(server)
        pull = Pull(live, tmp_path, patience=30)
    pull.progress.go.set()
    with again.running():
        # It is there again, and has forgotten everything: that is not the same as no traffic.
        found = pull.end()
    assert "has forgotten" in found.trouble
    assert list(calls(tmp_path))[:2] == live.hours[:2]
    assert set(calls(tmp_path).values()) == {EACH}


def test_a_server_that_does_not_come_back_cuts_the_pull_off_and_the_next_goes_on(
    again: Again, tmp_path: Path
) -> None:
    estate = Estate.new()
    with again.running() as server:
        live = on_jaeger(server, estate)
        pull = Pull(live, tmp_path, patience=0.5)
    found = pull.end()
    assert "no connection could be made; cut off at" in found.trouble
    assert found.windows == 3  # two hours, and the word that there are no more
    assert calls(tmp_path) == dict.fromkeys(live.hours[:2], EACH)
    assert any("cut off" in gap for gap in gaps(tmp_path))
    with again.running() as server:
        on_jaeger(server, estate)
        (later,) = collect(load(live.config(tmp_path)))
    assert later.trouble == ""
    assert calls(tmp_path) == dict.fromkeys(live.hours, EACH)
    assert len(live.hours) == HOURS
    assert gaps(tmp_path) == []
