"""The shop itself, running: what its truth says about it really happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import jwt
import psycopg
import pytest
import redis as redis_client
import requests

from fixtures.recording import databases, processes, titles
from fixtures.recording.deployment import ROOT, Shop, environment, folder
from tests.servers.process import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.postgres import Postgres
    from tests.servers.redis import Redis

pytestmark = pytest.mark.live

# The advertisements come and go in a test of their own.
STEADY = tuple(name for name in (*processes.LISTENING, *processes.WORKERS) if name != "ads")


@pytest.fixture(scope="module")
def shop(postgres: Postgres, redis: Redis) -> Iterator[Shop]:
    databases.initialise(postgres.dsn)
    shop = processes.free_shop(f"{postgres.host}:{postgres.port}", f"{redis.host}:{redis.port}")
    with processes.running(shop, STEADY):
        titles.publish(shop)
        yield shop


def ask(shop: Shop, method: str, path: str, **more: Any) -> requests.Response:
    return requests.request(method, f"{shop.url('storefront')}{path}", timeout=10, **more)


def buy(shop: Shop, customer: str) -> requests.Response:
    line = {"sku": "mug-02", "quantity": 2}
    assert ask(shop, "POST", f"/cart/{customer}/items", json=line).status_code == 201
    return ask(shop, "POST", f"/checkout/{customer}")


def test_a_customer_can_browse_and_buy(shop: Shop) -> None:
    product = ask(shop, "GET", "/products/tee-04").json()
    assert (product["item"]["title"], product["price"]) == ("T-shirt, model 4", 17.14)
    assert [deal["sku"] for deal in ask(shop, "GET", "/deals").json()["deals"]] == [
        "tee-04",
        "cap-02",
    ]
    placed = buy(shop, "ann")
    assert placed.status_code == 201
    assert ask(shop, "GET", "/cart/ann").json()["total"] == placed.json()["total"] == 19.22
    order = ask(shop, "GET", f"/orders/{placed.json()['order']}").json()
    assert (order["customer"], order["lines"]) == ("ann", {"mug-02": 2})


def test_recommendation_accepts_what_payment_signed(shop: Shop) -> None:
    receipt = buy(shop, "bob").cookies["member"]
    forged = jwt.encode({"sub": "bob", "exp": 2**40}, "another key" * 4, algorithm="HS256")
    statuses = [
        requests.get(
            f"{shop.url('recommendation')}/recommendations",
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        ).status_code
        for token in (receipt, forged)
    ]
    assert statuses == [200, 401]


def test_cart_does_not_start_without_config_service(shop: Shop) -> None:
    other = processes.free_shop(shop.postgres, shop.redis)
    with serving(processes.command(other, "cart"), lambda: True):
        time.sleep(3)
        assert not answers(other, "cart")
        with processes.running(other, ["config-service"]):
            processes.await_health(other, ["cart"], seconds=20)


def answers(shop: Shop, service: str) -> bool:
    try:
        return requests.get(f"{shop.url(service)}/health", timeout=2).ok
    except requests.ConnectionError:
        return False


def test_the_page_does_without_banners(shop: Shop) -> None:
    with processes.running(shop, ["ads"]):
        assert len(ask(shop, "GET", "/").json()["banners"]) == 2
    page = ask(shop, "GET", "/")
    assert (page.status_code, page.json()["banners"]) == (200, [])


def test_nobody_uses_an_address_that_is_only_declared(shop: Shop) -> None:
    assert {"PRICING_URL", "PARCELS_REDIS_URL"} <= environment(shop, "shipping").keys()
    for service, variable in (("shipping", "PRICING_URL"), ("ads", "DATABASE_URL")):
        code = folder(service).glob("*.py")
        assert not [path for path in code if variable in path.read_text(encoding="utf-8")]


def test_an_order_becomes_a_parcel(shop: Shop, redis: Redis) -> None:
    placed = buy(shop, "cyd").json()
    assert ask(shop, "GET", f"/orders/{placed['order']}").json()["announced"]
    with redis_client.Redis(redis.host, redis.port, db=3, decode_responses=True) as parcels:
        assert parcel(parcels, placed["order"])["customer"] == "cyd"


def parcel(parcels: redis_client.Redis, order: str) -> dict[str, str]:
    for _ in range(100):
        if found := parcels.hgetall(f"parcel:{order}"):
            return {str(key): str(value) for key, value in found.items()}
        time.sleep(0.05)
    pytest.fail("shipping made no parcel")


@pytest.mark.parametrize(
    ("failing", "journey", "status"),
    [
        ("inventory", "POST /checkout/ann", 503),
        ("payment", "POST /checkout/ann", 503),
        ("pricing", "POST /checkout/ann", 503),
        ("pricing", "GET /cart/ann", 200),
        ("pricing", "GET /deals", 503),
        ("promotions", "GET /products/bag-03", 200),
        ("config-service", "GET /products/bag-04", 200),
        ("shipping", "POST /checkout/ann", 201),
        ("ratings", "GET /watch/film-01", 503),
        ("ratings", "POST /watch/film-01/customer-01", 201),
        ("keys", "POST /watch/film-01/customer-01", 503),
        ("origin", "POST /watch/film-01/customer-01", 503),
        ("catalog", "POST /watch/film-01/customer-01", 503),
        ("auth", "POST /watch/film-01/customer-01", 201),
        ("auth", "POST /watch/film-01/a-guest", 503),
        ("view-statistics", "POST /watch/film-01/customer-01", 201),
    ],
)
def test_what_fails_with_what(shop: Shop, failing: str, journey: str, status: int) -> None:
    with baggage(shop, failing) as headers:
        method, path = journey.split()
        assert ask(shop, method, path, headers=headers).status_code == status


@contextmanager
def baggage(shop: Shop, failing: str) -> Iterator[dict[str, str]]:
    assert buy(shop, "ann").status_code == 201
    yield {"baggage": f"chaos.fail={failing}"}
    assert buy(shop, "ann").status_code == 201, "only the request that asked for it fails"


def test_the_quarter_is_closed_from_the_inbox_alone(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    (inbox / "2026Q3").mkdir(parents=True)
    rows = "date,account,amount\n2026-07-01,8400,19.22\n2026-07-02,8400,0.78\n"
    (inbox / "2026Q3" / "sales.csv").write_text(rows, encoding="utf-8")
    variables = {"FINANCE_INBOX": str(inbox), "FINANCE_STATEMENTS": str(tmp_path / "out")}
    job = ROOT / "services" / "finance-close" / "close_quarter.py"
    subprocess.run([sys.executable, str(job), "2026Q3"], env=variables, check=True)
    assert '"8400": "20.00"' in (tmp_path / "out" / "2026Q3.json").read_text(encoding="utf-8")


def watch(shop: Shop, viewer: str, baggage: str = "") -> int:
    headers = {"baggage": baggage} if baggage else {}
    return ask(shop, "POST", f"/watch/film-02/{viewer}", headers=headers).status_code


def test_auth_is_asked_only_when_the_licence_cache_overflows(shop: Shop) -> None:
    def remembered() -> bool:
        return watch(shop, "customer-01", "chaos.fail=auth") == 201

    assert watch(shop, "customer-01") == 201
    for number in range(23):
        assert watch(shop, f"day-pass-{number}") == 201
    assert remembered()
    for number in range(24):
        assert watch(shop, f"another-{number}") == 201
    assert not remembered()
    assert watch(shop, "customer-01") == 201


def test_a_slow_auth_is_a_failure(shop: Shop) -> None:
    assert watch(shop, "yet-another", "chaos.slow=auth") == 503


def test_the_replica_answers_when_the_catalogue_has_lost_its_database(
    shop: Shop, postgres: Postgres
) -> None:
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'catalog'"
    with psycopg.connect(postgres.dsn, autocommit=True) as operator:
        operator.execute("ALTER ROLE catalog NOLOGIN")
        operator.execute(query)
        try:
            assert ask(shop, "GET", "/watch/film-03").json()["title"]["name"] == "Film 3"
        finally:
            operator.execute("ALTER ROLE catalog LOGIN")


def test_a_play_is_counted_where_royalties_and_the_catalogue_read(shop: Shop) -> None:
    for _ in range(3):
        assert ask(shop, "POST", "/watch/film-12/customer-02").status_code == 201
    for _ in range(100):
        if "film-12" in ask(shop, "GET", "/trending").json()["titles"]:
            break
        time.sleep(0.05)
    job = processes.command(shop, "royalties")
    done = subprocess.run(
        job.argv,
        cwd=job.folder,
        env={**os.environ, **job.environment},
        check=True,
        capture_output=True,
        text=True,
    )
    # Three plays, thirty seconds, a cent a second.
    assert float(json.loads(done.stdout)["Studio Lindgren"]) >= 0.9


def test_plays_are_encoded_and_decoded_by_incompatible_versions() -> None:
    pinned = {
        line.partition("==")[2].partition(".")[0]
        for name in ("streaming", "viewstats")
        for line in (folder(name) / "requirements.lock").read_text(encoding="utf-8").splitlines()
        if line.startswith("msgpack==")
    }
    assert pinned == {"0", "1"}
