"""What follows from what happens to a failure."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Use
from tests.collectors.code.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

CASES = {
    "nothing catches it": ("strong", "return requests.get(U)"),
    "raised again": (
        "strong",
        """
        try:
            return requests.get(U)
        except requests.RequestException:
            log.error("x")
            raise
        """,
    ),
    "answered 503": (
        "strong",
        """
        try:
            return requests.get(U)
        except requests.RequestException:
            return jsonify(error="x"), 503
        """,
    ),
    "aborted": (
        "strong",
        """
        try:
            return requests.get(U)
        except Exception:
            abort(502)
        """,
    ),
    "swallowed": (
        "optional",
        """
        try:
            requests.post(U)
        except requests.RequestException as error:
            log.warning("x %s", error)
        """,
    ),
    "answered with nothing": (
        "optional",
        """
        try:
            return requests.get(U)
        except requests.RequestException:
            return []
        """,
    ),
    "answered with something else": (
        "weak",
        """
        try:
            return requests.get(U)
        except requests.RequestException:
            return DEFAULT
        """,
    ),
    "another call instead": (
        "weak",
        """
        try:
            return requests.get(U)
        except requests.RequestException:
            return cached("x")
        """,
    ),
    "another failure is caught": (
        "strong",
        """
        try:
            return requests.get(U)["x"]
        except KeyError:
            return None
        """,
    ),
    "one handler of two raises": (
        "strong",
        """
        try:
            return requests.get(U)
        except requests.Timeout:
            return None
        except requests.ConnectionError:
            raise
        """,
    ),
    "an outer handler swallows": (
        "optional",
        """
        try:
            try:
                return requests.get(U)
            except requests.RequestException as error:
                raise Failed from error
        except Failed:
            return None
        """,
    ),
    "suppressed": (
        "optional",
        """
        with suppress(requests.RequestException):
            requests.get(U)
        """,
    ),
    "retried, then it fails": (
        "strong",
        """
        for attempt in range(3):
            try:
                return requests.get(U)
            except requests.RequestException:
                time.sleep(attempt)
        raise Failed
        """,
    ),
    "retried, then given up": (
        "weak",
        """
        for attempt in range(3):
            try:
                return requests.get(U)
            except requests.RequestException:
                time.sleep(attempt)
        return None
        """,
    ),
    "skipped in a loop over things": (
        "optional",
        """
        for thing in things:
            try:
                requests.get(U)
            except requests.RequestException:
                continue
        """,
    ),
    "an empty result is refused": (
        "strong",
        """
        try:
            found = requests.get(U)
        except requests.RequestException:
            found = None
        if found is None:
            raise Failed
        """,
    ),
}
HEAD = """import requests, time
from contextlib import suppress
U = "http://a"
class Failed(Exception): ...
"""


@pytest.mark.parametrize(("strength", "body"), CASES.values(), ids=CASES)
def test_strength_follows_what_the_handler_does(tmp_path: Path, strength: str, body: str) -> None:
    source = f"{HEAD}@app.get('/x')\ndef f():\n" + indent(dedent(body).strip(), "    ") + "\n"
    (use,) = only(Use, read(tmp_path, {"main.py": source}))
    assert (use.strength, use.alive, use.at_start) == (strength, True, False)


CALLERS = {
    "the caller swallows": (
        "optional",
        """
        @app.get("/")
        def page():
            try:
                return ask()
            except requests.RequestException:
                return None
        """,
    ),
    "one caller of two swallows": (
        "strong",
        """
        @app.get("/")
        def page():
            try:
                return ask()
            except requests.RequestException:
                return None

        @app.get("/x")
        def other():
            return ask()
        """,
    ),
    "in the background": (
        "optional",
        """
        @app.get("/")
        def page(tasks):
            tasks.add_task(ask)
        """,
    ),
    "as a task nobody keeps": (
        "optional",
        """
        @app.get("/")
        async def page():
            asyncio.create_task(ask())
        """,
    ),
    "as a task that is waited for": (
        "strong",
        """
        @app.get("/")
        async def page():
            task = asyncio.create_task(ask())
            await task
        """,
    ),
    "in a thread that is waited for": (
        "strong",
        """
        @app.get("/")
        async def page():
            await asyncio.to_thread(ask)
        """,
    ),
    "a worker goes on with the next message": (
        "strong",
        """
        def handle(message):
            try:
                ask()
            except Exception:
                log.exception("x")

        while True:
            handle(queue.get())
        """,
    ),
    "a fall-back is bound by a decorator": (
        "weak",
        """
        @circuit(fallback_function=nothing)
        def guarded():
            return ask()

        @app.get("/")
        def page():
            return guarded()
        """,
    ),
}


@pytest.mark.parametrize(("strength", "body"), CALLERS.values(), ids=CALLERS)
def test_strength_looks_at_the_callers(tmp_path: Path, strength: str, body: str) -> None:
    source = f"{HEAD}import asyncio\ndef ask():\n    return requests.get(U)\n{dedent(body)}"
    (use,) = only(Use, read(tmp_path, {"main.py": source}))
    assert use.strength == strength


def test_an_empty_result_may_be_refused_by_the_caller(tmp_path: Path) -> None:
    source = """
        import requests

        def ask():
            try:
                return requests.get("http://a")
            except requests.RequestException:
                return None

        @app.get("/")
        def page():
            found = ask()
            if not found:
                raise HTTPException(502)
            return found
    """
    (use,) = only(Use, read(tmp_path, {"main.py": source}))
    assert use.strength == "strong"
    assert "main.py:11" in use.reason


def test_a_call_at_import_and_in_a_start_hook_is_made_at_start(tmp_path: Path) -> None:
    source = """
        import requests
        requests.get("http://a")

        @app.on_event("startup")
        def hook():
            requests.get("http://b")

        @app.get("/")
        def page():
            requests.get("http://c")
    """
    uses = only(Use, read(tmp_path, {"main.py": source}))
    assert [(str(use.targets[0]), use.at_start) for use in uses] == [
        ("http://a", True),
        ("http://b", True),
        ("http://c", False),
    ]


def test_code_that_nothing_calls_is_dead(tmp_path: Path) -> None:
    source = """
        import requests

        def forgotten():
            requests.get("http://a")

        def used():
            requests.get("http://b")

        @app.get("/")
        def page():
            used()
    """
    uses = only(Use, read(tmp_path, {"main.py": source}))
    assert [use.alive for use in uses] == [False, True]


def test_a_call_in_a_handler_is_a_fallback(tmp_path: Path) -> None:
    source = """
        import requests

        @app.get("/")
        def page():
            try:
                return requests.get("http://a")
            except requests.RequestException:
                return requests.get("http://b")
    """
    first, second = only(Use, read(tmp_path, {"main.py": source}))
    assert (first.strength, first.fallback) == ("weak", False)
    assert (second.strength, second.fallback) == ("strong", True)
