"""Workloads whose secrets are kept elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.model.deployed import Mount, Setting
from depmap.model.relations import Relation
from depmap.model.words import Strength
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

EXTERNAL = """
apiVersion: external-secrets.io/v1
kind: {store}
metadata: {{name: st}}
spec: {{provider: {provider}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {{name: made}}
spec:
  secretStoreRef: {{name: st, kind: {store}}}
  data: [{{secretKey: k, remoteRef: {{key: shop/jwt}}}}]
---
apiVersion: v1
kind: Pod
metadata: {{name: a}}
spec:
  containers:
    - image: x
      env: [{{name: K, valueFrom: {{secretKeyRef: {{name: made, key: k}}}}}}]
"""


def keepers(folder: Path, text: str) -> list[tuple[str, str, str, Strength]]:
    return [
        (one.consumer, one.provider, one.operation, one.strength)
        for one in only(Relation, read(folder, {"k8s/all.yaml": text}))
    ]


def test_a_secret_that_is_made_of_one_in_vault(tmp_path: Path) -> None:
    text = EXTERNAL.format(store="SecretStore", provider='{vault: {server: "http://v:8200"}}')
    assert keepers(tmp_path, text) == [("a", "http://v:8200", "shop/jwt", Strength.WEAK)]


def test_a_secret_that_is_made_of_one_in_a_cloud(tmp_path: Path) -> None:
    text = EXTERNAL.format(store="ClusterSecretStore", provider="{aws: {region: x}}")
    assert keepers(tmp_path, text) == [("a", "aws-secrets-manager", "shop/jwt", Strength.WEAK)]


def test_a_secret_that_a_driver_mounts(tmp_path: Path) -> None:
    text = """
        apiVersion: secrets-store.csi.x-k8s.io/v1
        kind: SecretProviderClass
        metadata: {name: c}
        spec:
          provider: vault
          parameters: {vaultAddress: "http://v:8200", objects: "- secretPath: secret/data/jwt"}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: a}
        spec:
          containers: [{image: x}]
          volumes: [{name: v, csi: {volumeAttributes: {secretProviderClass: c}}}]
    """
    assert keepers(tmp_path, text) == [("a", "http://v:8200", "secret/data/jwt", Strength.STRONG)]


def test_a_secret_of_the_cluster_itself_has_no_keeper(tmp_path: Path) -> None:
    _, _, pod = EXTERNAL.format(store="x", provider="{}").split("---")
    assert keepers(tmp_path, pod.lstrip()) == []


def test_one_secret_by_a_driver_and_by_its_name_is_one(tmp_path: Path) -> None:
    text = """
        apiVersion: secrets-store.csi.x-k8s.io/v1
        kind: SecretProviderClass
        metadata: {name: c}
        spec:
          provider: vault
          parameters: {objects: "- {objectName: o, secretPath: kv/jwt, secretKey: k}"}
          secretObjects: [{secretName: made, data: [{objectName: o, key: k}]}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: a}
        spec:
          containers: [{image: x}]
          volumes: [{name: v, csi: {volumeAttributes: {secretProviderClass: c}}}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: b}
        spec:
          containers:
            - image: x
              env: [{name: K, valueFrom: {secretKeyRef: {name: made, key: k}}}]
    """
    items = read(tmp_path, {"k8s/all.yaml": text})
    assert [(one.unit, one.source) for one in only(Mount, items)] == [
        ("a", "kv/jwt"), ("b", "kv/jwt"),
    ]  # fmt: skip
    (setting,) = only(Setting, items)
    assert setting.source == "kv/jwt/k"
