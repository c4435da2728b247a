"""One Prometheus a module, with the history of all of its cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collectors.prometheus import Prometheus
from tests.collectors.prometheus.history import hour, openmetrics
from tests.collectors.prometheus.reading import Read

if TYPE_CHECKING:
    from collections.abc import Callable

    from depmap.collecting.port import Window
    from tests.servers.prometheus import Prometheus as Server


@pytest.fixture(scope="module")
def server(prometheus: Callable[..., Server], request: pytest.FixtureRequest) -> Server:
    return prometheus(history=openmetrics(request.module.CASES))


@pytest.fixture
def read(server: Server) -> Callable[..., Read]:
    def ask(case: str, window: Window | None = None) -> Read:
        collector = Prometheus(server.url, match=f'case="{case}"')
        return Read(list(collector.collect(window or hour())))

    return ask
