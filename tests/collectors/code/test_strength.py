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


STAND_INS = {
    "in the handler": "return requests.get('http://b')",
    "in a function that only handlers call": "return other()",
}


@pytest.mark.parametrize("body", STAND_INS.values(), ids=STAND_INS)
def test_a_call_in_a_handler_stands_in(tmp_path: Path, body: str) -> None:
    source = f"""
import requests
@app.get("/x")
def f():
    try:
        return requests.get("http://a")
    except requests.RequestException:
        {body}
"""
    source += "def other():\n    return requests.get('http://b')\n" if "other" in body else ""
    uses = only(Use, read(tmp_path, {"main.py": source}))
    assert [(one.fallback, one.strength.value) for one in uses] == [
        (False, "weak"),
        (True, "weak"),
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


COLLECTED = {
    "at once": "return await asyncio.gather(ask(), return_exceptions=True)",
    "listed before": (
        "tasks = [ask() for _ in range(3)]\n"
        "    return await asyncio.gather(*tasks, return_exceptions=True)"
    ),
    "appended before": (
        "tasks = []\n    tasks.append(ask())\n"
        "    return await asyncio.gather(*tasks, return_exceptions=True)"
    ),
}


@pytest.mark.parametrize("body", COLLECTED.values(), ids=COLLECTED)
def test_a_failure_may_be_one_of_the_results(tmp_path: Path, body: str) -> None:
    source = f"""
import asyncio, requests
async def ask():
    return requests.get("http://a")
@app.get("/x")
async def page():
    {body}
"""
    (use,) = only(Use, read(tmp_path, {"main.py": source}))
    assert (use.strength, use.reason.partition(" (")[0]) == (
        "optional", "its failure is one of the results",
    )  # fmt: skip
    (loud,) = only(
        Use, read(tmp_path / "loud", {"main.py": source.replace(", return_exceptions=True", "")})
    )
    assert loud.strength == "strong"


WRAPPERS = {
    "swallows": ("optional", "except Exception:\n            return None"),
    "raises": ("strong", "except Exception as error:\n            raise Failed from error"),
    "gives something else": ("weak", "except Exception:\n            return cached(f)"),
}


@pytest.mark.parametrize("parameters", [False, True])
@pytest.mark.parametrize(("strength", "handler"), WRAPPERS.values(), ids=WRAPPERS)
def test_a_decorator_of_this_root_is_looked_into(
    tmp_path: Path, strength: str, handler: str, parameters: bool
) -> None:
    wrap = f"""
def safe(f):
    def inner(*args):
        try:
            return f(*args)
        {handler}
    return inner
"""
    if parameters:
        wrap = "def safe(name):\n" + indent(wrap.replace("safe(f)", "deco(f)"), "    ")
        wrap += "    return deco\n"
    source = f"""
import requests
{wrap}
@safe{"('x')" if parameters else ""}
def ask():
    return requests.get("http://a")
@app.get("/x")
def page():
    return ask()
"""
    (use,) = only(Use, read(tmp_path, {"main.py": source}))
    assert use.strength == strength


HOOKS = {
    "a lifespan of another name": "app = FastAPI(lifespan=begin)",
    "a list of hooks": "app = Starlette(on_startup=[begin])",
    "a handler of the event": "app = FastAPI()\napp.add_event_handler('startup', begin)",
    "a hook that is appended": "app.on_startup.append(begin)",
}


@pytest.mark.parametrize("source", HOOKS.values(), ids=HOOKS)
def test_functions_that_are_run_before_serving(tmp_path: Path, source: str) -> None:
    text = f"import requests\ndef begin(app):\n    requests.get('http://a')\n{source}\n"
    (use,) = only(Use, read(tmp_path, {"main.py": text}))
    assert use.at_start


def test_what_django_runs_when_an_application_is_ready(tmp_path: Path) -> None:
    source = """
        import requests
        from django.apps import AppConfig
        class Shop(AppConfig):
            def ready(self):
                requests.get("http://a")
    """
    (use,) = only(Use, read(tmp_path, {"apps.py": source}))
    assert use.at_start


ENDLESS = {
    "httpx.get(U, timeout=None)": True,
    "httpx.Client(timeout=None).get(U)": True,
    "httpx.Client(timeout=3).get(U)": False,
    "requests.get(U, timeout=None)": True,
    "requests.get(U, timeout=(1, 2))": False,
}


@pytest.mark.parametrize(("call", "endless"), ENDLESS.items(), ids=ENDLESS)
def test_a_limit_of_time_that_is_switched_off(tmp_path: Path, call: str, endless: bool) -> None:
    (use,) = only(Use, read(tmp_path, {"main.py": f"import httpx\n{HEAD}\n{call}\n"}))
    assert use.endless is endless


EMPTY = {
    "an empty answer": ("optional", "return {'items': [], 'total': 0}"),
    "plumbing": ("optional", "session.rollback()\n            return None"),
    "another answer": ("weak", "return {'items': DEFAULTS}"),
    "elsewhere": ("strong", "return redirect(url_for('home', message='it failed'))"),
}


@pytest.mark.parametrize(("strength", "body"), EMPTY.values(), ids=EMPTY)
def test_what_a_handler_gives_back(tmp_path: Path, strength: str, body: str) -> None:
    source = f"""
import requests
@app.get("/x")
def page():
        try:
            return requests.get("http://a")
        except requests.RequestException:
            {body}
"""
    (use,) = only(Use, read(tmp_path, {"main.py": source}))
    assert use.strength == strength


def test_migrating_is_not_starting(tmp_path: Path) -> None:
    source = """
        import os
        from alembic import context
        from sqlalchemy import create_engine
        def run():
            with create_engine(os.environ["D"]).connect() as connection:
                context.configure(connection=connection)
        run()
    """
    uses = only(Use, read(tmp_path, {"migrations/env.py": source}))
    assert {(one.at_start, one.strength.value) for one in uses} == {(False, "strong")}
