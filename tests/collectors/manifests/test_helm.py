"""Charts: rendered by helm, and read without it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from collectors.manifests.templating import Template
from collectors.manifests.yamls import EMPTY, Item, documents
from depmap.model.deployed import Setting, Unit
from depmap.model.evidence import Gap
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

VALUES = "name: cart\nport: 8080\non: true\noff: false\nstock: {url: 'http://stock'}\nempty:\n"
TEMPLATE = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Values.name }}
  labels:
    {{- include "x.labels" . | nindent 4 }}
spec:
  template:
    spec:
      containers:
        - name: main
          image: "{{ .Values.registry | default "reg" }}/cart:{{ .Chart.AppVersion }}"
          env:
            - name: STOCK_URL
              value: {{ .Values.stock.url | quote }}
            {{- if .Values.off }}
            - name: OFF
              value: "1"
            {{- else }}
            - name: ELSE
              value: "{{ .Values.port }}"
            {{- end }}
"""
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nappVersion: 1.2\n",
    "chart/values.yaml": VALUES,
    "chart/templates/cart.yaml": TEMPLATE,
}


@pytest.fixture(autouse=True)
def _no_helm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)


def test_a_chart_without_helm(tmp_path: Path) -> None:
    items = read(tmp_path, CHART)
    assert [(one.name, one.image, one.locator) for one in only(Unit, items)] == [
        ("cart", "reg/cart:1.2", "chart/templates/cart.yaml:4")
    ]
    assert {one.key: (one.value, one.locator) for one in only(Setting, items)} == {
        "STOCK_URL": ("http://stock", "chart/templates/cart.yaml:14"),
        "ELSE": ("8080", "chart/templates/cart.yaml:20"),
    }


def values() -> Item:
    document = next(iter(documents(VALUES, "values.yaml")))
    assert isinstance(document, Item)
    return document


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{{ .Values.name }}", "cart"),
        ("a-{{ .Values.nobody }}-b", "a--b"),
        ("{{ .Values.nobody | default .Values.name }}", "cart"),
        ('{{ default "x" .Values.nobody }}', "x"),
        ('{{ printf "%s:%s" .Values.name .Values.port }}', "cart:8080"),
        ('{{ include "shop.fullname" . }}', "shop"),
        ("{{ if not .Values.on }}a{{ else }}b{{ end }}", "b"),
        ('{{ if eq .Values.name "cart" }}a{{ end }}', "a"),
        ("{{ range .Values.list }}a{{ end }}", ""),
        ("{{/* nothing */}}", ""),
        ("{{ toYaml .Values.x }}", ""),
        ("{{ unfinished", ""),
    ],
)
def test_templates(template: str, filled: str) -> None:
    chart = Item({"name": Item("shop", 1)}, 1)
    assert Template(values(), chart, {}).fill(template) == filled


def test_named_templates_of_one_line() -> None:
    texts = {"t/_h.tpl": '{{- define "x.name" -}}\n{{ .Values.name }}-x\n{{- end }}'}
    assert Template(values(), EMPTY, texts).fill('{{ include "x.name" . }}') == "cart-x"


def test_templates_that_include_themselves_end() -> None:
    texts = {"t/_h.tpl": '{{ define "a" }}{{ include "a" . }}{{ end }}'}
    assert Template(values(), EMPTY, texts).fill('{{ include "a" . }}') == ""


def test_a_template_that_is_no_yaml_is_a_gap(tmp_path: Path) -> None:
    broken = "apiVersion: v1\nkind: Pod\n{{ if x }}\n  a: [\n{{ end }}\n"
    items = read(tmp_path, CHART | {"chart/templates/b.yaml": broken})
    assert [item.what for item in items if isinstance(item, Gap)] == ["a template of Helm"]
    assert [one.name for one in only(Unit, items)] == ["cart"]


@pytest.mark.parametrize("fails", [False, True])
def test_a_chart_with_helm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    program = tmp_path / "helm"
    program.write_text(
        "#!/bin/sh\n"
        + ("exit 1\n" if fails else "")
        + "/bin/cat <<END\n---\n# Source: shop/templates/cart.yaml\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: rendered}\n"
        "spec: {containers: [{image: x}]}\nEND\n"
    )
    os.chmod(program, 0o755)  # noqa: PTH101, S103 - a program of this test
    monkeypatch.setattr("shutil.which", lambda _: str(program))
    (unit,) = only(Unit, read(tmp_path / "x", CHART))
    assert (unit.name, unit.locator) == (
        ("cart", "chart/templates/cart.yaml:4")
        if fails
        else ("rendered", "chart/templates/cart.yaml:1")
    )
