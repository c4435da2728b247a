"""Series of each mesh with the labels that it gives them."""

from __future__ import annotations


def istio(
    metric: str, reporter: str, source: str, target: str, *, service: str = "", **labels: str
) -> str:
    """Return a series; ``service`` is the Service of the target, where it is not its own."""
    unknown = target == "unknown"
    told = {
        "reporter": reporter,
        "source_workload": source,
        "source_workload_namespace": "unknown" if source == "unknown" else "shop",
        "destination_workload": target,
        "destination_workload_namespace": "unknown" if unknown else "shop",
        "destination_service": service or f"{target}.shop.svc.cluster.local",
        **labels,
    }
    return series(metric, **told)


def series(metric: str, **labels: str) -> str:
    told = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{metric}{{{told}}}"


def inside(series: str) -> str:
    """Return a series' labels."""
    return series.partition("{")[2].removesuffix("}")


def requests(reporter: str, source: str, target: str, **labels: str) -> str:
    told = {"request_protocol": "http", "response_code": "200", **labels}
    return istio("istio_requests_total", reporter, source, target, **told)


def connections(reporter: str, source: str, target: str, **labels: str) -> str:
    told = {"request_protocol": "tcp", **labels}
    return istio("istio_tcp_connections_opened_total", reporter, source, target, **told)


def linkerd(metric: str, **labels: str) -> str:
    told = {
        "direction": "outbound",
        "namespace": "shop",
        "deployment": "cart",
        "dst_namespace": "shop",
        "dst_deployment": "stock",
        "dst_service": "stock-api",
        "authority": "stock-api.shop.svc.cluster.local:8080",
    }
    return series(metric, **{key: value for key, value in (told | labels).items() if value})


def graph(client: str, server: str, how: str = "", **labels: str) -> str:
    told = {"client": client, "server": server, "connection_type": how, **labels}
    return series("traces_service_graph_request_total", **told)


def envoy(source: str, target: str, *, metric: str = "rq_total", **labels: str) -> str:
    cluster = f"{target}.default.dc1.internal.0a1b2c3d.consul"
    told = {"envoy_cluster_name": cluster, "consul_source_service": source, **labels}
    return series(f"envoy_cluster_upstream_{metric}", **told)


CART_STOCK = ("cart.shop", "stock.shop")
"""The two workloads of most tests."""
