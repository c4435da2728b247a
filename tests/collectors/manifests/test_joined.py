"""What deployment files come to when they are joined with each other and with code."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import depmap
from depmap.model.dependency import CONFIRMED

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.scanning.scan import Scan

DEPLOYMENT = """---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {0}}}
spec:
  template:
    metadata: {{labels: {{app: {0}}}}}
    spec: {{containers: [{{image: "{1}", name: c{2}}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {0}-srv}}
spec: {{selector: {{app: {0}}}, ports: [{{port: 80}}]}}
"""
QUERY = """
import os, psycopg2
from flask import Flask
import settings
app = Flask(__name__)
@app.get("/x")
def x():
    psycopg2.connect(settings.load()).cursor().execute("select a from things")
"""


def deployment(name: str, image: str, more: str = "") -> str:
    return DEPLOYMENT.format(name, image, more)


def scan(folder: Path, files: dict[str, str]) -> Scan:
    for name, text in files.items():
        path = folder / "r" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return depmap.scan(folder / "r")


def sure(found: Scan) -> set[tuple[str, str, str]]:
    return {
        (one.consumer, one.provider, one.kind.value)
        for one in found.evidence
        if one.confidence >= CONFIRMED
    }


def env(**given: str) -> str:
    return ", env: [" + ", ".join(f"{{name: {k}, value: '{v}'}}" for k, v in given.items()) + "]"


def test_a_name_with_its_namespace_tells_which_database(tmp_path: Path) -> None:
    text = (
        deployment("a", "x/a", env(DB_HOST="one-srv.default"))
        + deployment("one", "postgres")
        + deployment("two", "postgres")
    )
    found = scan(tmp_path, {"k.yaml": text, "a/Dockerfile": "FROM python\n", "a/app.py": QUERY})
    assert ("a", "one", "database") in sure(found)
    assert ("a", "two", "database") not in sure(found)


def test_options_of_a_command_count_although_no_code_reads_them(tmp_path: Path) -> None:
    files = {
        "k.yaml": deployment("a", "x/a", ", args: ['--cart=http://cart-srv']")
        + deployment("cart", "x/cart"),
        "a/Dockerfile": "FROM python\n",
        "a/app.py": "from flask import Flask\napp = Flask(__name__)\napp.run()\n",
    }
    assert sure(scan(tmp_path, files)) == {("a", "cart", "http")}


def test_a_secret_of_its_own_name_is_shared_by_those_it_is_given_to(tmp_path: Path) -> None:
    ref = ", env: [{name: P, valueFrom: {secretKeyRef: {name: s, key: password}}}]"
    found = scan(tmp_path, {"k.yaml": deployment("a", "x/a", ref) + deployment("b", "x/b", ref)})
    (row,) = found.shared
    assert (row.resource, row.members) == ("s/password", ("a", "b"))
    assert row.confidence >= CONFIRMED


def test_what_a_policy_does_not_let_out_is_doubted(tmp_path: Path) -> None:
    policy = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p}
spec:
  podSelector: {matchLabels: {app: a}}
  egress: [{to: [{podSelector: {matchLabels: {app: b}}}]}]
"""
    given = env(B_URL="http://b-srv", C_URL="http://c-srv")
    text = deployment("a", "x/a", given) + deployment("b", "x/b") + deployment("c", "x/c")
    assert sure(scan(tmp_path / "1", {"k.yaml": text})) == {("a", "b", "http"), ("a", "c", "http")}
    found = scan(tmp_path / "2", {"k.yaml": text + policy})
    assert sure(found) == {("a", "b", "http")}
    assert [one.subjects for one in found.findings] == [("a", "c")]
    more = policy.replace("name: p", "name: q").replace("[{to: [{podSelector: {matchLabels: "
                                                         "{app: b}}}]}]", "[{}]")  # fmt: skip
    assert sure(scan(tmp_path / "3", {"k.yaml": text + policy + more})) == {
        ("a", "b", "http"), ("a", "c", "http"),
    }  # fmt: skip


def test_a_scaler_by_a_variable_that_nothing_sets_says_nothing(tmp_path: Path) -> None:
    text = """---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: k}
spec:
  scaleTargetRef: {name: a}
  triggers: [{type: rabbitmq, metadata: {queueName: q, hostFromEnv: RABBIT}}]
"""
    broker = deployment("broker", "rabbitmq")
    found = scan(tmp_path / "1", {"k.yaml": deployment("a", "x/a") + broker + text})
    assert [one.name for one in found.services] == ["a", "broker"]
    given = deployment("a", "x/a", env(RABBIT="amqp://broker-srv"))
    assert ("a", "broker", "scaling") in sure(
        scan(tmp_path / "2", {"k.yaml": given + broker + text})
    )


COMPOSE = """
services:
  a: {build: a, environment: {DB: "postgres://db/x"}}
  db: {image: postgres}
"""


def test_the_one_store_of_compose_is_the_one_of_the_cluster(tmp_path: Path) -> None:
    text = deployment("a", "x/a", env(DB="postgres://pg-srv/x")) + deployment("pg", "postgres:16")
    found = scan(
        tmp_path, {"docker-compose.yml": COMPOSE, "k.yaml": text, "a/Dockerfile": "FROM x"}
    )
    assert [one.name for one in found.services] == ["a", "db"]
    assert sure(found) == {("a", "db", "database")}


def test_one_store_of_several_is_not_taken_for_another(tmp_path: Path) -> None:
    text = deployment("pg", "postgres:16") + deployment("other", "postgres:16")
    found = scan(
        tmp_path, {"docker-compose.yml": COMPOSE, "k.yaml": text, "a/Dockerfile": "FROM x"}
    )
    assert [one.name for one in found.services] == ["a", "db", "other", "pg"]


def test_a_map_that_only_a_variant_makes_is_needed_by_the_base(tmp_path: Path) -> None:
    ref = ", env: [{name: URL, valueFrom: {configMapKeyRef: {name: m, key: u}}}]"
    files = {
        "base/k.yaml": deployment("a", "x/a", ref) + deployment("b", "x/b"),
        "overlays/one/kustomization.yaml": "configMapGenerator: [{name: m, literals: "
        "['u=http://b-srv']}]\nresources: [../../base]\n",
    }
    assert sure(scan(tmp_path, files)) == {("a", "b", "http")}


CODE = "import os, requests\nrequests.get(os.environ['B_URL'] + '/x')\n"


def test_a_folder_whose_name_says_more_is_that_of_the_unit(tmp_path: Path) -> None:
    files = {
        "k.yaml": deployment("cart-deployment", "cart:1", env(B_URL="http://b-srv"))
        + deployment("b", "x/b")
        + deployment("b-worker", "x/b-worker")
        + deployment("list-service", "x/y"),
        "cart-python-app/requirements.txt": "requests\n",
        "cart-python-app/main.py": CODE,
        "ui/pages/cart/page.js": "export default 1\n",
        "listservice/requirements.txt": "requests\n",
        "listservice/main.py": "import requests\n",
        "b-worker/requirements.txt": "requests\n",
        "b-worker/main.py": "import requests\n",
    }
    found = scan(tmp_path, files)
    paths = {one.name: one.path for one in found.services}
    assert paths["cart-deployment"] == "cart-python-app"
    assert (paths["b"], paths["b-worker"]) == ("", "b-worker")
    assert paths["list-service"] == "listservice"
    assert ("cart-deployment", "b", "http") in sure(found)


def spaced(text: str, namespace: str) -> str:
    return text.replace("metadata: {name: ", f"metadata: {{namespace: {namespace}, name: ")


def test_one_name_in_two_namespaces_is_two_things(tmp_path: Path) -> None:
    one = deployment("a", "x/a", env(CACHE="redis://redis-srv")) + deployment("redis", "redis")
    other = deployment("b", "x/b", env(CACHE="redis://redis-srv")) + deployment("redis", "redis")
    far = deployment("c", "x/c", env(CACHE="redis://redis-srv.one.svc.cluster.local"))
    files = {"k8s/one/k.yaml": spaced(one, "one"), "k8s/two/k.yaml": spaced(other + far, "two")}
    found = scan(tmp_path, files)
    assert sure(found) == {
        ("a", "one-redis", "cache"), ("b", "two-redis", "cache"), ("c", "one-redis", "cache"),
    }  # fmt: skip


def test_one_system_in_two_namespaces_is_one_with_a_variant(tmp_path: Path) -> None:
    text = deployment("a", "x/a", env(CACHE="redis://redis-srv")) + deployment("redis", "redis")
    files = {"k8s/dev/k.yaml": spaced(text, "dev"), "k8s/prod/k.yaml": spaced(text, "prod")}
    found = scan(tmp_path, files)
    assert [one.name for one in found.services] == ["a", "redis"]
    assert sure(found) == {("a", "redis", "cache")}


def test_a_system_that_is_called_a_demo_is_no_variant(tmp_path: Path) -> None:
    text = deployment("a", "x/a", env(CACHE="redis://redis-srv")) + deployment("redis", "redis")
    other = deployment("b", "x/b")
    for number, (folder, counts) in enumerate((("shop-demo", True), ("demo", False))):
        files = {f"{folder}/k.yaml": text, "k8s/k.yaml": other}
        found = scan(tmp_path / str(number), files)
        assert (("a", "redis", "cache") in sure(found)) is counts


def test_the_name_of_the_repository_is_no_unit_s(tmp_path: Path) -> None:
    files = {
        "k.yaml": deployment("shop", "x/y"),
        "requirements.txt": "requests\n",
        "lib.py": "import requests\n",
    }
    for name, text in files.items():
        path = tmp_path / "shop-suite" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (only,) = depmap.scan(tmp_path / "shop-suite").services
    assert (only.name, only.path) == ("shop", "")


def test_what_a_project_of_compose_builds_is_the_workload_of_its_name(tmp_path: Path) -> None:
    compose = "services:\n  app: {{build: ., environment: {{DB: 'postgres://{0}/x'}}}}\n"
    files = {
        "one/docker-compose.yml": compose.format("db") + "  db: {image: postgres}\n",
        "two/docker-compose.yml": compose.format("far") + "  db: {build: ./db}\n",
        "two/db/Dockerfile": "FROM mysql\n",
        "one/Dockerfile": "FROM x\n",
        "two/Dockerfile": "FROM x\n",
        "k8s/k.yaml": deployment("one", "x/one", env(DB="postgres://pg-srv/x"))
        + deployment("two", "x/two")
        + deployment("pg", "postgres:16"),
    }
    found = scan(tmp_path, files)
    assert [one.name for one in found.services] == ["one-app", "one-db", "two-app", "two-db"]
    assert sure(found) == {("one-app", "one-db", "database")}


def test_names_that_differ_in_how_words_are_joined_are_one(tmp_path: Path) -> None:
    files = {
        "k8s/k.yaml": deployment("list-service", "x/y", env(B="http://b-srv"))
        + deployment("b", "x/b"),
        "charts/k.yaml": deployment("listService", "x/y"),
        "docker-compose.yml": "services: {my-web: {image: x/w}}\n",
        "more/k.yaml": deployment("myweb", "x/v"),
    }
    found = scan(tmp_path, files)
    assert [one.name for one in found.services] == ["b", "list-service", "my-web"]
    assert sure(found) == {("list-service", "b", "http")}
