"""Whom policies let through, what makes workloads grow, and what is scraped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.relations import Allowed, Relation
from depmap.model.words import Kind
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.collecting.port import Item


def objects(folder: Path, text: str) -> list[Item]:
    return read(folder, {"k8s/all.yaml": text})


def network(folder: Path, spec: str) -> list[tuple[tuple[tuple[str, ...], ...], bool, bool]]:
    text = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n"
        f"spec: {{podSelector: {{matchLabels: {{app: a}}}}, {spec}}}\n"
    )
    return [(one.peers, one.inward, one.whole) for one in only(Allowed, objects(folder, text))]


IN = "{key: app, operator: In, values: [b, c]}"
PEER = "{podSelector: {matchLabels: {app: b}}}"


@pytest.mark.parametrize(
    ("spec", "peers", "inward", "whole"),
    [
        (f"ingress: [{{from: [{PEER}]}}]", (("app=b",),), True, True),
        (f"egress: [{{to: [{PEER}]}}]", (("app=b",),), False, True),
        (
            f"ingress: [{{from: [{{podSelector: {{matchExpressions: [{IN}]}}}}]}}]",
            (("app=b",), ("app=c",)), True, True,
        ),
        (
            f"ingress: [{{from: [{PEER}, {{namespaceSelector: {{}}}}]}}]",
            (("app=b",),), True, False,
        ),
        (f"ingress: [{{from: [{PEER}]}}, {{}}]", (("app=b",),), True, False),
        (f"egress: [{{to: [{PEER}]}}, {{ports: [{{port: 53}}]}}]", (("app=b",),), False, True),
        (
            f"egress: [{{to: [{PEER}, {{ipBlock: {{cidr: 0.0.0.0/0}}}}]}}]",
            (("app=b",),), False, False,
        ),
    ],
)  # fmt: skip
def test_network_policies(
    tmp_path: Path, spec: str, peers: tuple[tuple[str, ...], ...], *, inward: bool, whole: bool
) -> None:
    assert network(tmp_path, spec) == [(peers, inward, whole)]


def test_policies_of_cilium(tmp_path: Path) -> None:
    text = """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: p}
        spec:
          endpointSelector: {matchLabels: {"k8s:app": b}}
          ingress: [{fromEndpoints: [{matchLabels: {app: a}}]}]
          egress: [{toFQDNs: [{matchName: pay.example.com}]}]
    """
    items = objects(tmp_path, text)
    found = [(one.selector, one.peers, one.inward, one.whole) for one in only(Allowed, items)]
    assert found == [
        (("app=b",), (("app=a",),), True, True),
        (("app=b",), (), False, False),
    ]
    (outside,) = only(Relation, items)
    assert (outside.consumer, outside.provider) == ("selector:app=b", "https://pay.example.com")


ISTIO = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: p, namespace: shop}}
spec: {{selector: {{matchLabels: {{app: b}}}}, {0}}}
"""
FROM = "{from: [{source: {principals: [cluster.local/ns/shop/sa/a]}}]}"


@pytest.mark.parametrize(
    ("spec", "whole"),
    [
        (f"rules: [{FROM}]", True),
        (f"rules: [{FROM}, {{to: [{{operation: {{}}}}]}}]", False),
        (f"rules: [{FROM}, {{from: [{{source: {{namespaces: [x]}}}}]}}]", False),
        ("rules: [{from: [{source: {principals: [shop/a, '*/ns/x/sa/*']}}]}]", False),
    ],
)
def test_a_policy_of_istio_rules_out_only_what_it_can_be_told_of(
    tmp_path: Path, spec: str, *, whole: bool
) -> None:
    (one,) = only(Allowed, objects(tmp_path, ISTIO.format(spec)))
    assert (one.peers, one.whole) == ((("account:shop/a",),), whole)


def test_a_policy_of_istio_about_a_service(tmp_path: Path) -> None:
    text = f"""
        apiVersion: v1
        kind: Service
        metadata: {{name: front}}
        spec: {{selector: {{app: b}}}}
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {{name: p}}
        spec: {{targetRefs: [{{kind: Service, name: front}}], rules: [{FROM}]}}
    """
    (one,) = only(Allowed, objects(tmp_path, text))
    assert one.selector == ("app=b",)


LINKERD = """
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: s}
spec: {podSelector: {matchLabels: {app: b}}}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata: {name: m}
spec:
  identityRefs: [{kind: ServiceAccount, name: a}]
  identities: [c.shop.serviceaccount.identity.linkerd.cluster.local, "*"]
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: p}
spec:
  targetRef: {kind: Server, name: s}
  requiredAuthenticationRefs: [{kind: MeshTLSAuthentication, name: m}]
"""


def test_policies_of_linkerd(tmp_path: Path) -> None:
    (one,) = only(Allowed, objects(tmp_path, LINKERD))
    assert one.selector == ("app=b",)
    assert one.peers == (("account:shop/c",), ("account:default/a",))


def test_a_sidecar_of_istio(tmp_path: Path) -> None:
    text = """
        apiVersion: v1
        kind: Service
        metadata: {name: b}
        spec: {selector: {app: b}}
        ---
        apiVersion: networking.istio.io/v1
        kind: Sidecar
        metadata: {name: s}
        spec:
          workloadSelector: {labels: {app: a}}
          egress: [{hosts: ["./b.default.svc.cluster.local", "istio-system/*"]}]
    """
    (one,) = only(Allowed, objects(tmp_path, text))
    assert (one.selector, one.peers, one.inward, one.whole) == (
        ("app=a",), (("app=b",),), False, True,
    )  # fmt: skip


def test_scaling_by_an_address_that_a_secret_gives(tmp_path: Path) -> None:
    text = """
        apiVersion: v1
        kind: Secret
        metadata: {name: s}
        stringData: {host: "amqp://me:hunter2@broker:5672/"}
        ---
        apiVersion: keda.sh/v1alpha1
        kind: TriggerAuthentication
        metadata: {name: t}
        spec: {secretTargetRef: [{parameter: host, name: s, key: host}]}
        ---
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata: {name: k}
        spec:
          scaleTargetRef: {name: worker}
          triggers:
            - {type: rabbitmq, metadata: {queueName: q}, authenticationRef: {name: t}}
            - {type: prometheus, metadata: {serverAddress: "http://p:9090", query: "sum(x)"}}
            - {type: rabbitmq, metadata: {queueName: q}}
        ---
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: h}
        spec:
          scaleTargetRef: {kind: Deployment, name: a}
          metrics:
            - type: Object
              object: {metric: {name: m}, describedObject: {kind: Service, name: b}}
            - {type: Resource, resource: {name: cpu}}
    """
    found = [
        (one.consumer, one.provider, one.kind, one.operation)
        for one in only(Relation, objects(tmp_path, text))
    ]
    assert found == [
        ("worker", "amqp://broker:5672/", Kind.SCALING, "q"),
        ("worker", "http://p:9090", Kind.SCALING, "sum(x)"),
        ("a", "b", Kind.SCALING, "m"),
    ]


WATCHED = """
apiVersion: v1
kind: Pod
metadata:
  name: a
  labels: {app: a}
  annotations: {prometheus.io/scrape: "true", prometheus.io/path: /m}
spec: {containers: [{image: x}]}
"""
WATCHER = """---
apiVersion: v1
kind: Pod
metadata: {name: prometheus}
spec: {containers: [{image: "prom/prometheus:v3"}]}
"""
POD_MONITOR = """---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: m}
spec: {selector: {matchLabels: {app: a}}, podMetricsEndpoints: [{path: /x}]}
"""


@pytest.mark.parametrize(
    ("text", "operations"),
    [
        (WATCHED, []),
        (WATCHED + WATCHER, ["GET /m"]),
        (WATCHED + POD_MONITOR, ["GET /x", "GET /m"]),
    ],
)
def test_what_is_scraped(tmp_path: Path, text: str, operations: list[str]) -> None:
    found = only(Relation, objects(tmp_path, text))
    assert [one.operation for one in found] == operations
    assert {(one.consumer, one.provider) for one in found} <= {("prometheus", "a")}


CONFIGURED = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: m}}
data:
  c.yml: |
    {0}
---
apiVersion: v1
kind: Pod
metadata: {{name: tool}}
spec: {{containers: [{{image: {1}}}], volumes: [{{name: v, configMap: {{name: m}}}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: a}}
spec: {{containers: [{{image: x}}]}}
"""


@pytest.mark.parametrize(
    ("image", "text"),
    [
        ("prom/prometheus", "scrape_configs: [{static_configs: [{targets: ['a:80']}]}]"),
        ("prom/prometheus", "scrape_configs: [{dns_sd_configs: [{names: [a], port: 80}]}]"),
        ("grafana/grafana", "datasources: [{url: http://a:80}]"),
        ("otel/opentelemetry-collector", "exporters: {otlp: {endpoint: 'a:80'}, o: 'other:80'}"),
    ],
)
def test_tools_that_watch_by_a_map(tmp_path: Path, image: str, text: str) -> None:
    (one,) = only(Relation, objects(tmp_path, CONFIGURED.format(text, image)))
    assert (one.consumer, one.provider) == ("tool", "http://a:80")
    assert (one.kind, one.locator) == (Kind.MONITORING, "k8s/all.yaml:6")
