"""Each way of writing an address, as the smallest source."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Module
from tests.collectors.code.reading import calls, only, read

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "import os\nimport requests\nimport httpx\n"

ONE_FILE = {
    "literal": ("requests.get('http://a/x')", "GET", "http://a/x"),
    "env required": ("requests.get(os.environ['A'] + '/x')", "GET", "{env:A}/x"),
    "env with default": ("requests.put(os.getenv('A', 'http://a'))", "PUT", "{env:A}"),
    "env or constant": (
        "D = 'http://d'\nrequests.get(os.environ.get('A') or D)",
        "GET",
        "{env:A} | http://d",
    ),
    "env alias": ("from os import environ as e\nrequests.get(e['A'])", "GET", "{env:A}"),
    "env helper": (
        "def env(n, d=None):\n    return os.environ.get(n, d)\nU = env('A')\nrequests.get(U)",
        "GET",
        "{env:A}",
    ),
    "f-string": (
        "i = 1\nU = os.environ['A']\nrequests.get(f'{U}/x/{i!r}/y')",
        "GET",
        "{env:A}/x/1/y",
    ),
    "format": (
        "requests.get('http://{}:{}/x/{}'.format(h(), 80, i()))",
        "GET",
        "http://{}:80/x/{}",
    ),
    "format by name": (
        "requests.get('http://{h}/x'.format(h=os.environ['A']))",
        "GET",
        "http://{env:A}/x",
    ),
    "percent": (
        "requests.get('http://%s/x/%d' % (os.environ['A'], n()))",
        "GET",
        "http://{env:A}/x/{}",
    ),
    "join": ("requests.get('/'.join([os.environ['A'], 'v1', 'x']))", "GET", "{env:A}/v1/x"),
    "urljoin": (
        "from urllib.parse import urljoin\nrequests.get(urljoin('http://a/b/', 'x'))",
        "GET",
        "http://a/b/x",
    ),
    "urljoin rooted": (
        "from urllib.parse import urljoin\nrequests.get(urljoin(os.environ['A'], '/x'))",
        "GET",
        "{env:A}/x",
    ),
    "rstrip": ("requests.get(os.environ['A'].rstrip('/') + '/x')", "GET", "{env:A}/x"),
    "template": (
        (
            "from string import Template\nT = Template('http://$host/x/${key}')\n"
            "requests.get(T.substitute(host=os.environ['A'], key=1))"
        ),
        "GET",
        "http://{env:A}/x/1",
    ),
    "slashes at both ends": (
        (
            "def j(b, p):\n    return f\"{b.rstrip('/')}/{p.lstrip('/')}\"\n"
            "requests.get(j(os.environ['A'], '/x/'))"
        ),
        "GET",
        "{env:A}/x/",
    ),
    "any method": ("requests.request('patch', 'http://a/x')", "PATCH", "http://a/x"),
    "session": ("s = requests.Session()\ns.post('http://a/x')", "POST", "http://a/x"),
    "base_url": (
        "c = httpx.Client(base_url=os.environ['A'])\nc.get('/x')",
        "GET",
        "{env:A}/x",
    ),
    "with": (
        "with httpx.Client(base_url='http://a/v1/') as c:\n    c.get('x')",
        "GET",
        "http://a/v1/x",
    ),
    "async with": (
        (
            "import aiohttp\nasync def f():\n    async with aiohttp.ClientSession() as s:\n"
            "        async with s.get('http://a/x') as r:\n            return r"
        ),
        "GET",
        "http://a/x",
    ),
    "urlopen": ("import urllib.request as u\nu.urlopen('http://a/x')", "GET", "http://a/x"),
    "request object": (
        "import urllib.request as u\nr = u.Request('http://a/x')\nu.urlopen(r)",
        "GET",
        "http://a/x",
    ),
    "class attribute": (
        "class C:\n    URL = os.environ['A']\nrequests.get(C.URL + '/x')",
        "GET",
        "{env:A}/x",
    ),
    "class attributes of others": (
        (
            "class C:\n    H = os.environ['A']\n    P = f'{H}/v1'\n    URL = P + '/x'\n"
            "class D:\n    H = 'http://d'\nrequests.get(C.URL)"
        ),
        "GET",
        "{env:A}/v1/x",
    ),
    "dataclass that is made of a mapping": (
        (
            "from dataclasses import dataclass\n@dataclass\nclass S:\n"
            "    name: str\n    url: str\n"
            "    @classmethod\n    def load(cls):\n"
            "        held = {'name': 'n', 'url': os.environ['A']}\n        return cls(**held)\n"
            "s = S.load()\nrequests.get(s.url)"
        ),
        "GET",
        "{env:A}",
    ),
    "a mapping of arguments": (
        (
            "def f():\n    given = {'method': 'POST', 'url': os.environ['A'] + '/x'}\n"
            "    return requests.request(**given, timeout=3)\nf()"
        ),
        "POST",
        "{env:A}/x",
    ),
    "self attribute": (
        (
            "class C:\n    def __init__(self):\n        self.u = os.environ['A']\n"
            "    def go(self):\n        requests.get(f'{self.u}/x')\nC().go()"
        ),
        "GET",
        "{env:A}/x",
    ),
    "dataclass": (
        (
            "from dataclasses import dataclass\n@dataclass\nclass S:\n    url: str\n"
            "s = S(url=os.environ['A'])\nrequests.get(s.url)"
        ),
        "GET",
        "{env:A}",
    ),
    "pydantic settings": (
        (
            "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n"
            "    model_config = {'env_prefix': 'X_'}\n    url: str = 'http://d'\n"
            "requests.get(S().url + '/x')"
        ),
        "GET",
        "{env:X_URL}/x",
    ),
    "enum": (
        (
            "from enum import Enum\nclass P(Enum):\n    A = '/x'\n"
            "requests.get('http://a' + P.A.value)"
        ),
        "GET",
        "http://a/x",
    ),
    "dictionary": ("D = {'a': 'http://a'}\nrequests.get(D['a'] + '/x')", "GET", "http://a/x"),
    "dictionary, any key": (
        "D = {'a': 'http://a', 'b': 'http://b'}\nrequests.get(D[k()])",
        "GET",
        "http://a | http://b",
    ),
    "app.config": (
        (
            "from flask import Flask\napp = Flask('x')\napp.config['U'] = os.environ['A']\n"
            "def f():\n    requests.get(app.config['U'] + '/x')\nf()"
        ),
        "GET",
        "{env:A}/x",
    ),
    "conditional": (
        "requests.get('http://a' if x() else 'http://b')",
        "GET",
        "http://a | http://b",
    ),
    "augmented": ("u = 'http://a'\nu += '/x'\nrequests.get(u)", "GET", "http://a/x"),
    "looked up": ("requests.get(find('a') + '/x')", "GET", "{name:a}/x"),
    "unknown": ("requests.get(find(a, b))", "GET", "{}"),
    "connection": (
        "import http.client\nc = http.client.HTTPConnection('a', 80)\nc.request('GET', '/x')",
        "GET",
        "http://a:80/x",
    ),
    "subclass of a client": (
        "class C(requests.Session):\n    def go(self):\n        return self.get('http://a/x')\nC().go()",
        "GET",
        "http://a/x",
    ),
    "walrus": ("requests.get(u := 'http://a/x')", "GET", "http://a/x"),
    "loop": (
        "for u in ['http://a', 'http://b']:\n    requests.get(u)",
        "GET",
        "http://a | http://b",
    ),
    "decouple": ("from decouple import config\nrequests.get(config('A'))", "GET", "{env:A}"),
    "environs": (
        "from environs import Env\nenv = Env()\nrequests.get(env.str('A'))",
        "GET",
        "{env:A}",
    ),
    "partial": (
        "from functools import partial\nget = partial(requests.get, timeout=1)\nget('http://a')",
        "GET",
        "http://a",
    ),
    "asyncio.wait_for": (
        (
            "import asyncio\nc = httpx.AsyncClient()\nasync def f():\n"
            "    await asyncio.wait_for(c.get('http://a'), 1)\n"
        ),
        "GET",
        "http://a",
    ),
}


@pytest.mark.parametrize(("body", "method", "address"), ONE_FILE.values(), ids=ONE_FILE)
def test_an_address_is_followed_in_one_file(
    tmp_path: Path, body: str, method: str, address: str
) -> None:
    assert calls(tmp_path, HEAD + body) == [(method, address)]


def test_constants_come_from_other_files(tmp_path: Path) -> None:
    main = (
        "import requests\nfrom config import A as B\nimport config\n"
        "requests.get(B)\nrequests.get(config.A)"
    )
    config = "import os\nA = os.environ['A']"
    assert calls(tmp_path, main, config=config) == [("GET", "{env:A}")] * 2


def test_relative_imports_are_followed(tmp_path: Path) -> None:
    go = (
        "import requests\nfrom ..config import A\nfrom . import near\n"
        "requests.get(A)\nrequests.get(near.B)"
    )
    files = {
        "p/q/go": go,
        "p/config": "A = 'http://a'",
        "p/q/near": "B = 'http://b'",
        "p/__init__": "",
        "p/q/__init__": "",
    }
    assert calls(tmp_path, "", **files) == [("GET", "http://a"), ("GET", "http://b")]


def test_a_module_is_found_whose_folder_is_put_on_the_path(tmp_path: Path) -> None:
    files = {
        "shared/sender": "import requests\ndef send(to):\n    requests.get(to)",
        "services/a/go": "from sender import send\nsend('http://a')",
        "services/b/redis": "def other(): ...",
        "services/a/keep": "from redis import Redis",
    }
    assert calls(tmp_path, "", **files) == [("GET", "http://a")]
    module = next(
        one for one in only(Module, read(tmp_path, {})) if one.file == "services/a/keep.py"
    )
    assert module.imports == ()


def test_each_service_has_its_own_modules_of_one_name(tmp_path: Path) -> None:
    files = {
        f"{name}/{file}": text
        for name in ("a", "b")
        for file, text in {
            "config": f"U = 'http://{name}'",
            "main": "import requests, config\nrequests.get(config.U)",
        }.items()
    }
    assert sorted(calls(tmp_path, "", **files)) == [("GET", "http://a"), ("GET", "http://b")]


WRAPPED = """
    import os
    import requests

    BASE = os.environ["A"]

    def _send(method, path, **more):
        return requests.request(method, BASE + path, **more)

    def get(path):
        return _send("GET", path)

    def post(path, body):
        return _send("POST", path, json=body)

    def one(key):
        return get(f"/items/{key}")

    def new(body):
        return post("/items", body)
"""


def test_arguments_flow_through_helpers(tmp_path: Path) -> None:
    assert sorted(calls(tmp_path, dedent(WRAPPED))) == [
        ("GET", "{env:A}/items/{}"),
        ("POST", "{env:A}/items"),
    ]


def test_clients_of_one_class_keep_their_own_address(tmp_path: Path) -> None:
    source = """
        import os
        import httpx

        class Api:
            def __init__(self, base):
                self.client = httpx.Client(base_url=base)

            def get(self, path):
                return self.client.get(path)

        stock = Api(os.environ["STOCK_URL"])
        prices = Api(base=os.environ["PRICE_URL"])

        def item(key):
            return stock.get(f"/items/{key}")

        def price(key):
            return prices.get(f"/prices/{key}")
    """
    assert sorted(calls(tmp_path, dedent(source))) == [
        ("GET", "{env:PRICE_URL}/prices/{}"),
        ("GET", "{env:STOCK_URL}/items/{}"),
    ]


def test_a_base_class_gets_its_address_from_the_derived_one(tmp_path: Path) -> None:
    base = """
        import requests

        class Base:
            def __init__(self, url):
                self.url = url

            def get(self, path):
                return requests.get(self.url + path)
    """
    main = """
        from base import Base

        class Stock(Base):
            def __init__(self):
                super().__init__("http://stock")

            def item(self, key):
                return self.get(f"/items/{key}")

        def show(key):
            return Stock().item(key)
    """
    assert calls(tmp_path, dedent(main), base=dedent(base)) == [("GET", "http://stock/items/{}")]


def test_dependencies_of_fastapi_are_followed(tmp_path: Path) -> None:
    source = """
        import httpx
        from typing import Annotated
        from fastapi import Depends, FastAPI

        app = FastAPI()

        def client():
            with httpx.Client(base_url="http://a") as c:
                yield c

        @app.get("/x")
        def x(c: httpx.Client = Depends(client)):
            return c.get("/y")

        @app.get("/z")
        def z(c: Annotated[httpx.Client, Depends(client)]):
            return c.get("/w")
    """
    assert calls(tmp_path, dedent(source)) == [("GET", "http://a/y"), ("GET", "http://a/w")]


def test_a_test_client_calls_nobody(tmp_path: Path) -> None:
    source = """
        from fastapi.testclient import TestClient
        import httpx
        TestClient(app).get("/x")
        httpx.Client(transport=t).get("/x")
    """
    assert calls(tmp_path, dedent(source)) == []


def test_comments_strings_and_tests_are_no_calls(tmp_path: Path) -> None:
    source = '"""See requests.get(\'http://a\')."""\n# requests.get("http://b")\nX = "http://c"\n'
    assert (
        calls(tmp_path, source, **{"tests/test_x": "import requests\nrequests.get('http://t')"})
        == []
    )


def test_what_calls_itself_ends(tmp_path: Path) -> None:
    source = """
        import requests

        def a(u):
            return b(u)

        def b(u):
            return a(u)

        x = y
        y = x

        class C(C):
            pass

        requests.get(a(x) + C().z)
    """
    assert calls(tmp_path, dedent(source)) == [("GET", "{}")]


BASE_CLIENT = """
    import httpx

    class Base:
        def __init__(self, name, base_url, timeout=1.0):
            self.client = httpx.AsyncClient(base_url=base_url, timeout=timeout)

        async def _request(self, method, endpoint, **more):
            return await self.client.request(method, endpoint, **more)

        async def get(self, endpoint, **more):
            return await self._request("GET", endpoint, **more)
"""
CLIENTS = """
    from base import Base
    from config import settings

    class Stock(Base):
        def __init__(self):
            super().__init__(name="stock", base_url=settings.stock_url)

        async def item(self, key):
            return await self.get(f"/items/{key}")

    class Prices(Base):
        def __init__(self):
            super().__init__("prices", settings.price_url)

        async def price(self, key):
            return await self.get(f"/prices/{key}")
"""
SETTINGS = """
    from pydantic_settings import BaseSettings

    class Settings(BaseSettings):
        stock_url: str = "http://stock"
        price_url: str

    settings = Settings()
"""


def test_clients_that_derive_from_one_keep_their_address(tmp_path: Path) -> None:
    found = calls(tmp_path, dedent(CLIENTS), base=dedent(BASE_CLIENT), config=dedent(SETTINGS))
    assert sorted(found) == [
        ("GET", "{env:PRICE_URL}/prices/{}"),
        ("GET", "{env:STOCK_URL}/items/{}"),
    ]


def test_what_an_answer_holds_is_no_call(tmp_path: Path) -> None:
    source = """
        import httpx
        c = httpx.Client(base_url="http://a")
        data = c.get("/x").json()
        data.get("name")
        data["list"].get("http-equiv")
    """
    assert calls(tmp_path, dedent(source)) == [("GET", "http://a/x")]


REGISTRIES = {
    "by a key that is not known": """
        @app.api_route("/{name}/{path:path}")
        async def proxy(name, path, request):
            async with httpx.AsyncClient() as client:
                await client.request(request.method, f"{SERVICES[name]}/{path}")
    """,
    "in a loop over its values": """
        for url in SERVICES.values():
            httpx.request(anything(), f"{url}/{path()}")
    """,
    "in a loop over its items": """
        for name, url in SERVICES.items():
            httpx.request(anything(), f"{url}/{path()}")
    """,
    "by the name of a method": """
        def proxy(name, method, path):
            return getattr(httpx, method)(f"{SERVICES[name]}/{path}")
    """,
    "by a client's method of that name": """
        async def proxy(name, method, path):
            async with httpx.AsyncClient() as client:
                return await getattr(client, method.lower())(f"{SERVICES.get(name)}/{path}")
    """,
}


@pytest.mark.parametrize("body", REGISTRIES.values(), ids=REGISTRIES)
def test_a_registry_leads_to_all_of_its_services(tmp_path: Path, body: str) -> None:
    head = """
        import os, httpx
        SERVICES = {"users": os.environ["USERS_URL"], "orders": "http://orders"}
    """
    found = calls(tmp_path, dedent(head) + dedent(body))
    assert found == [("*", "{env:USERS_URL}/{} | http://orders/{}")]


def test_a_client_of_the_module_is_made_in_a_function(tmp_path: Path) -> None:
    source = """
        import os, httpx
        client: httpx.AsyncClient | None = None
        BASES = {"a": lambda: os.environ["A_URL"]}
        async def start():
            global client
            client = httpx.AsyncClient(base_url=os.environ["B_URL"])
        async def f(name):
            await client.get("/x")
            await httpx.get(BASES[name]() + "/y")
    """
    assert calls(tmp_path, source) == [("GET", "{env:B_URL}/x"), ("GET", "{env:A_URL}/y")]


TWICE = {
    "one after the other": (
        """
        def f(key):
            url = f"http://a/{key}"
            requests.get(url)
            url = "http://b"
            requests.post(url)
        f(input())
        """,
        [("GET", "http://a/{}"), ("POST", "http://b")],
    ),
    "one in a branch": (
        """
        def f(key):
            url = "http://a"
            if key:
                url = "http://b"
            requests.get(url)
        f(1)
        """,
        [("GET", "http://a | http://b")],
    ),
    "the same branch": (
        """
        def f(key):
            url = "http://a"
            if key:
                url = "http://b"
                requests.get(url)
        f(1)
        """,
        [("GET", "http://b")],
    ),
    "the round before": (
        """
        def f(keys):
            url = "http://a"
            for key in keys:
                requests.get(url)
                url = "http://b"
        f([])
        """,
        [("GET", "http://a | http://b")],
    ),
    "grown in between": (
        """
        def f():
            url = "http://a"
            url += "/x"
            requests.get(url)
            url += "/y"
            requests.post(url)
        f()
        """,
        [("GET", "http://a/x"), ("POST", "http://a/x/y")],
    ),
}


@pytest.mark.parametrize(("source", "wanted"), TWICE.values(), ids=TWICE)
def test_a_name_that_is_used_again(
    tmp_path: Path, source: str, wanted: list[tuple[str, str]]
) -> None:
    assert calls(tmp_path, "import requests\n" + dedent(source)) == wanted
