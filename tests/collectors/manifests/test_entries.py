"""How requests come into a cluster: who is asked first, and what is mirrored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Use
from depmap.model.words import Strength
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: edge
  annotations: {{nginx.ingress.kubernetes.io/auth-url: "{0}"}}
spec:
  rules: [{{http: {{paths: [{{path: /, backend: {{service: {{name: web}}}}}}]}}}}]
"""


@pytest.mark.parametrize(
    ("url", "targets"),
    [
        ("http://auth.shop.svc.cluster.local:80/check",
         ["http://auth.shop.svc.cluster.local:80/check", "http://web"]),
        ("https://$host/check", ["http://web"]),
        ("", ["http://web"]),
    ],
)  # fmt: skip
def test_who_is_asked_about_every_request(tmp_path: Path, url: str, targets: list[str]) -> None:
    found = only(Use, read(tmp_path, {"k8s/all.yaml": INGRESS.format(url)}))
    assert [str(one.targets[0]) for one in found] == targets
    assert {one.unit for one in found} == {"edge"}


def test_a_mirror_is_optional(tmp_path: Path) -> None:
    text = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: r}
        spec:
          parentRefs: [{name: gw}]
          rules:
            - filters: [{type: RequestMirror, requestMirror: {backendRef: {name: b, port: 80}}}]
              backendRefs: [{name: a, port: 80}]
    """
    found = only(Use, read(tmp_path, {"k8s/all.yaml": text}))
    assert {str(one.targets[0]): one.strength for one in found} == {
        "http://b:80": Strength.OPTIONAL, "http://a:80": Strength.STRONG,
    }  # fmt: skip
