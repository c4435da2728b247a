"""Django's settings, databases and tables of routes; settings of other frameworks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Route, Use
from tests.collectors.code.reading import calls, only, read

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """
import os
import dj_database_url
SHIPPING_URL = os.environ.get("SHIPPING_URL", "http://shipping")
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop", "HOST": os.environ["DB_HOST"], "PORT": "5432",
    },
    "other": dj_database_url.config(default="mysql://my/x"),
    "small": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x"},
}
CACHES = {
    "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://cache:6379/1"},
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "x"},
}
"""


def test_stores_of_the_settings(tmp_path: Path) -> None:
    uses = only(Use, read(tmp_path, {"shop/settings.py": SETTINGS}))
    assert [(one.kind.value, one.system, str(one.targets[0])) for one in uses] == [
        ("database", "postgresql", "postgresql://{env:DB_HOST}:5432/shop"),
        ("database", "", "{env:DATABASE_URL}"),
        ("database", "sqlite", "sqlite://"),
        ("cache", "redis", "redis://cache:6379/1"),
    ]
    assert uses[0].locator == "shop/settings.py:4"


def test_a_database_that_is_replaced_after_it_is_set(tmp_path: Path) -> None:
    settings = """
        import os
        import dj_database_url
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x"}}
        URL = os.environ.get("DB_CONNECTION")
        found = dj_database_url.config(default=URL, conn_max_age=500)
        DATABASES["default"].update(found)
        if os.environ.get("PRODUCTION"):
            DATABASES["other"] = dj_database_url.parse(os.environ["OTHER_URL"])
    """
    uses = only(Use, read(tmp_path, {"shop/settings.py": settings}))
    assert {(one.system, "|".join(map(str, one.targets))) for one in uses} == {
        ("sqlite", "sqlite://"),
        ("", "{env:DATABASE_URL}|{env:DB_CONNECTION}"),
        ("", "{env:OTHER_URL}"),
    }


def test_paths_are_put_together_as_they_are_written(tmp_path: Path) -> None:
    files = {
        "shop/urls.py": """
            from django.urls import include, path
            urlpatterns = [path("api/data", include("orders.urls"))]
        """,
        "orders/urls.py": """
            from django.urls import include, path
            from rest_framework.routers import DefaultRouter
            from orders.views import Orders, state
            router = DefaultRouter()
            router.register("orders", Orders)
            urlpatterns = [path("/", include(router.urls)), path("/<int:pk>/state", state)]
        """,
        "orders/views.py": """
            from rest_framework import viewsets
            class Orders(viewsets.ReadOnlyModelViewSet): ...
            def state(request): ...
        """,
        "orders/tests.py": "import requests\nrequests.get('http://nobody')\n",
    }
    items = read(tmp_path, files)
    assert sorted({one.path for one in only(Route, items)}) == [
        "/api/data/orders", "/api/data/orders/{}", "/api/data/{}/state",
    ]  # fmt: skip
    assert only(Use, items) == []


def test_a_setting_is_called(tmp_path: Path) -> None:
    view = """
        import requests
        from django.conf import settings
        def f(request):
            return requests.post(f"{settings.SHIPPING_URL}/parcels")
    """
    items = read(tmp_path, {"shop/settings.py": SETTINGS, "shop/views.py": view})
    called = [one for one in only(Use, items) if one.method]
    assert [str(one.targets[0]) for one in called] == ["{env:SHIPPING_URL}/parcels"]
    assert called[0].endless


def test_routes_with_includes_and_viewsets(tmp_path: Path) -> None:
    files = {
        "shop/urls.py": """
            from django.contrib import admin
            from django.urls import include, path, re_path
            from orders.views import ping
            urlpatterns = [
                path("admin/", admin.site.urls),
                path("api/", include("orders.urls")),
                re_path(r"^ping/(?P<key>[0-9]{1,3})/$", ping),
            ]
        """,
        "orders/urls.py": """
            from django.urls import include, path
            from rest_framework import routers
            from orders import views
            router = routers.DefaultRouter()
            router.register(r"orders", views.OrderViewSet)
            router.register("kinds", views.KindViewSet, basename="kind")
            urlpatterns = [
                path("", include(router.urls)),
                path("bills/<int:pk>/", views.Bills.as_view()),
                path("stock/", views.Stock.as_view({"get": "list"})),
            ]
        """,
        "orders/views.py": """
            from rest_framework import generics, viewsets
            from rest_framework.decorators import action, api_view
            class OrderViewSet(viewsets.ModelViewSet):
                @action(detail=True, methods=["post"], url_path="pay-now")
                def pay(self, request, pk): ...
            class KindViewSet(viewsets.ViewSet):
                def list(self, request): ...
            class Bills(generics.RetrieveUpdateAPIView):
                def post(self, request): ...
            class Stock(viewsets.ViewSet): ...
            @api_view(["GET"])
            def ping(request, key): ...
        """,
    }
    routes = only(Route, read(tmp_path, files))
    assert sorted(f"{one.method} {one.path}" for one in routes) == [
        "DELETE /api/orders/{}",
        "GET /api/bills/{}",
        "GET /api/kinds",
        "GET /api/orders",
        "GET /api/orders/{}",
        "GET /api/stock",
        "GET /ping/{}",
        "PATCH /api/bills/{}",
        "PATCH /api/orders/{}",
        "POST /api/bills/{}",
        "POST /api/orders",
        "POST /api/orders/{}/pay-now",
        "PUT /api/bills/{}",
        "PUT /api/orders/{}",
    ]


def test_tables_of_patterns_that_include_each_other_end(tmp_path: Path) -> None:
    files = {
        f"{one}/urls.py": f"from django.urls import include, path\n"
        f"urlpatterns = [path('{one}/', include('{other}.urls'))]"
        for one, other in (("a", "b"), ("b", "a"))
    }
    assert only(Route, read(tmp_path, files)) == []


SETTINGS_OF_OTHERS = {
    "flask, from a class": """
        import os, requests
        from flask import Flask, current_app
        class Config:
            STOCK = os.environ["STOCK_URL"]
        app = Flask("x")
        app.config.from_object(Config)
        def f():
            requests.get(current_app.config["STOCK"] + "/x", timeout=1)
        f()
    """,
    "flask, from a mapping": """
        import os, requests
        from flask import Flask, current_app
        app = Flask("x")
        app.config.from_mapping(STOCK=os.environ["STOCK_URL"])
        def f():
            requests.get(current_app.config.get("STOCK") + "/x", timeout=1)
        f()
    """,
    "dynaconf": """
        import requests
        from dynaconf import Dynaconf
        settings = Dynaconf(envvar_prefix="STOCK")
        requests.get(settings.URL + "/x", timeout=1)
    """,
    "environs": """
        import requests
        from environs import Env
        env = Env()
        requests.get(env.str("STOCK_URL") + "/x", timeout=1)
    """,
    "decouple": """
        import requests
        from decouple import config
        requests.get(config("STOCK_URL") + "/x", timeout=1)
    """,
    "django-environ": """
        import environ, requests
        env = environ.Env(DEBUG=(bool, False))
        requests.get(env("STOCK_URL") + "/x", timeout=1)
    """,
    "a dataclass": """
        import os, requests
        from dataclasses import dataclass, field
        @dataclass
        class Settings:
            stock: str = field(default_factory=lambda: os.environ["STOCK_URL"])
        requests.get(Settings().stock + "/x", timeout=1)
    """,
    "pydantic with a prefix": """
        import requests
        from pydantic_settings import BaseSettings, SettingsConfigDict
        class Stock(BaseSettings):
            model_config = SettingsConfigDict(env_prefix="STOCK_")
            url: str
        class Settings(BaseSettings):
            stock: Stock = Stock()
        settings = Settings()
        requests.get(f"{settings.stock.url}/x", timeout=1)
    """,
    "aiohttp's application": """
        import os, aiohttp
        from aiohttp import web
        app = web.Application()
        app["stock"] = os.environ["STOCK_URL"]
        async def f(request):
            async with aiohttp.ClientSession() as session:
                await session.get(request.app["stock"] + "/x")
    """,
}


@pytest.mark.parametrize("source", SETTINGS_OF_OTHERS.values(), ids=SETTINGS_OF_OTHERS)
def test_settings_lead_to_variables(tmp_path: Path, source: str) -> None:
    assert calls(tmp_path, source) == [("GET", "{env:STOCK_URL}/x")]
