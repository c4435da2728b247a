"""Forgetting what is old, and putting ledgers together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from depmap.errors import InputError
from depmap.ledger.keeping import merge, prune
from depmap.ledger.ledger import Ledger
from tests.builders import AS_OF, claim, node
from tests.functional.calling import call

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]


def filled(folder: Path, source: str = "jaeger", *windows: str) -> Ledger:
    ledger = Ledger(folder)
    ledger.replace(source, {window: [node(window)] for window in windows}, whole=False)
    return ledger


def test_hours_before_the_moment_go_and_what_belongs_to_no_hour_stays(tmp_path: Path) -> None:
    ledger = filled(tmp_path, "jaeger", "2025-01-01T00", "2026-11-23T23", "2026-11-24T00", "whole")
    filled(tmp_path, "code", "whole")
    assert prune(ledger, AS_OF) == {"jaeger": 2}
    assert ledger.windows("jaeger") == ("2026-11-24T00", "whole")
    assert ledger.windows("code") == ("whole",)
    assert prune(ledger, AS_OF) == {}


def test_what_other_ledgers_hold_is_put_into_one_once(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "here", "jaeger", "2026-11-24T00")
    shop, media = (tmp_path / name for name in ("shop", "media"))
    filled(shop, "shop-jaeger", "2026-11-24T00", "2026-11-24T01")
    filled(media, "media-code", "whole")
    assert merge(ledger, [shop, media]) == {"media-code": 1, "shop-jaeger": 2}
    told = {(stored.source, stored.window): stored.records for stored in ledger.read()}
    assert told["shop-jaeger", "2026-11-24T01"] == (node("2026-11-24T01"),)
    assert len(told) == 4
    assert merge(ledger, [shop, media, shop]) == {}


def test_the_order_of_ledgers_changes_nothing(tmp_path: Path) -> None:
    one, other = filled(tmp_path / "a", "a", "whole"), filled(tmp_path / "b", "b", "whole")
    joined = [Ledger(tmp_path / name) for name in ("x", "y")]
    for ledger, order in zip(joined, ([one, other], [other, one]), strict=True):
        merge(ledger, [item.folder for item in order])
    assert list(joined[0].read()) == list(joined[1].read())


def test_two_that_say_different_things_of_one_window_are_refused_whole(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "here", "jaeger", "2026-11-24T00")
    other = Ledger(tmp_path / "there")
    other.replace("first", {"whole": [node("a")]}, whole=True)
    other.replace("jaeger", {"2026-11-24T00": [claim()]}, whole=True)
    with pytest.raises(InputError, match="something else for the same window") as caught:
        merge(ledger, [other.folder])
    assert str(tmp_path / "there") in str(caught.value.where)
    assert ledger.sources() == ("jaeger",)


def test_a_folder_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no ledger here"):
        merge(Ledger(tmp_path), [tmp_path / "nowhere"])
    wrong = tmp_path / "wrong" / "evidence" / "x"
    wrong.mkdir(parents=True)
    (wrong / "whole.parquet").write_text("no Parquet")
    with pytest.raises(InputError, match="not a file of a ledger"):
        merge(Ledger(tmp_path), [tmp_path / "wrong"])


def test_the_commands_say_what_they_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "depmap.toml").write_text('[project]\nname = "tiny"\n')
    old = (AS_OF - timedelta(days=500)).strftime("%Y-%m-%dT%H")
    filled(tmp_path / "other", "jaeger", old, "2026-11-23T00")
    answer = call(capfd, "ledger", "merge", "other")
    assert (answer.code, answer.out) == (0, "jaeger: 2 windows added\n")
    assert "there already" in call(capfd, "ledger", "merge", "other").err
    answer = call(capfd, "--as-of", "2026-11-24", "ledger", "prune", "--keep", "400d")
    assert (answer.code, answer.out) == (0, "jaeger: 1 hour before 2025-10-20 00:00 removed\n")
    assert (
        "nothing is older"
        in call(capfd, "--as-of", "2026-11-24", "ledger", "prune", "--keep", "400d").err
    )
    assert call(capfd, "ledger", "prune").code == 2
