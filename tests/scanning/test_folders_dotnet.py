"""Whole folders of .NET: mediators behind buses, clients of interfaces, settings by project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.scanning.building import edges, pairs, scan, write

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE = """
    services:
      policy: {build: {context: ., dockerfile: Policy/Dockerfile}}
      paying: {build: {context: ., dockerfile: Paying/Dockerfile}}
      q: {image: rabbitmq}
      db: {image: postgres}
      found: {image: elasticsearch}
"""
DOCKER = "FROM dotnet\nCOPY Events Events\nCOPY {0} {0}\nENTRYPOINT dotnet {0}.dll\n"
FILES = {
    "docker-compose.yml": COMPOSE,
    "Events/Events.csproj": "<Project/>",
    "Events/Sold.cs": "public class Sold : INotification { }",
}
for _name in ("Policy", "Paying"):
    FILES[f"{_name}/{_name}.csproj"] = "<Project/>"
    FILES[f"{_name}/Dockerfile"] = DOCKER.format(_name)
BUS = """
    using EasyNetQ;
    class Installer {
        void Add() {
            var host = Environment.GetEnvironmentVariable("BOXED") == "true" ? "q" : "localhost";
            var bus = RabbitHutch.CreateBus($"host={host}:5672;username=guest");
        }
    }
"""


def test_messages_that_a_mediator_hands_on_came_over_the_bus(tmp_path: Path) -> None:
    files = FILES | {
        "Policy/Bus.cs": BUS, "Paying/Bus.cs": BUS,
        "Policy/Sell.cs": """
            class Sell {
                async Task Do() { await publisher.PublishMessage(new Sold { }); }
            }
        """,
        "Paying/Takes.cs": "class Takes : INotificationHandler<Sold> { }",
    }  # fmt: skip
    found = edges(scan(write(tmp_path / "r", files)))
    assert ("policy", "paying", "event", "Sold") in found
    assert ("paying", "q", "messaging-consume", "Sold") in found


def test_notices_inside_one_program_are_none_of_a_bus(tmp_path: Path) -> None:
    files = FILES | {
        "Policy/Bus.cs": BUS,
        "Policy/Noted.cs": "class Noted : INotification { } "
        "class Takes : INotificationHandler<Noted> { }",
    }
    found = edges(scan(write(tmp_path / "r", files)))
    assert not {one for one in found if one[2].startswith(("messaging", "event"))}


def test_an_interface_whose_calls_have_no_path_of_their_own(tmp_path: Path) -> None:
    files = FILES | {
        "Policy/appsettings.json": '{"PayUri": "http://paying/api/pay"}',
        "Policy/Client.cs": """
            public interface IPay { [Post] Task<int> Pay([Body] Order order); }
            public class Pays : IPay {
                public Pays(IConfiguration configuration) {
                    var http = new HttpClient() {
                        BaseAddress = new Uri(configuration.GetValue<string>("PayUri")) };
                    client = RestClient.For<IPay>(http);
                }
            }
        """,
        "Paying/PayController.cs": """
            [Route("api/[controller]")] public class PayController {
                [HttpPost] public int Post([FromBody] Order order) { }
            }
        """,
    }
    found = edges(scan(write(tmp_path / "r", files)))
    assert ("policy", "paying", "http", "POST /api/pay") in found


def test_a_setting_that_another_project_uses_is_not_used_by_this_one(tmp_path: Path) -> None:
    given = '{"ConnectionStrings": {"Main": "Host=db;Database=x"}}'
    use = 'class P { void F() { o.UseNpgsql(Configuration.GetConnectionString("Main")); } }'
    files = FILES | {
        "Policy/appsettings.json": given, "Policy/P.cs": "class P { void Main() { } }",
        "Paying/appsettings.json": given, "Paying/P.cs": use,
    }  # fmt: skip
    found = pairs(scan(write(tmp_path / "r", files)))
    assert {("policy", "db", "database"), ("paying", "db", "database")} <= found


def test_what_is_asked_of_a_search_engine_is_search(tmp_path: Path) -> None:
    files = FILES | {
        "Policy/appsettings.json": '{"ConnectionStrings": {"Found": "http://found:9200"}}',
        "Policy/P.cs": """
            using Elastic.Clients.Elasticsearch;
            class P { void F() { Make(Configuration.GetConnectionString("Found")); }
                void Make(string text) {
                    new ElasticsearchClient(new ElasticsearchClientSettings(new Uri(text))); } }
        """,
    }
    found = pairs(scan(write(tmp_path / "r", files)))
    assert ("policy", "found", "search") in found
    assert ("policy", "found", "http") not in found


def test_a_message_that_a_parameter_of_a_type_stands_for_is_none(tmp_path: Path) -> None:
    files = FILES | {
        "Policy/Bus.cs": BUS,
        "Policy/Any.cs": "interface Any<TEvent> : IEventHandler<TEvent> { }",
    }
    found = edges(scan(write(tmp_path / "r", files)))
    assert not {one for one in found if one[3] == "TEvent"}


def test_settings_of_a_part_that_is_called_after_the_project(tmp_path: Path) -> None:
    files = FILES | {
        "Policy.Api/Policy.Api.csproj": "<Project/>",
        "Policy.Api/Program.cs": "class P { static void Main() { } }",
        "Policy.Api/appsettings.json": '{"Pay": {"Address": "http://paying:80"}}',
        "Policy/Client.cs": """
            class Client { async Task Ask() {
                await client.GetAsync(configuration["Pay:Address"] + "/accounts"); } }
        """,
        "Policy/Dockerfile": DOCKER.format("Policy").replace("ENTRY", "COPY Policy.Api .\\nENTRY"),
    }
    found = scan(write(tmp_path / "r", files))
    rows = [one for one in found.evidence if (one.consumer, one.provider) == ("policy", "paying")]
    assert [one.operation for one in rows if "was not seen" in one.reason] == []
