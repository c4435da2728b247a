"""Terraform: what runs, and the stores that it is given by reference."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from depmap.model.deployed import Setting, Unit
from depmap.model.relations import Relation
from depmap.model.words import Kind, NodeKind
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

MAIN = """
resource "aws_db_instance" "orders" {
  identifier = "orders-db" # }
}
resource "aws_sqs_queue" "jobs" { name = "jobs" }
resource "aws_s3_bucket" "state" { bucket = "state" }
resource "aws_dynamodb_table" "unused" { name = "unused" }
resource "aws_ecs_task_definition" "a" {
  family = "a"
  container_definitions = jsonencode([{
    name = "main"
    image = "x/a:1"
    environment = [
      { name = "DB_HOST", value = aws_db_instance.orders.address },
      { name = "DB_URL", value = "postgres://me:${var.p}@${aws_db_instance.orders.endpoint}/x" },
      { name = "B_URL", value = "http://b" },
      { name = "SIZE", value = var.size },
    ]
  }])
}
resource "aws_lambda_function" "f" {
  function_name = "f"
  environment {
    variables = {
      JOBS = aws_sqs_queue.jobs.id
    }
  }
}
resource "aws_lambda_event_source_mapping" "m" {
  event_source_arn = aws_sqs_queue.jobs.arn
  function_name    = aws_lambda_function.f.arn
}
"""


def test_what_runs_and_what_it_is_given(tmp_path: Path) -> None:
    items = read(tmp_path, {"infra/main.tf": MAIN})
    assert {one.name: (one.kind, one.locator) for one in only(Unit, items)} == {
        "a": (NodeKind.SERVICE, "infra/main.tf:7"),
        "f": (NodeKind.SERVICE, "infra/main.tf:20"),
        "orders-db": (NodeKind.DATABASE, "infra/main.tf:1"),
        "jobs": (NodeKind.BROKER, "infra/main.tf:4"),
    }
    assert {one.key: (one.value, one.locator) for one in only(Setting, items)} == {
        "DB_HOST": ("orders-db", "infra/main.tf:13"),
        "DB_URL": ("postgres://me:***@orders-db/x", "infra/main.tf:14"),
        "B_URL": ("http://b", "infra/main.tf:15"),
        "JOBS": ("jobs", "infra/main.tf:24"),
    }
    assert [(one.consumer, one.provider, one.kind) for one in only(Relation, items)] == [
        ("f", "jobs", Kind.MESSAGING_PUBLISH),
        ("f", "jobs", Kind.MESSAGING_CONSUME),
    ]


def test_a_workload_of_a_cluster(tmp_path: Path) -> None:
    text = (
        'resource "kubernetes_deployment" "x" {\n  metadata { name = "a" }\n'
        '  spec { template { spec { container {\n    env {\n      name = "B_URL"\n'
        '      value = "http://b"\n    }\n  } } } }\n}\n'
    )
    items = read(tmp_path, {"a.tf": text})
    assert [one.name for one in only(Unit, items)] == ["a"]
    (one,) = only(Setting, items)
    assert (one.unit, one.key, one.value, one.locator) == ("a", "B_URL", "http://b", "a.tf:5")


def test_files_of_one_folder_are_one_module(tmp_path: Path) -> None:
    text = 'resource "aws_lambda_function" "f" { environment { variables = {\n'
    text += "JOBS = aws_sqs_queue.q.id\n} } }\n"
    queue = 'resource "aws_sqs_queue" "q" {}\n'
    together = read(tmp_path / "1", {"m/a.tf": text, "m/b.tf": queue})
    apart = read(tmp_path / "2", {"m/a.tf": text, "n/b.tf": queue})
    assert [len(only(Relation, items)) for items in (together, apart)] == [1, 0]


def test_brackets_without_an_end(tmp_path: Path) -> None:
    start = time.monotonic()
    text = 'resource "aws_lambda_function" "f" {\n' * 3000
    read(tmp_path, {"a.tf": text + "{" * 5000 + '"' * 5000})
    assert time.monotonic() - start < 20
