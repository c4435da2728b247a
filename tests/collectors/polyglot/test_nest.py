"""Microservices of NestJS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Entry, Route, Use
from tests.collectors.polyglot.reading import only, read
from tests.scanning.building import edges, scan, write

if TYPE_CHECKING:
    from pathlib import Path

REGISTERED = """
    ClientsModule.register([
        { name: "OTHER", transport: Transport.TCP, options: { host: "other", port: 1 } },
        { name: "STOCK", transport: Transport.TCP, options: { host: process.env.S, port: 3001 } },
    ]);
"""
FACTORY = """
    @Module({ providers: [{ provide: "STOCK", useFactory: (c: ConfigService) => {
        const options = c.get("stock");
        return ClientProxyFactory.create(options);
    } }] })
    class M {}
    class C { constructor() { this.all.stock = {
        options: { host: process.env.S, port: 3001 }, transport: Transport.TCP }; } }
"""
CALLS = """
    class A {
        constructor(private readonly b: B, @Inject("STOCK") private readonly stock: ClientProxy) {}
        f() { return this.stock.send({ cmd: "items" }, id).toPromise(); }
    }
"""


@pytest.mark.parametrize("text", [REGISTERED, FACTORY], ids=["registered", "made by a factory"])
def test_calls(tmp_path: Path, text: str) -> None:
    (use,) = only(Use, read(tmp_path, {"m.ts": text, "a.ts": CALLS, "package.json": ""}))
    assert (use.kind.value, use.system, str(use.operations[0])) == ("rpc", "nest", "items")
    assert str(use.targets[0]) == "{env:S}:3001"


def test_messages_over_a_broker(tmp_path: Path) -> None:
    text = """
        ClientsModule.register([{ name: "STOCK", transport: Transport.RMQ,
            options: { urls: [process.env.MQ], queue: "q" } }]);
        app.connectMicroservice({ transport: Transport.RMQ, options: { urls: [process.env.MQ] } });
        @Controller() class C { @EventPattern("placed") f() {} }
    """
    files = {"m.ts": text, "a.ts": CALLS.replace("send", "emit"), "package.json": ""}
    found = only(Use, read(tmp_path, files))
    assert [(one.kind.value, str(one.targets[0]), str(one.operations[0])) for one in found] == [
        ("messaging-publish", "{env:MQ}", "items"),
        ("messaging-consume", "{env:MQ}", "placed"),
    ]


def test_what_a_service_answers_and_where(tmp_path: Path) -> None:
    text = """
        NestFactory.createMicroservice(M, {
            transport: Transport.TCP, options: { port: 3001 } } as TcpOptions);
        @Controller() class C { @MessagePattern({ cmd: "items" }) f() {} }
    """
    items = read(tmp_path, {"m.ts": text, "package.json": ""})
    assert [(one.path, one.protocol) for one in only(Route, items)] == [("items", "nest")]
    assert [str(one.port) for one in only(Entry, items) if one.way == "server"] == ["3001"]


def test_a_pattern_leads_to_the_service_that_answers_it(tmp_path: Path) -> None:
    answer = '@Controller() class C { @MessagePattern({ cmd: "items" }) f() {} }'
    files = {
        "web/m.ts": REGISTERED, "web/a.ts": CALLS, "web/package.json": "{}",
        "stock/m.ts": answer, "stock/package.json": "{}",
        "docker-compose.yml": """
            services:
              web: {build: web, environment: {S: stock}}
              stock: {build: stock}
        """,
    }  # fmt: skip
    assert edges(scan(write(tmp_path / "r", files))) == {("web", "stock", "rpc", "items")}


def test_contracts(tmp_path: Path) -> None:
    text = """
        ClientsModule.register([{ name: "STOCK", transport: Transport.GRPC,
            options: { url: process.env.S, package: "s" } }]);
        class A {
            private items: Items;
            constructor(@Inject("STOCK") private readonly client: ClientGrpc) {}
            onModuleInit() { this.items = this.client.getService<Items>("Items"); }
            f() { return this.items.findOne({ id: 1 }); }
        }
        @Controller() class C { @GrpcMethod("Items", "FindOne") g() {} }
    """
    proto = "package s; service Items { rpc FindOne (A) returns (B); }"
    items = read(tmp_path, {"a.ts": text, "s.proto": proto, "package.json": ""})
    (use,) = only(Use, items)
    assert (str(use.targets[0]), str(use.operations[0])) == ("{env:S}", "s.Items/FindOne")
    assert [one.path for one in only(Route, items)] == ["s.Items/FindOne"]
