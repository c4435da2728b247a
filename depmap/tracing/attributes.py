"""The one table of span attribute names, current and legacy, by meaning.

Sources: OpenTelemetry semantic conventions (current names first), their older versions,
OpenTracing tags, Brave/Zipkin tags, Envoy and Istio tags. Names that start with ``zipkin.`` are
ours: the Zipkin reader puts the remote endpoint under them, so that one table serves all formats.
"""

from __future__ import annotations

from typing import Final

REMOTE_NAME: Final = "zipkin.remote.name"
REMOTE_IP: Final = "zipkin.remote.ip"
REMOTE_PORT: Final = "zipkin.remote.port"

PEER: Final = ("service.peer.name", "peer.service", REMOTE_NAME, "faas.invoked_name")
"""The peer's logical name, as the span gives it."""

UPSTREAM: Final = ("upstream_cluster.name", "upstream_cluster")
"""The target of an Envoy or Istio client span."""

DOWNSTREAM: Final = ("downstream_cluster",)
"""The caller of an Envoy server span, as the caller's own Envoy calls itself; ``-``: unknown."""

ADDRESSES: Final = (
    ("server.address", "server.port"),
    ("net.peer.name", "net.peer.port"),
    ("peer.hostname", "peer.port"),
    ("net.sock.peer.name", "net.sock.peer.port"),
)
"""The peer's host and port, by name."""

SOCKETS: Final = (
    ("network.peer.address", "network.peer.port"),
    ("net.sock.peer.addr", "net.sock.peer.port"),
    ("net.peer.ip", "net.peer.port"),
    ("peer.address", "peer.port"),
    ("peer.ipv4", "peer.port"),
    ("peer.ipv6", "peer.port"),
    (REMOTE_IP, REMOTE_PORT),
)
"""The peer's socket: what is left where neither the span nor its URL names a host."""

URL: Final = ("url.full", "http.url")
HOST: Final = ("http.host",)
PATH: Final = ("url.path", "http.target", "http.path")
ROUTE: Final = ("http.route", "url.template")
METHOD: Final = ("http.request.method", "http.method")
HTTP_STATUS: Final = ("http.response.status_code", "http.status_code")

DB_SYSTEM: Final = ("db.system.name", "db.system", "db.type")
DB_NAMESPACE: Final = (
    "db.namespace",
    "db.name",
    "db.instance",
    "db.redis.database_index",
    "db.cassandra.keyspace",
)
DB_OBJECT: Final = (
    "db.collection.name",
    "db.sql.table",
    "db.mongodb.collection",
    "db.cassandra.table",
)
DB_OPERATION: Final = ("db.operation.name", "db.operation")
DB_TELLING: Final = (*DB_NAMESPACE, *DB_OBJECT, *DB_OPERATION, "sql.query")
"""What tells of a database where nothing names its system, as OpenTelemetry's service graph does.

The last is Brave's.
"""

CONNECTION: Final = ("db.connection_string", "messaging.url")
"""Addresses of stores and brokers, as their clients are configured with them."""

RPC_SYSTEM: Final = ("rpc.system.name", "rpc.system")
RPC_SERVICE: Final = ("rpc.service",)
RPC_METHOD: Final = ("rpc.method",)
GRPC_STATUS: Final = ("rpc.response.status_code", "rpc.grpc.status_code", "grpc.status_code")

MESSAGING_SYSTEM: Final = ("messaging.system", "message_bus.system")
DESTINATION: Final = (
    "messaging.destination.template",
    "messaging.destination.name",
    "messaging.destination",
    "messaging.kafka.topic",
    "message_bus.destination",
    "kafka.topic",
    "rabbit.queue",
    "rabbit.routing_key",
    "jms.queue",
    "jms.topic",
    "messaging.rabbitmq.destination.routing_key",
    "messaging.rabbitmq.routing_key",
)
"""Topic or queue; a message to RabbitMQ's nameless exchange goes to the queue of its key."""

MESSAGING_OPERATION: Final = (
    "messaging.operation.type",
    "messaging.operation",
    "messaging.operation.name",
)
IMPLIED_SYSTEM: Final = {
    "messaging.kafka.topic": "kafka",
    "kafka.topic": "kafka",
    "rabbit.queue": "rabbitmq",
    "rabbit.routing_key": "rabbitmq",
    "jms.queue": "jms",
    "jms.topic": "jms",
}
"""Destinations whose very name tells the system."""

ERROR: Final = ("error",)
STATUS: Final = ("otel.status_code",)
COMPONENT: Final = ("component",)

PROBABILITY: Final = ("sampling.probability", "X-SampleRatio")
"""The share of traces that is kept."""

SAMPLE_RATE: Final = ("SampleRate",)
"""How many spans one stands for (Honeycomb)."""

SAMPLER_TYPE: Final = ("sampler.type",)
SAMPLER_PARAM: Final = ("sampler.param",)
"""Jaeger's clients: the parameter is a share where the type is "probabilistic"."""

KIND: Final = "span.kind"
TRACE_STATE: Final = ("w3c.tracestate",)

SERVICE: Final = ("service.name",)
NAMESPACE: Final = ("service.namespace",)
ENVIRONMENT: Final = ("deployment.environment.name", "deployment.environment")

_ABOUT_THE_PEER = (
    *(name for pair in (*ADDRESSES, *SOCKETS) for name in pair),
    *UPSTREAM,
    *HOST,
    *CONNECTION,
)
_COMMON = (
    *PEER,
    *DOWNSTREAM,
    *URL,
    *PATH,
    *ROUTE,
    *METHOD,
    *HTTP_STATUS,
    *DB_SYSTEM,
    *DB_TELLING,
    *RPC_SYSTEM,
    *RPC_SERVICE,
    *RPC_METHOD,
    *GRPC_STATUS,
    *MESSAGING_SYSTEM,
    *DESTINATION,
    *MESSAGING_OPERATION,
    *ERROR,
    *STATUS,
    *COMPONENT,
    *PROBABILITY,
    *SAMPLE_RATE,
    *SAMPLER_TYPE,
    *SAMPLER_PARAM,
)

VARYING: Final = frozenset((*URL, *PATH))
"""Attributes that differ from call to call; templated before anything is looked up by them."""

WANTED: Final = frozenset((*_COMMON, *_ABOUT_THE_PEER))
"""What a span's attributes are read for."""

WANTED_OF_SERVER: Final = frozenset(_COMMON)
"""The same for server spans: the caller's socket is different at every call and names nobody."""

RESOURCE: Final = frozenset((*SERVICE, *NAMESPACE, *ENVIRONMENT))
"""What a resource's or process's attributes are read for."""

DB_ALIASES: Final = {
    "postgres": "postgresql",
    "mongo": "mongodb",
    "memcache": "memcached",
    "mssql": "microsoft.sql_server",
    "oracle": "oracle.db",
    "db2": "ibm.db2",
    "cosmosdb": "azure.cosmosdb",
    "dynamodb": "aws.dynamodb",
    "redshift": "aws.redshift",
    "hanadb": "sap.hana",
    "hana": "sap.hana",
    "maxdb": "sap.maxdb",
    "spanner": "gcp.spanner",
    "informix": "ibm.informix",
    "netezza": "ibm.netezza",
}
"""Legacy values of the database system, by the current one, so that both name one database."""

CACHES: Final = frozenset({"redis", "memcached", "valkey", "keydb", "dragonfly", "hazelcast"})
SEARCHES: Final = frozenset({"elasticsearch", "opensearch", "solr"})
UNTOLD_SYSTEMS: Final = frozenset({"other_sql", "sql", "unknown", "other"})
"""Values that say that a database is there, but not which."""
