from __future__ import annotations

from dataclasses import replace

from depmap.assessing.hidden import cycles, hidden
from depmap.model.words import Kind, Source, Strength
from tests.builders import claim, depends, seen


def test_a_shared_secret_is_a_hidden_dependency() -> None:
    (found,) = hidden([depends("recommendation", "payment", kind=Kind.SHARED_SECRET)])
    assert found.rule == "hidden"
    assert found.message == (
        "recommendation depends on payment without calling it: they share a secret: "
        "when payment changes it, recommendation must follow"
    )


def test_waiting_at_start_is_hidden_unless_the_provider_is_called_anyway() -> None:
    waits = depends("cart", "config", kind=Kind.STARTUP_ORDER)
    (found,) = hidden([waits])
    assert found.message == (
        "cart depends on config without calling it: cart waits for config when it starts"
    )
    calls = depends("cart", "config", evidence=(seen("cart", "config"),))
    assert list(hidden([waits, calls])) == []


def test_what_only_people_know_is_said_so_with_its_time() -> None:
    evidence = (claim(source=Source.PEOPLE, when="quarter-end"),)
    (found,) = hidden([depends("a", "b", evidence=evidence, when="quarter-end")])
    assert found.rule == "said-only"
    assert "(http, needed: quarter-end): only people say so" in found.message


def test_what_is_declared_but_not_confirmed_is_listed() -> None:
    evidence = (claim(source=Source.DEPLOYMENT, reason="no code reads A_URL"),)
    doubted = depends("a", "b", confidence=0.2, evidence=evidence)
    (found,) = hidden([doubted])
    assert (found.rule, found.details) == ("unconfirmed", ("no code reads A_URL",))
    assert list(hidden([replace(doubted, declared_only=True)])) == []


def test_a_call_that_no_trace_shows_is_listed() -> None:
    (found,) = hidden([depends("a", "b"), depends("a", "c", evidence=(seen("a", "c"),))])
    assert (found.rule, found.subjects) == ("not-in-traces", ("a", "b", "http"))


def test_without_traces_of_a_service_nothing_is_missing_in_them() -> None:
    assert list(hidden([depends("a", "b")])) == []


def test_a_call_that_traces_show_is_not_hidden() -> None:
    assert list(hidden([depends("a", "b", evidence=(seen(),))])) == []


def test_services_that_need_each_other_are_a_cycle() -> None:
    (found,) = cycles([depends("a", "b"), depends("b", "a"), depends("b", "c")])
    assert (found.subjects, found.details) == (("a", "b"), ("a -> b", "b -> a"))


def test_a_weak_way_back_is_no_cycle() -> None:
    assert list(cycles([depends("a", "b"), depends("b", "a", Strength.WEAK)])) == []


def test_a_message_back_is_no_cycle() -> None:
    back = depends("b", "a", kind=Kind.EVENT, asynchronous=True)
    assert list(cycles([depends("a", "b"), back])) == []
