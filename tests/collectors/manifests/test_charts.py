"""Charts inside charts, what they bring from elsewhere, and what releases them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from depmap.model.deployed import Setting, Unit
from depmap.model.evidence import Gap
from depmap.model.words import NodeKind
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.collecting.port import Item


@pytest.fixture(autouse=True)
def _no_helm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)


POD = """
apiVersion: v1
kind: Pod
metadata: {name: "{{ .Values.name | default .Chart.Name }}"}
spec:
  containers:
    - image: x
      env:
        - {name: URL, value: "{{ .Values.url }}"}
        - {name: DB, value: "{{ .Values.global.db }}"}
"""


def chart(folder: str, name: str, values: str = "", more: str = "") -> dict[str, str]:
    return {
        f"{folder}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n{more}",
        f"{folder}/values.yaml": values,
        f"{folder}/templates/pod.yaml": POD,
    }


def units(items: list[Item]) -> list[str]:
    return sorted(one.name for one in only(Unit, items))


def urls(items: list[Item]) -> dict[str, str]:
    return {one.unit: one.value for one in only(Setting, items) if one.key == "URL"}


def test_values_of_the_outer_chart_come_first(tmp_path: Path) -> None:
    files = chart("c", "shop", "url: 'http://o'\nglobal: {db: main}\ncart: {url: 'http://b'}\n")
    files |= chart("c/charts/cart", "cart", "url: 'http://inner'\nglobal: {db: own}\n")
    items = read(tmp_path, files)
    assert urls(items) == {"shop": "http://o", "cart": "http://b"}
    assert {one.value for one in only(Setting, items) if one.key == "DB"} == {"main"}


def test_a_chart_beside_it_is_brought_under_another_name(tmp_path: Path) -> None:
    more = "dependencies: [{name: base, alias: cart, version: 1, repository: 'file://../base'}]\n"
    files = chart("shop", "shop", "cart: {url: 'http://b'}\n", more) | chart("base", "base")
    assert urls(read(tmp_path, files)) == {"shop": "", "cart": "http://b"}


@pytest.mark.parametrize(("on", "names"), [("true", ["cart", "shop"]), ("false", ["shop"])])
def test_a_condition_switches_a_chart(tmp_path: Path, on: str, names: list[str]) -> None:
    more = "dependencies: [{name: cart, version: 1, condition: cart.enabled}]\n"
    files = chart("c", "shop", f"cart: {{enabled: {on}}}\n", more)
    assert units(read(tmp_path, files | chart("c/charts/cart", "cart"))) == names


def test_a_library_makes_nothing_and_names_templates(tmp_path: Path) -> None:
    files = {
        "lib/Chart.yaml": "apiVersion: v2\nname: lib\ntype: library\n",
        "lib/templates/_names.tpl": '{{ define "lib.it" }}from-library{{ end }}',
        "c/Chart.yaml": "apiVersion: v2\nname: shop\n"
        "dependencies: [{name: lib, version: 1, repository: 'file://../lib'}]\n",
        "c/templates/pod.yaml": POD.replace(
            "{{ .Values.name | default .Chart.Name }}", "{{ include `lib.it` . }}"
        ),
    }
    assert units(read(tmp_path, files)) == ["from-library"]


def test_stores_that_charts_from_elsewhere_bring(tmp_path: Path) -> None:
    more = (
        "dependencies:\n"
        "  - {name: postgresql, alias: db, version: 1, repository: 'https://x'}\n"
        "  - {name: redis, version: 1, repository: 'https://x', condition: redis.enabled}\n"
        "  - {name: gizmo, version: 1, repository: 'https://x'}\n"
    )
    items = read(tmp_path, chart("c", "shop", "redis: {enabled: false}\n", more))
    _, store = sorted(only(Unit, items), key=lambda one: one.kind is NodeKind.DATABASE)
    assert (store.name, store.kind, store.locator) == (
        "shop-db", NodeKind.DATABASE, "c/Chart.yaml:5",
    )  # fmt: skip
    assert {"db", "shop-db-headless", "postgresql"} <= set(store.names)
    (gap,) = (one for one in items if isinstance(one, Gap))
    assert (gap.what, gap.locator) == ("what the chart gizmo brings", "c/Chart.yaml:7")


def test_a_name_that_something_else_has_is_no_alias(tmp_path: Path) -> None:
    more = "dependencies: [{name: redis, version: 1, repository: 'https://x'}]\n"
    files = chart("c", "shop", more=more) | {
        "k8s/a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: redis}\n"
        "spec: {containers: [{image: redis}]}\n"
    }
    (store,) = (one for one in only(Unit, read(tmp_path, files)) if one.name == "shop-redis")
    assert "redis" not in store.names
    assert "redis-master" in store.names


RELEASES = {
    "argo": ("argo.yaml", """
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: cart}
        spec:
          source:
            path: c
            helm: {valueFiles: [more.yaml], parameters: [{name: name, value: cart}]}
    """),
    "flux": ("flux.yaml", """
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata: {name: cart}
        spec: {chart: {spec: {chart: ./c}}, values: {name: cart, url: "http://b"}}
    """),
    "helmfile": ("helmfile.yaml", """
        releases: [{name: cart, chart: ./c, values: [c/more.yaml, {name: cart}]}]
    """),
    "skaffold": ("skaffold.yaml", """
        apiVersion: skaffold/v4beta1
        kind: Config
        deploy:
          helm:
            releases:
              - {name: cart, chartPath: c, valuesFiles: [c/more.yaml], setValues: {name: cart}}
    """),
    "script": ("deploy.sh", """
        helm upgrade --install cart ./c -n shop -f c/more.yaml \\
          --set name=cart
    """),
}  # fmt: skip


@pytest.mark.parametrize(("path", "text"), RELEASES.values(), ids=RELEASES)
def test_a_chart_is_read_as_it_is_released(tmp_path: Path, path: str, text: str) -> None:
    files = chart("c", "generic") | {"c/more.yaml": "url: 'http://b'\n", path: text}
    assert urls(read(tmp_path, files)) == {"cart": "http://b"}


def test_releases_of_one_chart_are_units_each(tmp_path: Path) -> None:
    files = chart("c", "generic") | {
        "helmfile.yaml": "releases:\n"
        "  - {name: a, chart: ./c, values: [{name: a, url: 'http://b'}]}\n"
        "  - {name: b, chart: ./c, values: [{name: b}]}\n"
    }
    assert urls(read(tmp_path, files)) == {"a": "http://b", "b": ""}


def test_charts_that_bring_themselves_end(tmp_path: Path) -> None:
    many = "".join(
        f"  - {{name: shop, alias: a{n}, version: 1, repository: 'file://.'}}\n" for n in range(50)
    )
    start = time.monotonic()
    read(tmp_path, chart("c", "shop", more=f"dependencies:\n{many}"))
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("name", ["values.yaml", "values-dev.yaml", "dev.values.yml"])
def test_values_are_no_compose_file(tmp_path: Path, name: str) -> None:
    files = chart("c", "shop") | {f"c/{name}": "services: {a: {image: x}}\n"}
    assert units(read(tmp_path, files)) == ["shop"]


def test_a_chart_by_a_small_letter(tmp_path: Path) -> None:
    files = chart("c", "shop")
    files["c/chart.yaml"] = files.pop("c/Chart.yaml")
    assert units(read(tmp_path, files)) == ["shop"]


def test_tests_of_a_chart_are_left_out(tmp_path: Path) -> None:
    test = POD.replace("metadata: {", "metadata: {annotations: {helm.sh/hook: test}, ")
    files = chart("c", "shop") | {"c/templates/tests/t.yaml": test.replace(".Chart.Name", '"t"')}
    assert units(read(tmp_path, files)) == ["shop"]


def test_an_unknown_function_is_a_gap_and_the_rest_is_read(tmp_path: Path) -> None:
    files = chart("c", "shop")
    files["c/templates/pod.yaml"] = POD.replace("{{ .Values.url }}", "{{ gizmo 1 }}")
    items = read(tmp_path, files)
    assert units(items) == ["shop"]
    assert any(isinstance(one, Gap) and "gizmo" in one.why for one in items)
