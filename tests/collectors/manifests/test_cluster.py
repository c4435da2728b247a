"""Objects of a cluster beyond workloads: routes, policies, scalers, keepers of secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.model.deployed import Mount, Setting, Unit
from depmap.model.facts import Use, WaitFor
from depmap.model.relations import Allowed, Relation
from depmap.model.words import Kind, NodeKind
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.collecting.port import Item


def objects(folder: Path, text: str) -> list[Item]:
    return read(folder, {"k8s/all.yaml": text})


def deployment(name: str, more: str = "", pod: str = "") -> str:
    return f"""
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}{pod}}}
    spec:
      containers: [{{image: "x/{name}", name: c{more}}}]
"""


def test_names_and_ports_by_selectors(tmp_path: Path) -> None:
    text = """
        apiVersion: v1
        kind: Service
        metadata: {name: stock, namespace: shop}
        spec: {selector: {app: a}, ports: [{port: 80}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: rates, namespace: shop}
        spec: {type: ExternalName, externalName: rates.example.com}
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: a, namespace: shop}
        spec:
          template:
            metadata: {labels: {app: a, x: y}}
            spec: {serviceAccountName: runner, containers: [{image: x}]}
    """
    unit, outside = only(Unit, objects(tmp_path, text))
    assert (unit.names, unit.account) == (("stock", "stock.shop"), "shop/runner")
    assert unit.labels == ("app=a", "x=y")
    assert (outside.name, outside.kind, outside.names) == (
        "rates.example.com", NodeKind.EXTERNAL, ("rates", "rates.shop"),
    )  # fmt: skip


def test_values_that_refer_to_others(tmp_path: Path) -> None:
    text = deployment("a", ", env: [{name: H, value: b}, {name: U, value: 'http://$(H):80'}]")
    found = {one.key: one.value for one in only(Setting, objects(tmp_path, text))}
    assert found == {"H": "b", "U": "http://b:80"}


def test_a_map_in_the_same_folder_comes_first(tmp_path: Path) -> None:
    template = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata: {{URL: 'http://{0}'}}\n"
    )
    user = deployment("a", ", envFrom: [{configMapRef: {name: m}}]")
    files = {
        "k8s/a.yaml": user + deployment("b"),
        "k8s/map.yaml": template.format("base"),
        "k8s/overlays/prod/map.yaml": template.format("prod"),
    }
    (setting,) = only(Setting, read(tmp_path, files))
    assert (setting.value, setting.whole, setting.variant) == ("http://base", True, "")


def test_mounted_secrets_and_maps(tmp_path: Path) -> None:
    text = """
        apiVersion: v1
        kind: Pod
        metadata: {name: a}
        spec:
          containers: [{image: x, volumeMounts: [{name: k, mountPath: /keys}]}]
          volumes:
            - name: k
              secret: {secretName: jwt, items: [{key: public.pem, path: p}]}
            - name: c
              projected: {sources: [{configMap: {name: conf}}, {secret: {name: more}}]}
    """
    found = [(m.source, m.kind, m.target, m.keys) for m in only(Mount, objects(tmp_path, text))]
    assert found == [
        ("jwt", "secret", "/keys", ("public.pem",)),
        ("conf", "config", "", ()),
        ("more", "secret", "", ()),
    ]


def test_a_proxy_that_is_configured_by_a_map(tmp_path: Path) -> None:
    text = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: conf}
        data:
          default.conf: |
            server {
              location /a/ { proxy_pass http://a; }
            }
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          containers: [{image: nginx}]
          volumes: [{name: c, configMap: {name: conf}}]
    """
    (use,) = only(Use, objects(tmp_path, text))
    assert (use.unit, str(use.targets[0]), use.locator) == ("web", "http://a", "k8s/all.yaml:7")


def passed(items: list[Item]) -> list[tuple[str, str, str]]:
    return [(one.unit, str(one.targets[0]), str(one.operations[0])) for one in only(Use, items)]


def test_ingress(tmp_path: Path) -> None:
    text = """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: edge, namespace: shop}
        spec:
          defaultBackend: {service: {name: web, port: {number: 80}}}
          rules:
            - http:
                paths:
                  - {path: /api, backend: {service: {name: api, port: {number: 8080}}}}
    """
    items = objects(tmp_path, text)
    assert passed(items) == [
        ("edge", "http://web.shop:80", "/"),
        ("edge", "http://api.shop:8080", "/api"),
    ]
    assert [(one.name, one.kind) for one in only(Unit, items)] == [("edge", NodeKind.GATEWAY)]


def test_gateway_api(tmp_path: Path) -> None:
    text = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: r}
        spec:
          parentRefs: [{name: edge}]
          rules:
            - matches: [{path: {value: /api}}]
              backendRefs: [{name: api, port: 80}]
    """
    assert passed(objects(tmp_path, text)) == [("edge", "http://api:80", "/api")]


def test_istio_routes_mirrors_and_strangers(tmp_path: Path) -> None:
    text = """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: v}
        spec:
          hosts: [api]
          gateways: [ns/edge, mesh]
          http:
            - match: [{uri: {prefix: /api}}]
              route: [{destination: {host: api, port: {number: 80}}}]
              mirror: {host: api-next}
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: s}
        spec: {hosts: [pay.example.com, "*.wild.example.com"]}
    """
    items = objects(tmp_path, text)
    assert passed(items) == [("edge", "http://api:80", "/api")]
    (mirror,) = only(Relation, items)
    assert (mirror.consumer, mirror.provider, mirror.strength.value) == (
        "api", "api-next", "optional",
    )  # fmt: skip
    assert [one.name for one in only(Unit, items)] == ["edge", "pay.example.com"]


def test_network_policies_name_who_may_call(tmp_path: Path) -> None:
    text = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: p}
        spec:
          podSelector: {matchLabels: {app: db}}
          ingress: [{from: [{podSelector: {matchLabels: {app: a}}}]}]
    """
    (allowed,) = only(Allowed, objects(tmp_path, text))
    assert (allowed.selector, allowed.peers, allowed.inward) == (("app=db",), (("app=a",),), True)


def test_policies_that_let_everything_through_rule_nothing_out(tmp_path: Path) -> None:
    for number, ingress in enumerate(("[{}]", "[{from: [{namespaceSelector: {}}]}]", "[]")):
        text = f"""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {{name: p}}
            spec: {{podSelector: {{matchLabels: {{app: db}}}}, ingress: {ingress}}}
        """
        found = only(Allowed, objects(tmp_path / str(number), text))
        assert [(one.peers, one.whole) for one in found] == [((), False)] * (ingress != "[]")


def test_identities_that_may_call(tmp_path: Path) -> None:
    text = """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: p}
        spec:
          selector: {matchLabels: {app: b}}
          rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/a]}}]}]
        ---
        apiVersion: policy.linkerd.io/v1beta1
        kind: Server
        metadata: {name: s, namespace: shop}
        spec: {podSelector: {matchLabels: {app: c}}}
        ---
        apiVersion: policy.linkerd.io/v1beta1
        kind: ServerAuthorization
        metadata: {name: q, namespace: shop}
        spec: {server: {name: s}, client: {meshTLS: {serviceAccounts: [{name: a}]}}}
    """
    found = [(one.selector, one.peers) for one in only(Allowed, objects(tmp_path, text))]
    assert found == [
        (("app=b",), (("account:shop/a",),)),
        (("app=c",), (("account:shop/a",),)),
    ]


def test_scalers_monitors_and_issuers(tmp_path: Path) -> None:
    text = """
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata: {name: k}
        spec:
          scaleTargetRef: {name: worker}
          triggers:
            - {type: kafka, metadata: {bootstrapServers: "kafka:9092", topic: orders}}
            - {type: cpu, metadata: {value: "60"}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: api, labels: {team: x}}
        spec: {selector: {app: api}}
        ---
        apiVersion: monitoring.coreos.com/v1
        kind: ServiceMonitor
        metadata: {name: m}
        spec: {selector: {matchLabels: {team: x}}}
        ---
        apiVersion: security.istio.io/v1
        kind: RequestAuthentication
        metadata: {name: r}
        spec:
          selector: {matchLabels: {app: api}}
          jwtRules: [{issuer: x, jwksUri: "http://auth/keys"}]
    """
    found = {
        (one.consumer, one.provider, one.kind, one.operation)
        for one in only(Relation, objects(tmp_path, text))
    }
    assert found == {
        ("worker", "kafka:9092", Kind.SCALING, "orders"),
        ("prometheus", "api", Kind.MONITORING, "GET /metrics"),
        ("selector:app=api", "http://auth/keys", Kind.HTTP, ""),
    }


def test_secrets_of_vault(tmp_path: Path) -> None:
    pod = (
        ", annotations: {vault.hashicorp.com/agent-inject-secret-k: secret/data/jwt, "
        "vault.hashicorp.com/agent-inject-template-d: '{{ with secret \"database/creds/x\" }}'}"
    )
    csi = """
---
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: c}
spec: {parameters: {objects: "- secretPath: secret/data/jwt"}}
---
apiVersion: v1
kind: Pod
metadata: {name: b}
spec:
  containers: [{image: x}]
  volumes: [{name: v, csi: {volumeAttributes: {secretProviderClass: c}}}]
"""
    items = objects(tmp_path, deployment("a", pod=pod).replace("{{", "{{") + csi)
    assert [(one.unit, one.source) for one in only(Mount, items)] == [
        ("a", "secret/data/jwt"),
        ("a", "database/creds/x"),
        ("b", "secret/data/jwt"),
    ]
    assert {(one.consumer, one.provider) for one in only(Relation, items)} == {
        ("a", "vault"), ("b", "vault"),
    }  # fmt: skip


def test_waiting_containers_of_every_form(tmp_path: Path) -> None:
    text = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: j}
        spec:
          template:
            spec:
              initContainers:
                - image: x
                  command: [sh, -c]
                  args: ["until wget -q http://a/ready; do sleep 1; done"]
              containers: [{image: x}]
    """
    (wait,) = only(WaitFor, objects(tmp_path, text))
    assert (wait.unit, str(wait.targets[0])) == ("j", "http://a/ready")


def test_patches_declare_nothing(tmp_path: Path) -> None:
    text = deployment("a").replace('image: "x/a", ', "")
    assert only(Unit, objects(tmp_path, text)) == []


def test_maps_that_kustomize_generates(tmp_path: Path) -> None:
    files = {
        "k8s/kustomization.yaml": """
            resources: [a.yaml]
            configMapGenerator:
              - {name: m, literals: ["URL=http://b"], envs: [more.env]}
        """,
        "k8s/more.env": "PORT=80\n",
        "k8s/a.yaml": deployment("a", ", envFrom: [{configMapRef: {name: m}}]"),
    }
    found = {one.key: one.value for one in only(Setting, read(tmp_path, files))}
    assert found == {"URL": "http://b", "PORT": "80"}


def test_lists_of_objects(tmp_path: Path) -> None:
    text = """
        apiVersion: v1
        kind: List
        items: [{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{image: x}]}}]
    """
    assert [one.name for one in only(Unit, objects(tmp_path, text))] == ["a"]
