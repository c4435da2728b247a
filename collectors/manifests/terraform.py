"""Terraform: which store or queue a task, function or workload is given, by references."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.manifests.settings import HOST_KEY, setting
from depmap.model.deployed import Unit
from depmap.model.relations import Relation
from depmap.model.words import Kind, NodeKind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from depmap.model.facts import Fact

MAX_BLOCKS = 5000
GIVEN = 0.6
"""Confidence that something uses a store that it is given a reference to."""

_KINDS = {NodeKind.DATABASE: Kind.DATABASE, NodeKind.CACHE: Kind.CACHE,
          NodeKind.SEARCH: Kind.SEARCH, NodeKind.BROKER: Kind.MESSAGING_PUBLISH}  # fmt: skip
_HEAD = re.compile(r"^\s*resource\s+\"(\w+)\"\s+\"([\w-]+)\"\s*\{", re.MULTILINE)
_REF = re.compile(r"\b((?:aws|google|azurerm|kubernetes)_\w+)\.([\w-]+)(?:\[[^\]]*\])?\.(\w+)")
_INSIDE = re.compile(r"\$\{([^{}]*)\}")
_PAIR = re.compile(
    r"name\"?\s*[=:]\s*\"([A-Za-z_]\w*)\"\s*,?\s*\"?value\"?\s*[=:]\s*(\"(?:[^\"\\]|\\.)*\"|[^\s,}]+)"
)
_ENTRY = re.compile(
    r"^\s*\"?([A-Z][A-Z0-9_]+)\"?\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^\s,#]+)", re.MULTILINE
)
_NAMES = ("family", "function_name", "service_name", "cluster_identifier", "identifier",
          "replication_group_id", "cluster_id", "domain_name", "broker_name", "name")  # fmt: skip
_STORES = {
    "aws_db_instance": NodeKind.DATABASE, "aws_rds_cluster": NodeKind.DATABASE,
    "aws_docdb_cluster": NodeKind.DATABASE, "aws_dynamodb_table": NodeKind.DATABASE,
    "aws_elasticache_cluster": NodeKind.CACHE, "aws_elasticache_replication_group": NodeKind.CACHE,
    "aws_sqs_queue": NodeKind.BROKER, "aws_sns_topic": NodeKind.BROKER,
    "aws_msk_cluster": NodeKind.BROKER, "aws_mq_broker": NodeKind.BROKER,
    "aws_kinesis_stream": NodeKind.BROKER, "aws_opensearch_domain": NodeKind.SEARCH,
    "aws_elasticsearch_domain": NodeKind.SEARCH,
    "google_sql_database_instance": NodeKind.DATABASE, "google_redis_instance": NodeKind.CACHE,
    "google_pubsub_topic": NodeKind.BROKER, "google_pubsub_subscription": NodeKind.BROKER,
    "google_alloydb_cluster": NodeKind.DATABASE, "google_spanner_instance": NodeKind.DATABASE,
    "azurerm_postgresql_flexible_server": NodeKind.DATABASE,
    "azurerm_postgresql_server": NodeKind.DATABASE, "azurerm_mysql_flexible_server":
    NodeKind.DATABASE, "azurerm_mssql_server": NodeKind.DATABASE, "azurerm_cosmosdb_account":
    NodeKind.DATABASE, "azurerm_redis_cache": NodeKind.CACHE,
    "azurerm_servicebus_namespace": NodeKind.BROKER, "azurerm_servicebus_queue": NodeKind.BROKER,
    "azurerm_eventhub_namespace": NodeKind.BROKER,
}  # fmt: skip
_RUNS = frozenset(
    {"aws_ecs_task_definition", "aws_lambda_function", "aws_apprunner_service",
     "google_cloud_run_service", "google_cloud_run_v2_service", "google_cloudfunctions_function",
     "google_cloudfunctions2_function", "azurerm_container_app", "azurerm_linux_web_app",
     "azurerm_linux_function_app", "kubernetes_deployment", "kubernetes_deployment_v1",
     "kubernetes_stateful_set", "kubernetes_stateful_set_v1"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Block:
    path: str
    line: int
    kind: str
    label: str
    text: str

    @property
    def name(self) -> str:
        """The name that it has where it runs, as far as it is written down."""
        within = re.search(r"\bmetadata\s*\{[^{}]*?\bname\s*=\s*\"([\w.-]+)\"", self.text)
        if within is not None:
            return within[1]
        for key in _NAMES:
            found = re.search(rf"^\s*{key}\s*=\s*\"([\w.-]+)\"", self.text, re.MULTILINE)
            if found is not None:
                return found[1]
        return self.label


@dataclass(slots=True)
class _Module:
    root: str
    blocks: dict[tuple[str, str], _Block] = field(default_factory=dict)

    def facts(self) -> Iterator[Fact]:
        """Yield the stores, what runs with what it is given, and who takes from a queue."""
        used: set[tuple[str, str]] = set()
        for block in self.blocks.values():
            if block.kind in _RUNS:
                used.update((kind, label) for kind, label, _ in _REF.findall(block.text))
                yield self._unit(block, NodeKind.SERVICE)
                yield from self._settings(block)
            elif block.kind == "aws_lambda_event_source_mapping":
                used.update((kind, label) for kind, label, _ in _REF.findall(block.text))
                yield from self._taken(block)
        for key in sorted(used):
            if key in self.blocks and key[0] in _STORES:
                yield self._unit(self.blocks[key], _STORES[key[0]])

    def _unit(self, block: _Block, kind: NodeKind) -> Unit:
        image = re.search(
            r"^\s*\"?image(?:_uri)?\"?\s*[=:]\s*\"([\w./:@-]+)\"", block.text, re.MULTILINE
        )
        return Unit(
            root=self.root,
            locator=f"{block.path}:{block.line}",
            name=block.name,
            platform="terraform",
            kind=kind,
            image=image[1] if image is not None else "",
        )

    def _settings(self, block: _Block) -> Iterator[Fact]:
        found = {match.start(): match for match in _PAIR.finditer(block.text)}
        found |= {match.start(): match for match in _ENTRY.finditer(block.text)}
        for _, match in sorted(found.items()):
            value = self._value(match[2])
            at = f"{block.path}:{block.line + block.text.count(chr(10), 0, match.start(1))}"
            if value:
                yield setting(self.root, at, block.name, (match[1], value))
            store = self._referred(match[2])
            if store is not None and not HOST_KEY.search(match[1]):
                yield self._given(block, store, match[1], at)

    def _given(self, block: _Block, store: _Block, key: str, at: str) -> Relation:
        return Relation(
            root=self.root,
            locator=at,
            consumer=block.name,
            provider=store.name,
            kind=_KINDS[_STORES[store.kind]],
            confidence=GIVEN,
            reason=f"it is given it as {key}",
        )

    def _value(self, text: str) -> str:
        """A value with references to stores as their names; empty where nothing is known."""
        if not text.startswith('"'):
            store = self._referred(text)
            return store.name if store is not None else ""
        unknown = False

        def filled(match: re.Match[str]) -> str:
            nonlocal unknown
            found = self._referred(match[1])
            unknown = unknown or found is None
            return found.name if found is not None else "x"

        shown = _INSIDE.sub(filled, text[1:-1])
        return "" if unknown and "://" not in shown else shown

    def _referred(self, text: str) -> _Block | None:
        match = _REF.search(text)
        block = self.blocks.get((match[1], match[2])) if match is not None else None
        return block if block is not None and block.kind in _STORES else None

    def _taken(self, block: _Block) -> Iterator[Relation]:
        refs = [(self.blocks.get((kind, label))) for kind, label, _ in _REF.findall(block.text)]
        held = [one for one in refs if one is not None]
        takers = [one for one in held if one.kind in _RUNS]
        for store in (one for one in held if one.kind in _STORES):
            for taker in takers:
                yield Relation(
                    root=self.root,
                    locator=f"{block.path}:{block.line}",
                    consumer=taker.name,
                    provider=store.name,
                    kind=Kind.MESSAGING_CONSUME,
                    operation=store.name,
                    strength=Strength.STRONG,
                    confidence=0.9,
                    reason="it is started by what comes in there",
                )


def wanted(name: str) -> bool:
    """Whether a file of that name is one of Terraform."""
    return name.endswith(".tf")


def read(root: str, texts: Mapping[str, str]) -> Iterator[Fact]:
    """Yield the facts of every module of a root: of each folder with files of Terraform."""
    modules: dict[str, _Module] = {}
    for path, text in texts.items():
        if wanted(path):
            module = modules.setdefault(posixpath.dirname(path), _Module(root))
            for block in _blocks(path, text):
                if len(module.blocks) < MAX_BLOCKS:
                    module.blocks.setdefault((block.kind, block.label), block)
    for _, module in sorted(modules.items()):
        yield from module.facts()


def _blocks(path: str, text: str) -> Iterator[_Block]:
    """The resources of a file, each up to the bracket that ends it."""
    ends = _ends(text)
    for match in _HEAD.finditer(text):
        start = match.end() - 1
        end = ends.get(start, match.end())  # one without an end says nothing
        line = text.count("\n", 0, match.start(1)) + 1
        first = text.rfind("\n", 0, match.start(1)) + 1
        yield _Block(path, line, match[1], match[2], text[first:end])


def _ends(text: str) -> dict[int, int]:
    """Where each bracket ends that is opened outside of a text and a comment."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for match in re.finditer(r"\"(?:[^\"\\\n]|\\.)*\"|#[^\n]*|//[^\n]*|[{}]", text):
        if match[0] == "{":
            waiting.append(match.start())
        elif match[0] == "}" and waiting:
            found[waiting.pop()] = match.end()
    return found
