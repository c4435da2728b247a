"""Objects, charts and scripts of any shape: gaps at worst, and never a crash."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.manifests import shell
from collectors.manifests.goexpressions import TemplateError
from collectors.manifests.objects import Object
from collectors.manifests.templating import Template
from collectors.manifests.yamls import Item, documents
from tests.collectors.manifests.reading import read

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = """
    Deployment CronJob Pod Service ConfigMap Secret Ingress HTTPRoute VirtualService Sidecar
    AuthorizationPolicy NetworkPolicy CiliumNetworkPolicy ServiceMonitor PodMonitor ScaledObject
    HorizontalPodAutoscaler ExternalSecret SecretStore SecretProviderClass SealedSecret Component
    Subscription Server ServerAuthorization MeshTLSAuthentication ServiceEntry IngressRoute
    Application HelmRelease RequestAuthentication List Kustomization Resource API"""
KINDS = _KINDS.split()
_WORDS = """
    spec metadata name labels annotations template containers initContainers env envFrom value
    valueFrom secretKeyRef configMapKeyRef secretRef key data stringData volumes volumeMounts
    configMap secret csi volumeAttributes secretProviderClass rules http paths path backend
    service port number hosts gateways route destination host selector matchLabels
    matchExpressions operator values ingress egress from to podSelector namespaceSelector
    policyTypes ports triggers type authenticationRef secretTargetRef metrics object
    describedObject target provider vault server remoteRef extract dataFrom parameters objects
    secretObjects scopes topic pubsubname source sources principals targetRef
    requiredAuthenticationRefs identityRefs identities spec command args image lifecycle
    postStart exec readinessProbe httpGet jobTemplate items chart helm valueFiles releases
    dependsOn consumesApis providesApis patches patch configMapGenerator literals endpoints
    setValues"""
WORDS = _WORDS.split()
LEAVES = st.sampled_from(
    ["", "a", "1", "http://a:80", "$(A)", "{{", "until nc -z a 1; do sleep 1; done", "- a: b",
     "*", "\n", "é", None, True, "x" * 300]
)  # fmt: skip
BODIES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=25,
)
APIS = ["v1", "apps/v1", "dapr.io/v1", "security.istio.io/v1", "backstage.io/v1", "argoproj.io/v1"]


@settings(max_examples=150, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    bodies=st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.sampled_from(APIS),
            st.dictionaries(st.sampled_from(WORDS), BODIES, max_size=5),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_objects_of_any_shape(tmp_path: Path, bodies: list[tuple[str, str, Any]]) -> None:
    texts = [
        json.dumps({"metadata": {"name": "a"}} | body | {"kind": kind, "apiVersion": api})
        for kind, api, body in bodies
    ]
    files = {
        "k8s/all.yaml": "\n---\n".join(texts),
        "k8s/kustomization.yaml": texts[0],
        "chart/Chart.yaml": texts[-1],
        "chart/values.yaml": texts[0],
        "chart/templates/a.yaml": "{{ range $k, $v := .Values }}\n---\n{{ toYaml $v }}{{ end }}",
        "skaffold.yaml": texts[-1],
    }
    read(tmp_path, files)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["{{", "}}", "-", " ", "\n", "if", "end", "else", "range", "define", '"a"', ".a", "$x",
             ":=", "(", ")", "|", "quote", "include", "tpl", "`", "/*", "*/", "'", "index", "1",
             "dict", "merge", "printf", "toYaml", "nindent", "substr", "until", "first", "div"]
        ),
        max_size=25,
    )
)  # fmt: skip
def test_templates_of_any_shape(parts: list[str]) -> None:
    source = " ".join(parts)
    template = Template({"a": {"a": [1, "x", None]}})
    template.learn(source)
    try:
        filled = template.fill(source)
    except TemplateError:
        return
    assert filled.text.count("\n") + 1 == len(filled.lines)


@given(st.text(alphabet="until dowhsecr/$({})[]|;&\"'-=:\n0.pg_y", max_size=120))
def test_scripts_of_any_shape(text: str) -> None:
    list(shell.waits("r", "a.sh", text))
    shell.calls(text)


@pytest.mark.parametrize("text", ["[1]", "a", "{}", "kind: [a]", "metadata: [a]"])
def test_objects_that_are_none(text: str) -> None:
    for one in documents(text, "x"):
        if isinstance(one, Item):
            assert Object("x", one).name == ""
