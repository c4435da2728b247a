"""What programs ask of the sidecar of Dapr, through its libraries and by HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.collectors.polyglot.reading import uses
from tests.scanning.building import edges, scan, write

if TYPE_CHECKING:
    from pathlib import Path

SHARP = 'using Dapr.Client;\nclass C {{ const string Bus = "bus"; async Task F() {{ {0}; }} }}'
GO = 'package a\nimport "github.com/dapr/go-sdk/client"\nfunc f(ctx context.Context) {{ {0} }}'
NODE = 'import {{ DaprClient }} from "@dapr/dapr"; async function f() {{ {0} }}'
JAVA = "import io.dapr.client.DaprClient; class C {{ void f() {{ {0}; }} }}"
PUBLISH = ("messaging-publish", "", "{env:dapr:bus}", "", "orders")
TAKE = ("messaging-consume", "", "{env:dapr:bus}", "", "orders")
STATE = ("database", "", "{env:dapr:kept}", "", "")


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("a.cs", SHARP.format('await _dapr.PublishEventAsync<Order>(Bus, "orders", x)'), PUBLISH),
        ("a.go", GO.format('c.PublishEvent(ctx, "bus", "orders", data)'), PUBLISH),
        ("a.ts", NODE.format('await c.pubsub.publish("bus", "orders", x);'), PUBLISH),
        ("A.java", JAVA.format('c.publishEvent("bus", "orders", x).block()'), PUBLISH),
        ("a.cs", SHARP.format('app.MapPost("/o", F).WithTopic(Bus, "orders")'), TAKE),
        ("a.ts", NODE.format('await s.pubsub.subscribe("bus", "orders", g);'), TAKE),
        ("a.cs", SHARP.format('await _dapr.GetStateEntryAsync<Kept>("kept", id)'), STATE),
        ("a.go", GO.format('c.SaveState(ctx, "kept", "k", data, nil)'), STATE),
        ("a.cs", SHARP.format('_dapr.InvokeMethodAsync<int>(HttpMethod.Get, "stock", "a/1")'),
         ("http", "http", "http://stock/a/1", "GET", "")),
        ("a.cs", SHARP.format('_dapr.CreateInvokeMethodRequest<Order>("stock", "order", x)'),
         ("http", "http", "http://stock/order", "POST", "")),
        ("a.go", GO.format('c.InvokeMethod(ctx, "stock", "order", "put")'),
         ("http", "http", "http://stock/order", "PUT", "")),
        ("a.ts", NODE.format('await c.invoker.invoke("stock", "order", HttpMethod.GET);'),
         ("http", "http", "http://stock/order", "GET", "")),
        ("a.js", "axios.post(`http://localhost:${port}/v1.0/invoke/stock/method/order/1`)",
         ("http", "http", "http://stock/order/1", "POST", "")),
        ("a.js", "axios.post(`http://localhost:${port}/v1.0/publish/bus/orders`, x)", PUBLISH),
        ("a.js", "axios.get(`http://localhost:3500/v1.0/state/kept/1`)", STATE),
    ],
)  # fmt: skip
def test_calls_of_the_sidecar(
    tmp_path: Path, name: str, text: str, wanted: tuple[str, ...]
) -> None:
    assert uses(tmp_path, name, text) == [wanted]


def test_the_same_names_without_dapr_are_others(tmp_path: Path) -> None:
    text = 'class C { async Task F() { await js.InvokeMethodAsync<int>("alert", "hello"); } }'
    assert uses(tmp_path, "a.cs", text) == []


POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {0}, annotations: {{dapr.io/app-id: {0}}}}}
spec: {{containers: [{{name: x, image: "r/{0}"}}]}}
---
"""
BUS = """
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {{name: bus}}
spec: {{type: pubsub.{0}, metadata: [{1}]}}
scopes: [a, b]
"""
CODE = {
    "a/a.cs": SHARP.format('await _dapr.PublishEventAsync(Bus, "orders", x)'),
    "a/a.csproj": "",
    "b/b.cs": 'using Dapr;\nclass C { [Topic("bus", "orders")] [HttpPost("o")]'
    " public void Take(Order o) { } }",
    "b/b.csproj": "",
    "k8s/pods.yaml": POD.format("a") + POD.format("b"),
}


def test_topics_meet_in_what_is_behind_a_component(tmp_path: Path) -> None:
    files = CODE | {
        "k8s/components/bus.yaml": BUS.format(
            "rabbitmq", "{name: host, secretKeyRef: {name: q, key: q}}"
        ),
        "local/bus.yaml": BUS.format("redis", "{name: redisHost, value: 'mine:6379'}"),
    }
    assert edges(scan(write(tmp_path / "r", files))) == {
        ("a", "amqp://bus", "messaging-publish", "orders"),
        ("b", "amqp://bus", "messaging-consume", "orders"),
        ("a", "b", "event", "orders"),
    }


def test_a_state_store_on_redis_is_a_cache(tmp_path: Path) -> None:
    state = BUS.replace("pubsub.{0}", "state.redis").replace("name: bus", "name: kept")
    files = {
        "a/a.cs": SHARP.format('await _dapr.GetStateAsync<int>("kept", id)'), "a/a.csproj": "",
        "k8s/pods.yaml": POD.format("a"),
        "k8s/kept.yaml": state.format("", "{name: redisHost, value: 'kept.shared:6379'}"),
    }  # fmt: skip
    found = {
        (one.consumer, one.provider, one.kind.value)
        for one in scan(write(tmp_path / "r", files)).evidence
        if one.confidence >= 0.5
    }
    assert found == {("a", "redis://kept.shared:6379", "cache")}
