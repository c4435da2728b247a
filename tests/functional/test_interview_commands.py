"""Interviews as a person meets them: written, added to, confirmed, counted, handed out."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml
from openpyxl import load_workbook

from depmap.model.words import Kind, Source, Strength
from tests.builders import AS_OF, claim, node
from tests.functional.calling import Answer, call
from tests.functional.projects import CLAIMS, NODES, project, snapshot

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]
DAY = ("--as-of", "2026-11-24")
ANSWERED = """depmap: interview/1
# what web said
service: cart
interview: {date: 2026-11-18, answered_by: [{name: anna, team: web}]}
owner: team-web
depends_on:
  - service: pricing      # the price list
    strength: weak
    if_down: {users_see: "no total"}
unsure: ["the night job?"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return project(tmp_path, monkeypatch)


def ask(capfd: Capture, *arguments: str | Path) -> Answer:
    answer = call(capfd, *DAY, "interview", *arguments)
    assert answer.code == 0, answer.err
    return answer


def test_a_new_interview_asks_what_the_sources_show(folder: Path, capfd: Capture) -> None:
    assert ask(capfd, "init", "cart").out == "interviews/cart.yaml\n"
    text = (folder / "interviews" / "cart.yaml").read_text()
    data = yaml.safe_load(text)
    assert (data["owner"], str(data["interview"]["date"])) == ("team-web", "2026-11-24")
    asked = [(item.get("service") or item["resource"], item.get("kind"), item["strength"])
             for item in data["depends_on"]]  # fmt: skip
    assert asked == [
        ("pricing", None, "?"),
        ("redis", None, "?"),
        ("redis", "startup-order", "?"),
    ]
    for shown in ("traces: 120 calls, last on 2026-11-24", "code: services/cart/api.py:7"):
        assert f"# {shown}" in text


def test_an_untouched_form_claims_nothing_and_is_no_mistake(folder: Path, capfd: Capture) -> None:
    ask(capfd, "init", "cart")
    answer = ask(capfd, "check", "--format", "json")
    jsonschema.validate(answer.json(), call(capfd, "schema", "interview-check").json())
    weights = [problem["weight"] for problem in answer.json()["problems"]]
    assert weights == ["open"] * 3
    assert call(capfd, "interview", "check", "--strict").code == 1
    done = call(capfd, *DAY, "collect")
    assert done.code == 0
    assert "4 records" in done.err  # the service's node and three open questions
    assert folder.joinpath("ledger").exists()


def test_the_file_keeps_the_schema_that_lies_beside_it(folder: Path, capfd: Capture) -> None:
    ask(capfd, "init")
    assert sorted(path.name for path in (folder / "interviews").iterdir()) == [
        "cart.yaml",
        "interview.schema.json",
        "pricing.yaml",
    ]
    schema = json.loads((folder / "interviews" / "interview.schema.json").read_text())
    assert schema == call(capfd, "schema", "interview").json()
    text = (folder / "interviews" / "cart.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=interview.schema.json\n")
    data = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - builds texts alone
    jsonschema.Draft7Validator(schema).validate(data)
    data["depends_on"][0]["strenght"] = "weak"
    with pytest.raises(jsonschema.ValidationError, match="strenght"):
        jsonschema.Draft7Validator(schema).validate(data)


def test_schemas_lie_beside_incidents_and_audits_as_well(folder: Path, capfd: Capture) -> None:
    more = '[sources.incidents]\ncollector = "incidents"\npaths = ["incidents", "gone"]\n'
    with (folder / "depmap.toml").open("a") as target:
        target.write(more)
    (folder / "incidents").mkdir()
    ask(capfd, "init", "cart")
    schema = json.loads((folder / "incidents" / "incident.schema.json").read_text())
    assert schema == call(capfd, "schema", "incident").json()
    assert not (folder / "gone").exists()


def test_an_interview_that_is_there_is_never_overwritten(folder: Path, capfd: Capture) -> None:
    path = folder / "interviews" / "web.yaml"
    path.write_text(ANSWERED.replace("service: cart", "service: basket"))
    before = path.read_bytes()
    answer = ask(capfd, "init", "cart")
    assert (answer.out, "has an interview already" in answer.err) == ("", True)
    assert path.read_bytes() == before


def test_update_adds_what_is_not_asked_yet_and_keeps_every_byte(
    folder: Path, capfd: Capture
) -> None:
    path = folder / "interviews" / "cart.yaml"
    path.write_text(ANSWERED)
    assert ask(capfd, "update").out == "interviews/cart.yaml: 2 new: redis\n"
    added = path.read_text()
    at = added.index("  # code: services/cart/store.py:3")
    end = added.index("unsure:")
    assert added[:at] + added[end:] == ANSWERED
    assert ask(capfd, "update").out == ""


def test_several_interviews_in_one_file_are_kept_apart(folder: Path, capfd: Capture) -> None:
    path = folder / "interviews" / "all.yaml"
    other = ANSWERED.replace("service: cart", "service: pricing", 1).replace("pricing  ", "cart  ")
    path.write_text(f"{ANSWERED}---\n{ANSWERED}")
    ask(capfd, "update")
    assert [part.count("resource: redis") for part in path.read_text().split("---\n")] == [2, 2]
    path.write_text(f"{other}---\n{ANSWERED}---\n{other}")
    assert ask(capfd, "update", "cart").out == "interviews/all.yaml: 2 new: redis\n"
    ask(capfd, "confirm", "cart", "pricing")
    first, mine, last = path.read_text().split("---\n")
    assert (first, last) == (other, other)
    assert "confirmed: 2026-11-24" in mine
    assert mine.count("resource: redis") == 2


def test_update_asks_nothing_that_was_denied(folder: Path, capfd: Capture) -> None:
    path = folder / "interviews" / "cart.yaml"
    path.write_text(ANSWERED + "not_dependencies: [{resource: redis}]\n")
    assert ask(capfd, "update").out == ""


def test_update_finds_what_came_since(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = (*CLAIMS, claim("cart", "stock", Kind.SHARED_SECRET, locators=("a.py:1",)))
    built = snapshot((*NODES, node("stock", path="stock")), more)
    folder = project(tmp_path, monkeypatch, built)
    (folder / "interviews" / "cart.yaml").write_text(ANSWERED)
    assert ask(capfd, "update", "cart").out == "interviews/cart.yaml: 3 new: redis, stock\n"


def test_check_lists_all_mistakes_of_all_files_with_excerpts(folder: Path, capfd: Capture) -> None:
    places = folder / "interviews"
    (places / "a.yaml").write_text(ANSWERED.replace("strength: weak", "strenght: weak"))
    (places / "b.yaml").write_text(
        ANSWERED.replace("cart", "pricing").replace("weak", "mandatory").replace("18", "81")
    )
    answer = call(capfd, "interview", "check")
    assert answer.code == 1
    assert 'interviews/a.yaml:8:5: error: unknown key "strenght"\n' in answer.out
    assert '  8 |     strenght: weak\n    |     ^^^^^^^^ did you mean "strength"?\n' in answer.out
    assert "interviews/b.yaml:4:19: error: date: write the date" in answer.out
    assert '"mandatory" is usually "strong"' in answer.out
    assert answer.err.startswith("2 files, ")
    assert "3 mistakes" in answer.err


def test_check_names_what_nobody_else_knows(folder: Path, capfd: Capture) -> None:
    path = folder / "interviews" / "a.yaml"
    path.write_text(ANSWERED.replace("service: pricing", "service: pricng"))
    out = ask(capfd, "check").out
    assert 'warning: "pricng" is not known' in out
    assert 'did you mean "pricing"?' in out


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("2026-11-18", "2062-11-18"), "2062-11-18 lies in the future"),
        (("service: pricing", "service: cart"), "cart depends on itself"),
        (("strength: weak", "when: quarter endd"), 'pricing: when "quarter endd"'),
        (("strength: weak", "strength: strong\n    x-a: 1"), ""),
    ],
)
def test_check_doubts_what_is_probably_not_meant(
    folder: Path, capfd: Capture, change: tuple[str, str], what: str
) -> None:
    (folder / "interviews" / "a.yaml").write_text(ANSWERED.replace(*change))
    problems = ask(capfd, "check", "--format", "json").json()["problems"]
    doubts = [item["what"] for item in problems if item["weight"] == "warning"]
    assert doubts == ([what] if what else [])


def test_check_doubts_what_contradicts_itself(folder: Path, capfd: Capture) -> None:
    text = ANSWERED.replace("weak", "optional").replace(
        'see: "no total"', "see: x, impact: outage"
    )
    more = "not_dependencies: [{service: pricing}]\n"
    (folder / "interviews" / "a.yaml").write_text(text + more)
    out = ask(capfd, "check").out
    assert "warning: pricing: optional, and the impact is outage" in out
    assert "warning: it depends on pricing" in out


def test_check_reads_every_kind_of_file_by_its_head(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "i.yaml").write_text("depmap: incident/1\nincident: I\ndate: 2026-01-01\nwhy: x\n")
    answer = call(capfd, "interview", "check", tmp_path)
    assert (answer.code, 'unknown key "why"' in answer.out) == (1, True)


def test_status_counts_by_team(folder: Path, capfd: Capture) -> None:
    path = folder / "interviews" / "cart.yaml"
    path.write_text(ANSWERED + 'used_by: [{service: web, strength: "?"}]\n')
    answer = ask(capfd, "status", "--format", "json")
    jsonschema.validate(answer.json(), call(capfd, "schema", "interview-status").json())
    sales, web = answer.json()["teams"]
    assert (sales["team"], sales["not_asked"]) == ("team-sales", ["pricing"])
    assert {**web, "not_asked": []} == {
        "team": "team-web",
        "services": 1,
        "answered": 1,
        "ageing": 0,
        "expired": 0,
        "unanswered": 1,
        "unsure": 1,
        "not_asked": [],
    }


@pytest.mark.parametrize(
    ("day", "ageing", "expired"),
    [("2027-05-16", 0, 0), ("2027-05-18", 1, 0), ("2027-11-19", 0, 1)],
)
def test_answers_grow_old_and_a_confirmation_makes_them_young(
    folder: Path, capfd: Capture, day: str, ageing: int, expired: int
) -> None:
    (folder / "interviews" / "cart.yaml").write_text(ANSWERED)

    def standing() -> tuple[int, int]:
        answer = call(capfd, "--as-of", day, "interview", "status", "--format", "json")
        web = next(row for row in answer.json()["teams"] if row["team"] == "team-web")
        return web["ageing"], web["expired"]

    assert standing() == (ageing, expired)
    assert call(capfd, "--as-of", day, "interview", "confirm", "cart", "pricing").code == 0
    assert standing() == (0, 0)


def test_confirm_writes_a_date_and_nothing_else(folder: Path, capfd: Capture) -> None:
    path = folder / "interviews" / "cart.yaml"
    path.write_text(ANSWERED)
    ask(capfd, "confirm", "cart", "pricing", "--by", "bo")
    assert path.read_text() == ANSWERED.replace(
        '"no total"}\n', '"no total"}\n    confirmed: 2026-11-24\n    confirmed_by: bo\n'
    )
    path.write_text(ANSWERED)
    ask(capfd, "confirm", "cart", "--on", "2026-12-01")
    assert "team: web}], confirmed: 2026-12-01}" in path.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cart", "prcing"), 'did you mean "pricing"?'),
        (("crat",), 'did you mean "cart"?'),
        (("cart", "web"), "nobody has answered yet"),
    ],
)
def test_what_cannot_be_confirmed_is_said(
    folder: Path, capfd: Capture, arguments: tuple[str, ...], message: str
) -> None:
    path = folder / "interviews" / "cart.yaml"
    text = ANSWERED + 'used_by: [{service: web, strength: "?"}]\n'
    path.write_text(text)
    answer = call(capfd, "interview", "confirm", *arguments)
    assert (answer.code, message in answer.err) == (2, True)
    assert path.read_text() == text


def test_render_asks_what_is_open_and_keeps_what_was_said_short(
    folder: Path, capfd: Capture
) -> None:
    (folder / "interviews" / "cart.yaml").write_text(ANSWERED)
    out = ask(capfd, "render", "cart").out
    assert "- **redis** code: services/cart/store.py:3" in out
    assert "- **redis (startup-order)** deployment: compose.yml:9" in out
    assert "- [ ] Still true? pricing weak" in out
    assert "Open since the last talk: the night job?" in out
    assert "pricing**" not in out


def test_render_shows_a_hostile_name_as_text(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = snapshot((node("<img src=x>|`", path="x"),), ())
    project(tmp_path, monkeypatch, built)
    assert "### \\<img src=x\\>\\|\\`" in ask(capfd, "render").out


def test_a_sheet_goes_out_and_comes_back(folder: Path, capfd: Capture) -> None:
    (folder / "interviews" / "cart.yaml").write_text(ANSWERED)
    ask(capfd, "sheet", "--output", "q.xlsx")
    book = load_workbook("q.xlsx")
    assert book.sheetnames == ["team-sales", "team-web"]
    sheet = book["team-web"]
    heads = {cell.value: at for at, cell in enumerate(sheet[4], 1)}
    rows = {
        (sheet.cell(at, heads["depends on"]).value, sheet.cell(at, heads["kind"]).value): at
        for at in range(5, 8)
    }
    assert set(rows) == {("pricing", None), ("redis", None), ("redis", "startup-order")}
    assert {
        next(iter(rule.sqref.ranges)).min_col for rule in sheet.data_validations.dataValidation
    } >= {
        heads["strength"],
        heads["impact"],
        heads["sure"],
    }
    sheet["B1"], sheet["B2"] = "2026-11-23", "anna"
    sheet.cell(rows["redis", None], heads["strength"]).value = "strong"
    book.save("q.xlsx")
    answer = call(capfd, *DAY, "import", "q.xlsx", "--format", "json")
    assert answer.code == 0, answer.err
    jsonschema.validate(answer.json(), call(capfd, "schema", "import").json())
    (row,) = answer.json()["answers"]
    assert (row["consumer"], row["provider"], row["strength"]) == ("cart", "redis", "strong")
    assert row["place"] == f"q.xlsx!team-web!B{rows['redis', None]}"
    assert (folder / "ledger" / "evidence" / "import-q").is_dir()


def test_what_was_answered_in_a_table_is_not_asked_again(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = claim(
        "cart",
        "redis",
        Kind.CACHE,
        Source.PEOPLE,
        collector="tables",
        strength=Strength.STRONG,
        last_seen=AS_OF,
    )
    folder = project(tmp_path, monkeypatch, snapshot(claims=(*CLAIMS, told)))
    (folder / "interviews" / "cart.yaml").write_text(ANSWERED)
    assert ask(capfd, "update").out == "interviews/cart.yaml: 1 new: redis\n"
    assert "- **redis (startup-order)**" in ask(capfd, "render", "cart").out
    assert "- **redis** " not in ask(capfd, "render", "cart").out
    web = ask(capfd, "status", "--format", "json").json()["teams"][1]
    assert (web["answered"], web["unanswered"]) == (2, 1)


def test_an_untouched_sheet_says_nothing_new(folder: Path, capfd: Capture) -> None:
    (folder / "interviews" / "cart.yaml").write_text(ANSWERED)
    ask(capfd, "sheet", "--output", "q.xlsx")
    answer = call(capfd, "import", "q.xlsx", "--format", "json")
    assert (answer.code, answer.out) == (2, "")
    assert "2 rows that nobody has answered yet" in answer.err
    assert not (folder / "ledger").exists()


def test_a_cell_that_could_be_a_formula_is_text(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = '=HYPERLINK("http://x","y")'
    built = snapshot((node("cart", path="c"), node(name, path="d")), (claim("cart", name),))
    project(tmp_path, monkeypatch, built)
    ask(capfd, "sheet", "--output", "q.xlsx")
    cell = load_workbook("q.xlsx")["nobody"]["B5"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (name, "s", True)


def test_a_sheet_is_the_same_bytes_each_time(folder: Path, capfd: Capture) -> None:
    ask(capfd, "sheet", "--output", "one.xlsx")
    time.sleep(2.1)  # the times in an archive go by two seconds
    ask(capfd, "sheet", "--output", "two.xlsx")
    assert (folder / "one.xlsx").read_bytes() == (folder / "two.xlsx").read_bytes()


def test_a_foreign_table_needs_a_map(folder: Path, capfd: Capture) -> None:
    (folder / "cmdb.csv").write_text("System,Needs\ncart,pricing\n")
    assert "no column is the consumer" in call(capfd, "import", "cmdb.csv", "--dry-run").err
    (folder / "map.toml").write_text('[columns]\nconsumer = "System"\nprovider = "Needs"\n')
    answer = call(capfd, "import", "cmdb.csv", "--map", "map.toml", "--dry-run", "--format", "csv")
    assert answer.out.splitlines()[1].startswith("cart,pricing,rpc,")


def test_without_anything_built_a_named_service_gets_an_empty_form(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(capfd, "interview", "init").code == 2
    answer = call(capfd, *DAY, "interview", "init", "a/../b")
    assert (answer.code, answer.out) == (0, "interviews/a-..-b.yaml\n")
    assert call(capfd, "interview", "check", "interviews").code == 0


def test_render_writes_a_page_to_print(folder: Path, capfd: Capture) -> None:
    (folder / "interviews" / "cart.yaml").write_text(ANSWERED)
    answer = ask(capfd, "render", "--format", "html", "--output", "questions.html")
    assert answer.out == ""
    page = (folder / "questions.html").read_text()
    assert page.startswith("<!doctype html>")
    assert '<i class="box" aria-hidden="true"></i>pricing weak' in page
    assert "Open since the last talk: the night job?" in page
