"""Routes with their prefixes, entry points, keys and waiting."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from depmap.collecting.secrets import digest
from depmap.model.facts import Entry, EnvRead, KeyUse, Module, Route, WaitFor
from tests.collectors.code.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path


def routes(folder: Path, **files: str) -> list[str]:
    found = only(Route, read(folder, {f"{name}.py": text for name, text in files.items()}))
    return sorted(f"{route.method} {route.path}" for route in found)


def test_routes_of_flask(tmp_path: Path) -> None:
    main = """
        from flask import Flask
        from pages import bp
        app = Flask(__name__)
        app.register_blueprint(bp, url_prefix="/v1")

        @app.route("/a/<int:key>", methods=["GET", "PUT"])
        def a(key): ...

        @app.post("/b/")
        def b(): ...
    """
    pages = """
        from flask import Blueprint
        bp = Blueprint("p", __name__, url_prefix="/pages")

        @bp.route("/<path:where>")
        def page(where): ...
    """
    assert routes(tmp_path, main=main, pages=pages) == [
        "GET /a/{}",
        "GET /v1/{}",
        "POST /b",
        "PUT /a/{}",
    ]


def test_routes_of_fastapi_are_nested(tmp_path: Path) -> None:
    main = """
        from fastapi import FastAPI
        from api import router
        app = FastAPI()
        app.include_router(router, prefix="/api")
    """
    api = """
        from fastapi import APIRouter
        import items
        router = APIRouter(prefix="/v1")
        router.include_router(items.router, prefix="/items")
    """
    items = """
        from fastapi import APIRouter
        router = APIRouter()

        @router.get("/{key}/")
        async def one(key): ...

        @router.get("")
        async def every(): ...
    """
    assert routes(tmp_path, main=main, api=api, items=items) == [
        "GET /api/v1/items",
        "GET /api/v1/items/{}",
    ]


def test_a_get_of_something_else_is_no_route(tmp_path: Path) -> None:
    assert routes(tmp_path, main="import requests\nd = {}\nd.get('/x')\nrequests.get('/y')") == []


@pytest.mark.parametrize(
    ("source", "way", "port"),
    [
        ("from flask import Flask\napp = Flask('x')\napp.run(port=5003)", "server", "5003"),
        ("import os, uvicorn\nuvicorn.run('a:b', port=int(os.environ['P']))", "server", "{env:P}"),
        ("import redis\nredis.from_url('r').xreadgroup('g', 'c', {'s': '>'})", "worker", ""),
    ],
)
def test_entry_points(tmp_path: Path, source: str, way: str, port: str) -> None:
    entries = only(Entry, read(tmp_path, {"main.py": source}))
    assert (entries[-1].way, str(entries[-1].port)) == (way, port)


def test_who_signs_and_who_verifies(tmp_path: Path) -> None:
    source = """
        import os
        import jwt
        from jose import jwt as jose
        KEY = os.environ.get("KEY", "a-secret")
        jwt.encode({}, KEY, algorithm="HS256")
        jose.decode(token, os.environ["OTHER"])
        jwt.decode(token, "a-literal")
        jwt.decode(token, KEY, options={"verify_signature": False})
    """
    items = read(tmp_path, {"main.py": source})
    assert [(use.signs, list(map(str, use.keys)), use.digest) for use in only(KeyUse, items)] == [
        (True, ["{env:KEY}"], digest("a-secret")),
        (False, ["{env:OTHER}"], ""),
        (False, [], digest("a-literal")),
    ]
    assert "a-secret" not in repr(items)
    assert "a-literal" not in repr(items)


WAITS = {
    "forever": (
        True,
        """
        def wait():
            while True:
                try:
                    return urllib.request.urlopen(f"{U}/ready")
                except OSError:
                    time.sleep(1)
        wait()
        """,
    ),
    "then it ends": (
        True,
        """
        def wait():
            for _ in range(30):
                try:
                    urllib.request.urlopen(f"{U}/ready")
                    return
                except OSError:
                    time.sleep(1)
            sys.exit("no")
        if __name__ == "__main__":
            wait()
        """,
    ),
    "then it goes on": (
        False,
        """
        def wait():
            for _ in range(30):
                try:
                    urllib.request.urlopen(f"{U}/ready")
                    break
                except OSError:
                    time.sleep(1)
        wait()
        """,
    ),
}


@pytest.mark.parametrize(("hard", "body"), WAITS.values(), ids=WAITS)
def test_waiting_at_start(tmp_path: Path, hard: bool, body: str) -> None:
    head = "import os, sys, time, urllib.request\nU = os.environ['U']\n"
    (wait,) = only(WaitFor, read(tmp_path, {"main.py": head + dedent(body)}))
    assert (str(wait.targets[0]), wait.hard) == ("{env:U}/ready", hard)


def test_a_bare_connection_in_a_loop_is_a_wait(tmp_path: Path) -> None:
    source = """
        import os, socket, time
        while True:
            try:
                socket.create_connection((os.environ["H"], 5432)).close()
                break
            except OSError:
                time.sleep(1)
    """
    (wait,) = only(WaitFor, read(tmp_path, {"main.py": source}))
    assert str(wait.targets[0]) == "tcp://{env:H}:5432"


def test_the_loop_of_a_worker_is_no_wait(tmp_path: Path) -> None:
    source = """
        import redis, requests, time
        r = redis.from_url("redis://r")

        def main():
            while True:
                for message in r.xreadgroup("g", "c", {"s": ">"}):
                    try:
                        requests.post("http://a")
                    except requests.RequestException:
                        time.sleep(1)

        main()
    """
    assert only(WaitFor, read(tmp_path, {"main.py": source})) == []


def test_variables_that_are_named_count_as_read(tmp_path: Path) -> None:
    source = """
        from pydantic_settings import BaseSettings

        class Settings(BaseSettings):
            stock_url: str = ""

        get_env("PRICE_URL")
    """
    found = only(EnvRead, read(tmp_path, {"main.py": source}))
    assert [(one.name, one.locator) for one in found] == [
        ("PRICE_URL", "main.py:6"),
        ("STOCK_URL", "main.py:4"),
    ]


def test_imports_of_the_root_are_kept(tmp_path: Path) -> None:
    files = {"a/main.py": "from a import b\nimport os", "a/b.py": "X = 1", "a/__init__.py": ""}
    modules = {one.file: one for one in only(Module, read(tmp_path, files))}
    assert modules["a/main.py"].imports == ("a/__init__.py", "a/b.py")
    assert (modules["a/b.py"].shared, modules["a/__init__.py"].shared) == (True, False)


def test_routes_of_aiohttp(tmp_path: Path) -> None:
    main = """
        from aiohttp import web
        routes = web.RouteTableDef()

        @routes.get("/a/{key}")
        async def a(request): ...

        app = web.Application()
        app.add_routes([web.post("/b", b), web.route("PUT", "/c", c)])
        app.router.add_delete("/d/{key:[0-9]+}", d)
        app.router.add_route("PATCH", "/e", e)
        web.run_app(app, port=8081)
    """
    assert routes(tmp_path, main=main) == [
        "DELETE /d/{}",
        "GET /a/{}",
        "PATCH /e",
        "POST /b",
        "PUT /c",
    ]
    items = read(tmp_path, {"main.py": main})
    assert [str(one.port) for one in only(Entry, items) if one.way == "server"] == ["8081"]


LISTED = {
    "starlette": (
        """
        from starlette.applications import Starlette
        from starlette.routing import Mount, Route
        async def answer(request): ...
        inner = [Route("/items/{id:int}", answer), Route("/orders", answer, methods=["POST"])]
        app = Starlette(routes=[Mount("/api", routes=inner), Route("/health", answer)])
        """,
        ["GET /api/items/{}", "GET /health", "POST /api/orders"],
    ),
    "tornado": (
        r"""
        import tornado.web
        class Item(tornado.web.RequestHandler):
            def get(self, key): ...
            def put(self, key): ...
        app = tornado.web.Application([(r"^/items/([0-9]+)$", Item)])
        """,
        ["GET /items/{}", "PUT /items/{}"],
    ),
    "flask-restful": (
        """
        from flask import Flask
        from flask_restful import Api, Resource
        app = Flask(__name__)
        api = Api(app, prefix="/api")
        class Item(Resource):
            def get(self, key): ...
            def delete(self, key): ...
        api.add_resource(Item, "/items/<int:key>", "/things/<int:key>")
        """,
        ["DELETE /api/items/{}", "DELETE /api/things/{}", "GET /api/items/{}",
         "GET /api/things/{}"],
    ),
    "a namespace of flask-restx": (
        """
        from flask import Blueprint, Flask
        from flask_restx import Api, Namespace, Resource
        app = Flask(__name__)
        bp = Blueprint("api", __name__, url_prefix="/v1")
        api = Api(bp)
        ns = Namespace("items")
        @ns.route("/<int:key>")
        class Item(Resource):
            def get(self, key): ...
            def patch(self, key): ...
        api.add_namespace(ns)
        app.register_blueprint(bp)
        """,
        ["GET /v1/items/{}", "PATCH /v1/items/{}"],
    ),
    "a view of flask": (
        """
        from flask import Flask
        from flask.views import MethodView
        app = Flask(__name__)
        class Base(MethodView):
            def get(self, key): ...
        class Item(Base):
            def put(self, key): ...
        app.add_url_rule("/items/<key>", view_func=Item.as_view("item"))
        """,
        ["GET /items/{}", "PUT /items/{}"],
    ),
    "an application below another": (
        """
        from aiohttp import web
        async def answer(request): ...
        sub = web.Application()
        sub.router.add_get("/in", answer)
        app = web.Application()
        app.add_subapp("/sub/", sub)
        """,
        ["GET /sub/in"],
    ),
    "a prefix that is a setting": (
        """
        import os
        from fastapi import APIRouter, FastAPI
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            API: str = "/api/v1"
        app = FastAPI()
        router = APIRouter(prefix=os.getenv("PREFIX", "/items"))
        @router.get("/{key}")
        def item(key): ...
        app.include_router(router, prefix=Settings().API)
        """,
        ["GET /api/v1/items/{}"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "wanted"), LISTED.values(), ids=LISTED)
def test_routes_that_are_listed(tmp_path: Path, source: str, wanted: list[str]) -> None:
    assert routes(tmp_path, main=source) == wanted


KEYS = {
    "authlib": (
        """
        import os
        from authlib.jose import jwt
        jwt.encode({"alg": "HS256"}, {}, os.environ["KEY"])
        jwt.decode("", os.environ["KEY"])
        """,
        [(True, "{env:KEY}"), (False, "{env:KEY}")],
    ),
    "itsdangerous": (
        """
        import os
        from itsdangerous import URLSafeTimedSerializer
        s = URLSafeTimedSerializer(os.environ["KEY"])
        s.dumps({})
        s.loads("")
        """,
        [(True, "{env:KEY}"), (False, "{env:KEY}")],
    ),
    "flask-jwt-extended": (
        """
        import os
        from flask import Flask
        from flask_jwt_extended import create_access_token, jwt_required
        app = Flask(__name__)
        app.config["JWT_SECRET_KEY"] = os.environ["KEY"]
        create_access_token(identity=1)
        @jwt_required()
        def page(): ...
        """,
        [(True, "{env:KEY}"), (False, "{env:KEY}")],
    ),
}


@pytest.mark.parametrize(("source", "wanted"), KEYS.values(), ids=KEYS)
def test_keys_of_libraries(tmp_path: Path, source: str, wanted: list[tuple[bool, str]]) -> None:
    found = only(KeyUse, read(tmp_path, {"main.py": source}))
    assert [(one.signs, str(*one.keys)) for one in found] == wanted


def test_the_key_of_a_project_of_django(tmp_path: Path) -> None:
    settings = """
        import os
        SIMPLE_JWT = {"SIGNING_KEY": os.environ["KEY"]}
        REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [
            "rest_framework_simplejwt.authentication.JWTAuthentication"]}
    """
    urls = """
        from rest_framework_simplejwt.views import TokenObtainPairView
        urlpatterns = [path("token/", TokenObtainPairView.as_view())]
    """
    found = only(KeyUse, read(tmp_path, {"settings.py": settings, "urls.py": urls}))
    assert sorted((one.signs, str(*one.keys)) for one in found) == [
        (False, "{env:KEY}"),
        (True, "{env:KEY}"),
    ]


def test_both_halves_of_a_pair_of_key_files_are_one_key(tmp_path: Path) -> None:
    source = """
        import jwt
        from pathlib import Path
        with open("/keys/private.pem") as file:
            key = file.read()
        jwt.encode({}, key, algorithm="RS256")
        jwt.decode("", Path("/mnt/public.pem").read_text(), algorithms=["RS256"])
        jwt.decode("", Path("/mnt/other.pem").read_text(), algorithms=["RS256"])
    """
    signs, verifies, other = only(KeyUse, read(tmp_path, {"main.py": source}))
    assert signs.digest == verifies.digest
    assert other.digest not in {"", signs.digest}
