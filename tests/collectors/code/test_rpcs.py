"""Remote calls by a contract: gRPC stubs and servicers, and nameko's services."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collectors.code.grpcs import packages
from depmap.model.facts import Entry, Route, Use
from depmap.model.words import Kind
from tests.collectors.code.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

GENERATED = """
class CartServiceStub(object):
    def __init__(self, channel):
        self.GetCart = channel.unary_unary('/shop.v1.CartService/GetCart', request_serializer=x)

class CartServiceServicer(object):
    def GetCart(self, request, context): ...

def add_CartServiceServicer_to_server(servicer, server): ...
"""


def calls(folder: Path, **files: str) -> list[tuple[str, str]]:
    """(address, operation) of each call of a stub."""
    named = {f"{name}.py": text for name, text in files.items()}
    found = [use for use in only(Use, read(folder, named)) if use.kind is Kind.GRPC]
    return [("|".join(map(str, use.targets)), str(use.operations[0])) for use in found]


CLIENTS = {
    "a channel of an address": """
        import grpc, os, cart_pb2_grpc
        channel = grpc.insecure_channel(os.environ["CART_ADDR"])
        stub = cart_pb2_grpc.CartServiceStub(channel)
        stub.GetCart(1)
    """,
    "with the channel": """
        import os, grpc
        from cart_pb2_grpc import CartServiceStub
        def f():
            with grpc.insecure_channel(os.environ["CART_ADDR"]) as channel:
                return CartServiceStub(channel).GetCart(1)
    """,
    "an intercepted channel of an object": """
        import grpc, os, cart_pb2_grpc
        class Client:
            def __init__(self, address):
                channel = grpc.intercept_channel(grpc.aio.insecure_channel(address), x)
                self.stub = cart_pb2_grpc.CartServiceStub(channel)
            def get(self):
                return self.stub.GetCart(1)
        client = Client(os.environ["CART_ADDR"])
        client.get()
    """,
}


@pytest.mark.parametrize("main", CLIENTS.values(), ids=CLIENTS)
@pytest.mark.parametrize("generated", [True, False])
def test_a_stub_is_called_over_its_channel(tmp_path: Path, main: str, generated: bool) -> None:
    files = {"main": main} | ({"cart_pb2_grpc": GENERATED} if generated else {})
    name = "shop.v1.CartService" if generated else "CartService"
    assert calls(tmp_path, **files) == [("{env:CART_ADDR}", f"{name}/GetCart")]


def test_full_names_come_from_the_contract(tmp_path: Path) -> None:
    files = {
        "main.py": "import c_pb2_grpc\nc_pb2_grpc.CartStub(make()).Get(1)",
        "c.proto": "syntax = 'proto3'; // x\npackage shop;\nservice Cart { rpc Get (A); }",
    }
    (use,) = only(Use, read(tmp_path, files))
    assert (str(use.operations[0]), use.targets) == ("shop.Cart/Get", ())
    assert packages("/* service No {} */ service Yes {}") == {"Yes": "Yes"}


def test_a_servicer_offers_its_methods(tmp_path: Path) -> None:
    main = """
        import os, grpc, cart_pb2_grpc
        class Cart(cart_pb2_grpc.CartServiceServicer):
            def GetCart(self, request, context):
                return None
            def helper(self): ...
        server = grpc.server(None)
        cart_pb2_grpc.add_CartServiceServicer_to_server(Cart(), server)
        server.add_insecure_port("[::]:7070")
        server.add_insecure_port("[::]:" + os.environ.get("PORT", "1"))
    """
    items = read(tmp_path, {"main.py": main, "cart_pb2_grpc.py": GENERATED})
    (route,) = only(Route, items)
    assert (route.path, route.protocol) == ("shop.v1.CartService/GetCart", "grpc")
    assert route.locator == "main.py:4"
    assert [str(one.port) for one in only(Entry, items)] == ["7070", "{env:PORT}"]


def test_health_checks_are_no_contract(tmp_path: Path) -> None:
    main = """
        from grpc_health.v1 import health_pb2_grpc
        health_pb2_grpc.add_HealthServicer_to_server(x(), server)
        health_pb2_grpc.HealthStub(channel).Check(1)
    """
    items = read(tmp_path, {"main.py": main})
    assert only(Route, items) == []
    assert only(Use, items) == []


NAMEKO = """
from nameko.rpc import rpc, RpcProxy
from nameko.events import EventDispatcher, event_handler
from nameko.web.handlers import http

class Orders:
    name = "orders"
    products = RpcProxy("products")
    dispatch = EventDispatcher()

    @rpc
    def create(self, item):
        self.products.get(item)
        self.dispatch("created", {})

    @event_handler("payments", "paid")
    def paid(self, payload): ...

    @http("GET,PUT", "/orders/<int:key>")
    def page(self, request, key): ...
"""


def test_a_service_of_nameko(tmp_path: Path) -> None:
    items = read(tmp_path, {"main.py": NAMEKO})
    uses = [(one.kind.value, str(one.operations[0])) for one in only(Use, items)]
    assert uses == [
        ("messaging-consume", "nameko-rpc/orders.create"),
        ("messaging-consume", "payments.events/paid"),
        ("rpc", "products.get"),
        ("messaging-publish", "nameko-rpc/products.get"),
        ("messaging-publish", "orders.events/created"),
    ]
    routes = [(one.protocol, one.method, one.path) for one in only(Route, items)]
    assert routes == [
        ("nameko", "", "orders.create"),
        ("http", "GET", "/orders/{}"),
        ("http", "PUT", "/orders/{}"),
    ]


def test_a_cluster_is_called_from_outside(tmp_path: Path) -> None:
    main = """
        from nameko.standalone.rpc import ClusterRpcProxy
        def f():
            with ClusterRpcProxy({"AMQP_URI": "amqp://mq"}) as rpc:
                rpc.products.get.call_async(1)
    """
    uses = only(Use, read(tmp_path, {"main.py": main}))
    assert [str(one.operations[0]) for one in uses if one.kind is Kind.RPC] == ["products.get"]
