"""One real server of each kind for a whole test run."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar

import pytest

from tests.servers import jaeger as jaegers
from tests.servers import postgres as postgreses
from tests.servers import prometheus as prometheuses
from tests.servers import redis as redises
from tests.servers import zipkin as zipkins
from tests.servers.missing import Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

S = TypeVar("S")


@pytest.fixture(scope="session")
def jaeger() -> Iterator[jaegers.Jaeger]:
    """A running Jaeger; its traces stay until the end of the run."""
    with ExitStack() as stack:
        yield started(stack, jaegers.running())


@pytest.fixture(scope="session")
def zipkin() -> Iterator[zipkins.Zipkin]:
    """A running Zipkin; its traces stay until the end of the run."""
    with ExitStack() as stack:
        yield started(stack, zipkins.running())


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgreses.Postgres]:
    """A running PostgreSQL."""
    with ExitStack() as stack:
        yield started(stack, postgreses.running())


@pytest.fixture(scope="session")
def redis() -> Iterator[redises.Redis]:
    """A running Redis."""
    with ExitStack() as stack:
        yield started(stack, redises.running())


@pytest.fixture(scope="module")
def prometheus() -> Iterator[Callable[..., prometheuses.Prometheus]]:
    """Start a Prometheus with a history or a target; it stays until the module's last test."""
    with ExitStack() as stack:
        yield lambda **options: started(stack, prometheuses.running(**options))


def started(stack: ExitStack, running: AbstractContextManager[S]) -> S:
    """Start a server, or skip the test that needs it; with DEPMAP_REQUIRE_ALL=1 fail it."""
    try:
        return stack.enter_context(running)
    except Missing as reason:
        if os.environ.get("DEPMAP_REQUIRE_ALL") == "1":
            pytest.fail(str(reason), pytrace=False)
        pytest.skip(str(reason))
