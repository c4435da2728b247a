"""Edges in the metrics of Envoy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.words import Kind
from tests.collectors.prometheus.history import rising
from tests.collectors.prometheus.labels import envoy, series
from tests.collectors.prometheus.reading import Cases, Read

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.live

CASES = Cases()

ENVOY = CASES.add(
    "envoy",
    rising(envoy("cart", "stock"), 6),
    rising(envoy("cart", "stock", metric="rq_xx", envoy_response_code_class="2"), 5),
    rising(envoy("cart", "stock", metric="rq_xx", envoy_response_code_class="5"), 1),
    rising(
        envoy(
            "cart",
            "v2",
            consul_destination_service="mail",
            consul_destination_namespace="post",
        ),
        2,
    ),
    rising(series("envoy_cluster_upstream_rq_total", envoy_cluster_name="local_app"), 9),
    rising(series("envoy_cluster_upstream_rq_total", envoy_cluster_name="elsewhere"), 3),
)


def test_envoy_tells_edges_where_consul_names_the_source(read: Callable[..., Read]) -> None:
    found = read(ENVOY)
    assert found.edges == {
        ("cart", "stock", Kind.HTTP): (6, 1),
        ("cart", "mail.post", Kind.HTTP): (2, 0),
    }
    assert found.gaps == ["who calls the clusters in envoy_cluster_upstream_rq_total (3 calls)"]
