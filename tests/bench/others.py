"""What one would write without depmap: a loop over a dictionary of parents, and pandas.

Both count calls between services by parent and child in Zipkin JSON, and nothing more: no shared
ids, no peers by address, no latency, no operations. Run as ``python -m tests.bench.others WAY
FILE``.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path


def loop(path: Path) -> int:
    """Count calls with a dictionary of spans by id."""
    calls: Counter[tuple[str, str]] = Counter()
    for trace in json.loads(path.read_bytes()):
        spans = {span["id"]: span for span in trace}
        for span in trace:
            parent = spans.get(span.get("parentId"))
            service = span["localEndpoint"]["serviceName"]
            if parent is not None:
                caller = parent["localEndpoint"]["serviceName"]
                calls[caller, service] += caller != service
            if span.get("kind") == "CLIENT" and "remoteEndpoint" in span:
                calls[service, span["remoteEndpoint"]["serviceName"]] += 1
    return len(calls)


def pandas(path: Path) -> int:
    """Count calls with a merge of spans and their parents."""
    import pandas as pd  # noqa: PLC0415 - the loop does without

    spans = pd.json_normalize([span for trace in json.loads(path.read_bytes()) for span in trace])
    spans = spans.drop_duplicates(["traceId", "id", "kind"])
    parents = spans[["traceId", "id", "localEndpoint.serviceName"]]
    joined = spans.merge(
        parents, left_on=["traceId", "parentId"], right_on=["traceId", "id"],
        suffixes=("", "_parent"),
    )  # fmt: skip
    pair = ["localEndpoint.serviceName_parent", "localEndpoint.serviceName"]
    joined = joined[joined[pair[0]] != joined[pair[1]]]
    return len(joined.groupby(pair).size())


if __name__ == "__main__":
    print({"loop": loop, "pandas": pandas}[sys.argv[1]](Path(sys.argv[2])))  # noqa: T201
