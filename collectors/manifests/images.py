"""What an image's name tells about what runs in it."""

from __future__ import annotations

from depmap.model.words import NodeKind

_KINDS = {
    NodeKind.DATABASE: """postgres postgresql postgis timescaledb mysql mariadb percona mongo
        mongodb cockroach cassandra scylla couchdb neo4j influxdb clickhouse mssql dynamodb-local
        arangodb minio rethinkdb crate oracle db2""",
    NodeKind.CACHE: "redis valkey memcached keydb dragonfly hazelcast",
    NodeKind.BROKER: """rabbitmq kafka cp-kafka redpanda nats activemq artemis mosquitto emqx
        pulsar nsq zookeeper cp-zookeeper elasticmq localstack""",
    NodeKind.SEARCH: "elasticsearch opensearch solr meilisearch typesense",
    NodeKind.GATEWAY: """nginx traefik haproxy envoy kong caddy apisix httpd openresty
        oauth2-proxy krakend""",
    NodeKind.EXTERNAL: """jaeger all-in-one zipkin prometheus grafana loki promtail tempo
        opentelemetry-collector opentelemetry-collector-contrib otel-collector mailhog mailpit
        adminer pgadmin4 kibana fluentd fluent-bit statsd cadvisor alertmanager vault consul
        locust redis-commander node-exporter""",
}
_BY_NAME = {name: kind for kind, names in _KINDS.items() for name in names.split()}


def kind_of(image: str) -> NodeKind | None:
    """Return what runs in an image; None for one that is not known."""
    name = image.rpartition("@")[0] or image
    last = name.rpartition("/")[2].partition(":")[0].lower()
    if last in _BY_NAME:
        return _BY_NAME[last]
    words = [word for word in _BY_NAME if last.startswith(f"{word}-") or last.endswith(f"-{word}")]
    return _BY_NAME[max(words, key=len)] if words else None
