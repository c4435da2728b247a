"""``ask``: the next questions, as a list and as a questionnaire that is read back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from depmap.collecting.discovery import collector_type
from depmap.collecting.port import EVER
from depmap.model.coverage import Inquiry
from depmap.model.evidence import Evidence
from depmap.model.words import Kind
from tests.functional.calling import call
from tests.functional.projects import project, snapshot

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]

ASKED = (
    Inquiry(
        how="experiment", about="strength", consumer="cart", provider="redis", kind=Kind.CACHE,
        whom="team-web", question="Take redis away from cart: does it go on?", value=0.031,
    ),
    Inquiry(
        how="interview", about="strength", consumer="cart", provider="pricing", kind=Kind.HTTP,
        whom="team-web", question="If pricing is down: what do they see?", value=0.02,
    ),
    Inquiry(
        how="interview", about="candidate", consumer="pricing", provider="cart",
        kind=Kind.SHARED_SECRET, whom="team-sales", question="Is it so? They share a secret",
        because=("2 services share it",),
    ),
    Inquiry(
        how="interview", about="gap", consumer="pricing", whom="team-sales",
        question="What does it call at app.py:3?",
    ),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return project(tmp_path, monkeypatch, replace(snapshot(), inquiries=ASKED))


def test_the_most_valuable_comes_first(folder: Path, capfd: Capture) -> None:
    assert folder.is_dir()
    lines = call(capfd, "ask").out.splitlines()
    assert lines[0].split()[:3] == ["value", "how", "about"]
    assert lines[1].startswith("3.10 %  experiment  strength   cart -> redis")
    assert lines[3].endswith("2 services share it")
    assert len(lines) == 5
    assert len(call(capfd, "ask", "--most", "1").out.splitlines()) == 2


def test_as_json_it_keeps_to_its_schema(folder: Path, capfd: Capture) -> None:
    assert folder.is_dir()
    data = call(capfd, "ask", "--format", "json").json()
    jsonschema.validate(data, call(capfd, "schema", "ask").json())
    assert [item["value"] for item in data["inquiries"]] == [0.031, 0.02, None, None]


def test_as_markdown_it_is_a_table(folder: Path, capfd: Capture) -> None:
    assert folder.is_dir()
    assert call(capfd, "ask", "--format", "markdown").out.startswith("| value | how | about |")


def test_the_questionnaire_is_one_interview_a_service(folder: Path, capfd: Capture) -> None:
    answer = call(capfd, "ask", "--output", "interviews/next.yaml")
    assert (answer.code, answer.out) == (0, "")
    assert answer.err.strip() == "1 more is an experiment: `depmap ask` says which"
    text = (folder / "interviews" / "next.yaml").read_text()
    documents = list(yaml.safe_load_all(text))
    assert [item["service"] for item in documents] == ["cart", "pricing"]
    (pricing,) = documents[0]["depends_on"]
    assert (pricing["service"], pricing["strength"], pricing["sure"]) == ("pricing", "?", "?")
    (secret,) = documents[1]["depends_on"]
    assert (secret["service"], secret["kind"]) == ("cart", "shared-secret")
    assert "# Is it so? They share a secret" in text
    assert "# ask: What does it call at app.py:3?" in text


def test_a_questionnaire_that_nobody_has_answered_claims_nothing(
    folder: Path, capfd: Capture
) -> None:
    call(capfd, "ask", "--output", "interviews/next.yaml")
    paths = (folder / "interviews",)
    interviews = collector_type("interviews")(paths=paths)  # type: ignore[call-arg]
    assert not [item for item in interviews.collect(EVER) if isinstance(item, Evidence)]
    assert call(capfd, "interview", "check", "interviews").code == 0


def test_an_answer_in_it_counts(folder: Path, capfd: Capture) -> None:
    call(capfd, "ask", "--output", "interviews/next.yaml")
    path = folder / "interviews" / "next.yaml"
    text = path.read_text().replace('strength: "?"', "strength: weak", 1)
    path.write_text(text.replace('sure: "?"', "sure: high", 1))
    interviews = collector_type("interviews")(paths=(path.parent,))  # type: ignore[call-arg]
    (found,) = (item for item in interviews.collect(EVER) if isinstance(item, Evidence))
    assert (found.consumer, found.provider, found.strength) == ("cart", "pricing", "weak")


def test_where_nothing_is_open_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    project(tmp_path, monkeypatch)
    assert call(capfd, "ask").out.strip() == "nothing is open that a question would change"
