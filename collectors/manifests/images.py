"""What an image's name tells about what runs in it."""

from __future__ import annotations

import re

from depmap.model.words import NodeKind

_KINDS = {
    NodeKind.DATABASE: """postgres postgresql postgis timescaledb pgvector pgbouncer mysql mariadb
        percona mongo mongodb cockroach cockroachdb cassandra scylla couchdb couchbase neo4j
        influxdb clickhouse mssql sqlserver dynamodb arangodb minio rethinkdb crate oracle db2
        etcd surrealdb yugabyte tidb qdrant weaviate milvus chroma azurite firestore""",
    NodeKind.CACHE: "redis valkey memcached keydb dragonfly hazelcast",
    NodeKind.BROKER: """rabbitmq kafka cp-kafka redpanda nats nats-streaming activemq artemis
        mosquitto emqx pulsar nsq nsqd zookeeper cp-zookeeper elasticmq localstack""",
    NodeKind.SEARCH: "elasticsearch opensearch solr meilisearch typesense",
    NodeKind.GATEWAY: """nginx traefik haproxy envoy kong caddy apisix httpd openresty
        oauth2-proxy krakend ocelot nginx-unprivileged""",
    NodeKind.EXTERNAL: """jaeger all-in-one zipkin prometheus grafana loki promtail tempo
        opentelemetry-collector opentelemetry-collector-contrib otel-collector otelcol mailhog
        mailpit maildev adminer pgadmin pgadmin4 phpmyadmin kibana logstash fluentd fluent-bit
        statsd cadvisor alertmanager vault consul locust redis-commander redisinsight
        node-exporter portainer seq kafka-ui kafdrop akhq mongo-express flower wait-for-it
        dockerize k6 elastic-agent filebeat metricbeat datadog-agent newrelic""",
}
_BY_NAME = {name: kind for kind, names in _KINDS.items() for name in names.split()}
_STORES = frozenset({NodeKind.DATABASE, NodeKind.CACHE, NodeKind.BROKER, NodeKind.SEARCH})
_TOOL_WORDS = """ui exporter express commander manager admin operator backup connect init client
    proxy insight drop registry rest web console dashboard dashboards setup service api app
    worker consumer producer migrate migrations seed seeder monitor gui viewer tools"""
_TOOLS = frozenset(_TOOL_WORDS.split())


def kind_of(image: str) -> NodeKind | None:
    """Return what runs in an image; None for one that is not known.

    >>> kind_of("team/shop-mysql-db:1"), kind_of("team/mysql-backup")
    (<NodeKind.DATABASE: 'database'>, None)
    """
    name = image.rpartition("@")[0] or image
    path = name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
    above, _, last = path.lower().rpartition("/")
    if last in {"server", "database", "db"} and above:
        last = above.rpartition("/")[2]  # mssql/server
    if last in _BY_NAME:
        return _BY_NAME[last]
    words = [word for word in _BY_NAME if last.startswith(f"{word}-") or last.endswith(f"-{word}")]
    parts = re.split(r"[-_.]", last)
    if _TOOLS.intersection(parts):
        words = [word for word in words if _BY_NAME[word] is NodeKind.EXTERNAL]
    else:
        words += [word for word in parts if _BY_NAME.get(word) in _STORES]
    return _BY_NAME[max(words, key=len)] if words else None
