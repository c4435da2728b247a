"""Looking at a snapshot: data on stdout, words on stderr."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from depmap.cli.lazy import COMMANDS
from depmap.cli.schemas import SCHEMAS
from tests.functional.calling import Answer, call

ROOT = Path(__file__).parents[2]
SNAPSHOT = ROOT / "reports" / "shop" / "2026Q4.json"
SHOP = ROOT / "fixtures" / "shop"
Capture = pytest.CaptureFixture[str]


def look(capfd: Capture, *arguments: str) -> Answer:
    answer = call(capfd, *arguments, "--snapshot", SNAPSHOT)
    assert answer.code == 0, answer.err
    return answer


def test_the_matrix_says_which_way_it_reads(capfd: Capture) -> None:
    assert look(capfd, "matrix").out.startswith("A row depends on a column.")


def test_the_matrix_as_json_has_a_version_and_every_dependency(capfd: Capture) -> None:
    data = look(capfd, "matrix", "--format", "json").json()
    assert data["schema_version"] == 1
    rows = {(row["consumer"], row["provider"], row["kind"]): row for row in data["dependencies"]}
    ads = rows["storefront", "ads", "http"]
    assert (ads["strength"], ads["layer"], ads["confirmed"]) == ("optional", "technical", True)
    assert any(place.endswith(".py:66") or ".py:" in place for place in ads["locators"])


@pytest.mark.parametrize("layer", ["technical", "operational", "business"])
def test_one_layer_holds_only_its_own(capfd: Capture, layer: str) -> None:
    data = look(capfd, "matrix", "--layer", layer, "--format", "json").json()
    assert {row["layer"] for row in data["dependencies"]} == {layer}


def test_the_matrix_as_csv_has_a_row_and_a_column_for_each_node(capfd: Capture) -> None:
    rows = list(csv.reader(io.StringIO(look(capfd, "matrix", "--format", "csv").out)))
    assert [row[0] for row in rows[1:]] == rows[0][1:]


def test_why_tells_the_story_with_its_file_lines(capfd: Capture) -> None:
    text = look(capfd, "why", "recommendation", "payment").out
    assert "shared-secret" in text
    assert "services/payment/app.py:" in text
    assert "services/recommendation/members.py:" in text


def test_why_as_json_gives_each_claim(capfd: Capture) -> None:
    (found,) = look(capfd, "why", "storefront", "ads", "--format", "json").json()["dependencies"]
    assert {claim["source"] for claim in found["evidence"]} >= {"traces", "code", "people"}


def test_a_misspelt_service_is_answered_with_the_nearest_one(capfd: Capture) -> None:
    answer = call(capfd, "why", "recomendation", "payment", "--snapshot", SNAPSHOT)
    assert (answer.code, 'did you mean "recommendation"?' in answer.err) == (2, True)


def test_impact_lists_what_fails(capfd: Capture) -> None:
    text = look(capfd, "impact", "inventory").out
    assert "order" in text
    assert "storefront" in text
    found = look(capfd, "impact", "inventory", "--format", "json").json()["impact"]
    assert (found["basis"], found["fails"][0]) == ("traces", "order")


def test_impact_of_what_nobody_needs_says_so(capfd: Capture) -> None:
    assert "Nothing is known to depend" in look(capfd, "impact", "storefront").out


def test_the_plan_names_phases_waves_and_the_way_back(capfd: Capture) -> None:
    text = look(capfd, "plan").out
    for word in ("Foundation", "Core business", "User-facing", "wave 0", "rollback:"):
        assert word in text


def test_the_plan_as_json_keeps_its_published_schema(capfd: Capture) -> None:
    plan = look(capfd, "plan", "--format", "json").json()
    schema = call(capfd, "schema", "plan").json()
    jsonschema.validate(plan, schema)


def test_a_subset_keeps_the_order_that_runs_through_others(capfd: Capture) -> None:
    arguments = ("plan", "--only", "finance-close", "--only", "payment", "--format", "json")
    plan = look(capfd, *arguments).json()
    units = [sorted(name for unit in wave["units"] for name in unit) for wave in plan["waves"]]
    assert units == [["payment"], ["finance-close"]]


@pytest.mark.parametrize("target", ["github", "argocd"])
def test_an_export_is_read_back_and_holds_the_plan(capfd: Capture, target: str) -> None:
    answer = look(capfd, "plan", "--to", target)
    assert list(yaml.safe_load_all(answer.out))
    assert answer.err.startswith("read back: ")
    assert "lost" not in answer.err


def test_a_snapshot_does_not_differ_from_itself(capfd: Capture) -> None:
    answer = call(capfd, "diff", SNAPSHOT, SNAPSHOT, "--exit-code")
    assert (answer.code, answer.out) == (0, "nothing changed\n")


def test_a_change_makes_the_exit_code_1_when_asked(tmp_path: Path, capfd: Capture) -> None:
    data: dict[str, Any] = json.loads(SNAPSHOT.read_text())
    data["matrix"]["dependencies"] = data["matrix"]["dependencies"][1:]
    other = tmp_path / "other.json"
    other.write_text(json.dumps(data))
    assert call(capfd, "diff", SNAPSHOT, other).code == 0
    answer = call(capfd, "diff", SNAPSHOT, other, "--exit-code")
    assert (answer.code, "removed" in answer.out) == (1, True)


@pytest.mark.parametrize("name", list(SCHEMAS))
def test_each_schema_is_one(capfd: Capture, name: str) -> None:
    schema = call(capfd, "schema", name).json()
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("matrix", ["matrix", "--snapshot", SNAPSHOT]),
        ("why", ["why", "storefront", "ads", "--snapshot", SNAPSHOT]),
        ("impact", ["impact", "inventory", "--snapshot", SNAPSHOT]),
        ("impact", ["impact", "storefront", "--snapshot", SNAPSHOT]),
        ("plan", ["plan", "--snapshot", SNAPSHOT]),
        ("diff", ["diff", SNAPSHOT, SNAPSHOT]),
        ("links", ["links", SHOP / "traces" / "zipkin.json.gz"]),
        ("scan", ["scan", SHOP]),
    ],
)
def test_what_a_command_prints_as_json_keeps_its_schema(
    capfd: Capture, name: str, arguments: list[str | Path]
) -> None:
    answer = call(capfd, *arguments, "--format", "json")
    assert answer.code == 0
    jsonschema.validate(answer.json(), call(capfd, "schema", name).json())


def test_the_snapshot_keeps_its_schema(capfd: Capture) -> None:
    schema = call(capfd, "schema", "snapshot").json()
    jsonschema.validate(msgspec.json.decode(SNAPSHOT.read_bytes()), schema)


def test_collectors_are_listed_with_their_options(capfd: Capture) -> None:
    text = call(capfd, "collectors").out
    for name in ("code", "interviews", "jaeger", "manifests", "spans", "zipkin"):
        assert name in text


def test_output_goes_to_a_file_when_asked(tmp_path: Path, capfd: Capture) -> None:
    target = tmp_path / "new" / "matrix.csv"
    answer = look(capfd, "matrix", "--format", "csv", "--output", str(target))
    assert (answer.out, target.exists()) == ("", True)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(capfd: Capture, name: str) -> None:
    answer = call(capfd, name, "--help")
    assert answer.code == 0
    assert answer.out.startswith(f"Usage: depmap {name}")


def test_help_imports_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys\nfrom depmap.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'libcst', 'networkx', 'requests', 'scipy'}\n"
        "print('heavy:', *sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "heavy:"


def test_init_writes_what_run_can_use(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import requests\nrequests.get('http://pricing:80/prices')\n"
    (tmp_path / "app.py").write_text(code)
    compose = "services: {web: {build: .}, pricing: {image: p}}"
    (tmp_path / "docker-compose.yml").write_text(compose)
    monkeypatch.chdir(tmp_path)
    assert call(capfd, "init").code == 0
    assert call(capfd, "init").code == 2
    assert call(capfd, "run").code == 0
    rows = call(capfd, "matrix", "--format", "json").json()["dependencies"]
    assert ("web", "pricing", "http") in {
        (row["consumer"], row["provider"], row["kind"]) for row in rows
    }
