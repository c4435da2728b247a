"""Pods: what Secrets, ConfigMaps, options and init containers tell of a workload."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from collectors.manifests.settings import address_in
from depmap.collecting.secrets import digest
from depmap.model.deployed import Mount, Setting, Unit
from depmap.model.facts import Use, WaitFor
from depmap.model.words import NodeKind
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.collecting.port import Item


def objects(folder: Path, text: str) -> list[Item]:
    return read(folder, {"k8s/all.yaml": text})


def pod(name: str, container: str = "", spec: str = "") -> str:
    return (
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\n"
        f"spec: {{containers: [{{image: x{container}}}]{spec}}}\n"
    )


def secret(entries: str, name: str = "s", key: str = "stringData") -> str:
    return f"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\n{key}: {entries}\n"


REF = ", env: [{{name: {0}, valueFrom: {{secretKeyRef: {{name: s, key: {1}}}}}}}]"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("postgres://me:p@ss/w@db:5432/x?sslmode=off&password=q", "postgres://db:5432/x"),
        ("https://hooks.example.com/services/T0/B0/XYZ", "https://hooks.example.com"),
        ("https://token@errors.example.com/1", "https://errors.example.com"),
        ("me:hunter2@tcp(db:3306)/x", "tcp(db:3306)/x"),
        ("Server=db;Database=x;User Id=sa;Password=q;", "Server=db;Database=x"),
        ("host=db user=me password=q dbname=x", "host=db dbname=x"),
        ("db:5432", "db:5432"),
        ("db", "db"),
        ("admin:1234", ""),
        ("hunter2", ""),
        ("s3cr3t://", "s3cr3t://"),
        ("-----BEGIN KEY-----\nhttp://x", ""),
        ("", ""),
    ],
)
def test_of_a_secret_only_where_it_points_is_kept(value: str, kept: str) -> None:
    assert address_in(value, {"db"}) == kept


@pytest.mark.parametrize("encoded", [False, True])
def test_an_address_in_a_secret_is_an_address(tmp_path: Path, *, encoded: bool) -> None:
    value = "amqp://me:hunter2@broker:5672/x"
    text = b64encode(value.encode()).decode() if encoded else value
    given = secret(f"{{url: '{text}'}}", key="data" if encoded else "stringData")
    (one,) = only(Setting, objects(tmp_path, pod("a", REF.format("URL", "url")) + given))
    assert (one.key, one.value, one.secret) == ("URL", "amqp://broker:5672/x", True)
    assert one.digest == digest(value)
    assert "hunter2" not in repr(one)


def test_a_host_in_a_secret_is_no_secret(tmp_path: Path) -> None:
    text = pod("a", REF.format("H", "host")) + secret("{host: db}") + pod("db")
    (one,) = only(Setting, objects(tmp_path, text))
    assert (one.value, one.secret) == ("db", False)


@pytest.mark.parametrize(("entry", "one_thing"), [("jwt-key", True), ("JAVA_OPTS", False)])
def test_equal_values_under_two_names_are_one_secret(
    tmp_path: Path, entry: str, *, one_thing: bool
) -> None:
    text = (
        pod("a", REF.format("K", entry))
        + pod("b", REF.format("K", entry).replace("name: s,", "name: t,"))
        + secret(f"{{{entry}: 0123456789}}")
        + secret(f"{{{entry}: 0123456789}}", "t")
    )
    one, other = only(Setting, objects(tmp_path, text))
    assert (one.digest == other.digest == digest("0123456789")) is one_thing
    assert (one.source, other.source) == (f"s/{entry}", f"t/{entry}")


@pytest.mark.parametrize(
    ("entry", "value", "kept_back"),
    [("DB_PORT", "5432", False), ("SYNC", "true", False), ("DB_USER", "me", False),
     ("DB_PASSWORD", "true", False), ("DB_PASSWORD", "hunter2", True), ("JWT", "abcdef", True)],
)  # fmt: skip
def test_what_a_secret_holds_besides_is_no_secret(
    tmp_path: Path, entry: str, value: str, *, kept_back: bool
) -> None:
    text = pod("a", REF.format("K", entry)) + secret(f"{{{entry}: '{value}'}}")
    (one,) = only(Setting, objects(tmp_path, text))
    assert (one.secret, one.value) == (kept_back, "")


def test_equal_passwords_of_two_stores_are_two_secrets(tmp_path: Path) -> None:
    text = (
        pod("a", REF.format("P", "password"))
        + pod("b", REF.format("P", "password").replace("name: s,", "name: t,"))
        + secret("{password: postgres}")
        + secret("{password: postgres}", "t")
    )
    one, other = only(Setting, objects(tmp_path, text))
    assert (one.digest, other.digest) == (digest("s/password"), digest("t/password"))


@pytest.mark.parametrize("value", ["", "x", "ENC[AES256_GCM,data:x]"])
def test_a_secret_without_a_known_value_is_known_by_its_name(tmp_path: Path, value: str) -> None:
    text = pod("a", REF.format("K", "k")) + secret(f"{{k: '{value}'}}")
    (one,) = only(Setting, objects(tmp_path, text))
    assert one.digest == digest("s/k")


def test_whole_secrets_that_no_file_declares_are_known_by_their_name(tmp_path: Path) -> None:
    text = (
        pod("a", ", envFrom: [{secretRef: {name: s}}]")
        + pod("b", REF.format("K", "k"))
        + pod("c", ", envFrom: [{secretRef: {name: t}}]")
        + secret("{K: v}", "t")
    )
    found = [(one.unit, one.source, one.kind) for one in only(Mount, objects(tmp_path, text))]
    assert found == [("a", "s", "secret"), ("b", "s", "secret")]


MADE = {
    "external": """
        ---
        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata: {name: e}
        spec:
          target: {name: s}
          data: [{secretKey: k, remoteRef: {key: shop/jwt, property: key}}]
    """,
    "every entry": """
        ---
        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata: {name: s}
        spec: {dataFrom: [{extract: {key: shop/jwt}}]}
    """,
    "csi": """
        ---
        apiVersion: secrets-store.csi.x-k8s.io/v1
        kind: SecretProviderClass
        metadata: {name: c}
        spec: {secretObjects: [{secretName: s, data: [{objectName: shop/jwt/key, key: k}]}]}
    """,
}


@pytest.mark.parametrize(
    ("made", "origin"),
    [
        (MADE["external"], "shop/jwt/key"),
        (MADE["every entry"], "shop/jwt/k"),
        (MADE["csi"], "shop/jwt/key"),
    ],
    ids=MADE,
)
def test_a_secret_that_is_made_is_known_by_its_origin(
    tmp_path: Path, made: str, origin: str
) -> None:
    from textwrap import dedent  # noqa: PLC0415

    text = dedent(made) + pod("a", REF.format("K", "k"))
    (one,) = only(Setting, objects(tmp_path, text.lstrip()))
    assert (one.source, one.digest, one.secret) == (origin, digest(origin), True)


def test_a_sealed_secret_has_entries(tmp_path: Path) -> None:
    text = (
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: s}\n"
        "spec: {encryptedData: {JWT: AgB}}\n" + pod("a", ", envFrom: [{secretRef: {name: s}}]")
    )
    (one,) = only(Setting, objects(tmp_path, text))
    assert (one.key, one.source, one.secret) == ("JWT", "s/JWT", True)


def test_files_of_a_map_give_addresses(tmp_path: Path) -> None:
    text = (
        pod("a", spec=", volumes: [{name: v, configMap: {name: m}}]")
        + pod("db")
        + """---
apiVersion: v1
kind: ConfigMap
metadata: {name: m}
data:
  app.yaml: |
    level: info
    cart:
      url: http://cart:80/v1
    database: {host: db, user: me}
  application.properties: |
    # spring.x.url=http://no
    spring.datasource.url=jdbc:postgresql://db:5432/x
  app.toml: |
    [search]
    hosts = "es:9200"
    address = "db:9200"
"""
    )
    found = {one.key: (one.value, one.locator) for one in only(Setting, objects(tmp_path, text))}
    assert found == {
        "app.yaml:cart.url": ("http://cart:80/v1", "k8s/all.yaml:19"),
        "app.yaml:database.host": ("db", "k8s/all.yaml:20"),
        "SPRING_DATASOURCE_URL": ("jdbc:postgresql://db:5432/x", "k8s/all.yaml:23"),
        "app.toml:search.address": ("db:9200", "k8s/all.yaml:27"),
    }


def test_options_of_a_command_give_addresses(tmp_path: Path) -> None:
    text = pod("a", ", args: ['--cart=http://cart:80', --db, 'db:5432', --level, info, -v]")
    found = {one.key: one.value for one in only(Setting, objects(tmp_path, text + pod("db")))}
    assert found == {"--cart": "http://cart:80", "--db": "db:5432"}


def test_variables_in_options_are_filled_in(tmp_path: Path) -> None:
    given = ", env: [{name: H, value: 'cart:80'}]"
    for number, words in enumerate(
        ("['--host=http://$(H)']", "[sh, -c, 'run --host http://${H}']")
    ):
        items = objects(tmp_path / str(number), pod("a", f"{given}, args: {words}") + pod("cart"))
        found = {one.key: one.value for one in only(Setting, items)}
        assert found == {"H": "cart:80", "--host": "http://cart:80"}


@pytest.mark.parametrize(
    "script", ["nc -z cart 80; run -x cart:80", "until nc -zv cart:80; do sleep 1; done; run"]
)
def test_other_words_of_a_script_are_no_options(tmp_path: Path, script: str) -> None:
    text = pod("a", f", args: [sh, -c, '{script}']") + pod("cart")
    assert only(Setting, objects(tmp_path, text)) == []


def test_a_command_that_calls(tmp_path: Path) -> None:
    text = pod("a", ", command: [sh, -c, 'curl -s -d x http://cart/run']")
    (use,) = only(Use, objects(tmp_path, text))
    assert (use.unit, use.method, str(use.targets[0])) == ("a", "POST", "http://cart/run")


def test_a_command_that_waits_calls_nothing(tmp_path: Path) -> None:
    text = pod("a", ", command: [sh, -c, 'until curl http://cart/x; do sleep 1; done']")
    assert only(Use, objects(tmp_path, text)) == []


def test_waiting_by_the_variables_of_the_container_itself(tmp_path: Path) -> None:
    text = """
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  initContainers:
    - image: busybox
      env: [{name: H, value: db}]
      command:
        - sh
        - -c
        - |
          echo go
          until nc -z $H 5432; do sleep 1; done
  containers: [{image: x}]
"""
    (wait,) = only(WaitFor, objects(tmp_path, text))
    place = ("k8s/all.yaml:13", "a")
    assert (str(wait.targets[0]), (wait.locator, wait.unit)) == ("tcp://db:5432", place)


def test_a_container_that_makes_tables_first(tmp_path: Path) -> None:
    init = (
        ", initContainers: [{image: x, command: [alembic, upgrade, head], "
        "env: [{name: DB, value: 'postgresql://db/x'}, {name: U, value: 'http://b'}]}]"
    )
    items = objects(tmp_path, pod("a", spec=init))
    (wait,) = only(WaitFor, items)
    assert (str(wait.targets[0]), wait.hard) == ("{env:DB}", True)
    assert {one.key for one in only(Setting, items)} == {"DB", "U"}


@pytest.mark.parametrize(
    "probe",
    ["{exec: {command: [sh, -c, 'curl -f http://b/health']}}", "{httpGet: {host: b, port: 80}}"],
)
def test_a_probe_that_asks_another(tmp_path: Path, probe: str) -> None:
    (wait,) = only(WaitFor, objects(tmp_path, pod("a", f", readinessProbe: {probe}") + pod("b")))
    assert (wait.unit, wait.hard) == ("a", False)
    assert "b" in str(wait.targets[0])


@pytest.mark.parametrize(
    "probe", ["{httpGet: {path: /h, port: 80}}", "{exec: {command: [pg_isready, -h, localhost]}}"]
)
def test_a_probe_of_itself_says_nothing(tmp_path: Path, probe: str) -> None:
    assert only(WaitFor, objects(tmp_path, pod("a", f", livenessProbe: {probe}"))) == []


def test_a_workload_is_what_its_own_container_is(tmp_path: Path) -> None:
    text = """
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{image: envoyproxy/envoy, name: proxy}, {image: redis, name: main}]}
"""
    (unit,) = only(Unit, objects(tmp_path, text))
    assert (unit.kind, unit.image) == (NodeKind.CACHE, "redis")


def test_what_every_service_is_announced_with(tmp_path: Path) -> None:
    value = "'http://$(CART_SERVICE_HOST):$(CART_SERVICE_PORT)/x'"
    text = pod("a", f", env: [{{name: U, value: {value}}}]") + pod("cart")
    (one,) = only(Setting, objects(tmp_path, text))
    assert one.value == "http://cart/x"


BASE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec: {template: {spec: {containers: [{name: c, image: x}]}}}
"""
PATCH = """apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec: {template: {spec: {containers: [{name: c, env: [{name: U, value: "http://b"}]}]}}}
"""


def test_a_patch_gives_variables_in_its_variant_only(tmp_path: Path) -> None:
    inside = "patchesStrategicMerge:\n  - |\n    " + PATCH.replace("\n", "\n    ")
    for number, (name, text, line) in enumerate(
        (("p.yaml", PATCH, 4), ("kustomization.yaml", inside, 6))
    ):
        files = {"base/a.yaml": BASE, f"overlays/prod/{name}": text}
        items = read(tmp_path / str(number), files)
        (one,) = only(Setting, items)
        assert (one.key, one.value, one.variant) == ("U", "http://b", "overlays/prod")
        assert one.locator == f"overlays/prod/{name}:{line}"
        assert len(only(Unit, items)) == 1


def test_a_patch_of_nothing_says_nothing(tmp_path: Path) -> None:
    assert only(Setting, read(tmp_path, {"overlays/prod/p.yaml": PATCH})) == []
