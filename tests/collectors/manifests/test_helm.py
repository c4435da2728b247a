"""Charts: rendered by helm, and read without it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from collectors.manifests.chart_files import Files
from collectors.manifests.goexpressions import TemplateError
from collectors.manifests.templating import Template
from collectors.manifests.values import mapping
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


def template(*named: str) -> Template:
    found = Template(
        {
            "Values": mapping(VALUES),
            "Chart": {"Name": "shop"},
            "Release": {"Name": "shop"},
            "Files": Files({"conf/a.yaml": "x: 1"}),
        }
    )
    for one in named:
        found.learn(one)
    return found


@pytest.mark.parametrize(
    ("source", "filled"),
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
        ("{{ `{{ .x }}` }}", "{{ .x }}"),
        ("{{ range $k, $v := .Values.stock }}{{ $k }}={{ $v }}{{ end }}", "url=http://stock"),
        ("{{ with .Values.stock }}{{ .url }}{{ $.Values.name }}{{ end }}", "http://stockcart"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        ("{{ toYaml .Values.stock | nindent 2 }}", "\n  url: http://stock"),
        ('{{ tpl "{{ .Values.name }}" . }}', "cart"),
        ('{{ ternary "a" "b" .Values.on }}', "a"),
        ("{{ (index (list .Values.stock) 0).url }}", "http://stock"),
        ("{{ range until 3 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ . }}{{ end }}", "02"),
        ('{{ (.Files.Glob "conf/*").AsConfig }}', "a.yaml: 'x: 1'"),
        ('{{ .Files.Get "conf/a.yaml" }}', "x: 1"),
        ('{{ get (dict "a" "b") "a" | upper | trunc 63 | trimSuffix "-" }}', "B"),
        ('{{ dig "stock" "url" "none" .Values }}', "http://stock"),
        ("{{ .Values.off | default .Values.port }}", "8080"),
    ],
)
def test_templates(source: str, filled: str) -> None:
    assert template().fill(source).text == filled


def test_named_templates() -> None:
    held = template('{{- define "x.name" -}}\n{{ .Values.name }}-x\n{{- end }}')
    assert held.fill('{{ include "x.name" . }}').text == "cart-x"


def test_lines_are_those_of_the_template() -> None:
    held = template('{{ define "two" }}x\ny{{ end }}')
    filled = held.fill('a\n{{- if .Values.on }}\nb\n{{- end }}\n{{ include "two" . }}\nc')
    assert filled.text == "a\nb\nx\ny\nc"
    assert filled.lines == (1, 3, 5, 5, 6)


@pytest.mark.parametrize(
    "source",
    [
        '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
        '{{ $x := "aaaaaaaaaa" }}{{ range until 9999 }}{{ $x = printf "%s%s" $x $x }}{{ end }}',
        "{{ range until 9999 }}{{ range until 9999 }}x{{ end }}{{ end }}",
        '{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ toYaml $d }}',
        "{{ $d := dict }}{{ range until 40 }}{{ $d = dict 1 $d 2 $d }}{{ end }}{{ $d }}",
        "{{ $d := dict }}{{ range until 40 }}{{ $d = dict 1 $d 2 $d }}{{ end }}{{ merge $d $d }}",
        '{{ $x := repeat 900 "aaaaaaaaaa" }}{{ replace "a" $x $x }}',
        "{{ " + "(" * 500 + ")" * 500 + " }}",
        "{{ if .a }}" * 500,
        "{{ if .a }}",
        "{{ end }}",
        "{{ .a ] }}",
    ],
)
def test_templates_that_are_refused(source: str) -> None:
    start = time.monotonic()
    with pytest.raises(TemplateError):
        template(source).fill(source)
    assert time.monotonic() - start < 10


def test_a_template_that_is_no_yaml_is_a_gap(tmp_path: Path) -> None:
    broken = "apiVersion: v1\nkind: Pod\n{{ if .Values.on }}\n  a: [\n{{ end }}\n"
    items = read(tmp_path, CHART | {"chart/templates/b.yaml": broken})
    assert [(item.what, item.locator) for item in items if isinstance(item, Gap)] == [
        ("a template of Helm", "chart/templates/b.yaml:4")
    ]
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
        else ("rendered", "chart/templates/cart.yaml:1")  # nothing like it was read
    )
