"""What components of Dapr and a catalogue of people declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.model.deployed import Unit
from depmap.model.relations import Relation
from depmap.model.words import Kind
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

APP = """
apiVersion: v1
kind: Pod
metadata: {name: a-pod, annotations: {dapr.io/app-id: a}}
spec: {containers: [{image: x}]}
---
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: bus}
spec: {type: pubsub.redis, metadata: [{name: redisHost, value: "redis:6379"}]}
scopes: [a]
---
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: store}
spec: {type: state.mongodb, metadata: [{name: host, value: "mongo:27017"}]}
---
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: {name: s}
spec: {topic: orders, pubsubname: bus}
scopes: [b]
"""
CATALOGUE = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: a}
spec:
  owner: x
  dependsOn: ["component:default/c", "resource:db", "api:q"]
  consumesApis: [b-api, nobodys-api]
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: b}
spec: {owner: x, providesApis: ["api:b-api"], consumesApis: [b-api]}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: b-api}
spec: {type: grpc}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: db}
spec: {type: database, dependencyOf: ["component:b"]}
"""


def test_components_of_dapr(tmp_path: Path) -> None:
    items = read(tmp_path, {"k8s/all.yaml": APP})
    found = [
        (one.consumer, one.provider, one.kind, one.operation, one.confidence > 0.5)
        for one in only(Relation, items)
    ]
    assert found == [
        ("a-pod", "redis://redis:6379", Kind.MESSAGING_PUBLISH, "", True),
        ("a-pod", "mongodb://mongo:27017", Kind.DATABASE, "", False),
        ("b", "redis://redis:6379", Kind.MESSAGING_CONSUME, "orders", True),
    ]
    (unit,) = only(Unit, items)
    assert unit.names == ("a",)


def test_what_a_catalogue_says(tmp_path: Path) -> None:
    found = [
        (one.consumer, one.provider, one.kind, one.locator)
        for one in only(Relation, read(tmp_path, {"catalog-info.yaml": CATALOGUE}))
    ]
    assert found == [
        ("a", "c", Kind.HTTP, "catalog-info.yaml:6"),
        ("a", "db", Kind.DATABASE, "catalog-info.yaml:6"),
        ("a", "b", Kind.GRPC, "catalog-info.yaml:7"),
        ("b", "db", Kind.DATABASE, "catalog-info.yaml:22"),
    ]
