"""What Kubernetes objects say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.model.deployed import Mount, Setting, Unit
from depmap.model.evidence import Gap
from depmap.model.facts import WaitFor
from depmap.model.words import NodeKind
from tests.collectors.manifests.reading import only, read
from tests.scanning.building import edges, scan, write

if TYPE_CHECKING:
    from pathlib import Path

OBJECTS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: a-deploy}
spec:
  template:
    metadata: {labels: {app: a, tier: web}}
    spec:
      initContainers:
        - name: wait
          image: busybox
          command: ["sh", "-c", "until nc -z db 5432; do sleep 1; done"]
      containers:
        - name: a
          image: registry/a:1
          ports: [{containerPort: 8000}]
          envFrom:
            - configMapRef: {name: common}
          env:
            - {name: B_URL, value: "http://b.shop.svc.cluster.local:80"}
            - name: LEVEL
              valueFrom: {configMapKeyRef: {name: common, key: level}}
            - name: SIGN_KEY
              valueFrom: {secretKeyRef: {name: tokens, key: sign}}
      volumes: [{name: v, secret: {secretName: tokens}}]
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {selector: {app: a}, ports: [{port: 80, targetPort: 8000}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: common}
data:
  level: info
  STOCK_URL: http://stock
---
apiVersion: v1
kind: Secret
metadata: {name: tokens}
stringData: {sign: correct-horse}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: night}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{image: x, name: n}]}}}}}
"""


def test_workloads_with_the_names_of_their_services(tmp_path: Path) -> None:
    a, night = only(Unit, read(tmp_path, {"k8s/all.yaml": OBJECTS}))
    assert (a.name, a.names, a.ports, a.image) == (
        "a-deploy",
        ("a",),
        ("80", "8000"),
        "registry/a:1",
    )
    assert (night.name, night.kind) == ("night", NodeKind.JOB)


def test_environment_from_everywhere(tmp_path: Path) -> None:
    items = read(tmp_path, {"k8s/all.yaml": OBJECTS})
    found = {one.key: (one.value, one.source, one.secret) for one in only(Setting, items)}
    assert found == {
        "level": ("info", "common/level", False),
        "STOCK_URL": ("http://stock", "common/STOCK_URL", False),
        "B_URL": ("http://b.shop.svc.cluster.local:80", "", False),
        "LEVEL": ("info", "common/level", False),
        "SIGN_KEY": ("", "tokens/sign", True),
    }
    assert "correct-horse" not in repr(items)


def test_waiting_and_mounted_secrets(tmp_path: Path) -> None:
    items = read(tmp_path, {"k8s/all.yaml": OBJECTS})
    (wait,) = only(WaitFor, items)
    assert (str(wait.targets[0]), wait.unit) == ("tcp://db:5432", "a-deploy")
    assert [(one.source, one.kind) for one in only(Mount, items)] == [("tokens", "secret")]


def test_templates_are_gaps(tmp_path: Path) -> None:
    items = read(tmp_path, {"t/x.yaml": "apiVersion: v1\nkind: {{ .Values.kind }}\n"})
    assert [item.what for item in items if isinstance(item, Gap)] == ["a template of Helm"]


def test_objects_of_wrong_shapes_do_not_crash(tmp_path: Path) -> None:
    for number, spec in enumerate(
        ("3", "[]", "{template: 3}", "{template: {spec: {containers: x}}}")
    ):
        text = f"apiVersion: v1\nkind: Deployment\nmetadata: {{name: a}}\nspec: {spec}\n"
        read(tmp_path / str(number), {"x.yaml": text})


def test_code_is_joined_through_the_cluster(tmp_path: Path) -> None:
    files = {
        "a/app.py": "import os, requests\nrequests.get(os.environ['B_URL'] + '/x')\n",
        "b/app.py": "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/x')\ndef x(): ...\n",
        "k8s/all.yaml": OBJECTS,
        "k8s/b.yaml": """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: b}
            spec: {template: {spec: {containers: [{image: "registry/b:1"}]}}}
        """,
    }
    assert ("a-deploy", "b", "http", "GET /x") in edges(scan(write(tmp_path / "r", files)))
