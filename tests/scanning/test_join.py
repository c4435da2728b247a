"""The join, on facts as small as they come."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from depmap.model import deployed, relations
from depmap.model import facts as model
from depmap.model.deployed import Mount, Package, Setting, StartAfter, Unit
from depmap.model.evidence import Gap, Node
from depmap.model.facts import Entry, EnvRead, Fact, KeyUse, Module, Route, Use, Value, WaitFor
from depmap.model.words import Kind, NodeKind, Strength
from depmap.scanning.addresses import parse, resolve
from depmap.scanning.calls import match
from depmap.scanning.estate import Service
from depmap.scanning.join import join
from depmap.scanning.messages import routed
from depmap.scanning.scan import render_scan, scan_json
from tests.scanning.building import edges, pairs, value

if TYPE_CHECKING:
    from depmap.scanning.scan import Scan


def unit(name: str, **more: object) -> Unit:
    return replace(Unit(locator="c.yml:1", name=name, build=name), **more)  # type: ignore[arg-type]


def store(name: str, kind: NodeKind = NodeKind.DATABASE) -> Unit:
    return Unit(locator="c.yml:1", name=name, kind=kind, image=name)


def module(name: str, *imports: str) -> Module:
    return Module(locator=f"{name}/app.py:1", imports=imports, shared=True)


def setting(name: str, key: str, given: str, **more: object) -> Setting:
    return replace(Setting(locator="c.yml:5", unit=name, key=key, value=given), **more)  # type: ignore[arg-type]


def call(name: str, target: str, method: str = "GET", **more: object) -> Use:
    use = Use(locator=f"{name}/app.py:7", kind=Kind.HTTP, system="http", targets=(value(target),),
              method=method, strength=Strength.STRONG)  # fmt: skip
    return replace(use, **more)  # type: ignore[arg-type]


def db(name: str, target: str, table: str, writes: bool | None, kind: Kind = Kind.DATABASE) -> Use:
    return Use(locator=f"{name}/app.py:9", kind=kind, targets=(value(target),),
               operations=(Value.literal(table),), writes=writes)  # fmt: skip


def base(*names: str) -> list[Fact]:
    return [fact for name in names for fact in (unit(name), module(name))]


def only(scan: Scan, kind: Kind) -> list[tuple[str, str, str, float]]:
    return [
        (one.consumer, one.provider, one.operation, one.confidence)
        for one in scan.evidence
        if one.kind is kind and one.operation
    ]


def test_a_variable_leads_to_a_value_a_name_and_a_route() -> None:
    scan = join([
        *base("a", "b"),
        setting("a", "B_URL", "http://b:8000/v1"),
        call("a", "{B_URL}/items/{}"),
        Route(locator="b/app.py:3", method="GET", path="/v1/items/{}"),
        Route(locator="b/app.py:4", method="GET", path="/v1/items/new"),
    ])  # fmt: skip
    row = next(one for one in scan.evidence if one.operation)
    assert (row.consumer, row.provider, row.operation) == ("a", "b", "GET /v1/items/{}")
    assert row.locators == ("a/app.py:7", "c.yml:5", "b/app.py:3")
    assert (row.confidence, row.strength, row.protocol) == (0.95, "strong", "http")


def test_a_default_is_less_sure_than_a_deployed_value() -> None:
    scan = join([*base("a", "b"), call("a", "{B_URL=http://b}/x")])
    assert only(scan, Kind.HTTP) == [("a", "b", "GET /x", 0.75)]


def test_a_deployed_value_beats_the_default() -> None:
    scan = join([*base("a", "b", "c"), setting("a", "U", "http://c"), call("a", "{U=http://b}/x")])
    assert only(scan, Kind.HTTP) == [("a", "c", "GET /x", 0.95)]


@pytest.mark.parametrize(
    "host",
    ["b", "B", "bee", "b.default.svc.cluster.local", "b.shop.svc", "b.shop"],
)
def test_a_service_answers_to_all_of_its_names(host: str) -> None:
    facts = [unit("a"), unit("b", names=("bee",)), module("a"), call("a", f"http://{host}:80/x")]
    assert only(join(facts), Kind.HTTP)[0][1] == "b"


@pytest.mark.parametrize(
    ("host", "wanted"), [("localhost", set()), ("host.docker.internal", {("a", "b")})]
)
def test_localhost_is_itself_where_it_listens(host: str, wanted: set[tuple[str, str]]) -> None:
    facts = [unit("a", ports=("8001:8000",)), unit("b", ports=("8000:8000",)), module("a")]
    scan = join([*facts, call("a", f"http://{host}:8000/x")])
    assert {one[:2] for one in edges(scan)} == wanted


def test_localhost_is_whoever_publishes_the_port() -> None:
    facts = [unit("a"), unit("b", ports=("8002:8000",)), module("a"),
             call("a", "http://localhost:8002/x")]  # fmt: skip
    assert only(join(facts), Kind.HTTP)[0][1] == "b"


def test_an_unknown_host_outside_is_external() -> None:
    scan = join([*base("a"), call("a", "https://api.stripe.com/v1/charges", "POST")])
    assert edges(scan) == {("a", "api.stripe.com", "external", "POST /v1/charges")}
    assert [(node.name, node.kind) for node in scan.services if node.name != "a"] == [
        ("api.stripe.com", NodeKind.EXTERNAL)
    ]


def test_what_is_not_resolved_is_a_gap_with_its_value() -> None:
    scan = join([*base("a"), call("a", "http://{PRICING_URL}/v1/{}")])
    assert scan.evidence == ()
    assert scan.gaps == (
        Gap(
            "the provider of GET http://{env:PRICING_URL}/v1/{}",
            "nothing gives PRICING_URL a value",
            "a/app.py:7",
        ),
    )


def test_a_call_of_nobody_s_code_is_a_gap() -> None:
    scan = join([*base("b"), Module(locator="tools/x.py:1"), call("tools", "http://b/x")])
    assert [gap.what for gap in scan.gaps] == ["who calls http://b/x"]


def test_dead_code_is_not_confirmed() -> None:
    scan = join([*base("a", "b"), call("a", "http://b/x", alive=False)])
    (row,) = scan.evidence
    assert row.confidence < 0.5
    assert "nothing calls this code" in row.reason


def test_a_call_of_no_route_is_a_finding() -> None:
    scan = join([*base("a", "b"), call("a", "http://b/x"),
                 Route(locator="b/app.py:3", method="POST", path="/x")])  # fmt: skip
    assert [(one.rule, one.subjects) for one in scan.findings] == [
        ("no-such-route", ("b", "GET /x"))
    ]


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/a/{}", "/a/{}"),
        ("GET", "/a/new", "/a/new"),
        ("GET", "/a/old", "/a/{}"),
        ("*", "/b", "/b"),
        ("GET", "/b", None),
        ("GET", "/a", None),
        ("GET", "/a/{}/c", None),
    ],
)
def test_routes_are_matched(method: str, path: str, found: str | None) -> None:
    routes = [Route(method=m, path=p) for m, p in
              (("GET", "/a/{}"), ("GET", "/a/new"), ("POST", "/b"))]  # fmt: skip
    route = match(method, path, routes)
    assert (route.path if route else None) == found


def test_declared_and_unused_is_not_confirmed() -> None:
    scan = join([
        *base("a", "b", "c"),
        setting("a", "B_URL", "http://b"),
        setting("a", "C_URL", "http://c"),
        EnvRead(locator="a/app.py:2", name="C_URL"),
        StartAfter(locator="c.yml:9", unit="a", on="b"),
    ])  # fmt: skip
    rows = {(one.provider, one.kind.value): (one.confidence, one.reason) for one in scan.evidence}
    assert rows == {
        ("b", "http"): (0.2, "B_URL is set, but no code of a reads it"),
        ("c", "http"): (0.4, "C_URL is read, but never used in a call"),
        ("b", "startup-order"): (0.35, ", but no code of a uses b"),
    }
    assert {one.rule for one in scan.findings} == {"declared-unused"}


def test_code_that_is_not_read_is_believed_by_its_settings() -> None:
    scan = join([unit("a"), unit("b"), setting("a", "B_URL", "http://b"),
                 StartAfter(locator="c.yml:9", unit="a", on="b")])  # fmt: skip
    assert pairs(scan) == {("a", "b", "http"), ("a", "b", "startup-order")}


def test_a_secret_names_its_issuer() -> None:
    scan = join([
        *base("pay", "rec", "other"),
        setting("pay", "SIGN", "", secret=True, digest="d1", source="S"),
        setting("rec", "TOKEN", "", secret=True, digest="d1", source="S"),
        setting("other", "SIGN", "", secret=True, digest="d2"),
        KeyUse(locator="pay/app.py:3", signs=True, keys=(value("{SIGN}"),)),
        KeyUse(locator="rec/app.py:4", signs=False, keys=(value("{TOKEN}"),)),
        KeyUse(locator="other/app.py:5", signs=False, keys=(value("{SIGN}"),)),
    ])  # fmt: skip
    (shared,) = scan.shared
    assert (shared.kind, shared.resource, shared.owner) == (Kind.SHARED_SECRET, "S", "pay")
    assert shared.members == ("pay", "rec")
    assert edges(scan) == {("rec", "pay", "shared-secret", "S")}


def test_a_secret_of_one_name_and_two_values_is_not_shared() -> None:
    keys = [KeyUse(locator=f"{n}/app.py:3", signs=n == "a", keys=(value("{K}"),)) for n in "ab"]
    given = [setting(n, "K", "", secret=True, digest=f"d{n}") for n in "ab"]
    assert join([*base("a", "b"), *keys, *given]).shared == ()


def test_data_is_shared_by_instance_and_not_by_server() -> None:
    def scan(one: str, two: str) -> Scan:
        return join([*base("a", "b"), store("pg"),
                     db("a", one, "orders", True), db("b", two, "orders", False)])  # fmt: skip

    same = scan("postgresql://pg/x", "postgres://u:***@pg:5432/x")
    (shared,) = same.shared
    assert (shared.resource, shared.owner, shared.members, shared.resources) == (
        "postgresql://pg:5432/x",
        "a",
        ("a", "b"),
        ("orders",),
    )
    assert ("b", "a", "shared-data", "orders") in edges(same)
    assert scan("postgresql://pg/x", "postgresql://pg/y").shared == ()


def test_a_table_belongs_to_the_only_database() -> None:
    loose = Use(locator="a/app.py:9", kind=Kind.DATABASE, operations=(Value.literal("t"),))
    named = db("a", "postgresql://pg/x", "", None)
    assert ("a", "pg", "database", "t") in edges(join([*base("a"), store("pg"), loose, named]))
    assert [gap.what for gap in join([*base("a"), loose]).gaps] == ["the database of the table t"]


def message(name: str, topic: str, kind: Kind, system: str = "redis", command: str = "") -> Use:
    return Use(locator=f"{name}/app.py:9", kind=kind, system=system, method=command,
               targets=(value(f"{system}://mq"),), operations=(value(topic),))  # fmt: skip


def test_publishers_and_subscribers_of_one_topic_meet() -> None:
    scan = join([
        *base("a", "b", "c"),
        store("mq", NodeKind.CACHE),
        setting("a", "TOPIC", "orders"),
        message("a", "{TOPIC=x}", Kind.MESSAGING_PUBLISH),
        message("b", "orders", Kind.MESSAGING_CONSUME),
        message("c", "others", Kind.MESSAGING_CONSUME),
    ])  # fmt: skip
    assert edges(scan) == {
        ("a", "mq", "messaging-publish", "orders"),
        ("b", "mq", "messaging-consume", "orders"),
        ("c", "mq", "messaging-consume", "others"),
        ("a", "b", "event", "orders"),
    }
    assert [one.subjects for one in scan.findings] == [("c", "others")]


def test_a_list_that_somebody_waits_on_is_a_queue() -> None:
    scan = join([
        *base("a", "b"),
        store("mq", NodeKind.CACHE),
        message("a", "jobs", Kind.CACHE, command="rpush"),
        message("a", "log", Kind.CACHE, command="rpush"),
        message("b", "jobs", Kind.CACHE, command="blpop"),
    ])  # fmt: skip
    assert edges(scan) == {
        ("a", "mq", "messaging-publish", "jobs"),
        ("a", "mq", "cache", "log"),
        ("b", "mq", "messaging-consume", "jobs"),
        ("a", "b", "event", "jobs"),
    }


@pytest.mark.parametrize(
    ("sent", "bound", "reached"),
    [
        ("x/a.b", "x/a.b", True),
        ("x/a.b", "x/a.*", True),
        ("x/a.b.c", "x/a.*", False),
        ("x/a.b.c", "x/a.#", True),
        ("x/a", "x/#", True),
        ("x/a", "y/a", False),
        ("q", "q", True),
        ("x/", "x/", True),
    ],
)
def test_bindings(sent: str, bound: str, reached: bool) -> None:
    assert routed(sent, bound) is reached


def test_waiting_at_start_is_an_order_and_a_need() -> None:
    wait = WaitFor(locator="a/app.py:3", targets=(value("{B=http://b}/ready"),), mechanism="loop")
    scan = join([*base("a", "b"), wait, StartAfter(locator="c.yml:9", unit="a", on="b")])
    found = [(one.operation, one.strength, one.confidence) for one in scan.evidence]
    assert found == [("", "weak", 0.9), ("GET /ready", "strong", 0.75)]


def test_connecting_at_start_is_an_order() -> None:
    use = replace(db("a", "postgresql://pg/x", "t", None), at_start=True,
                  strength=Strength.STRONG, reason="runs at start")  # fmt: skip
    serves = Entry(locator="a/app.py:20", way="server")
    scan = join([*base("a"), serves, store("pg"), use])
    assert ("a", "pg", "startup-order") in pairs(scan)


def test_networks_that_have_nothing_in_common_rule_a_call_out() -> None:
    facts = [unit("a", networks=("x",)), unit("b", networks=("y",)), module("a"),
             call("a", "http://b/x")]  # fmt: skip
    assert pairs(join(facts)) == set()


def test_units_of_one_folder_are_told_apart_by_their_command() -> None:
    scan = join([
        unit("web", build="s", command="uvicorn app.web:app"),
        unit("work", build="s", command="python -m app.work"),
        unit("b"),
        Module(locator="s/app/web.py:1", imports=("s/app/common.py",)),
        Module(locator="s/app/work.py:1", imports=("s/app/common.py",)),
        Module(locator="s/app/common.py:1", shared=True),
        replace(call("a", "http://b/web"), locator="s/app/web.py:3"),
        replace(call("a", "http://b/work"), locator="s/app/work.py:3"),
        replace(call("a", "http://b/both"), locator="s/app/common.py:3"),
    ])  # fmt: skip
    assert {edge for edge in edges(scan) if edge[2] == "http"} == {
        ("web", "b", "http", "GET /web"),
        ("work", "b", "http", "GET /work"),
        ("web", "b", "http", "GET /both"),
        ("work", "b", "http", "GET /both"),
    }
    assert scan.shared == ()


def test_services_that_nobody_deploys_are_found_by_where_they_listen() -> None:
    facts = [
        fact
        for name, port in (("a", "5001"), ("b", "5002"))
        for fact in (
            Module(locator=f"s/{name}.py:1"),
            Entry(locator=f"s/{name}.py:9", way="server", port=Value.literal(port)),
        )
    ]
    use = replace(call("x", "http://127.0.0.1:5002/x"), locator="s/a.py:3")
    assert edges(join([*facts, use])) == {("a", "b", "http", "GET /x")}


def test_libraries_of_different_major_versions_conflict() -> None:
    pins = [
        Package(locator=f"{name}/requirements.txt:1", name=lib, version=version)
        for name, lib, version in (
            ("a", "flask", "2.3"), ("b", "flask", "3.0"),
            ("a", "httpx", "0.27.1"), ("b", "httpx", "0.27.9"),
            ("a", "zlib", "0.1"), ("b", "zlib", "0.2"),
        )
    ]  # fmt: skip
    shared = join([*base("a", "b"), *pins]).shared
    assert [(one.kind.value, one.resource, one.resources) for one in shared] == [
        ("library-conflict", "flask", ("2.3: a", "3.0: b")),
        ("library-conflict", "zlib", ("0.1: a", "0.2: b")),
    ]


def test_files_and_volumes_of_several_are_shared() -> None:
    mounts = [
        Mount(locator=f"c.yml:{line}", unit=name, source=source, kind=kind)
        for line, (name, source, kind) in enumerate(
            [("a", "keys/x.pem", "file"), ("b", "keys/x.pem", "file"), ("a", "data", "volume"),
             ("b", "data", "volume"), ("a", "own", "volume")]
        )
    ]  # fmt: skip
    shared = join([*base("a", "b"), *mounts]).shared
    assert [(one.kind.value, one.resource) for one in shared] == [
        ("shared-data", "data"),
        ("shared-secret", "keys/x.pem"),
    ]


def test_names_known_from_elsewhere_count() -> None:
    scan = join([*base("a"), call("a", "http://bee/x")], [Node(name="b", aliases=("bee",))])
    assert edges(scan) == {("a", "b", "http", "GET /x")}


def test_the_order_of_facts_does_not_matter() -> None:
    facts = [
        *base("a", "b", "c"), store("pg"), setting("a", "U", "http://b"), call("a", "{U}/x"),
        db("a", "postgresql://pg/x", "t", True), db("b", "postgresql://pg/x", "t", False),
        StartAfter(locator="c.yml:9", unit="a", on="c"),
    ]  # fmt: skip
    wanted = scan_json(join(facts))
    for seed in range(5):
        shuffled = random.Random(seed).sample(facts, len(facts))
        assert scan_json(join(shuffled)) == wanted


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://a:80/x?y", ("http", "a", "80", "/x")),
        ("a", ("", "a", "", "")),
        ("a:80", ("", "a", "80", "")),
        ("redis://:***@r:6379/1", ("redis", "r", "6379", "/1")),
        ("postgresql+asyncpg://u@db/x", ("postgresql", "db", "", "/x")),
        ("mongodb+srv://m/x", ("mongodb", "m", "", "/x")),
        ("k1:9092,k2:9092", ("", "k1", "9092", "")),
        ("http://{}/x", ("http", "{}", "", "/x")),
        ("http://a:{}/x", ("http", "a", "", "/x")),
        ("http://{name:a}:{name:a}/x", ("http", "{name:a}", "", "/x")),
        ("http://a.{}.svc/x", ("http", "a.{}.svc", "", "/x")),
        ("sqlite:///x.db", ("sqlite", "", "", "/x.db")),
        ("", ("", "", "", "")),
    ],
)
def test_addresses(text: str, address: tuple[str, str, str, str]) -> None:
    assert parse(text) == address


def test_a_secret_setting_hides_what_it_is_in() -> None:
    service = Service("a", settings={"P": setting("a", "P", "", secret=True)})
    found = resolve(value("postgresql://u:{P}@db/x"), service)
    assert (found.host, found.path) == ("db", "/x")


FACTS = [
    item
    for module_ in (model, deployed, relations)
    for item in vars(module_).values()
    if isinstance(item, type) and issubclass(item, Fact) and item.__module__ == module_.__name__
]


@pytest.mark.parametrize("cls", FACTS)
def test_every_fact_can_be_written_and_read_by_itself(cls: type[Fact]) -> None:
    examples: list[Fact] = [
        call("a", "{U=x}/{}", further=("b:1",)), unit("a"), module("a", "b"),
        setting("a", "b", "c"), KeyUse(signs=True, keys=(value("{K}"),)), Fact(),
        Entry(way="main", port=value("{P}")), Route(method="GET", path="/"), EnvRead(name="X"),
        WaitFor(targets=(value("a"),), mechanism="x"), StartAfter(unit="a", on="b"),
        Mount(unit="a", source="b"), deployed.Build(copies=("a",)), Package(name="a"),
        deployed.Script(runs="a"), model.Registered(name="a"),
        relations.Relation(consumer="a", provider="b", kind=Kind.SCALING),
        relations.Allowed(selector=("a=b",), peers=(("c=d",),)),
        relations.Contract(form="proto", name="a", digest="b"), relations.Owned(owner="a"),
        relations.Needs(folders=("a",)), relations.Branch(word="a", apart=("b:1-2",)),
    ]  # fmt: skip
    example = next(one for one in examples if type(one) is cls)
    assert msgspec.json.decode(msgspec.json.encode(example), type=cls) == example


def test_the_text_shows_services_then_dependencies_then_gaps() -> None:
    scan = join([*base("a", "b"), call("a", "http://b/x"), call("a", "{U}/y")])
    assert render_scan(scan) == (
        "Services\n"
        "  a  job       a\n"
        "  b  job       b\n"
        "\n"
        "Dependencies\n"
        "  a\n"
        "    -> b (http)\n"
        "       GET /x  strong  a/app.py:7\n"
        "\n"
        "Gaps (1)\n"
        "  a/app.py:7  the provider of GET {env:U}/y: nothing gives U a value\n"
    )


def test_the_json_has_the_keys_of_the_contract() -> None:
    document = scan_json(join([*base("a", "b"), call("a", "http://b/x"), call("a", "{U}")]))
    assert list(document) == [
        "schema_version", "services", "evidence", "shared", "findings", "gaps",
    ]  # fmt: skip
    assert list(document["services"][0]) == ["name", "kind", "path", "aliases"]
    assert list(document["evidence"][0]) == [
        "consumer", "provider", "kind", "layer", "operation", "protocol", "stance", "confidence",
        "strength", "reason", "locators",
    ]  # fmt: skip
    assert list(document["gaps"][0]) == ["what", "why", "locator"]


def test_nothing_gives_nothing() -> None:
    assert scan_json(join([])) == {
        "schema_version": 1, "services": [], "evidence": [], "shared": [], "findings": [],
        "gaps": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "wanted"),
    [
        ("MAIL_URL", "mail-service"), ("MAILS_SERVICE_BASE_URL", "mail-service"),
        ("ORDERS_HOST", "order"), ("URL", ""), ("X_URL", ""), ("MAIL_ORDER_URL", ""),
    ],
)  # fmt: skip
def test_a_variable_without_a_value_may_have_the_name_of_a_service(
    variable: str, wanted: str
) -> None:
    scan = join([*base("a", "mail-service", "order"), call("a", f"{{{variable}}}/x")])
    assert [(one.provider, one.confidence) for one in scan.evidence] == (
        [(wanted, 0.55)] if wanted else []
    )


def test_a_gate_holds_the_start_back_though_nothing_is_used() -> None:
    after = StartAfter(locator="c.yml:9", unit="a", on="b", condition="healthy")
    scan = join([*base("a", "b"), after])
    assert [(one.confidence, one.strength) for one in scan.evidence] == [(0.55, Strength.STRONG)]
    assert [one.rule for one in scan.findings] == ["declared-unused"]


def test_a_value_counts_more_than_the_name_of_its_variable() -> None:
    facts = [*base("a", "b", "c"), setting("a", "B_URL", "http://c"), call("a", "{B_URL}/x")]
    assert {one[:2] for one in pairs(join(facts))} == {("a", "c")}


def test_what_is_read_counts_where_not_every_call_is_understood() -> None:
    facts = [
        *base("a", "b", "c"),
        *(EnvRead(locator="a/app.py:2", name=name) for name in ("B_URL", "C_URL")),
        setting("a", "C_URL", "http://c"),
        StartAfter(locator="c.yml:9", unit="a", on="b"),
    ]
    assert pairs(join(facts)) == set()
    assert pairs(join([*facts, call("a", "{}")])) == {
        ("a", "b", "http"), ("a", "c", "http"), ("a", "b", "startup-order"),
    }  # fmt: skip


def test_a_store_does_not_call_what_its_environment_names() -> None:
    facts = [*base("a"), store("db"), store("other"), setting("db", "A_URL", "http://a"),
             setting("db", "PEER_URL", "tcp://other:1")]  # fmt: skip
    assert {one[:2] for one in pairs(join(facts))} == {("db", "other")}


@pytest.mark.parametrize(("host", "sure"), [("left-over", 0.45), ("db.example.com", 0.6)])
def test_a_host_that_the_deployment_does_not_declare(host: str, sure: float) -> None:
    (row,) = join([*base("a"), call("a", f"http://{host}/x")]).evidence
    assert row.confidence == sure


def test_the_port_tells_that_telemetry_is_sent() -> None:
    facts = [*base("a", "b"), setting("a", "SINK", "http://b:4317"), setting("a", "X", "http://b")]
    assert {one.kind for one in join(facts).evidence} == {Kind.MONITORING, Kind.HTTP}


def test_versions_matter_between_services_that_exchange_something() -> None:
    pins = [Package(locator=f"{name}/requirements.txt:1", name="pydantic", version=version)
            for name, version in (("a", "1.0"), ("b", "2.0"))]  # fmt: skip
    facts = [*base("a", "b"), *pins, store("q", NodeKind.BROKER)]
    calls = [db(name, "amqp://q", "t", None, Kind.MESSAGING_PUBLISH) for name in "ab"]
    for more, sure in (([], 0.45), ([call("a", "http://b/x")], 1.0), (calls, 1.0)):
        (row,) = (one for one in join([*facts, *more]).shared if one.resource == "pydantic")
        assert row.confidence == sure


def test_what_only_variants_share_is_doubted() -> None:
    for variant, sure in (("", 0.8), ("extra.yml", 0.45)):
        facts = [unit("a"), unit("b", variant=variant)]
        mounts = [
            Mount(locator="c.yml:3", unit=name, source="keys", kind="secret") for name in "ab"
        ]
        (row,) = join([*facts, *mounts]).shared
        assert row.confidence == sure


@pytest.mark.parametrize(("path", "kind"), [("/v1/traces", Kind.MONITORING), ("/x", Kind.HTTP)])
def test_what_is_sent_where_telemetry_is_taken_in(path: str, kind: Kind) -> None:
    scan = join([*base("a", "b"), call("a", f"http://b:9411{path}", "POST")])
    assert [one.kind for one in scan.evidence] == [kind]


def test_who_takes_messages_is_a_worker() -> None:
    scan = join([*base("a"), store("q"), db("a", "amqp://q", "t", None, Kind.MESSAGING_CONSUME)])
    assert next(one.kind for one in scan.services if one.name == "a") is NodeKind.WORKER


@pytest.mark.parametrize(("tables", "sure"), [(("x", "y"), 0.45), (("x", "x"), 0.55)])
def test_a_server_of_many_databases(tables: tuple[str, str], sure: float) -> None:
    uses = [replace(db(name, "{}", table, writes=True), system="mongodb")
            for name, table in zip("ab", tables, strict=True)]  # fmt: skip
    mongo = Unit(locator="c.yml:1", name="m", kind=NodeKind.DATABASE, image="mongo")
    (row,) = join([*base("a", "b"), mongo, *uses]).shared
    assert row.confidence == sure


def test_a_doubled_slash_is_one() -> None:
    routes = [Route(locator="b/app.py:3", method="GET", path="/x/{}")]
    scan = join([*base("a", "b"), *routes, call("a", "http://b//x/{}")])
    assert {one[3] for one in edges(scan)} == {"GET /x/{}"}


@pytest.mark.parametrize("url", ["http://b/x", "http://http://b/x", "http://a/v1http://b/x",
                                 "http://a/https://b/x"])  # fmt: skip
def test_an_address_in_an_address_is_the_one_that_is_asked(url: str) -> None:
    scan = join([*base("a", "b"), call("a", url)])
    assert edges(scan) == {("a", "b", "http", "GET /x")}


@pytest.mark.parametrize(
    ("topic", "operation"),
    [("rabbitmq://q/orders", "orders"), ("http://b/x", "/x"), ("a/b", "a/b")],
)
def test_an_operation_is_no_address(topic: str, operation: str) -> None:
    sent = db("a", "amqp://q", topic, None, Kind.MESSAGING_PUBLISH)
    scan = join([*base("a"), store("q"), sent])
    assert {one.operation for one in scan.evidence if one.operation} == {operation}


def test_a_variable_may_have_the_name_of_a_folder() -> None:
    facts = [unit("shop-b", build="bs"), *base("a"), module("bs"), call("a", "{B_URL}/x")]
    assert {one[:2] for one in pairs(join(facts))} == {("a", "shop-b")}
