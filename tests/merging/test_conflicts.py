from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.merging.combine import combine
from depmap.merging.conflicts import conflicts
from depmap.model.words import Source, Stance, Strength
from tests.builders import AS_OF, claim, seen

if TYPE_CHECKING:
    from depmap.model.evidence import Evidence
    from depmap.model.finding import Finding


def found(*claims: Evidence) -> list[Finding]:
    return list(conflicts(combine(claims, AS_OF)))


def test_sources_that_agree_make_no_finding() -> None:
    assert found(claim(strength=Strength.STRONG), seen(units=(10, 10, 500, 0))) == []


def test_a_fall_back_that_does_not_work_has_a_name_of_its_own() -> None:
    swallowed = claim(strength=Strength.OPTIONAL, locators=("a.py:7",), reason="default answer")
    (finding,) = found(swallowed, seen(units=(10, 10, 500, 0)))
    assert finding.rule == "broken-fallback"
    assert finding.details == (
        "code: optional: default answer [a.py:7]",
        "traces: the consumer failed in 10 of the 10 requests in which only the provider failed",
    )
    assert "a.py:7" in finding.locators


def test_people_against_code_is_a_conflict_with_both_sides() -> None:
    said = claim(source=Source.PEOPLE, strength=Strength.STRONG, locators=("a.yaml:3",))
    (finding,) = found(said, claim(strength=Strength.OPTIONAL, locators=("a.py:7",)))
    assert finding.rule == "conflict"
    assert finding.details == ("code: optional [a.py:7]", "people: strong [a.yaml:3]")


def test_a_denial_against_what_is_shown_is_a_finding() -> None:
    denial = claim(source=Source.PEOPLE, stance=Stance.DENIES, reason="removed in 2025")
    (finding,) = found(seen(), denial)
    assert (finding.rule, finding.details) == ("denied", ("removed in 2025",))


def test_the_fingerprint_does_not_change_with_counts() -> None:
    swallowed = claim(strength=Strength.OPTIONAL)
    (one,) = found(swallowed, seen(units=(10, 10, 500, 0)))
    (other,) = found(swallowed, seen(units=(99, 99, 800, 0)))
    assert one.fingerprint == other.fingerprint
    assert one.fingerprint.startswith("DM-broken-fallback-")
