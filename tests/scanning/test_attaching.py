"""Stores whose address is not known, contracts joined by name, switches, and time-outs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from depmap.model.deployed import Build, Setting, StartAfter, Unit
from depmap.model.facts import Entry, Fact, Module, Route, Use, Value
from depmap.model.words import Kind, NodeKind, Strength
from depmap.scanning.addresses import image_system, parse
from depmap.scanning.join import join
from tests.scanning.building import edges, pairs, value

if TYPE_CHECKING:
    from depmap.model.evidence import Evidence
    from depmap.scanning.scan import Scan


def service(name: str) -> list[Fact]:
    return [
        Unit(locator="c.yml:1", name=name, build=name),
        Module(locator=f"{name}/app.py:1", shared=True),
    ]


def store(name: str, image: str, kind: NodeKind = NodeKind.DATABASE) -> Unit:
    return Unit(locator="c.yml:1", name=name, kind=kind, image=image)


def use(kind: Kind = Kind.DATABASE, target: str = "{DB}", what: str = "t", **more: object) -> Use:
    made = Use(locator="a/app.py:9", kind=kind, targets=(value(target),) if target else (),
               operations=(Value.literal(what),), strength=Strength.STRONG)  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def setting(name: str, key: str, given: str) -> Setting:
    return Setting(locator="c.yml:5", unit=name, key=key, value=given)


def only(scan: Scan, operation: str = "t") -> list[tuple[str, float]]:
    return [(row.provider, row.confidence) for row in scan.evidence if row.operation == operation]


BROKERS = [store("mq", "rabbitmq:3", NodeKind.BROKER), store("log", "kafka:3", NodeKind.BROKER)]


def test_the_only_store_of_its_system_is_meant() -> None:
    facts = [*service("a"), *BROKERS, use(Kind.MESSAGING_PUBLISH, "{X}", system="kafka")]
    assert only(join(facts)) == [("log", 0.55)]


def test_of_several_the_one_that_is_declared_beside_the_code() -> None:
    near = replace(store("one", "postgres:16"), locator="a/docker-compose.yml:2")
    far = replace(store("two", "postgres:16"), locator="b/docker-compose.yml:2")
    code: list[Fact] = [
        Module(locator="a/app/db.py:1", shared=True),
        Entry(locator="a/main.py:1", way="server"),
        Module(locator="a/main.py:1", imports=("a/app/db.py",)),
        use(system="postgresql", locator="a/app/db.py:9"),
    ]
    assert only(join([*code, near, far])) == [("one", 0.7)]


def test_of_several_the_one_it_is_started_after() -> None:
    facts = [*service("a"), store("one", "postgres:16"), store("two", "postgres:16"),
             use(system="postgresql")]  # fmt: skip
    assert only(join(facts)) == []
    after = StartAfter(locator="c.yml:7", unit="a", on="two")
    assert only(join([*facts, after])) == [("two", 0.7)]


def test_of_several_the_one_whose_name_it_is_given() -> None:
    facts = [*service("a"), store("one", "postgres:16"), store("two", "postgres:16"),
             setting("a", "PGHOST", "one"), use(system="postgresql")]  # fmt: skip
    assert only(join(facts)) == [("one", 0.7)]


def test_a_store_that_is_known_already_is_meant() -> None:
    known = use(target="postgresql://two/x", what="other")
    facts = [*service("a"), store("one", "postgres:16"), store("two", "postgres:16"), known,
             use(target="")]  # fmt: skip
    assert only(join(facts))[0][0] == "two"


def test_a_database_inside_the_process_is_no_store() -> None:
    embedded = use(target="sqlite:///x.db", what="")
    scan = join([*service("a"), store("one", "postgres:16"), embedded, use(target="")])
    assert only(scan) == []
    assert scan.gaps == ()


def test_a_store_beside_its_user_is_a_node() -> None:
    scan = join([*service("a"), use(Kind.CACHE, "redis://localhost:6379/1", system="redis")])
    assert only(scan) == [("redis://localhost:6379", 0.55)]


def test_a_broker_that_no_file_declares_is_one_all_the_same() -> None:
    sent = use(Kind.MESSAGING_PUBLISH, "{MQ}", "q", system="amqp")
    taken = replace(use(Kind.MESSAGING_CONSUME, "{MQ}", "q", system="amqp"), locator="b/app.py:3")
    scan = join([*service("a"), *service("b"), sent, taken])
    assert edges(scan) == {
        ("a", "amqp", "messaging-publish", "q"),
        ("b", "amqp", "messaging-consume", "q"),
        ("a", "b", "event", "q"),
    }
    assert len(scan.gaps) == 2


def test_what_is_found_nowhere_is_a_gap_with_its_value() -> None:
    scan = join([*service("a"), use(target="{DB}/x", system="postgresql")])
    assert [(gap.what, gap.why) for gap in scan.gaps] == [
        ("the postgresql at {env:DB}/x", "nothing gives DB a value")
    ]


@pytest.mark.parametrize(
    ("image", "system"),
    [
        ("postgres:16", "postgresql"),
        ("docker.io/bitnami/kafka:3", "kafka"),
        ("confluentinc/cp-kafka", "kafka"),
        ("provectuslabs/kafka-ui", ""),
        ("prom/redis-exporter@sha256:0", ""),
        ("mongo-express", ""),
        ("confluentinc/cp-schema-registry", ""),
        ("python:3.12", ""),
    ],
)
def test_images_of_stores(image: str, system: str) -> None:
    assert image_system(image) == system


def test_prose_is_no_address() -> None:
    assert parse("Your broker URL") == parse(">>> url <<<") == ("", "", "", "")


def events(sent: str, taken: str) -> set[tuple[str, str, str, str]]:
    facts = [
        *service("a"), *service("b"), *BROKERS,
        use(Kind.MESSAGING_PUBLISH, "", system="kafka", operations=(value(sent),)),
        use(Kind.MESSAGING_CONSUME, "", system="kafka", operations=(value(taken),),
            locator="b/app.py:3"),
    ]  # fmt: skip
    return {row for row in edges(join(facts)) if row[2] == "event"}


@pytest.mark.parametrize(
    ("sent", "taken", "meet"),
    [
        ("orders", "orders", True),
        ("orders", "refunds", False),
        ("{}", "{}", False),
        ("{ORDER_TOPIC}", "{ORDER_TOPIC}", True),
        ("{QUEUE_NAME}", "{QUEUE_NAME}", False),
        ("{TOPIC=orders}", "orders", True),
        ("orders.{}", "orders.{}", True),
    ],
)
def test_topics_meet_where_they_are_known(sent: str, taken: str, meet: bool) -> None:
    assert bool(events(sent, taken)) is meet


def test_workers_take_tasks_and_others_hand_them_over() -> None:
    def unit(name: str, command: str) -> Unit:
        return Unit(locator="c.yml:1", name=name, build="a", command=command)

    scan = join([
        unit("web", "uvicorn app:app"),
        unit("worker", "celery -A app worker"),
        unit("beat", "celery -A app beat"),
        store("redis", "redis:7", NodeKind.CACHE),
        Module(locator="a/app.py:1", shared=True),
        use(Kind.MESSAGING_PUBLISH, "redis://redis/0", "app.f", system="celery", method="task"),
        use(Kind.MESSAGING_CONSUME, "redis://redis/0", "work.app.f", system="celery",
            method="task"),
    ])  # fmt: skip
    assert {row for row in edges(scan) if row[2] != "startup-order"} == {
        ("web", "redis", "messaging-publish", "app.f"),
        ("worker", "redis", "messaging-consume", "work.app.f"),
        ("web", "worker", "event", "app.f"),
    }
    assert scan.shared == () or all(one.kind is not Kind.SHARED_DATA for one in scan.shared)


def grpc(target: str, **more: object) -> Use:
    return use(Kind.GRPC, target, "x.Cart/Get", system="grpc", **more)


def offer(name: str, path: str = "x.Cart/Get") -> Route:
    where = f"{name}/app.py:4"
    return Route(locator=where, method="", path=path, protocol="grpc")


def row_of(facts: list[Fact]) -> Evidence:
    (row,) = [one for one in join(facts).evidence if one.kind is Kind.GRPC and one.operation]
    return row


def test_a_contract_is_called_at_its_address() -> None:
    facts = [*service("a"), *service("b"), setting("a", "CART", "b:7070"), grpc("{CART}"),
             offer("b", "Cart/Get")]  # fmt: skip
    row = row_of(facts)
    assert (row.provider, row.operation, row.confidence) == ("b", "x.Cart/Get", 0.95)
    assert row.locators == ("a/app.py:9", "c.yml:5", "b/app.py:4")


def test_a_contract_is_found_by_its_name() -> None:
    row = row_of([*service("a"), *service("b"), grpc(""), offer("b")])
    assert (row.provider, row.confidence) == ("b", 0.75)
    assert "alone offers" in row.reason


def test_a_contract_of_nobody_is_a_gap() -> None:
    scan = join([*service("a"), *service("b"), grpc("{CART}"), offer("b", "y.Cart/Get")])
    assert [(gap.what, gap.why) for gap in scan.gaps] == [
        ("the provider of x.Cart/Get at {env:CART}",
         "nothing gives CART a value, and no service is known to offer it")
    ]  # fmt: skip


def test_a_switch_that_is_off_makes_a_call_optional() -> None:
    call = use(Kind.HTTP, "http://b/x", system="http", operations=(), method="GET", guards=("X",))
    facts = [*service("a"), *service("b"), call]
    rows = {one.strength for one in join(facts).evidence if one.kind is Kind.HTTP}
    assert rows == {Strength.OPTIONAL}
    on = [*facts, setting("a", "X", "true")]
    assert {one.strength for one in join(on).evidence if one.kind is Kind.HTTP} == {"strong"}


def test_waiting_for_ever_is_one_finding_a_pair() -> None:
    call = use(Kind.HTTP, "http://b/x", system="http", operations=(), method="GET", endless=True)
    again = replace(call, locator="a/app.py:12")
    scan = join([*service("a"), *service("b"), call, again])
    found = [one for one in scan.findings if one.rule == "no-timeout"]
    assert [(one.subjects, one.locators) for one in found] == [
        (("a", "b"), ("a/app.py:12", "a/app.py:9"))
    ]


def test_a_library_s_call_keeps_its_own_operation() -> None:
    call = use(Kind.HTTP, "https://api.stripe.com", "Charge.create", system="https")
    scan = join([*service("a"), call])
    assert edges(scan) == {("a", "api.stripe.com", "external", "Charge.create")}
    (node,) = [one for one in scan.services if one.name == "api.stripe.com"]
    assert node.aliases == ("stripe",)


def test_a_dockerfile_says_where_a_service_listens() -> None:
    facts: list[Fact] = [
        Module(locator="a/app.py:1"), Entry(locator="a/app.py:2", way="app"),
        Module(locator="b/app.py:1"), Entry(locator="b/app.py:2", way="app"),
        Build(locator="a/Dockerfile:1", command="uvicorn app:app --port 8001"),
        Build(locator="b/Dockerfile:1", ports=("8002",)),
        use(Kind.HTTP, "http://localhost:8002/x", system="http", operations=(), method="GET"),
    ]  # fmt: skip
    assert ("a", "b", "http") in pairs(join(facts))


@pytest.mark.parametrize(
    ("target", "operation"),
    [
        ("{B}{}", "GET /{}"),
        ("{B}{}/x", "GET /{}/x"),
        ("http://b:80{}", "GET /{}"),
        ("http://b{}", "GET /{}"),
        ("{B}/x{}", "GET /{}"),
    ],
)
def test_what_is_unknown_after_a_host_is_a_path(target: str, operation: str) -> None:
    call = use(Kind.HTTP, target, system="http", operations=(), method="GET")
    scan = join([*service("a"), *service("b"), setting("a", "B", "http://b"), call])
    assert ("a", "b", "http", operation) in edges(scan)
