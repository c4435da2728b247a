"""Scripts that wait for another, by the tools and loops that people use for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import WaitFor
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

LOOP = "until {}; do sleep 1; done"


def awaited(folder: Path, script: str) -> list[tuple[str, str]]:
    items = read(folder, {"entrypoint.sh": f"#!/bin/sh\n{script}\n"})
    return [(str(one.targets[0]), one.locator) for one in only(WaitFor, items)]


@pytest.mark.parametrize(
    ("script", "target"),
    [
        (LOOP.format("getent hosts db"), "tcp://db"),
        (LOOP.format("nslookup db.shop.svc.cluster.local"), "tcp://db.shop.svc.cluster.local"),
        (LOOP.format("mongosh --host db --eval 1"), "tcp://db"),
        (LOOP.format("mysql -h db -u me -psecret -e 'select 1'"), "tcp://db"),
        (LOOP.format("mysqladmin ping --host=db -P 3307"), "tcp://db:3307"),
        (LOOP.format("psql -h db -p 5433 -U me -c 1"), "tcp://db:5433"),
        (LOOP.format("psql postgres://db/x -c 1"), "postgres://db/x"),
        (LOOP.format("rabbitmq-diagnostics -n rabbit@broker ping"), "tcp://broker"),
        (LOOP.format("kafka-topics.sh --bootstrap-server k:9092 --list"), "tcp://k:9092"),
        (LOOP.format("grpc_health_probe -addr=cart:50051"), "tcp://cart:50051"),
        ("for i in 1 2 3; do nc -z db 5432 && exit 0; sleep 1; done", "tcp://db:5432"),
        ("while true; do nc -z db 80 && break; sleep 1; done", "tcp://db:80"),
        ("curl --retry 9 --retry-connrefused http://cart/ready", "http://cart/ready"),
        ("wget --tries=0 http://cart/ready", "http://cart/ready"),
        ("wait-on http://cart:80", "tcp://cart:80"),
    ],
)
def test_ways_to_wait(tmp_path: Path, script: str, target: str) -> None:
    assert awaited(tmp_path, script) == [(target, "entrypoint.sh:2")]


@pytest.mark.parametrize(
    ("script", "target"),
    [
        ("kubectl wait --for=condition=ready pod -l app=db", "{name:db}"),
        ("kubectl rollout status deployment/db --timeout 9s", "{name:db}"),
        ("wait_for.sh job migrate", "{name:migrate}"),
    ],
)
def test_ways_to_wait_for_objects_of_a_cluster(tmp_path: Path, script: str, target: str) -> None:
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
        f"spec: {{initContainers: [{{image: x, command: [sh, -c, '{script}']}}], "
        "containers: [{image: x}]}\n"
    )
    (wait,) = only(WaitFor, read(tmp_path, {"k8s/a.yaml": pod}))
    assert (str(wait.targets[0]), wait.unit) == (target, "a")
    assert awaited(tmp_path / "deploys", script) == []


@pytest.mark.parametrize(
    "script",
    [
        "while true; do curl http://cart/load; sleep 1; done",
        "for i in 1 2 3; do curl http://cart/load; done",
        "curl http://cart/once",
        "kubectl get pods",
    ],
)
def test_what_only_calls_does_not_wait(tmp_path: Path, script: str) -> None:
    assert awaited(tmp_path, script) == []


def test_loops_of_several_lines_each_at_its_own(tmp_path: Path) -> None:
    script = "until nc -z a 1; do\n  sleep 1\ndone\nuntil pg_isready -h b; do\n  sleep 1\ndone"
    assert awaited(tmp_path, script) == [
        ("tcp://a:1", "entrypoint.sh:2"), ("tcp://b", "entrypoint.sh:5"),
    ]  # fmt: skip


def test_one_loop_may_ask_two(tmp_path: Path) -> None:
    found = awaited(tmp_path, LOOP.format("nc -z a 1 && pg_isready -h b"))
    assert [target for target, _ in found] == ["tcp://a:1", "tcp://b"]


def test_lines_without_an_end_take_no_time(tmp_path: Path) -> None:
    start = time.monotonic()
    awaited(tmp_path, "until " + "curl -x psql wget " * 200_000 + "; do sleep 1; done")
    assert time.monotonic() - start < 5
