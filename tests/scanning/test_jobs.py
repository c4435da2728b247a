"""A job's image finds its folder, and what the job calls as it runs is no start order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.api import scan

if TYPE_CHECKING:
    from pathlib import Path

CRON = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: billing}
spec:
  schedule: "0 2 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - name: billing
              image: registry/billing:1
              env: [{name: LEDGER_URL, value: "http://ledger"}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  template:
    spec:
      containers: [{name: ledger, image: "registry/ledger:1"}]
---
apiVersion: v1
kind: Service
metadata: {name: ledger}
spec: {selector: {app: ledger}}
"""
CODE = """\
import os
import requests

answer = requests.get(os.environ["LEDGER_URL"] + "/open", timeout=3)
answer.raise_for_status()
"""


def test_a_jobs_image_finds_its_folder_in_another_root(tmp_path: Path) -> None:
    for name, text in (("code/billing/main.py", CODE), ("code/billing/Dockerfile", "FROM python"),
                       ("code/ledger/main.py", ""), ("code/ledger/Dockerfile", "FROM python"),
                       ("ops/all.yaml", CRON)):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = scan(tmp_path / "code", tmp_path / "ops")
    rows = {(one.consumer, one.provider, one.kind.value) for one in found.evidence}
    assert rows == {("billing", "ledger", "http")}


POD = "{template: {spec: {containers: [{name: c, image: x, envFrom: [{secretRef: {name: s}}]}]}}}"
WITH_JOB = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: cart}}
spec: {POD}
---
apiVersion: batch/v1
kind: Job
metadata: {{name: cart-migrate}}
spec: {POD}
"""
OTHER = WITH_JOB.partition("---")[0].replace("cart", "mail")


def test_a_secret_of_a_service_and_its_own_job_is_not_shared(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(WITH_JOB, encoding="utf-8")
    assert scan(tmp_path).shared == ()
    (tmp_path / "all.yaml").write_text(f"{WITH_JOB}---\n{OTHER}", encoding="utf-8")
    assert [one.members for one in scan(tmp_path).shared] == [("cart", "cart-migrate", "mail")]
