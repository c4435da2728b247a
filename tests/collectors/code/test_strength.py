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


DECORATED = {
    "tried again, then it fails": ("strong", "@retry(stop=stop_after_attempt(3), reraise=True)"),
    "backoff, then it fails": ("strong", "@backoff.on_exception(backoff.expo, Exception)"),
    "backoff that gives up": (
        "optional",
        "@backoff.on_exception(backoff.expo, Exception, raise_on_giveup=False)",
    ),
    "tried again, then something else": ("weak", "@retry(retry_error_callback=lambda s: [])"),
    "a breaker": ("strong", "@circuit(failure_threshold=5)"),
    "a breaker with a fall-back": ("weak", "@circuit(fallback_function=cached)"),
}


@pytest.mark.parametrize(("strength", "decorator"), DECORATED.values(), ids=DECORATED)
def test_strength_follows_decorators(tmp_path: Path, strength: str, decorator: str) -> None:
    source = f"""
{HEAD}
{decorator}
def ask():
    return requests.get(U)

@app.get("/x")
def f():
    return ask()
"""
    (use,) = only(Use, read(tmp_path, {"main.py": source}))
    assert use.strength == strength
    if decorator.startswith(("@retry(stop", "@backoff.on_exception(backoff.expo, Exception)")):
        assert "tries again" in use.reason


GUARDS = {
    "a flag that is off": ('if os.getenv("X", "false").lower() == "true":', ("X",)),
    "a variable without a default": ('if os.environ.get("X"):', ("X",)),
    "a flag that is on": ('if os.getenv("X", "true") == "true":', ()),
    "a setting that is off": ("if settings.x_enabled:", ("X_ENABLED",)),
    "a setting that is on": ("if settings.y_enabled:", ()),
    "another condition": ("if number > 3:", ()),
}


@pytest.mark.parametrize(("guard", "names"), GUARDS.values(), ids=GUARDS)
def test_switches_are_named(tmp_path: Path, guard: str, names: tuple[str, ...]) -> None:
    source = f"""
import os
from pydantic_settings import BaseSettings
{HEAD}
class Settings(BaseSettings):
    x_enabled: bool = False
    y_enabled: bool = True
settings = Settings()

@app.get("/x")
def f(number):
    {guard}
        requests.get(U)
"""
    (use,) = only(Use, read(tmp_path, {"main.py": source}))
    assert use.guards == names


def test_going_away_early_is_a_guard(tmp_path: Path) -> None:
    source = """
        import os, requests
        HOOK = os.environ.get("HOOK", "")
        def f():
            if not HOOK:
                return None
            requests.post(HOOK, timeout=3)
        f()
    """
    (use,) = only(Use, read(tmp_path, {"main.py": source}))
    assert use.guards == ("HOOK",)


def test_what_runs_beside_the_service_is_weak(tmp_path: Path) -> None:
    source = """
        import asyncio, requests
        async def loop():
            while True:
                requests.get("http://a")
        @app.on_event("startup")
        async def start():
            asyncio.create_task(loop())
        @app.post("/x")
        async def f(background):
            background.add_task(once)
        def once():
            requests.get("http://b")
    """
    uses = only(Use, read(tmp_path, {"main.py": source}))
    assert [(str(one.targets[0]), one.strength.value) for one in uses] == [
        ("http://a", "weak"),
        ("http://b", "optional"),
    ]


@pytest.mark.parametrize(
    ("call", "endless"),
    [
        ("requests.get(U)", True),
        ("requests.get(U, timeout=3)", False),
        ("requests.get(U, **more)", False),
        ("requests.Session().get(U)", True),
        ("httpx.get(U)", False),
        ("urllib.request.urlopen(U)", True),
    ],
)
def test_waiting_for_ever_is_seen(tmp_path: Path, call: str, endless: bool) -> None:
    source = f"import httpx, urllib.request\n{HEAD}\n{call}\n"
    (use,) = only(Use, read(tmp_path, {"main.py": source}))
    assert use.endless is endless


def test_a_call_in_a_handler_is_a_fall_back(tmp_path: Path) -> None:
    source = """
        import requests
        @app.get("/x")
        def f():
            try:
                return requests.get("http://a")
            except requests.RequestException:
                return requests.get("http://b")
    """
    uses = only(Use, read(tmp_path, {"main.py": source}))
    assert [(one.fallback, one.strength.value) for one in uses] == [
        (False, "weak"),
        (True, "strong"),
    ]


LATER = {
    "a dependency": "@app.get('/x')\ndef page(found=Depends(ask)): ...",
    "a dependency of a decorator": "@app.get('/x', dependencies=[Depends(ask)])\ndef page(): ...",
    "a rule": "app.add_url_rule('/x', view_func=ask)",
    "a callback": "channel.basic_consume(queue='q', on_message_callback=ask)",
}


@pytest.mark.parametrize("source", LATER.values(), ids=LATER)
def test_what_is_handed_over_does_not_run_at_start(tmp_path: Path, source: str) -> None:
    text = f"{HEAD}\ndef ask():\n    return requests.get(U)\n\n{source}\n"
    (use,) = [one for one in only(Use, read(tmp_path, {"main.py": text})) if one.system == "http"]
    assert (use.at_start, use.strength) == (False, "strong")
