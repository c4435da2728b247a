"""Real traces of others: the edges their READMEs list, with the counts, and nothing else.

The READMEs count naively: a call is a span whose parent is in another service. Where ours differs
rightly, the test says what it is instead, and why.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from depmap.model.evidence import Gap
from depmap.tracing.linking import Links, link
from depmap.tracing.reading import read_file
from depmap.tracing.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("DEPMAP_SHARED", ROOT.parent / "shared")) / "data" / "traces"
Row = tuple[str, str, str]
Pairs = dict[tuple[str, str], int]

OTEL = "otel-demo-otlp/test_data.otlp.jsonl.gz"
KAFKA = "zipkin-lens/messaging-kafka.json"
SMART = "zipkin-lens/smartthings-oauth-authorization.json"
NETFLIX = "spigo-simulated/netflix_flow.zipkin1.json.gz"

AS_LISTED = [
    "bookinfo-istio/anomalous.jaeger.json.gz",
    "bookinfo-istio/normal-400.jaeger.json.gz",
    "dsb-hotel-reservation/hotel_load25-300.jaeger.json.gz",
    "dsb-social-network/traces-1695947455229.jaeger.json.gz",
    "online-boutique-nezha/converted.otlp.jsonl.gz",
    "otlp-gcp-basic/traces_basic.otlp.json",
    "spigo-simulated/lamp_flow.zipkin1.json.gz",
    "spigo-simulated/storage_flow.zipkin1.json.gz",
    "zipkin-lens/ascend.json",
    "zipkin-lens/envoy.json",
    "zipkin-lens/messaging.json",
    "zipkin-lens/messaging2.json",
    "zipkin-lens/simple-db-p6.json",
    "zipkin-lens/skew.json",
    "zipkin-lens/yelp.json",
]


@pytest.fixture(scope="module", autouse=True)
def _shared() -> None:
    """Skip where the data are not; a machine that must have them fails."""
    if not SHARED.is_dir():
        message = f"{SHARED} is not there; DEPMAP_SHARED names the folder that holds data/traces"
        if os.environ.get("DEPMAP_REQUIRE_ALL") == "1":
            pytest.fail(message)
        pytest.skip(message)


def links_of(file: str) -> Links:
    items = list(read_file(SHARED / file))
    assert [item for item in items if isinstance(item, Gap)] == []
    return link(Spans.concat(item for item in items if isinstance(item, Spans)))


def listed(file: str) -> Pairs:
    """Return the edges that the README lists for a file."""
    path = SHARED / file
    sections = (path.parent / "README.md").read_text().split("\n### ")
    section = next(text for text in sections if text.startswith((path.name, "the three")))
    section = next((text for text in sections if text.startswith(path.name)), section)
    edges = re.findall(r"^  - (.+?) -> (.+?) \(x(\d+)\)$", section, re.MULTILINE)
    return {(consumer, provider): int(calls) for consumer, provider, calls in edges}


def seen(links: Links) -> Pairs:
    """Return the observed calls between services that both have spans."""
    pairs: Pairs = defaultdict(int)
    for row in links.rows:
        if row.observed and row.virtual is None:
            pairs[row.consumer, row.provider] += row.calls
    return dict(pairs)


def others(links: Links) -> dict[Row, int]:
    """Return the rows in which one side has no spans, or that are guessed."""
    return {
        (row.consumer, row.provider, row.kind.value): row.calls
        for row in links.rows
        if row.virtual or not row.observed
    }


@pytest.mark.parametrize("file", AS_LISTED)
def test_edges_are_those_listed(file: str) -> None:
    assert seen(links_of(file)) == listed(file)


def test_every_file_is_covered() -> None:
    formats = ("*.json", "*.json.gz", "*.jsonl.gz")
    there = {
        str(path.relative_to(SHARED))
        for pattern in formats
        for path in SHARED.glob(f"*/{pattern}")
        if not path.name.endswith("_arch.json")
    }
    special = {OTEL, KAFKA, SMART, NETFLIX, "spigo-simulated/netflixoss_flow.zipkin1.json.gz"}
    assert there == {*AS_LISTED, *special}


def test_otel_demo_counts_calls_whose_server_span_is_missing_too() -> None:
    links = links_of(OTEL)
    # Client spans that name a service by its host and that no server span answers: they are
    # calls to that service, and count with the answered ones.
    unanswered = {
        ("adservice", "flagd"): 2,
        ("frontend", "adservice"): 2,
        ("loadgenerator", "frontend-proxy"): 19,
    }
    want = listed(OTEL)
    assert seen(links) == {pair: n + unanswered.get(pair, 0) for pair, n in want.items()}
    # cartservice has no spans at all; it is known by net.peer.name
    assert others(links) == {("frontend", "cartservice", "grpc"): 14}


def test_kafka_has_a_broker_and_events() -> None:
    links = links_of(KAFKA)
    # servicea also consumes three of its own messages: events within one service
    assert seen(links) == {**listed(KAFKA), ("servicea", "servicea"): 3}
    assert others(links) == {
        ("servicea", "kafka", "messaging-publish"): 9,
        ("servicea", "kafka", "messaging-consume"): 4,
        ("serviceb", "kafka", "messaging-consume"): 3,
    }


def test_smartthings_counts_calls_as_zipkin_does() -> None:
    links = links_of(SMART)
    want = listed(SMART)
    # two instances of pusher answered the one send; the README counts ids
    want["bouncer", "pusher"] = 2
    # a server below the shared span was called by nobody else: the README counts it as a
    # second call of the client whose id it shares
    want["datamgmt", "stlogin"] = 2
    # clients and servers with one id, both of datamgmt; the README leaves self-calls out
    want["datamgmt", "datamgmt"] = 8
    # the clients of auth's Cassandra say that they call auth, which is its keyspace; like Zipkin
    # we believe the name, so these are self-calls
    want["auth", "auth"] = 50
    assert seen(links) == want
    assert others(links) == {("pusher", "archiver.st.internal", "http"): 1}


def test_peers_without_spans_are_named() -> None:
    assert others(links_of("zipkin-lens/yelp.json")) == {
        ("mobile_api", "blt", "http"): 1,
        ("mobile_api", "memcache", "cache"): 2,
        ("yelp-main", "memcache", "cache"): 3,
        ("yelp-main", "mysql", "database"): 2,
    }
    assert others(links_of("zipkin-lens/simple-db-p6.json")) == {
        ("bootifulmeters", "app_db", "database"): 4
    }
    assert others(links_of("zipkin-lens/messaging.json")) == {
        ("frontend", "rabbitmq", "messaging-publish"): 1,
        ("backend", "rabbitmq", "messaging-consume"): 1,
    }


def test_what_hangs_in_the_air_is_guessed_and_counted() -> None:
    links = links_of("zipkin-lens/messaging2.json")
    # four spans of transfer-service miss one and the same parent: one lost span, one guess
    assert others(links) == {
        ("mobile-gateway", "transfer-service", "rpc"): 1,
        ("transfer-service", "rabbitmq", "messaging-publish"): 1,
        ("notification-service", "rabbitmq", "messaging-consume"): 1,
    }
    gaps = [(gap.what, gap.count) for gap in links.gaps]
    assert ("the parent of a span of transfer-service", 5) in gaps
    assert ("the parent of a span of notification-service", 1) in gaps


def test_a_proxy_without_a_service_name_is_a_gap() -> None:
    links = links_of("zipkin-lens/envoy.json")
    assert links.rows == ()
    assert [gap.what for gap in links.gaps] == ["the service of a span"]


def test_kinds_come_from_attributes_and_names() -> None:
    kinds = {
        "bookinfo-istio/normal-400.jaeger.json.gz": {"http"},
        "dsb-hotel-reservation/hotel_load25-300.jaeger.json.gz": {"grpc"},
        "dsb-social-network/traces-1695947455229.jaeger.json.gz": {"rpc"},
        "online-boutique-nezha/converted.otlp.jsonl.gz": {"grpc"},
    }
    for file, kind in kinds.items():
        assert {row.kind.value for row in links_of(file).rows} == kind, file


def test_netflix_has_one_hop_that_the_naive_count_overlooks() -> None:
    # two spans hold two hops each (cs, sr, cs, sr): the second one is a true edge as well
    store = "netflix.us-east-1.{}...cassHistory.priamCassandra".format
    assert seen(links_of(NETFLIX)) == {
        **listed(NETFLIX),
        (store("zoneA..cassHistory03"), store("zoneA..cassHistory00")): 1,
        (store("zoneB..cassHistory04"), store("zoneB..cassHistory01")): 1,
    }


def services_of(links: Links) -> Iterator[tuple[str, str]]:
    """Yield edges at the level of services: app.region.zone..instance...SERVICE.package."""
    for consumer, provider in seen(links):
        yield consumer.split("...")[1].split(".")[0], provider.split("...")[1].split(".")[0]


@pytest.mark.parametrize(
    ("system", "unused"), [("netflixoss", 0), ("lamp", 0), ("storage", 0), ("netflix", 15)]
)
def test_simulated_systems_give_their_architecture(system: str, unused: int) -> None:
    folder = SHARED / "spigo-simulated"
    services = json.loads((folder / f"{system}_arch.json").read_text())["services"]
    true = {
        (service["name"], provider)
        for service in services
        for provider in service["dependencies"]
        if provider != "eureka" and service["name"] != "eureka"
    }
    got = set(services_of(links_of(f"spigo-simulated/{system}_flow.zipkin1.json.gz")))
    assert got <= true
    assert len(true - got) == unused


def test_netflixoss_has_as_many_edges_between_instances_as_listed() -> None:
    links = links_of("spigo-simulated/netflixoss_flow.zipkin1.json.gz")
    edges = seen(links)
    itself = [pair for pair in edges if pair[0] == pair[1]]
    # beyond the 192 of the README: three instances of cassSubscriber call themselves, and two
    # edges stand only in spans that hold two hops each
    assert len(itself) == 3
    assert (len(edges), len(links.services)) == (192 + 3 + 2, 64)
