"""When services came back, as a real Prometheus tells it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from collectors.prometheus.boots import _stretches
from depmap.model.evidence import Boot
from tests.collectors.prometheus.history import NOON, hour
from tests.collectors.prometheus.labels import series
from tests.collectors.prometheus.reading import Cases, Read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.collecting.port import Window

pytestmark = pytest.mark.live

CASES = Cases()
Value = Callable[[float], float | None]
"""The value of a series so many seconds after ``NOON``; None: it has none then."""


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def unix(seconds: float) -> float:
    return at(seconds).timestamp()


def scraped(name: str, value: Value, *, every: int = 30, phase: int = 8) -> Iterator[str]:
    """Yield the samples of a series from an hour before ``NOON`` to two after."""
    for second in range(phase - 3600, 7200, every):
        found = value(second)
        if found is not None:
            yield f"{name} {found:.3f} {unix(second):.3f}"


def target(
    job: str, *lives: tuple[float, float, float], instance: str = "", **labels: str
) -> Iterator[str]:
    """Yield what a target tells: each life has a start, and answers scrapes from … until."""
    told = {"job": job, "instance": instance or f"{job}:80", **labels}

    def life(second: float) -> tuple[float, float, float] | None:
        return next((one for one in lives if one[1] <= second < one[2]), None)

    def up(second: float) -> float:
        return float(life(second) is not None)

    def start(second: float) -> float | None:
        found = life(second)
        return unix(found[0]) if found else None

    yield from scraped(series("up", **told), up)
    yield from scraped(series("process_start_time_seconds", **told), start)


def boots(found: Read) -> list[Boot]:
    return [item for item in found.items if isinstance(item, Boot)]


LONG_AGO, EVER = -90_000, 90_000

ONCE = CASES.add("once", target("cart", (LONG_AGO, -9e9, 600), (1200.5, 1230, EVER)))


def test_a_service_that_was_down_boots(read: Callable[..., Read]) -> None:
    assert boots(read(ONCE)) == [
        Boot(
            service="cart",
            instance="cart:80",
            started=at(1200.5),
            seen=at(1245),
            ready=at(1238),
            within_s=30.0,
            down_since=at(615),
        )
    ]


def test_what_is_not_scraped_while_it_starts_may_be_ready_from_its_start(
    read: Callable[..., Read],
) -> None:
    (found,) = boots(read(NEW))
    assert (found.started, found.ready, found.within_s) == (at(1200), at(1238), 38.0)
    assert found.down_since is None


NEW = CASES.add(
    "new",
    scraped(series("up", job="cart", instance="c"), lambda at: 1.0 if at > 1210 else None),
    scraped(
        series("process_start_time_seconds", job="cart", instance="c"),
        lambda at: unix(1200) if at > 1210 else None,
    ),
)

TWO = CASES.add(
    "two",
    target("cart", (LONG_AGO, -9e9, 600), (1200, 1230, EVER), instance="cart-1:80"),
    target("cart", (LONG_AGO, -9e9, EVER), instance="cart-2:80"),
)
QUICK = CASES.add("quick", target("cart", (LONG_AGO, -9e9, 600), (601, 603, EVER)))
BLIP = CASES.add("blip", target("cart", (LONG_AGO, -9e9, 600), (LONG_AGO, 1200, EVER)))
LATE = CASES.add("late", target("cart", (-2900, 1200, EVER)))
OTHER = CASES.add("other", scraped(series("up", job="cart", instance="c"), lambda _: 1.0))


@pytest.mark.parametrize("case", [TWO, QUICK, BLIP, LATE, OTHER])
def test_what_was_there_all_the_time_or_did_not_start_does_not_boot(
    case: str, read: Callable[..., Read]
) -> None:
    assert boots(read(case, hour(-1, hours=3))) == []


BOTH = CASES.add(
    "both",
    target("cart", (LONG_AGO, -9e9, 600), (1200, 1230, EVER), instance="cart-1:80"),
    target("cart", (LONG_AGO, -9e9, 600), (1200, 1260, EVER), instance="cart-2:80"),
)


def test_of_several_instances_the_first_one_brings_the_service_back(
    read: Callable[..., Read],
) -> None:
    assert [item.instance for item in boots(read(BOTH))] == ["cart-1:80"]


def test_a_boot_of_the_hour_before_is_not_told_again(read: Callable[..., Read]) -> None:
    assert boots(read(ONCE, hour(1))) == []


AGAIN = CASES.add(
    "again", target("cart", (LONG_AGO, -9e9, 600), (1200, 1230, 1500), (1200, 1900, EVER))
)


def test_what_was_not_seen_for_a_while_did_not_boot_again(read: Callable[..., Read]) -> None:
    (found,) = boots(read(AGAIN))
    assert found.ready == at(1238)


LONG = CASES.add("long", target("cart", (LONG_AGO, -9e9, 600), (4300, 4330, EVER)))


@pytest.mark.parametrize("window", [hour(1), hour(-1, hours=4)])
def test_since_when_it_was_down_is_known_for_an_hour(
    window: Window, read: Callable[..., Read]
) -> None:
    (found,) = boots(read(LONG, window))
    assert found.down_since is None


EDGE = CASES.add("edge", target("cart", (LONG_AGO, -9e9, 3400), (3550, 3640, EVER)))


def test_a_boot_belongs_to_the_hour_in_which_it_was_seen_to_be_ready(
    read: Callable[..., Read],
) -> None:
    assert boots(read(EDGE, hour(0))) == []
    (found,) = boots(read(EDGE, hour(1)))
    assert (found.started, found.ready, found.down_since) == (at(3550), at(3668), at(3435))
    assert boots(read(EDGE, hour(-1, hours=3))) == [found]


NAMED = CASES.add(
    "named",
    target("pods", (600, 630, EVER), instance="1", app="cart", namespace="shop"),
    target("shop/stock", (600, 630, EVER), instance="2"),
    target("x", (600, 630, EVER), instance="3", service="till", app="no", namespace="shop"),
)


def test_a_service_is_called_by_the_best_label_of_its_target(read: Callable[..., Read]) -> None:
    assert [item.service for item in boots(read(NAMED))] == [
        "cart.shop",
        "stock.shop",
        "till.shop",
    ]


def pod(
    name: str,
    *,
    began: int,
    ready: float,
    restarts: tuple[int, ...] = (),
    owner: tuple[str, str] = ("ReplicaSet", "cart-7d4f8c9b5d"),
    own: bool = False,
) -> Iterator[str]:
    """Yield what kube-state-metrics tells of a pod; ``own``: its own labels are in the way."""
    prefix = "exported_" if own else ""
    told = {f"{prefix}namespace": "shop", f"{prefix}pod": name, "uid": name}
    if own:
        told |= {"namespace": "monitoring", "pod": "kube-state-metrics-0"}
    owned = {**told, "owner_kind": owner[0], "owner_name": owner[1]}

    def after(moment: float, value: float) -> Value:
        return lambda second: value if second > moment else None

    yield from scraped(series("kube_pod_start_time", **told), after(began, unix(began)))
    yield from scraped(series("kube_pod_status_ready_time", **told), after(ready, unix(ready)))
    yield from scraped(series("kube_pod_owner", **owned), after(began, 1))
    yield from scraped(
        series("kube_pod_container_status_restarts_total", container="app", **told),
        lambda second: float(sum(r < second for r in restarts)) if second > began else None,
    )


def replicas(kind: str, name: str, *spans: tuple[float, float]) -> Iterator[str]:
    metric = {"deployment": "kube_deployment_status_replicas_ready"}.get(
        kind, f"kube_{kind}_status_replicas_ready"
    )
    yield from scraped(
        series(metric, **{"namespace": "shop", kind: name}),
        lambda second: float(sum(one <= second < other for one, other in spans)),
    )


CRASHED = CASES.add(
    "crashed",
    pod("cart-7d4f8c9b5d-abcde", began=1000, ready=1100, restarts=(1030,)),
    replicas("deployment", "cart", (-9e9, 700), (1100, EVER)),
    target(
        "cart",
        (1050, 1100, EVER),
        instance="10.0.0.1:80",
        pod="cart-7d4f8c9b5d-abcde",
        namespace="shop",
    ),
)


def test_a_pod_whose_container_ended_before_failed_and_is_told_once(
    read: Callable[..., Read],
) -> None:
    name = "cart-7d4f8c9b5d-abcde"
    assert boots(read(CRASHED)) == [
        Boot(service="cart.shop", instance=name, started=at(1000), seen=at(1125), failed=True),
        Boot(
            service="cart.shop",
            instance=name,
            started=at(1065),
            seen=at(1125),
            ready=at(1101),
            within_s=1.0,
            down_since=at(735),
        ),
    ]


ROLLED = CASES.add(
    "rolled",
    pod("cart-7d4f8c9b5d-abcde", began=1000, ready=1100),
    replicas("deployment", "cart", (-9e9, EVER), (1100, EVER)),
)
FLAPPED = CASES.add(
    "flapped",
    pod("cart-7d4f8c9b5d-abcde", began=-3500, ready=1100),
    replicas("deployment", "cart", (-9e9, 700), (1100, EVER)),
)
A_JOB = CASES.add(
    "job",
    pod("sum-28473920-abcde", began=1000, ready=1100, owner=("Job", "sum-28473920")),
    replicas("deployment", "sum", (1100, EVER)),
)


@pytest.mark.parametrize("case", [ROLLED, FLAPPED, A_JOB])
def test_a_pod_that_brings_no_service_back_is_no_boot(
    case: str, read: Callable[..., Read]
) -> None:
    assert boots(read(case, hour(-1, hours=3))) == []


STATEFUL = CASES.add(
    "stateful",
    pod("db-0", began=1000, ready=1100, owner=("StatefulSet", "db"), own=True),
    scraped(
        series(
            "kube_statefulset_status_replicas_ready",
            namespace="monitoring",
            exported_namespace="shop",
            statefulset="db",
        ),
        lambda second: float(second >= 1100),
    ),
)


def test_labels_of_the_exporter_itself_are_not_the_pod_s(read: Callable[..., Read]) -> None:
    (found,) = boots(read(STATEFUL))
    assert (found.service, found.instance, found.started) == ("db.shop", "db-0", at(1000))


def test_hours_are_looked_into_with_the_one_before() -> None:
    assert _stretches([0, 5, 6, 8, 20]) == (range(1), range(4, 9), range(19, 21))
