"""Real servers whose answers are spoilt on the way: clear words, and a ledger of whole hours."""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING

import pytest

from tests.collecting.answering import LOGIN, Says
from tests.faults.estates import EACH, HOURS, Live, calls, gaps, on_jaeger, on_zipkin
from tests.faults.proxy import endless, spoiling
from tests.functional.calling import Answer, call

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.collecting.answering import Asked
    from tests.faults.proxy import Fault
    from tests.servers.jaeger import Jaeger
    from tests.servers.zipkin import Zipkin

    Real = Callable[[], Says]

pytestmark = pytest.mark.live


@pytest.fixture(scope="module", params=["jaeger", "zipkin"])
def live(request: pytest.FixtureRequest) -> Live:
    server: Jaeger | Zipkin = request.getfixturevalue(request.param)
    return on_jaeger(server) if request.param == "jaeger" else on_zipkin(server)  # type: ignore[arg-type]


class Pulled:
    """What a collect behind a fault came to."""

    def __init__(self, answer: Answer, folder: Path, asked: int) -> None:
        self.answer = answer
        self.folder = folder
        self.asked = asked
        self.calls = calls(folder)

    def is_whole(self) -> bool:
        return self.answer.code == 0 and list(self.calls.values()) == [EACH] * HOURS


@pytest.fixture
def pulled(live: Live, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Pulled]:
    def pull(fault: Fault, **options: object) -> Pulled:
        with spoiling(live.url, fault) as proxy:
            config = live.config(tmp_path, proxy.url, **options)
            answer = call(capfd, "--config", config, "collect", *live.words())
        assert "Traceback" not in answer.err
        return Pulled(answer, tmp_path, len(proxy.asked))

    return pull


def test_nothing_is_spoilt(pulled: Callable[..., Pulled]) -> None:
    found = pulled(lambda _, __, real: real())
    assert found.is_whole()
    assert "compared with its own dependencies: 1 edges agree" in found.answer.err


@pytest.mark.parametrize(
    "says",
    [
        Says("oh", 500),
        Says("", 503),
        Says("", 429, {"Retry-After": "1"}),
        Says('{"a": [', promised=1000),
        None,
    ],
    ids=["500", "503", "429", "cut", "closed"],
)
def test_what_fails_now_and_then_is_asked_for_again(
    says: Says | None, pulled: Callable[..., Pulled]
) -> None:
    assert pulled(lambda _, n, real: says if n in {2, 9} else real()).is_whole()


def test_right_answers_of_a_wrong_content_type_are_read(pulled: Callable[..., Pulled]) -> None:
    def mislabelled(_: Asked, __: int, real: Real) -> Says:
        said = real()
        return Says(said.body, said.status, {"Content-Type": "text/plain"})

    assert pulled(mislabelled).is_whole()


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (LOGIN, "a page for people instead of JSON"),
        (Says("hello", headers={"Content-Type": "image/png"}), "something that is not JSON"),
        (Says("", 302, {"Location": "http://127.0.0.1:1/login"}), "redirect to another origin"),
        (Says("", 401), "refused with HTTP 401"),
        (Says("disk full", 500), "HTTP 500: disk full"),
        (Says("[1", promised=100), "in the middle of an answer"),
    ],
    ids=["login", "no-json", "redirect", "refused", "500", "cut"],
)
def test_a_pull_that_is_cut_off_keeps_whole_hours_and_says_so(
    says: Says, words: str, live: Live, pulled: Callable[..., Pulled]
) -> None:
    seen: list[int] = []

    def fails_later(asked: Asked, n: int, real: Real) -> Says:
        # The last two hours fail, and nothing before.
        start = asked.query.get("query.start_time_min") or ""
        at = int(asked.query["endTs"]) if "endTs" in asked.query else 0
        seen.append(n)
        bound = live.hours[HOURS - 2]
        late = start[:13] >= bound if start else _hour(at) > bound
        wide = not start and int(asked.query["lookback"]) > 2 * 3600_000
        return real() if wide or not late else says

    found = pulled(fails_later)
    assert found.answer.code == 3
    assert "was cut off" in found.answer.err
    assert words in found.answer.err
    assert found.calls == dict.fromkeys(live.hours[: HOURS - 2], EACH)
    assert any(words in gap and "cut off" in gap for gap in gaps(found.folder))


def _hour(milliseconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H", time.gmtime(milliseconds / 1000))


def test_a_server_that_is_slow_is_given_up(pulled: Callable[..., Pulled]) -> None:
    def slow(_: Asked, __: int, real: Real) -> Says:
        time.sleep(0.3)
        return real()

    begin = time.monotonic()
    found = pulled(slow, timeout=0.1)
    assert time.monotonic() - begin < 60
    assert found.answer.code == 3
    assert "did not answer within 0.1 s" in found.answer.err
    assert found.calls == {}


def test_a_server_that_is_slow_once_is_asked_for_less(pulled: Callable[..., Pulled]) -> None:
    def slow(_: Asked, n: int, real: Real) -> Says:
        time.sleep(1.2 if n == 3 else 0)
        return real()

    assert pulled(slow, timeout=1).is_whole()


def test_an_answer_of_a_gigabyte_is_not_taken_in(pulled: Callable[..., Pulled]) -> None:
    def huge(asked: Asked, n: int, real: Real) -> Says | None:
        if n == 1:
            return real()
        endless(asked, 1024)
        return None

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = pulled(huge)
    assert found.answer.code == 3
    assert "sent more than 128,000,000 bytes" in found.answer.err
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000


def test_an_hour_that_cannot_be_had_is_named_and_the_others_are_kept(
    live: Live, pulled: Callable[..., Pulled]
) -> None:
    def one_hour(asked: Asked, _: int, real: Real) -> Says:
        if "endTs" in asked.query:
            # The roots of an hour's traces are looked for up to five minutes later.
            late = int(asked.query["lookback"]) + 5 * 60_000
            fails = (
                late < 2 * 3600_000 and _hour(int(asked.query["endTs"]) - late) == live.hours[1]
            )
        else:
            start, end = (asked.query[f"query.start_time_{one}"] for one in ("min", "max"))
            fails = start[:13] == live.hours[1] and end[:13] <= live.hours[2]
        return Says("bad block", 500) if fails else real()

    found = pulled(one_hour)
    assert found.answer.code == 3
    assert "lost a window" in found.answer.err
    assert list(found.calls) == [live.hours[n] for n in (0, 2, 3)]
    assert any("bad block" in gap and live.hours[1] in gap for gap in gaps(found.folder))
