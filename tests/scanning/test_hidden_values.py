"""Variables whose values are kept elsewhere: a secret that no file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.scanning.building import edges, scan, write

if TYPE_CHECKING:
    from pathlib import Path

WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {0}}}
spec:
  template:
    spec:
      containers:
        - name: {0}
          image: team/{0}
          env:
            - name: {1}
              valueFrom: {{secretKeyRef: {{name: kept, key: {1}}}}}
---
"""
READ = "import os\nQ = os.environ['NOTES_QUEUE_URL']\n"
QUEUE = "import boto3\nsqs = boto3.client('sqs')\n" + READ
FILES = {
    "k8s/all.yaml": WORKLOAD.format("gateway", "ORDER_SERVICE_URL")
    + WORKLOAD.format("order-service", "NOTES_QUEUE_URL")
    + WORKLOAD.format("worker", "NOTES_QUEUE_URL"),
    "gateway/main.py": (
        "import os, requests\n"
        "URL = os.getenv('ORDER_SERVICE_URL', 'http://localhost:8002')\n"
        "requests.get(f'{URL}/orders')\n"
    ),
    "order-service/main.py": QUEUE + "sqs.send_message(QueueUrl=Q, MessageBody='')\n",
    "worker/main.py": QUEUE + "while True:\n    sqs.receive_message(QueueUrl=Q)\n",
}


def test_a_variable_of_a_secret_means_the_service_that_it_names(tmp_path: Path) -> None:
    found = edges(scan(write(tmp_path / "r", FILES)))
    assert ("gateway", "order-service", "http", "GET /orders") in found


def test_two_that_are_given_one_queue_by_a_secret_meet(tmp_path: Path) -> None:
    found = edges(scan(write(tmp_path / "r", FILES)))
    assert ("order-service", "worker", "event", "{NOTES_QUEUE_URL}") in found
