"""Catalogues: what is declared, and references that lead nowhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.backstage import Backstage
from depmap.collecting.port import EVER, Item
from depmap.model.evidence import Evidence, Gap, Node
from depmap.model.words import Kind, NodeKind, Strength
from tests.collectors.interviews.papers import only

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = """apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: cart}
spec:
  type: service
  owner: group:default/team-web
  dependsOn:
    - resource:redis
    - Component:default/pricing
    - component:prices
  consumesApis: [stock-api]
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: pricing}
spec: {type: service, owner: team-sales, dependencyOf: [component:web]}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: redis}
spec: {type: cache}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: web}
spec: {type: website}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: stock-api}
spec: {type: grpc}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: inventory}
spec: {type: service, providesApis: [default/stock-api]}
"""


def read(folder: Path, text: str = CATALOGUE) -> list[Item]:
    (folder / "catalog-info.yaml").write_text(text)
    return list(Backstage(paths=(folder,)).collect(EVER))


def test_what_is_declared_is_claimed_with_its_line_and_without_a_strength(tmp_path: Path) -> None:
    claims = only(read(tmp_path), Evidence)
    assert {(item.consumer, item.provider, item.kind, item.locators[0]) for item in claims} == {
        ("cart", "redis", Kind.CACHE, "catalog-info.yaml:8"),
        ("cart", "pricing", Kind.RPC, "catalog-info.yaml:9"),
        ("cart", "inventory", Kind.GRPC, "catalog-info.yaml:11"),
        ("web", "pricing", Kind.RPC, "catalog-info.yaml:16"),
    }
    assert {item.strength for item in claims} == {Strength.UNDETERMINED}


def test_components_and_resources_are_nodes_with_owners(tmp_path: Path) -> None:
    nodes = {node.name: node for node in only(read(tmp_path), Node)}
    assert (nodes["cart"].owner, nodes["pricing"].owner) == ("team-web", "team-sales")
    assert nodes["redis"].kind is NodeKind.CACHE
    assert "stock-api" not in nodes


def test_a_reference_to_nothing_is_a_gap(tmp_path: Path) -> None:
    (gap,) = only(read(tmp_path), Gap)
    assert (gap.what, gap.locator) == ("the reference component:prices", "catalog-info.yaml:10")
    assert gap.why == 'did you mean "pricing"?'


def test_what_lies_in_another_catalogue_is_named_and_a_gap(tmp_path: Path) -> None:
    items = read(tmp_path, CATALOGUE.replace("component:prices", "component:shop/wishlist"))
    assert ("cart", "wishlist") in {
        (item.consumer, item.provider) for item in only(items, Evidence)
    }
    (gap,) = only(items, Gap)
    assert gap.why == "it is in none of the catalogue files that were read"


def test_what_is_no_entity_is_a_gap_and_the_rest_is_read(tmp_path: Path) -> None:
    items = read(tmp_path, f"kind: Deployment\n---\n{CATALOGUE}---\na: [\n")
    assert len(only(items, Evidence)) == 4
    assert len(only(items, Gap)) == 3


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=6) | st.sampled_from(["component:a", "x/y", ":"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "type", "owner", "dependsOn"]), inner)
    ),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fixed_dictionaries({"metadata": values, "spec": values, "kind": values})))
def test_whatever_stands_in_a_catalogue_is_read_or_a_gap(
    tmp_path: Path, entities: list[dict[str, Any]]
) -> None:
    whole = [{"apiVersion": "backstage.io/v1alpha1", **entity} for entity in entities]
    text = "\n---\n".join(json.dumps(entity) for entity in whole)
    assert all(isinstance(item, Evidence | Gap | Node) for item in read(tmp_path, text))
